"""Does the number of paths matter, at equal depth, width and parameters? (beyond the paper: its last word, tested)

Four panels, each network in its colour: error over the number of paths; the damage of consecutive layers deleted, so
that a block of six convolutions stands beside three blocks of two; layers deleted at random; and where along the
path lengths, in layers, the gradient lies when all paths of a length are added as vectors.
"""

import altair as alt
import polars as pl

from resdag.figures.compared import one_seed
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
from resdag.figures.words import Config, few, in_percent, listed, percent, points, section
from resdag.queries.spelling import power

VIEW = "figure_multiplicity"
ORDER = 140
PAPER = None
ESSENTIAL = ("compare_networks",)
STUDY_HAS = ("comparisons.multiplicity",)
TITLE = "Fewer paths at equal depth"
CAPTION = (
    "Networks of equal depth, width and parameters whose blocks hold more convolutions, so that they have fewer "
    "paths. Error: bars are intervals, t over seeds, or Wilson's over images for one seed. Layers deleted in a "
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
    return max((value for value in rows.select(pl.max(*columns)).row(0) if value is not None), default=0.0)


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


def method(config: Config) -> str:
    """Which networks, from where each panel is, and what the rows cannot tell apart."""
    compared = section(config, "comparisons.multiplicity")
    return "" if compared is None else (
        f"Networks: {listed(compared['networks'])}; the same layers in the same order, with skips around every 2, 4 or "
        "6 of them. Deletions are those of the sections lesions.single, lesions.run and lesions.random, as far as "
        "these name the networks; path lengths those of paths.spectrum, after the last epoch, at the input. Fewer "
        "paths also mean longer ones, and more layers between two skips: the rows cannot tell the number of paths "
        "from that."
    )  # fmt: skip


def finding(rows: pl.DataFrame) -> str | None:
    """Error of each network, from most paths to fewest, and the damage of as many layers deleted in each."""
    ordered = rows.sort("log2_paths", "network", descending=[True, False])
    errors = ordered.filter(panel="error")
    said = [f"{percent(row['mean'])} with {power(2, round(row['log2_paths']))} paths" for row in errors.to_dicts()]
    damage, seeds = _at_equal_layers(ordered), one_seed(errors.rename({"size": "seeds"}))
    return f"At equal depth, test error is {listed(said)}{damage}{seeds}."


def _at_equal_layers(rows: pl.DataFrame) -> str:
    """The least number of layers in a row that all networks were measured without, and what that costs each."""
    parts = rows.filter(pl.col("x") > 0, panel="consecutive").partition_by("network", maintain_order=True)
    shared = set.intersection(*(set(part["x"]) for part in parts)) if parts else set()
    if not shared:
        return ""
    layers = min(shared)
    costs = [points(part.filter(x=layers)["mean"].item()) for part in parts]
    return f"; deleting {layers:.0f} layers in a row costs {listed(costs)} on average, in this order"


def table(rows: pl.DataFrame) -> pl.DataFrame:
    """Error, damage of one block, and effective lengths of each network."""
    of = ["network", "log2_paths"]
    errors = rows.filter(panel="error").select(
        *of, pl.col("size").alias("seeds"), in_percent("mean").alias("test error (%)"),
        pl.col("convolutions").alias("layers in a block"),
    )  # fmt: skip
    one = rows.filter(pl.col("panel") == "consecutive", pl.col("x") == pl.col("convolutions"))
    alone = one.select("network", in_percent("mean").alias("mean change by one block (points)"),
                       in_percent("median").alias("median change by one block (points)"))  # fmt: skip
    window = rows.filter(panel="window").select("network", *(
        pl.col(end).round(1).alias(f"gradient {word} (layers)") for end, word in (("low", "from"), ("high", "to"))
    ))  # fmt: skip
    found = errors.join(alone, on="network", how="left").join(window, on="network", how="left")
    return few(found.sort("log2_paths", "network", descending=[True, False]).rename({"log2_paths": "paths (log2)"}))
