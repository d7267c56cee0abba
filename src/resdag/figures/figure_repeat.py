"""Can a block run several times in a row? (beyond the paper)

A block that refines its input a little, as in an iterative method, should bear to run again; one that prepares what
only the next block reads should not.  Its deletion, the step not made, stands beside the step made too often.
"""

import altair as alt
import polars as pl

from resdag.figures.blocks import blocks_axis, column
from resdag.figures.theme import (
    Panel,
    Style,
    ceiling,
    colour,
    dash,
    error_axis,
    finish,
    finite,
    grid,
    names,
    panel_width,
    seed_opacity,
    seed_shape,
    sized,
)  # fmt: skip
from resdag.figures.words import LITTLE, Config, few, in_percent, listed, points, section, spoken

VIEW = "figure_repeat"
ORDER = 165
PAPER = None
ESSENTIAL = ("repeat_blocks",)
TITLE = "Running a block several times in a row"
CAPTION = (
    "Test error of each network when one block runs several times, one after another, where it was trained to run "
    "once; for comparison, when it does not run at all. Only blocks whose output has the form of their input can be "
    "repeated, so those that change shape have no points. Bands are Wilson intervals over test images, the dotted "
    "line the error of the intact network."
)


def draw(frame: pl.DataFrame, style: Style) -> alt.TopLevelMixin:
    """The chart of the view's rows: one panel for each network."""
    rows = finite(frame, "error").sort("network", "seed", "block", "times")
    used = rows.select("times", "kind").unique().sort("times")
    kinds = pl.concat([used.filter(pl.col("times") > 0), used.filter(times=0)])["kind"].to_list()
    networks, highest = names(rows), ceiling(rows, "error", "intact_error")
    columns = min(2, len(networks))
    width = panel_width(style, columns)
    panels = [
        sized(_panel(rows.filter(network=name), kinds, highest, width), style, columns, name) for name in networks
    ]
    return finish(grid(panels, columns), style)


def _panel(rows: pl.DataFrame, kinds: list[str], highest: float, width: int) -> Panel:
    x, y = blocks_axis(rows), error_axis("error", (0, highest))
    # A stage by itself: no line runs over a block that cannot be repeated.
    drawn = rows.select("seed", "block", "stage", "kind", "error", "low", "high")  # each costs in every row
    curves = rows.with_columns(curve=pl.format("{}, seed {}", "kind", "seed"))
    base = alt.Chart(drawn).encode(x=x, color=colour("kind", kinds), detail=["seed:N", "stage:N"])
    intact = rows.select("seed", "intact_error").unique().sort("seed")
    return alt.layer(
        alt.Chart(intact).mark_rule(strokeDash=[1, 3], strokeWidth=1.4, style="ink").encode(y="intact_error:Q"),
        base.mark_area(opacity=0.12).encode(y=alt.Y("low:Q"), y2="high:Q"),
        base.mark_line(opacity=seed_opacity(rows)).encode(y=y, strokeDash=dash("kind", kinds)),
        base.mark_point(filled=True, size=18, opacity=seed_opacity(rows)).encode(y=y, shape=seed_shape(rows)),
        column(curves, width, "curve", {"error": ".2%"}),
    )


def method(config: Config) -> str:
    """Which blocks, how often, and what a small change does not show."""
    repeat = section(config, "lesions.repeat")
    return "" if repeat is None else (
        f"Each block that keeps its shape is run {listed(repeat['times'])} times in a row, by itself, with the weights "
        f"and statistics that it has, on {listed(repeat['networks'])}. A small change shows that a further step does "
        "little harm, and not that it does any good: a block whose branch adds next to nothing bears both."
    )  # fmt: skip


def finding(rows: pl.DataFrame) -> str | None:
    """The median change of error, deleted and repeated."""
    said = []
    for (network,), part in rows.sort("network", "times").group_by("network", maintain_order=True):
        kinds = part.group_by("kind", maintain_order=True).agg(pl.median("change"))
        said.append(f"{network}, {listed([f'{points(change)} {kind}' for kind, change in kinds.rows()])}")
    return f"Median change of error by one block: {spoken(said)}."


def table(rows: pl.DataFrame) -> pl.DataFrame:
    """How many blocks hardly count, the middle, and the worst, by network and by what was done."""
    change = pl.col("change")
    found = rows.sort("times", "seed", "block").group_by("network", "times", "kind", maintain_order=True).agg(
        pl.len().alias("blocks, of all seeds"), (change.abs() < LITTLE).sum().alias("below one point"),
        in_percent(change.median()).alias("median change (points)"),
        in_percent(change.max()).alias("largest change (points)"),
        pl.col("block").get(change.arg_max()).alias("at block"),
    )  # fmt: skip
    return few(found.sort("network", "times").drop("times").rename({"kind": "what was done"}))
