"""Does a random residual network forget its input slowly, and does theory say how slowly? (beyond the paper)

Curves are the recursion, points the means over simulated networks with bars of three standard errors.  On top the
cosine of two inputs, both axes logarithmic: a power law is a straight line.  Below, the mean square of the state and
the growth of the gradient.  Layers are thinned to so many a decade; the claims are judged on all.
"""

from math import ceil, floor, log, log10, pi, sqrt
from typing import Any

import altair as alt
import polars as pl

from resdag.figures.theme import Panel, Style, colour, dash, finish, finite, shape
from resdag.figures.words import Config, number, percent, section

VIEW = "figure_mean_field"
ORDER = 200
PAPER = None
ESSENTIAL = ("iterate_mean_field",)
TITLE = "Random networks at initialisation against the mean-field recursion"
CAPTION = (
    "Random tanh networks: plain x' = tanh(Wx + b), residual x' = x + tanh(Wx + b), full x' = x + V tanh(Wx + b) + a. "
    "Lines: the recursion for infinite width (Yang and Schoenholz 2017); points: means over simulated networks, with "
    "bars of three standard errors. Top: cosine of the states of two inputs. Bottom: mean square of a state, and mean "
    "squared gradient at the input over that at the layer. Grey dashes: the residual network's limiting laws, l to "
    "the power 2/π − 1 for the cosine and exp(4/3 √(2/π) σw √l) for the gradient, each through the last layer shown. "
    "W and V have standard deviation σ over the root of the width, b and a σ."
)

SYSTEMS = ("plain", "residual", "full")
CURVE, POINTS = 24, 6  # layers drawn for each factor of ten
ERRORS = 3


def draw(frame: pl.DataFrame, style: Style) -> alt.TopLevelMixin:
    """The chart of the view's rows: cosine on top, power and gradient below."""
    rows = finite(frame).sort("system", "quantity", "layer")
    rows = rows.filter(pl.col("layer") > 0).with_columns(
        low=pl.col("simulated") - ERRORS * pl.col("standard_error"),
        high=pl.col("simulated") + ERRORS * pl.col("standard_error"),
    )
    half = (style.width - 70) // 2
    top = _panel(rows, "cosine", "cosine of two inputs", _power_law(rows)).properties(width=style.width)
    power = _panel(rows, "power", "mean square of a state").properties(width=half)
    gradient = _gradient(rows).properties(width=half)
    lower = alt.hconcat(power, gradient, spacing=24).resolve_scale(color="shared")
    heading = alt.TitleParams(_facts(frame), fontSize=style.font_size, fontWeight="normal")
    return finish(alt.vconcat(top.properties(height=style.height), lower, spacing=24).properties(title=heading), style)


def _facts(frame: pl.DataFrame) -> str:
    """The parameters, in a line: sigma_w = 2, ... width 2,000, 20 random networks of each system."""
    sigmas = frame.select(pl.max("sigma_w", "sigma_b", "sigma_v", "sigma_a")).row(0)
    said = [f"σ{name} = {value:g}" for name, value in zip("wbva", sigmas, strict=True) if value is not None]
    width, draws = frame.select(pl.max("width", "draws")).row(0)
    simulated = f"; {draws:,} simulated networks of each system, width {width:,}" if draws else ""
    return ", ".join(said) + simulated


def _thinned(rows: pl.DataFrame, decade: int) -> pl.DataFrame:
    """About so many layers for each factor of ten: the first of each step of the logarithm."""
    step = (pl.col("layer").log10() * decade).floor()
    return rows.filter(step.is_first_distinct().over("system", "quantity") | (pl.col("layer") == pl.max("layer")))


def _panel(rows: pl.DataFrame, quantity: str, title: str, *guides: alt.Chart) -> Panel:
    """Both axes logarithmic; what is not above 0 has no place there."""
    chosen = rows.filter((pl.col("quantity") == quantity) & (pl.col("theory") > 0))
    simulated = _thinned(chosen.drop_nulls("simulated").filter(pl.col("simulated") > 0), POINTS)
    drawn = [value for name in ("theory", "simulated", "high") for value in chosen[name].drop_nulls()]
    ends = min([value for value in drawn if value > 0]) / 1.2, max(drawn) * 1.1
    simulated = simulated.with_columns(pl.col("low").clip(lower_bound=ends[0]))
    last = int(rows["layer"].max())  # type: ignore[arg-type]
    x = alt.X(
        "layer:Q", title="layer", axis=alt.Axis(format=",d", values=_round_numbers(1, last)),
        scale=alt.Scale(type="log", domain=[1, last], nice=False),
    )  # fmt: skip
    scale = alt.Scale(type="log", domain=list(ends), nice=False, clamp=True)
    y = alt.Y("theory:Q", title=title, axis=alt.Axis(format=",~g", values=_round_numbers(*ends)), scale=scale)
    return _layers(_thinned(chosen, CURVE), simulated, x, y, *guides)


def _round_numbers(low: float, high: float) -> list[float]:
    """Ticks of a logarithmic axis: powers of ten, with 2 and 5 between them where there are few."""
    leads = (1.0,) if high / low > 100 else (1.0, 2.0, 5.0)
    decades = range(floor(log10(low)), ceil(log10(high)) + 1)
    ticks = [float(f"{lead}e{decade}") for decade in decades for lead in leads]
    return [tick for tick in ticks if low <= tick <= high]


def _gradient(rows: pl.DataFrame) -> Panel:
    """The logarithm of the gradient against the layer, as deep as simulated, or everything."""
    chosen = rows.filter(quantity="log10_gradient")
    simulated = chosen.drop_nulls("simulated")
    last = int((simulated if simulated.height else chosen)["layer"].max())  # type: ignore[arg-type]
    chosen = chosen.filter(pl.col("layer") <= last)
    x = alt.X("layer:Q", title="layer", axis=alt.Axis(tickCount=4), scale=alt.Scale(domain=[0, last], nice=False))
    y = alt.Y("theory:Q", title="growth of squared gradient (log10)", axis=alt.Axis(tickCount=5))
    return _layers(_thinned(chosen, CURVE), _thinned(simulated, POINTS), x, y, _root_law(chosen))


def _layers(theory: pl.DataFrame, simulated: pl.DataFrame, x: alt.X, y: alt.Y, *guides: alt.Chart) -> Panel:
    curve = alt.Chart(theory).mark_line(strokeWidth=1.6)
    curve = curve.encode(x=x, y=y, color=colour("system", SYSTEMS, "circle"), strokeDash=dash("system", SYSTEMS, None))
    base = alt.Chart(simulated).encode(x=x, color=colour("system", SYSTEMS, "circle"))
    bars = base.mark_rule(strokeWidth=1.2).encode(y=alt.Y("low:Q"), y2="high:Q")
    points = base.mark_point(filled=True, size=34, opacity=1).encode(
        y=alt.Y("simulated:Q"), shape=shape("system", SYSTEMS), tooltip=_tooltip()
    )
    return alt.layer(*guides, curve, bars, points)


def _power_law(rows: pl.DataFrame) -> alt.Chart:
    """l^(2/pi - 1) through the last layer of the residual recursion."""
    cosine = rows.filter((pl.col("system") == "residual") & (pl.col("quantity") == "cosine"))
    law = _thinned(cosine, CURVE).with_columns(
        law=pl.col("theory").last() * (pl.col("layer") / pl.col("layer").last()) ** (2 / pi - 1)
    )
    return _guide(law.filter(pl.col("law") <= 1))


def _root_law(rows: pl.DataFrame) -> alt.Chart:
    """(4/3) sqrt(2/pi) sigma_w sqrt(l), as a base-10 logarithm, through the last layer of the residual recursion."""
    gradient = _thinned(rows.filter(system="residual"), CURVE)
    per_root = 4 / 3 * sqrt(2 / pi) * pl.col("sigma_w") / log(10)
    roots = pl.col("layer").sqrt() - pl.col("layer").last().sqrt()
    return _guide(gradient.with_columns(law=pl.col("theory").last() + per_root * roots).filter(pl.col("law") >= 0))


def _guide(law: pl.DataFrame) -> alt.Chart:
    chart = alt.Chart(law.select("layer", "law")).mark_line(style="grey", strokeDash=[4, 4], strokeWidth=1.2)
    return chart.encode(x="layer:Q", y="law:Q")


def _tooltip() -> list[alt.Tooltip]:
    return [
        alt.Tooltip("system:N"), alt.Tooltip("layer:Q"), alt.Tooltip("theory:Q", title="recursion", format=".4~g"),
        alt.Tooltip("simulated:Q", format=".4~g"), alt.Tooltip("standard_error:Q", title="SE", format=".2~g"),
        alt.Tooltip("deviation:Q", title="deviation (SE)", format="+.2f"), alt.Tooltip("draws:Q", title="networks"),
    ]  # fmt: skip


MATRICES = {
    "formed": "each weight matrix drawn in full",
    "conditioned": "of each weight matrix only its products with the vectors at hand, by their exact joint law",
}


def method(config: Config) -> str:
    """How random networks were drawn, and of what the recursion speaks."""
    drawn = section(config, "mean_field")
    return "" if drawn is None else (
        f"{number(drawn['draws'])} random networks of each system, width {number(drawn['width'])}, "
        f"{number(drawn['depth'])} layers, {MATRICES[drawn['matrices']]}. Inputs have mean square 1 and cosine "
        f"{drawn['cosine']:g}. The recursion is iterated for {number(drawn['theory_depth'])} layers, its integrals "
        "by quadrature. Neighbouring layers deviate together. The recursion is of infinite width: finite networks "
        "leave it as depth nears width. All of this is about tanh networks at initialisation, without batch norm."
    )  # fmt: skip


def finding(rows: pl.DataFrame) -> str | None:
    """Whether plain and residual chains tell two inputs apart at their ends, and how simulations agree with that."""
    ends = {row["system"]: row for row in _ends(rows)}
    said = [f"{row['cosine']:.3f} in a {system} chain" for system, row in ends.items()]
    known = rows.drop_nulls("deviation")["deviation"].abs()
    near = "" if known.is_empty() else (
        f"; {percent(float((known <= ERRORS).mean() or 0), 1)} of {len(known):,} simulated means lie within three "  # type: ignore[arg-type]
        "standard errors of the recursion"
    )  # fmt: skip
    deep = max(row["layer"] for row in ends.values())
    return f"By the recursion, the cosine of two inputs is, at layer {deep:,}, {', '.join(said)}{near}."


def _ends(rows: pl.DataFrame) -> list[dict[str, Any]]:
    """Each system at its last layer: the recursion's cosine and growth of the gradient."""
    last = rows.filter(pl.col("layer") == pl.col("layer").max().over("system"))
    wide = last.pivot("quantity", index=["system", "layer"], values="theory")
    order = pl.col("system").replace_strict({name: place for place, name in enumerate(SYSTEMS)})
    return wide.sort(order).to_dicts()


def table(rows: pl.DataFrame) -> pl.DataFrame:
    """Each system: the recursion at its last layer, and the largest deviation of the simulation."""
    ends = pl.DataFrame(_ends(rows))
    deviation = pl.col("deviation").abs()
    found = rows.group_by("system").agg(
        pl.max("draws").alias("networks simulated"),
        (deviation <= ERRORS).mean().mul(100).round(1).alias("within three standard errors (%)"),
        deviation.max().round(1).alias("farthest (standard errors)"),
    )  # fmt: skip
    columns = {"cosine": "cosine", "log10_gradient": "growth of the squared gradient (log10)"}
    shown = ends.select("system", "layer", *(pl.col(name).round(3).alias(word) for name, word in columns.items()))
    return shown.join(found, on="system", maintain_order="left")
