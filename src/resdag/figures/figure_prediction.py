"""Does equation 8 predict figure 5a? (beyond the paper)

Left, the error over the number of deleted blocks, and what it would be if it were as much nearer to chance as the
weight of the paths left is smaller.  Right, the same errors over the share of that weight: the prediction is a
straight line from the intact error, all paths there, to chance, none left.
"""

import altair as alt
import polars as pl

from resdag.figures.theme import (
    GREY,
    OKABE_ITO,
    Panel,
    Style,
    ceiling,
    colour,
    dash,
    error_axis,
    finish,
    finite,
    index_axis,
    names,
    panel_width,
    seed_opacity,
    shape,
)
from resdag.figures.words import Config, counted, few, in_percent, number, section, spoken

VIEW = "figure_prediction"
ORDER = 180
PAPER = None
CLAIMS = ("predicted_error",)
ESSENTIAL = ("delete_random",)
STUDY_HAS = ("paths.*.networks",)
TITLE = "Figure 5a, predicted from the paths that are left"
CAPTION = (
    "Left: test error over the number of blocks deleted at random, the mean over draws and the middle 90 % of them, "
    "and the error that equation 8 predicts from the trained network's gradients alone, with no parameter fitted: "
    "intact error + (chance − intact error) × (1 − share), where the share of paths left is the mean over path "
    "lengths of equation 8. A length weighs as much as the energy of its paths, or their number times the mean norm "
    "of sampled ones (the paper's figure 6c), or their number. Right: the measured mean error over each of these "
    "shares; the prediction is the straight line."
)
WEIGHTS = {"energy": "paths by their energy", "norm": "by number × mean norm (paper)", "alike": "all alike"}
MEASURED = "measured"
COLOURS = (GREY, *OKABE_ITO[:3])


def draw(frame: pl.DataFrame, style: Style) -> alt.TopLevelMixin:
    """The chart of the view's rows: two panels for each network."""
    rows = finite(frame, "mean", "predicted").sort("network", "seed", "weights", "count")
    rows = rows.with_columns(kind=pl.col("weights").replace_strict(WEIGHTS))
    used = [kind for kind in WEIGHTS.values() if kind in set(rows["kind"])]
    top = ceiling(rows, "q95", "predicted", "chance")
    width, networks = panel_width(style, 2), names(rows)
    lines = []
    for name in networks:
        part = rows.filter(network=name)
        panels = [_by_count(part, used, top), _by_share(part, used, top)]
        line = alt.hconcat(*(panel.properties(width=width, height=style.height) for panel in panels), spacing=24)
        lines.append(line.properties(title=name) if len(networks) > 1 else line)
    return finish(lines[0] if len(lines) == 1 else alt.vconcat(*lines, spacing=24), style)


def _by_count(rows: pl.DataFrame, used: list[str], top: float) -> Panel:
    """Measured and predicted errors over the number of blocks deleted."""
    last = int(rows["count"].max())  # type: ignore[arg-type]
    x, y = index_axis("count", (0, last), "blocks deleted"), error_axis("error", (0, top))
    kinds, of = [MEASURED, *used], ("network", "seed", "count")
    measured = rows.select(*of, "q05", "q95", error="mean", kind=pl.lit(MEASURED)).unique().sort(of)
    predicted = rows.select(*of, "share", "kind", error="predicted")
    opacity = seed_opacity(rows)
    band = alt.Chart(measured).mark_area(style="grey", opacity=0.25 * opacity).encode(x=x, y=alt.Y("q05:Q"), y2="q95:Q")
    dots = (
        alt.Chart(measured)
        .mark_point(filled=True, style="grey", size=30, opacity=opacity)
        .encode(x=x, y=y, tooltip=_tooltip())
    )
    curves = alt.Chart(pl.concat([measured, predicted], how="diagonal")).mark_line(opacity=opacity).encode(
        x=x, y=y, color=colour("kind", kinds, colours=COLOURS), strokeDash=dash("kind", kinds), detail="seed:N",
    )  # fmt: skip
    return alt.layer(band.encode(detail="seed:N"), curves, dots)


def _by_share(rows: pl.DataFrame, used: list[str], top: float) -> Panel:
    """Measured errors over the share of paths left, and the lines that they would lie on."""
    axis = alt.Axis(format="~%", tickCount=6)
    x = alt.X("share:Q", title="paths left", axis=axis, scale=alt.Scale(domain=[1.02, -0.02], nice=False))
    y, opacity = error_axis("mean", (0, top)), seed_opacity(rows)
    ends = rows.select("seed", "intact_error", "chance").unique().sort("seed")
    corners = {"intact_error": 1.0, "chance": 0.0}
    line = pl.concat(ends.select("seed", mean=name, share=pl.lit(share)) for name, share in corners.items())
    straight = alt.Chart(line).mark_line(style="grey", strokeWidth=1.2, opacity=opacity)
    points = alt.Chart(rows).mark_point(filled=True, size=36, opacity=max(0.6, opacity)).encode(
        x=x, y=y, color=colour("kind", [MEASURED, *used], colours=COLOURS), tooltip=_tooltip("weights", "predicted"),
        shape=shape("kind", used).legend(None),
    )  # fmt: skip
    return alt.layer(straight.encode(x=x, y=y, detail="seed:N"), points)


def _tooltip(*more: str) -> list[alt.Tooltip]:
    shown = {"weights": alt.Tooltip("kind:N", title="weights"), "predicted": alt.Tooltip("predicted:Q", format=".2%")}
    error = "mean" if more else "error"
    return [
        alt.Tooltip("network:N"), alt.Tooltip("seed:Q"), alt.Tooltip("count:Q", title="blocks deleted"),
        *([alt.Tooltip("share:Q", title="paths left", format=".2%")] if more else []),
        alt.Tooltip(f"{error}:Q", title="mean error", format=".2%"), *(shown[name] for name in more),
    ]  # fmt: skip


def method(config: Config) -> str:
    """From which measurements the prediction comes, and what is not in it."""
    spectrum, random = section(config, "paths.spectrum"), section(config, "lesions.random")
    if random is None:
        return ""
    energies = "" if spectrum is None else (
        "the energies those of the exact spectrum of the trained network at the input image, mean over "
        f"{number(spectrum['batches'])} batches, "
    )  # fmt: skip
    return (
        f"Nothing more is measured: the errors are those of figure 5a, {energies}and the norms those of figure 6c. "
        "Chance is 1 − 1 / classes. The weights are those of the intact network's gradients: what deletions do to the "
        "paths that they leave is not in the prediction."
    )


def finding(rows: pl.DataFrame) -> str | None:
    """How far the best founded prediction is from what was measured."""
    said = []
    for (network,), part in rows.filter(pl.col("count") > 0).sort("network").group_by("network", maintain_order=True):
        kind = next(kind for kind in WEIGHTS if kind in set(part["weights"]))
        chosen = part.filter(weights=kind).with_columns(off=pl.col("predicted") - pl.col("mean"))
        (off,) = chosen.select((pl.col("off") ** 2).mean().sqrt()).row(0)
        at = chosen.sort(pl.col("off").abs(), "count", "seed", descending=[True, False, False]).row(0, named=True)
        said.append(
            f"{100 * off:.1f} points in {network}, {WEIGHTS[kind]}, and furthest at {counted(at['count'], 'block')}, "
            f"where it says {100 * at['predicted']:.1f} % and {100 * at['mean']:.1f} % were measured"
        )
    return f"The prediction is off, root mean square, by {spoken(said)}." if said else None


def table(rows: pl.DataFrame) -> pl.DataFrame:
    """How far off each prediction is, by network and way to weigh paths."""
    off = pl.col("predicted") - pl.col("mean")
    deleted = rows.filter(pl.col("count") > 0).with_columns(pl.col("weights").replace_strict(WEIGHTS))
    found = deleted.group_by("network", "weights").agg(
        pl.max("count").alias("blocks deleted, at most"),
        in_percent((off**2).mean().sqrt()).alias("off, root mean square (points)"),
        in_percent(off.mean()).alias("off, mean (points)"),
    )  # fmt: skip
    return few(found.sort("network", "off, root mean square (points)"))
