"""One question to results.duckdb in SQL, by someone who may mistype: nothing can be changed, no other file be read.

The database is opened read-only with external access off and its settings locked, and only a statement that
selects or explains is taken.  Asked of one study, every table and view that the statement names shows the rows of
that study alone.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Timer

import duckdb
import polars as pl

from resdag.errors import ResdagError
from resdag.store.read import connect
from resdag.store.schema import quoted, text

LOCKED = {
    "enable_external_access": "false",
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "python_enable_replacements": "false",
}
ALLOWED = {duckdb.StatementType.SELECT, duckdb.StatementType.EXPLAIN}


def ask(path: Path, sql: str, study: str | None = None, seconds: float = 30) -> pl.DataFrame:
    """The rows of one statement, of a study or of all; ResdagError where it is no question, fails or takes too long."""
    _refuse_all_but_a_question(sql)
    with connect(path, LOCKED) as con:
        if study is not None:
            _restrict(con, sql, study)
        con.execute("SET lock_configuration = true")
        with _limited(con, seconds):
            return con.sql(sql).pl()


def _refuse_all_but_a_question(sql: str) -> None:
    try:
        statements = duckdb.extract_statements(sql)
    except duckdb.Error as error:
        raise ResdagError(f"sql: {error}") from None
    if len(statements) != 1:
        raise ResdagError(f"sql: got {len(statements)} statements; give one")
    if statements[0].type not in ALLOWED:
        raise ResdagError(f"sql: got {statements[0].type.name}; only SELECT, FROM, WITH, DESCRIBE, SUMMARIZE, EXPLAIN")


def _restrict(con: duckdb.DuckDBPyConnection, sql: str, study: str) -> None:
    """Put a view of this study's rows before each table and view that the statement names."""
    query = """
        SELECT table_name FROM duckdb_columns()
        WHERE NOT internal AND database_name = current_database() AND column_name = 'study'
    """
    (database,) = con.sql("SELECT current_database()").fetchall()[0]
    there = {name for (name,) in con.sql(query).fetchall()}
    for name in there & set(re.findall(r"\w+", sql)):
        whole = f"{quoted(database)}.main.{quoted(name)}"
        con.execute(f"CREATE TEMP VIEW {quoted(name)} AS SELECT * FROM {whole} WHERE study = {text(study)}")


@contextmanager
def _limited(con: duckdb.DuckDBPyConnection, seconds: float) -> Iterator[None]:
    """Stop what the connection does after so many seconds."""
    timer = Timer(seconds, con.interrupt)
    timer.start()
    try:
        yield
    except duckdb.InterruptException:
        raise ResdagError(f"sql: took longer than {seconds:g} s and was stopped; --seconds gives it more") from None
    except duckdb.Error as error:
        raise ResdagError(f"sql: {error}") from None
    finally:
        timer.cancel()
