"""Is a residual network worth an ensemble of its paths?  Two tests of the paper's picture that the paper does not make.

Halving: half of the paths go with each deleted block, half of the members when
an explicit ensemble is cut in two.  If paths are members, both cost the same
error.  As many halvings of one are held against the other as the networks
trained apart allow.

Prediction: if the error depends on nothing but the weight of the paths left,
it is as much nearer to chance as equation 8 says that this weight is smaller.
Nothing is fitted, so the distance from the measured errors is a test.
"""

from math import log2
from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from resdag.queries.path_statistics import RESAMPLES, ends
from resdag.queries.rows import generator_of
from resdag.queries.statistics import Interval, equivalence, spearman
from resdag.queries.verdicts import (
    Evidence,
    Finding,
    Verdict,
    below,
    both,
    found,
    inside,
    least,
    most,
    not_run,
    percent,
)

_DELETIONS = (
    'SELECT lesion."count", lesion.error - intact.error AS loss FROM lesions AS lesion '
    "JOIN lesions AS intact USING (study, network, seed) "
    "WHERE study = $study AND network = $network AND lesion.experiment = 'random' AND NOT lesion.recalibrated "
    "AND intact.experiment = 'intact' AND NOT intact.recalibrated ORDER BY seed, lesion.\"count\", lesion.draw"
)


class Halved(NamedTuple):
    """What one halving costs: errors, a fraction, each of one draw or one network; and how they came about."""

    costs: NDArray[np.float64]
    about: str


def explicit_ensemble(evidence: Evidence) -> Finding:
    """Error that half of the paths cost, less the error that half of the members of an explicit ensemble cost."""
    ensemble, network = evidence.rules["ensemble"], evidence.rules["residual"]
    rows = evidence.rows(
        "SELECT members, error FROM ensembles WHERE study = $study AND network = $network ORDER BY members, draw",
        network=ensemble,
    )
    if rows.is_empty() or least(rows["members"]) > 1 or most(rows["members"]) == 1:
        return not_run(f"no ensembles of {ensemble} beside its single networks")
    averaged = _networks(ensemble, rows)
    deleted = _paths(network, evidence.rows(_DELETIONS, network=network), log2(most(rows["members"])))
    if deleted is None:
        return not_run(f"no random deletions of few blocks of {network}")
    return _compared(evidence, deleted, averaged)


def _networks(name: str, rows: pl.DataFrame) -> Halved:
    """What each single network errs more than all together, for each halving between them."""
    members = int(most(rows["members"]))
    alone, together = (rows.filter(members=count)["error"].to_numpy() for count in (1, members))
    costs = (alone - together.mean()) / log2(members)
    about = f"{name}: {percent(alone.mean())} alone, {percent(together.mean())} the average of {members}"
    return Halved(costs, f"{about}, {_points(costs)} for each halving")


def _paths(name: str, rows: pl.DataFrame, halvings: float) -> Halved | None:
    """What each block costs, of as many as the ensemble can be halved; None where no such number was deleted."""
    counts = rows["count"].unique().sort()
    near = counts.filter(counts <= max(1, halvings))
    if near.is_empty():
        return None
    costs = {count: rows.filter(count=count)["loss"].to_numpy() / count for count in (near[-1], counts[-1])}
    said = " and ".join(f"{_points(cost)} a block with {count} deleted" for count, cost in costs.items())
    return Halved(costs[near[-1]], f"{name}: {said}, {len(costs[near[-1]])} draws")


def _compared(evidence: Evidence, deleted: Halved, averaged: Halved) -> Finding:
    margin, test = evidence.rules["halving_margin"], "two one-sided Welch t-tests, over draws and over networks"
    detail = f"{deleted.about}; {averaged.about}"
    if min(len(deleted.costs), len(averaged.costs)) < 2:
        difference = float(deleted.costs.mean() - averaged.costs.mean())
        return found(Interval(difference, None, None), "inconclusive", test, f"two of each are needed: {detail}")
    result = equivalence(deleted.costs, averaged.costs, margin, evidence.confidence)
    interval = Interval(result.difference, result.low, result.high)
    alpha = 1 - evidence.confidence
    verdict: Verdict = "reproduced" if result.p < alpha else inside(interval, -margin, margin)
    return found(interval, verdict, f"{test}, interval at {1 - 2 * alpha:.0%}", detail, result.p)


def _points(costs: NDArray[np.float64]) -> str:
    return f"{100 * costs.mean():+.2f} points"


def predicted_error(evidence: Evidence) -> Finding:
    """Root mean square, over numbers of deleted blocks, of the error predicted by energy less the measured mean."""
    network = evidence.rules["residual"]
    rows = evidence.rows(
        'SELECT weights, seed, "count", share, predicted, error '
        'FROM figure_prediction JOIN lesions USING (study, network, seed, "count") '
        "WHERE study = $study AND network = $network AND experiment = 'random' AND NOT recalibrated "
        'AND isfinite(predicted) ORDER BY weights, seed, "count", draw',
        network=network,
    )
    energy = rows.filter(weights="energy")
    if energy.is_empty():
        return not_run(f"no random deletions of {network}, or no path spectrum of it after training")
    distance = _distance(energy, evidence)
    correlation = spearman(energy["share"], energy["error"], evidence.confidence)
    ranked: Verdict = "inconclusive"
    if not np.isnan(correlation.value):
        interval = Interval(correlation.value, correlation.low, correlation.high)
        ranked = below(interval, evidence.rules["prediction_correlation"])
    verdict = both(below(distance, evidence.rules["prediction_distance"]), ranked)
    others = {"norm": "by the paper's weights", "alike": "all paths alike"}
    found_others = {words: rows.filter(weights=kind) for kind, words in others.items()}
    said = [f"{words} {percent(_rms(part))}" for words, part in found_others.items() if len(part)]
    detail = (
        f"{network}, {len(energy)} draws, {least(energy['count']):.0f} to {most(energy['count']):.0f} blocks; "
        f"Spearman of share and error {correlation.value:.3f}; {', '.join(said)}"
    )
    return found(distance, verdict, "root mean square over numbers of blocks and seeds, resampled draws", detail)


def _rms(rows: pl.DataFrame) -> float:
    groups = rows.group_by("seed", "count", maintain_order=True)  # in any order, the last bit of a sum differs
    off = groups.agg(off=pl.col("predicted").first() - pl.col("error").mean())["off"]
    return float(np.sqrt((off.to_numpy() ** 2).mean()))


def _distance(rows: pl.DataFrame, evidence: Evidence) -> Interval:
    """The distance, and its interval by drawing the deletions of each seed and number again; none for single draws."""
    groups = [part for _, part in rows.group_by("seed", "count", maintain_order=True)]
    if min(map(len, groups)) < 2:
        return Interval(_rms(rows), None, None)
    generator = generator_of({"study": evidence.study, "network": evidence.rules["residual"], "claim": "prediction"})
    off = []
    for part in groups:
        errors = part["error"].to_numpy()
        again = errors[generator.integers(len(errors), size=(RESAMPLES, len(errors)))].mean(axis=1)
        off.append(float(part["predicted"][0]) - again)
    again, here = (np.stack(off) ** 2).mean(axis=0), _rms(rows)
    added = again.mean() - here**2  # the scatter of the draws, which resampling counts a second time
    low, high = ends(np.sqrt(np.maximum(again - added, 0)), evidence.confidence)
    return Interval(here, float(low), float(high))
