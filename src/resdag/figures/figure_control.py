"""Is a deleted branch special?  Its skip deleted instead, and statistics re-estimated (beyond the paper)."""

import altair as alt
import polars as pl

from resdag.figures.blocks import blocks_axis, changing, column
from resdag.figures.theme import (
    Panel,
    Style,
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
from resdag.figures.words import Config, few, in_percent, listed, number, points, section, spoken

VIEW = "figure_control"
ORDER = 120
PAPER = None
ESSENTIAL = ("delete_skips", "delete_recalibrated")
TITLE = "Deleting a branch, deleting a skip, and re-estimating batch norm"
CAPTION = (
    "Test error of each network after the deletion of one block, three ways: its branch is deleted, as in the paper; "
    "its branch is deleted, and batch-norm statistics are re-estimated on training images afterwards; its skip is "
    "deleted and its branch stays. Branch or skip, half of all paths are gone. Bands are Wilson intervals "
    "over test images, dotted lines the error of the intact network, with batch norm re-estimated in its own colour; "
    "dashed verticals are the blocks that change shape."
)
KINDS = ("branch", "branch, batch norm re-estimated", "skip")


def draw(frame: pl.DataFrame, style: Style) -> alt.TopLevelMixin:
    """The chart of the view's rows: one panel for each network."""
    rows = finite(frame, "error").sort("network", "seed", "block", "kind")
    domain = names(rows)
    columns = min(2, len(domain))
    width = panel_width(style, columns)
    panels = [sized(_panel(rows.filter(network=name), width), style, columns, name) for name in domain]
    return finish(grid(panels, columns), style)


def _panel(rows: pl.DataFrame, width: int) -> Panel:
    x, y = blocks_axis(rows), error_axis("error", (0, 1))
    base = alt.Chart(rows.select("seed", "block", "kind", "error", "low", "high")).encode(
        x=x, color=colour("kind", KINDS), detail="seed:N"
    )
    band = base.mark_area(opacity=0.15).encode(y=alt.Y("low:Q"), y2="high:Q")
    line = base.mark_line(opacity=seed_opacity(rows)).encode(y=y, strokeDash=dash("kind", KINDS))
    points = base.mark_point(filled=True, size=18, opacity=seed_opacity(rows)).encode(y=y, shape=seed_shape(rows))
    curves = rows.with_columns(curve=pl.format("{} deleted, seed {}", "kind", "seed"))
    return alt.layer(
        changing(rows), _intact(rows), band, line, points, column(curves, width, "curve", {"error": ".2%"})
    )


def _intact(rows: pl.DataFrame) -> alt.Chart:
    """Dotted horizontals at the intact errors."""
    intact = rows.filter(pl.col("kind") != "skip").select("kind", "seed", "intact_error").unique().sort("kind", "seed")
    dotted = alt.Chart(intact).mark_rule(strokeDash=[1, 3], strokeWidth=1.4)
    return dotted.encode(y="intact_error:Q", color=colour("kind", KINDS))


def method(config: Config) -> str:
    """What was deleted, and how statistics were estimated again."""
    skip, again = section(config, "lesions.skip"), section(config, "lesions.recalibrated")
    parts = [
        f"Skips are deleted one by one, on {listed(skip['networks'])}." if skip else "",
        f"Statistics are re-estimated on the first {number(again['images'])} training images, on "
        f"{listed(again['networks'])}; what is deleted is not run." if again else "",
    ]  # fmt: skip
    return " ".join(part for part in parts if part)


WORDS = {
    "branch": "one branch deleted", "branch, batch norm re-estimated": "with batch norm re-estimated afterwards",
    "skip": "one skip deleted",
}  # fmt: skip


def finding(rows: pl.DataFrame) -> str | None:
    """Mean change of error of each network, by what was deleted."""
    said = []
    for (network,), part in rows.sort("network").group_by("network", maintain_order=True):
        means = dict(part.group_by("kind").agg(pl.mean("change")).rows())
        found = [f"{points(means[kind])} {word}" for kind, word in WORDS.items() if means.get(kind) is not None]
        said.append(f"{network}, {listed(found)}")
    return f"Mean change of error: {spoken(said)}." if said else None


def table(rows: pl.DataFrame) -> pl.DataFrame:
    """Change of error by network and by what was deleted, seeds together."""
    change = pl.col("change")
    found = rows.group_by("network", "kind").agg(
        pl.n_unique("seed").alias("seeds"), pl.n_unique("block").alias("blocks"),
        in_percent(change.mean()).alias("mean change (points)"),
        in_percent(change.median()).alias("median change (points)"),
        in_percent(change.max()).alias("largest change (points)"),
    )  # fmt: skip
    return few(found.sort("network", "kind").rename({"kind": "deleted"}))
