"""What networks held against each other say: depth without skips, multiplicity at equal depth, blocks per batch.

Two errors are compared over their seeds (Welch's interval) where both have two or more; with one seed, over images
alone (Newcombe's), which knows nothing of how much seeds differ, and the row says so.
"""

from itertools import takewhile
from math import lcm
from typing import Any

import polars as pl

from resdag.queries.statistics import Interval, equivalence, newcombe, t_interval, t_test
from resdag.queries.verdicts import (
    Evidence,
    Finding,
    Verdict,
    above,
    below,
    both,
    found,
    mean,
    not_run,
    of_seeds,
    percent,
)

WITH_SKIPS = ("resnet", "preact_resnet")  # the first of these is what plain networks lack only the skips of


def _compared(evidence: Evidence, comparison: str) -> pl.DataFrame:
    return evidence.rows(
        "SELECT * FROM comparisons WHERE study = $study AND comparison = $comparison ORDER BY network",
        comparison=comparison,
    )


def _seeds(evidence: Evidence, network: str) -> pl.DataFrame:
    return evidence.rows(
        "SELECT test_errors, test_images, train_errors, train_images FROM networks "
        "WHERE study = $study AND network = $network ORDER BY seed",
        network=network,
    )


def _errors(seeds: pl.DataFrame, split: str) -> pl.Series:
    return seeds[f"{split}_errors"] / seeds[f"{split}_images"]


def _difference(evidence: Evidence, networks: tuple[str, str], split: str) -> tuple[Interval, str]:
    """Mean error of one network less that of another, with its interval and what it is made of."""
    one, other = (_seeds(evidence, network) for network in networks)
    if min(len(one), len(other)) < 2:
        counts = [
            int(part[f"{split}_{what}"].to_numpy().sum()) for part in (one, other) for what in ("errors", "images")
        ]
        first, second = (counts[0], counts[1]), (counts[2], counts[3])
        return newcombe(first, second, evidence.confidence), "Newcombe's interval of one seed: images only"
    # its interval is at 1 - 2 (1 - c), which is to be the confidence
    welch = equivalence(_errors(one, split), _errors(other, split), 1.0, (1 + evidence.confidence) / 2)
    return Interval(welch.difference, welch.low, welch.high), "Welch interval over seeds"


def _points(interval: Interval) -> str:
    """`+1.20 points (0.30 to 2.10)`."""
    value, low, high = interval
    between = "" if low is None or high is None else f" ({100 * low:.2f} to {100 * high:.2f})"
    return f"{100 * value:+.2f} points{between}"


def depth(evidence: Evidence) -> Finding:
    """Training error of the deepest plain network less that of the shallowest; with skips, beside it."""
    rows = _compared(evidence, "depth")
    having = next((name for name in WITH_SKIPS if name in rows["architecture"]), None)
    if having is None or "plain" not in rows["architecture"]:
        return not_run("no depths of both plain and residual networks are compared")
    kinds = {name: rows.filter(architecture=name).sort("depth") for name in ("plain", having)}
    shared = sorted(set(kinds["plain"]["depth"]) & set(kinds[having]["depth"]))
    if len(shared) < 2:
        return not_run(f"plain and {having} networks share fewer than two depths")
    names = {name: (_at(part, shared[-1]), _at(part, shared[0])) for name, part in kinds.items()}
    (rise, test), (other, _) = (_difference(evidence, names[name], "train") for name in ("plain", having))
    threshold = evidence.rules["depth_rise"]
    tested = ", ".join(f"{name} {_points(_difference(evidence, names[name], 'test')[0])}" for name in names)
    detail = (
        f"{names['plain'][0]} less {names['plain'][1]}, {of_seeds(int(kinds['plain']['seeds'].to_numpy().min()))} at "
        f"least; with skips {names[having][0]} less {names[having][1]}: {_points(other)}; test error {tested}"
    )
    return found(rise, both(above(rise, threshold), below(other, threshold)), test, detail)


def _at(rows: pl.DataFrame, depth: int) -> str:
    return str(rows.filter(depth=depth)["network"][0])


def multiplicity(evidence: Evidence) -> Finding:
    """Damage per deleted layer: the network of fewest paths less that of most, paired over spans of equal layers."""
    rows = _compared(evidence, "multiplicity").sort("log2_paths")
    if rows.is_empty():
        return not_run("no networks of different multiplicity are compared")
    few, many = rows.row(0, named=True), rows.row(-1, named=True)
    span = lcm(few["convolutions"], many["convolutions"])
    damage = [_damage(evidence, of["network"], of["convolutions"], span) for of in (few, many)]
    if any(part.is_empty() for part in damage):
        return not_run(f"no single deletions of both {few['network']} and {many['network']}")
    differences = damage[0].join(damage[1], on="span").select(pl.col("damage") - pl.col("damage_right")).to_series()
    interval = t_interval(differences, evidence.confidence)
    said = "; ".join(_of_network(of, mean(part["damage"])) for of, part in zip((few, many), damage, strict=True))
    test = f"paired t interval over {len(differences)} spans of {span} layers"
    p = t_test(differences) if len(differences) > 1 else None
    return found(interval, above(interval, evidence.rules["multiplicity_damage"]), test, said, p)


def _of_network(of: dict[str, Any], damage: float) -> str:
    """How many paths a network has, its error, and its mean damage by layer and by block."""
    return (
        f"{of['network']}, 2^{of['log2_paths']:.0f} paths, error {percent(of['test_error'])}: "
        f"{100 * damage:+.3f} points a layer, {100 * of['convolutions'] * damage:+.3f} a block"
    )


def _damage(evidence: Evidence, network: str, convolutions: int, span: int) -> pl.DataFrame:
    """Change of error for each layer deleted, by single deletion, in each span of so many layers; mean over seeds."""
    return evidence.rows(
        "SELECT block * $convolutions // $span AS span, avg(change) / $convolutions AS damage FROM single_deletions "
        "WHERE study = $study AND network = $network GROUP BY ALL ORDER BY span",
        network=network,
        convolutions=convolutions,
        span=span,
    )


def blocks_per_batch(evidence: Evidence) -> Finding:
    """The smallest m such that training on m blocks per batch, or on any more, is equivalent to training on all.

    From the largest m down, each is tested only where the one before was equivalent, so that the chance of a false
    equivalence stays that of one test.  Few blocks are refuted where the first that are not equivalent are worse by
    more than the margin, or where all that would be few enough are.
    """
    rows = _compared(evidence, "blocks_per_batch").sort("blocks_per_batch", descending=True, nulls_last=False)
    if rows.is_empty():
        return not_run("no networks of different blocks per batch are compared")
    whole, parts = rows.row(0, named=True), list(rows[1:].iter_rows(named=True))
    share, margin = evidence.rules["blocks_per_batch_share"], evidence.rules["equivalence_margin"]
    if parts[-1]["blocks_per_batch"] > share * whole["blocks"]:
        return not_run(f"no training on {percent(share)} of the {whole['blocks']} blocks or fewer is compared")
    test = "two one-sided Welch t-tests, from the largest m down"
    if min(rows["seeds"]) < 2:
        errors = ", ".join(
            f"m = {of['blocks_per_batch'] or 'all'}: {percent(of['test_error'])}" for of in rows.to_dicts()
        )
        return Finding(None, None, None, test, None, "inconclusive", f"two seeds of each are needed; {errors}")
    blocks = [int(of["blocks_per_batch"]) for of in parts]
    tests = [_equivalent(evidence, of["network"], whole["network"], margin) for of in parts]
    alike = list(takewhile(lambda found: found[1][1] < 1 - evidence.confidence, zip(blocks, tests, strict=True)))
    smallest, p = (alike[-1][0], alike[-1][1][1]) if alike else (None, None)
    worse = [interval.low is not None and interval.low > margin for interval, _ in tests]
    too_few = [bad for m, bad in zip(blocks, worse, strict=True) if m <= share * whole["blocks"]]
    verdict: Verdict = "inconclusive"
    if smallest is not None and smallest <= share * whole["blocks"]:
        verdict = "reproduced"
    elif worse[len(alike)] or all(too_few):
        verdict = "not reproduced"
    said = [f"m = {m}: {_points(interval)}" for m, (interval, _) in zip(blocks, tests, strict=True)]
    detail = f"test error less that of {whole['network']}, all {whole['blocks']} blocks: {'; '.join(said)}"
    return Finding(smallest, None, None, test, p, verdict, detail)


def _equivalent(evidence: Evidence, one: str, other: str, margin: float) -> tuple[Interval, float]:
    """Difference of mean test errors, its interval at 1 - 2 alpha, and the p of the two one-sided tests."""
    errors, others = (_errors(_seeds(evidence, network), "test") for network in (one, other))
    result = equivalence(errors, others, margin, evidence.confidence)
    return Interval(result.difference, result.low, result.high), result.p
