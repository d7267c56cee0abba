"""How long are the paths of a residual network? (figure 6a of the paper)

Closed form: of the 2^n paths C(n, k) enter k branches, a binomial distribution with p = 1/2.
"""

import altair as alt
import polars as pl

from resdag.figures.theme import INK, Style, colour, dash, finish, finite, index_axis
from resdag.figures.words import Config, few, in_percent, listed, percent

VIEW = "figure_6a"
ORDER = 61
PAPER = "figure 6a"
ESSENTIAL = ("count_paths",)
TITLE = "How long the paths are"
CAPTION = (
    "Share of all 2^n paths over their length, the number of blocks whose branch they enter. The paper finds "
    "that more than 95 % of the paths of a 110-layer network enter 19 to 35 of its 54 blocks."
)


def draw(frame: pl.DataFrame, style: Style) -> alt.TopLevelMixin:
    """The chart of the view's rows: one curve for each number of blocks, named at its peak."""
    rows = finite(frame, "fraction").sort("blocks", "path_length").with_columns(size=_size())
    sizes = rows["size"].unique(maintain_order=True).to_list()
    last = int(rows["path_length"].max())  # type: ignore[arg-type]
    highest = 1.15 * float(rows["fraction"].max())  # type: ignore[arg-type]
    y = alt.Y(
        "fraction:Q", title="share of all paths", axis=alt.Axis(format="~%", tickCount=6), stack=None,
        scale=alt.Scale(domain=[0, highest], nice=False),
    )  # fmt: skip
    base = alt.Chart(rows).encode(
        x=index_axis("path_length", (0, last), "path length (blocks)"), y=y, color=colour("size", sizes, legend=None)
    )
    line = base.mark_line().encode(strokeDash=dash("size", sizes, legend=None))
    points = base.mark_point(filled=True, size=22, opacity=1).encode(tooltip=_tooltip())
    layers = alt.layer(base.mark_area(opacity=0.1), line, points, _labels(rows, sizes))
    return finish(layers.properties(width=style.width, height=style.height), style)


def _size() -> pl.Expr:
    return pl.format("{} blocks", "blocks")


def _labels(rows: pl.DataFrame, sizes: list[str]) -> alt.Chart:
    """The number of blocks above each peak: the later of two equal peaks, for the text stands to its right."""
    peaks = rows.sort("fraction", "path_length", descending=True).group_by("blocks", maintain_order=True).head(1)
    text = alt.Chart(peaks.sort("blocks")).mark_text(align="left", dx=5, dy=-8, color=INK)
    return text.encode(x="path_length:Q", y="fraction:Q", text="size:N", color=colour("size", sizes, legend=None))


def _tooltip() -> list[alt.Tooltip]:
    return [
        alt.Tooltip("blocks:Q"), alt.Tooltip("path_length:Q", title="path length"),
        alt.Tooltip("paths:Q", format=",.4~g"), alt.Tooltip("fraction:Q", title="share of all paths", format=".3~%"),
    ]  # fmt: skip


def method(_: Config) -> str:
    """Nothing is measured."""
    return "Closed form: C(n, k) of 2ⁿ paths enter k of n blocks. Lengths are in blocks of two layers each."


def finding(rows: pl.DataFrame) -> str | None:
    """Where most paths are."""
    said = []
    for (blocks,), part in rows.sort("blocks").group_by("blocks", maintain_order=True):
        low, high = _most(part)
        share = float(part.filter(pl.col("path_length").is_between(low, high))["fraction"].sum())
        said.append(f"of {blocks} blocks {percent(share, 1)} enter {low} to {high}")
    return f"Most paths are about half as long as the network is deep: {listed(said)}."


def _most(rows: pl.DataFrame) -> tuple[int, int]:
    """The shortest range of lengths around the middle that holds more than 95 % of the paths."""
    shares = rows.sort("path_length")["fraction"].to_list()
    low = next(low for low in range(len(shares) // 2, -1, -1) if sum(shares[low : len(shares) - low]) > 0.95)
    return low, len(shares) - 1 - low


def table(rows: pl.DataFrame) -> pl.DataFrame:
    """The middle and the spread of the lengths, by number of blocks."""
    length, share = pl.col("path_length"), pl.col("fraction")
    mean = (length * share).sum()
    found = rows.group_by("blocks").agg(
        mean.round(2).alias("mean length (blocks)"),
        ((length**2 * share).sum() - mean**2).sqrt().round(2).alias("standard deviation (blocks)"),
        in_percent(share.max()).alias("share of the commonest length (%)"),
    )
    return few(found.sort("blocks"))
