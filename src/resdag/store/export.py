"""The rows of one study as files: one for each table, sorted by its key, for whoever has no DuckDB.

A database of an older resdag is read as well: columns that it lacks are NULL, and tables that it lacks have no file.
"""

from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from resdag.atomic import whole_file, write_text
from resdag.errors import ResdagError
from resdag.records.registry import by_name
from resdag.store.formats import as_csv
from resdag.store.read import frame
from resdag.store.schema import columns, quoted

ZSTD_LEVEL = 19  # what is kept is written once and read often


def export(
    con: duckdb.DuckDBPyConnection, study: str, folder: Path, form: str = "parquet", names: Sequence[str] = ()
) -> dict[str, Path]:
    """Write the rows of a study as TABLE.parquet or TABLE.csv; the files by table, none for a table without rows.

    `names` are the tables and views wanted; without any, all tables.  ResdagError for one that the database lacks.
    """
    written: dict[str, Path] = {}
    for name in wanted(con, names):
        path = folder / f"{name}.{form}"
        if form == "csv":
            rows = frame(con, *selection(con, name, study))
            if len(rows):
                write_text(path, as_csv(rows) + "\n")
        else:
            rows = con.sql(selection(con, name, study)[0], params={"study": study}).to_arrow_table()
            if len(rows):
                write_parquet(path, rows)
        if len(rows):
            written[name] = path
    return written


def write_parquet(path: Path, rows: pa.Table) -> None:
    """Write rows as small as they get, and put the file in place whole."""
    with whole_file(path) as file:
        pq.write_table(rows.replace_schema_metadata(None), file, compression="zstd", compression_level=ZSTD_LEVEL)


def wanted(con: duckdb.DuckDBPyConnection, names: Sequence[str]) -> list[str]:
    """The tables and views of these names; all tables where none is named, ours in their order, then others."""
    tables = {name for (name,) in con.sql("SELECT table_name FROM duckdb_tables()").fetchall()}
    views = {name for (name,) in con.sql("SELECT view_name FROM duckdb_views() WHERE NOT internal").fetchall()}
    for name in names:
        if name not in tables | views:
            near = get_close_matches(name, sorted(tables | views), n=1)
            meant = f"did you mean {near[0]}?" if near else "`resdag tables` names them"
            raise ResdagError(f"{name!r} is no table or view of this database: {meant}")
    return list(names) or [*(name for name in by_name() if name in tables), *sorted(tables - set(by_name()))]


def selection(con: duckdb.DuckDBPyConnection, name: str, study: str) -> tuple[str, dict[str, str]]:
    """SQL of the rows of a study, sorted by the table's key, and its parameters."""
    there = columns_there(con, name)
    record = by_name().get(name)
    declared = {column.name: column.type for column in columns(record)} if record else {}
    every = [*declared, *(column for column in there if column not in declared)]
    chosen = ", ".join(quoted(each) if each in there else _null(each, declared[each]) for each in every)
    key = [quoted(each) for each in record.key if each in there] if record else []
    order = ", ".join(key) or "ALL"
    return f"SELECT {chosen} FROM {quoted(name)} WHERE study = $study ORDER BY {order}", {"study": study}


def _null(name: str, kind: str) -> str:
    return f"CAST(NULL AS {kind}) AS {quoted(name)}"


def columns_there(con: duckdb.DuckDBPyConnection, name: str) -> list[str]:
    """The columns that a table or view of this database has, in their order."""
    query = """
        SELECT column_name FROM duckdb_columns()
        WHERE database_name = current_database() AND table_name = $name ORDER BY column_index
    """
    return [column for (column,) in con.execute(query, {"name": name}).fetchall()]


def lacking(con: duckdb.DuckDBPyConnection, names: Sequence[str]) -> Iterator[tuple[str, list[str]]]:
    """The columns of our tables that this database, of an older resdag, does not have."""
    for name in names:
        if name in by_name():
            there = columns_there(con, name)
            yield name, [column.name for column in columns(by_name()[name]) if column.name not in there]
