"""Job: hold the study's numbers to each statement of the paper, by the rules in the study file."""

from resdag.jobs.context import Context, Tables
from resdag.jobs.reading import loaded, rows_of
from resdag.queries.claims import claims
from resdag.queries.divergence import leave_out_diverged


def run(context: Context) -> Tables:
    """Rows of `claims`."""
    study, rules = context.spec["study"], dict(context.spec["claims"])
    with loaded(context) as con:
        diverged = leave_out_diverged(con, study)
        frame = claims(con, study, rules, context.spec["kind"], diverged=diverged)
    return {"claims": rows_of(frame)}
