"""`resdag why`: why would jobs run?"""

from argparse import ArgumentParser, Namespace

from resdag.errors import ResdagError
from resdag.verbs.places import enter_study

EXAMPLES = """examples:
  resdag why digits                               all that would run, by cause
  resdag why digits 'train_network resnet110'     a rule, with a network, seed, chunk or figure
  resdag why digits figure_3
"""


def options(parser: ArgumentParser) -> None:
    parser.add_argument("study", metavar="STUDY", help="a study file, or the name of one in config/")
    parser.add_argument("target", metavar="TARGET", nargs="?",
                        help="an output's path, a rule, a rule with a network, seed or figure (all jobs)")  # fmt: skip


def run(arguments: Namespace) -> int:
    """Say why the jobs of a study would run."""
    from resdag.config.load import load_study
    from resdag.planning.manifests import drop_manifests_if_changed
    from resdag.planning.plan import plan_study
    from resdag.planning.why import why

    file = enter_study(arguments.study)
    drop_manifests_if_changed()
    lines = why(plan_study(load_study(file), str(file)), arguments.target)
    if not lines:
        raise ResdagError(f"{arguments.target!r} is no output, rule or job of {file}; see `resdag check {file}`")
    print("\n".join(lines))
    return 0
