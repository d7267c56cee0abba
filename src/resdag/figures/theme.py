"""How do all figures look, and what do they share?

Colours are Okabe and Ito's (distinguishable with any colour vision), and dash or
shape says the same once more, so that a figure survives grey printing.  A figure
is made of panels, one for each network or so, laid out by `grid`; scales are the
same in all panels because their domains are computed from the whole frame.
Numbers that are not finite make invalid JSON: `finite` turns them into nulls.

Ink and paper stand in the specification's `config` alone: marks name a style (`ink`, `grey`, `pale`) and not a colour,
so that the same specification is drawn on white or on dark by another config.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import ceil, floor, sqrt
from typing import Any

import altair as alt
import polars as pl

# Okabe and Ito (2008), Color Universal Design; blue and vermillion first, and grey for black, which dark paper hides.
OKABE_ITO = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#999999")
DASHES = ([1, 0], [7, 3], [2, 2], [9, 3, 2, 3], [4, 4])
SHAPES = ("circle", "square", "triangle-up", "diamond", "cross")
EACH = 5
"""Steps of an axis of whole numbers that all have their tick."""
Panel = alt.LayerChart | alt.FacetChart
"""What `alt.layer` returns."""
GREY = "#767676"
"""Of kinds that are no series, in a legend: dark enough on white, and light enough on dark."""


@dataclass(frozen=True)
class Paper:
    """What a figure is drawn on, and the inks for it."""

    background: str
    ink: str
    grey: str
    pale: str
    grid: str
    blue: str


WHITE = Paper(background="white", ink="#222222", grey="#767676", pale="#d4d4d4", grid="#ececec", blue=OKABE_ITO[0])
DARK = Paper(background="#15181c", ink="#e6e6e6", grey="#9b9b9b", pale="#54575c", grid="#2c2f33", blue="#2f8fd0")
"""The first of the colours is lighter there: of all it has least contrast with dark."""


@dataclass(frozen=True)
class Style:
    """Size of the plotting area and text of a figure, in pixels."""

    width: int = 560
    height: int = 300
    font: str = "Helvetica, Arial, sans-serif"
    font_size: int = 12


DEFAULT = Style()
"""The looks of a figure that nobody changed."""


def font_list(font: str) -> str:
    """The fonts in order of preference; ends in sans-serif, since an unknown font alone draws no text."""
    names = [name.strip() for name in font.split(",") if name.strip()]
    return ", ".join([*(name for name in names if name != "sans-serif"), "sans-serif"])


def finite(frame: pl.DataFrame, *required: str) -> pl.DataFrame:
    """The frame with six significant digits, nulls for what is not finite, without rows that lack a required number."""
    numbers = pl.selectors.float()
    clean = frame.with_columns(pl.when(numbers.is_finite()).then(numbers.round_sig_figs(6)))
    return clean.drop_nulls(list(required)) if required else clean


def names(frame: pl.DataFrame, column: str = "network") -> list[str]:
    """The distinct values of a column, in alphabetical order."""
    return sorted(frame[column].unique().to_list())


def cycle(values: Sequence[Any], length: int) -> list[Any]:
    """So many values, starting over when they run out."""
    return [values[i % len(values)] for i in range(length)]


def colour(
    field: str,
    domain: Sequence[str],
    legend: str | None = "stroke",
    colours: Sequence[str] = OKABE_ITO,
    listed: Sequence[str] | None = None,
) -> alt.Color:
    """One colour for each name, the same in every panel; `legend`: its symbol, or None for no legend.

    `listed`: the names in the legend, where these are not all.
    """
    scale = alt.Scale(domain=list(domain), range=cycle(colours, len(domain)))
    return alt.Color(f"{field}:N", title=None, scale=scale, **_legend(legend, listed))


def dash(
    field: str, domain: Sequence[str], legend: str | None = "stroke", listed: Sequence[str] | None = None
) -> alt.StrokeDash:
    """One dash for each name; goes with `colour`."""
    scale = alt.Scale(domain=list(domain), range=cycle(DASHES, len(domain)))
    return alt.StrokeDash(f"{field}:N", title=None, scale=scale, **_legend(legend, listed))


def shape(field: str, domain: Sequence[str], shapes: Sequence[str] = SHAPES) -> alt.Shape:
    """One shape for each name."""
    scale = alt.Scale(domain=list(domain), range=cycle(shapes, len(domain)))
    return alt.Shape(f"{field}:N", title=None, scale=scale, legend=alt.Legend(symbolOpacity=1))


def signs(field: str, domain: Sequence[str]) -> pl.Expr:
    """The column that `sign` encodes: each name's place in the domain."""
    places = {name: str(place) for place, name in enumerate(domain)}
    return pl.col(field).replace_strict(places, return_dtype=pl.String).alias("sign")


def sign(domain: Sequence[str]) -> alt.Shape:
    """One shape for each name, without a legend: one of the names themselves would merge with the legend of strokes."""
    scale = alt.Scale(domain=[str(place) for place in range(len(domain))], range=cycle(SHAPES, len(domain)))
    return alt.Shape("sign:N", scale=scale, legend=None)


def _legend(symbol: str | None, listed: Sequence[str] | None = None) -> dict[str, Any]:
    if symbol is None:
        return {"legend": None}
    options: dict[str, Any] = {"symbolSize": 320} if symbol == "stroke" else {}
    options |= {} if listed is None else {"values": list(listed)}
    return {"legend": alt.Legend(symbolType=symbol, symbolOpacity=1, **options)}


def error_axis(field: str, domain: Sequence[float], title: str | None = "test error") -> alt.Y:
    """A vertical axis of errors: fractions in the data, percent on the axis."""
    axis = alt.Axis(format="~%", tickCount=6)
    return alt.Y(f"{field}:Q", title=title, axis=axis, scale=alt.Scale(domain=list(domain), nice=False))


def index_axis(field: str, domain: Sequence[float], title: str) -> alt.X:
    """A horizontal axis of whole numbers; of few, each has its tick: from 0 to 2 Vega does not keep its least step."""
    low, high = ceil(domain[0]), floor(domain[1])
    ticks = {"values": list(range(low, high + 1))} if high - low <= EACH else {"tickMinStep": 1}
    axis = alt.Axis(format="d", **ticks)
    return alt.X(f"{field}:Q", title=title, axis=axis, scale=alt.Scale(domain=list(domain), nice=False))


def ceiling(frame: pl.DataFrame, *columns: str, at_most: float = 1.0) -> float:
    """A round number a little above every value of the columns: the upper end of an axis."""
    largest = max((value for value in frame.select(pl.max(*columns)).row(0) if value is not None), default=at_most)
    steps = (0.01, 0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
    return min(at_most, next((step for step in steps if step >= 1.05 * largest), at_most))


def seed_opacity(frame: pl.DataFrame) -> float:
    """Opacity of one seed's line: 1 alone, paler in company."""
    seeds = frame.select("network", "seed").unique().group_by("network").len()["len"].max()
    return max(0.45, 1 / sqrt(int(seeds)))  # type: ignore[arg-type]


def seed_shape(frame: pl.DataFrame) -> alt.Shape:
    """One shape for each seed, and a legend where there are several."""
    seeds = frame["seed"].unique().sort().to_list()
    scale = alt.Scale(domain=seeds, range=cycle(SHAPES, len(seeds)))
    return alt.Shape("seed:O", title="seed", scale=scale, legend=seed_legend(seeds))


def seed_dash(frame: pl.DataFrame) -> alt.StrokeDash:
    """One dash for each seed; goes with `seed_shape`."""
    seeds = frame["seed"].unique().sort().to_list()
    scale = alt.Scale(domain=seeds, range=cycle(DASHES, len(seeds)))
    return alt.StrokeDash("seed:O", title="seed", scale=scale, legend=seed_legend(seeds))


def seed_legend(seeds: Sequence[int]) -> alt.Legend | None:
    """The legend of seeds; None for a single one."""
    return alt.Legend(title="seed", titleOrient="left", symbolSize=160) if len(seeds) > 1 else None


def written(words: alt.Chart) -> list[alt.Chart]:
    """Text, on a halo of the paper's colour, so that it can be read across a line."""
    halo = words.copy(deep=True)
    halo.mark = alt.MarkDef(**{**words.mark.to_dict(), "style": "halo", "color": alt.Undefined})
    return [halo, words]


def grid(panels: Iterable[Panel], columns: int) -> Panel | alt.ConcatChart:
    """Panels in rows of so many columns; one panel stays itself."""
    charts = list(panels)
    return charts[0] if len(charts) == 1 else alt.concat(*charts, columns=columns, spacing=24)


def panel_width(style: Style, columns: int) -> int:
    """Width of one of so many panels side by side."""
    return style.width if columns == 1 else max(120, (style.width - 40 * (columns - 1)) // columns)


def sized(chart: Panel, style: Style, columns: int, title: str) -> Panel:
    """The panel with its size, and a title where it is one of several."""
    heading = {"title": title} if columns > 1 else {}
    return chart.properties(width=panel_width(style, columns), height=style.height, **heading)


def message(text: str, style: Style) -> alt.TopLevelMixin:
    """A chart that is one sentence: what stands where there is nothing to draw."""
    note = alt.Chart(pl.DataFrame({"text": [text]})).mark_text(style="grey", fontSize=style.font_size + 2)
    return finish(note.encode(text="text:N").properties(width=style.width, height=style.height // 3), style)


def finish(chart: alt.TopLevelMixin, style: Style, paper: Paper = WHITE) -> alt.TopLevelMixin:
    """The chart in the house style: fonts, quiet axes, legend on top."""
    return chart.properties(config=config(style, paper))


def config(style: Style, paper: Paper = WHITE) -> dict[str, Any]:
    """The looks of every figure, as the `config` of a Vega-Lite specification: to draw it on other paper, swap it."""
    size, large = style.font_size, round(1.25 * style.font_size)
    words = {"labelFontSize": size, "labelColor": paper.ink, "titleColor": paper.ink, "titleFontWeight": "normal"}
    return {
        "font": font_list(style.font), "background": paper.background, "padding": 10, "aria": False,
        "view": {"stroke": None},
        "axis": words | {
            "titleFontSize": large, "titlePadding": 8, "labelFlush": False, "gridColor": paper.grid,
            "domainColor": paper.grey, "tickColor": paper.grey,
        },
        "legend": words | {
            "titleFontSize": size, "orient": "top", "symbolStrokeWidth": 2, "labelLimit": 400,
            "columnPadding": 18, "columns": 4, "padding": 5,
        },
        "title": {
            "fontSize": large, "fontWeight": "bold", "color": paper.ink, "subtitleColor": paper.grey, "anchor": "start",
            "frame": "group", "offset": 8,
        },
        "text": {"fontSize": size, "color": paper.ink},
        "line": {"strokeWidth": 1.6},
        "style": {name: {"color": getattr(paper, name)} for name in ("ink", "grey", "pale", "background")}
        | {"halo": {"color": paper.background, "stroke": paper.background, "strokeWidth": 3, "strokeJoin": "round"}},
    }  # fmt: skip
