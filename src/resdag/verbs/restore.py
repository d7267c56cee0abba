"""`resdag restore`: the report of rows that were kept, on a machine that measured nothing."""

from argparse import ArgumentParser, Namespace
from pathlib import Path

from resdag.errors import ResdagError
from resdag.verbs.places import absolute

EXAMPLES = """examples:
  resdag restore data/reference/cifar10-published cifar10/        what a published ResNet-110 answered, as a report

DIR was written by `resdag export STUDY DIR --reference`.  Claims are judged again, by the rules of its study file.
"""


def options(parser: ArgumentParser) -> None:
    parser.add_argument("folder", metavar="DIR", type=absolute, help="a folder of TABLE.parquet files")
    parser.add_argument("out", metavar="OUT", type=absolute, help="gets report.html, figures/ and results.duckdb")


def run(arguments: Namespace) -> int:
    """Write them, and say where the report lies; ResdagError where that is a checkout."""
    from resdag.report.restore import restore

    out: Path = arguments.out
    if (out / "Snakefile").exists():
        raise ResdagError(f"{out} is a checkout, whose own studies write its results.duckdb: give another folder")
    out.mkdir(parents=True, exist_ok=True)
    print(restore(arguments.folder, out))
    return 0
