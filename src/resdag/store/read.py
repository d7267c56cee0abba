"""Reading results.duckdb: a connection that can change nothing, and query results as Polars frames."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb
import polars as pl

from resdag.errors import BusyError, DamagedFileError


def connect(path: Path | str, settings: Mapping[str, str] | None = None) -> duckdb.DuckDBPyConnection:
    """Open a database for reading; BusyError if another writes it.

    DamagedFileError if it is missing or broken, or no database of studies.
    """
    try:
        con = duckdb.connect(str(path), read_only=True, config=dict(settings or {}))
    except duckdb.Error as error:
        if "lock" in str(error):
            raise BusyError(f"{path} is open for writing in another program: close it there, then try again") from None
        if not Path(path).exists():
            raise DamagedFileError(f"{path} is not there: run `snakemake --cores 2 database` to make it") from None
        raise DamagedFileError(
            f"{path} cannot be read as a DuckDB database ({_first_line(error)}): "
            "move it away and run the workflow again, which rebuilds it from results/"
        ) from None
    if not con.execute("SELECT count(*) FROM duckdb_tables() WHERE table_name = 'studies'").fetchall()[0][0]:
        con.close()
        raise DamagedFileError(f"{path} is a DuckDB database, but none of resdag: it has no table `studies`")
    return con


def frame(
    con: duckdb.DuckDBPyConnection, sql: str, params: Sequence[Any] | Mapping[str, Any] | None = None
) -> pl.DataFrame:
    """The rows of a query; `?` and `$name` stand for the parameters."""
    return con.sql(sql, params=params).pl()


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0]
