"""What do figures 3 and 4 share: the error of a network without one of its blocks?

Panel one has the errors of all networks on the axis of the paper, from 0 to 1.  A
residual network hardly leaves its intact error there, so a second panel magnifies
the change for the residual networks; the paper has only the first.
"""

import altair as alt
import polars as pl

from resdag.figures.theme import (
    GREY,
    PALE,
    Panel,
    Style,
    colour,
    dash,
    error_axis,
    finish,
    finite,
    grid,
    index_axis,
    names,
    panel_width,
    seed_opacity,
    shape,
)  # fmt: skip

KINDS = ("block keeps its shape", "block changes shape")
WITHOUT_SKIPS = ("vgg", "plain")
PANEL_LIMIT = 4
"""More networks than this get a panel each."""


def draw_single_deletions(frame: pl.DataFrame, style: Style) -> alt.TopLevelMixin:
    """Error, and change of error, over the index of the deleted block."""
    rows = (
        finite(frame, "error")
        .sort("network", "seed", "block")
        .with_columns(kind=_kind(), area=pl.when("changes_shape").then(90).otherwise(16))
    )
    domain = names(rows)
    groups = [domain] if len(domain) <= PANEL_LIMIT else [[name] for name in domain]
    columns = min(2, len(groups))
    panels = [
        _errors(rows.filter(pl.col("network").is_in(group)), domain, panel_width(style, columns), style)
        for group in groups
    ]
    residual = rows.filter(~pl.col("architecture").is_in(WITHOUT_SKIPS)).drop_nulls("change")
    parts = [grid(panels, columns)]
    if residual.height:
        parts.append(_changes(residual, domain, style))
    return finish(alt.vconcat(*parts, spacing=28) if len(parts) > 1 else parts[0], style)


def _kind() -> pl.Expr:
    return pl.when("changes_shape").then(pl.lit(KINDS[1])).otherwise(pl.lit(KINDS[0]))


def _errors(rows: pl.DataFrame, domain: list[str], width: int, style: Style) -> Panel:
    x, y = _blocks(rows), error_axis("error", (0, 1))
    base = alt.Chart(rows).encode(x=x, color=colour("network", domain), detail="seed:N")
    band = base.mark_area(opacity=0.18).encode(y=alt.Y("low:Q"), y2="high:Q")
    line = base.mark_line(opacity=seed_opacity(rows)).encode(y=y, strokeDash=dash("network", domain))
    intact = alt.Chart(_intact(rows)).mark_rule(strokeDash=[1, 3], strokeWidth=1.4)
    reference = intact.encode(y="intact_error:Q", color=colour("network", domain))
    return alt.layer(_boundaries(rows), band, reference, line, _points(base, rows).encode(y=y)).properties(
        width=width, height=style.height
    )


def _changes(rows: pl.DataFrame, domain: list[str], style: Style) -> Panel:
    axis = alt.Axis(labelExpr="(datum.value > 0 ? '+' : '') + format(100 * datum.value, '~r')", tickCount=5)
    y = alt.Y("change:Q", title="change (points)", axis=axis)
    base = alt.Chart(rows).encode(x=_blocks(rows), color=colour("network", domain), detail="seed:N", y=y)
    line = base.mark_line(opacity=seed_opacity(rows)).encode(strokeDash=dash("network", domain))
    zero = alt.Chart().mark_rule(color=GREY).encode(y=alt.datum(0))
    return alt.layer(_boundaries(rows), zero, line, _points(base, rows)).properties(
        width=style.width, height=style.height // 2, title="Residual networks, magnified"
    )


def _points(base: alt.Chart, rows: pl.DataFrame) -> alt.Chart:
    """One point a block; the blocks that change shape stand out."""
    size = alt.Size("area:Q", scale=None)
    point = base.mark_point(filled=True, opacity=min(1.0, 1.3 * seed_opacity(rows)))
    return point.encode(shape=shape("kind", KINDS, shapes=("circle", "diamond")), size=size, tooltip=_tooltip(rows))


def _tooltip(rows: pl.DataFrame) -> list[alt.Tooltip]:
    return [
        alt.Tooltip("network:N"), alt.Tooltip("seed:Q"), alt.Tooltip("block:Q", title="deleted block"),
        alt.Tooltip("stage:Q"), alt.Tooltip("kind:N", title="block"),
        alt.Tooltip("error:Q", format=".2%"), alt.Tooltip("low:Q", format=".2%"), alt.Tooltip("high:Q", format=".2%"),
        alt.Tooltip("change:Q", format="+.2%"), alt.Tooltip("p_holm:Q", title="p (McNemar, Holm)", format=".2g"),
    ]  # fmt: skip


def _intact(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.select("network", "seed", "intact_error").unique().sort("network", "seed").drop_nulls()


def _boundaries(rows: pl.DataFrame) -> alt.Chart:
    """Thin vertical lines at the residual blocks that change shape."""
    residual = ~pl.col("architecture").is_in(WITHOUT_SKIPS)
    blocks = rows.filter(residual & pl.col("changes_shape")).select("block").unique().sort("block")
    return alt.Chart(blocks).mark_rule(color=PALE, strokeDash=[3, 3]).encode(x="block:Q")


def _blocks(rows: pl.DataFrame) -> alt.X:
    last = int(rows["block"].max())  # type: ignore[arg-type]
    return index_axis("block", (-0.5, last + 0.5), "index of the deleted block or layer")
