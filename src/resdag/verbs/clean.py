"""`resdag clean`: files of earlier configs that no study in config/ uses any more."""

from argparse import ArgumentParser, Namespace

from resdag.verbs.places import enter_checkout

EXAMPLES = """examples:
  resdag clean               show them, and how much they are
  resdag clean --remove
"""


def options(parser: ArgumentParser) -> None:
    parser.add_argument("--remove", action="store_true", help="remove them, not just show them")


def run(arguments: Namespace) -> int:
    """Show the files, and remove them if that is asked for."""
    from resdag.execution.locks import take_lock
    from resdag.planning.unused import forgotten, remove, unused

    enter_checkout()
    if arguments.remove:
        take_lock()  # a workflow that runs may use what the study files, edited meanwhile, do not name any more
    files = unused()
    size = sum(path.stat().st_size for path in files)
    for path in files:
        print(path)
    if arguments.remove:
        remove(files)
    done = "removed" if arguments.remove else "can be removed with --remove"
    print(f"{len(files)} files, {size / 1e6:,.1f} MB, {done}")
    for name in forgotten():
        print(f"results/{name}: no study in config/ has this name; remove the folder if you do not want it")
    return 0
