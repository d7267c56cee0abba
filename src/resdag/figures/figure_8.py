"""Does training with stochastic depth make a network more robust to deletion? (figure 8 of the paper)"""

import altair as alt
import polars as pl

from resdag.figures.deleted_blocks import costs_of_one, how_deleted
from resdag.figures.single_deletion import draw_single_deletions
from resdag.figures.theme import Style
from resdag.figures.words import Config, listed, points

VIEW = "figure_8"
ORDER = 80
PAPER = "figure 8"
ESSENTIAL = ("delete_single of 1: training.stochastic_depth",)
TITLE = "Deleting one block after training with stochastic depth"
CAPTION = (
    "Top: test error after the deletion of one block, for a network trained with stochastic depth and for networks of "
    "the same architecture and depth trained with all blocks always; bands are Wilson intervals over test images, "
    "dotted lines the intact error, dashed verticals the blocks that change shape. Bottom: the change of the error "
    "close up, to five points; triangles on the edge are off the scale, with their values. The paper finds the network "
    "trained with stochastic depth slightly more resilient, chiefly at the blocks that change shape."
)


def draw(frame: pl.DataFrame, style: Style) -> alt.TopLevelMixin:
    """The chart of the view's rows: colours tell the trainings apart."""
    return draw_single_deletions(frame, style, by="trained")


def method(config: Config) -> str:
    """How this study deleted blocks."""
    return how_deleted(config)


def finding(rows: pl.DataFrame) -> str | None:
    """What one block costs on average, after either training."""
    said = []
    for (trained,), part in rows.sort("trained").group_by("trained", maintain_order=True):
        mean, most = part.select(pl.mean("change"), pl.max("change").alias("most")).row(0)
        said.append(f"{points(mean)} (at most {points(most)}) after training with {trained}")
    return f"Deleting one block changes the error on average by {listed(said)}."


def table(rows: pl.DataFrame) -> pl.DataFrame:
    """What one block costs, network by network."""
    trained = rows.select("network", "trained").unique()
    return costs_of_one(rows).join(trained, on="network", maintain_order="left")
