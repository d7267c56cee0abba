"""Does training with stochastic depth make a network more robust to deletion? (figure 8 of the paper)"""

import altair as alt
import polars as pl

from resdag.figures.deleted_blocks import costs_of_one, how_deleted
from resdag.figures.theme import (
    PALE,
    Panel,
    Style,
    ceiling,
    colour,
    dash,
    error_axis,
    finish,
    finite,
    grid,
    index_axis,
    seed_opacity,
    shape,
    sized,
)  # fmt: skip
from resdag.figures.words import Config, listed, points

VIEW = "figure_8"
ORDER = 80
PAPER = "figure 8"
ESSENTIAL = ("delete_single",)
STUDY_HAS = ("networks.*.training.stochastic_depth",)
TITLE = "Deleting one block after training with stochastic depth"
CAPTION = (
    "Test error after the deletion of one block, for a network trained with stochastic depth and for networks of "
    "the same architecture and depth trained with all blocks always; bands are Wilson intervals over test "
    "images, dotted lines the intact error, dashed verticals the blocks that change shape. The paper finds the "
    "network trained with stochastic depth slightly more resilient, chiefly at the blocks that change shape."
)

TRAINED = ("all blocks always", "stochastic depth")
KINDS = ("block keeps its shape", "block changes shape")


def draw(frame: pl.DataFrame, style: Style) -> alt.TopLevelMixin:
    """The chart of the view's rows: one panel for each number of blocks."""
    kind = pl.when("changes_shape").then(pl.lit(KINDS[1])).otherwise(pl.lit(KINDS[0]))
    rows = finite(frame, "error").sort("network", "seed", "block").with_columns(
        kind=kind,
        area=pl.when("changes_shape").then(90).otherwise(16),
        blocks=pl.col("block").max().over("network") + 1
    )  # fmt: skip
    sizes = rows["blocks"].unique().sort().to_list()
    columns = min(2, len(sizes))
    highest = ceiling(rows, "high", "error", "intact_error")
    panels = [sized(_panel(rows.filter(blocks=size), highest), style, columns, f"{size} blocks") for size in sizes]
    return finish(grid(panels, columns), style)


def _panel(rows: pl.DataFrame, highest: float) -> Panel:
    last = int(rows["block"].max())  # type: ignore[arg-type]
    x = index_axis("block", (-0.5, last + 0.5), "index of the deleted block")
    y = error_axis("error", (0, highest))
    base = alt.Chart(rows).encode(x=x, color=colour("trained", TRAINED), detail=["network:N", "seed:N"])
    band = base.mark_area(opacity=0.15).encode(y=alt.Y("low:Q"), y2="high:Q")
    line = base.mark_line(opacity=seed_opacity(rows)).encode(y=y, strokeDash=dash("trained", TRAINED))
    size = alt.Size("area:Q", scale=None)
    points = base.mark_point(filled=True, opacity=min(1.0, 1.3 * seed_opacity(rows))).encode(
        y=y, shape=shape("kind", KINDS, shapes=("circle", "diamond")), size=size, tooltip=_tooltip()
    )
    return alt.layer(*_references(rows), band, line, points)


def _references(rows: pl.DataFrame) -> list[alt.Chart]:
    """Dashed verticals at the blocks that change shape, dotted horizontals at the intact errors."""
    changes = rows.filter("changes_shape").select("block").unique().sort("block")
    intact = rows.select("trained", "network", "seed", "intact_error").unique().drop_nulls().sort("network", "seed")
    return [
        alt.Chart(changes).mark_rule(color=PALE, strokeDash=[3, 3]).encode(x="block:Q"),
        alt.Chart(intact)
        .mark_rule(strokeDash=[1, 3], strokeWidth=1.4)
        .encode(y="intact_error:Q", color=colour("trained", TRAINED)),
    ]


def _tooltip() -> list[alt.Tooltip]:
    return [
        alt.Tooltip("network:N"), alt.Tooltip("trained:N"), alt.Tooltip("seed:Q"),
        alt.Tooltip("block:Q", title="deleted block"), alt.Tooltip("stage:Q"), alt.Tooltip("kind:N", title="block"),
        alt.Tooltip("error:Q", format=".2%"), alt.Tooltip("low:Q", format=".2%"), alt.Tooltip("high:Q", format=".2%"),
        alt.Tooltip("change:Q", format="+.2%"),
    ]  # fmt: skip


def method(config: Config) -> str:
    """How this study deleted blocks."""
    return how_deleted(config)


def finding(rows: pl.DataFrame) -> str | None:
    """What one block costs on average, after either training."""
    said = []
    for (trained,), part in rows.sort("trained").group_by("trained", maintain_order=True):
        mean, most = part.select(pl.mean("change"), pl.max("change").alias("most")).row(0)
        said.append(f"{points(mean)} (at most {points(most)}) after training with {trained}")
    return f"Deleting one block changes the error on average by {listed(said)}."


def table(rows: pl.DataFrame) -> pl.DataFrame:
    """What one block costs, network by network."""
    trained = rows.select("network", "trained").unique()
    return costs_of_one(rows).join(trained, on="network", maintain_order="left")
