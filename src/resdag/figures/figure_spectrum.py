"""Does figure 6 hold when all paths of a length are added, as vectors? (beyond the paper)

Three rows of panels for each network, a column for each moment of training, all for the gradient at the
input.  Norms: the paper's mean over sampled paths, the root-mean-square over all paths, the sum of all paths.
Contributions: the paper's, and those of the exact sums.  Coherence: whether paths of one length align.
"""

from collections.abc import Sequence

import altair as alt
import polars as pl

from resdag.figures.path_panels import moment, moments
from resdag.figures.theme import (
    GREY,
    OKABE_ITO,
    Panel,
    Style,
    colour,
    dash,
    finish,
    finite,
    index_axis,
    names,
    panel_width,
    seed_opacity,
)
from resdag.figures.words import Config, at_epoch, few, number, section
from resdag.paper import BLOCKS, EFFECTIVE_LENGTHS

VIEW = "figure_spectrum"
ORDER = 101
PAPER = None
ESSENTIAL = ("measure_path_spectrum",)
TITLE = "Figure 6 again, with all paths of a length added as vectors"
CAPTION = (
    "All paths of a length at once, by exact recursion, at the input image. Top: norm of the gradient through one "
    "path, as a mean over sampled paths (the paper's figure 6b) and as root mean square over all paths, and the norm "
    "of the sum over all paths of the length. Middle: what each length contributes, by the number of paths times "
    "their mean norm (the paper's figure 6c), by the norm of the sum, and by the sum's part along the ordinary "
    "gradient, which adds up to 100 % and can be negative. Bottom: coherence, the squared norm of the sum over the "
    "energy of the paths; 1 if paths are independent, more where they align, less where they cancel. Bars and bands "
    "are intervals over batches; hollow grey points have an energy that too few signs tell, and claim "
    "nothing."
)
NORMS = {
    "mean_norm": "one path, mean over sampled", "rms_norm": "one path, root mean square of all",
    "norm_of_sum": "sum of all paths",
}  # fmt: skip
SHARES = {
    "contribution": "number × mean norm (figure 6c)", "summed_contribution": "norm of the sum",
    "share": "part along the gradient",
}  # fmt: skip
COLOURS = OKABE_ITO
UNKNOWN = "#b0b0b0"


def draw(frame: pl.DataFrame, style: Style) -> alt.TopLevelMixin:
    """The chart of the view's rows, at the input: three rows of panels for each network."""
    order = ("network", "epoch", "seed", "path_length")
    rows = finite(frame.filter(measured_at="input").with_columns(_log10(*NORMS))).sort(order)
    rows = rows.with_columns(moment=moment())
    many = len(names(rows)) > 1
    parts = [_network(rows.filter(network=name), name if many else "", style) for name in names(rows)]
    return finish(parts[0] if len(parts) == 1 else alt.vconcat(*parts, spacing=30), style)


def _log10(*columns: str) -> list[pl.Expr]:
    """Base-10 logarithms of the columns and of the ends of their intervals; null where a norm is 0."""
    ends = [f"{column}{end}" for column in columns for end in ("", "_low", "_high")]
    return [pl.when(pl.col(end) > 0).then(pl.col(end)).log10().alias(end) for end in ends]


def _network(rows: pl.DataFrame, title: str, style: Style) -> alt.VConcatChart:
    """The panels of one network, on axes of its own: norms, contributions, coherence, each at every moment."""
    columns = moments(rows)
    width, height = panel_width(style, len(columns)), round(0.75 * style.height)
    lines = []
    for kind in (_norms, _shares, _coherence):
        panels = [kind(rows.filter(moment=name), rows) for name in columns]
        titles = columns if len(columns) > 1 and kind is _norms else [""] * len(columns)
        sized = [
            panel.properties(width=width, height=height, **({"title": above} if above else {}))
            for panel, above in zip(panels, titles, strict=True)
        ]
        lines.append(alt.hconcat(*sized, spacing=24))
    chart = alt.vconcat(*lines, spacing=14).resolve_scale(color="independent", strokeDash="independent")
    return chart.properties(title=title) if title else chart


def _x(everything: pl.DataFrame) -> alt.X:
    last = int(everything["path_length"].max())  # type: ignore[arg-type]
    return index_axis("path_length", (-0.5, last + 0.5), "path length (blocks)")


def _domain(everything: pl.DataFrame, columns: Sequence[str], room: float) -> list[float]:
    """From the smallest to the largest number in the columns, and some room."""
    values = [value for name in columns for value in everything[name].drop_nulls()]
    low, high = min(values, default=0.0), max(values, default=1.0)
    return [low - room * (high - low), high + room * (high - low)]


def _long(rows: pl.DataFrame, kinds: dict[str, str]) -> pl.DataFrame:
    """One row for each kind of number: kind, value, low, high; without an interval where the rows have none."""
    parts = []
    for column, kind in kinds.items():
        ends = (f"{column}_low", f"{column}_high")
        low, high = ((pl.col(end) if end in rows.columns else pl.lit(None)).cast(pl.Float64) for end in ends)
        value = pl.col(column).cast(pl.Float64)
        of = ("network", "seed", "moment", "path_length")
        parts.append(rows.select(*of, kind=pl.lit(kind), value=value, low=low, high=high))
    return pl.concat(parts).drop_nulls("value")


def _curves(
    rows: pl.DataFrame, everything: pl.DataFrame, kinds: dict[str, str], y: alt.Y, number: str
) -> list[alt.Chart]:
    """A band, a line and points for each kind of number; the legend names those that the network has."""
    domain = list(kinds.values())
    listed = [kind for column, kind in kinds.items() if everything[column].count()]
    hue = colour("kind", domain, colours=COLOURS, listed=listed)
    base = alt.Chart(_long(rows, kinds)).encode(x=_x(everything), color=hue, detail="seed:N")
    tooltip = [
        alt.Tooltip("network:N"), alt.Tooltip("seed:Q"), alt.Tooltip("moment:N", title="measured"),
        alt.Tooltip("kind:N", title="what"), alt.Tooltip("path_length:Q", title="path length"),
        *(alt.Tooltip(f"{name}:Q", format=number) for name in ("value", "low", "high")),
    ]  # fmt: skip
    return [
        base.mark_area(opacity=0.18, clip=True).encode(y=alt.Y("low:Q"), y2="high:Q"),
        base.mark_line(opacity=seed_opacity(rows)).encode(y=y, strokeDash=dash("kind", domain, listed=listed)),
        base.mark_point(filled=True, size=14, opacity=seed_opacity(rows)).encode(y=y, tooltip=tooltip),
    ]


def _norms(rows: pl.DataFrame, everything: pl.DataFrame) -> Panel:
    scale = alt.Scale(domain=_domain(everything, list(NORMS), 0.04), nice=False)
    y = alt.Y("value:Q", title="gradient norm (log10)", axis=alt.Axis(format="~f", tickCount=6), scale=scale)
    return alt.layer(*_curves(rows, everything, NORMS, y, ".2f"))


def _shares(rows: pl.DataFrame, everything: pl.DataFrame) -> Panel:
    ends = [f"{name}{end}" for name in ("summed_contribution", "share") for end in ("_low", "_high")]
    scale = alt.Scale(domain=_domain(everything, [*SHARES, *ends], 0.06), nice=False)
    y = alt.Y("value:Q", title="share by length", axis=alt.Axis(format="~%", tickCount=6), scale=scale)
    zero = alt.Chart(pl.DataFrame({"zero": [0.0]})).mark_rule(color=GREY, strokeWidth=1).encode(y=alt.Y("zero:Q"))
    return alt.layer(zero, *_curves(rows, everything, SHARES, y, ".2~%"))


def _coherence(rows: pl.DataFrame, everything: pl.DataFrame) -> Panel:
    """Coherence on a logarithmic axis: filled where it is known, hollow and grey where it is not."""
    values = everything.filter(pl.col("coherence") > 0)["coherence"]
    low, high = (float(values.min()), float(values.max())) if len(values) else (0.5, 2.0)  # type: ignore[arg-type]
    scale = alt.Scale(type="log", domain=[min(0.5, low / 1.5), max(2.0, high * 1.5)], nice=False, clamp=True)
    y = alt.Y("coherence:Q", title="coherence", axis=alt.Axis(format="~g", tickCount=6), scale=scale)
    living = rows.filter(pl.col("coherence") > 0)
    base = alt.Chart(living).encode(x=_x(everything), detail="seed:N")
    known = base.transform_filter("datum.coherence_known").encode(color=alt.value(COLOURS[0]))
    unknown = base.transform_filter("!datum.coherence_known").encode(color=alt.value(UNKNOWN))
    one = alt.Chart(pl.DataFrame({"one": [1.0]})).mark_rule(color=GREY, strokeDash=[4, 4]).encode(y=alt.Y("one:Q"))
    return alt.layer(
        one, known.mark_rule(strokeWidth=1.2, opacity=0.6).encode(y=alt.Y("coherence_low:Q"), y2="coherence_high:Q"),
        known.mark_point(filled=True, size=26, opacity=seed_opacity(rows)).encode(y=y, tooltip=_tooltip()),
        unknown.mark_point(filled=False, size=26, strokeWidth=1).encode(y=y, tooltip=_tooltip()),
    )  # fmt: skip


def _tooltip() -> list[alt.Tooltip]:
    return [
        alt.Tooltip("network:N"), alt.Tooltip("seed:Q"), alt.Tooltip("moment:N", title="measured"),
        alt.Tooltip("path_length:Q", title="path length"), alt.Tooltip("coherence:Q", format=".3~g"),
        alt.Tooltip("coherence_low:Q", format=".3~g"), alt.Tooltip("coherence_high:Q", format=".3~g"),
        alt.Tooltip("energy_relative_se:Q", title="standard error of the energy", format=".1~%"),
    ]  # fmt: skip


ALIGNED, CANCELLED = 1.25, 0.8  # coherence from which on, or below which, all lengths must lie to be called so


def method(config: Config) -> str:
    """On how many batches, and what is exact."""
    spectrum = section(config, "paths.spectrum")
    return "" if spectrum is None else (
        f"{number(spectrum['batches'])} batches of {number(spectrum['batch_size'])} training images, batch norm "
        f"in eval mode. The sums are exact; the energy is estimated with {number(spectrum['sign_draws'])} random signs "
        "for each image and block, and so has a standard error of its own."
    )  # fmt: skip


def finding(rows: pl.DataFrame) -> str | None:
    """Where the gradient lies when paths are added as vectors, and whether they align, at the last epoch measured."""
    last = rows.filter(pl.col("measured_at") == "input", pl.col("epoch") == pl.col("epoch").max().over("network"))
    said = []
    for (network,), part in last.sort("network", "seed", "path_length").group_by("network", maintain_order=True):
        low, high = part.select(pl.min("summed_low"), pl.max("summed_high")).row(0)
        said.append(f"{max(low, 0):.1f} to {high:.1f} blocks in {network}{_in_paper_lengths(part)}{_alignment(part)}")
    return f"Added as vectors, paths carry the gradient at lengths of {'; '.join(said)}." if said else None


def _in_paper_lengths(rows: pl.DataFrame) -> str:
    """How much of the summed norms the paper's lengths hold, for a network of its size."""
    if int(rows["path_length"].max()) != BLOCKS:  # type: ignore[arg-type]
        return ""
    inside = rows.filter(pl.col("path_length").is_between(*EFFECTIVE_LENGTHS))
    share = float(inside["summed_contribution"].sum()) / rows["seed"].n_unique()
    return f", where the paper's {EFFECTIVE_LENGTHS[0]} to {EFFECTIVE_LENGTHS[1]} hold {share:.0%} of the summed norms"


def _alignment(rows: pl.DataFrame) -> str:
    """How paths of one length stand to each other in the window, where known; the ends are single paths."""
    inside = pl.col("path_length").is_between(pl.col("summed_low"), pl.col("summed_high"))
    single = pl.col("path_length").is_in([0, int(rows["path_length"].max())])  # type: ignore[arg-type]
    known = rows.filter(inside & ~single & pl.col("coherence_known"))["coherence"].drop_nulls()
    if known.is_empty():
        return ""
    least, most = float(known.min()), float(known.max())  # type: ignore[arg-type]
    return f", and there paths of one length {_standing(least, most)} (coherence {least:.2g} to {most:.2g})"


def _standing(least: float, most: float) -> str:
    if least > ALIGNED:
        return "align"
    if most < CANCELLED:
        return "cancel"
    near = least >= CANCELLED and most <= ALIGNED
    return "are as good as independent" if near else "neither all align nor all cancel"


def table(rows: pl.DataFrame) -> pl.DataFrame:
    """The windows of either weighting, and the check of random signs by sampled paths, at every moment."""
    ratio = pl.when(pl.col("rms_norm") > 0).then(pl.col("sampled_rms_norm") / pl.col("rms_norm"))
    found = rows.filter(measured_at="input").group_by("network", "seed", "epoch").agg(
        *(pl.first(column).round(1).alias(word) for column, word in WINDOWS.items()),
        pl.col("coherence").filter("coherence_known").max().round(2).alias("largest coherence that is known"),
        ratio.median().round(2).alias("root mean square, sampled over all paths (median)"),
    )  # fmt: skip
    named = found.sort("network", "seed", "epoch").with_columns(
        pl.col("epoch").map_elements(at_epoch, return_dtype=pl.String).alias("epoch")
    )
    return few(named.rename({"epoch": "measured"}))


WINDOWS = {
    "summed_low": "norm of the sum, mean − 2 sd", "summed_high": "mean + 2 sd",
    "window_low": "number × mean norm, mean − 2 sd", "window_high": "number × mean norm, mean + 2 sd",
}  # fmt: skip
