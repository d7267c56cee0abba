"""Does a deeper network need each of its blocks less? (beyond the paper, which deletes from one depth alone)

An ensemble of more members misses one of them less.  Networks of one architecture and several depths stand on one axis,
from their first block to their last.
"""

from typing import Any

import altair as alt
import polars as pl

from resdag.figures.blocks import pointed_size
from resdag.figures.deleted_blocks import how_deleted
from resdag.figures.theme import Panel, Style, cycle, finish, finite, seed_shape
from resdag.figures.words import LITTLE, Config, few, in_percent, points

VIEW = "figure_redundancy"
ORDER = 107
PAPER = None
ESSENTIAL = (
    "delete_single of 2 depth: architecture!=vgg|plain|highway, convolutions!=4|6, !training.stochastic_depth, "
    "!training.blocks_per_batch",
)
TITLE = "Deleting one block from networks of several depths"
CAPTION = (
    "Left: change of test error by the deletion of one block, over the place of that block between the first (0) and "
    "the last (1), for networks of one architecture and several depths, on an axis of logarithms; changes below a "
    "tenth of a point, or for the better, stand on its lower edge. Right: the median over all blocks of a network "
    "(filled; bars are 95 % intervals of order statistics, blocks taken as a sample) and the largest (hollow), over "
    "the number of blocks; three depths or more are joined. If many paths make a block expendable, the medians fall "
    "with depth."
)
CONFIDENCE = 0.95
JOINED = 3
"""Depths that a line joins: between two it would say no more than they do."""
SEQUENCE = ("#D55E00", "#E69F00", "#009E73", "#56B4E9", "#0072B2")
SHADES = (*SEQUENCE, "#CC79A7", "#999999")
FLOOR = 0.001
"""A tenth of a point: what is smaller, or negative, is drawn there."""


def draw(frame: pl.DataFrame, style: Style) -> alt.TopLevelMixin:
    """The chart of the view's rows: changes along the network, and beside them their median and largest by depth."""
    rows = finite(frame, "change").sort("blocks", "network", "seed", "block")
    rows = rows.with_columns(shown=_shown(), size=pl.format("{} blocks", "blocks"))
    networks = rows["size"].unique(maintain_order=True).to_list()
    hue = alt.Color(
        "size:N", title=None, sort=networks, scale=alt.Scale(domain=networks, range=_shades(len(networks))),
        legend=alt.Legend(symbolType="stroke", symbolOpacity=1, symbolSize=320),
    )  # fmt: skip
    wide = round(0.66 * style.width)
    left = _along(rows, hue).properties(width=wide, height=style.height)
    right = _by_depth(rows, hue).properties(width=style.width - wide - 20, height=style.height)
    return finish(alt.hconcat(left, right, spacing=20), style)


def _shades(depths: int) -> list[str]:
    """A colour for each depth, as far apart as so many can be."""
    spread = len(SEQUENCE) - 1
    return cycle(SHADES, depths) if not 1 < depths <= len(SEQUENCE) else [
        SEQUENCE[round(spread * place / (depths - 1))] for place in range(depths)
    ]  # fmt: skip


def _shown() -> pl.Expr:
    return pl.max_horizontal("change", pl.lit(FLOOR))


def _y(field: str, rows: pl.DataFrame, title: str | None) -> alt.Y:
    """Points on an axis of logarithms, from the floor to above the largest change."""
    top = 1.3 * float(rows.select(pl.max("shown")).item())
    axis = alt.Axis(values=[0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 0.9], labelExpr="format(100 * datum.value, '~r')")
    return alt.Y(f"{field}:Q", title=title, axis=axis, scale=alt.Scale(type="log", domain=[FLOOR, top], nice=False))


def _along(rows: pl.DataFrame, hue: alt.Color) -> Panel:
    scale = alt.Scale(domain=[-0.02, 1.02], nice=False)
    x = alt.X("position:Q", title="place of the deleted block, first to last", axis=alt.Axis(format=".1f"), scale=scale)
    slim = rows.select("network", "seed", "size", "block", "position", "shown", "change", "error", "changes_shape")
    base = alt.Chart(slim).encode(x=x, y=_y("shown", rows, "change of error (points)"), color=hue)
    line = base.mark_line(strokeWidth=1, opacity=0.55).encode(detail=["network:N", "seed:N"])
    tooltip = [
        alt.Tooltip("network:N"), alt.Tooltip("seed:Q"), alt.Tooltip("block:Q"),
        alt.Tooltip("changes_shape:N", title="changes shape"), alt.Tooltip("error:Q", format=".2%"),
        alt.Tooltip("change:Q", format="+.2%"),
    ]  # fmt: skip
    dots = base.mark_point(filled=True, opacity=1).encode(
        shape=seed_shape(rows), tooltip=tooltip, detail=["network:N", "seed:N", "block:Q"], size=pointed_size(26)
    )
    return alt.layer(line, dots)


def _by_depth(rows: pl.DataFrame, hue: alt.Color) -> Panel:
    """Median of each network with its interval, and largest change, all its seeds together."""
    found = medians(rows)
    sizes = found["blocks"].unique().sort().to_list()
    scale = alt.Scale(domain=[0, 1.08 * sizes[-1]], nice=False)
    x = alt.X("blocks:Q", title="blocks", axis=alt.Axis(values=sizes, format="d", labelOverlap=True), scale=scale)
    base = alt.Chart(found).encode(x=x, color=hue)
    tooltip = [
        alt.Tooltip("network:N"), alt.Tooltip("change:Q", title="median change", format="+.2%"),
        alt.Tooltip("change_low:Q", title="interval, low", format="+.2%"),
        alt.Tooltip("change_high:Q", title="interval, high", format="+.2%"),
        alt.Tooltip("largest:Q", title="largest change", format="+.2%"),
    ]  # fmt: skip
    joined = alt.Chart(found).mark_line(style="grey", strokeWidth=1).encode(x=x, y=_y("median", rows, None))
    return alt.layer(
        *([joined] if len(sizes) >= JOINED else []),
        base.mark_rule(strokeWidth=1.6).encode(y=_y("low", rows, None), y2="high:Q"),
        base.mark_point(filled=True, size=60, opacity=1).encode(y=_y("median", rows, None), tooltip=tooltip),
        base.mark_point(filled=False, size=60, opacity=1).encode(y=_y("largest", rows, None), tooltip=tooltip),
    )


def medians(rows: pl.DataFrame) -> pl.DataFrame:
    """Median change of each network with its interval, and the largest; nulls where few blocks give no interval.

    `median`, `low` and `high` are on the axis, at its edge where they are less.
    """
    parts = rows.group_by("network", "size", "blocks", maintain_order=True)
    found = pl.DataFrame([_median(dict(zip(("network", "size", "blocks"), of, strict=True)), part["change"])
                          for of, part in parts], infer_schema_length=None)  # fmt: skip
    shown = {"median": "change", "low": "change_low", "high": "change_high"}
    return found.sort("blocks", "network").with_columns(
        pl.when(pl.col(name).is_not_null()).then(pl.max_horizontal(name, pl.lit(FLOOR))).alias(on_axis)
        for on_axis, name in shown.items()
    )


def _median(of: dict[str, Any], changes: pl.Series) -> dict[str, Any]:
    from resdag.queries.statistics import median_interval  # scipy takes a second

    found = median_interval(changes.to_numpy(), CONFIDENCE)
    return of | {"change": changes.median(), "change_low": found.low, "change_high": found.high,
                 "largest": changes.max()}  # fmt: skip


def method(config: Config) -> str:
    """How this study deleted blocks."""
    return how_deleted(config)


def finding(rows: pl.DataFrame) -> str | None:
    """The median change of the network with fewest blocks, and of the one with most."""
    medians = rows.group_by("blocks").agg(pl.median("change")).drop_nulls().sort("blocks")
    if medians.height < 2:
        return None
    (few_blocks, shallow), (most_blocks, deep) = medians.row(0), medians.row(-1)
    return (
        f"The median change of error by one block goes from {points(shallow)} with {few_blocks} blocks to "
        f"{points(deep)} with {most_blocks}."
    )


def table(rows: pl.DataFrame) -> pl.DataFrame:
    """Median and largest change, and how many blocks hardly count, network by network."""
    change = pl.col("change")
    found = rows.sort("seed", "block").group_by("network", "blocks").agg(
        pl.n_unique("seed").alias("seeds"), in_percent(pl.mean("intact_error")).alias("intact error (%)"),
        in_percent(change.median()).alias("median change (points)"),
        in_percent(change.max()).alias("largest change (points)"),
        pl.col("block").get(change.arg_max()).alias("at block"),
        in_percent((change.abs() < LITTLE).mean(), 1).alias("below one point (% of deletions)"),
    )  # fmt: skip
    return few(found.sort("blocks", "network"))
