"""What is the unraveled view of a residual network? (figure 1 of the paper)

Above the network as one draws it, below the same network as the collection of its 2^n paths.
"""

import altair as alt
import polars as pl

from resdag.figures.lanes import BOX, EDGE, END, START, across, branch_name, lanes
from resdag.figures.theme import INK, Style, finish

VIEW = "figure_1"
TITLE = "A residual network, unraveled"
CAPTION = (
    "Above, a residual network of a few blocks; below, the same network as the collection of its paths, one a row, "
    "with a box where the path enters the branch of a block and a plain line where it takes the skip connection. "
    "Each further block doubles the number of paths."
)
DEPENDS = ("studies",)


def draw(frame: pl.DataFrame, style: Style) -> alt.TopLevelMixin:
    """The compact network above the lanes of its paths."""
    rows = frame.sort("path", "block")
    paths, blocks = rows["path"].n_unique(), rows["block"].n_unique()
    parts = alt.vconcat(
        _compact(rows["block"].unique().sort().to_list(), style),
        lanes(rows, style, f"(b) Its {paths} paths, unraveled"),
        spacing=26,
    ).properties(title=alt.TitleParams(""))
    return finish(parts if blocks else parts, style)


def _compact(blocks: list[int], style: Style) -> alt.LayerChart:
    """The blocks in a row: box on the line, skip connection over it, a sum after each."""
    last = blocks[-1]
    y = alt.Y("y:Q", axis=None, scale=alt.Scale(domain=[-0.75, 1.2], nice=False))
    ends = [START - 0.75, last + END + 0.75]
    line = _polyline([(ends[0], 0.0, "main"), (ends[1], 0.0, "main")])
    arcs = _polyline([
        (block + dx, dy, f"skip {block}") for block in blocks
        for dx, dy in ((-0.45, 0.0), (-0.45, 0.85), (0.48, 0.85), (0.48, 0.0))
    ])  # fmt: skip
    names = pl.DataFrame({"x": [float(b) for b in blocks], "y": 0.0, "text": [branch_name(b) for b in blocks]})
    sums = pl.DataFrame({"x": [b + 0.48 for b in blocks], "y": 0.0, "text": "+"})
    nodes = pl.DataFrame({"x": ends, "y": 0.0, "text": ["input", "output"]})
    boxes = names.with_columns(left=pl.col("x") - 0.3, right=pl.col("x") + 0.3, top=0.38, bottom=-0.38)
    box = alt.Chart(boxes).mark_rect(cornerRadius=3, strokeWidth=1.2, fill=BOX, stroke=EDGE)
    layers = [
        line.encode(x=across(last), y=y), arcs.encode(x=across(last), y=y),
        box.encode(x="left:Q", x2="right:Q", y="top:Q", y2="bottom:Q"),
        alt.Chart(sums).mark_point(filled=True, fill="white", stroke=INK, size=150, opacity=1).encode(x="x:Q", y="y:Q"),
        alt.Chart(nodes).mark_point(filled=True, color=INK, size=90, opacity=1).encode(x="x:Q", y="y:Q"),
        alt.Chart(nodes).mark_text(dy=-14).encode(x="x:Q", y="y:Q", text="text:N"),
        *(alt.Chart(words).mark_text().encode(x="x:Q", y="y:Q", text="text:N") for words in (names, sums)),
    ]  # fmt: skip
    title = f"(a) A residual network of {len(blocks)} blocks"
    return alt.layer(*layers).properties(width=style.width, height=70, title=title)


def _polyline(corners: list[tuple[float, float, str]]) -> alt.Chart:
    points = pl.DataFrame(corners, schema=["x", "y", "part"], orient="row").with_row_index("place")
    return alt.Chart(points).mark_line(strokeWidth=1.3, color=INK).encode(detail="part:N", order="place:Q")
