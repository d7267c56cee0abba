"""docs/tables.md: every table, view and column of results.duckdb, generated from the records and the SQL of the views."""

from typing import TYPE_CHECKING

from resdag.records import TABLES
from resdag.store.schema import columns, create, views

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_HEAD = """# The tables of results.duckdb

Generated from `src/resdag/records.py` and `src/resdag/store/views/`; `resdag.store.tables_page` writes it.
Errors are fractions in [0, 1] and stand beside their counts. Block indices count from the input, from 0; so do
draws, samples and batches; epoch 0 is the initialisation. Timestamps are UTC. Columns of a key are never NULL.
The same words stand in the database itself: `SELECT * FROM duckdb_columns()`, column `comment`.
"""


def write_tables_page() -> str:
    """The page, as Markdown."""
    import duckdb

    with duckdb.connect() as con:
        create(con)
        tables = "\n".join(_table(record.table, " ".join((record.__doc__ or "").split()), record) for record in TABLES)
        drawn = "\n".join(_view(con, view.name, view.comment) for view in sorted(views()))
    return (
        f"{_HEAD}\n## Tables\n\n{tables}\n## Views\n\n"
        f"Each figure and table of the report is drawn from one of these.\n\n{drawn}"
    )


def _table(name: str, comment: str, record: type) -> str:
    lines = [f"### `{name}`", "", comment, "", "| column | type | meaning |", "|---|---|---|"]
    for column in columns(record):
        kind = column.type + ("" if column.required else ", or NULL")
        mark = " (key)" if column.name in record.key else ""
        lines.append(f"| `{column.name}`{mark} | {kind} | {_cell(column.comment)} |")
    return "\n".join(lines) + "\n"


def _view(con: "DuckDBPyConnection", name: str, comment: str) -> str:
    lines = [f"### `{name}`", "", comment, "", "| column | type | meaning |", "|---|---|---|"]
    query = "SELECT column_name, data_type, comment FROM duckdb_columns() WHERE table_name = $name ORDER BY column_index"
    for column, kind, words in con.execute(query, {"name": name}).fetchall():
        lines.append(f"| `{column}` | {kind} | {_cell(words or '')} |")
    return "\n".join(lines) + "\n"


def _cell(words: str) -> str:
    return words.replace("|", "\\|")
