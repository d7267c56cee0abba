"""`resdag tables`: the tables and views of results.duckdb, and what their columns mean."""

from argparse import ArgumentParser, Namespace
from difflib import get_close_matches

from resdag.errors import ResdagError

EXAMPLES = """examples:
  resdag tables                every table and view, with what a row of it is
  resdag tables lesions        the columns of one, with their units
"""


def options(parser: ArgumentParser) -> None:
    parser.add_argument("table", metavar="TABLE", nargs="?", help="a table or view")


def run(arguments: Namespace) -> int:
    """Print the tables and views, or the columns of one."""
    from resdag.store.described import describe, overview

    lines = describe(arguments.table) if arguments.table else overview()
    if not lines:
        names = [line.split()[0] for line in overview() if line.startswith(" ")]
        near = get_close_matches(arguments.table, names, n=1)
        meant = f"did you mean {near[0]}?" if near else "`resdag tables` names them all"
        raise ResdagError(f"{arguments.table!r} is no table or view: {meant}")
    print("\n".join(lines))
    return 0
