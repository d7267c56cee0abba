"""docs/tables.md: every table, view and column of results.duckdb, from the records and the SQL of the views."""

from typing import TYPE_CHECKING

from resdag.records.base import Record
from resdag.records.registry import records
from resdag.store.schema import columns, create, views

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_HEAD = """# The tables of results.duckdb

Generated from `src/resdag/records/` and `src/resdag/store/views/` by
`python -m resdag.store.tables_page > docs/tables.md`.
Errors are fractions in [0, 1] and stand beside their counts. Block indices count from the input, from 0; so do
draws, samples and batches; epoch 0 is the initialisation. Timestamps are UTC. Columns of a key are never NULL.
The same words stand in the database itself: `SELECT * FROM duckdb_columns()`, column `comment`.
"""


def write_tables_page() -> str:
    """The page, as Markdown."""
    import duckdb

    with duckdb.connect() as con:
        create(con)
        tables = "\n".join(map(_table, records()))
        drawn = "\n".join(_view(con, view.name, view.comment) for view in sorted(views()))
    return (
        f"{_HEAD}\n## Tables\n\n{tables}\n## Views\n\n"
        f"Each figure and table of the report is drawn from one of these.\n\n{drawn}"
    )


def _table(record: type[Record]) -> str:
    rows = []
    for column in columns(record):
        key = " (key)" if column.name in record.key else ""
        null = "" if column.required else ", or NULL"
        rows.append(f"| `{column.name}`{key} | {column.type}{null} | {_cell(column.comment)} |")
    return _section(record.table, " ".join((record.__doc__ or "").split()), rows)


def _view(con: "DuckDBPyConnection", name: str, comment: str) -> str:
    query = (
        "FROM duckdb_columns() SELECT column_name, data_type, comment WHERE table_name = $name ORDER BY column_index"
    )
    cells = con.execute(query, {"name": name}).fetchall()
    return _section(name, comment, [f"| `{column}` | {kind} | {_cell(words)} |" for column, kind, words in cells])


def _section(name: str, comment: str, rows: list[str]) -> str:
    head = [f"### `{name}`", "", comment, "", "| column | type | meaning |", "|---|---|---|"]
    return "\n".join(head + rows) + "\n"


def _cell(words: str) -> str:
    return words.replace("|", "\\|")


if __name__ == "__main__":
    print(write_tables_page(), end="")
