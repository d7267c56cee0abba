"""How large is the gradient through one path of a given length? (figure 6b of the paper)

The mean over sampled paths of the logarithm of the gradient's norm, its standard deviation as a band, and
the straight line through the means.  Paths of norm exactly 0 have no logarithm: they are counted, not drawn.
"""

import math

import altair as alt
import polars as pl

from resdag.figures.path_panels import (
    facts,
    fits,
    how_sampled,
    last_at_input,
    moment,
    moments,
    note,
    path_panels,
    sampled,
)
from resdag.figures.theme import (
    Panel,
    Style,
    colour,
    dash,
    finish,
    finite,
    index_axis,
    seed_opacity,
    seed_shape,
)  # fmt: skip
from resdag.figures.words import Config, listed, spoken

VIEW = "figure_6b"
ORDER = 62
PAPER = "figure 6b"
ESSENTIAL = ("sample_path_gradients",)
TITLE = "The gradient through a path shrinks with its length"
CAPTION = (
    "Norm of the loss gradient that comes through one sampled path, over the number of blocks whose branch the "
    "path enters: geometric mean (points), one standard deviation of the logarithm (band) and a straight line "
    "fitted to the logarithm; r is the factor for one more block. Dead paths, of norm 0, are crossed on the axis. "
    "The paper finds that the norm falls about exponentially with length."
)


def draw(frame: pl.DataFrame, style: Style) -> alt.TopLevelMixin:
    """The chart of the view's rows: panels by network and place of measurement."""
    rows = finite(frame).sort("network", "measured_at", "epoch", "seed", "path_length").with_columns(
        moment=moment(),
        above=pl.col("mean_log10_norm") + pl.col("sd_log10_norm").fill_null(0),
        below=pl.col("mean_log10_norm") - pl.col("sd_log10_norm").fill_null(0),
    )  # fmt: skip
    ends = rows.select(pl.min("below"), pl.max("above")).row(0)
    low, high = (0.0, 1.0) if None in ends else (ends[0] - 1, ends[1] + 0.16 * (ends[1] - ends[0]) + 1)
    domain, last = moments(rows), int(rows["path_length"].max())  # type: ignore[arg-type]
    return finish(path_panels(rows, lambda part: _panel(part, domain, last, (low, high), style), style), style)


def _panel(rows: pl.DataFrame, domain: list[str], last: int, ends: tuple[float, float], style: Style) -> Panel:
    axis = alt.Axis(format="~f", tickMinStep=1, tickCount=7)
    scale = alt.Scale(domain=ends, nice=False)
    y = alt.Y("mean_log10_norm:Q", title="gradient norm of a path (log10)", axis=axis, scale=scale)
    living = alt.Chart(_slim(rows).drop_nulls("mean_log10_norm")).encode(
        x=index_axis("path_length", (-0.5, last + 0.5), "path length (blocks)"),
        color=colour("moment", domain), detail="seed:N",
    )  # fmt: skip
    band = living.mark_area(opacity=0.16).encode(y=alt.Y("below:Q"), y2="above:Q")
    points = living.mark_point(filled=True, size=20, opacity=seed_opacity(rows))
    line = living.mark_line(strokeWidth=1.4, opacity=seed_opacity(rows))
    line = line.encode(y=alt.Y("fit_log10_norm:Q"), strokeDash=dash("moment", domain))
    said = {name: _fact(rows.filter(moment=name).drop_nulls("r")) for name in domain}
    points = points.encode(y=y, shape=seed_shape(rows), tooltip=_tooltip())
    return alt.layer(band, points, line, *facts(said, domain, style), *_dead(rows, style))


def _slim(rows: pl.DataFrame) -> pl.DataFrame:
    """What is drawn: each column costs in every row."""
    return rows.drop("study", "network", "measured_at", "epoch", "mean_norm_low", "mean_norm_high", *FIT)


FIT = ("r", "r_low", "r_high", "r_squared")


def _fact(rows: pl.DataFrame) -> str:
    """What the fit found, over all seeds."""
    fits = rows.select("seed", "r", "r_low", "r_high", "r_squared").unique().sort("seed")
    if fits.is_empty():
        return ""
    if fits.height > 1:
        low, high, r_squared = fits.select(pl.min("r"), pl.max("r").alias("top"), pl.min("r_squared")).row(0)
        return f"r = {low:.3f} to {high:.3f} in {fits.height} seeds, R² ≥ {math.floor(r_squared * 1e4) / 1e4:.4f}"
    _, r, low, high, r_squared = fits.row(0)
    interval = "" if low is None or high is None else f" [{low:.3f}, {high:.3f}]"
    return f"r = {r:.3f}{interval}, R² = {math.floor(r_squared * 1e4) / 1e4:.4f}"


def _dead(rows: pl.DataFrame, style: Style) -> list[alt.Chart]:
    """How many paths were sampled, and a cross on the axis where some were dead, with how many were."""
    dead = rows.filter(pl.col("dead") > 0)
    if dead.is_empty():
        return note(sampled(rows), style)
    crosses = alt.Chart(_slim(dead)).mark_point(shape="cross", angle=45, style="grey", size=36, filled=True)
    text = f"× {int(dead['dead'].sum()):,} of {int(rows['samples'].sum()):,} sampled paths are dead"
    return [
        crosses.encode(x="path_length:Q", y=alt.value("height"), tooltip=_tooltip()),
        *note(text, style), *note(sampled(rows), style, 1),
    ]  # fmt: skip


def _tooltip() -> list[alt.Tooltip]:
    return [
        alt.Tooltip("seed:Q"), alt.Tooltip("moment:N", title="measured"),
        alt.Tooltip("path_length:Q", title="path length"), alt.Tooltip("samples:Q"), alt.Tooltip("dead:Q"),
        alt.Tooltip("mean_norm:Q", title="mean norm", format=".3g"),
        alt.Tooltip("mean_log10_norm:Q", title="mean log10 norm", format=".2f"),
        alt.Tooltip("sd_log10_norm:Q", title="sd log10 norm", format=".2f"),
    ]  # fmt: skip


def method(config: Config) -> str:
    """How this study sampled paths."""
    return how_sampled(config)


def finding(rows: pl.DataFrame) -> str | None:
    """The factor for one more block, of the last epoch measured, at the input."""
    said = []
    for (network,), part in last_at_input(rows).group_by("network", maintain_order=True):
        found = part.select("seed", "r", "r_squared").unique().drop_nulls()
        if found.height:
            low, high, least = found.select(pl.min("r"), pl.max("r").alias("high"), pl.min("r_squared")).row(0)
            factor = f"{low:.3f}" if found.height == 1 else f"{low:.3f} to {high:.3f} ({found.height} seeds)"
            said.append(f"{factor} in {network} (R² of the line at least {_below(least)})")
    return f"One block more multiplies the norm of a path's gradient by {spoken(said, listed)}." if said else None


def _below(r_squared: float) -> str:
    return f"{math.floor(r_squared * 1e4) / 1e4:.4f}"


def table(rows: pl.DataFrame) -> pl.DataFrame:
    """The line through the logarithms, at every moment and place."""
    return fits(rows, pl.col("r").round(4), pl.col("r_low").round(4).alias("r, low"),
                pl.col("r_high").round(4).alias("r, high"), pl.col("r_squared").round(4).alias("R²"))  # fmt: skip
