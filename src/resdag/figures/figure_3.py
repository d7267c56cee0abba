"""What does a network lose with one of its blocks? (figure 3 of the paper)"""

import altair as alt
import polars as pl

from resdag.figures.single_deletion import draw_single_deletions
from resdag.figures.theme import Style

VIEW = "figure_3"
TITLE = "Deleting one block from a residual network and one layer from VGG"
CAPTION = (
    "Test error of a trained network after the deletion of one block, over the index of that block from the input; "
    "bands are 95 % Wilson intervals over test images, dotted lines the intact error, dashed verticals the residual "
    "blocks that change shape. The paper finds no visible change for the residual network, small peaks where the "
    "shape changes, and chance level for every layer of VGG."
)


def draw(frame: pl.DataFrame, style: Style) -> alt.TopLevelMixin:
    """The chart of the view's rows."""
    return draw_single_deletions(frame, style)
