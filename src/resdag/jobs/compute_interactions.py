"""Job: which pairs of blocks interact?"""

from resdag.jobs.context import Context, Tables
from resdag.jobs.reading import loaded, rows_of
from resdag.queries.derive import derive_interactions


def run(context: Context) -> Tables:
    """Rows of `interactions`."""
    with loaded(context) as con:
        frames = derive_interactions(con, context.spec["study"], context.spec["confidence"])
    return {table: rows_of(frame) for table, frame in frames.items()}
