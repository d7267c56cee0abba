"""`resdag forget`: take a study's rows out of results.duckdb."""

from argparse import ArgumentParser, Namespace
from difflib import get_close_matches

from resdag.errors import DamagedFileError, ResdagError
from resdag.verbs.places import enter_checkout

EXAMPLES = """example:
  resdag forget digits     its files in results/digits stay: the next run puts the rows back
"""


def options(parser: ArgumentParser) -> None:
    parser.add_argument("study", metavar="STUDY", help="the study's name, as in the table studies")


def run(arguments: Namespace) -> int:
    """Take the rows out; ResdagError where there are none."""
    from resdag.execution.locks import take_lock
    from resdag.layout import DATABASE
    from resdag.planning.manifests import drop_manifests, seal_database, seal_next, what_happened
    from resdag.store.build import forget, studies

    enter_checkout()
    there = studies(DATABASE)
    if arguments.study not in there:
        raise no_such_study(str(DATABASE), arguments.study, there)
    take_lock()  # a database job under way would store the rows again
    happened = what_happened()
    if happened:
        raise DamagedFileError(f"{DATABASE}: {happened}: run a study, which sets it aside and stores its rows again")
    drop_manifests({*studies(DATABASE)} - {arguments.study})
    forget(DATABASE, arguments.study, seal_next)
    seal_database()
    print(f"{DATABASE}: the rows of {arguments.study} are gone; its files are still in results/{arguments.study}")
    return 0


def no_such_study(database: str, study: str, there: list[str]) -> ResdagError:
    """That a database does not hold a study, with the nearest name that it does."""
    near = get_close_matches(study, there, n=1)
    meant = f"did you mean {near[0]}? Its studies" if near else "its studies"
    return ResdagError(f"{database} holds no study {study!r}; {meant}: {', '.join(there) or 'none'}")
