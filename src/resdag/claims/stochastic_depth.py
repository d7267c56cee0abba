"""Does a network trained with stochastic depth bear the deletion of a block as well (figure 8)?

Blocks are paired, each with itself in the network trained without.  One block of large damage would decide a mean, so
the median of the differences is judged, by signs.  The rule is "no larger than": non-inferiority, by a margin; whether
damage is smaller is seen from the interval.  Three seeds of each are asked, since one network may bear deletions better
than another by chance.
"""

from resdag.claims._shared import Margin
from resdag.config.base import NetworkName
from resdag.config.claim import Claim, Threshold
from resdag.queries.spelling import of_seeds, points
from resdag.queries.verdicts import Evidence, Finding, below, found, least, mean, not_run

NETWORK = Threshold(
    "stochastic_depth", NetworkName, "resnet110-stochastic-depth",
    "The network trained with stochastic depth, compared with `residual`.",
)  # fmt: skip
MARGIN = Threshold(
    "stochastic_depth_margin", Margin, 0.005,
    "Median over blocks of the damage by a deletion, with stochastic depth less without: no larger if below this.",
)  # fmt: skip
FEWEST_SEEDS = 3


def judge(evidence: Evidence) -> Finding:
    """Median over blocks of the damage with stochastic depth less that without; a block's is its mean over seeds."""
    from resdag.queries.statistics import median_interval, sign_test

    dropping, always, margin = evidence.rules[NETWORK.key], evidence.residual, evidence.rules[MARGIN.key]
    pairs = evidence.rows(
        "SELECT block, changes_shape, avg(change) FILTER (network = $dropping) "
        "- avg(change) FILTER (network = $always) AS difference, "
        "count(*) FILTER (network = $dropping) AS seeds, count(*) FILTER (network = $always) AS others "
        "FROM figure_8 WHERE study = $study GROUP BY block, changes_shape HAVING difference IS NOT NULL ORDER BY block",
        dropping=dropping,
        always=always,
    )
    if pairs.is_empty():
        return not_run(f"no single deletions of both {dropping} and {always}, of one depth")
    differences = pairs["difference"]
    interval = median_interval(differences, evidence.confidence)
    fewest = int(min(least(pairs["seeds"]), least(pairs["others"])))
    verdict = below(interval, margin) if fewest >= FEWEST_SEEDS else "inconclusive"
    needed = "" if fewest >= FEWEST_SEEDS else f"; {FEWEST_SEEDS} seeds of each are needed"
    peaks = differences.filter(pairs["changes_shape"])
    where = "" if peaks.is_empty() else f", {points(mean(peaks))} at blocks that change shape"
    detail = (
        f"{dropping} less {always}, {len(pairs)} blocks, {of_seeds(fewest)} of each at least{needed}; "
        f"mean {points(mean(differences))}{where}"
    )
    return found(
        interval, verdict, "sign test over blocks, non-inferiority", detail,
        kind="order statistics over blocks", margin=margin, p=sign_test(differences, margin),
    )  # fmt: skip


CLAIMS = (
    Claim(
        name="stochastic_depth",
        place=240,
        figure="figure 8",
        statement="With stochastic depth a deleted block costs no more than without.",
        paper="slightly more resilient",
        unit="difference",
        rule="median change of error by single deletions, with less without, paired over blocks, below "
        "{stochastic_depth_margin:points}; three seeds of each at least",
        judge=judge,
        thresholds=(NETWORK, MARGIN),
    ),
)
