"""Do skip connections keep a deeper network from training worse?  (beyond the paper; He et al. 2015)

What counts is how much less the training error rises with depth with skips than without: a residual network that
rises a little is no refutation where a plain one rises by thirty points.
"""

from typing import TYPE_CHECKING

from resdag.claims._errors import seeds_of
from resdag.config.base import Fraction
from resdag.config.claim import Claim, Threshold
from resdag.queries.interval import Interval
from resdag.queries.spelling import of_seeds, points
from resdag.queries.verdicts import Evidence, Finding, above, found, not_run

if TYPE_CHECKING:
    import polars as pl

RISE = Threshold(
    "depth_rise", Fraction, 0.01,
    "Rise of training error from the shallowest to the deepest network without skips, less that with them: above this.",
)  # fmt: skip
WITH_SKIPS = ("resnet", "preact_resnet")  # the first of these is what plain networks lack only the skips of


def judge(evidence: Evidence) -> Finding:
    """Rise of training error with depth without skips, less that with them."""
    rows = evidence.rows(
        "SELECT network, architecture, depth FROM comparisons "
        "WHERE study = $study AND comparison = 'depth' ORDER BY ALL"
    )
    having = next((name for name in WITH_SKIPS if name in rows["architecture"]), None)
    if having is None or "plain" not in rows["architecture"]:
        return not_run("no depths of both plain and residual networks are compared")
    kinds = [dict(rows.filter(architecture=name).select("depth", "network").iter_rows()) for name in ("plain", having)]
    shared = sorted(kinds[0].keys() & kinds[1].keys())
    if len(shared) < 2:
        return not_run(f"plain and {having} networks share fewer than two depths")
    pairs = [(of[shared[-1]], of[shared[0]]) for of in kinds]
    rises = [[seeds_of(evidence, name) for name in pair] for pair in pairs]
    interval, kind = _difference(rises, "train", evidence.confidence)
    said = [
        f"{deep} less {shallow} {points(_rise(rise, 'train'))}, test error {points(_rise(rise, 'test'))}"
        for (deep, shallow), rise in zip(pairs, rises, strict=True)
    ]
    fewest = min(len(seeds) for rise in rises for seeds in rise)
    detail = f"{' and '.join(said)}; {of_seeds(fewest)} of each at least"
    return found(interval, above(interval, evidence.rules[RISE.key]), "difference of two rises", detail, kind=kind)


def _difference(rises: list[list["pl.DataFrame"]], split: str, confidence: float) -> tuple[Interval, str]:
    """The first rise less the second, over seeds where all have two; else over images, by Wilson's intervals."""
    from resdag.queries.statistics import contrast, interval_of, mean_of, mover, wilson

    signed = [
        (sign, seeds)
        for rise, signs in zip(rises, ((1, -1), (-1, 1)), strict=True)
        for sign, seeds in zip(signs, rise, strict=True)
    ]
    if min(len(seeds) for _, seeds in signed) > 1:
        terms = [(float(sign), mean_of(seeds[f"{split}_error"])) for sign, seeds in signed]
        return interval_of(contrast(*terms), confidence), "Welch over seeds"
    counts = [(float(sign), (int(s[f"{split}_errors"].sum()), int(s[f"{split}_images"].sum()))) for sign, s in signed]
    interval = mover(*((sign, wilson(*count, confidence)) for sign, count in counts))
    return interval, "of Wilson's intervals (Zou and Donner), over images alone"


def _rise(rise: list["pl.DataFrame"], split: str) -> float:
    deep, shallow = (seeds[f"{split}_error"].to_numpy().mean() for seeds in rise)
    return float(deep - shallow)


CLAIMS = (
    Claim(
        name="depth",
        place=250,
        figure="beyond the paper",
        statement="Skip connections keep a deeper network from training worse (He et al. 2015).",
        paper="plain networks degrade, residual ones do not",
        unit="difference",
        rule="training error of the deepest network less the shallowest, without skips less with them, above "
        "{depth_rise:points}",
        judge=judge,
        thresholds=(RISE,),
    ),
)
