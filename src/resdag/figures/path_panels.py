"""What do figures 6b and 6c share: panels of gradients over path length?

A row of panels for each network; in it one panel for each place where the gradient was measured.
Colour and dash tell the moments of training apart.
"""

from collections.abc import Callable

import altair as alt
import polars as pl

from resdag.figures.theme import Panel, Style, colour, grid, names, panel_width, written
from resdag.figures.words import Config, at_epoch, few, number, section

PLACES = {"input": "gradient at the input image", "first_block": "gradient at the first block's input"}
AT = {"input": "input image", "first_block": "first block"}


def moments(rows: pl.DataFrame) -> list[str]:
    """The names of the moments of training in the rows, from the first."""
    return rows.sort("epoch")["moment"].unique(maintain_order=True).to_list()


def moment() -> pl.Expr:
    """The name of the moment of training that a row belongs to; a loaded network has epoch 1."""
    return pl.col("epoch").map_elements(at_epoch, return_dtype=pl.String)


def path_panels(rows: pl.DataFrame, panel: Callable[[pl.DataFrame], Panel], style: Style) -> alt.TopLevelMixin:
    """One panel for each network and place of measurement, titled where there are several."""
    places = [place for place in PLACES if place in set(rows["measured_at"])]
    networks, width = names(rows), panel_width(style, len(places))
    charts = []
    for network in networks:
        for place in places:
            part = rows.filter(network=network, measured_at=place)
            if part.height:
                words = ([network] if len(networks) > 1 else []) + ([PLACES[place]] if len(places) > 1 else [])
                charts.append(panel(part).properties(width=width, height=style.height, title=_title(words)))
    return grid(charts, len(places))


def facts(said: dict[str, str], domain: list[str], style: Style) -> list[alt.Chart]:
    """A line of text for each moment, in its colour, one below the other at the upper right."""
    lines = []
    for place, (name, text) in enumerate((name, said[name]) for name in domain if said.get(name)):
        chart = alt.Chart(pl.DataFrame({"moment": [name], "text": [text]}))
        mark = chart.mark_text(align="right", baseline="top", fontSize=style.font_size)
        lines.append(mark.encode(
            x=alt.value("width"), y=alt.value(2 + place * 1.4 * style.font_size), text="text:N",
            color=colour("moment", domain),
        ))  # fmt: skip
    return lines


def note(text: str, style: Style, line: int = 0) -> list[alt.Chart]:
    """A line of small grey text at the lower left, `line` lines above the axis."""
    mark = alt.Chart(pl.DataFrame({"text": [text]})).mark_text(
        style="grey", align="left", baseline="bottom", fontSize=10
    )
    return written(mark.encode(x=alt.value(6), y=alt.value(style.height - 8 - 14 * line), text="text:N"))


def sampled(rows: pl.DataFrame) -> str:
    """How many paths of each length are behind the points."""
    least, most = rows.select(pl.min("samples"), pl.max("samples").alias("most")).row(0)
    count = number(most) if least == most else f"{number(least)} to {number(most)}"
    return f"n = {count} sampled paths of each length"


def _title(words: list[str]) -> alt.TitleParams:
    return alt.TitleParams(words[:1], subtitle=words[1:]) if words[1:] else alt.TitleParams(words)


def how_sampled(config: Config) -> str:
    """How the study sampled paths; empty where it did not."""
    gradients = section(config, "paths.gradients")
    return "" if gradients is None else (
        f"{number(gradients['samples'])} random paths of each length; the norm is taken over a batch of "
        f"{number(gradients['batch_size'])} training images, {number(gradients['samples_per_batch'])} paths of each "
        f"length to a batch; batch norm in {gradients['batch_norm']} mode; intervals resample batches. Lengths are in "
        "blocks; a block holds two layers, so a length of 5 blocks is 10 layers."
    )  # fmt: skip


def last_at_input(rows: pl.DataFrame) -> pl.DataFrame:
    """The rows of each network's last epoch measured, at the input image where that was measured."""
    place = next(place for place in PLACES if place in set(rows["measured_at"]))
    last = rows.filter(pl.col("measured_at") == place, pl.col("epoch") == pl.col("epoch").max().over("network"))
    return last.sort("network", "seed", "path_length")


def fits(rows: pl.DataFrame, *columns: pl.Expr) -> pl.DataFrame:
    """A small table: one row for each network, moment, place and seed, with these columns of its fit."""
    of = [pl.col(name) for name in ("network", "seed", "epoch", "measured_at")]
    found = rows.select(*of, *columns).unique().sort("network", -pl.col("epoch"), "measured_at", "seed")
    named = found.with_columns(moment().alias("epoch"), pl.col("measured_at").replace(AT))
    return few(named.rename({"epoch": "measured", "measured_at": "at"}))
