"""What highway networks say of the paper's equation 3: are gates mostly shut, and is a gate of one half an identity?"""

from resdag.queries.judge_training import equal_errors
from resdag.queries.statistics import median_interval
from resdag.queries.verdicts import Evidence, Finding, below, found, least, most, not_run, of_seeds


def gates(evidence: Evidence) -> Finding:
    """Median over blocks of the mean gate of the trained network; a block's is its mean over seeds."""
    network, threshold = evidence.rules["highway"], evidence.rules["highway_gate"]
    rows = evidence.rows(
        "SELECT block, avg(gate) AS gate, avg(gate_at_start) AS start, count(*) AS seeds FROM figure_highway "
        "WHERE study = $study AND network = $network AND gate IS NOT NULL GROUP BY block ORDER BY block",
        network=network,
    )
    if rows.is_empty():
        return not_run(f"no gates of {network}")
    gate, start = rows["gate"], rows["start"].drop_nulls()
    interval = median_interval(gate, evidence.confidence)
    before = f"; at the start {least(start):.2g} to {most(start):.2g}" if len(start) else ""
    detail = (
        f"{network}, {of_seeds(int(most(rows['seeds'])))}; mean gate below {threshold:g} in "
        f"{int((gate < threshold).sum())} of {len(rows)} blocks, {least(gate):.2g} to {most(gate):.2g}{before}"
    )
    return found(interval, below(interval, threshold), "median over blocks, interval from order statistics", detail)


def frozen(evidence: Evidence) -> Finding:
    """Mean test error with gates frozen at one half, less that of the residual network of the same blocks."""
    return equal_errors(evidence, evidence.rules["highway_frozen"], evidence.rules["highway_identity"])
