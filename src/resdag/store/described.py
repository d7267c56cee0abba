"""What is in results.duckdb, in the words of its comments, for a terminal."""

from textwrap import wrap

import duckdb

from resdag.records.registry import records
from resdag.store.schema import create, views

WIDTH = 118


def overview() -> list[str]:
    """Each table and view with what a row of it is."""
    tables = {record.table: " ".join((record.__doc__ or "").split()) for record in records()}
    shown = {view.name: view.comment for view in sorted(views())}
    return ["tables:", *_words(tables), "", "views:", *_words(shown)]


def describe(name: str) -> list[str]:
    """The columns of a table or view, with type and meaning; nothing where there is none of this name."""
    query = """
        SELECT column_name, data_type, is_nullable, comment FROM duckdb_columns()
        WHERE table_name = $name AND NOT internal ORDER BY column_index
    """
    with duckdb.connect() as con:
        create(con)
        found = con.execute(query, {"name": name}).fetchall()
        comments = con.execute(
            "SELECT comment FROM duckdb_tables() WHERE table_name = $name "
            "UNION ALL SELECT comment FROM duckdb_views() WHERE view_name = $name AND NOT internal",
            {"name": name},
        ).fetchall()
    if not found:
        return []
    words = {f"{column} {kind}": comment for column, kind, _, comment in found}
    return [*wrap(comments[0][0], WIDTH), "", *_words(words)]


def _words(named: dict[str, str]) -> list[str]:
    """Names in one column, what they mean beside them."""
    width = max(map(len, named)) + 4
    lines = []
    for name, meaning in named.items():
        first, *rest = wrap(meaning, WIDTH - width) or [""]
        lines += [f"  {name:{width - 2}}{first}", *(" " * width + line for line in rest)]
    return lines
