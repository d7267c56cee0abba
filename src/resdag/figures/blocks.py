"""What do all charts over the blocks of a network share?

An axis of block indices, thin verticals where the shape changes, and a column for each block that lights up when one
points at it.  The column is the selection named `block`, the same in every figure, so that a page with several of them
can light the block up in all at once; its tooltip has the numbers of every curve at that block.
"""

import altair as alt
import polars as pl

from resdag.figures.interact import POINTED
from resdag.figures.theme import index_axis


def blocks_axis(rows: pl.DataFrame, title: str = "index of the block") -> alt.X:
    """From the first block to the last of these rows."""
    return index_axis("block", (-0.5, last_block(rows) + 0.5), title)


def last_block(rows: pl.DataFrame) -> int:
    """Index of the last block."""
    return int(rows.select(pl.max("block")).item())


def changing(rows: pl.DataFrame) -> alt.Chart:
    """Thin dashed verticals at the blocks that change shape."""
    blocks = rows.filter("changes_shape").select("block").unique().sort("block")
    return alt.Chart(blocks).mark_rule(style="pale", strokeDash=[3, 3]).encode(x="block:Q")


def pointed_size(size: int) -> alt.SizeValue:
    """The size of points, four times as large for those of the block that one points at; `block` must be encoded."""
    return alt.SizeValue(size, condition={"param": POINTED, "empty": False, "value": 4 * size})


def column(rows: pl.DataFrame, width: int, curves: str, values: dict[str, str]) -> alt.Chart:
    """An invisible column on each block, which lights up when one points at it and says what every curve is there.

    `curves`: a column that names the curve that a row belongs to; `values`: columns to say, with their number formats.
    """
    names = sorted(rows[curves].unique().to_list())
    found = rows.group_by("block").agg(*(
        pl.col(value).filter(pl.col(curves) == name).first().alias(f"{value}_{place}")
        for place, name in enumerate(names) for value in values
    )).sort("block")  # fmt: skip
    said = {value: f", {value.replace('_', ' ')}" if len(values) > 1 else "" for value in values}
    tooltip = [alt.Tooltip(f"{POINTED}:Q")] + [
        alt.Tooltip(f"{value}_{place}:Q", title=f"{name}{said[value]}", format=number)
        for place, name in enumerate(names) for value, number in values.items()
    ]  # fmt: skip
    wide = max(2.0, width / (last_block(rows) + 1))
    lit = alt.OpacityValue(0, condition={"param": POINTED, "empty": False, "value": 0.22})
    mark = alt.Chart(found).mark_rule(style="grey", strokeWidth=wide)
    return mark.encode(x=alt.X(f"{POINTED}:Q"), opacity=lit, tooltip=tooltip)
