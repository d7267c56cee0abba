"""Write results.duckdb: this study's rows from exactly its Parquet files, every other study's rows from the old file.

The new database grows in a temporary file beside the old one and takes its
name in one step, when it is whole and on the disk.  Whatever stops the build
(an error, a kill, a full disk) leaves the old file as it was, and a program
that has the old file open goes on reading it.  Rebuilding 2,000 Parquet files
takes less than a second, so nothing is updated in place.
"""

import fcntl
import os
import shutil
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import duckdb
import polars as pl

from resdag.errors import DamagedFileError, ResdagError
from resdag.records.base import Record
from resdag.records.registry import class_of, records
from resdag.store.schema import columns, create, quoted
from resdag.store.shards import load

STORAGE_VERSION = "v1.0.0"
"""So that DuckDB 1.1 and all later ones open the file; the default of 2.0 is closed to them."""

Derivation = Callable[[duckdb.DuckDBPyConnection, str], Mapping[str, pl.DataFrame]]
"""Makes rows of further tables, by name, out of a study's rows that are already in the database."""


def build(
    database: Path,
    study: str,
    shards: Mapping[str, Sequence[Path]],
    derivations: Sequence[Derivation] = (),
    limits: Mapping[str, str] | None = None,
    without: Collection[str] = (),
    announce: Callable[[Path], None] = lambda new: None,
) -> None:
    """Replace one study's rows in the database, leave those of the studies `without` out, and keep the others.

    `shards` are the exact Parquet files of each table.  `limits` are SQL
    conditions, by table, on the rows that are wanted: jobs measure whole chunks
    of draws.  `derivations` run in order, each on what the earlier ones added.
    `announce` is called with the new file, whole, before it takes the database's place.
    Raises DamagedFileError, which names the file, and leaves the database as it was.
    """
    with _replacing(database, announce) as new, _created(new) as con:
        for table, files in shards.items():
            load(con, class_of(table), study, files, (limits or {}).get(table))
        for derivation in derivations:
            for table, rows in derivation(con, study).items():
                insert(con, class_of(table), rows)
        if database.exists():
            _copy_others(con, database, [study, *without])


def forget(database: Path, study: str, announce: Callable[[Path], None] = lambda new: None) -> bool:
    """Take one study's rows out of the database; whether there were any. DamagedFileError if it cannot be read."""
    if study not in studies(database):
        return False
    build(database, study, {}, announce=announce)
    return True


def studies(database: Path) -> list[str]:
    """Names of the studies that the database holds; none where there is no database."""
    return list(study_files(database))


def study_files(database: Path) -> dict[str, str | None]:
    """The studies that the database holds, and the file of each; None in a database that does not tell."""
    if not database.exists():
        return {}
    try:
        with duckdb.connect() as con, _attached(con, database):
            there = _columns_of_old(con, "studies")
            file = "file" if "file" in there else "NULL"
            query = f"SELECT study, {file} FROM old.studies ORDER BY study"
            return dict(con.execute(query).fetchall()) if "study" in there else {}
    except duckdb.Error as error:
        raise _damaged(database, error) from None


@contextmanager
def _replacing(database: Path, announce: Callable[[Path], None]) -> Iterator[Path]:
    """A path beside the database that takes its name when the block ends well; one builder at a time."""
    database.parent.mkdir(parents=True, exist_ok=True)
    new = database.with_name(f".{database.name}.new")
    folder = os.open(database.parent, os.O_RDONLY)
    try:
        with suppress(OSError):  # some network file systems lock no folders
            fcntl.flock(folder, fcntl.LOCK_EX)
        _remove(new)
        try:
            yield new
            _sync(new)
            announce(new)
            _wal(database).unlink(missing_ok=True)  # of a writer that died: it does not belong to the new file
            os.replace(new, database)
            os.fsync(folder)
        finally:
            _remove(new)
    finally:
        os.close(folder)


@contextmanager
def _created(path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """An open database with all tables and views, empty; whole in one file when the block ends well."""
    try:
        with duckdb.connect(path, config={"storage_compatibility_version": STORAGE_VERSION}) as con:
            create(con)
            yield con
            con.execute("CHECKPOINT")
    except (duckdb.IOException, duckdb.FatalException, duckdb.TransactionException) as error:  # a full disk, for one
        raise ResdagError(
            f"{path} could not be written ({_first_line(error)}): the database is as it was; "
            "make room, then give the same command again"
        ) from None


def insert(con: duckdb.DuckDBPyConnection, record: type[Record], rows: pl.DataFrame) -> None:
    """Add rows to a table: columns by name, those that are not there as NULL."""
    con.register("derived_rows", rows)
    con.execute(f"INSERT INTO {quoted(record.table)} BY NAME SELECT * FROM derived_rows")
    con.unregister("derived_rows")


def _copy_others(con: duckdb.DuckDBPyConnection, database: Path, studies: Sequence[str]) -> None:
    """The rows of all but these studies: columns by name, those that the old file lacks as NULL."""
    try:
        with _attached(con, database):
            for record in records():
                _copy_table(con, record, studies)
    except duckdb.ConstraintException as error:
        raise DamagedFileError(
            f"{database} holds rows of another study that this version cannot take over ({_first_line(error)}): "
            "move it away, then run the workflow of each study again; measurements are not repeated"
        ) from None
    except duckdb.Error as error:
        raise _damaged(database, error) from None


def _copy_table(con: duckdb.DuckDBPyConnection, record: type[Record], studies: Sequence[str]) -> None:
    there = _columns_of_old(con, record.table)
    common = ", ".join(quoted(column.name) for column in columns(record) if column.name in there)
    if common:
        con.execute(
            f"INSERT INTO {quoted(record.table)} BY NAME "
            f"SELECT {common} FROM old.{quoted(record.table)} WHERE NOT list_contains($studies, study)",
            {"studies": list(studies)},
        )


def _columns_of_old(con: duckdb.DuckDBPyConnection, table: str) -> set[str]:
    """Names of the columns that a table of the old database has; none where there is no such table."""
    query = "SELECT column_name FROM duckdb_columns() WHERE database_name = 'old' AND table_name = $table"
    return {name for (name,) in con.execute(query, {"table": table}).fetchall()}


@contextmanager
def _attached(con: duckdb.DuckDBPyConnection, database: Path) -> Iterator[None]:
    """The old database as `old`; a copy of it where another program has it open for writing, as DuckDB's shell does."""
    copy = database.with_name(f".{database.name}.copy")
    attach = "ATTACH $path AS old (READ_ONLY)"
    try:
        try:
            con.execute(attach, {"path": str(database)})
        except duckdb.Error:
            shutil.copyfile(database, copy)
            con.execute(attach, {"path": str(copy)})
        yield
        con.execute("DETACH old")
    finally:
        _remove(copy)


def _damaged(database: Path, error: Exception) -> DamagedFileError:
    return DamagedFileError(
        f"{database} cannot be read ({_first_line(error)}): move it away and run the workflow again, "
        "which rebuilds it from results/ without repeating a measurement"
    )


def _wal(path: Path) -> Path:
    return path.with_name(path.name + ".wal")


def _remove(path: Path) -> None:
    path.unlink(missing_ok=True)
    _wal(path).unlink(missing_ok=True)


def _sync(path: Path) -> None:
    with open(path, "rb") as file:
        os.fsync(file.fileno())


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0]
