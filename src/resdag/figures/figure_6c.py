"""Which path lengths does the gradient come from? (figure 6c of the paper)

The number of paths of a length times the mean norm of one, as a share of the sum over all lengths.  Norms
are added here as if gradients never cancelled; that is the paper's measure, kept for comparison.
"""

import altair as alt
import polars as pl

from resdag.figures.path_panels import facts, fits, how_sampled, last_at_input, moment, moments, path_panels, sampled
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
)
from resdag.figures.words import Config, in_percent, listed, percent, spoken
from resdag.paper import BLOCKS, EFFECTIVE_LENGTHS

VIEW = "figure_6c"
ORDER = 63
PAPER = "figure 6c"
ESSENTIAL = ("sample_path_gradients",)
TITLE = "The gradient comes from short paths"
CAPTION = (
    "Share of the gradient by path length: the number of paths of that length times their mean gradient norm, with a "
    "bootstrap interval over batches (band); the dashed grey line is the share of all paths. Bars at the top: mean "
    "length and two standard deviations to either side. Shaded in grey, where a network has the paper's 54 blocks: its "
    "5 to 17. The paper finds that almost all gradient comes from paths of these lengths, 0.45 % of all paths."
)


def draw(frame: pl.DataFrame, style: Style) -> alt.TopLevelMixin:
    """The chart of the view's rows: panels by network and place of measurement."""
    rows = finite(frame, "contribution").sort("network", "measured_at", "epoch", "seed", "path_length")
    rows = rows.with_columns(moment=moment())
    domain, last = moments(rows), int(rows["path_length"].max())  # type: ignore[arg-type]
    columns = ("contribution", "contribution_high", "fraction")
    highest = 1.45 * max(value for value in rows.select(pl.max(*columns)).row(0) if value is not None)
    return finish(path_panels(rows, lambda part: _panel(part, domain, last, highest, style), style), style)


def _panel(rows: pl.DataFrame, domain: list[str], last: int, highest: float, style: Style) -> Panel:
    x = index_axis("path_length", (-0.5, last + 0.5), "path length (blocks)")
    scale = alt.Scale(domain=[0, highest], nice=False)
    y = alt.Y("contribution:Q", title="share of the gradient", axis=alt.Axis(format="~%", tickCount=6), scale=scale)
    slim = rows.select(
        "seed", "moment", "path_length", "contribution", "contribution_low", "contribution_high", "fraction"
    )
    base = alt.Chart(slim).encode(x=x, color=colour("moment", domain), detail="seed:N")
    band = base.mark_area(opacity=0.2).encode(y=alt.Y("contribution_low:Q"), y2="contribution_high:Q")
    line = base.mark_line(opacity=seed_opacity(rows)).encode(y=y, strokeDash=dash("moment", domain))
    points = base.mark_point(filled=True, size=22, opacity=seed_opacity(rows))
    said = {name: _fact(_windows(rows).filter(moment=name)) for name in domain}
    return alt.layer(
        *_paper_lengths(rows), *_all_paths(rows, x, y), band, line,
        points.encode(y=y, shape=seed_shape(rows), tooltip=_tooltip()),
        *_bars(rows, domain, style), *facts(said, domain, style), *_samples(rows, style),
    )  # fmt: skip


def _paper_lengths(rows: pl.DataFrame) -> list[alt.Chart]:
    """The paper's 5 to 17 of 54 blocks, in grey; nothing for a network of another size."""
    if int(rows.select(pl.max("path_length")).item()) != BLOCKS:
        return []
    low, high = EFFECTIVE_LENGTHS
    band = alt.Chart(pl.DataFrame({"low": [low - 0.5], "high": [high + 0.5]}))
    return [band.mark_rect(style="grey", opacity=0.16).encode(x=alt.X("low:Q"), x2="high:Q")]


def _all_paths(rows: pl.DataFrame, x: alt.X, y: alt.Y) -> list[alt.Chart]:
    """The share of all paths, as a grey line, named at its peak."""
    shares = rows.select("path_length", "fraction").unique().drop_nulls().sort("path_length")
    peak = shares.sort("fraction", "path_length", descending=True).head(1).with_columns(text=pl.lit("all paths"))
    line = alt.Chart(shares).mark_line(style="grey", strokeWidth=1.2, strokeDash=[2, 2])
    label = alt.Chart(peak).mark_text(style="grey", align="left", dx=8, dy=-6)
    return [
        line.encode(x=x, y=alt.Y("fraction:Q")),
        label.encode(x="path_length:Q", y="fraction:Q", text="text:N"),
    ]


def _windows(rows: pl.DataFrame) -> pl.DataFrame:
    columns = ("moment", "seed", "mean_length", "window_low", "window_high", "window_share")
    return rows.select(columns).unique().drop_nulls().sort("moment", "seed")


def _bars(rows: pl.DataFrame, domain: list[str], style: Style) -> list[alt.Chart]:
    """Mean length, a dot, and two standard deviations to either side, a bar, below the text; a line for each moment."""
    first = 1.4 * style.font_size * rows["moment"].n_unique() + 10
    bars = []
    for place, name in enumerate(name for name in domain if name in set(rows["moment"])):
        level = alt.value(first + 8 * place)
        base = alt.Chart(_windows(rows).filter(moment=name)).encode(y=level, color=colour("moment", domain))
        bars += [
            base.mark_rule(strokeWidth=1.6).encode(x=alt.X("window_low:Q"), x2="window_high:Q"),
            base.mark_point(filled=True, size=36, opacity=1).encode(x=alt.X("mean_length:Q")),
        ]
    return bars


def _samples(rows: pl.DataFrame, style: Style) -> list[alt.Chart]:
    """How many paths are behind each point, under the bars at the right."""
    level = (1.4 * style.font_size + 8) * rows["moment"].n_unique() + 10
    text = alt.Chart(pl.DataFrame({"text": [sampled(rows)]}))
    mark = text.mark_text(style="grey", align="right", baseline="top", fontSize=10)
    return [mark.encode(x=alt.value("width"), y=alt.value(level), text="text:N")]


def _fact(windows: pl.DataFrame) -> str:
    """The window, over all seeds."""
    if windows.is_empty():
        return ""
    if windows.height > 1:
        low, high = windows.select(pl.min("window_low"), pl.max("window_high")).row(0)
        return f"within {low:.1f} to {high:.1f} blocks in {windows.height} seeds"
    row = windows.row(0, named=True)
    share = 100 * row["window_share"]
    said = f"{share:.0f}" if share >= 10 else f"{share:.2g}"
    return f"{row['window_low']:.1f} to {row['window_high']:.1f} blocks: {said} % of all paths"


def _tooltip() -> list[alt.Tooltip]:
    return [
        alt.Tooltip("seed:Q"), alt.Tooltip("moment:N", title="measured"),
        alt.Tooltip("path_length:Q", title="path length"),
        alt.Tooltip("contribution:Q", title="share of the gradient", format=".3~%"),
        alt.Tooltip("fraction:Q", title="share of all paths", format=".3~%"),
    ]  # fmt: skip


def method(config: Config) -> str:
    """How this study sampled paths."""
    return how_sampled(config)


def finding(rows: pl.DataFrame) -> str | None:
    """The lengths that the gradient comes from, at the last epoch measured, at the input."""
    said = []
    for (network,), part in last_at_input(rows).group_by("network", maintain_order=True):
        window = part.select("seed", "window_low", "window_high", "window_share").unique().drop_nulls()
        if window.height:
            low, high, share = window.select(pl.min("window_low"), pl.max("window_high"), pl.max("window_share")).row(0)
            digits = 0 if share >= 0.1 else 2
            said.append(f"{max(low, 0):.1f} to {high:.1f} blocks in {network} ({percent(share, digits)} of its paths)")
    return f"By number times mean norm, the gradient comes from paths of {spoken(said, listed)}." if said else None


def table(rows: pl.DataFrame) -> pl.DataFrame:
    """Mean length and window, at every moment and place."""
    return fits(
        rows, pl.col("mean_length").round(2).alias("mean length (blocks)"),
        pl.col("window_low").round(1).alias("mean − 2 sd"), pl.col("window_high").round(1).alias("mean + 2 sd"),
        in_percent("window_share").alias("share of all paths (%)"),
    )  # fmt: skip
