"""Parquet files into a declared table: by name, checked, and with the damaged file named when one is."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from resdag.errors import DamagedFileError
from resdag.records.base import Record
from resdag.store.schema import columns, quoted

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_WAY_OUT = "delete it and give the same command again: only the job that wrote it runs"


def load(
    con: "DuckDBPyConnection", record: type[Record], study: str, files: Sequence[Path], limit: str | None = None
) -> None:
    """Insert the rows of exactly these files; `limit` is an SQL condition on the rows wanted.

    Raises DamagedFileError for a file that cannot be read, lacks a column, or
    holds another study's rows, for two rows with one key, and for values out of range.
    """
    import duckdb

    if not files:
        return
    names = [str(file) for file in files]
    try:
        _check_columns(con, record, names)
        con.execute(
            f"INSERT INTO {quoted(record.table)} BY NAME "
            f"SELECT * FROM read_parquet($files, union_by_name = true) WHERE {limit or 'true'}",
            {"files": names},
        )
    except duckdb.ConstraintException as error:
        raise DamagedFileError(f"table {record.table}: {_first_line(error)} (in {_among(names)})") from None
    except duckdb.Error as error:
        _raise_for_damaged_file(con, names)
        raise DamagedFileError(f"table {record.table}: {_first_line(error)} (in {_among(names)})") from None
    _check_study(con, record, study, names)


def _check_columns(con: "DuckDBPyConnection", record: type[Record], names: list[str]) -> None:
    """Every file has every column, and no fraction stands where whole numbers belong: DuckDB would round it."""
    query = """
        SELECT file_name, list("name"), list("name") FILTER ("type" IN ('DOUBLE', 'FLOAT'))
        FROM parquet_schema($files) GROUP BY file_name ORDER BY file_name
    """
    for name, present, fractions in con.execute(query, {"files": names}).fetchall():
        missing = [column.name for column in columns(record) if column.name not in present]
        whole = [column.name for column in columns(record) if column.type == "BIGINT"]
        wrong = [column for column in whole if column in (fractions or ())]
        if missing:
            raise DamagedFileError(f"{name} lacks {', '.join(missing)} of table {record.table}: {_WAY_OUT}")
        if wrong:
            raise DamagedFileError(f"{name} has fractions in {', '.join(wrong)}, not whole numbers: {_WAY_OUT}")


def _check_study(con: "DuckDBPyConnection", record: type[Record], study: str, names: list[str]) -> None:
    query = f"SELECT DISTINCT study FROM {quoted(record.table)} WHERE study <> $study"
    others = [other for (other,) in con.execute(query, {"study": study}).fetchall()]
    if others:
        raise DamagedFileError(
            f"table {record.table}: rows of study {', '.join(others)}, not {study}, in {_among(names)}"
        )


def _raise_for_damaged_file(con: "DuckDBPyConnection", names: list[str]) -> None:
    """Read each file by itself, to the end, and name the first that cannot be read."""
    import duckdb

    for name in names:
        if not Path(name).exists():
            raise DamagedFileError(f"{name} is not there: give the same command again, and its job runs") from None
        try:
            con.sql("SELECT * FROM read_parquet($files)", params={"files": [name]}).fetchall()
        except duckdb.Error as error:
            raise DamagedFileError(f"{name} is damaged ({_first_line(error)}): {_WAY_OUT}") from None


def _among(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{names[0]} and {len(names) - 1} more"


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0]
