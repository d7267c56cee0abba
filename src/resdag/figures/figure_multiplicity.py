"""Does the number of paths matter, at equal depth, width and parameters? (beyond the paper: its last word, tested)

Four panels, each network in its colour: error over the number of paths; the damage of consecutive layers deleted, so
that a block of six convolutions stands beside three blocks of two; layers deleted at random; and where along the
path lengths, in layers, the gradient lies when all paths of a length are added as vectors.
"""

import altair as alt
import polars as pl

from resdag.figures.theme import (
    Panel,
    Style,
    ceiling,
    colour,
    dash,
    error_axis,
    finish,
    finite,
    panel_width,
    sign,
    signs,
)  # fmt: skip

VIEW = "figure_multiplicity"
TITLE = "Fewer paths at equal depth"
CAPTION = (
    "Networks of equal depth, width and parameters whose blocks hold more convolutions, so that they have fewer "
    "paths. Error: bars are 95 % intervals, t over seeds, or Wilson's over images for one seed. Layers deleted in a "
    "row: filled, the mean change of test error over all places, with the middle half of them; hollow, the median. "
    "Layers deleted at random, as a share of the layers in blocks: median test error over draws, and the middle half. "
    "Gradient: the norm of the sum over all paths of a length, as a share of its sum over lengths, per layer of "
    "length; bars above it are mean length ± 2 standard deviations."
)


def draw(frame: pl.DataFrame, style: Style) -> alt.TopLevelMixin:
    """The chart of the view's rows: up to four panels, those that were measured."""
    rows = finite(frame, "mean").sort("log2_paths", "network", "panel", "x", descending=[True, False, False, False])
    domain = rows["network"].unique(maintain_order=True).to_list()
    rows = rows.with_columns(signs("network", domain))
    kinds = {"error": _error, "consecutive": _consecutive, "random": _random, "spectrum": _spectrum}
    panels = []
    for kind, chart in kinds.items():
        part = rows.filter(panel=kind)
        if part.height:
            windows = rows.filter(panel="window") if kind == "spectrum" else part.clear()
            panels.append(chart(part, windows, domain))
    width, height = panel_width(style, 2), round(0.75 * style.height)
    sized = [panel.properties(width=width, height=height) for panel in panels]
    return finish(alt.concat(*sized, columns=2, spacing=24), style)


def _x(field: str, title: str, top: float, axis: alt.Axis) -> alt.X:
    return alt.X(f"{field}:Q", title=title, scale=alt.Scale(domain=[0, top], nice=False), axis=axis)


def _most(rows: pl.DataFrame, *columns: str) -> float:
    return max(value for value in rows.select(pl.max(*columns)).row(0) if value is not None)


def _marks(rows: pl.DataFrame, domain: list[str], x: alt.X, y: alt.Y) -> list[alt.Chart]:
    """A line and points of each network."""
    base = alt.Chart(rows).encode(x=x, y=y, color=colour("network", domain))
    return [
        base.mark_line().encode(strokeDash=dash("network", domain)),
        base.mark_point(filled=True, size=40, opacity=1).encode(shape=sign(domain), tooltip=_tooltip()),
    ]


def _bars(rows: pl.DataFrame, domain: list[str], x: alt.X) -> alt.Chart:
    """The vertical bar from low to high of each row."""
    bar = alt.Chart(rows.drop_nulls("low")).mark_rule(strokeWidth=1.2, opacity=0.6)
    return bar.encode(x=x, y=alt.Y("low:Q"), y2="high:Q", color=colour("network", domain))


def _error(rows: pl.DataFrame, _: pl.DataFrame, domain: list[str]) -> Panel:
    values = rows["x"].unique().sort().to_list()
    x = _x("x", "paths (log2)", 1.08 * values[-1], alt.Axis(values=values, format="d", labelOverlap=True))
    y = error_axis("mean", (0, ceiling(rows, "high")))
    return alt.layer(_bars(rows, domain, x), _marks(rows, domain, x, y)[1])


def _consecutive(rows: pl.DataFrame, _: pl.DataFrame, domain: list[str]) -> Panel:
    x = _x("x", "layers deleted in a row", 1.05 * _most(rows, "x"), alt.Axis(format="d", tickMinStep=1))
    low = min(0.0, float(rows["low"].min() or 0.0), float(rows["mean"].min() or 0.0))  # type: ignore[arg-type]
    axis = alt.Axis(labelExpr="(datum.value > 0 ? '+' : '') + format(100 * datum.value, '~r')", tickCount=6)
    scale = alt.Scale(domain=[1.05 * low, ceiling(rows, "mean", "high")], nice=False)
    y = alt.Y("mean:Q", title="change of error (points)", axis=axis, scale=scale)
    base = alt.Chart(rows).encode(x=x, color=colour("network", domain), shape=sign(domain))
    median = base.mark_point(filled=False, size=40, strokeWidth=1.2).encode(y=alt.Y("median:Q"), tooltip=_tooltip())
    return alt.layer(_bars(rows, domain, x), median, *_marks(rows, domain, x, y))


def _random(rows: pl.DataFrame, _: pl.DataFrame, domain: list[str]) -> Panel:
    x = _x(
        "share",
        "share of layers deleted at random",
        min(1.0, 1.05 * _most(rows, "share")),
        alt.Axis(format=".0%", tickCount=5),
    )
    band = alt.Chart(rows).mark_area(opacity=0.14)
    area = band.encode(x=x, y=alt.Y("low:Q"), y2="high:Q", color=colour("network", domain))
    y = error_axis("median", (0, ceiling(rows, "high", "median")))
    return alt.layer(area, *_marks(rows, domain, x, y))


def _spectrum(rows: pl.DataFrame, windows: pl.DataFrame, domain: list[str]) -> Panel:
    top = 1.3 * _most(rows, "mean")
    x = _x("x", "path length (layers)", 1.02 * max(_most(rows, "x"), _most(windows, "high")), alt.Axis(format="d"))
    scale = alt.Scale(domain=[0, top], nice=False)
    y = alt.Y("mean:Q", title="gradient per layer of length", axis=alt.Axis(format="~%", tickCount=6), scale=scale)
    levels = {name: top * (0.97 - 0.06 * place) for place, name in enumerate(domain)}
    placed = windows.with_columns(level=pl.col("network").replace_strict(levels, return_dtype=pl.Float64))
    base = alt.Chart(placed).encode(y=alt.Y("level:Q"), color=colour("network", domain))
    return alt.layer(
        base.mark_rule(strokeWidth=1.6).encode(x=alt.X("low:Q"), x2="high:Q"),
        base.mark_point(filled=True, size=40, opacity=1).encode(x=alt.X("x:Q"), shape=sign(domain)),
        *_marks(rows, domain, x, y),
    )


def _tooltip() -> list[alt.Tooltip]:
    return [
        alt.Tooltip("network:N"), alt.Tooltip("log2_paths:Q", title="paths (log2)"), alt.Tooltip("blocks:Q"),
        alt.Tooltip("convolutions:Q", title="convolutions in a block"), alt.Tooltip("x:Q", format="~r"),
        *(alt.Tooltip(f"{name}:Q", format=".3~%") for name in ("mean", "median", "low", "high")),
        alt.Tooltip("size:Q", title="numbers behind it"),
    ]  # fmt: skip
