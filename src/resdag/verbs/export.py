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
  resdag export digits data/reference/digits --reference --add    beside the rows that are kept there already

With --add, what was measured in parts grows together: DIR keeps its study file, which says what all parts are, and
its claims are judged again of all rows.
"""


def options(parser: ArgumentParser) -> None:
    parser.add_argument("study", metavar="STUDY", help="a study in results.duckdb, or its file")
    parser.add_argument("folder", metavar="DIR", type=absolute, help="where the files go")
    parser.add_argument("--format", choices=("parquet", "csv"), default="parquet")
    parser.add_argument("--tables", nargs="+", default=[], metavar="NAME", help="only these tables and views")
    parser.add_argument("--reference", action="store_true", help="rows to be kept: Parquet, at most 10 MB in all")
    parser.add_argument("--add", action="store_true", help="with --reference: to the rows that DIR keeps already")
    parser.add_argument("--database", metavar="FILE", help="another database, with its results/ beside it")


def run(arguments: Namespace) -> int:
    """Write the files, and say which."""
    from resdag.report.add import add
    from resdag.store.build import studies
    from resdag.store.export import export
    from resdag.store.read import connect
    from resdag.store.reference import keep

    left = Path.cwd()
    database = database_of(arguments.database)
    study = study_name(arguments.study, left)
    if arguments.reference and arguments.format != "parquet":
        raise ResdagError("export: a reference is Parquet; leave --format out")
    if arguments.add and (not arguments.reference or arguments.tables):
        raise ResdagError("export: --add belongs to --reference, and adds all tables")
    there = studies(database)
    if there and study not in there:
        raise no_such_study(str(database), study, there)
    folder: Path = arguments.folder
    if arguments.add:
        add(database, study, folder)
    else:
        with connect(database) as con:
            if arguments.reference:
                keep(con, study, folder, database.absolute().parent, arguments.tables)
            else:
                files = export(con, study, folder, arguments.format, arguments.tables)
    written = sorted(folder.glob("*.parquet")) if arguments.reference else list(files.values())
    size = sum(path.stat().st_size for path in written)
    print(f"{folder}: {len(written)} tables of {study}, {size / 1e6:,.2f} MB")
    return 0
