"""Which views are there, and which tables does each rest on?  Read from their SQL, without importing anything."""

import re
from functools import cache
from pathlib import Path

from resdag.discovery import folder_of, modules, source_of
from resdag.provenance import sql_code

VIEWS = folder_of("resdag.store") / "views"
MACROS = folder_of("resdag.store") / "macros.sql"


@cache
def view_files() -> dict[str, Path]:
    """View -> its SQL, by name: ours in store/views, and beside each figure of another package one of its name."""
    found = {path.stem: path for path in VIEWS.glob("*.sql")}
    for figure, module in modules("figures").items():
        source = source_of(module)
        if figure not in found and source is not None and source.with_name(f"{figure}.sql").is_file():
            found[figure] = source.with_name(f"{figure}.sql")
    return dict(sorted(found.items()))


def views_behind(view: str) -> list[str]:
    """A view and the views that it reads, through others too."""
    others = sorted(sources(view_files()[view]) & view_files().keys() - {view})
    return [view, *(below for other in others for below in views_behind(other))]


def texts_behind(view: str) -> list[Path]:
    """The SQL of a view and of all that it reads."""
    return [view_files()[each] for each in views_behind(view)]


def tables_behind(view: str) -> set[str]:
    """Tables that a view reads, through other views too."""
    return {name for path in texts_behind(view) for name in sources(path) & modules("tables").keys()}


@cache
def sources(path: Path) -> frozenset[str]:
    """Names behind FROM and JOIN: a column may have the name of a table, `blocks` for one."""
    return frozenset(re.findall(r"\b(?:FROM|JOIN)\s+(\w+)", code_of(path)))


@cache
def code_of(path: Path) -> str:
    """SQL without comments, as it was when it was first asked for, like all code of a plan."""
    return sql_code(path.read_text(encoding="utf-8"))


def header_of(path: Path) -> list[str]:
    """The lines of comment of a view's file: what a row is, then what its columns are; the database keeps them."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return [line.removeprefix("-- ") for line in lines if line.startswith("-- ")]
