"""Job: hold the study's numbers to each statement of the paper, by the rules in the study file."""

from resdag.jobs.context import Context, Tables
from resdag.jobs.reading import loaded, rows_of
from resdag.queries.claims import claims


def run(context: Context) -> Tables:
    """Rows of `claims`."""
    with loaded(context) as con:
        frame = claims(con, context.spec["study"], dict(context.spec["claims"]), context.spec["kind"])
    return {"claims": rows_of(frame)}
