"""How far open are a highway network's gates, and what does a block matter there? (equation 3, beyond the paper)"""

import altair as alt
import polars as pl

from resdag.figures.blocks import blocks_axis, changing, column
from resdag.figures.theme import (
    Panel,
    Style,
    ceiling,
    colour,
    dash,
    error_axis,
    finish,
    finite,
    seed_opacity,
    seed_shape,
)  # fmt: skip
from resdag.figures.words import Config, few, in_percent, listed, section, spoken

VIEW = "figure_highway"
ORDER = 190
PAPER = None
ESSENTIAL = ("measure_gates",)
TITLE = "Gates of a highway network, and what its blocks matter"
CAPTION = (
    "Top: gate of each block of the trained highway network, mean over test images and units; bands hold the middle "
    "90 % of images, each by its own mean gate, the thin dotted line is the mean at the initialisation. At 0.5 as "
    "much of the input goes on as of the branch; a frozen gate stays there. Bottom: test error after the deletion "
    "of one block, gate shut, for the same network, for one whose gates were frozen at 0.5, and for the residual "
    "network of the same blocks; bands are Wilson intervals over test images, dotted lines the intact error. "
    "Dashed verticals are the blocks that change shape."
)

KINDS = ("learned gate", "gate frozen at 0.5", "identity skip")


def draw(frame: pl.DataFrame, style: Style) -> alt.TopLevelMixin:
    """The chart of the view's rows: gates above, errors below, on one axis of blocks."""
    rows = finite(frame).sort("network", "seed", "block").with_columns(of=pl.format("{}, seed {}", "network", "seed"))
    kinds = {"gate": _gates, "error": _errors}
    panels = [
        panel(rows, style.width).properties(width=style.width, height=round(0.7 * style.height))
        for measured, panel in kinds.items()
        if rows[measured].count()
    ]
    return finish(alt.vconcat(*panels, spacing=16) if len(panels) > 1 else panels[0], style)


def _gates(rows: pl.DataFrame, width: int) -> Panel:
    learned = rows.drop_nulls("gate")
    highest = max(0.6, ceiling(learned, "gate", "gate_high", "gate_at_start"))  # one half is always seen
    scale = alt.Scale(domain=[0, highest], nice=False)
    y = alt.Y("gate:Q", title="mean gate T", axis=alt.Axis(format="~g", tickCount=6), scale=scale)
    half = alt.Chart(pl.DataFrame({"half": [0.5]})).mark_rule(style="grey", strokeDash=[4, 4])
    base = _base(rows, learned)
    start = base.mark_line(strokeDash=[1, 3], strokeWidth=1.4).encode(y=alt.Y("gate_at_start:Q"))
    band = base.mark_area(opacity=0.18).encode(y=alt.Y("gate_low:Q"), y2="gate_high:Q")
    pointed = column(learned, width, "of", {"gate": ".3f", "gate_at_start": ".3f", "below_half": ".0%"})
    return alt.layer(
        changing(rows), half.encode(y=alt.Y("half:Q")), band, start, *_curve(base, y, rows), pointed
    )  # fmt: skip


def _errors(rows: pl.DataFrame, width: int) -> Panel:
    known = rows.drop_nulls("error")
    y = error_axis("error", (0, ceiling(known, "high", "error", "intact_error")), "test error, block deleted")
    base = _base(rows, known)
    band = base.mark_area(opacity=0.12).encode(y=alt.Y("low:Q"), y2="high:Q")
    intact = known.select("kind", "of", "intact_error").unique().sort("of")
    dotted = alt.Chart(intact).mark_rule(strokeDash=[1, 3], strokeWidth=1.4)
    reference = dotted.encode(y="intact_error:Q", color=colour("kind", KINDS))
    pointed = column(known, width, "of", {"error": ".2%", "change": "+.2%"})
    return alt.layer(changing(rows), band, reference, *_curve(base, y, rows), pointed)


def _base(rows: pl.DataFrame, drawn: pl.DataFrame) -> alt.Chart:
    """A chart of some of the rows, on the axis of blocks of all of them."""
    slim = drawn.drop("study", "stage", "changes_shape", "below_half", "intact_error", "change")
    return alt.Chart(slim).encode(x=blocks_axis(rows), color=colour("kind", KINDS), detail="of:N")


def _curve(base: alt.Chart, y: alt.Y, rows: pl.DataFrame) -> list[alt.Chart]:
    """A line with points, each kind with a dash of its own and each seed with a shape."""
    opacity = seed_opacity(rows)
    return [
        base.mark_line(opacity=opacity).encode(y=y, strokeDash=dash("kind", KINDS)),
        base.mark_point(filled=True, size=32, opacity=opacity).encode(y=y, shape=seed_shape(rows)),
    ]


def method(config: Config) -> str:
    """Whose gates, on what."""
    gates = section(config, "gates")
    return "" if gates is None else (
        f"Gates of {listed(gates['networks'])}, one for each unit of each block, on the test images, batch norm in "
        "eval mode, before training and after it. A deleted block has its gate shut: its input goes on whole. Where "
        "gates start was chosen, so only how far training moves them is a finding."
    )  # fmt: skip


def finding(rows: pl.DataFrame) -> str | None:
    """How far open gates are, and how far training moved them."""
    said = []
    for (network,), part in rows.drop_nulls("gate").sort("network").group_by("network", maintain_order=True):
        mean, start = part.select(pl.mean("gate"), pl.mean("gate_at_start")).row(0)
        below = part.filter(pl.col("gate") < 0.5).height
        moved = "" if start is None else f", where they were {start:.2f} before training"
        said.append(f"{mean:.2f} on average in {network}{moved}, and below one half in {below} of {part.height} blocks")
    return f"Gates are open by {spoken(said)}." if said else None


def table(rows: pl.DataFrame) -> pl.DataFrame:
    """Gates and deletions by network, seeds together."""
    found = rows.group_by("network", "kind").agg(
        pl.n_unique("seed").alias("seeds"), pl.mean("gate").round(3).alias("mean gate"),
        pl.mean("gate_at_start").round(3).alias("at the start"),
        in_percent(pl.mean("below_half"), 1).alias("single gates below 1/2 (%)"),
        in_percent(pl.mean("intact_error")).alias("intact error (%)"),
        in_percent(pl.mean("change")).alias("mean change by a deletion (points)"),
        pl.corr("gate", "change", method="spearman").fill_nan(None).round(2).alias("rank correlation with the gate"),
    )  # fmt: skip
    return few(found.sort("network"))
