"""What does deleting a block do to the paths? (figure 2 of the paper)"""

import altair as alt
import polars as pl

from resdag.figures.lanes import lanes
from resdag.figures.theme import Style, finish
from resdag.figures.words import Config

VIEW = "figure_2"
ORDER = 20
PAPER = "figure 2"
ESSENTIAL = ()
TITLE = "Deleting one block: which paths survive"
CAPTION = (
    "A residual network and a plain one without skip connections, each with one block deleted (crossed). In the "
    "residual network the paths that take that block's skip connection survive; the plain network has a single path, "
    "and it is cut."
)

TITLES = {"residual": "(a) Residual network", "plain": "(b) Plain network"}


def draw(frame: pl.DataFrame, style: Style) -> alt.TopLevelMixin:
    """The lanes of each network, dead paths pale."""
    rows = frame.sort("network", "path", "block")
    parts = []
    for network, title in TITLES.items():
        part = rows.filter(network=network)
        if part.height:
            alive = part.select("path", "alive").unique()["alive"]
            parts.append(lanes(part, style, title, f"{alive.sum()} of {_paths(len(alive))} left"))
    return finish(alt.vconcat(*parts, spacing=30), style)


def _paths(count: int) -> str:
    return f"{count} path" if count == 1 else f"{count} paths"


def method(_: Config) -> str:
    """Nothing is measured."""
    return "Counted: a path survives the deletion of a block whose skip connection it takes."


def finding(rows: pl.DataFrame) -> str | None:
    """How many paths are left of either network."""
    left = {network: f"{alive} of {_paths(paths)}" for network, paths, alive in table(rows).rows()}
    return f"Without one block, {left['residual']} are left of the residual network, and {left['plain']} of the plain."


def table(rows: pl.DataFrame) -> pl.DataFrame:
    """Paths before and after."""
    paths = rows.select("network", "path", "alive").unique().group_by("network")
    counts = paths.agg(pl.len().alias("paths"), pl.col("alive").sum().alias("paths left"))
    return counts.sort("network", descending=True)
