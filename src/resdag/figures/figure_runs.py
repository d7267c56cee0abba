"""Does it matter that deleted blocks are neighbours? (beyond the paper)

A run takes a stretch out of the network; random draws of as many blocks leave neighbours in place that can make
up for what is missing.  Beside both stand the orders of figure 5b that go furthest: every block is there, none at its
place.
"""

from dataclasses import replace

import altair as alt
import polars as pl

from resdag.figures.theme import (
    GREY,
    OKABE_ITO,
    Panel,
    Style,
    ceiling,
    colour,
    cycle,
    error_axis,
    finish,
    finite,
    index_axis,
    names,
    seed_dash,
    seed_opacity,
)  # fmt: skip
from resdag.figures.words import Config, few, in_percent, listed, percent, section, spoken

VIEW = "figure_runs"
ORDER = 160
PAPER = None
ESSENTIAL = ("delete_runs",)
TITLE = "Deleting consecutive blocks, and as many at random"
CAPTION = (
    "Left: test error after the deletion of a run of consecutive blocks, over the run's first block; diamonds are runs "
    "with a block that changes shape in them, bands Wilson intervals over test images, the dotted line the error "
    "of the intact network. Right: the median and the middle half over random deletions of as many blocks, and the "
    "error with every block in place but in another order: shuffled within each shape (median), and reversed in each."
)
ORDERS = {"shuffled_error": "shuffled", "reversed_error": "reversed"}
SHARE = 0.74  # of the width, for the runs


def draw(frame: pl.DataFrame, style: Style) -> alt.TopLevelMixin:
    """The chart of the view's rows: for each network its runs, and beside them what they are held against."""
    rows = finite(frame, "error").sort("network", "seed", "length", "first")
    lengths = rows["length"].unique().sort().to_list()
    tones = cycle(OKABE_ITO, len(lengths))
    rows = rows.with_columns(
        kind=pl.format("{} in a row", "length"), tone=pl.col("length").replace_strict(lengths, tones)
    )
    highest = ceiling(rows, "error", "random_q75", "intact_error", *ORDERS)
    networks = names(rows)
    size = replace(style, height=style.height * 2 // 3) if len(networks) > 1 else style
    lines = [_network(rows.filter(network=name), lengths, highest, size, titled=len(networks) > 1) for name in networks]
    return finish(lines[0] if len(lines) == 1 else alt.vconcat(*lines, spacing=24), style)


def _network(
    rows: pl.DataFrame, lengths: list[int], highest: float, style: Style, titled: bool
) -> alt.HConcatChart | Panel:
    """Runs of one network, and at their right what they are held against, where there is anything."""
    name = {"title": rows["network"][0]} if titled else {}
    width = round(SHARE * style.width)
    runs = _runs(rows, [f"{length} in a row" for length in lengths], highest)
    runs = runs.properties(width=width, height=style.height, **name)
    compared = _compared(rows)
    if compared.is_empty():
        return runs
    marks = _others(compared, lengths, highest).properties(width=style.width - width, height=style.height)
    return alt.hconcat(runs, marks, spacing=12)


def _runs(rows: pl.DataFrame, kinds: list[str], highest: float) -> Panel:
    last = int(rows.select(pl.col("first").max()).item())
    x, y = index_axis("first", (-0.5, last + 0.5), "first block of the run"), error_axis("error", (0, highest))
    drawn = rows.drop(
        "study", "errors", "images", "random_q25", "random_q75", "tone", *ORDERS
    )  # each costs in every row
    base = alt.Chart(drawn).encode(x=x, color=colour("kind", kinds), detail="seed:N")
    shapes = alt.Shape(
        "changes_shape:N", legend=None, scale=alt.Scale(domain=[False, True], range=["circle", "diamond"])
    )
    sizes = alt.Size("changes_shape:N", legend=None, scale=alt.Scale(domain=[False, True], range=[16, 44]))
    intact = rows.select("seed", "intact_error").unique().sort("seed")
    return alt.layer(
        alt.Chart(intact).mark_rule(strokeDash=[1, 3], strokeWidth=1.4, style="ink").encode(y="intact_error:Q"),
        base.mark_area(opacity=0.12).encode(y=alt.Y("low:Q"), y2="high:Q"),
        base.mark_line(opacity=seed_opacity(rows)).encode(y=y, strokeDash=seed_dash(rows)),
        base.mark_point(filled=True, opacity=seed_opacity(rows)).encode(
            y=y, shape=shapes, size=sizes, tooltip=_tooltip()
        ),
    )


def _compared(rows: pl.DataFrame) -> pl.DataFrame:
    """What runs are held against, a row a mark: what was done, seed, tone (its colour), middle, low and high."""
    of = ("network", "seed", "tone")
    random = rows.select(
        *of, what=pl.format("{} at random", "length"), middle="random_median", low="random_q25", high="random_q75"
    )
    orders = [
        rows.select(
            *of[:2], tone=pl.lit(GREY), what=pl.lit(word), middle=column,
            low=pl.lit(None, pl.Float64), high=pl.lit(None, pl.Float64),
        )
        for column, word in ORDERS.items()
    ]  # fmt: skip
    return pl.concat([random, *orders]).drop_nulls("middle").unique().sort("what", "seed")


def _others(compared: pl.DataFrame, lengths: list[int], highest: float) -> Panel:
    places = [what for what in (*(f"{length} at random" for length in lengths), *ORDERS.values())
              if what in set(compared["what"])]  # fmt: skip
    x = alt.X("what:N", title=None, sort=places, axis=alt.Axis(labelAngle=-40, grid=False, labelOverlap=False))
    y = error_axis("middle", (0, highest), None)
    base = alt.Chart(compared).encode(x=x, color=alt.Color("tone:N", scale=None), detail="seed:N")
    tooltip = [
        alt.Tooltip("network:N"), alt.Tooltip("seed:Q"), alt.Tooltip("what:N", title="what was done"),
        *(alt.Tooltip(f"{name}:Q", title=title, format=".2%")
          for name, title in (("middle", "median"), ("low", "lower quartile"), ("high", "upper quartile"))),
    ]  # fmt: skip
    return alt.layer(
        base.mark_rule(strokeWidth=5, opacity=0.3).encode(y=alt.Y("low:Q"), y2="high:Q"),
        base.mark_point(filled=True, size=60, opacity=0.9, shape="square").encode(y=y, tooltip=tooltip),
    )


def _tooltip() -> list[alt.Tooltip]:
    return [
        alt.Tooltip("network:N"), alt.Tooltip("seed:Q"), alt.Tooltip("first:Q", title="first block"),
        alt.Tooltip("length:Q", title="blocks"),
        *(alt.Tooltip(f"{name}:Q", format=".2%") for name in ("error", "low", "high", "random_median")),
        alt.Tooltip("change:Q", format="+.2%"),
    ]  # fmt: skip


def method(config: Config) -> str:
    """Which runs, and what the medians hide."""
    run = section(config, "lesions.run")
    return "" if run is None else (
        f"Every run of {listed(run['lengths'])} blocks, on {listed(run['networks'])}; what it is held against is drawn "
        "at random for figures 5a and 5b. Where a few blocks count for more than all others, a random draw is likelier "
        "to hold one of them than a run is: the curve says more than its median."
    )  # fmt: skip


def finding(rows: pl.DataFrame) -> str | None:
    """The median error of the longest runs, beside as many blocks at random."""
    said = []
    for (network,), part in rows.sort("network").group_by("network", maintain_order=True):
        longest = part.filter(pl.col("length") == pl.col("length").max())
        median, random = longest.select(pl.median("error"), pl.median("random_median").alias("random")).row(0)
        beside = "" if random is None else f" and as many at random {percent(random, 1)}"
        said.append(
            f"{longest['length'][0]} blocks of {network} in a row leave {percent(median, 1)} median error{beside}"
        )
    return f"Deleted together, {spoken(said)}."


def table(rows: pl.DataFrame) -> pl.DataFrame:
    """Runs by network and length, seeds together, beside what they are held against."""
    error = pl.col("error")
    found = rows.sort("seed", "first").group_by("network", "length").agg(
        pl.len().alias("runs"), in_percent(error.median()).alias("median error (%)"),
        in_percent(pl.median("random_median")).alias("at random, median (%)"),
        in_percent(error.max()).alias("largest (%)"), pl.col("first").get(error.arg_max()).alias("from block"),
        in_percent(pl.median("shuffled_error")).alias("all there, shuffled (%)"),
        in_percent(pl.median("reversed_error")).alias("all there, reversed (%)"),
    )  # fmt: skip
    return few(found.sort("network", "length").rename({"length": "blocks in a row"}))
