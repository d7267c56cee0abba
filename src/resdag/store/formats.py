"""A frame as text: a table for people, Markdown, CSV or JSON."""

import json
import math
from collections.abc import Callable
from typing import Any

import polars as pl
from tabulate import tabulate

ROWS = 200
"""Of a table for people; the other forms are whole."""


def as_table(frame: pl.DataFrame) -> str:
    """Aligned columns, at most ROWS rows, and how many there are."""
    more = f"\n... and {len(frame) - ROWS} more rows; the other formats have all" if len(frame) > ROWS else ""
    return f"{_tabulated(frame.head(ROWS), 'simple')}{more}\n({len(frame)} row{'s' * (len(frame) != 1)})"


def as_markdown(frame: pl.DataFrame) -> str:
    """A pipe table; a pipe in a text is escaped."""
    texts = pl.col(pl.String).str.replace_all("|", "\\|", literal=True).str.replace_all("\n", " ", literal=True)
    return _tabulated(frame.with_columns(texts), "pipe")


def _tabulated(frame: pl.DataFrame, style: str) -> str:
    """Numbers stand right, with all of their digits; NULL is empty."""
    right = ["right" if kind.is_numeric() else "left" for kind in frame.dtypes]
    rows = [["" if value is None else str(value) for value in row] for row in frame.iter_rows()]
    return tabulate(rows, frame.columns, tablefmt=style, disable_numparse=True, colalign=right)


def as_csv(frame: pl.DataFrame) -> str:
    """CSV with a head; a list is its JSON text."""
    lists = [name for name, kind in frame.schema.items() if kind.is_nested()]
    texts = [pl.Series(name, [_text(value) for value in frame[name].to_list()], dtype=pl.String) for name in lists]
    return frame.with_columns(texts).write_csv().rstrip("\n")


def _text(value: Any) -> str | None:
    return None if value is None else json.dumps(value, default=str)


def as_json(frame: pl.DataFrame) -> str:
    """A list of objects, one a row; a number that JSON does not have is null."""
    rows = [{name: _finite(value) for name, value in row.items()} for row in frame.to_dicts()]
    return json.dumps(rows, indent=1, default=str)


def _finite(value: Any) -> Any:
    return None if isinstance(value, float) and not math.isfinite(value) else value


FORMATS: dict[str, Callable[[pl.DataFrame], str]] = {
    "table": as_table, "csv": as_csv, "json": as_json, "markdown": as_markdown,
}  # fmt: skip
