"""`resdag sql`: one question to the rows, in SQL, which can change nothing."""

from argparse import ArgumentParser, ArgumentTypeError, Namespace
from pathlib import Path

from resdag.verbs.forget import no_such_study
from resdag.verbs.places import database_of, study_name

EXAMPLES = """examples:
  resdag sql digits "SELECT claim, verdict, ours FROM claims"
  resdag sql digits "FROM figure_3 ORDER BY change DESC LIMIT 5" --format markdown
  resdag sql results.duckdb "SELECT study, count(*) FROM lesions GROUP BY study"

Asked of a study, tables and views show its rows alone; of a file, those of every study.  `resdag tables` says what
there is, docs/queries.md asks ten useful questions.  One statement that reads: nothing is written, attached or opened.
"""


def options(parser: ArgumentParser) -> None:
    parser.add_argument("source", metavar="STUDY|FILE", help="a study in results.duckdb, or a .duckdb file")
    parser.add_argument("query", metavar="SQL", help="one statement, such as 'FROM claims'")
    parser.add_argument("--format", choices=("table", "csv", "json", "markdown"), default="table")
    parser.add_argument("--seconds", type=_seconds, default=30.0, help="stop after so many (30)")


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not 0 < seconds <= 86_400:
        raise ArgumentTypeError(f"got {text!r}; give seconds above 0, at most a day")
    return seconds


def run(arguments: Namespace) -> int:
    """Print the rows of the statement."""
    from resdag.store.ask import ask
    from resdag.store.formats import FORMATS

    is_file = arguments.source.endswith(".duckdb") or Path(arguments.source).suffix == ".db"
    left = Path.cwd()
    database = database_of(arguments.source if is_file else None)
    study = None if is_file else study_in(database, study_name(arguments.source, left))
    print(FORMATS[arguments.format](ask(database, arguments.query, study, arguments.seconds)))
    return 0


def study_in(database: Path, study: str) -> str:
    """The study, if the database holds it; ResdagError with the nearest name if not."""
    from resdag.store.build import studies

    there = studies(database)
    if there and study not in there:
        raise no_such_study(str(database), study, there)
    return study
