"""How does the error grow as blocks are put into another order? (figure 5b of the paper)

The horizontal axis runs from the trained order, tau = 1, to the right into disorder, as in the paper, over random
swaps.  Beyond the paper, full shuffles within a shape and reversals go further: they stand in the margin.
"""

import altair as alt
import polars as pl

from resdag.figures.theme import (
    OKABE_ITO,
    Panel,
    Style,
    ceiling,
    error_axis,
    finish,
    finite,
    names,
    seed_dash,
    seed_shape,
)
from resdag.figures.words import Config, few, in_percent, listed, middle, number, percent, section, spoken

VIEW = "figure_5b"
ORDER = 52
PAPER = "figure 5b"
ESSENTIAL = ("reorder_blocks",)
TITLE = "Putting blocks into another order"
CAPTION = (
    "Test error of a network whose blocks run in another order, over Kendall's rank correlation tau between that order "
    "and the trained one. Each point is one order after random swaps of equal blocks; boxes hold the middle half of "
    "the orders with nearly the same tau, lines join their medians, the dotted line is the intact error. In the "
    "margin, orders that go further: all blocks of a shape shuffled, and all in reverse. The paper, whose figure ends "
    "at tau .84, finds that error rises smoothly as tau falls."
)

PAPER_END = 0.84
"""Where the paper's axis of tau ends, read off its figure."""
SMALLEST_BIN = 5
"""Bins with fewer orders have no box: their quartiles mean nothing."""
MARGIN = {"shuffle": "shuffled", "reversal": "reversed"}
SHARE = 0.78  # of the width, for the swaps
BLUE, VERMILLION = OKABE_ITO[:2]


def draw(frame: pl.DataFrame, style: Style) -> alt.TopLevelMixin:
    """The chart of the view's rows: for each network the swaps, and in the margin what goes further."""
    rows = finite(frame, "error", "kendall_tau").sort("network", "seed", "kendall_tau", "reordering")
    networks = names(rows)
    lines = []
    for name in networks:
        part = rows.filter(network=name)
        line = alt.hconcat(*_panels(part, ceiling(rows, "error", "intact_error"), style), spacing=6)
        lines.append(line.properties(title=name) if len(networks) > 1 else line)
    return finish(lines[0] if len(lines) == 1 else alt.vconcat(*lines, spacing=22), style)


def _panels(rows: pl.DataFrame, highest: float, style: Style) -> list[Panel]:
    further = rows.filter(pl.col("experiment").is_in(list(MARGIN)))
    swapped = rows.filter(~pl.col("experiment").is_in(list(MARGIN)))
    width = round(SHARE * style.width) if swapped.height and further.height else style.width
    panels = []
    if swapped.height:
        panels.append(_swaps(swapped, highest, width).properties(width=width, height=style.height))
    if further.height:
        left = style.width - width if swapped.height else style.width // 3
        title = None if swapped.height else "test error"
        panels.append(_margin(further, highest, title).properties(width=left, height=style.height))
    return panels


def _swaps(rows: pl.DataFrame, highest: float, width: int) -> Panel:
    lowest = min(PAPER_END, float(rows.select(pl.min("kendall_tau")).item())) - 0.015
    scale = alt.Scale(domain=[1.012, lowest], nice=False, zero=False)
    axis = alt.Axis(format=".2f", tickCount=7)
    x = alt.X("kendall_tau:Q", title="Kendall's tau with the trained order", scale=scale, axis=axis)
    points = alt.Chart(_slim(rows)).mark_point(size=18, opacity=0.45, color=BLUE).encode(
        x=x, y=error_axis("error", (0, highest)), shape=seed_shape(rows), tooltip=_tooltip()
    )  # fmt: skip
    return alt.layer(*_paper_end(lowest), _intact(rows), points, *_boxes(rows, width * 0.02 / (1.012 - lowest)))


def _slim(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.select("seed", "reordering", "swaps", "kendall_tau", "error", "experiment")


def _paper_end(lowest: float) -> list[alt.Chart]:
    """Where the paper's axis ends, where ours goes on."""
    if lowest > PAPER_END - 0.03:
        return []
    end = alt.Chart(pl.DataFrame({"tau": [PAPER_END], "text": ["the paper's axis ends"]}))
    words = end.mark_text(style="grey", align="right", baseline="top", dx=-4, fontSize=10)
    return [
        end.mark_rule(style="pale", strokeDash=[3, 3]).encode(x=alt.X("tau:Q")),
        words.encode(x=alt.X("tau:Q"), y=alt.value(2), text="text:N"),
    ]


def _boxes(rows: pl.DataFrame, bin_width: float) -> list[alt.Chart]:
    """The middle half and the median of each bin, side by side for the seeds."""
    columns = ("seed", "tau_bin", "bin_median", "bin_q25", "bin_q75", "bin_size")
    bins = rows.filter(pl.col("bin_size") >= SMALLEST_BIN).select(columns).unique().drop_nulls().sort("seed", "tau_bin")
    base = alt.Chart(bins).encode(x=alt.X("tau_bin:Q"), detail="seed:N")
    wide = max(3.0, 0.55 * bin_width)
    quartiles = base.mark_rule(color=BLUE, strokeWidth=wide, opacity=0.35)
    tick = base.mark_tick(style="ink", thickness=2, size=wide, orient="horizontal", opacity=1)
    return [
        quartiles.encode(y=alt.Y("bin_q25:Q"), y2="bin_q75:Q"),
        base.mark_line(style="ink", strokeWidth=1.4).encode(y=alt.Y("bin_median:Q"), strokeDash=seed_dash(rows)),
        tick.encode(y=alt.Y("bin_median:Q")),
    ]


def _margin(rows: pl.DataFrame, highest: float, title: str | None) -> Panel:
    """Shuffles and reversals, each at a place of its own, with the tau that they have."""
    kinds = rows.group_by("experiment").agg(pl.median("kendall_tau").alias("tau"))
    words = {kind: f"{MARGIN[kind]}, τ = {tau:.2f}" for kind, tau in kinds.rows()}
    order = [words[kind] for kind in MARGIN if kind in words]
    placed = _slim(rows).with_columns(pl.col("experiment").replace_strict(words).alias("order"))
    x = alt.X("order:N", title=None, sort=order, axis=alt.Axis(labelAngle=-35, grid=False, labelOverlap=False))
    y = error_axis("error", (0, highest), title)
    y = y if title else y.axis(labels=False, ticks=False, domain=False, tickCount=6)
    points = alt.Chart(placed).mark_point(size=22, opacity=0.5, color=VERMILLION)
    medians = placed.group_by("order").agg(pl.median("error"), pl.len()).filter(pl.col("len") > 1).sort("order")
    tick = alt.Chart(medians).mark_tick(style="ink", thickness=2, size=26, orient="horizontal", opacity=1)
    return alt.layer(
        _intact(rows), points.encode(x=x, y=y, shape=seed_shape(rows), tooltip=_tooltip()), tick.encode(x=x, y=y)
    )


def _intact(rows: pl.DataFrame) -> alt.Chart:
    intact = rows.select("seed", "intact_error").unique().sort("seed").drop_nulls()
    return alt.Chart(intact).mark_rule(strokeDash=[1, 3], strokeWidth=1.4, style="ink").encode(y="intact_error:Q")


def _tooltip() -> list[alt.Tooltip]:
    return [
        alt.Tooltip("seed:Q"), alt.Tooltip("reordering:N"), alt.Tooltip("swaps:Q"),
        alt.Tooltip("kendall_tau:Q", title="Kendall's tau", format=".3f"), alt.Tooltip("error:Q", format=".2%"),
    ]  # fmt: skip


def method(config: Config) -> str:
    """How this study drew orders."""
    reorder = section(config, "lesions.reorder")
    return "" if reorder is None else (
        f"{number(reorder['draws'])} random orders for each number of swaps; only blocks of equal shape change "
        f"places; swaps: {listed(reorder['swaps'])}."
    )  # fmt: skip


def finding(rows: pl.DataFrame) -> str | None:
    """The median error of orders nearest to the trained one, of full shuffles and of the reversal."""
    parts = rows.sort("network").partition_by("network", maintain_order=True)
    return f"Median errors of blocks out of order: {spoken(map(_disordered, parts))}."


def _disordered(rows: pl.DataFrame) -> str:
    said = []
    for kind, part in ((name, rows.filter(experiment=name)) for name in ("swaps", "shuffle", "reversal")):
        if part.height:
            tau = middle(part, "kendall_tau")
            said.append(f"{percent(middle(part, 'error'), 1)} {WORDS[kind]} (τ = {tau:.2f})")
    return f"{rows['network'][0]}, {percent(rows['intact_error'].mean(), 1)} intact, {listed(said)}"  # type: ignore[arg-type]


WORDS = {"swaps": "after random swaps", "shuffle": "shuffled within each shape", "reversal": "reversed in each"}


def table(rows: pl.DataFrame) -> pl.DataFrame:
    """Quartiles of the error by what was done to the order."""
    kinds = rows.group_by("network", "experiment", "swaps").agg(
        orders=pl.len(), tau=pl.median("kendall_tau").round(3), median=in_percent(pl.median("error")),
        q25=in_percent(pl.col("error").quantile(0.25, "linear")),
        q75=in_percent(pl.col("error").quantile(0.75, "linear")),
    )  # fmt: skip
    names = {"experiment": "order", "tau": "median Kendall's tau", "q25": "lower quartile of the error (%)",
             "median": "median error (%)", "q75": "upper quartile of the error (%)"}  # fmt: skip
    return few(kinds.sort("network", "tau", descending=[False, True]).rename(names))
