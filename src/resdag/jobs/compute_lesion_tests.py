"""Job: does a single deletion change the error?"""

from resdag.jobs.context import Context, Tables
from resdag.jobs.reading import loaded, rows_of
from resdag.queries.derive import derive_lesion_tests


def run(context: Context) -> Tables:
    """Rows of `lesion_tests`."""
    with loaded(context) as con:
        frames = derive_lesion_tests(con, context.spec["study"])
    return {table: rows_of(frame) for table, frame in frames.items()}
