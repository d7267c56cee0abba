"""What claims on test errors share: what the seeds of a network err, and whether two networks err alike."""

from typing import TYPE_CHECKING

from resdag.queries.interval import Interval
from resdag.queries.spelling import of_seeds, percent
from resdag.queries.verdicts import Evidence, Finding, Verdict, found, inside, least, mean, not_run

if TYPE_CHECKING:
    import polars as pl

FEW_IMAGES = 2000  # one of them is more than a twentieth of a point


def seeds_of(evidence: Evidence, network: str) -> "pl.DataFrame":
    """Counts and errors of a network, one row a seed."""
    return evidence.rows(
        "SELECT seed, test_errors, test_images, test_error, train_errors, train_images, "
        "train_errors / train_images AS train_error, (recipe ->> '$.epochs')::INT AS epochs FROM networks "
        "WHERE study = $study AND network = $network ORDER BY seed",
        network=network,
    )


def about(network: str, seeds: "pl.DataFrame") -> str:
    """A network, its seeds and the error of each."""
    return f"{network}, {of_seeds(len(seeds))} ({', '.join(percent(error) for error in seeds['test_error'])})"


def few_images(seeds: "pl.DataFrame") -> str:
    """How many test images there are, and what one of them is worth where that is much."""
    images = int(least(seeds["test_images"]))
    return f"; {images:,} test images" + (f", of which one is {100 / images:.2f} points" if images < FEW_IMAGES else "")


def equal_errors(evidence: Evidence, name: str, other: str, margin: float, also: str = "") -> Finding:
    """Mean test error of one network less that of another, whether closer than the margin; `also` goes to the detail.

    Two one-sided tests at the margin; different where the interval lies outside it.
    """
    from resdag.queries.statistics import equivalence

    names = name, other
    first, second = (seeds_of(evidence, each) for each in names)
    for each, seeds in zip(names, (first, second), strict=True):
        if seeds.is_empty():
            return not_run(f"no network {each}")
    detail = f"{about(name, first)} less {about(other, second)}{also}{few_images(first)}"
    test = "two one-sided Welch t-tests"
    if min(len(first), len(second)) < 2:
        difference = Interval(mean(first["test_error"]) - mean(second["test_error"]), None, None)
        return found(difference, "inconclusive", test, f"two seeds of each are needed: {detail}", margin=margin)
    result = equivalence(first["test_error"], second["test_error"], margin, evidence.confidence)
    interval = Interval(result.difference, result.low, result.high)
    verdict: Verdict = "reproduced" if result.p < evidence.alpha else inside(interval, -margin, margin)
    return found(interval, verdict, test, detail, kind=welch_kind(evidence), margin=margin, p=result.p)


def welch_kind(evidence: Evidence) -> str:
    """The interval that belongs to two one-sided tests."""
    return f"Welch over seeds, {percent(1 - 2 * evidence.alpha)}, that of the two tests"
