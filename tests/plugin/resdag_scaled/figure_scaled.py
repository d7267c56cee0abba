"""How much of a branch does a network need?"""

import altair as alt
import polars as pl

from resdag.figures.theme import Style, finish

VIEW = "figure_scaled"
ORDER = 900
PAPER = None
ESSENTIAL = ("scale_branches",)
TITLE = "Branches turned down"
CAPTION = "Test error with each block's branch multiplied by a factor, by itself."


def draw(frame: pl.DataFrame, style: Style) -> alt.TopLevelMixin:
    """The chart of the view's rows: error by block, a line for each factor."""
    axis = alt.Axis(format=".0%")
    chart = alt.Chart(frame.with_columns(pl.col("factor").cast(pl.String))).mark_line(point=True)
    y = alt.Y("error:Q", title="test error", axis=axis)
    return finish(chart.encode(x=alt.X("block:Q", title="block"), y=y, color="factor:N", detail="network:N"), style)


def method(_: object) -> str:
    """How it was measured."""
    return "Each branch is multiplied by each factor, the others left as they are."


def finding(rows: pl.DataFrame) -> str | None:
    """The largest change."""
    worst = rows.sort("change").tail(1)
    return f"The largest change is {worst['change'].item() * 100:.1f} points, at block {worst['block'].item()}."


def table(rows: pl.DataFrame) -> pl.DataFrame | None:
    """Nothing beside the chart."""
    return None
