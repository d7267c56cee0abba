"""Job: tests, intervals and fits that figures and claims rest on."""

from resdag.jobs.context import Context, Tables
from resdag.jobs.reading import loaded, rows_of
from resdag.queries.derive import derive


def run(context: Context) -> Tables:
    """Rows of `lesion_tests`, `interactions`, `path_norms`, `path_fits`, `spectrum_norms`, `spectrum_windows`."""
    with loaded(context) as con:
        frames = derive(con, context.spec["study"], context.spec["confidence"])
    return {table: rows_of(frames[table]) for table in context.outputs}
