"""What does depth cost without skip connections, and with them? (beyond the paper; He et al. 2015, figures 1 and 6)"""

import altair as alt
import polars as pl

from resdag.figures.compared import both_errors, one_seed, with_interval
from resdag.figures.theme import (
    Panel,
    Style,
    ceiling,
    colour,
    dash,
    error_axis,
    finish,
    finite,
    names,
    panel_width,
    sign,
    signs,
)  # fmt: skip
from resdag.figures.words import Config, few, listed, percent, section

VIEW = "figure_depth"
ORDER = 110
PAPER = None
ESSENTIAL = ("compare_networks",)
STUDY_HAS = ("comparisons.depth",)
TITLE = "Depth with skip connections and without"
CAPTION = (
    "Error on the training images and on the test images after the last epoch, over the depth of the network, for "
    "networks that differ in depth and skip connections alone. Bars are intervals: t over seeds, or Wilson's over "
    "images for a single seed. If depth itself made networks good, plain ones would gain from it too."
)
SPLITS = {"train_error": "training error", "test_error": "test error"}


def draw(frame: pl.DataFrame, style: Style) -> alt.TopLevelMixin:
    """The chart of the view's rows: training error and test error side by side."""
    rows = finite(frame, "test_error").sort("architecture", "depth", "network")
    rows = rows.with_columns(signs("architecture", names(rows, "architecture")))
    top = ceiling(rows, *(f"{split}_high" for split in SPLITS))
    panels = [_panel(rows, split, title, top) for split, title in SPLITS.items()]
    width = panel_width(style, 2)
    return finish(alt.hconcat(*(panel.properties(width=width, height=style.height) for panel in panels)), style)


def _panel(rows: pl.DataFrame, split: str, title: str, top: float) -> Panel:
    architectures = names(rows, "architecture")
    depths = rows["depth"].unique().sort().to_list()
    axis = alt.Axis(values=depths, format="d", labelOverlap=True)
    scale = alt.Scale(domain=[0, 1.05 * depths[-1]], nice=False)
    base = alt.Chart(rows).encode(
        x=alt.X("depth:Q", title="depth (layers)", axis=axis, scale=scale), color=colour("architecture", architectures),
    )  # fmt: skip
    y = error_axis(split, (0, top), title)
    point = base.mark_point(filled=True, size=50, opacity=1).encode(y=y, tooltip=_tooltip(split))
    return alt.layer(
        base.mark_rule(strokeWidth=1.2, opacity=0.7).encode(y=alt.Y(f"{split}_low:Q"), y2=f"{split}_high:Q"),
        base.mark_line().encode(y=y, strokeDash=dash("architecture", architectures)),
        point.encode(shape=sign(architectures)),
    )


def _tooltip(split: str) -> list[alt.Tooltip]:
    return [
        alt.Tooltip("network:N"), alt.Tooltip("architecture:N"), alt.Tooltip("depth:Q"), alt.Tooltip("seeds:Q"),
        *(alt.Tooltip(f"{split}{end}:Q", format=".2%") for end in ("", "_low", "_high")),
    ]  # fmt: skip


def method(config: Config) -> str:
    """Which networks, and what else differs."""
    compared = section(config, "comparisons.depth")
    return "" if compared is None else (
        f"Networks: {listed(compared['networks'])}; one width and one recipe, but for a warm-up where one is named."
    )  # fmt: skip


def finding(rows: pl.DataFrame) -> str | None:
    """Test error of each architecture, at its shallowest and its deepest."""
    said = []
    for (kind,), part in rows.sort("architecture", "depth").group_by("architecture", maintain_order=True):
        first, last = part.row(0, named=True), part.row(-1, named=True)
        said.append(
            f"{kind} networks from {percent(first['test_error'])} at {first['depth']} layers to "
            f"{with_interval(last, 'test')} at {last['depth']}"
        )
    return f"Test error goes, in {listed(said)}{one_seed(rows)}."


def table(rows: pl.DataFrame) -> pl.DataFrame:
    """Both errors of each network."""
    ordered = rows.sort("architecture", "depth")
    return few(ordered.select("network", "architecture", "depth", "seeds", *both_errors()))
