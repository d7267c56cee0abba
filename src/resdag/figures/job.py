"""How does a figure come out of rows?

One view, filtered to the study, is all that a figure sees.  A study of hundreds of networks would make it a page of
tens of thousands of pixels that nobody reads: the first ones are drawn, which it says, and its CSV holds all.
"""

from pathlib import Path
from types import ModuleType

import polars as pl

from resdag.figures.save import save
from resdag.figures.theme import DEFAULT, Style

MOST = 24
"""Networks of which a figure draws all; docs/limits.md has what they take."""
FIRST = 12
"""Networks that it draws of more: as many panels as a reader takes in at once."""


def draw_figure(
    figure: ModuleType, rows: pl.DataFrame, folder: Path, style: Style = DEFAULT, png_scale: float = 2.0,
    cache: Path | None = None,
) -> list[Path]:  # fmt: skip
    """Draw one figure module's chart of its view's rows into folder, with what it says; returns the four files."""
    drawn, note = first_networks(rows)
    said = {"finding": figure.finding(drawn), "table": figure.table(drawn)} if rows.height else {}
    chart = figure.draw(drawn, style) if rows.height else None
    words = {"title": figure.TITLE, "caption": figure.CAPTION + note}
    return save(chart, rows, folder, figure.VIEW, png_scale, **words, **said, style=style, cache=cache)


def first_networks(rows: pl.DataFrame) -> tuple[pl.DataFrame, str]:
    """The rows of as many networks as are drawn, the first by name, and what the caption says of the others."""
    names = rows["network"].unique().drop_nulls().sort() if "network" in rows.columns else pl.Series([])
    if len(names) <= MOST:
        return rows, ""
    note = f" Drawn are the first {FIRST} of {len(names)} networks by name; the CSV and the view hold all."
    return rows.filter(pl.col("network").is_null() | pl.col("network").is_in(names.head(FIRST).to_list())), note
