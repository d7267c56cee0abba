"""Are the effective paths short from the start, or does training make them so? (beyond the paper)

The paper measures figure 6 once, on the trained network.  Here the lengths that the gradient comes from, and the factor
that a block more multiplies a path's norm by, are followed along training, three ways of weighting a length side by
side.
"""

import altair as alt
import polars as pl

from resdag.figures.theme import (
    Panel,
    Style,
    colour,
    finish,
    finite,
    names,
    panel_width,
    seed_dash,
    seed_opacity,
    shape,
)
from resdag.figures.words import Config, at_epoch, few, listed, section, spoken

VIEW = "figure_training_paths"
ORDER = 102
PAPER = None
ESSENTIAL = ("sample_path_gradients", "measure_path_spectrum")
STUDY_HAS = ("paths.*.epochs>1",)
TITLE = "Effective path lengths along training"
CAPTION = (
    "Gradient at the input image after so many epochs of training, 0 the initialisation; lines only lead the eye. "
    "Left: mean path length, and as pale bars two standard deviations to either side, with lengths weighted as in "
    "figure 6c, by the number of paths times the mean norm of sampled ones; by the norm of the sum over all paths of "
    "a length, exactly; and by the energy of all these paths. Right: the factor r by which one block more multiplies "
    "the norm of a path, from the mean logarithm over sampled paths (figure 6b) and from the root mean square over "
    "all. Thin bars are intervals over batches, each of which has random signs of its own behind its energy."
)
WEIGHTINGS = {
    "number x mean norm": "number × mean norm of a path", "norm of the sum": "norm of the sum", "energy": "energy",
}  # fmt: skip


def draw(frame: pl.DataFrame, style: Style) -> alt.TopLevelMixin:
    """The chart of the view's rows, at the input: for each network lengths, and the factor a block."""
    rows = finite(frame.filter(measured_at="input"), "mean_length").sort("network", "seed", "weighting", "epoch")
    rows = rows.with_columns(
        pl.col("weighting").replace(WEIGHTINGS),
        pl.col("window_low").clip(lower_bound=0),  # no length is below 0
    )
    networks = names(rows)
    lines = [_network(rows.filter(network=name), rows, style, titled=len(networks) > 1) for name in networks]
    return finish(lines[0] if len(lines) == 1 else alt.vconcat(*lines, spacing=24), style)


def _network(rows: pl.DataFrame, everything: pl.DataFrame, style: Style, titled: bool) -> alt.HConcatChart:
    kinds = [kind for kind in WEIGHTINGS.values() if kind in set(everything["weighting"])]
    size = {"width": panel_width(style, 2), "height": style.height}
    name = {"title": rows["network"][0]} if titled else {}
    factors = rows.drop_nulls("r")
    panels = [_lengths(rows, everything, kinds).properties(**size, **name)]
    return alt.hconcat(*panels, *([_factors(factors, everything, kinds).properties(**size)] if factors.height else []))


def _lengths(rows: pl.DataFrame, everything: pl.DataFrame, kinds: list[str]) -> Panel:
    """Mean lengths, each on the pale bar of its window."""
    y = _y("mean_length", everything, ("window_high", "mean_length_high"), "path length (blocks)")
    base = _base(rows, everything, kinds)
    window = base.mark_rule(strokeWidth=7, opacity=0.25 * seed_opacity(rows))
    return alt.layer(window.encode(y=alt.Y("window_low:Q"), y2="window_high:Q"), *_curves(base, y, kinds, rows))


def _factors(rows: pl.DataFrame, everything: pl.DataFrame, kinds: list[str]) -> Panel:
    y = _y("r", everything, ("r", "r_high"), "factor r per block")
    return alt.layer(*_curves(_base(rows, everything, kinds), y, kinds, rows))


def _base(rows: pl.DataFrame, everything: pl.DataFrame, kinds: list[str]) -> alt.Chart:
    """Epochs as steps, at each the weightings side by side: they are few, and the first ones change most."""
    epochs = everything["epoch"].unique().sort().to_list()
    x = alt.X("epoch:O", title="epochs of training", sort=epochs, axis=alt.Axis(labelAngle=0, grid=True))
    beside = alt.XOffset("weighting:N", sort=kinds, scale=alt.Scale(domain=kinds, paddingOuter=0.6))
    return alt.Chart(rows).encode(x=x, xOffset=beside, color=colour("weighting", kinds, ""), detail="seed:N")


def _y(field: str, everything: pl.DataFrame, columns: tuple[str, ...], title: str) -> alt.Y:
    highest = max(value for name in columns for value in everything[name].drop_nulls())
    return alt.Y(f"{field}:Q", title=title, scale=alt.Scale(domain=[0, 1.05 * highest], nice=False))


def _curves(base: alt.Chart, y: alt.Y, kinds: list[str], rows: pl.DataFrame) -> list[alt.Chart]:
    """A line, the bars of its intervals, and points of a shape of their own."""
    opacity, name = seed_opacity(rows), str(y.shorthand).removesuffix(":Q")
    return [
        base.mark_line(opacity=opacity, strokeWidth=1.2).encode(y=y, strokeDash=seed_dash(rows)),
        base.mark_rule(strokeWidth=1.4, opacity=opacity).encode(y=alt.Y(f"{name}_low:Q"), y2=f"{name}_high:Q"),
        base.mark_point(filled=True, size=45, opacity=opacity).encode(
            y=y, shape=shape("weighting", kinds), tooltip=_tooltip()
        ),
    ]


def _tooltip() -> list[alt.Tooltip]:
    lengths = ("mean_length", "window_low", "window_high")
    return [
        alt.Tooltip("network:N"), alt.Tooltip("seed:Q"), alt.Tooltip("epoch:Q"),
        alt.Tooltip("weighting:N", title="weighted by"),
        *(alt.Tooltip(f"{name}:Q", title=name.replace("_", " "), format=".1f") for name in lengths),
        *(alt.Tooltip(f"{name}:Q", format=".3f") for name in ("r", "r_low", "r_high")),
    ]  # fmt: skip


PATHS = {"paths.gradients": "sampled paths", "paths.spectrum": "sums and energies of all paths"}


def method(config: Config) -> str:
    """At which epochs, and how to compare."""
    sections = {words: section(config, key) for key, words in PATHS.items()}
    said = [f"{words} at {listed(found['epochs'])}" for words, found in sections.items() if found]
    return "" if not said else (
        f"Measured: {listed(said)}; first is the initialisation, numbers are epochs of training after which the "
        "weights were kept. In eval mode, batch norm has at initialisation statistics that no image has touched. "
        "Energy adds squared norms and so lies at shorter lengths than norms do: compare each weighting with itself."
    )  # fmt: skip


def finding(rows: pl.DataFrame) -> str | None:
    """Mean length first and last, weighted by the norm of the sum where there is one."""
    at_input = rows.filter(measured_at="input").sort("network", "seed", "epoch")
    said = []
    for (network,), part in at_input.group_by("network", maintain_order=True):
        kind = next(kind for kind in ("norm of the sum", *WEIGHTINGS) if kind in set(part["weighting"]))
        said.append(f"{_along(part.filter(weighting=kind))} in {network} (weighted by {kind})")
    return f"Along training, the mean length in blocks of the paths that carry the gradient goes from {spoken(said)}."


def _along(rows: pl.DataFrame) -> str:
    """The mean over seeds at the first epoch measured, and at the last."""
    ends = [rows.filter(pl.col("epoch") == epoch) for epoch in (rows["epoch"].min(), rows["epoch"].max())]
    means = [float(part["mean_length"].mean() or 0) for part in ends]  # type: ignore[arg-type]
    return " to ".join(f"{mean:.1f} {at_epoch(part['epoch'][0])}" for mean, part in zip(means, ends, strict=True))


def table(rows: pl.DataFrame) -> pl.DataFrame:
    """Mean length and factor at the first and the last epoch, by weighting."""
    epoch = pl.col("epoch")
    ends = rows.filter(
        pl.col("measured_at") == "input",
        (epoch == epoch.min().over("network")) | (epoch == epoch.max().over("network")),
    )
    found = ends.group_by("network", "weighting", "epoch").agg(
        pl.n_unique("seed").alias("seeds"), pl.mean("mean_length").round(2).alias("mean length (blocks)"),
        pl.mean("r").round(3).alias("factor r"),
    )  # fmt: skip
    named = found.sort("network", "weighting", "epoch").with_columns(
        pl.col("epoch").map_elements(at_epoch, return_dtype=pl.String), pl.col("weighting").replace(WEIGHTINGS)
    )
    return few(named.rename({"epoch": "measured", "weighting": "weighted by"}))
