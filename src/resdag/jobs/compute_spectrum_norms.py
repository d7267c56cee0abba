"""Job: norms of all paths of each length over all batches, and their effective lengths."""

from resdag.jobs.context import Context, Tables
from resdag.jobs.reading import loaded, rows_of
from resdag.queries.derive_spectrum import derive_spectrum


def run(context: Context) -> Tables:
    """Rows of `spectrum_norms` and `spectrum_windows`."""
    with loaded(context) as con:
        frames = derive_spectrum(con, context.spec["study"], context.spec["confidence"])
    return {table: rows_of(frame) for table, frame in frames.items()}
