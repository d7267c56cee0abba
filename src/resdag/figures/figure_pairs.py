"""Does the damage of two deleted blocks add up? (beyond the paper)"""

import altair as alt
import polars as pl

from resdag.figures.interact import POINTED
from resdag.figures.theme import OKABE_ITO, Panel, Style, finish, finite, grid, panel_width
from resdag.figures.words import Config, few, in_percent, listed, section, spoken

VIEW = "figure_pairs"
ORDER = 150
PAPER = None
ESSENTIAL = ("delete_pairs",)
TITLE = "Every two blocks deleted together: more damage than the sum, or less?"
CAPTION = (
    "Interaction of each pair of blocks: the change of test error when both are deleted, less the changes when each is "
    "deleted by itself. Zero, in pale grey: the damage adds up, as if blocks did not depend on each other. Above "
    "zero, in orange: together they hurt more than their sum; below, in blue: less, as where one deletion has already "
    "done most of the damage. A column is the earlier block of the pair, a row the later one. Full squares: the "
    "interaction differs from 0, by an exact test over images, corrected by Holm over all pairs; small squares: the "
    "images do not decide."
)
DIVERGING = ("#0072B2", "#efefef", "#D55E00")
FULL, SMALL = 1.0, 0.4  # side of a square, in blocks


def draw(frame: pl.DataFrame, style: Style) -> alt.TopLevelMixin:
    """The chart of the view's rows: a heat map for each network and seed, the upper triangle of all pairs."""
    rows = finite(frame, "interaction").sort("network", "seed", "first", "second")
    largest = float(rows.select(pl.col("interaction").abs().max()).item() or 0.01)
    parts = rows.partition_by("network", "seed", maintain_order=True)
    columns = min(2, len(parts))
    side = min(panel_width(style, columns), round(1.4 * style.height))
    panels = [_panel(part, largest, side) for part in parts]
    return finish(grid(panels, columns), style)


def _panel(rows: pl.DataFrame, largest: float, side: int) -> Panel:
    last = int(rows.select(pl.max("second")).item())
    scale = alt.Scale(domain=[-largest, 0, largest], range=list(DIVERGING), interpolate="rgb")
    legend = alt.Legend(title="interaction (points)", labelExpr="format(100 * datum.value, '+~r')", gradientLength=200)
    spacing = side / (last + 1)
    area = pl.when("significant").then((FULL * spacing) ** 2).otherwise((SMALL * spacing) ** 2).round(1)
    columns = ("second", "interaction", "low", "high", "change", "change_first", "change_second", "p_holm")
    squares = alt.Chart(rows.select(*columns, block="first", area=area))  # each column costs in every row
    marks = squares.mark_point(shape="square", filled=True, opacity=1, stroke=OKABE_ITO[3], strokeWidth=0).encode(
        x=_axis("block", last, "earlier block"), y=_axis("second", last, "later block"),
        size=alt.Size("area:Q", scale=None), color=alt.Color("interaction:Q", scale=scale, legend=legend),
        strokeWidth=alt.StrokeWidthValue(0, condition={"test": OF_POINTED, "value": 1.2}), tooltip=_tooltip(),
    )  # fmt: skip
    title = (
        f"{rows['network'][0]}, seed {rows['seed'][0]}: {rows['significant'].sum():,} of {rows.height:,} pairs interact"
    )
    return alt.layer(marks).properties(width=side, height=side, title=title)


OF_POINTED = (
    f"isArray({POINTED}.{POINTED}) && "
    f"({POINTED}.{POINTED}[0] === datum.{POINTED} || {POINTED}.{POINTED}[0] === datum.second)"
)
"""Whether a pair is one of the block that one points at, here or elsewhere on the page."""


def _axis(field: str, last: int, title: str) -> alt.X | alt.Y:
    kind = alt.X if field == POINTED else alt.Y
    scale = alt.Scale(domain=[-0.5, last + 0.5], nice=False)
    return kind(f"{field}:Q", title=title, scale=scale, axis=alt.Axis(format="d", tickMinStep=1, grid=False))


def _tooltip() -> list[alt.Tooltip]:
    return [
        alt.Tooltip(f"{POINTED}:Q", title="earlier block"), alt.Tooltip("second:Q", title="later block"),
        *(alt.Tooltip(f"{name}:Q", title=title, format="+.2%")
          for name, title in (("change", "change, both"), ("change_first", "change, earlier alone"),
                              ("change_second", "change, later alone"), ("interaction", "interaction"),
                              ("low", "interaction, low"), ("high", "interaction, high"))),
        alt.Tooltip("p_holm:Q", title="p (Holm)", format=".2g"),
    ]  # fmt: skip


def method(config: Config) -> str:
    """Which pairs, and when one interacts."""
    pair = section(config, "lesions.pair")
    return "" if pair is None else (
        f"All pairs, on {listed(pair['networks'])}; every number is a mean over the same test images of wrong answers "
        "under both deletions, less those under each, plus those of the intact network. A pair interacts if an exact "
        "test over images says so after Holm's correction over all pairs of its network and seed; each interval is of "
        "one pair by itself."
    )  # fmt: skip


def finding(rows: pl.DataFrame) -> str | None:
    """How many pairs interact, and in which direction."""
    said = []
    for (network,), part in rows.sort("network").group_by("network", maintain_order=True):
        decided = part.filter("significant")
        more = decided.filter(pl.col("interaction") > 0).height
        said.append(
            f"of {part.height:,} pairs in {network}, {more:,} hurt more than their sum, {decided.height - more:,} "
            f"less, and of {part.height - decided.height:,} the images do not decide"
        )
    return f"Deleted together, {spoken(said)}."


def table(rows: pl.DataFrame) -> pl.DataFrame:
    """Mean damage of two, mean sum of one and one, and the largest interaction, by network and seed."""
    alone, interaction = pl.col("change_first") + pl.col("change_second"), pl.col("interaction")
    largest = interaction.abs().arg_max()
    found = rows.sort("first", "second").group_by("network", "seed", maintain_order=True).agg(
        pl.len().alias("pairs"), pl.sum("significant").alias("interact"),
        in_percent(pl.mean("change")).alias("mean change, both (points)"),
        in_percent(alone.mean()).alias("mean sum of each alone (points)"),
        in_percent(interaction.get(largest)).alias("largest interaction (points)"),
        pl.format("{} and {}", pl.col("first").get(largest), pl.col("second").get(largest)).alias("of blocks"),
    )  # fmt: skip
    return few(found.sort("network", "seed"))
