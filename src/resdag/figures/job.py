"""How does a figure come out of rows?

One view, filtered to the study, is all that a figure sees.
"""

from pathlib import Path
from types import ModuleType

import polars as pl

from resdag.figures.save import save
from resdag.figures.theme import DEFAULT, Style


def draw_figure(
    figure: ModuleType, rows: pl.DataFrame, folder: Path, style: Style = DEFAULT, png_scale: float = 2.0,
    cache: Path | None = None,
) -> list[Path]:  # fmt: skip
    """Draw one figure module's chart of its view's rows into folder, with what it says; returns the four files."""
    said = {"finding": figure.finding(rows), "table": figure.table(rows)} if rows.height else {}
    chart = figure.draw(rows, style) if rows.height else None
    words = {"title": figure.TITLE, "caption": figure.CAPTION}
    return save(chart, rows, folder, figure.VIEW, png_scale, **words, **said, style=style, cache=cache)
