"""How does a study's figure come out of the database?

One view, filtered to the study, is all that a figure sees.
"""

from pathlib import Path
from types import ModuleType

import polars as pl

from resdag.figures.save import save
from resdag.figures.theme import DEFAULT, Style
from resdag.store.read import connect, frame


def read_view(database: Path, view: str, study: str) -> pl.DataFrame:
    """The rows of one view that belong to one study; the database stays open to other readers."""
    with connect(database) as connection:
        return frame(connection, f"SELECT * FROM {view} WHERE study = ?", [study])


def draw_figure(
    figure: ModuleType, database: Path, study: str, folder: Path, style: Style = DEFAULT, png_scale: float = 2.0,
    cache: Path | None = None,
) -> list[Path]:  # fmt: skip
    """Draw one figure module's chart of a study into folder; returns the four files."""
    rows = read_view(database, figure.VIEW, study)
    chart = figure.draw(rows, style) if rows.height else None
    words = {"title": figure.TITLE, "caption": figure.CAPTION}
    return save(chart, rows, folder, figure.VIEW, png_scale, **words, style=style, cache=cache)
