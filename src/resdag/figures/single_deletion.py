"""How are figures 3, 4 and 8 drawn: the error of a network without one of its blocks?

Above, all errors on the axis of the paper, from 0 to 1.  A residual network hardly leaves its intact error there, so
the panel below shows its change of error close up, to five points; what is higher stands as a triangle on the edge,
with its value.  The paper has the upper panel alone.
"""

from collections.abc import Sequence

import altair as alt
import polars as pl

from resdag.figures.blocks import blocks_axis, changing, column, last_block
from resdag.figures.deleted_blocks import WITHOUT_SKIPS
from resdag.figures.theme import (
    Panel,
    Style,
    colour,
    error_axis,
    finish,
    finite,
    names,
    panel_width,
    seed_dash,
    seed_opacity,
    seed_shape,
)
from resdag.figures.words import signed

CLIP = 0.05
"""Above the intact error, where the close-up ends; a fraction."""
HEADROOM, LABEL = 46, 11
"""Pixels above that edge for the values of what is off the scale, and between two of them."""
CURVE = pl.format("{}, seed {}", "network", "seed")


def draw_single_deletions(frame: pl.DataFrame, style: Style, by: str = "network") -> alt.TopLevelMixin:
    """Error over the index of the deleted block, and below it the change close up; a colour for each of `by`."""
    rows = _drawn(frame, by)
    return finish(alt.vconcat(*panels(rows, names(rows, by), style.width, style, by), spacing=18), style)


def draw_side_by_side(frame: pl.DataFrame, style: Style) -> alt.TopLevelMixin:
    """The same panels beside each other, a line of them for each network."""
    rows = _drawn(frame)
    networks = names(rows)
    lines = []
    for name in networks:
        both = panels(rows.filter(network=name), networks, panel_width(style, 2), style, legend=False)
        lines.append(alt.hconcat(*both, spacing=30, title=name))
    return finish(alt.vconcat(*lines, spacing=22), style)


def _drawn(frame: pl.DataFrame, by: str = "network") -> pl.DataFrame:
    """What is drawn of the rows: each column costs in every row."""
    columns = {"network", "seed", "architecture", by, "block", "changes_shape"} & set(frame.columns)
    numbers = ("error", "low", "high", "intact_error", "change")
    return finite(frame.select(*sorted(columns), *numbers), "error").sort("network", "seed", "block")


def panels(
    rows: pl.DataFrame, domain: Sequence[str], width: int, style: Style, by: str = "network", legend: bool = True
) -> list[Panel]:
    """The panel of errors, and the close-up of the changes where a network has skips."""
    skips = ~pl.col("architecture").is_in(WITHOUT_SKIPS) if "architecture" in rows.columns else pl.lit(True)
    residual = rows.filter(skips).drop_nulls("change")
    hue = colour(by, domain, "stroke" if legend else None)
    drawn = [_errors(rows, residual, hue, width).properties(width=width, height=round(0.75 * style.height))]
    if residual.height:
        height = round(0.75 * style.height)
        drawn.append(_close_up(residual, by, hue, width, height).properties(width=width, height=height))
    return drawn


def _errors(rows: pl.DataFrame, residual: pl.DataFrame, hue: alt.Color, width: int) -> Panel:
    lines, others = _curves(rows, hue, error_axis("error", (0, 1)))
    intact = alt.Chart(rows.group_by("network", "seed", maintain_order=True).first().drop_nulls("intact_error"))
    dotted = intact.mark_rule(strokeDash=[1, 3], strokeWidth=1.4).encode(y="intact_error:Q", color=hue)
    return alt.layer(changing(residual), lines, *others, dotted, _column(rows, width))


def _close_up(rows: pl.DataFrame, by: str, hue: alt.Color, width: int, height: int) -> Panel:
    """The change of error up to `CLIP`; a curve that goes higher touches the edge, and a band either edge."""
    edge, off = pl.lit(CLIP), rows.filter(pl.col("change") > CLIP)
    lowest = min(-0.005, float(rows.select(pl.min("change")).item()))
    floor = pl.lit(1.08 * lowest)
    top = CLIP if off.is_empty() else CLIP + (CLIP - lowest) * HEADROOM / (height - HEADROOM)
    axis = alt.Axis(values=[whole / 100 for whole in range(-100, 6)], labelExpr=POINTS)
    scale = alt.Scale(domain=[1.08 * lowest, top], nice=False)
    y = alt.Y("shown:Q", title="change (points)", axis=axis, scale=scale)
    shown = rows.with_columns(
        shown=pl.min_horizontal("change", edge),
        low=(pl.col("low") - pl.col("intact_error")).clip(floor, edge),
        high=(pl.col("high") - pl.col("intact_error")).clip(floor, edge),
    )
    zero = alt.Chart(pl.DataFrame({"zero": [0.0]})).mark_rule(style="grey").encode(y=alt.Y("zero:Q"))
    lines, others = _curves(shown, hue, y)
    marks = _off_the_scale(off, by, hue, width / (last_block(rows) + 1))
    return alt.layer(changing(rows), zero, lines, *others, *marks, _column(rows, width))


POINTS = "(datum.value > 0 ? '+' : datum.value < 0 ? '−' : '') + format(abs(100 * datum.value), '~r')"


def _curves(rows: pl.DataFrame, hue: alt.Color, y: alt.Y) -> tuple[alt.Chart, list[alt.Chart]]:
    """The lines of every network and seed; and their bands and points."""
    opacity = seed_opacity(rows)
    x = blocks_axis(rows, "index of the deleted block")
    base = alt.Chart(rows).encode(x=x, color=hue, detail=["network:N", "seed:N"])
    line = base.mark_line(opacity=opacity).encode(y=y, strokeDash=seed_dash(rows))
    points = base.mark_point(filled=True, size=22, opacity=1).encode(y=y, shape=seed_shape(rows))
    band = base.mark_area(opacity=0.15 * opacity).encode(y=alt.Y("low:Q"), y2="high:Q")
    return line, [band, points]


def _column(rows: pl.DataFrame, width: int) -> alt.Chart:
    numbers = {"error": ".2%", "change": "+.2%"}
    return column(rows.with_columns(curve=CURVE), width, "curve", numbers)


def _off_the_scale(off: pl.DataFrame, by: str, hue: alt.Color, spacing: float) -> list[Panel | alt.Chart]:
    """A triangle on the edge for what is higher, and its value over seeds, where there is room for it.

    `spacing`: pixels from block to block.
    """
    if off.is_empty():
        return []
    found = off.group_by(by, "block").agg(pl.min("change"), pl.max("change").alias("most"), edge=pl.lit(CLIP))
    text = pl.struct("change", "most").map_elements(_value, return_dtype=pl.String)
    found = found.sort("block", by).with_columns(text=text)
    triangle = alt.Chart(found).mark_point(shape="triangle-up", filled=True, size=55, opacity=1)
    words = alt.Chart(_apart(found, LABEL / spacing)).mark_text(angle=270, align="left", dx=7, fontSize=LABEL - 1)
    place = {"x": "block:Q", "y": alt.Y("edge:Q"), "color": hue}
    return [triangle.encode(**place), words.encode(text="text:N", **place)]


def _value(change: dict[str, float]) -> str:
    """+69.5, or 12 to 70 over seeds."""
    low, high = 100 * change["change"], 100 * change["most"]
    return signed(high, 1) if round(low) == round(high) else f"{low:.0f} to {high:.0f}"


def _apart(labels: pl.DataFrame, distance: float) -> pl.DataFrame:
    """The largest values first, and none that would stand within `distance` blocks of one that is there."""
    kept: list[int] = []
    blocks = labels["block"].to_list()
    for place in labels["most"].arg_sort(descending=True).to_list():
        if all(abs(blocks[place] - blocks[other]) >= distance for other in kept):
            kept.append(place)
    return labels[sorted(kept)]
