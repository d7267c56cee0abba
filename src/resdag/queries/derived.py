"""All tables that follow from measured ones, at once: the workflow computes them in jobs of their own."""

import duckdb
import polars as pl

from resdag.queries.derive import derive_interactions, derive_lesion_tests, derive_path_norms
from resdag.queries.derive_spectrum import derive_spectrum


def derive(con: duckdb.DuckDBPyConnection, study: str, confidence: float) -> dict[str, pl.DataFrame]:
    """Rows of every derived table, by its name."""
    blocks = dict(con.execute("SELECT network, blocks FROM networks WHERE study = ?", [study]).fetchall())
    found = derive_lesion_tests(con, study) | derive_interactions(con, study, confidence)
    return found | derive_path_norms(con, study, blocks, confidence) | derive_spectrum(con, study, confidence)
