"""What test errors of whole networks say: the baseline, and training on effective paths only (section 5)."""

import polars as pl

from resdag.queries.statistics import Interval, equivalence, t_interval, wilson
from resdag.queries.verdicts import Evidence, Finding, Verdict, found, inside, least, mean, not_run, of_seeds, percent

FEW_IMAGES = 2000  # one of them is more than a twentieth of a point


def _seeds(evidence: Evidence, network: str) -> pl.DataFrame:
    return evidence.rows(
        "SELECT seed, test_errors, test_images, test_error FROM networks "
        "WHERE study = $study AND network = $network ORDER BY seed",
        network=network,
    )


def _about(network: str, seeds: pl.DataFrame) -> str:
    errors = ", ".join(percent(error) for error in seeds["test_error"])
    return f"{network}, {of_seeds(len(seeds))} ({errors})"


def _few_images(seeds: pl.DataFrame) -> str:
    images = int(least(seeds["test_images"]))
    return f"; {images:,} test images" + (f", of which one is {100 / images:.2f} points" if images < FEW_IMAGES else "")


def baseline_error(evidence: Evidence) -> Finding:
    """Mean test error of the residual network over its seeds."""
    network = evidence.rules["residual"]
    seeds = _seeds(evidence, network)
    if seeds.is_empty():
        return not_run(f"no network {network}")
    if len(seeds) == 1:
        errors, images = seeds.select("test_errors", "test_images").row(0)
        interval, test = wilson(errors, images, evidence.confidence), "Wilson interval of one seed: test images only"
    else:
        interval, test = t_interval(seeds["test_error"], evidence.confidence), "t interval over seeds"
    verdict = inside(interval, *evidence.rules["baseline_error"])
    return found(interval, verdict, test, _about(network, seeds) + _few_images(seeds))


def effective_training(evidence: Evidence) -> Finding:
    """Mean test error after training on effective paths only, less that of the residual network."""
    name = evidence.rules["effective_paths"]
    return equal_errors(evidence, name, evidence.rules["residual"], _ways(evidence, name))


def equal_errors(evidence: Evidence, name: str, other: str, also: str = "") -> Finding:
    """Mean test error of one network less that of another, equal within the study's margin or not; `also`: detail."""
    names = name, other
    first, second = (_seeds(evidence, each) for each in names)
    for each, seeds in zip(names, (first, second), strict=True):
        if seeds.is_empty():
            return not_run(f"no network {each}")
    detail = f"{_about(name, first)} less {_about(other, second)}{also}{_few_images(first)}"
    test = "two one-sided Welch t-tests"
    if min(len(first), len(second)) < 2:
        difference = Interval(mean(first["test_error"]) - mean(second["test_error"]), None, None)
        return found(difference, "inconclusive", test, f"two seeds of each are needed: {detail}")
    margin = evidence.rules["equivalence_margin"]
    result = equivalence(first["test_error"], second["test_error"], margin, evidence.confidence)
    interval = Interval(result.difference, result.low, result.high)
    alpha = 1 - evidence.confidence
    verdict: Verdict = "reproduced" if result.p < alpha else inside(interval, -margin, margin)
    return found(interval, verdict, f"{test}, interval at {1 - 2 * alpha:.0%}", detail, result.p)


def _ways(evidence: Evidence, network: str) -> str:
    """Every way in which the network was measured: how branches are scaled, whether batch norm was re-estimated."""
    rows = evidence.rows(
        "SELECT test_scale || if(recalibrated, ', batch norm re-estimated', '') AS way, avg(error) AS error "
        "FROM evaluations WHERE study = $study AND network = $network GROUP BY way ORDER BY way",
        network=network,
    )
    ways = "; ".join(f"{way}: {percent(error)}" for way, error in rows.iter_rows())
    return f"; by test scale {ways}" if ways else ""
