"""What does the deletion of several blocks at random do (figure 5a)?

Smooth growth is three things together (`queries.curves`): within each seed, errors of single draws rise with the
number of deleted blocks; their medians lie in order; and no step of the median, intact network included, is a quarter
of the whole rise.  Seeds share their draws, so no number here takes them for draws of their own: each seed is tested
by itself, or draws are drawn again with all seeds.
"""

from math import inf
from typing import TYPE_CHECKING

from resdag.claims._shared import STEP, Correlation, rising
from resdag.claims._smooth import curve_of, smooth
from resdag.config.base import Count, Fraction
from resdag.config.claim import Claim, Threshold
from resdag.paper import RANDOM_ERROR
from resdag.queries.interval import Interval
from resdag.queries.spelling import of_seeds, percent
from resdag.queries.verdicts import Evidence, Finding, Verdict, found, inside, least, most, not_run

if TYPE_CHECKING:
    import polars as pl

ORDER = Threshold(
    "random_correlation", Correlation, 0.9,
    "Spearman correlation of the number of deleted blocks and the median error is above this, in every seed.",
)  # fmt: skip
COUNT = Threshold("random_count", Count, 10, "The k at which random deletion is held to `random_error`.")
ERROR = Threshold("random_error", rising(), (0.10, 0.35), "Median error at `random_count` deletions lies in here.")
SEVERE_COUNT = Threshold("severe_count", Count, 20, "The k at which the paper calls the damage severe.")
SEVERE = Threshold("severe_error", Fraction, 0.5, "Median error at `severe_count` is above this.")


def _draws(evidence: Evidence) -> "pl.DataFrame":
    return evidence.rows(
        'SELECT lesion."count" AS dose, lesion.seed, lesion.draw, lesion.error, intact.error AS intact '
        "FROM lesions AS lesion JOIN lesions AS intact USING (study, network, seed) "
        "WHERE study = $study AND network = $network AND lesion.experiment = 'random' AND NOT lesion.recalibrated "
        "AND intact.experiment = 'intact' AND NOT intact.recalibrated ORDER BY dose, lesion.draw, lesion.seed",
        network=evidence.residual,
    )


def growth(evidence: Evidence) -> Finding:
    """Whether error grows smoothly with the number of deleted blocks."""
    rows = _draws(evidence)
    if rows.is_empty():
        return not_run(f"no random deletions of {evidence.residual}")
    detail = (
        f"{evidence.residual}, {of_seeds(rows['seed'].n_unique())}, {len(rows)} measurements, "
        f"{least(rows['dose']):.0f} to {most(rows['dose']):.0f} blocks"
    )
    return smooth(evidence, curve_of(evidence, "random_deletion", rows), evidence.rules[ORDER.key], detail)


def medians(evidence: Evidence) -> Finding:
    """How often the median error of a seed falls from one number of deleted blocks to the next."""
    from resdag.queries.statistics import falls

    rows = _draws(evidence)
    seeds = [
        [group["error"].to_numpy() for _, group in part.group_by("dose", maintain_order=True)]
        for _, part in rows.sort("seed", "dose", "draw").group_by("seed", maintain_order=True)
    ]
    if not seeds or min(map(len, seeds)) < 2:
        return not_run(f"no random deletions of {evidence.residual} with two numbers of blocks or more")
    p_values = falls(seeds)
    smallest = min(p_values, default=1.0)
    fallen: Verdict = "not reproduced" if smallest < evidence.alpha else "inconclusive"
    test = "one-sided Mann-Whitney of neighbouring numbers within each seed, Holm"
    said = "; ".join(", ".join(percent(float(_median(group))) for group in groups) for groups in seeds)
    detail = f"{evidence.residual}, {of_seeds(len(seeds))}, medians {said}"
    return found(Interval(len(p_values), None, None), fallen if p_values else "reproduced", test, detail, p=smallest)


def _median(errors: object) -> float:
    import numpy as np

    return float(np.median(errors))  # type: ignore[call-overload]


def still_low(evidence: Evidence) -> Finding:
    """Median error at the number of blocks that the paper's 0.2 belongs to."""
    return _median_error(evidence, evidence.rules[COUNT.key], *evidence.rules[ERROR.key])


def severe(evidence: Evidence) -> Finding:
    """Median error at the number of blocks that the paper calls severe."""
    return _median_error(evidence, evidence.rules[SEVERE_COUNT.key], evidence.rules[SEVERE.key], inf)


def _median_error(evidence: Evidence, count: int, low: float, high: float) -> Finding:
    """The mean over seeds of the median over draws; its interval the widest of the seeds'."""
    from resdag.queries.statistics import median_interval

    rows = _draws(evidence).filter(dose=count)
    if rows.is_empty():
        return not_run(f"no random deletions of {count} blocks of {evidence.residual}")
    seeds = [median_interval(part["error"], evidence.confidence) for _, part in rows.group_by("seed")]
    lows, highs = [seed.low for seed in seeds if seed.low is not None], [s.high for s in seeds if s.high is not None]
    known = len(lows) == len(highs) == len(seeds)
    value = sum(seed.value for seed in seeds) / len(seeds)
    interval = Interval(value, min(lows), max(highs)) if known else Interval(value, None, None)
    detail = f"{evidence.residual}, {of_seeds(len(seeds))}, {rows['draw'].n_unique()} draws of {count} blocks"
    kind = "order statistics over draws, widest of the seeds"
    return found(interval, inside(interval, low, high), "median over draws, mean over seeds", detail, kind=kind)


CLAIMS = (
    Claim(
        name="random_deletion",
        place=60,
        figure="figure 5a",
        statement="Error grows smoothly with the number of deleted blocks.",
        paper="smooth growth",
        unit="fraction",
        rule="in every seed error rises with the number of blocks and Spearman of number and median is above "
        "{random_correlation:g}; no step of the median is {smooth_step:percent} of the whole rise",
        judge=growth,
        thresholds=(ORDER, STEP),
    ),
    Claim(
        name="random_deletion_medians",
        place=61,
        figure="figure 5a",
        statement="The typical error rises with each further number of deleted blocks.",
        paper="no fall",
        paper_value=0,
        unit="falls",
        rule="no fall of a seed's median from one number to the next",
        judge=medians,
    ),
    Claim(
        name="random_deletion_error",
        place=62,
        figure="figure 5a",
        statement="With ten blocks deleted, the error is still low.",
        paper="about 0.2 at 10 blocks",
        paper_value=RANDOM_ERROR,
        unit="fraction",
        rule="median error at {random_count} blocks in {random_error[0]:percent} to {random_error[1]:percent}",
        judge=still_low,
        thresholds=(COUNT, ERROR),
    ),
    Claim(
        name="random_deletion_severe",
        place=63,
        figure="figure 5a",
        statement="With twenty blocks deleted, the damage is severe.",
        paper="severe at 20 blocks",
        unit="fraction",
        rule="median error at {severe_count} blocks above {severe_error:percent}",
        judge=severe,
        thresholds=(SEVERE_COUNT, SEVERE),
    ),
)
