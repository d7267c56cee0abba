"""Does figure 6 hold when all paths of a length are added, as vectors? (beyond the paper)

Three rows of panels, a column for each moment of training, all for the gradient at the input, of one network at a time:
the one with most blocks until the reader chooses another.  Norms: the paper's mean over sampled paths, the
root-mean-square over all paths, the sum of all paths.  Contributions: the paper's, and those of the exact sums.
Coherence: whether paths of one length align.
"""

from collections.abc import Callable

import altair as alt
import polars as pl

from resdag.figures.path_panels import moment
from resdag.figures.theme import (
    OKABE_ITO,
    Panel,
    Style,
    colour,
    dash,
    finish,
    finite,
    panel_width,
    seed_opacity,
    seed_shape,
)
from resdag.figures.words import Config, at_epoch, few, number, percent, section, spoken
from resdag.paper import BLOCKS, EFFECTIVE_LENGTHS
from resdag.queries.spelling import number as spelled

VIEW = "figure_spectrum"
ORDER = 101
PAPER = None
CLAIMS = ("summed_window",)
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


def draw(frame: pl.DataFrame, style: Style) -> alt.TopLevelMixin:
    """The chart of the view's rows, at the input: three rows of panels, of the network that the reader chooses."""
    order = ("network", "epoch", "seed", "path_length")
    at_input = frame.filter(measured_at="input")
    rows = finite(at_input.drop("study", "measured_at").with_columns(_log10(*NORMS)).sort(order))
    rows = rows.with_columns(column=_column(rows))
    networks = rows.sort(-pl.col("path_length"), "network")["network"].unique(maintain_order=True).to_list()
    lines = [
        alt.hconcat(*_line(rows, kind, style, several=len(networks) > 1), spacing=24).resolve_scale(y="shared")
        for kind in (_norms, _shares, _coherence)
    ]
    chart = alt.vconcat(*lines, spacing=14).resolve_scale(color="independent", strokeDash="independent")
    return finish(_chosen(chart, networks) if len(networks) > 1 else chart, style)


def _chosen(chart: alt.VConcatChart, networks: list[str]) -> alt.VConcatChart:
    """The network shown stands in the title; the reader chooses another from a list."""
    choice = alt.binding_select(options=networks, name="network ")
    shown = alt.param(name=SHOWN, value=networks[0], bind=choice)
    return chart.add_params(shown).properties(title=alt.TitleParams(alt.ExprRef(SHOWN)))


def _of_shown(panel: Panel) -> Panel:
    """The panel, each layer cut to the network shown: a layer with rows of its own heeds no filter above it."""
    panel = panel.copy()
    panel.layer = [layer.transform_filter(f"datum.network === {SHOWN}") for layer in panel.layer]
    return panel


SHOWN = "network_shown"


def _column(rows: pl.DataFrame) -> pl.Expr:
    """The moment of training, as a column of panels: the last one of every network stands in one column."""
    last = rows.filter(pl.col("epoch") == pl.col("epoch").max().over("network"))["epoch"].unique()
    name = at_epoch(last[0]) if len(last) == 1 else "at the end of training"
    end = pl.col("epoch") == pl.col("epoch").max().over("network")
    return pl.when(end).then(pl.lit(name)).otherwise(moment())


def _log10(*columns: str) -> list[pl.Expr]:
    """Base-10 logarithms of the columns and of the ends of their intervals; null where a norm is 0."""
    ends = [f"{column}{end}" for column in columns for end in ("", "_low", "_high")]
    return [pl.when(pl.col(end) > 0).then(pl.col(end)).log10().alias(end) for end in ends]


def _line(
    rows: pl.DataFrame, kind: Callable[[pl.DataFrame, pl.DataFrame], Panel], style: Style, several: bool
) -> list[Panel]:
    """A panel for each moment; the first line names them."""
    columns = rows.sort("epoch")["column"].unique(maintain_order=True).to_list()
    width, height = panel_width(style, len(columns)), round(0.75 * style.height)
    panels = []
    for name in columns:
        panel = kind(rows.filter(column=name), rows).properties(width=width, height=height)
        panel = _of_shown(panel) if several else panel
        panels.append(panel.properties(title=name) if kind is _norms else panel)
    return panels


def _long(rows: pl.DataFrame, kinds: dict[str, str]) -> pl.DataFrame:
    """One row for each kind of number: kind, value, low, high; without an interval where the rows have none."""
    parts = []
    for column, kind in kinds.items():
        ends = (f"{column}_low", f"{column}_high")
        low, high = ((pl.col(end) if end in rows.columns else pl.lit(None)).cast(pl.Float64) for end in ends)
        value = pl.col(column).cast(pl.Float64)
        of = ("network", "seed", "path_length")
        parts.append(rows.select(*of, kind=pl.lit(kind), value=value, low=low, high=high))
    return pl.concat(parts).drop_nulls("value")


def _curves(
    rows: pl.DataFrame, everything: pl.DataFrame, kinds: dict[str, str], y: alt.Y, number: str
) -> list[alt.Chart]:
    """A band, a line and points for each kind of number; the legend names those that there are."""
    domain = list(kinds.values())
    listed = [kind for column, kind in kinds.items() if everything[column].count()]
    hue = colour("kind", domain, listed=listed)
    base = alt.Chart(_long(rows, kinds)).encode(x=_x(), color=hue, detail="seed:N")
    tooltip = [
        alt.Tooltip("seed:Q"), alt.Tooltip("kind:N", title="what"), alt.Tooltip("path_length:Q", title="path length"),
        *(alt.Tooltip(f"{name}:Q", format=number) for name in ("value", "low", "high")),
    ]  # fmt: skip
    opacity = seed_opacity(everything)
    return [
        base.mark_area(opacity=0.18).encode(y=alt.Y("low:Q"), y2="high:Q"),
        base.mark_line(opacity=opacity).encode(y=y, strokeDash=dash("kind", domain, listed=listed)),
        base.mark_point(filled=True, size=14, opacity=opacity).encode(
            y=y, shape=seed_shape(everything), tooltip=tooltip
        ),
    ]


def _x() -> alt.X:
    """The lengths of the network shown."""
    scale = alt.Scale(nice=False, padding=4)
    return alt.X("path_length:Q", title="path length (blocks)", axis=alt.Axis(format="d", tickMinStep=1), scale=scale)


def _norms(rows: pl.DataFrame, everything: pl.DataFrame) -> Panel:
    scale = alt.Scale(nice=False, zero=False, padding=6)
    y = alt.Y("value:Q", title="gradient norm (log10)", axis=alt.Axis(format="~f", tickCount=6), scale=scale)
    return alt.layer(*_curves(rows, everything, NORMS, y, ".2f"))


def _shares(rows: pl.DataFrame, everything: pl.DataFrame) -> Panel:
    scale = alt.Scale(nice=False, padding=6)
    y = alt.Y("value:Q", title="share by length", axis=alt.Axis(format="~%", tickCount=6), scale=scale)
    return alt.layer(_rule(everything, 0.0), *_curves(rows, everything, SHARES, y, ".2~%"))


def _rule(everything: pl.DataFrame, level: float) -> alt.Chart:
    """A thin grey line, in the panel of every network."""
    lines = everything.select("network").unique().sort("network").with_columns(level=pl.lit(level))
    return alt.Chart(lines).mark_rule(style="grey", strokeDash=[4, 4]).encode(y=alt.Y("level:Q"))


def _coherence(rows: pl.DataFrame, everything: pl.DataFrame) -> Panel:
    """Coherence on a logarithmic axis: filled where it is known, hollow and grey where it is not."""
    scale = alt.Scale(type="log", nice=False, padding=10, domain=alt.DomainUnionWith(unionWith=[0.5, 2]))
    y = alt.Y("coherence:Q", title="coherence", axis=alt.Axis(format="~g", tickCount=6), scale=scale)
    columns = ("coherence_known", "coherence_low", "coherence_high", "energy_relative_se")
    living = rows.filter(pl.col("coherence") > 0).select("network", "seed", "path_length", "coherence", *columns)
    base = alt.Chart(living).encode(x=_x(), detail="seed:N")
    known, unknown = base.transform_filter("datum.coherence_known"), base.transform_filter("!datum.coherence_known")
    bars = known.mark_rule(strokeWidth=1.2, opacity=0.6, color=OKABE_ITO[0])
    filled = known.mark_point(filled=True, size=26, opacity=seed_opacity(everything), color=OKABE_ITO[0])
    hollow = unknown.mark_point(filled=False, size=26, strokeWidth=1, style="grey")
    shape = seed_shape(everything)
    return alt.layer(
        _rule(everything, 1.0),
        bars.encode(y=alt.Y("coherence_low:Q"), y2="coherence_high:Q"),
        filled.encode(y=y, shape=shape, tooltip=_tooltip()),
        hollow.encode(y=y, shape=shape, tooltip=_tooltip()),
    )


def _tooltip() -> list[alt.Tooltip]:
    return [
        alt.Tooltip("seed:Q"), alt.Tooltip("path_length:Q", title="path length"),
        *(alt.Tooltip(f"coherence{end}:Q", format=".3~g") for end in ("", "_low", "_high")),
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
    return f"Added as vectors, paths carry the gradient at lengths of {spoken(said)}." if said else None


def _in_paper_lengths(rows: pl.DataFrame) -> str:
    """How much of the summed norms the paper's lengths hold, for a network of its size."""
    if int(rows["path_length"].max()) != BLOCKS:  # type: ignore[arg-type]
        return ""
    inside = rows.filter(pl.col("path_length").is_between(*EFFECTIVE_LENGTHS))
    share = float(inside["summed_contribution"].sum()) / rows["seed"].n_unique()
    low, high = EFFECTIVE_LENGTHS
    return f", where the paper's {low} to {high} hold {percent(share, 0)} of the summed norms"


def _alignment(rows: pl.DataFrame) -> str:
    """How paths of one length stand to each other in the window, where known; the ends are single paths."""
    inside = pl.col("path_length").is_between(pl.col("summed_low"), pl.col("summed_high"))
    single = pl.col("path_length").is_in([0, int(rows["path_length"].max())])  # type: ignore[arg-type]
    known = rows.filter(inside & ~single & pl.col("coherence_known"))["coherence"].drop_nulls()
    if known.is_empty():
        return ""
    least, most = float(known.min()), float(known.max())  # type: ignore[arg-type]
    return f", and there paths of one length {_standing(least, most)} (coherence {spelled(least)} to {spelled(most)})"


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
