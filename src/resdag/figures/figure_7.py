"""How many paths of each length are left after d deletions? (figure 7 of the paper)

Closed form, eq. 8: C(n - d, x) / C(n, x) of the paths of length x avoid all d deleted blocks.
"""

import altair as alt
import polars as pl

from resdag.figures.lengths import size_of
from resdag.figures.theme import OKABE_ITO, Panel, Style, finish, finite, index_axis, written
from resdag.figures.words import Config, counted, in_percent, listed, percent
from resdag.paper import BLOCKS, REMAINING

VIEW = "figure_7"
ORDER = 70
PAPER = "figure 7"
ESSENTIAL = ("count_paths",)
TITLE = "Paths that remain after deletions"
CAPTION = (
    "Share of the paths of each length that enter none of d deleted blocks, a curve for each d (closed form, equation "
    "8 of the paper). Circles mark the lengths that the paper's text speaks of: 1 block, 5, 11 and 17 (the shortest, "
    "the middle and the longest effective paths), and 27, the commonest. The paper notes that deletions chiefly cut "
    "long paths and leave most of the short ones whole."
)

DELETED = (1, 10, 20)
"""Those of the paper's figure."""
LENGTHS = tuple(REMAINING)
COLOURS = OKABE_ITO[:3]
BARE, LEAST = 0.0005, 0.004
"""Shares below which a value is not written, and between which and 1 it is."""


def draw(frame: pl.DataFrame, style: Style) -> alt.TopLevelMixin:
    """The chart of the view's rows: the paper's number of blocks, or the largest of the study."""
    blocks = size_of(frame)
    rows = finite(frame, "fraction").filter(pl.col("blocks") == blocks, pl.col("deleted").is_in(_deleted(frame)))
    drawn = list(zip(_parts(rows), COLOURS, strict=False))
    names = [_name(part, colour, place) for place, (part, colour) in enumerate(drawn)]
    layers = [*(_curve(part, colour, blocks) for part, colour in drawn), *names]
    size = {"width": style.width, "height": style.height, "title": f"{blocks} blocks"}
    return finish(alt.layer(*layers).properties(**size), style)


def _deleted(rows: pl.DataFrame) -> list[int]:
    """The paper's numbers of deleted blocks, as far as a network of this size has so many; or the first ones there."""
    there = rows.filter(blocks=size_of(rows))["deleted"].unique().sort().to_list()
    return [count for count in DELETED if count in there] if set(DELETED[:2]) <= set(there) else there[:3]


def _parts(rows: pl.DataFrame) -> list[pl.DataFrame]:
    return rows.sort("deleted", "path_length").partition_by("deleted", maintain_order=True)


def _curve(rows: pl.DataFrame, colour: str, blocks: int) -> Panel:
    """One number of deletions: the curve, and the lengths of the paper's text with their values."""
    scale = alt.Scale(domain=[0, 1.02], nice=False)
    y = alt.Y("fraction:Q", title="paths that remain", axis=alt.Axis(format=".0%", tickCount=6), scale=scale)
    x = index_axis("path_length", (0, blocks), "path length (blocks)")
    line = alt.Chart(rows).mark_line(color=colour, strokeWidth=2).encode(x=x, y=y)
    hover = alt.Chart(rows).mark_point(size=40, opacity=0, filled=True).encode(x=x, y=y, tooltip=_tooltip())
    marked = rows.filter(pl.col("path_length").is_in(LENGTHS), pl.col("fraction") >= BARE)
    values = marked.filter(pl.col("fraction") >= LEAST).with_columns(text=_printed())
    circles = alt.Chart(marked).mark_point(color=colour, size=34, opacity=1, strokeWidth=1.6)
    words = alt.Chart(values).mark_text(color=colour, align="left", dx=6, dy=-7, fontSize=10)
    return alt.layer(line, hover, circles.encode(x=x, y=y), *written(words.encode(x=x, y=y, text="text:N")))


def _printed() -> pl.Expr:
    """Three digits behind the point, as the paper prints shares: .907."""
    return pl.col("fraction").map_elements(lambda share: f"{share:.3f}".removeprefix("0"), return_dtype=pl.String)


def _name(rows: pl.DataFrame, colour: str, place: int) -> alt.Chart:
    """How many blocks are deleted, in the empty corner at the upper right, one below the other."""
    name = alt.Chart(pl.DataFrame({"text": [counted(int(rows["deleted"][0]), "block") + " deleted"]}))
    mark = name.mark_text(color=colour, fontWeight="bold", align="right", baseline="top")
    return mark.encode(x=alt.value("width"), y=alt.value(6 + 18 * place), text="text:N")


def _tooltip() -> list[alt.Tooltip]:
    return [
        alt.Tooltip("deleted:Q", title="blocks deleted"), alt.Tooltip("path_length:Q", title="path length"),
        alt.Tooltip("fraction:Q", title="remain", format=".3~%"),
    ]  # fmt: skip


def method(_: Config) -> str:
    """Nothing is measured."""
    return "Closed form: C(n − d, x) / C(n, x) of the paths through x of n blocks avoid all d that are deleted."


def finding(rows: pl.DataFrame) -> str | None:
    """What deletions leave of the paths in the middle of the effective ones, or of as long a share of fewer blocks."""
    blocks = size_of(rows)
    length = EFFECTIVE if blocks == BLOCKS else max(1, blocks // 5)
    of = rows.filter(pl.col("blocks") == blocks, pl.col("path_length") == length)
    parts = of.filter(pl.col("deleted").is_in(_deleted(rows))).sort("deleted")
    said = [f"{percent(row['fraction'], 1)} after {counted(row['deleted'], 'deletion')}" for row in parts.to_dicts()]
    return f"Of the paths through {length} of {blocks} blocks, {listed(said)} remain." if said else None


EFFECTIVE = LENGTHS[2]


def table(rows: pl.DataFrame) -> pl.DataFrame:
    """The share left at the lengths that the paper's text speaks of."""
    of = rows.filter(pl.col("blocks") == size_of(rows), pl.col("path_length").is_in(LENGTHS)).sort("deleted")
    wide = of.with_columns(share=in_percent("fraction"), after=pl.format("after {} deleted (%)", "deleted"))
    found = wide.pivot("after", index=["blocks", "path_length"], values="share", maintain_order=True)
    return found.sort("path_length").rename({"path_length": "path length (blocks)"})
