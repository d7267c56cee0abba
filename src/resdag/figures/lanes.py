"""How are figures 1 and 2 drawn: the paths of a network as lanes from input to output?

Each path is a horizontal lane, shortest on top.  Where it enters a branch there is a
box, where it takes the skip connection there is only the line.  All positions are
computed from the rows: block i stands at x = i, path j at y = j.
"""

import altair as alt
import polars as pl

from resdag.figures.theme import OKABE_ITO, Panel, Style

BOX, DEAD = OKABE_ITO[:2]
PALE = 0.3
"""Opacity of dead paths."""
START, END = -0.75, 0.75
"""Where the lanes begin, and how far behind the last block they end."""


def lanes(rows: pl.DataFrame, style: Style, title: str, note: str = "") -> Panel:
    """One network's paths between input and output; dead ones pale, crossed where they are cut."""
    marked = rows.with_columns(
        alive=pl.col("alive") if "alive" in rows.columns else pl.lit(True),
    ).sort("path", "block")
    paths = marked.select("path", "path_length", "alive").unique().sort("path")
    last = int(marked["block"].max())  # type: ignore[arg-type]
    boxes = marked.filter(choice="branch")
    layers = [
        _lines(paths, last), *_boxes(boxes, style), *_cuts(marked), *_ends(paths, last), *_lengths(paths, last, style),
    ]  # fmt: skip
    height = max(46, 34 * paths.height)
    heading = alt.TitleParams(title, subtitle=note, subtitleFontSize=style.font_size)
    return alt.layer(*layers).properties(width=style.width, height=height, title=heading)


def branch_names(boxes: alt.Chart, x: str, y: str, style: Style, **state: alt.Opacity) -> list[alt.Chart]:
    """The name of each block's branch, f with its index: two texts, for many fonts lack subscripts."""
    large, small = style.font_size + 1, style.font_size - 2
    place = {"x": f"{x}:Q", "y": f"{y}:Q", **state}
    return [
        boxes.mark_text(fontStyle="italic", dx=-3, fontSize=large).encode(text=alt.datum("f"), **place),
        boxes.mark_text(align="left", dx=0, dy=4, fontSize=small).encode(text="block:N", **place),
    ]


def across(last: int) -> alt.X:
    """The horizontal position: input at the left, then a column for each block, output, path lengths."""
    return alt.X("x:Q", axis=None, scale=alt.Scale(domain=[-2.1, last + 3.9], nice=False))


def down(count: int) -> alt.Y:
    """The vertical position: path 0 on top."""
    return alt.Y("y:Q", axis=None, scale=alt.Scale(domain=[count - 0.4, -0.6], nice=False))


def _state() -> alt.Opacity:
    """Full for living paths, pale for dead ones."""
    return alt.Opacity("alive:N", scale=alt.Scale(domain=[True, False], range=[1, PALE]), legend=None)


def _lines(paths: pl.DataFrame, last: int) -> alt.Chart:
    """From the input to the lane, along it, and to the output."""
    middle = (paths.height - 1) / 2
    corners = [
        paths.select(
            "path", "alive", x=pl.lit(float(x)), y=pl.lit(middle) if outer else pl.col("path").cast(pl.Float64)
        )
        for x, outer in ((START - 0.75, True), (START, False), (last + END, False), (last + END + 0.75, True))
    ]
    points = pl.concat(corners).sort("path", "x")
    mark = alt.Chart(points).mark_line(strokeWidth=1.3, style="ink")
    return mark.encode(x=across(last), y=down(paths.height), detail="path:N", opacity=_state(), order="x:Q")


def _boxes(boxes: pl.DataFrame, style: Style) -> list[alt.Chart | Panel]:
    """A box with the branch's name wherever a path enters a branch."""
    placed = boxes.select(
        "path", "block", "alive", middle=pl.col("block").cast(pl.Float64), lane=pl.col("path").cast(pl.Float64),
        left=pl.col("block") - 0.28, right=pl.col("block") + 0.28,
        top=pl.col("path") - 0.34, bottom=pl.col("path") + 0.34,
    )  # fmt: skip
    base = alt.Chart(placed)
    return [
        alt.layer(base.mark_rect(cornerRadius=3, strokeWidth=1.2, fill=BOX, fillOpacity=0.2, stroke=BOX).encode(
            x="left:Q", x2="right:Q", y="top:Q", y2="bottom:Q", opacity=_state()
        )),
        *branch_names(base, "middle", "lane", style, opacity=_state()),
    ]  # fmt: skip


def _cuts(marked: pl.DataFrame) -> list[alt.Chart]:
    """A cross through every box of the deleted block."""
    if "deleted_block" not in marked.columns:
        return []
    cut = marked.filter((pl.col("block") == pl.col("deleted_block")) & (pl.col("choice") == "branch"))
    places = cut.select(x=pl.col("block").cast(pl.Float64), y=pl.col("path").cast(pl.Float64))
    cross = alt.Chart(places).mark_point(shape="cross", angle=45, filled=True, color=DEAD, size=220, opacity=1)
    return [cross.encode(x="x:Q", y="y:Q")]


def _ends(paths: pl.DataFrame, last: int) -> list[alt.Chart]:
    """Input and output: two discs, named."""
    middle = (paths.height - 1) / 2
    ends = pl.DataFrame({"x": [START - 0.75, last + END + 0.75], "y": [middle, middle], "text": ["input", "output"]})
    disc = alt.Chart(ends).mark_point(filled=True, style="ink", size=90, opacity=1).encode(x="x:Q", y="y:Q")
    return [disc, *end_names(ends)]


def end_names(ends: pl.DataFrame) -> list[alt.Chart]:
    """The names of input and output, outside the two discs."""
    words = alt.Chart(ends[0]).mark_text(align="right", dx=-9), alt.Chart(ends[1]).mark_text(align="left", dx=9)
    return [word.encode(x="x:Q", y="y:Q", text="text:N") for word in words]


def _lengths(paths: pl.DataFrame, last: int, style: Style) -> list[alt.Chart]:
    """A bracket around the paths of equal length, and how many they are."""
    if paths.height == 1:
        return []
    groups = paths.group_by("path_length").agg(
        top=pl.col("path").min() - 0.3, bottom=pl.col("path").max() + 0.3, middle=pl.col("path").mean(), count=pl.len()
    )
    groups = groups.sort("path_length").with_columns(
        x=pl.lit(last + 2.4), text=pl.format("length {}: {} path", "path_length", "count")
        + pl.when(pl.col("count") > 1).then(pl.lit("s")).otherwise(pl.lit("")),
    )  # fmt: skip
    base = alt.Chart(groups)
    return [
        base.mark_rule(style="grey").encode(x="x:Q", y="top:Q", y2="bottom:Q"),
        base.mark_text(align="left", dx=8, fontSize=style.font_size).encode(x="x:Q", y="middle:Q", text="text:N"),
    ]
