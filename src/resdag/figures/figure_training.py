"""How did the networks learn? (beyond the paper, which gives only final errors)

The axis is the square root of the error: training error may be 0, so no logarithm, and a
straight axis would hide what happens below ten percent.
"""

from dataclasses import replace

import altair as alt
import polars as pl

from resdag.figures.theme import Panel, Style, colour, dash, finish, finite, grid, index_axis, names, seed_legend, sized
from resdag.figures.words import Config, few, in_percent, number, percent, section

VIEW = "figure_training"
ORDER = 105
PAPER = None
ESSENTIAL = ("train_network",)
TITLE = "Error during training"
CAPTION = (
    "Error over the epochs of training, one line for each seed: on the test set after each epoch, and on the "
    "augmented batches of the epoch in training mode; dashed verticals mark drops of the learning rate. The error "
    "reported anywhere else is the one after the last epoch, never the best."
)

LINES = {"test_error": "test error", "train_error": "training error (augmented batches)"}
TICKS = [0, 0.01, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1]


def draw(frame: pl.DataFrame, style: Style) -> alt.TopLevelMixin:
    """The chart of the view's rows: one panel for each network."""
    rows = finite(frame).sort("network", "seed", "epoch")
    networks = names(rows)
    columns = min(2, len(networks))
    smaller = replace(style, height=style.height * 2 // 3) if columns > 1 else style
    panels = [
        sized(_panel(rows.filter(network=network)), smaller, columns, network).properties(title=network)
        for network in networks
    ]
    return finish(grid(panels, columns), style)


def _panel(rows: pl.DataFrame) -> Panel:
    keys = ["network", "seed", "epoch"]
    long = rows.unpivot(list(LINES), index=keys, variable_name="measure", value_name="error").drop_nulls("error")
    long = long.with_columns(pl.col("measure").replace(LINES)).sort("measure", *keys)
    domain, last = list(LINES.values()), int(rows["epoch"].max())  # type: ignore[arg-type]
    y = alt.Y(
        "error:Q", title="error", axis=alt.Axis(format="~%", values=TICKS),
        scale=alt.Scale(type="sqrt", domain=[0, 1], nice=False),
    )  # fmt: skip
    x = index_axis("epoch", (0, max(1, last)), "epochs of training")
    base = alt.Chart(long).encode(x=x, y=y, color=colour("measure", domain), detail="seed:N")
    seeds = rows["seed"].unique().sort().to_list()
    shades = alt.Scale(domain=seeds, range=[max(0.3, 1 - 0.35 * place) for place in range(len(seeds))])
    line = base.mark_line(strokeWidth=1.4 if len(seeds) == 1 else 0.9).encode(
        strokeDash=dash("measure", domain),
        opacity=alt.Opacity("seed:O", title="seed", scale=shades, legend=seed_legend(seeds)),
    )
    # Invisible points to hover over: about twenty a line, since each costs as much in the file as a visible one.
    some = base.properties(data=long.filter(pl.col("epoch") % max(1, last // 20) == 0))
    hover = some.mark_point(size=60, opacity=0, filled=True).encode(tooltip=_tooltip())
    return alt.layer(_drops(rows), line, hover)


def _drops(rows: pl.DataFrame) -> alt.Chart:
    """The last epoch before each drop of the learning rate."""
    rates = rows.drop_nulls("learning_rate").sort("seed", "epoch")
    dropped = pl.col("learning_rate").shift(-1).over("seed") < 0.999 * pl.col("learning_rate")
    return alt.Chart(rates.filter(dropped).select("epoch").unique().sort("epoch")).mark_rule(
        style="pale", strokeDash=[3, 3]
    ).encode(x="epoch:Q")  # fmt: skip


def _tooltip() -> list[alt.Tooltip]:
    return [
        alt.Tooltip("network:N"), alt.Tooltip("seed:Q"), alt.Tooltip("epoch:Q"), alt.Tooltip("measure:N"),
        alt.Tooltip("error:Q", format=".2%"),
    ]  # fmt: skip


def method(config: Config) -> str:
    """The recipe of the study."""
    recipe = section(config, "training") or {}
    return "" if "epochs" not in recipe else (
        f"The study's recipe: SGD, {number(recipe['epochs'])} epochs, batches of {number(recipe['batch_size'])}, "
        f"learning rate {recipe['learning_rate']:g}, momentum {recipe['momentum']:g}, weight decay "
        f"{recipe['weight_decay']:g}; single networks may change it."
    )  # fmt: skip


def finding(rows: pl.DataFrame) -> str | None:
    """The smallest and the largest test error after the last epoch."""
    ends = _ends(rows).drop_nulls("test_error").sort("test_error", "network")
    if ends.is_empty():
        return None
    said = [
        f"{percent(row['test_error'])} ({row['network']})"
        for row in (ends.row(0, named=True), ends.row(-1, named=True))
    ]
    return f"After the last epoch, test error is {said[0]}." if ends.height == 1 else (
        f"After the last epoch, mean test errors of {ends.height} networks run from {said[0]} to {said[1]}."
    )  # fmt: skip


def _ends(rows: pl.DataFrame) -> pl.DataFrame:
    """Each network after its last epoch, mean over seeds."""
    last = rows.filter(pl.col("epoch") == pl.col("epoch").max().over("network", "seed"))
    return last.group_by("network").agg(
        pl.n_unique("seed").alias("seeds"), pl.max("epoch"), pl.mean("test_error"), pl.mean("train_error"),
        pl.min("test_error").alias("least"), pl.max("test_error").alias("most"),
    ).sort("network")  # fmt: skip


def table(rows: pl.DataFrame) -> pl.DataFrame:
    """Errors of each network after the last epoch, over its seeds."""
    return few(_ends(rows).select(
        "network", "seeds", pl.col("epoch").alias("epochs"), in_percent("test_error").alias("mean test error (%)"),
        in_percent("least").alias("smallest (%)"), in_percent("most").alias("largest (%)"),
        in_percent("train_error").alias("mean training error, augmented (%)"),
    ))  # fmt: skip
