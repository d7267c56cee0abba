"""`resdag compare`: which rows differ between two studies, by how much, and which verdicts changed?"""

import json
from argparse import ArgumentParser, Namespace
from collections.abc import Mapping
from contextlib import chdir
from pathlib import Path
from typing import TYPE_CHECKING, Any

from resdag.verbs.places import enter_checkout, study_name

if TYPE_CHECKING:
    import polars as pl

EXAMPLES = """examples:
  resdag compare cifar10-published data/reference/cifar10-published
  resdag compare digits ../other/results.duckdb:digits      the same study in another checkout
  resdag compare digits mine --format markdown              two studies of this checkout
  resdag compare digits mine --html difference.html         as a page of one file

A and B are each a study in results.duckdb, FILE.duckdb or FILE.duckdb:STUDY, or a folder of TABLE.parquet files.
Rows are matched by their keys.  Exit status: 0 where all rows are the same, 1 where any differs.
"""


def options(parser: ArgumentParser) -> None:
    parser.add_argument("a", metavar="A", help="a study, FILE.duckdb[:STUDY] or a folder")
    parser.add_argument("b", metavar="B", help="the other one")
    parser.add_argument("--format", choices=("text", "markdown", "json"), default="text")
    parser.add_argument(
        "--html", type=Path, metavar="FILE", help="write a page too, which loads nothing from elsewhere"
    )
    parser.add_argument("--tolerance", type=float, default=0.0, metavar="SHARE",
                        help="floats within this share of each other count as equal (0: to the last bit)")  # fmt: skip


def run(arguments: Namespace) -> int:
    """Say what differs; 1 where any row does."""
    from resdag.queries.differences import difference
    from resdag.report.difference import FORMATS

    a, b = _side(arguments.a), _side(arguments.b)
    found = difference(a, b, asked(a[1], b[1]), arguments.tolerance)
    print(FORMATS[arguments.format](found))
    if arguments.html:
        from resdag.report.compare_page import write_comparison

        write_comparison(found, a, b, arguments.html)
    return int(found.differs)


def _side(given: str) -> "tuple[str, Mapping[str, pl.DataFrame]]":
    """Name and rows of one side."""
    from resdag.layout import DATABASE
    from resdag.store.sides import in_database, in_folder

    if Path(given).is_dir():
        return in_folder(Path(given))
    file, _, study = given.partition(".duckdb")
    if study or given.endswith(".duckdb"):
        return in_database(Path(f"{file}.duckdb"), study.removeprefix(":") or None)
    with chdir("."):
        left = enter_checkout()
        return in_database(DATABASE, study_name(given, left))


def asked(a: "Mapping[str, pl.DataFrame]", b: "Mapping[str, pl.DataFrame]") -> list[str]:
    """What the two study files ask otherwise, key by key; the study's name aside."""
    from resdag.planning.why import differences

    configs: list[Any] = [json.loads(side["studies"]["config"][0]) for side in (a, b) if "studies" in side]
    if len(configs) < 2:
        return []
    one, other = ({key: value for key, value in config.items() if key != "study"} for config in configs)
    return list(differences(one, other))
