"""Job: norms of sampled paths by length, and the line through them."""

from resdag.jobs.context import Context, Tables
from resdag.jobs.reading import loaded, rows_of
from resdag.queries.derive import derive_path_norms


def run(context: Context) -> Tables:
    """Rows of `path_norms` and `path_fits`."""
    with loaded(context) as con:
        frames = derive_path_norms(con, context.spec["study"], context.spec["blocks"], context.spec["confidence"])
    return {table: rows_of(frame) for table, frame in frames.items()}
