"""Do random networks follow the mean-field recursion, and does their cosine fall as its theory says?

Layers of one network hang together: an excursion of it lasts for many layers, so a count of layers near the recursion
would pass a bias of two standard errors everywhere.  Each network gives one number for each quantity instead: how
far it lies from the recursion over all its layers.  Their means over networks have intervals that hold together
(Hotelling), which have to lie within a margin: agreement is shown, not left unrefuted.

The exponent of the cosine is that of the simulated networks, one slope a network; the slope of the recursion would only
say what theory says of itself.
"""

from math import isnan, pi
from typing import TYPE_CHECKING

from resdag.claims._shared import Margin, rising
from resdag.config.base import Count
from resdag.config.claim import Claim, Threshold
from resdag.queries.spelling import number
from resdag.queries.verdicts import Evidence, Finding, Verdict, found, inside, most, not_run, open_for

if TYPE_CHECKING:
    pass

RATIO = Threshold(
    "mean_field_ratio", Margin, 0.1,
    "Over the layers, simulated random networks differ from the recursion by less than this share of it: in mean "
    "square, cosine, and growth of the gradient's logarithm.",
)  # fmt: skip
LAYERS = Threshold(
    "mean_field_layers", rising(Count), (300, 1500),
    "Layers over which the exponent of the simulated networks' cosine is fitted.",
)  # fmt: skip
EXPONENT_MARGIN = Threshold(
    "mean_field_margin", Margin, 0.03, "The fitted exponent differs from 2/pi - 1 by less than this."
)
EXPONENT = 2 / pi - 1  # Yang and Schoenholz 2017: of the cosine in a residual network
QUANTITIES = {"power": "mean square", "cosine": "cosine", "gradient": "growth of the gradient"}
# Of each network: the mean ratio of simulated and recursion over its layers less 1; for the gradient, which grows
# over tens of decades, the factor between their logarithms (a line through the origin) less 1.
_OF_NETWORKS = """
    SELECT system, draw, avg(drawn.power / theory.power) - 1 AS power, avg(drawn.cosine / theory.cosine) - 1 AS cosine,
      sum(drawn.log10_gradient * theory.log10_gradient) / sum(pow(theory.log10_gradient, 2)) - 1 AS gradient,
      max(layer) AS layers, any_value(width) AS width, any_value(matrices) AS matrices
    FROM mean_field AS drawn JOIN mean_field_theory AS theory USING (study, system, layer)
    WHERE study = $study AND layer > 0 GROUP BY system, draw ORDER BY system, draw
"""


def simulation(evidence: Evidence) -> Finding:
    """The largest mean deviation from the recursion, of any system and quantity, with its sign."""
    from resdag.queries.statistics import hotelling

    rows, margin = evidence.rows(_OF_NETWORKS), evidence.rules[RATIO.key]
    if rows.is_empty():
        return not_run("no random networks were simulated")
    systems = {str(system): part for (system,), part in rows.group_by("system", maintain_order=True)}
    fewest = min(map(len, systems.values()))
    if fewest <= len(QUANTITIES):
        return open_for(f"{fewest} networks of a system; intervals of {len(QUANTITIES)} quantities need more")
    together = {
        system: hotelling(part.select(*QUANTITIES).to_numpy(), evidence.corrected(len(systems)))
        for system, part in systems.items()
    }
    named = [
        (system, word, interval)
        for system, means in together.items()
        for word, interval in zip(QUANTITIES.values(), means.intervals, strict=True)
    ]
    verdicts = [inside(interval, -margin, margin) for _, _, interval in named]
    agreed: Verdict = "reproduced" if set(verdicts) == {"reproduced"} else "inconclusive"
    verdict: Verdict = "not reproduced" if "not reproduced" in verdicts else agreed
    system, word, farthest = max(named, key=lambda each: abs(each[2].value))
    tests = ", ".join(f"{name} {number(means.p)}" for name, means in together.items() if not isnan(means.p))
    detail = (
        f"farthest: the {word} of {system}; {fewest} networks of width {most(rows['width']):,.0f} and "
        f"{most(rows['layers']):,.0f} layers, matrices {rows['matrices'][0]}"
        + (f"; p of no deviation at all: {tests}" if tests else "")
    )
    kind = "Hotelling over networks, all quantities and systems together"
    return found(
        farthest, verdict, "equivalence to the recursion, one number a network", detail, kind=kind, margin=margin
    )


def exponent(evidence: Evidence) -> Finding:
    """Slope of log cosine on log layer in simulated residual networks, deep down."""
    from resdag.queries.statistics import t_interval

    first, last = evidence.rules[LAYERS.key]
    rows = evidence.rows(
        "SELECT draw, regr_slope(ln(abs(cosine)), ln(layer)) AS slope, max(layer) AS deepest FROM mean_field "
        "WHERE study = $study AND system = 'residual' AND layer BETWEEN $first AND $last AND cosine <> 0 "
        "GROUP BY draw ORDER BY draw",
        first=first,
        last=last,
    )
    if rows.is_empty() or most(rows["deepest"]) < last:
        return not_run(f"no simulated residual networks down to layer {last:,}")
    margin = evidence.rules[EXPONENT_MARGIN.key]
    interval = t_interval(rows["slope"], evidence.confidence)
    detail = (
        f"layers {first:,} to {last:,} of {len(rows)} networks; the limit is {number(EXPONENT)}{_recursion(evidence)}"
    )
    verdict = inside(interval, EXPONENT - margin, EXPONENT + margin)
    test = "least squares of log cosine on log layer, one slope a network"
    return found(interval, verdict, test, detail, kind="Student's t over networks", margin=margin)


def _recursion(evidence: Evidence) -> str:
    """The slope that the recursion has over the same layers."""
    first, last = evidence.rules[LAYERS.key]
    slope = evidence.rows(
        "SELECT regr_slope(ln(cosine), ln(layer)) FROM mean_field_theory "
        "WHERE study = $study AND system = 'residual' AND layer BETWEEN $first AND $last AND cosine > 0",
        first=first,
        last=last,
    ).item()
    return "" if slope is None else f", the recursion has {number(slope)} over these layers"


CLAIMS = (
    Claim(
        name="mean_field",
        place=300,
        figure="beyond the paper",
        statement="Random networks, plain and residual, follow the mean-field recursion (Yang and Schoenholz 2017).",
        paper="simulation on the recursion",
        paper_value=0.0,
        unit="fraction",
        rule="in every system mean square, cosine and growth of the gradient, over all layers, within "
        "{mean_field_ratio:percent} of the recursion",
        judge=simulation,
        thresholds=(RATIO,),
        measured=False,
    ),
    Claim(
        name="mean_field_exponent",
        place=301,
        figure="beyond the paper",
        statement="In random residual networks two inputs grow apart by a power of depth (Yang and Schoenholz 2017).",
        paper=f"exponent 2/π − 1 = {EXPONENT:.3f}".replace("-0", "−"),
        paper_value=EXPONENT,
        unit="exponent",
        rule="slope of the simulated networks' log cosine over layers {mean_field_layers[0]} to {mean_field_layers[1]} "
        "within {mean_field_margin:g} of 2/π − 1",
        judge=exponent,
        thresholds=(LAYERS, EXPONENT_MARGIN),
        measured=False,
    ),
)
