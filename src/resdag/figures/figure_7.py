"""How many paths of each length are left after d deletions? (figure 7 of the paper)

Closed form, eq. 8: C(n - d, x) / C(n, x) of the paths of length x avoid all d deleted blocks.
"""

import altair as alt
import polars as pl

from resdag.figures.theme import Panel, Style, cycle, finish, finite, grid, index_axis, sized
from resdag.figures.words import Config, in_percent, listed, percent

VIEW = "figure_7"
ORDER = 70
PAPER = "figure 7"
ESSENTIAL = ("count_paths",)
TITLE = "Paths that remain after deletions"
CAPTION = (
    "Share of the paths of each length that enter none of d deleted blocks, one curve for each d (closed form, "
    "equation 8 of the paper). The paper notes that deletions chiefly cut long paths and leave most of the "
    "short ones whole."
)

# Light to dark blue: the number deleted is ordered, so its colours are.
SHADES = ("#9ecae1", "#56B4E9", "#0072B2", "#08519c", "#08204a")
DASHES = ([1, 0], [7, 3], [2, 2], [9, 3, 2, 3], [4, 4])


def draw(frame: pl.DataFrame, style: Style) -> alt.TopLevelMixin:
    """The chart of the view's rows: one panel for each number of blocks."""
    rows = finite(frame, "fraction").sort("blocks", "deleted", "path_length")
    rows = rows.with_columns(curve=pl.col("deleted").cast(pl.String))
    domain = [str(count) for count in rows["deleted"].unique().sort()]
    sizes = rows["blocks"].unique().sort().to_list()
    columns = min(2, len(sizes))
    panels = [sized(_panel(rows.filter(blocks=size), domain), style, columns, f"{size} blocks") for size in sizes]
    return finish(grid(panels, columns), style)


def _panel(rows: pl.DataFrame, domain: list[str]) -> Panel:
    last = int(rows["path_length"].max())  # type: ignore[arg-type]
    legend = alt.Legend(
        title="blocks deleted", titleOrient="left", titlePadding=14, columns=len(domain),
        symbolType="stroke", symbolSize=320,
    )  # fmt: skip
    shades = alt.Scale(domain=domain, range=cycle(SHADES, len(domain)))
    dashes = alt.Scale(domain=domain, range=cycle(DASHES, len(domain)))
    y = alt.Y(
        "fraction:Q", title="paths that remain", axis=alt.Axis(format=".0%", tickCount=6),
        scale=alt.Scale(domain=[0, 1], nice=False),
    )  # fmt: skip
    base = alt.Chart(rows).encode(
        x=index_axis("path_length", (0, last), "path length (blocks)"), y=y,
        color=alt.Color("curve:N", scale=shades, legend=legend),
    )  # fmt: skip
    line = base.mark_line(strokeWidth=2).encode(strokeDash=alt.StrokeDash("curve:N", scale=dashes, legend=legend))
    return alt.layer(line, base.mark_point(size=40, opacity=0, filled=True).encode(tooltip=_tooltip()))


def _tooltip() -> list[alt.Tooltip]:
    return [
        alt.Tooltip("blocks:Q"), alt.Tooltip("deleted:Q", title="blocks deleted"),
        alt.Tooltip("path_length:Q", title="path length"), alt.Tooltip("fraction:Q", title="remain", format=".3~%"),
    ]  # fmt: skip


def method(_: Config) -> str:
    """Nothing is measured."""
    return "Closed form: C(n − d, x) / C(n, x) of the paths through x of n blocks avoid all d that are deleted."


SHORT = 5  # blocks, the shortest that the paper calls effective


def finding(rows: pl.DataFrame) -> str | None:
    """What deletions leave of short paths and of those in the middle."""
    blocks = int(rows["blocks"].max())  # type: ignore[arg-type]
    lengths = sorted({min(SHORT, blocks // 2), blocks // 2})
    of = rows.filter(pl.col("blocks") == blocks, pl.col("path_length").is_in(lengths)).sort("deleted")
    said = []
    for (deleted,), part in of.group_by("deleted", maintain_order=True):
        shares = listed([percent(share) for share in part.sort("path_length")["fraction"]])
        said.append(f"{shares} after {deleted} deletion{'s' if deleted > 1 else ''}")
    return f"Of the paths through {listed(lengths)} of {blocks} blocks, {'; '.join(said)} are left."


LENGTHS = (1, 5, 11, 17, 27)


def table(rows: pl.DataFrame) -> pl.DataFrame:
    """The share left at the lengths that the paper's text speaks of, of the network with most blocks."""
    of = rows.filter(pl.col("blocks") == pl.col("blocks").max(), pl.col("path_length").is_in(LENGTHS))
    wide = of.with_columns(share=in_percent("fraction"), deleted=pl.format("after {} deletions (%)", "deleted"))
    order = of["deleted"].unique().sort().to_list()
    found = wide.pivot("deleted", index=["blocks", "path_length"], values="share").sort("path_length")
    columns = [f"after {count} deletions (%)" for count in order]
    return found.select("blocks", pl.col("path_length").alias("path length (blocks)"), *columns)
