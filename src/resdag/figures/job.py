"""How does a study's figure come out of the database?

One view, filtered to the study, is all that a figure sees.
"""

from pathlib import Path
from types import ModuleType

import duckdb
import polars as pl

from resdag.figures.save import save
from resdag.figures.theme import Style


def read_view(database: Path, view: str, study: str) -> pl.DataFrame:
    """The rows of one view that belong to one study; the database stays open to other readers."""
    with duckdb.connect(str(database), read_only=True) as connection:
        return connection.sql(f'SELECT * FROM "{view}" WHERE study = ?', params=[study]).pl()


def draw_figure(
    figure: ModuleType, database: Path, study: str, folder: Path, style: Style = Style(), png_scale: float = 2.0
) -> list[Path]:
    """Draw one figure module's chart of a study into folder; returns the four files."""
    frame = read_view(database, figure.VIEW, study)
    chart = figure.draw(frame, style) if frame.height else None
    name = figure.VIEW
    return save(chart, frame, folder, name, png_scale, title=figure.TITLE, caption=figure.CAPTION, style=style)
