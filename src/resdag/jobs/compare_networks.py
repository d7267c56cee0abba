"""Job: hold networks of the study against each other, by depth, by multiplicity, by blocks per batch."""

from resdag.jobs.context import Context, Tables
from resdag.jobs.reading import loaded, rows_of
from resdag.queries.compare import compare


def run(context: Context) -> Tables:
    """Rows of `comparisons`."""
    spec = context.spec
    with loaded(context) as con:
        return {"comparisons": rows_of(compare(con, spec["study"], spec["comparisons"], spec["confidence"]))}
