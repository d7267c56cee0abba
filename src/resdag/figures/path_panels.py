"""What do figures 6b and 6c share: panels of gradients over path length?

A row of panels for each network; in it one panel for each place where the gradient was measured.
Colour and dash tell the moments of training apart.
"""

from collections.abc import Callable

import altair as alt
import polars as pl

from resdag.figures.theme import Panel, Style, grid, names, panel_width

PLACES = {"input": "gradient at the input image", "first_block": "gradient at the first block's input"}


def moments(rows: pl.DataFrame) -> list[str]:
    """The names of the moments of training in the rows, from the first."""
    return rows.sort("epoch")["moment"].unique(maintain_order=True).to_list()


def moment() -> pl.Expr:
    """The name of the moment of training that a row belongs to; a loaded network has epoch 1."""
    later = pl.format("after {} epochs", "epoch")
    early = pl.when(pl.col("epoch") == 0).then(pl.lit("at initialisation"))
    return early.when(pl.col("epoch") == 1).then(pl.lit("loaded, or after 1 epoch")).otherwise(later)


def path_panels(rows: pl.DataFrame, panel: Callable[[pl.DataFrame], Panel], style: Style) -> alt.TopLevelMixin:
    """One panel for each network and place of measurement, titled where there are several."""
    places = [place for place in PLACES if place in set(rows["measured_at"])]
    networks, width = names(rows), panel_width(style, len(places))
    charts = []
    for network in networks:
        for place in places:
            part = rows.filter(network=network, measured_at=place)
            if part.height:
                words = ([network] if len(networks) > 1 else []) + ([PLACES[place]] if len(places) > 1 else [])
                charts.append(panel(part).properties(width=width, height=style.height, title=_title(words)))
    return grid(charts, len(places))


def _title(words: list[str]) -> alt.TitleParams:
    return alt.TitleParams(words[:1], subtitle=words[1:]) if words[1:] else alt.TitleParams(words)
