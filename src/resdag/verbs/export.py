"""`resdag export`: the rows of a study as files, for whoever has no DuckDB, or to be kept."""

from argparse import ArgumentParser, Namespace
from pathlib import Path

from resdag.errors import ResdagError
from resdag.verbs.forget import no_such_study
from resdag.verbs.places import absolute, database_of, study_name

EXAMPLES = """examples:
  resdag export digits rows/                                      every table as TABLE.parquet
  resdag export digits rows/ --format csv --tables claims figure_3
  resdag export digits data/reference/digits --reference          kept: with manifest, README and study file
"""


def options(parser: ArgumentParser) -> None:
    parser.add_argument("study", metavar="STUDY", help="a study in results.duckdb, or its file")
    parser.add_argument("folder", metavar="DIR", type=absolute, help="where the files go")
    parser.add_argument("--format", choices=("parquet", "csv"), default="parquet")
    parser.add_argument("--tables", nargs="+", default=[], metavar="NAME", help="only these tables and views")
    parser.add_argument("--reference", action="store_true", help="rows to be kept: Parquet, at most 10 MB in all")
    parser.add_argument("--database", metavar="FILE", help="another database, with its results/ beside it")


def run(arguments: Namespace) -> int:
    """Write the files, and say which."""
    from resdag.store.build import studies
    from resdag.store.export import export
    from resdag.store.read import connect
    from resdag.store.reference import keep

    left = Path.cwd()
    database = database_of(arguments.database)
    study = study_name(arguments.study, left)
    if arguments.reference and arguments.format != "parquet":
        raise ResdagError("export: a reference is Parquet; leave --format out")
    there = studies(database)
    if there and study not in there:
        raise no_such_study(str(database), study, there)
    with connect(database) as con:
        if arguments.reference:
            keep(con, study, arguments.folder, database.absolute().parent, arguments.tables)
            written = sorted(arguments.folder.glob("*.parquet"))
        else:
            written = list(export(con, study, arguments.folder, arguments.format, arguments.tables).values())
    size = sum(path.stat().st_size for path in written)
    print(f"{arguments.folder}: {len(written)} tables of {study}, {size / 1e6:,.2f} MB")
    return 0
