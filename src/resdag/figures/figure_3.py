"""What does a network lose with one of its blocks? (figure 3 of the paper)"""

import altair as alt
import polars as pl

from resdag.figures.deleted_blocks import costs_of_one, how_deleted, what_one_costs
from resdag.figures.single_deletion import draw_single_deletions
from resdag.figures.theme import Style
from resdag.figures.words import Config

VIEW = "figure_3"
ORDER = 30
PAPER = "figure 3"
ESSENTIAL = ("delete_single",)
STUDY_HAS = ("dataset.kind!=image_folder|imagenet",)
TITLE = "Deleting one block from a residual network and one layer from VGG"
CAPTION = (
    "Top: test error of a trained network after the deletion of one block, over the index of that block from the "
    "input; bands are Wilson intervals over test images, dotted lines the intact error, dashed verticals the "
    "residual blocks that change shape. Bottom: the change of the residual network's error close up, to five points; "
    "triangles on the edge are off the scale, with their values. The paper finds no visible change for the residual "
    "network, small peaks where the shape changes, and chance level for every layer of VGG."
)


def draw(frame: pl.DataFrame, style: Style) -> alt.TopLevelMixin:
    """The chart of the view's rows."""
    return draw_single_deletions(frame, style)


def method(config: Config) -> str:
    """How this study deleted blocks."""
    return how_deleted(config)


def finding(rows: pl.DataFrame) -> str | None:
    """What one block costs."""
    return what_one_costs(rows)


def table(rows: pl.DataFrame) -> pl.DataFrame:
    """What one block costs, network by network."""
    return costs_of_one(rows)
