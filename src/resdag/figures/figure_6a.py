"""How long are the paths of a residual network? (figure 6a of the paper)

Closed form: of the 2^n paths C(n, k) enter k branches, a binomial distribution with p = 1/2.
"""

import altair as alt
import polars as pl

from resdag.figures.lengths import size_of
from resdag.figures.theme import OKABE_ITO, Panel, Style, finish, finite, index_axis
from resdag.figures.words import Config, few, in_percent, percent
from resdag.paper import BLOCKS, EFFECTIVE_LENGTHS, FACTOR, MOST_LENGTHS
from resdag.queries.spelling import power

VIEW = "figure_6a"
ORDER = 61
PAPER = "figure 6a"
CLAIMS = ("effective_path_lengths",)
ESSENTIAL = ("count_paths",)
TITLE = "How long the paths are"
CAPTION = (
    "Share of all 2ⁿ paths over their length, the number of blocks whose branch they enter: binomial. Shaded are the "
    "lengths that most paths have, and the short ones from which the paper's gradient comes. The paper says that more "
    "than 95 % of the paths of its 110-layer network enter 19 to 35 of 54 blocks, and that 5 to 17 are 0.45 %; for "
    "another number of blocks, ranges as many standard deviations wide, with the paper's factor per block."
)

BLUE, VERMILLION = OKABE_ITO[:2]


def draw(frame: pl.DataFrame, style: Style) -> alt.TopLevelMixin:
    """The chart of the view's rows: the paper's number of blocks, or the largest of the study."""
    rows = finite(frame, "fraction").filter(blocks=size_of(frame)).sort("path_length")
    blocks, highest = size_of(frame), 1.32 * float(rows.select(pl.max("fraction")).item())
    x = index_axis("path_length", (-0.5, blocks + 0.5), "path length (blocks)")
    scale = alt.Scale(domain=[0, highest], nice=False)
    y = alt.Y("fraction:Q", title="share of all paths", axis=alt.Axis(format="~%", tickCount=6), scale=scale)
    base = alt.Chart(rows).encode(x=x, y=y)
    layers = [
        *(_shaded(rows, lengths, colour, style, level) for level, (lengths, colour) in enumerate(_ranges(blocks))),
        base.mark_line(style="ink"),
        base.mark_point(style="ink", filled=True, size=22, opacity=1).encode(tooltip=_tooltip()),
    ]
    title = f"{blocks} blocks: {power(2, blocks)} paths"
    return finish(alt.layer(*layers).properties(width=style.width, height=style.height, title=title), style)


def _ranges(blocks: int) -> list[tuple[tuple[int, int], str]]:
    """The lengths that most paths have, and those of the paper's effective paths, with their colours."""
    return [(most_lengths(blocks), BLUE), (effective_lengths(blocks), VERMILLION)]


def most_lengths(blocks: int) -> tuple[int, int]:
    """19 to 35 of 54 blocks; as many standard deviations of the binomial around its middle of other numbers."""
    widths = (MOST_LENGTHS[1] - BLOCKS / 2) / (BLOCKS**0.5 / 2)
    reach = widths * blocks**0.5 / 2
    return max(0, round(blocks / 2 - reach)), min(blocks, round(blocks / 2 + reach))


def effective_lengths(blocks: int) -> tuple[int, int]:
    """5 to 17 of 54 blocks; of other numbers the mean ± 2 standard deviations at the same factor per block."""
    if blocks == BLOCKS:
        return EFFECTIVE_LENGTHS
    p = FACTOR / (1 + FACTOR)
    mean, reach = blocks * p, 2 * (blocks * p * (1 - p)) ** 0.5
    return max(0, round(mean - reach)), min(blocks, round(mean + reach))


def _share(rows: pl.DataFrame, lengths: tuple[int, int]) -> float:
    return float(rows.filter(pl.col("path_length").is_between(*lengths))["fraction"].sum())


def _shaded(rows: pl.DataFrame, lengths: tuple[int, int], colour: str, style: Style, level: int) -> Panel:
    """A band over a range of lengths, with the range and its share of all paths at its top."""
    low, high = lengths
    share = _share(rows, lengths)
    text = f"{low} to {high} blocks: {percent(share, 1 if share > 0.1 else 2)}"
    band = pl.DataFrame({"low": [low - 0.5], "high": [high + 0.5], "middle": [(low + high) / 2], "text": [text]})
    base = alt.Chart(band)
    words = base.mark_text(color=colour, baseline="top", fontSize=style.font_size)
    return alt.layer(
        base.mark_rect(color=colour, opacity=0.15).encode(x=alt.X("low:Q"), x2="high:Q"),
        words.encode(x=alt.X("middle:Q"), y=alt.value(4 + 1.5 * style.font_size * level), text="text:N"),
    )


def _tooltip() -> list[alt.Tooltip]:
    return [
        alt.Tooltip("blocks:Q"), alt.Tooltip("path_length:Q", title="path length"),
        alt.Tooltip("paths:Q", format=",.4~g"), alt.Tooltip("fraction:Q", title="share of all paths", format=".3~%"),
    ]  # fmt: skip


def method(_: Config) -> str:
    """Nothing is measured."""
    return "Closed form: C(n, k) of 2ⁿ paths enter k of n blocks. Lengths are in blocks of two layers each."


def finding(rows: pl.DataFrame) -> str | None:
    """Where most paths are, and how few the short ones."""
    blocks = size_of(rows)
    of = rows.filter(blocks=blocks)
    most, effective = most_lengths(blocks), effective_lengths(blocks)
    return (
        f"Of the paths through {blocks} blocks, {percent(_share(of, most), 1)} enter {most[0]} to {most[1]}, and "
        f"{percent(_share(of, effective))} enter {effective[0]} to {effective[1]}."
    )


def table(rows: pl.DataFrame) -> pl.DataFrame:
    """The middle and the spread of the lengths, by number of blocks."""
    length, share = pl.col("path_length"), pl.col("fraction")
    mean = (length * share).sum()
    found = rows.sort("path_length").group_by("blocks").agg(
        mean.round(2).alias("mean length (blocks)"),
        ((length**2 * share).sum() - mean**2).sqrt().round(2).alias("standard deviation (blocks)"),
        in_percent(share.max()).alias("share of the commonest length (%)"),
    )  # fmt: skip
    return few(found.sort("blocks"))
