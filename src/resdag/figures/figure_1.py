"""What is the unraveled view of a residual network? (figure 1 of the paper)

Above the network as one draws it, below the same network as the collection of its 2^n paths.
"""

import altair as alt
import polars as pl

from resdag.figures.lanes import BOX, END, START, across, branch_names, end_names, lanes
from resdag.figures.theme import Panel, Style, finish
from resdag.figures.words import Config, counted, listed

VIEW = "figure_1"
ORDER = 10
PAPER = "figure 1"
ESSENTIAL = ()
TITLE = "A residual network, unraveled"
CAPTION = (
    "Above, a residual network of a few blocks; below, the same network as the collection of its paths, one a row, "
    "with a box where the path enters the branch of a block and a plain line where it takes the skip connection. "
    "Each further block doubles the number of paths."
)

SUM = 0.4
"""How far behind its block a sum stands."""


def draw(frame: pl.DataFrame, style: Style) -> alt.TopLevelMixin:
    """The compact network above the lanes of its paths."""
    rows = frame.sort("path", "block")
    paths = rows["path"].n_unique()
    parts = alt.vconcat(
        _compact(rows["block"].unique().sort().to_list(), style),
        lanes(rows, style, f"(b) Its {paths} paths, unraveled"),
        spacing=26,
    )
    return finish(parts, style)


def _compact(blocks: list[int], style: Style) -> Panel:
    """The blocks in a row: box on the line, skip connection over it, a sum after each."""
    last = blocks[-1]
    y = alt.Y("y:Q", axis=None, scale=alt.Scale(domain=[-0.75, 1.2], nice=False))
    ends = [START - 0.75, last + END + 0.75]
    line = _polyline([(ends[0], 0.0, "main"), (ends[1], 0.0, "main")])
    arcs = _polyline([
        (block + dx, dy, f"skip {block}") for block in blocks
        for dx, dy in ((-0.42, 0.0), (-0.42, 0.85), (SUM, 0.85), (SUM, 0.0))
    ])  # fmt: skip
    centres = pl.DataFrame({"block": blocks, "x": [float(block) for block in blocks], "y": 0.0})
    sums = pl.DataFrame({"x": [b + SUM for b in blocks], "y": 0.0, "text": "+"})
    nodes = pl.DataFrame({"x": ends, "y": 0.0, "text": ["input", "output"]})
    boxes = centres.with_columns(left=pl.col("x") - 0.25, right=pl.col("x") + 0.25, top=0.4, bottom=-0.4)
    box = alt.Chart(boxes).mark_rect(cornerRadius=3, strokeWidth=1.2, fill=BOX, fillOpacity=0.2, stroke=BOX)
    layers = [
        line.encode(x=across(last), y=y), arcs.encode(x=across(last), y=y),
        box.encode(x="left:Q", x2="right:Q", y="top:Q", y2="bottom:Q"),
        alt.Chart(sums).mark_point(filled=True, style="background", size=150, opacity=1).encode(x="x:Q", y="y:Q"),
        alt.Chart(sums).mark_point(filled=False, style="ink", size=150, opacity=1).encode(x="x:Q", y="y:Q"),
        alt.Chart(nodes).mark_point(filled=True, style="ink", size=90, opacity=1).encode(x="x:Q", y="y:Q"),
        alt.Chart(sums).mark_text().encode(x="x:Q", y="y:Q", text="text:N"),
        *end_names(nodes), *branch_names(alt.Chart(boxes), "x", "y", style),
    ]  # fmt: skip
    title = f"(a) A residual network of {len(blocks)} blocks"
    return alt.layer(*layers).properties(width=style.width, height=70, title=title)


def _polyline(corners: list[tuple[float, float, str]]) -> alt.Chart:
    points = pl.DataFrame(corners, schema=["x", "y", "part"], orient="row").with_row_index("place")
    return alt.Chart(points).mark_line(strokeWidth=1.3, style="ink").encode(detail="part:N", order="place:Q")


def method(_: Config) -> str:
    """Nothing is measured."""
    return "Counted: each of three blocks is entered or not, which makes 2³ paths."


def finding(rows: pl.DataFrame) -> str | None:
    """How many paths there are of each length."""
    lengths = table(rows).rows()
    parts = [f"{paths} of length {length}" for length, paths in lengths]
    return f"{counted(sum(paths for _, paths in lengths), 'path')} lead through three blocks: {listed(parts)}."


def table(rows: pl.DataFrame) -> pl.DataFrame:
    """Paths by length."""
    paths = rows.select("path", "path_length").unique()
    lengths = paths.group_by("path_length").len("paths").sort("path_length")
    return lengths.rename({"path_length": "path length (blocks)"})
