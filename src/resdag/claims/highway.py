"""What do highway networks say of equation 3: do gates learn to shut, and is a gate of one half an identity?

Where gates start was chosen, so that they are mostly shut afterwards says nothing by itself.  What training did is a
finding: whether it shut them further.
"""

from resdag.claims._errors import equal_errors
from resdag.claims._shared import EQUIVALENCE
from resdag.config.base import Fraction, NetworkName
from resdag.config.claim import Claim, Threshold
from resdag.paper import HALVED_ERROR, IDENTITY_ERROR
from resdag.queries.spelling import number, of_seeds, percent, span
from resdag.queries.verdicts import Evidence, Finding, below, both, found, least, most, not_run, open_for

NETWORK = Threshold("highway", NetworkName, "highway110", "The highway network whose gates are judged.")
FROZEN = Threshold(
    "highway_frozen", NetworkName, "highway110-frozen",
    "The highway network whose gates are frozen at one half, compared with `highway_identity`.",
)  # fmt: skip
IDENTITY = Threshold(
    "highway_identity",
    NetworkName,
    "resnet110-original",
    "The residual network of the same blocks, with identity skips.",
)
GATE = Threshold(
    "highway_gate", Fraction, 0.5, "Median over blocks of the mean gate of the trained highway network: below this."
)


def gates(evidence: Evidence) -> Finding:
    """Median over blocks of the trained mean gate less that at the start; a block's is its mean over seeds."""
    from resdag.queries.statistics import median_interval

    network, threshold = evidence.rules[NETWORK.key], evidence.rules[GATE.key]
    rows = evidence.rows(
        "SELECT block, avg(gate) AS gate, avg(gate_at_start) AS start, count(*) AS seeds FROM figure_highway "
        "WHERE study = $study AND network = $network AND gate IS NOT NULL GROUP BY block ORDER BY block",
        network=network,
    )
    if rows.is_empty():
        return not_run(f"no gates of {network}")
    gate, test = rows["gate"], "median over blocks of trained less initial gate"
    trained = median_interval(gate, evidence.confidence)
    detail = (
        f"{network}, {of_seeds(int(most(rows['seeds'])))}; median gate {number(trained.value)}, below {threshold:g} in "
        f"{int((gate < threshold).sum())} of {len(rows)} blocks, {span(least(gate), most(gate))}"
    )
    if rows["start"].null_count():
        return open_for(f"{detail}; where gates started is not known", test)
    moved = gate - rows["start"]
    shut = (
        f"; from {span(least(rows['start']), most(rows['start']))} at the start, {int((moved < 0).sum())} shut further"
    )
    interval = median_interval(moved, evidence.confidence)
    verdict = both(below(interval, 0), below(trained, threshold))
    return found(interval, verdict, test, detail + shut, kind="order statistics over blocks")


def frozen(evidence: Evidence) -> Finding:
    """Mean test error with gates frozen at one half, less that of the residual network of the same blocks."""
    rules = evidence.rules
    return equal_errors(evidence, rules[FROZEN.key], rules[IDENTITY.key], rules[EQUIVALENCE.key])


CLAIMS = (
    Claim(
        name="highway",
        place=280,
        figure="equation 3",
        statement="Highway networks learn to carry mostly their input.",
        paper="gates mostly closed",
        unit="gate",
        rule="trained mean gate below its initial one in most blocks, and below {highway_gate:g}: their medians",
        judge=gates,
        thresholds=(NETWORK, GATE),
    ),
    Claim(
        name="highway_frozen",
        place=281,
        figure="equation 3",
        statement="Highway networks with their gates at one half are equivalent to residual networks.",
        paper=f"equivalent (He et al. 2016: {percent(HALVED_ERROR)} against {percent(IDENTITY_ERROR)})",
        paper_value=0.0,
        unit="difference",
        rule="mean errors equivalent within {equivalence_margin:points}, two seeds of each at least",
        judge=frozen,
        thresholds=(FROZEN, IDENTITY, EQUIVALENCE),
    ),
)
