"""How do the pictures of the first screen look?  Drawn anew, small, so that their words can be read there.

They show the networks that the paper's statements are judged on, and of gradients those at the input after training,
as the paper does; the figure itself, further down, shows all.
"""

from collections.abc import Mapping
from types import ModuleType
from typing import Any

import polars as pl
import vl_convert
from markupsafe import Markup

from resdag.figures.save import specification
from resdag.figures.theme import Style
from resdag.report.packed import named_apart, slim

HEIGHTS = {"figure_3": 96, "figure_4": 96, "figure_5a": 196, "figure_6c": 190}
"""Of a panel, in pixels, so that all pictures are about as high."""
WIDTH, FONT_SIZE = 250, 10
JUDGED = {"residual": "resnet110", "vgg": "vgg15"}
"""Keys of `claims` that name networks to judge, and what they are where a study file does not say."""
SEVERAL = 2
"""Networks that a small picture has room for where the study names none to judge."""


def glance(name: str, module: ModuleType, rows: pl.DataFrame, config: Mapping[str, Any]) -> tuple[Markup | None, str]:
    """The picture for the first screen, and the network that it is of where it is one, which no legend names.

    None for a figure that has no place there, or nothing that small to show.
    """
    shown = first_shown(rows, config) if name in HEIGHTS and rows.height else rows.clear()
    if shown.is_empty():
        return None, ""
    names = shown["network"].unique().to_list()
    chart = module.draw(shown, Style(width=WIDTH, height=HEIGHTS[name], font_size=FONT_SIZE))
    picture = named_apart(vl_convert.vegalite_to_svg(specification(chart)), f"{name}-glance-")
    return Markup(slim(picture)), names[0] if len(names) == 1 else ""


def first_shown(rows: pl.DataFrame, config: Mapping[str, Any]) -> pl.DataFrame:
    """The rows of the networks that are judged, or all of one or two."""
    named = config.get("claims") or {}
    judged = [named.get(role, name) for role, name in JUDGED.items()]
    found = rows.filter(pl.col("network").is_in([name for name in judged if name]))
    if found.is_empty() and rows["network"].n_unique() <= SEVERAL:
        found = rows
    return _of_trained(found) if "measured_at" in found.columns and found.height else found


def _of_trained(rows: pl.DataFrame) -> pl.DataFrame:
    """Gradients at the input where they were measured there, after the last epoch."""
    at_input = rows.filter(measured_at="input")
    found = at_input if at_input.height else rows
    return found.filter(pl.col("epoch") == pl.max("epoch").over("network"))
