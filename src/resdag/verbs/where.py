"""`resdag where`: where are the database and the report of a study?"""

from argparse import ArgumentParser, Namespace
from pathlib import Path

from resdag.verbs.places import enter_study, seen_from

EXAMPLES = """example:
  resdag where digits
"""


def options(parser: ArgumentParser) -> None:
    parser.add_argument("study", metavar="STUDY", help="a study file, or the name of one in config/")


def run(arguments: Namespace) -> int:
    """Say where the results are, as seen from the folder that the verb was typed in."""
    from resdag.config.load import load_study
    from resdag.execution.progress import places_of

    left = Path.cwd()
    name = load_study(enter_study(arguments.study)).study
    for what, place in places_of(name).items():
        print(f"{what:8}  {seen_from(left, place)}")
    return 0
