"""Does error rise smoothly as blocks are put in another order (figure 5b)?

The same as for random deletions, with orders gathered in bins of Kendall's tau, from the intact network at tau 1 on:
half as wide as the figure's boxes, since six steps over the range would make a quarter of the rise a small step.  That
the trained order, run as a reordering, gives the intact answers is a test of the program and no finding.
"""

from typing import TYPE_CHECKING

from resdag.claims._shared import STEP, Correlation
from resdag.claims._smooth import curve_of, smooth
from resdag.config.base import Fraction
from resdag.config.claim import Claim, Threshold
from resdag.queries.spelling import number, of_seeds
from resdag.queries.verdicts import Evidence, Finding, by_arithmetic, least, most, not_run

if TYPE_CHECKING:
    pass

ORDER = Threshold(
    "reorder_correlation", Correlation, -0.9,
    "Spearman correlation of Kendall's tau and the median error of orders alike in it is below this, in every seed.",
)  # fmt: skip
TAU = Threshold("reorder_tau", Fraction, 0.7, "Reorderings with tau from 1 down to this are judged.")
BINS = 40  # in tau from 0 to 1


def growth(evidence: Evidence) -> Finding:
    """Whether error grows smoothly as Kendall's tau falls."""
    lowest = evidence.rules[TAU.key]
    rows = evidence.rows(
        "SELECT 1 - avg(kendall_tau) OVER (PARTITION BY round(kendall_tau * $bins)) AS dose, orders.seed, "
        "orders.reordering AS draw, orders.error, kendall_tau, intact.error AS intact "
        "FROM reorderings AS orders JOIN lesions AS intact USING (study, network, seed) "
        "WHERE study = $study AND network = $network AND kendall_tau >= $least AND kendall_tau < 1 "
        "AND intact.experiment = 'intact' AND NOT intact.recalibrated ORDER BY dose, draw, orders.seed",
        network=evidence.residual,
        least=lowest,
        bins=BINS,
    )
    if rows.is_empty():
        return not_run(f"no reorderings of {evidence.residual} with tau from 1 to {lowest:g}")
    detail = (
        f"{evidence.residual}, {of_seeds(rows['seed'].n_unique())}, {rows['draw'].n_unique()} orders, "
        f"tau down to {number(least(rows['kendall_tau']))}, bins of {1 / BINS:g}"
    )
    return smooth(evidence, curve_of(evidence, "reordering", rows), -evidence.rules[ORDER.key], detail, falling=True)


def identity(evidence: Evidence) -> Finding:
    """Most answers by which the trained order, run as a reordering, differs from the intact network."""
    rows = evidence.rows(
        "SELECT greatest(orders.broken + orders.repaired, abs(orders.errors - intact.errors)) AS differing "
        "FROM reorderings AS orders JOIN lesions AS intact USING (study, network, seed) "
        "WHERE study = $study AND network = $network AND kendall_tau = 1 "
        "AND intact.experiment = 'intact' AND NOT intact.recalibrated",
        network=evidence.residual,
    )
    if rows.is_empty():
        return not_run(f"no order of {evidence.residual} with tau 1")
    differing = int(most(rows["differing"]))
    detail = f"{evidence.residual}, {len(rows)} orders with tau 1; a test of the program"
    return by_arithmetic(differing, differing == 0, "count of answers", detail)


CLAIMS = (
    Claim(
        name="reordering",
        place=70,
        figure="figure 5b",
        statement="Error rises smoothly as blocks are put in another order.",
        paper="smooth growth as tau falls",
        unit="fraction",
        rule="in every seed error rises as tau falls from 1 to {reorder_tau:g} and Spearman of tau and median is below "
        "{reorder_correlation:g}; no step of the median is {smooth_step:percent} of the whole rise",
        judge=growth,
        thresholds=(ORDER, TAU, STEP),
    ),
    Claim(
        name="reordering_identity",
        place=71,
        figure="figure 5b",
        statement="The trained order, run as a reordering, is the intact network.",
        paper="the intact error",
        paper_value=0,
        unit="images",
        rule="no answer differs at tau 1",
        judge=identity,
    ),
)
