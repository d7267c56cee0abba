"""What do other networks than the paper's two lose with one of their blocks? (beyond the paper)"""

from dataclasses import replace

import altair as alt
import polars as pl

from resdag.figures.deleted_blocks import costs_of_one, how_deleted, what_many_cost
from resdag.figures.single_deletion import draw_side_by_side
from resdag.figures.theme import Style
from resdag.figures.words import Config

VIEW = "figure_other_deletions"
ORDER = 108
PAPER = None
ESSENTIAL = (
    "delete_single of 2: architecture!=vgg, !training.stochastic_depth",
    "delete_single of 2: architecture=vgg",
)
STUDY_HAS = ("dataset.kind!=image_folder|imagenet",)
TITLE = "Deleting one block from the study's other networks"
CAPTION = (
    "Figure 3 for the networks that it leaves out, a line for each. Left: test error after the deletion of one block; "
    "bands are Wilson intervals over test images, dotted lines the intact error, dashed verticals the blocks that "
    "change shape. Right: the change of the error close up, to five points; triangles on the edge are off the scale, "
    "with their values. A network without skips has no close-up."
)


def draw(frame: pl.DataFrame, style: Style) -> alt.TopLevelMixin:
    """The chart of the view's rows: a line of panels for each network."""
    return draw_side_by_side(frame, replace(style, height=round(0.8 * style.height)))


def method(config: Config) -> str:
    """How this study deleted blocks."""
    return how_deleted(config)


def finding(rows: pl.DataFrame) -> str | None:
    """Which network a block costs least, and which most."""
    return what_many_cost(rows)


def table(rows: pl.DataFrame) -> pl.DataFrame:
    """What one block costs, network by network."""
    return costs_of_one(rows)
