"""Does a block's influence foretell what its deletion costs? (beyond the paper)

The influence needs one pass and no label, which makes it the usual score by which blocks are pruned.  Left, both over
the block, as ranks, since their units have nothing to do with each other; right, one over the other as they are.
"""

from math import ceil

import altair as alt
import polars as pl

from resdag.figures.blocks import blocks_axis, column, pointed_size
from resdag.figures.theme import (
    GREY,
    OKABE_ITO,
    Panel,
    Style,
    colour,
    dash,
    finish,
    finite,
    names,
    panel_width,
    seed_opacity,
    seed_shape,
    sign,
    signs,
    written,
)
from resdag.figures.words import Config, few, in_percent, listed, points, section, signed, spoken

VIEW = "figure_influence"
ORDER = 112
PAPER = None
ESSENTIAL = ("measure_influence",)
TITLE = "Block influence, and what a deletion really costs"
CAPTION = (
    "The influence of a block is one less the mean cosine between what it is given and what it hands on, over places "
    "and test images; it needs no label. Left: the rank of each block, 1 the most, by its influence and by the change "
    "of error when it is deleted. Right: the change over the influence, with Spearman's rank correlation and its "
    "interval, as if the blocks were a sample. Blocks that change the shape have no influence and are left out."
)
KINDS = {"rank_change": "by damage", "rank_influence": "by influence"}
COLOURS = (GREY, OKABE_ITO[1])


def draw(frame: pl.DataFrame, style: Style) -> alt.TopLevelMixin:
    """The chart of the view's rows: two panels for each network."""
    rows = finite(frame, "influence", "change").sort("network", "seed", "block")
    networks, width = names(rows), panel_width(style, 2)
    lines = []
    for name in networks:
        part = rows.filter(network=name)
        panels = [_ranks(part, width), _scatter(part, style)]
        line = alt.hconcat(*(panel.properties(width=width, height=style.height) for panel in panels), spacing=30)
        lines.append(line.properties(title=name) if len(networks) > 1 else line)
    return finish(lines[0] if len(lines) == 1 else alt.vconcat(*lines, spacing=22), style)


def _ranks(rows: pl.DataFrame, width: int) -> Panel:
    """Both ranks of every block."""
    kinds = list(KINDS.values())
    ranks = rows.unpivot([*KINDS], index=["seed", "block"], variable_name="kind", value_name="rank")
    ranks = ranks.with_columns(pl.col("kind").replace(KINDS)).sort("kind", "seed", "block")
    ranks = ranks.with_columns(signs("kind", kinds))
    ranked = int(rows["ranked"].max())  # type: ignore[arg-type]
    axis = alt.Axis(format="d", values=list(range(1, ranked + 1, ceil(ranked / 10))))
    scale = alt.Scale(domain=[0.5 + ranked, 0.5], nice=False)
    y = alt.Y("rank:Q", title="rank of the block, 1 the most", axis=axis, scale=scale)
    base = alt.Chart(ranks).encode(
        x=blocks_axis(rows), y=y, color=colour("kind", kinds, colours=COLOURS), detail="seed:N"
    )
    curves = ranks.with_columns(curve=pl.format("{}, seed {}", "kind", "seed"))
    opacity = seed_opacity(rows)
    return alt.layer(
        base.mark_line(opacity=opacity).encode(strokeDash=dash("kind", kinds)),
        base.mark_point(filled=True, size=22, opacity=opacity).encode(shape=sign(kinds)),
        column(curves, width, "curve", {"rank": ".1~f"}),
    )


def _scatter(rows: pl.DataFrame, style: Style) -> Panel:
    """What the deletion costs, over the influence; and how well the ranks agree."""
    lowest, highest = rows.select(pl.min("change"), pl.max("change").alias("high")).row(0)
    room = max(0.002, 0.12 * (highest - lowest))
    y = alt.Y(
        "change:Q", title="change of error, block deleted (points)",
        axis=alt.Axis(labelExpr="format(100 * datum.value, '~r')", tickCount=6),
        scale=alt.Scale(domain=[lowest - 0.3 * room, highest + 2 * room], nice=False),
    )  # fmt: skip
    x = alt.X("influence:Q", title="influence of the block", scale=alt.Scale(zero=False), axis=alt.Axis(tickCount=6))
    slim = rows.select("seed", "block", "stage", "influence", "change", "rank_influence", "rank_change")
    dots = alt.Chart(slim).mark_point(filled=True, color=OKABE_ITO[0], opacity=seed_opacity(rows))
    dots = dots.encode(x=x, y=y, shape=seed_shape(rows), size=pointed_size(30), tooltip=_tooltip())
    return alt.layer(dots, *_said(rows, style))


def _tooltip() -> list[alt.Tooltip]:
    return [
        alt.Tooltip("block:Q"), alt.Tooltip("seed:Q"), alt.Tooltip("stage:Q"),
        alt.Tooltip("influence:Q", format=".4f"), alt.Tooltip("change:Q", format="+.2%"),
        alt.Tooltip("rank_influence:Q", title="rank by influence"),
        alt.Tooltip("rank_change:Q", title="rank by damage"),
    ]  # fmt: skip


def _said(rows: pl.DataFrame, style: Style) -> list[alt.Chart]:
    """The rank correlation of each seed, in the upper left corner."""
    found = rows.select("seed", "spearman", "spearman_low", "spearman_high").unique().sort("seed").to_dicts()
    texts = [_correlation(each) if len(found) == 1 else f"seed {each['seed']}: {_correlation(each)}" for each in found]
    drawn = []
    for line, text in enumerate(texts[:4]):
        words = alt.Chart(pl.DataFrame({"text": [text]})).mark_text(align="left", baseline="top", style="ink")
        place = alt.value(6 + line * (style.font_size + 4))
        drawn += written(words.encode(x=alt.value(6), y=place, text="text:N"))
    return drawn


def _correlation(row: dict[str, float | None]) -> str:
    """Spearman's rho and its interval."""
    rho, low, high = (row[name] for name in ("spearman", "spearman_low", "spearman_high"))
    if rho is None:
        return "ρ: nothing to rank"
    return f"ρ = {signed(rho)}" + ("" if low is None or high is None else f" [{signed(low)}, {signed(high)}]")


def method(config: Config) -> str:
    """Of whom, where, and what the interval takes for granted."""
    measured = section(config, "influence")
    return "" if measured is None else (
        f"One pass over the test images, in eval mode, on {listed(measured['networks'])}: the cosine is taken over "
        "channels, at every place of a map or token, and places at which input or output is zero are left out. The "
        "interval is that of Bonett and Wright (2000) and takes blocks for independent, which blocks in a row are not."
    )  # fmt: skip


def finding(rows: pl.DataFrame) -> str | None:
    """How well the ranks agree, and whether the block that costs most is found."""
    said = []
    for (network,), part in rows.sort("network", "seed").group_by("network", maintain_order=True):
        found = part["spearman"].drop_nulls().unique().sort()
        if len(found):
            low, high = float(found[0]), float(found[-1])
            rho = signed(low) if len(found) == 1 else f"{signed(low)} to {signed(high)}"
            most = part.sort("change", "seed", "block", descending=[True, False, False]).row(0, named=True)
            said.append(
                f"{rho} in {network}, whose costliest block ({most['block']}, {points(most['change'])}) has rank "
                f"{most['rank_influence']:.10g} of {most['ranked']} by influence"
            )
    return f"Influence and damage of a block have a rank correlation of {spoken(said)}." if said else None


def table(rows: pl.DataFrame) -> pl.DataFrame:
    """The blocks of most influence and those that cost most, network by network."""
    found = rows.sort("network", "seed", "rank_change", "block").select(
        "network", "seed", "block", pl.col("influence").round(4),
        in_percent("change").alias("change (points)"),
        pl.col("rank_change").alias("rank by damage"), pl.col("rank_influence").alias("rank by influence"),
    )  # fmt: skip
    each = max(1, 12 // max(1, found.select("network", "seed").n_unique()))
    return few(found.group_by("network", "seed", maintain_order=True).head(each))
