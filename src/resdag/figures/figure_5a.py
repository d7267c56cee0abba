"""How does the error grow with the number of deleted blocks? (figure 5a of the paper)

A box for each k, as in the paper, over the draws of all seeds.  Where a few blocks count for much more than the others,
the draws fall into two modes, those that hit one of them and those that do not: the former are marked.
"""

import altair as alt
import polars as pl

from resdag.figures.theme import (
    OKABE_ITO,
    Panel,
    Style,
    ceiling,
    colour,
    error_axis,
    finish,
    finite,
    grid,
    index_axis,
    names,
    panel_width,
    seed_dash,
    sized,
)
from resdag.figures.words import Config, few, in_percent, listed, number, percent, section, spoken
from resdag.paper import RANDOM_COUNT

VIEW = "figure_5a"
ORDER = 51
PAPER = "figure 5a"
ESSENTIAL = ("delete_random",)
TITLE = "Deleting many blocks at random"
CAPTION = (
    "Test error over the number of blocks deleted at random. Boxes hold the middle half of the draws of all seeds, "
    "whiskers the middle 90 %, bars are medians; lines join the medians of each seed, the dotted line is the intact "
    "error. Circles are draws that hit a severe block, one whose deletion alone costs five points or more: they are a "
    "mode of their own. The paper finds that error grows smoothly with the number of deleted blocks, as it does in an "
    "ensemble that loses members."
)

HIT = "draws that hit a severe block"
BLUE, VERMILLION = OKABE_ITO[:2]
QUANTILES = {
    "q05": (0.05, "5 % quantile"), "q25": (0.25, "lower quartile"), "median": (0.5, "median"),
    "q75": (0.75, "upper quartile"), "q95": (0.95, "95 % quantile"),
}  # fmt: skip


def draw(frame: pl.DataFrame, style: Style) -> alt.TopLevelMixin:
    """The chart of the view's rows: one panel for each network."""
    rows = finite(frame, "error").sort("network", "seed", "count", "draw")
    networks = names(rows)
    columns = min(2, len(networks))
    domain, last = (0.0, ceiling(rows, "error")), int(rows.select(pl.max("count")).item())
    width = panel_width(style, columns) / (last + 1)
    panels = [
        sized(_panel(rows.filter(network=network), domain, last, width), style, columns, network)
        for network in networks
    ]
    return finish(grid(panels, columns), style)


def _panel(rows: pl.DataFrame, domain: tuple[float, float], last: int, spacing: float) -> Panel:
    """`spacing`: pixels from one number of blocks to the next."""
    x, wide = index_axis("count", (-0.5, last + 0.5), "blocks deleted"), 0.6 * spacing
    base = alt.Chart(_boxes(rows)).encode(x=x, tooltip=_tooltip())
    intact = rows.select("seed", "intact_error").unique().sort("seed").drop_nulls()
    medians = alt.Chart(rows.select("seed", "count", "median").unique().sort("seed", "count"))
    layers = [
        base.mark_rule(color=BLUE, strokeWidth=1.2).encode(y=alt.Y("q05:Q"), y2="q95:Q"),
        base.mark_rule(color=BLUE, strokeWidth=wide, opacity=0.4).encode(y=alt.Y("q25:Q"), y2="q75:Q"),
        alt.Chart(intact).mark_rule(style="ink", strokeDash=[1, 3], strokeWidth=1.4).encode(y="intact_error:Q"),
        medians.mark_line(color=BLUE, strokeWidth=1.2).encode(
            x=x, y=error_axis("median", domain), strokeDash=seed_dash(rows), detail="seed:N"
        ),
        base.mark_tick(color=BLUE, thickness=2, size=wide, orient="horizontal", opacity=1).encode(y=alt.Y("median:Q")),
    ]
    return alt.layer(*layers, *_hits(rows, x))


def _boxes(rows: pl.DataFrame) -> pl.DataFrame:
    """The quantiles at each number of blocks, over the draws of all seeds."""
    quantiles = (pl.col("error").quantile(at, "linear").alias(name) for name, (at, _) in QUANTILES.items())
    return finite(rows.group_by("count").agg(pl.len().alias("draws"), *quantiles)).sort("count")


def _hits(rows: pl.DataFrame, x: alt.X) -> list[alt.Chart]:
    """Draws that hit a severe block, side by side where there are several."""
    hits = rows.drop_nulls("severe_block").select(
        "network", "seed", "count", "draw", "error", "severe_block", "severe_change", kind=pl.lit(HIT),
        beside=pl.col("count") + 0.06 * (pl.col("draw") % 9 - 4),
    )  # fmt: skip
    if hits.is_empty():
        return []
    points = alt.Chart(hits).mark_point(size=14, strokeWidth=1, opacity=0.8)
    tooltip = [
        alt.Tooltip("seed:Q"), alt.Tooltip("draw:Q"), alt.Tooltip("error:Q", format=".2%"),
        alt.Tooltip("severe_block:Q", title="block hit"),
        alt.Tooltip("severe_change:Q", title="its deletion alone", format="+.2%"),
    ]  # fmt: skip
    hue = colour("kind", [HIT], "circle", colours=[VERMILLION])
    return [points.encode(x=alt.X("beside:Q"), y="error:Q", color=hue, tooltip=tooltip)]


def _tooltip() -> list[alt.Tooltip]:
    quantiles = (alt.Tooltip(f"{name}:Q", title=word, format=".2%") for name, (_, word) in QUANTILES.items())
    return [alt.Tooltip("count:Q", title="blocks deleted"), alt.Tooltip("draws:Q"), *quantiles]


def method(config: Config) -> str:
    """How this study drew blocks."""
    random = section(config, "lesions.random")
    return "" if random is None else (
        f"{number(random['draws'])} random choices for each number of blocks, the same for all networks of equal "
        f"size; numbers of blocks: {listed(random['counts'])}."
    )  # fmt: skip


def finding(rows: pl.DataFrame) -> str | None:
    """The median error at the number of blocks that the paper speaks of, and at the largest."""
    parts = rows.filter(pl.col("count") > 0).sort("network").partition_by("network", maintain_order=True)
    return f"Deleted at random, {spoken(map(_grown, parts))}." if parts else None


def _grown(rows: pl.DataFrame) -> str:
    counts = rows["count"].unique().sort().to_list()
    chosen = sorted({min(counts, key=lambda count: abs(count - RANDOM_COUNT)), counts[-1]})
    medians = dict(rows.group_by("count").agg(pl.median("error")).rows())
    said = [f"{count} blocks leave {percent(medians[count], 1)}" for count in chosen]
    intact = float(rows.select(pl.mean("intact_error")).item())
    return f"{listed(said)} median error of {rows['network'][0]} (intact {percent(intact, 1)})"


def table(rows: pl.DataFrame) -> pl.DataFrame:
    """Quantiles at some numbers of blocks, seeds together, and how many draws hit a severe block."""
    counts = rows["count"].unique().sort().to_list()
    step = max(1, -(-len(counts) * rows["network"].n_unique() // 12))
    found = rows.filter(pl.col("count").is_in(counts[::-1][::step])).group_by("network", "count").agg(
        pl.len().alias("draws"), pl.col("severe_block").count().alias("hit a severe block"),
        *(in_percent(pl.col("error").quantile(at, "linear")).alias(f"{word} (%)") for at, word in QUANTILES.values()),
    )  # fmt: skip
    return few(found.sort("network", "count").rename({"count": "blocks deleted"}))
