"""What stands in results.duckdb: tables made from the records, and one view for each figure and table of the report.

A record's annotations become types and constraints, its docstrings become
comments.  A view is one .sql file in views/; the first line of its header
says what a row is, lines `-- column: text` describe the columns that no
record describes.  A column that a view takes over from a table keeps its text.
"""

from collections.abc import Collection
from datetime import datetime
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path
from re import findall, match
from typing import TYPE_CHECKING, NamedTuple

from resdag.planning.views import MACROS, header_of, view_files
from resdag.records.base import Record
from resdag.records.columns import Column as Declared
from resdag.records.columns import columns_of
from resdag.records.registry import class_of, records, tables

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

WITHOUT_PRIMARY_KEY = frozenset({"predictions"})
"""Tables with a row per image: an index would double the time and the size of each."""

_TYPES: dict[type, str] = {
    bool: "BOOLEAN", int: "BIGINT", float: "DOUBLE", str: "VARCHAR", datetime: "TIMESTAMP", list: "INTEGER[]",
    dict: "JSON",
}  # fmt: skip
# Words for columns that several views share and no record has.
_SHARED = {
    "low": "Lower end of the Wilson interval of the error, at the study's confidence.",
    "high": "Upper end of the Wilson interval of the error, at the study's confidence.",
    "intact_error": "Error of the same network without the lesion, a fraction.",
    "change": "error - intact_error, a fraction.",
}


class Column(NamedTuple):
    """One column of a table: how DuckDB declares it, and what it means."""

    name: str
    type: str
    required: bool
    checks: tuple[str, ...]
    comment: str

    def declaration(self) -> str:
        """The column's line in CREATE TABLE."""
        checks = "".join(f" CHECK ({check})" for check in self.checks)
        return f"{quoted(self.name)} {self.type}{' NOT NULL' if self.required else ''}{checks}"


class View(NamedTuple):
    """One view: its query, what a row is, and its own words for its columns."""

    name: str
    sql: str
    comment: str
    columns: dict[str, str]


def quoted(name: str) -> str:
    """An SQL identifier, whatever words are reserved."""
    return '"' + name.replace('"', '""') + '"'


def text(value: str) -> str:
    """An SQL string."""
    return "'" + value.replace("'", "''") + "'"


def _column(declared: Declared) -> Column:
    name, kind = quoted(declared.name), _TYPES[declared.kind]
    checks = [f"{name} IN ({', '.join(map(text, declared.allowed))})"] if declared.allowed else []
    checks += [f"{name} {sign} {bound}" for sign, bound in declared.bounds]
    checks += [f"isfinite({name})"] if kind == "DOUBLE" else []
    return Column(declared.name, kind, not declared.optional, tuple(checks), declared.words)


@cache
def columns(record: type[Record]) -> tuple[Column, ...]:
    """The columns of a record's table, key first as the record declares them."""
    return tuple(map(_column, columns_of(record)))


def table_comment(record: type[Record]) -> str:
    """The record's docstring and its key."""
    summary = " ".join((record.__doc__ or "").split())
    return f"{summary} Key: {', '.join(record.key)}."


def create_table_sql(record: type[Record]) -> str:
    """CREATE TABLE for a record's table."""
    lines = [column.declaration() for column in columns(record)]
    if record.table not in WITHOUT_PRIMARY_KEY:
        lines.append(f"PRIMARY KEY ({', '.join(map(quoted, record.key))})")
    return f"CREATE TABLE {quoted(record.table)} (\n  " + ",\n  ".join(lines) + "\n)"


@cache
def views() -> tuple[View, ...]:
    """The views, each after those that it reads."""
    found = {name: _view(name, path) for name, path in view_files().items()}
    reads = {name: sorted(set(findall(r"\w+", view.sql)) & found.keys() - {name}) for name, view in found.items()}
    order = TopologicalSorter({name: reads[name] for name in sorted(reads)})
    return tuple(found[name] for name in order.static_order())


def _view(name: str, path: Path) -> View:
    header, lines = header_of(path), path.read_text(encoding="utf-8").splitlines()
    body = "\n".join(line for line in lines if not line.startswith("--")).strip().rstrip(";")
    matches = [match(r"(\w+): (.+)", line) for line in header[1:]]
    described = {found[1]: found[2] for found in matches if found}
    return View(name, body, header[0], described)


@cache
def macros() -> str:
    """The functions that the views share."""
    return MACROS.read_text(encoding="utf-8")


def create(con: "DuckDBPyConnection") -> None:
    """Make all tables and views in an empty database, with their comments."""
    con.execute("BEGIN")  # one transaction: half the time of hundreds
    create_some(con, tables(), [view.name for view in views()])
    _comment(con)
    con.execute("COMMIT")


def create_some(con: "DuckDBPyConnection", wanted: Collection[str], shown: Collection[str] = ()) -> None:
    """Make these tables, and these views, which read no others; without comments, in a quarter of the time."""
    for table in sorted(wanted):
        con.execute(create_table_sql(class_of(table)))
    con.execute(macros())
    for view in views():
        if view.name in shown:
            con.execute(f"CREATE VIEW {quoted(view.name)} AS {view.sql}")


def _comment(con: "DuckDBPyConnection") -> None:
    for record in records():
        con.execute(f"COMMENT ON TABLE {quoted(record.table)} IS {text(table_comment(record))}")
        for column in columns(record):
            _comment_on_column(con, record.table, column.name, column.comment)
    for view in views():
        con.execute(f"COMMENT ON VIEW {quoted(view.name)} IS {text(view.comment)}")
        for name, comment in _view_columns(con, view).items():
            _comment_on_column(con, view.name, name, comment)


def _comment_on_column(con: "DuckDBPyConnection", owner: str, name: str, comment: str) -> None:
    con.execute(f"COMMENT ON COLUMN {quoted(owner)}.{quoted(name)} IS {text(comment)}")


def _view_columns(con: "DuckDBPyConnection", view: View) -> dict[str, str]:
    names = con.sql(f"SELECT * FROM {quoted(view.name)} LIMIT 0").columns
    return {name: view.columns.get(name) or _SHARED.get(name) or _record_words().get(name, "") for name in names}


@cache
def _record_words() -> dict[str, str]:
    """What the records say of a column's name, the first table first."""
    words: dict[str, str] = {}
    for record in records():
        for column in columns(record):
            words.setdefault(column.name, column.comment)
    return words
