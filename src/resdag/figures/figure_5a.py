"""How does the error grow with the number of deleted blocks? (figure 5a of the paper)

The paper draws a box for each k; here the quantiles over the draws are bands, so that k may have any spacing.
"""

import altair as alt
import polars as pl

from resdag.figures.theme import (
    INK,
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
    sized,
)  # fmt: skip
from resdag.figures.words import Config, few, in_percent, listed, number, percent, section

VIEW = "figure_5a"
ORDER = 51
PAPER = "figure 5a"
ESSENTIAL = ("delete_random",)
TITLE = "Deleting many blocks at random"
CAPTION = (
    "Test error over the number of blocks deleted at random: the median over the draws, the middle half and the "
    "middle 90 % of them, for each network and seed. The paper finds that error grows smoothly with the number of "
    "deleted blocks, as it does in an ensemble that loses members."
)

LAYERS = {"5 to 95 % of draws": "#c6dbef", "25 to 75 % of draws": "#7fb2d9", "median": "#0072B2", "intact": INK}


def draw(frame: pl.DataFrame, style: Style) -> alt.TopLevelMixin:
    """The chart of the view's rows: one panel for each network."""
    rows = finite(frame, "median").sort("network", "seed", "count")
    networks = names(rows)
    columns = min(2, len(networks))
    domain = (0.0, ceiling(rows, "q95", "intact_error"))
    last = int(rows["count"].max())  # type: ignore[arg-type]
    panels = [
        sized(_panel(rows.filter(network=network), domain, last), style, columns, network) for network in networks
    ]
    return finish(grid(panels, columns), style)


def _panel(rows: pl.DataFrame, domain: tuple[float, float], last: int) -> Panel:
    layers = list(LAYERS)
    x, y = index_axis("count", (0, last), "blocks deleted"), error_axis("median", domain)
    bands = pl.concat([
        rows.select("seed", "count", low=low, high=high, layer=pl.lit(layer))
        for layer, low, high in ((layers[0], "q05", "q95"), (layers[1], "q25", "q75"))
    ])  # fmt: skip
    band = alt.Chart(bands).mark_area(opacity=0.45 if rows["seed"].n_unique() > 1 else 1)
    base = alt.Chart(rows.with_columns(layer=pl.lit(layers[2]))).encode(x=x, y=y, color=_layer(), detail="seed:N")
    intact = rows.select("seed", "intact_error", layer=pl.lit(layers[3])).unique().sort("seed").drop_nulls()
    reference = alt.Chart(intact).mark_rule(strokeDash=[1, 3], strokeWidth=1.4)
    return alt.layer(
        band.encode(x=x, y=alt.Y("low:Q"), y2="high:Q", color=_layer(), detail=["seed:N"]),
        reference.encode(y="intact_error:Q", color=_layer()),
        base.mark_line(),
        base.mark_point(filled=True, size=28, opacity=1).encode(tooltip=_tooltip()),
    )


def _layer() -> alt.Color:
    return colour("layer", list(LAYERS), "square", list(LAYERS.values()))


def _tooltip() -> list[alt.Tooltip]:
    numbers = ("minimum", "q05", "q25", "median", "q75", "q95", "maximum", "mean", "intact_error")
    return [
        alt.Tooltip("network:N"), alt.Tooltip("seed:Q"), alt.Tooltip("count:Q", title="blocks deleted"),
        alt.Tooltip("draws:Q"), *(alt.Tooltip(f"{name}:Q", format=".2%") for name in numbers),
    ]  # fmt: skip


def method(config: Config) -> str:
    """How this study drew blocks."""
    random = section(config, "lesions.random")
    return "" if random is None else (
        f"{number(random['draws'])} random choices for each number of blocks, the same for all networks of equal "
        f"size; numbers of blocks: {listed(random['counts'])}."
    )  # fmt: skip


SAID = 10  # blocks, where the paper says "about 0.2"


def finding(rows: pl.DataFrame) -> str | None:
    """The median error at the number of blocks that the paper speaks of, and at the largest."""
    parts = rows.filter(pl.col("count") > 0).sort("network").partition_by("network", maintain_order=True)
    return f"Deleted at random, {'; '.join(map(_grown, parts))}." if parts else None


def _grown(rows: pl.DataFrame) -> str:
    counts = rows["count"].unique().sort().to_list()
    chosen = sorted({min(counts, key=lambda count: abs(count - SAID)), counts[-1]})
    medians = [percent(rows.filter(count=count)["median"].median(), 1) for count in chosen]  # type: ignore[arg-type]
    said = [f"{count} blocks of {rows['network'][0]} leave {median} median error"
            for count, median in zip(chosen, medians, strict=True)]  # fmt: skip
    return f"{listed(said)} (intact {percent(rows['intact_error'].mean(), 1)})"  # type: ignore[arg-type]


def table(rows: pl.DataFrame) -> pl.DataFrame:
    """Quantiles at some numbers of blocks, seeds together."""
    counts = rows["count"].unique().sort().to_list()
    networks = rows["network"].n_unique()
    step = max(1, -(-len(counts) * networks // 12))
    chosen = rows.filter(pl.col("count").is_in([*counts[::step], counts[-1]]))
    return few(
        chosen.group_by("network", "count").agg(
            pl.sum("draws"),
            *(in_percent(pl.col(name).mean()).alias(f"{word} (%)") for name, word in QUANTILES.items()),
        ).sort("network", "count").rename({"count": "blocks deleted"})
    )  # fmt: skip


QUANTILES = {"q05": "5 % quantile", "q25": "lower quartile", "median": "median", "q75": "upper quartile",
             "q95": "95 % quantile"}  # fmt: skip
