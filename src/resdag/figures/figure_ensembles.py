"""What is half of an ensemble worth: of networks trained apart, and of the paths of one network? (beyond the paper)

Left, the error over the number of members, whatever they are, on an axis of powers of two.  Right, the same curves
from their whole ensembles on, close up, as far as the networks trained apart can be halved.
"""

import altair as alt
import polars as pl

from resdag.figures.theme import (
    DASHES,
    Panel,
    Style,
    ceiling,
    colour,
    error_axis,
    finish,
    finite,
    index_axis,
    names,
    panel_width,
    shape,
)
from resdag.figures.words import Config, few, in_percent, listed, number, points, section, spoken

VIEW = "figure_ensembles"
ORDER = 170
PAPER = None
CLAIMS = ("explicit_ensemble",)
ESSENTIAL = ("average_ensembles",)
TITLE = "An explicit ensemble beside the paths of one network"
CAPTION = (
    "Left: test error over the number of members, as a power of two. Members are networks trained from different "
    "seeds, whose class probabilities are averaged, or the paths of one residual network that are left after blocks "
    "were deleted at random: each deletion halves them. Right: the change of the error each time the members are "
    "halved, from all networks and from the intact network, close up. Points are means over sets of seeds, or over "
    "draws and seeds; bands are the middle 90 % of them."
)
KINDS = ("networks", "paths")
FEWEST_HALVINGS = 2.0


def draw(frame: pl.DataFrame, style: Style) -> alt.TopLevelMixin:
    """The chart of the view's rows: the two panels, with all networks in both."""
    rows = finite(frame, "mean").sort("network", "kind", "log2_members")
    rows = rows.with_columns(
        series=pl.format("{}: {}", "network", "kind"),
        change=pl.col("mean") - pl.col("whole"),
        change_low=pl.col("q05") - pl.col("whole"), change_high=pl.col("q95") - pl.col("whole"),
    )  # fmt: skip
    series = names(rows, "series")
    panels = [_members(rows, series), _halvings(rows, series)]
    width = panel_width(style, 2)
    return finish(alt.hconcat(*(panel.properties(width=width, height=style.height) for panel in panels)), style)


def _members(rows: pl.DataFrame, series: list[str]) -> Panel:
    last = max([1.0, *rows["log2_members"]])
    x = index_axis("log2_members", (-0.03 * last, 1.03 * last), "members (log2)")
    y = error_axis("mean", (0, ceiling(rows, "q95")))
    return _curves(rows, series, x, y, ("q05", "q95"))


def _halvings(rows: pl.DataFrame, series: list[str]) -> Panel:
    """Close up: as many halvings as the networks allow, two at least."""
    most = max([FEWEST_HALVINGS, *rows.filter(kind="networks")["halvings"]])
    near = rows.filter(pl.col("halvings") <= most)
    ends = [value for name in ("change", "change_low", "change_high") for value in near[name]]
    low, high = min([0.0, *ends]), max([0.01, *ends])
    room = 0.04 * (high - low)
    whole = alt.Axis(format="d", values=list(range(int(most) + 1)))
    across = alt.Scale(domain=[-0.03 * most, 1.03 * most], nice=False)
    x = alt.X("halvings:Q", title="halvings of the number of members", axis=whole, scale=across)
    scale = alt.Scale(domain=[low - room, high + room], nice=False)
    axis = alt.Axis(labelExpr="(datum.value > 0 ? '+' : '') + format(100 * datum.value, '~r')", tickCount=6)
    y = alt.Y("change:Q", title="change of test error (points)", axis=axis, scale=scale)
    return _curves(near, series, x, y, ("change_low", "change_high"))


def _curves(rows: pl.DataFrame, series: list[str], x: alt.X, y: alt.Y, band: tuple[str, str]) -> Panel:
    """A colour for each network and kind; lines of paths are dashed."""
    low, high = band
    base = alt.Chart(rows).encode(x=x, color=colour("series", series, ""))
    lines = [
        base.transform_filter(alt.datum.kind == kind).mark_line(strokeDash=dashes).encode(y=y)
        for kind, dashes in zip(KINDS, DASHES, strict=False)
    ]
    points = base.mark_point(filled=True, size=42, opacity=1)
    return alt.layer(
        base.mark_area(opacity=0.18).encode(y=alt.Y(f"{low}:Q"), y2=f"{high}:Q"),
        *lines,
        points.encode(y=y, shape=shape("series", series), tooltip=_tooltip()),
    )


def _tooltip() -> list[alt.Tooltip]:
    return [
        alt.Tooltip("series:N", title="members"), alt.Tooltip("log2_members:Q", title="members (log2)", format=".2~f"),
        alt.Tooltip("halvings:Q", format=".2~f"), alt.Tooltip("sets:Q", title="ensembles measured"),
        *(alt.Tooltip(f"{name}:Q", format=".2%") for name in ("mean", "q05", "q95")),
        alt.Tooltip("change:Q", format="+.2%"), alt.Tooltip("disagreement:Q", format=".2%"),
    ]  # fmt: skip


def method(config: Config) -> str:
    """Which networks were averaged, and what a difference cannot tell."""
    ensembles = section(config, "ensembles")
    return "" if ensembles is None else (
        f"Seeds of {listed(ensembles['networks'])}, {listed(ensembles['members'])} at a time: every set of them, or "
        f"{number(ensembles['draws'])} random ones where there are more. Probabilities after the softmax are averaged. "
        "An average loses nothing but a member; a deletion also changes what the blocks behind it are fed, so a "
        "difference can be either that paths are no members or that this harms those that are left."
    )  # fmt: skip


def finding(rows: pl.DataFrame) -> str | None:
    """What the first halving costs, of networks and of paths."""
    halved = rows.filter(pl.col("halvings") > 0).sort("network", "kind", "halvings")
    said = []
    for (network, kind), part in halved.group_by("network", "kind", maintain_order=True):
        first = part.row(0, named=True)
        each = (first["mean"] - first["whole"]) / first["halvings"]
        said.append(f"the {kind} of {network} {points(each)}")
    return f"In test error, to halve the number of members once costs {spoken(said, listed)}." if said else None


def table(rows: pl.DataFrame) -> pl.DataFrame:
    """Error with all members and with the fewest."""
    ends = rows.filter(
        pl.col("halvings").is_in([0.0, 1.0]) | (pl.col("halvings") == pl.col("halvings").max().over("network", "kind"))
    )
    return few(
        ends.sort("network", "kind", "halvings").select(
            "network", pl.col("kind").alias("members"), pl.col("log2_members").round(2).alias("members (log2)"),
            pl.col("halvings").round(2), pl.col("sets").alias("ensembles measured"),
            in_percent("mean").alias("mean error (%)"), in_percent("disagreement").alias("disagreement of two (%)"),
        )
    )  # fmt: skip
