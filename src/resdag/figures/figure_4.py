"""What does a network lose with one of its blocks, on images of ImageNet's kind? (figure 4 of the paper)"""

import altair as alt
import polars as pl

from resdag.figures.deleted_blocks import costs_of_one, how_deleted, what_one_costs
from resdag.figures.single_deletion import draw_single_deletions
from resdag.figures.theme import Style
from resdag.figures.words import Config

VIEW = "figure_4"
ORDER = 40
PAPER = "figure 4"
ESSENTIAL = ("delete_single",)
STUDY_HAS = ("dataset.kind=image_folder|imagenet",)
TITLE = "Deleting one block from networks on photographs"
CAPTION = (
    "The same deletion of single blocks, from networks on ImageNet or a folder of images; bands are Wilson intervals "
    "over test images, dotted lines the intact error, dashed verticals the blocks that change shape. The paper deletes "
    "the blocks of a 200-layer network on ImageNet and finds the same: hardly any change, with small peaks where "
    "the shape changes."
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
