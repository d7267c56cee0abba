"""Is it the number of paths that protects a network?  (beyond the paper: its own last word put to the test)

Networks of equal depth, width and parameters with 2, 4 or 6 convolutions in a block have different numbers of paths.
Damage is compared for each layer deleted, over spans of as many layers in both, so that blocks of unlike size are
paired.
"""

from math import lcm
from typing import TYPE_CHECKING, Any

from resdag.config.base import Fraction
from resdag.config.claim import Claim, Threshold
from resdag.queries.spelling import number, percent, power
from resdag.queries.verdicts import Evidence, Finding, above, found, mean, not_run

if TYPE_CHECKING:
    import polars as pl

DAMAGE = Threshold(
    "multiplicity_damage", Fraction, 0.0,
    "Mean change of error for each layer deleted, network of fewest paths less that of most: above this.",
)  # fmt: skip


def judge(evidence: Evidence) -> Finding:
    """Damage per deleted layer: the network of fewest paths less that of most, paired over spans of equal layers."""
    from resdag.queries.statistics import t_interval, t_test

    rows = evidence.rows(
        "SELECT * FROM comparisons WHERE study = $study AND comparison = 'multiplicity' ORDER BY log2_paths, network"
    )
    if rows.is_empty():
        return not_run("no networks of different multiplicity are compared")
    few, many = rows.row(0, named=True), rows.row(-1, named=True)
    span = lcm(few["convolutions"], many["convolutions"])
    damage = [_damage(evidence, of["network"], of["convolutions"], span) for of in (few, many)]
    if any(part.is_empty() for part in damage):
        return not_run(f"no single deletions of both {few['network']} and {many['network']}")
    together = damage[0].join(damage[1], on="span").sort("span")
    differences = together["damage"] - together["damage_right"]
    interval, threshold = t_interval(differences, evidence.confidence), evidence.rules[DAMAGE.key]
    said = "; ".join(_of_network(of, mean(part["damage"])) for of, part in zip((few, many), damage, strict=True))
    p = t_test(differences, threshold) if len(differences) > 1 else None
    test = f"paired t-test over {len(differences)} spans of {span} layers"
    return found(interval, above(interval, threshold), test, said, kind="Student's t over spans of layers", p=p)


def _of_network(of: dict[str, Any], damage: float) -> str:
    """How many paths a network has, its error, and its mean damage by layer and by block."""
    return (
        f"{of['network']}, {power(2, round(of['log2_paths']))} paths, error {percent(of['test_error'])}: "
        f"{number(100 * damage)} points a layer, {number(100 * of['convolutions'] * damage)} a block"
    )


def _damage(evidence: Evidence, network: str, convolutions: int, span: int) -> "pl.DataFrame":
    """Change of error for each layer deleted, by single deletion, in each span of so many layers; mean over seeds."""
    return evidence.rows(
        "SELECT block * $convolutions // $span AS span, avg(change) / $convolutions AS damage FROM single_deletions "
        "WHERE study = $study AND network = $network GROUP BY ALL ORDER BY span",
        network=network,
        convolutions=convolutions,
        span=span,
    )


CLAIMS = (
    Claim(
        name="multiplicity",
        place=260,
        figure="beyond the paper",
        statement="It is the number of paths that protects a network: at equal depth, fewer paths suffer more from a "
        "deletion.",
        paper="more damage with fewer paths",
        unit="difference",
        rule="mean change of error for each layer deleted, fewest paths less most, above {multiplicity_damage:points}",
        judge=judge,
        thresholds=(DAMAGE,),
    ),
)
