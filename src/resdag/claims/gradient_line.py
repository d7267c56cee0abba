"""Does the gradient of a path fall exponentially with its length (figure 6b)?

A high R^2 alone is no evidence: over 32 decades a bent line has one too, and a network at its random initialisation as
well.  So the line must also be as steep among short paths as among long ones, and, where the initialisation was
measured, a block more must cost a path more than it did there.
"""

from typing import TYPE_CHECKING

from resdag.claims._path_fits import RESAMPLED, about_fits, fits_of, not_fitted, widest
from resdag.claims._shared import Margin, rising
from resdag.config.base import Fraction
from resdag.config.claim import Claim, Threshold
from resdag.paper import FACTOR
from resdag.queries.spelling import number
from resdag.queries.verdicts import Evidence, Finding, Verdict, both, found, inside, least, mean, open_for

if TYPE_CHECKING:
    import polars as pl

R_SQUARED = Threshold(
    "gradient_r_squared", Fraction, 0.95, "R^2 of the straight line of mean log norm on path length is above this."
)
HALVES = Threshold(
    "gradient_halves", Margin, 0.25,
    "The lines through the shorter and through the longer half of the lengths differ in slope by less than this share.",
)  # fmt: skip
FACTOR_RANGE = Threshold(
    "gradient_r", rising(), (0.15, 0.45), "The factor r by which one more block multiplies the norm lies in here."
)
TEST = "least squares through each half of the lengths"
FEWEST_LENGTHS = 5  # a straight line through fewer is no evidence of a straight line


def line(evidence: Evidence) -> Finding:
    """Slope of the line through the longer half of the lengths over that through the shorter half."""
    fits = fits_of(evidence)
    if fits.is_empty():
        return not_fitted(evidence)
    squared, allowed = least(fits["r_squared"]), 1 + evidence.rules[HALVES.key]
    trained, said = _against_initialisation(fits)
    detail = f"{about_fits(evidence, fits)}; R² {squared:.4f} at least; {said}"
    if least(fits["lengths_fitted"]) < FEWEST_LENGTHS or fits["slopes_ratio"].null_count():
        return open_for(f"{detail}; too few lengths to tell a line", TEST)
    straight: Verdict = "reproduced" if squared > evidence.rules[R_SQUARED.key] else "not reproduced"
    ratio = widest(fits, "slopes_ratio")
    verdict = both(both(straight, inside(ratio, 1 / allowed, allowed)), trained)
    return found(ratio, verdict, TEST, detail, kind=RESAMPLED)


def _against_initialisation(fits: "pl.DataFrame") -> tuple[Verdict, str]:
    """Whether r lies below that of the initialisation of the same seed, in every seed; what both are."""
    known = fits.drop_nulls("first_r").filter(fits.drop_nulls("first_r")["epoch"] > 0)
    if known.is_empty():
        return "reproduced", "the initialisation was not measured"
    said = f"r {number(mean(known['r']))}, at initialisation {number(mean(known['first_r']))}"
    if known.select("r_low", "r_high", "first_r_low", "first_r_high").null_count().sum_horizontal().item():
        return "inconclusive", said
    rises = (known["r_low"] >= known["first_r_high"]).any()
    falls = (known["r_high"] < known["first_r_low"]).all()
    return "not reproduced" if rises else "reproduced" if falls else "inconclusive", said


def factor(evidence: Evidence) -> Finding:
    """The factor r by which one more block multiplies the norm."""
    fits = fits_of(evidence)
    if fits.is_empty():
        return not_fitted(evidence)
    interval = widest(fits, "r")
    verdict = inside(interval, *evidence.rules[FACTOR_RANGE.key])
    detail = f"{about_fits(evidence, fits)}; r/(1+r) = {mean(fits['binomial_p']):.3f}"
    return found(interval, verdict, "least squares of log norm on length", detail, kind=RESAMPLED)


CLAIMS = (
    Claim(
        name="gradient_line",
        place=90,
        figure="figure 6b",
        statement="Training makes the gradient of a path fall exponentially with its length.",
        paper="about exponential",
        paper_value=1.0,
        unit="ratio",
        rule="R² of mean log norm on length above {gradient_r_squared:g}; slopes of the shorter and the longer half of "
        "the lengths within {gradient_halves:percent}; r below that of the initialisation, where it was measured",
        judge=line,
        thresholds=(R_SQUARED, HALVES),
    ),
    Claim(
        name="gradient_factor",
        place=91,
        figure="figure 6b",
        statement="Each further block multiplies a path's gradient by a factor well below 1.",
        paper=f"{FACTOR:.3f}".lstrip("0") + ", from its 5 to 17 blocks",
        paper_value=FACTOR,
        unit="factor",
        rule="r in {gradient_r[0]:g} to {gradient_r[1]:g}",
        judge=factor,
        thresholds=(FACTOR_RANGE,),
    ),
)
