"""What the claims of figures 5a and 5b share: is a curve of errors smooth growth?

A step over more than an eighth of the range of doses can pass, and cannot refute: it may be a cliff, or a slope that
was not looked at in between.
"""

from typing import TYPE_CHECKING

from resdag.claims._shared import STEP
from resdag.queries.interval import Interval
from resdag.queries.spelling import number, percent
from resdag.queries.verdicts import Evidence, Finding, Verdict, above, below, both, found, open_for

if TYPE_CHECKING:
    import polars as pl

    from resdag.queries.curves import Curve

FINE = 1 / 8  # of the range of doses
TEST = "Jonckheere and Terpstra within each seed; order of the medians; largest step of the median"
KIND = "resampled draws with all their seeds, lower end corrected for the number of steps"


def curve_of(evidence: Evidence, claim: str, rows: "pl.DataFrame") -> "Curve | None":
    """The curve of rows with seed, dose, draw, error and intact; None where fewer than two doses have enough draws.

    Only draws that all seeds have count, so that they can be drawn again together.
    """
    import numpy as np

    from resdag.queries.curves import FEWEST_DRAWS, Curve, Dose
    from resdag.queries.rows import generator_of

    seeds = rows["seed"].n_unique()
    doses = []
    for (dose,), part in rows.sort("dose", "draw", "seed").group_by("dose", maintain_order=True):
        draws = [group["error"].to_numpy() for _, group in part.group_by("draw", maintain_order=True)]
        whole = [errors for errors in draws if len(errors) == seeds]
        if len(whole) >= FEWEST_DRAWS:
            doses.append(Dose(float(dose), np.stack(whole, axis=1)))
    if len(doses) < 2:
        return None
    intact = rows.sort("seed").unique("seed", maintain_order=True)["intact"].to_numpy()
    return Curve(intact, doses, generator_of({"study": evidence.study, "network": evidence.residual, "claim": claim}))


def smooth(
    evidence: Evidence, curve: "Curve | None", correlation: float, detail: str, falling: bool = False
) -> Finding:
    """The largest step of the median as a share of the whole rise, and whether growth is smooth.

    `correlation` is what the rank correlation of dose and median has to exceed in every seed; `falling` where people
    know the dose as something that falls, so that the sign of correlations turns.
    """
    if curve is None:
        return open_for(f"{detail}; fewer than two doses with six draws that all seeds share", TEST)
    sign = -1 if falling else 1
    p, order = max(curve.trends()), curve.order(evidence.confidence)
    ranked, width = curve.scatter()
    said = (
        f"{detail}; Spearman of the medians {number(sign * order.value)}; single draws scatter: Spearman "
        f"{number(sign * ranked)}, middle half {percent(width)} wide"
    )
    grows = both("reproduced" if p < evidence.alpha else "inconclusive", above(order, correlation))
    steps, corrected = curve.steps(1 - 2 * evidence.alpha), curve.steps(evidence.corrected(len(curve.doses)))
    if steps[0].high is None:
        return open_for(f"{said}; draws drawn again may not rise at all", TEST)._replace(
            p=p, verdict=both(grows, "inconclusive")
        )
    gaps, limit = curve.gaps(), float(evidence.rules[STEP.key])
    largest = max(range(len(steps)), key=lambda step: steps[step].value)
    said += f"; the largest step spans {percent(float(gaps[largest]))} of the range"
    fine = [step for step, gap in zip(corrected, gaps, strict=True) if gap <= FINE]
    verdict = both(grows, _small(steps, fine, limit))
    return found(_largest(steps, corrected), verdict, TEST, said, kind=KIND, p=p)


def _small(steps: list[Interval], fine: list[Interval], limit: float) -> Verdict:
    """Whether every step lies below the limit; refuted by one that spans little of the range."""
    if any(below(step, limit) == "not reproduced" for step in fine):
        return "not reproduced"
    return "reproduced" if all(below(step, limit) == "reproduced" for step in steps) else "inconclusive"


def _largest(steps: list[Interval], corrected: list[Interval]) -> Interval:
    """The largest step with ends that hold for whichever is the largest."""
    value = max(step.value for step in steps)
    low, high = (max(getattr(step, end) for step in found) for end, found in (("low", corrected), ("high", steps)))
    return Interval(value, min(low, value), max(high, value))
