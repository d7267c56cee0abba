"""How does the error grow as blocks are put into another order? (figure 5b of the paper)

The horizontal axis runs from the trained order, tau = 1, to the right into disorder, as in the paper.  Beyond
the paper, full shuffles within a shape and reversals go further than swaps do.
"""

import altair as alt
import polars as pl

from resdag.figures.theme import (
    GREY,
    INK,
    Panel,
    Style,
    ceiling,
    colour,
    error_axis,
    finish,
    finite,
    grid,
    names,
    shape,
    sized,
)  # fmt: skip
from resdag.figures.words import Config, few, in_percent, listed, middle, number, percent, section

VIEW = "figure_5b"
ORDER = 52
PAPER = "figure 5b"
ESSENTIAL = ("reorder_blocks",)
TITLE = "Putting blocks into another order"
CAPTION = (
    "Test error of a network whose blocks run in another order, over Kendall's rank correlation tau between that "
    "order and the trained one; each point is one order, the line the median and the band the middle half of the "
    "orders with nearly the same tau, the dotted line the intact error. The paper finds that error rises smoothly "
    "as tau falls."
)

KINDS = {
    "identity": "trained order", "swaps": "random swaps", "shuffle": "shuffled within a shape", "reversal": "reversed",
}  # fmt: skip
COLOURS = {"identity": INK, "swaps": "#0072B2", "shuffle": "#D55E00", "reversal": "#009E73"}
SMALLEST_BIN = 8
"""Bins with fewer orders have no line: their quartiles mean nothing."""
MARKS = {"identity": "cross", "swaps": "circle", "shuffle": "square", "reversal": "diamond"}


def draw(frame: pl.DataFrame, style: Style) -> alt.TopLevelMixin:
    """The chart of the view's rows: one panel for each network."""
    rows = finite(frame, "error", "kendall_tau").sort("network", "seed", "kendall_tau", "reordering")
    single = pl.col("experiment").is_in(["identity", "reversal"])
    rows = rows.with_columns(kind=pl.col("experiment").replace(KINDS), area=pl.when(single).then(90).otherwise(26))
    used = [kind for kind in KINDS if kind in set(rows["experiment"])]
    networks = names(rows)
    columns = min(2, len(networks))
    domains = (float(rows["kendall_tau"].min()), ceiling(rows, "error", "intact_error"))  # type: ignore[arg-type]
    panels = [
        sized(_panel(rows.filter(network=network), used, *domains), style, columns, network) for network in networks
    ]
    return finish(grid(panels, columns), style)


def _panel(rows: pl.DataFrame, used: list[str], lowest: float, highest: float) -> Panel:
    scale = alt.Scale(domain=[1.01, min(0.95, lowest - 0.02)], nice=False)
    x = alt.X("kendall_tau:Q", title="Kendall's tau with the trained order", scale=scale, axis=alt.Axis(format=".2~f"))
    y = error_axis("error", (0, highest))
    kinds = [KINDS[kind] for kind in used]
    points = alt.Chart(rows).mark_point(filled=True, opacity=0.55)
    points = points.encode(
        x=x, y=y, tooltip=_tooltip(), color=colour("kind", kinds, "", colours=[COLOURS[kind] for kind in used]),
        shape=shape("kind", kinds, shapes=[MARKS[kind] for kind in used]), size=alt.Size("area:Q", scale=None),
    )  # fmt: skip
    return alt.layer(_intact(rows), _band(rows), points, _medians(rows))


def _bins(rows: pl.DataFrame) -> alt.Chart:
    columns = ("seed", "tau_bin", "bin_median", "bin_q25", "bin_q75", "bin_size")
    bins = rows.filter(pl.col("bin_size") >= SMALLEST_BIN).select(columns).unique().drop_nulls()
    bins = bins.with_columns(pl.col("tau_bin").clip(upper_bound=1)).sort("seed", "tau_bin")
    return alt.Chart(bins).encode(x="tau_bin:Q", detail="seed:N")


def _band(rows: pl.DataFrame) -> alt.Chart:
    return _bins(rows).mark_area(color=GREY, opacity=0.22).encode(y="bin_q25:Q", y2="bin_q75:Q")


def _medians(rows: pl.DataFrame) -> alt.Chart:
    return _bins(rows).mark_line(color=INK, strokeWidth=2).encode(y="bin_median:Q")


def _intact(rows: pl.DataFrame) -> alt.Chart:
    intact = rows.select("seed", "intact_error").unique().sort("seed").drop_nulls()
    return alt.Chart(intact).mark_rule(strokeDash=[1, 3], strokeWidth=1.4, color=INK).encode(y="intact_error:Q")


def _tooltip() -> list[alt.Tooltip]:
    return [
        alt.Tooltip("network:N"), alt.Tooltip("seed:Q"), alt.Tooltip("reordering:N"), alt.Tooltip("swaps:Q"),
        alt.Tooltip("kendall_tau:Q", title="Kendall's tau", format=".3f"), alt.Tooltip("error:Q", format=".2%"),
        alt.Tooltip("intact_error:Q", title="intact error", format=".2%"),
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
    return f"Median errors of blocks out of order: {'; '.join(map(_disordered, parts))}."


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
