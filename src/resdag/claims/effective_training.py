"""Is training on effective paths alone as good as training on all (section 5)?

Asked at two margins: at a seed sd of 0.2 points five seeds show equivalence within 0.5 points with power .94, and ten
within 0.3 points with .89.  So the row of the narrow margin stays open where seeds are few; its interval says so.
"""

from functools import partial

from resdag.claims._errors import equal_errors
from resdag.claims._shared import EQUIVALENCE, Margin
from resdag.config.base import NetworkName
from resdag.config.claim import Claim, Threshold
from resdag.paper import EFFECTIVE_TRAINING_ERROR, TEST_ERROR
from resdag.queries.spelling import percent
from resdag.queries.verdicts import Evidence, Finding

NETWORK = Threshold(
    "effective_paths", NetworkName, "resnet110-effective-paths",
    "The network trained on effective paths only, compared with `residual`.",
)  # fmt: skip
NARROW = Threshold(
    "equivalence_margin_narrow", Margin, 0.003,
    "The narrower margin at which effective-path training is held to equivalence a second time.",
)  # fmt: skip


def judge(evidence: Evidence, margin: Threshold) -> Finding:
    """Mean test error after training on effective paths only, less that of the residual network."""
    name = evidence.rules[NETWORK.key]
    return equal_errors(evidence, name, evidence.residual, evidence.rules[margin.key], _ways(evidence, name))


def _ways(evidence: Evidence, network: str) -> str:
    """Every way in which the network was measured: how branches are scaled, whether batch norm was re-estimated."""
    rows = evidence.rows(
        "SELECT test_scale || if(recalibrated, ', batch norm re-estimated', '') AS way, avg(error) AS error "
        "FROM evaluations WHERE study = $study AND network = $network GROUP BY way ORDER BY way",
        network=network,
    )
    ways = "; ".join(f"{way}: {percent(error)}" for way, error in rows.iter_rows())
    return f"; by test scale {ways}" if ways else ""


def _claim(name: str, place: int, within: str, margin: Threshold) -> Claim:
    return Claim(
        name=name,
        place=place,
        figure="section 5",
        statement=f"Training on the effective paths only is as good as training on all, to within {within}.",
        paper=f"{percent(EFFECTIVE_TRAINING_ERROR)} against {percent(TEST_ERROR)}",
        paper_value=round(EFFECTIVE_TRAINING_ERROR - TEST_ERROR, 6),
        unit="difference",
        rule=f"mean errors equivalent within {{{margin.key}:points}}, two seeds of each at least",
        judge=partial(judge, margin=margin),
        thresholds=(NETWORK, margin),
    )


CLAIMS = (
    _claim("effective_training", 230, "a wide margin", EQUIVALENCE),
    _claim("effective_training_narrow", 231, "a narrow margin", NARROW),
)
