"""What path lengths and gradients say of section 5 of the paper: figures 6 and 7.

Several seeds: the number is the mean over them, its interval the widest over
them, so a claim counts as reproduced when each seed says so.
"""

from math import prod

import polars as pl

from resdag.queries.path_statistics import window_share
from resdag.queries.statistics import Interval
from resdag.queries.verdicts import (
    Evidence,
    Finding,
    Verdict,
    above,
    below,
    both,
    found,
    inside,
    least,
    mean,
    most,
    not_run,
    of_seeds,
    percent,
)

PAPER_BLOCKS = 54
EFFECTIVE_LENGTHS = (5, 17)  # the paper's "5 to 17 modules"
EFFECTIVE_SHARE = 0.0045  # of all paths, the paper says; P(5..17) = .4537 %
# Deleted blocks, and the path lengths at which figure 7 is read off.
REFERENCE_POINTS = {1: (1, 5, 11, 17, 27), 10: (1, 5, 11, 17, 27), 20: (1, 5, 11)}
CLOSED_FORM_TOLERANCE = 1e-9
FEWEST_LENGTHS = 5  # a straight line through fewer is no evidence of a straight line


def _share_between(evidence: Evidence, low: int, high: int) -> float | None:
    """Share of the paths of 54 blocks with a length in low..high, from figure 6a; None where no network has 54."""
    rows = evidence.rows(
        "SELECT fraction FROM figure_6a WHERE study = $study AND blocks = $blocks "
        "AND path_length BETWEEN $low AND $high",
        blocks=PAPER_BLOCKS,
        low=low,
        high=high,
    )
    return None if rows.is_empty() else float(rows["fraction"].to_numpy().sum())


def path_lengths(evidence: Evidence) -> Finding:
    """Share of the paths of 54 blocks in the range that the paper gives."""
    low, high = evidence.rules["path_length_range"]
    share = _share_between(evidence, low, high)
    if share is None:
        return not_run(f"no network of {PAPER_BLOCKS} blocks among the path lengths")
    verdict = above(Interval(share, share, share), evidence.rules["path_length_share"])
    return _closed_form(share, verdict, low, high)


def effective_path_lengths(evidence: Evidence) -> Finding:
    """Share of the paths of 54 blocks with a length that the paper calls effective."""
    share = _share_between(evidence, *EFFECTIVE_LENGTHS)
    if share is None:
        return not_run(f"no network of {PAPER_BLOCKS} blocks among the path lengths")
    verdict: Verdict = "reproduced" if round(share, 4) == EFFECTIVE_SHARE else "not reproduced"
    return _closed_form(share, verdict, *EFFECTIVE_LENGTHS)


def _closed_form(share: float, verdict: Verdict, low: int, high: int) -> Finding:
    detail = f"Binomial({PAPER_BLOCKS}, 1/2), {low} to {high} blocks"
    return Finding(share, None, None, "closed form", None, verdict, detail)


def remaining_paths(evidence: Evidence) -> Finding:
    """Largest deviation of figure 7 from the same share written as a product over the deleted blocks."""
    rows = evidence.rows(
        "SELECT blocks, deleted, path_length, fraction FROM figure_7 WHERE study = $study ORDER BY ALL"
    ).filter(
        pl.any_horizontal(
            (pl.col("deleted") == deleted) & pl.col("path_length").is_in(list(lengths))
            for deleted, lengths in REFERENCE_POINTS.items()
        )
    )
    if rows.is_empty():
        return not_run("no shares of remaining paths")
    largest = max(abs(fraction - remaining(*point)) for *point, fraction in rows.iter_rows())
    sizes = ", ".join(str(blocks) for blocks in rows["blocks"].unique().sort())
    verdict: Verdict = "reproduced" if largest < CLOSED_FORM_TOLERANCE else "not reproduced"
    detail = f"{len(rows)} points, networks of {sizes} blocks"
    return Finding(largest, None, None, "closed form, computed another way", None, verdict, detail)


def remaining(blocks: int, deleted: int, length: int) -> float:
    """Share of paths of a length left after deletions: none of d deleted blocks is among the x entered ones."""
    return prod(max(blocks - length - i, 0) / (blocks - i) for i in range(deleted))


def _fits(evidence: Evidence) -> pl.DataFrame:
    """The fits of the residual network at the input, after the last epoch measured, one row a seed."""
    return evidence.rows(
        "SELECT * FROM path_fits WHERE study = $study AND network = $network AND measured_at = 'input' "
        "QUALIFY epoch = max(epoch) OVER (PARTITION BY network, seed) ORDER BY seed",
        network=evidence.rules["residual"],
    )


def _not_fitted(evidence: Evidence) -> Finding:
    return not_run(f"no path gradients of {evidence.rules['residual']}")


def _about(fits: pl.DataFrame, evidence: Evidence) -> str:
    return (
        f"{evidence.rules['residual']}, {of_seeds(len(fits))}, epoch {most(fits['epoch']):.0f}, gradient at the input, "
        f"{least(fits['lengths_fitted']):.0f} lengths, {fits['dead'].to_numpy().sum()} dead paths left out"
    )


def _widest(fits: pl.DataFrame, value: str, low: str, high: str) -> Interval:
    if fits[low].null_count() or fits[high].null_count():
        return Interval(mean(fits[value]), None, None)
    return Interval(mean(fits[value]), least(fits[low]), most(fits[high]))


def gradient_line(evidence: Evidence) -> Finding:
    """R^2 of the straight line of mean log norm on length."""
    fits = _fits(evidence)
    if fits.is_empty():
        return _not_fitted(evidence)
    interval = _widest(fits, "r_squared", "r_squared", "r_squared")
    enough = least(fits["lengths_fitted"]) >= FEWEST_LENGTHS
    verdict = above(interval, evidence.rules["gradient_r_squared"]) if enough else "inconclusive"
    return found(interval, verdict, "least squares; smallest and largest over seeds", _about(fits, evidence))


def gradient_factor(evidence: Evidence) -> Finding:
    """The factor r by which one more block multiplies the norm."""
    fits = _fits(evidence)
    if fits.is_empty():
        return _not_fitted(evidence)
    interval = _widest(fits, "r", "r_low", "r_high")
    verdict = inside(interval, *evidence.rules["gradient_r"])
    detail = f"{_about(fits, evidence)}; r/(1+r) = {mean(fits['binomial_p']):.3f}"
    return found(interval, verdict, "resampled batches, widest over seeds", detail)


def _shifted(fits: pl.DataFrame) -> pl.DataFrame:
    """The window's ends, moved as far as the interval of the mean length reaches."""
    down, up = pl.col("mean_length_low") - pl.col("mean_length"), pl.col("mean_length_high") - pl.col("mean_length")
    return fits.with_columns(
        low_low=pl.col("window_low") + down, high_low=pl.col("window_high") + down,
        low_high=pl.col("window_low") + up, high_high=pl.col("window_high") + up,
    )  # fmt: skip


def effective_window(evidence: Evidence) -> Finding:
    """Mean path length by contribution; its window of two standard deviations, which the rule is about."""
    fits = _fits(evidence)
    if fits.is_empty():
        return _not_fitted(evidence)
    moved = _shifted(fits)
    window = _widest(fits, "mean_length", "window_low", "window_high")
    lower = _widest(moved, "window_low", "low_low", "low_high")
    upper = _widest(moved, "window_high", "high_low", "high_high")
    low, high = evidence.rules["effective_window"]
    verdict = both(above(lower, low), below(upper, high))
    detail = f"{_about(fits, evidence)}; {2 * window.value:.1f} layers on average"
    return found(window, verdict, "mean and mean +- 2 sd of length, resampled batches", detail)


def effective_share(evidence: Evidence) -> Finding:
    """Share of all paths whose length is in the measured window."""
    fits = _fits(evidence)
    if fits.is_empty():
        return _not_fitted(evidence)
    if fits["mean_length_low"].null_count():
        interval = Interval(mean(fits["window_share"]), None, None)
    else:
        rows = _shifted(fits).select("low_low", "high_low", "low_high", "high_high", "blocks").iter_rows()
        shares = [(window_share(a, b, n), window_share(c, d, n)) for a, b, c, d, n in rows]
        flat = [share for pair in shares for share in pair]
        interval = Interval(mean(fits["window_share"]), min(flat), max(flat))
    verdict = below(interval, evidence.rules["effective_share"])
    detail = f"{_about(fits, evidence)}; the paper's share is {percent(EFFECTIVE_SHARE)}"
    return found(interval, verdict, "window moved by the resampled interval of the mean length", detail)
