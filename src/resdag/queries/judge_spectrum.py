"""What exact path spectra say of the paper's effective paths, when all paths of a length are added as vectors."""

import polars as pl

from resdag.queries.judge_paths import EFFECTIVE_LENGTHS, PAPER_BLOCKS
from resdag.queries.statistics import Interval
from resdag.queries.verdicts import (
    Evidence,
    Finding,
    above,
    below,
    both,
    found,
    least,
    mean,
    most,
    not_run,
    of_seeds,
    percent,
)


def summed_window(evidence: Evidence) -> Finding:
    """Mean path length by the norm of the sum over all paths of a length, and its window of two standard deviations."""
    windows = _of_last_epoch(evidence, "spectrum_windows", "seed")
    if windows.is_empty():
        return not_run(f"no path spectrum of {evidence.rules['residual']}")
    low, high = evidence.rules["summed_window"]
    verdict = both(above(_end(windows, "summed_low"), low), below(_end(windows, "summed_high"), high))
    window = Interval(mean(windows["summed_mean_length"]), least(windows["summed_low"]), most(windows["summed_high"]))
    detail = (
        f"{evidence.rules['residual']}, {of_seeds(len(windows))}, epoch {most(windows['epoch']):.0f}, gradient at the "
        f"input, {least(windows['batches']):.0f} batches{_within_the_papers(evidence, windows)}"
    )
    return found(window, verdict, "mean and mean +- 2 sd of length, resampled batches", detail)


def _end(windows: pl.DataFrame, name: str) -> Interval:
    """An end of the window, widest over seeds."""
    low, high = windows[f"{name}_low"], windows[f"{name}_high"]
    if low.null_count() or high.null_count():
        return Interval(mean(windows[name]), None, None)
    return Interval(mean(windows[name]), least(low), most(high))


def _within_the_papers(evidence: Evidence, windows: pl.DataFrame) -> str:
    """How much of the summed norms lies in the paper's effective lengths, for a network of its size."""
    if most(windows["blocks"]) != PAPER_BLOCKS:
        return ""
    low, high = EFFECTIVE_LENGTHS
    norms = _of_last_epoch(evidence, "spectrum_norms", "seed, path_length")
    inside = norms.filter(pl.col("path_length").is_between(low, high))["summed_contribution"].to_numpy().sum()
    return f"; {percent(inside / len(windows))} of the summed norms lie in {low} to {high} blocks"


def _of_last_epoch(evidence: Evidence, table: str, order: str) -> pl.DataFrame:
    """Rows of the residual network at the input, after the last epoch measured."""
    return evidence.rows(
        f"SELECT * FROM {table} WHERE study = $study AND network = $network AND measured_at = 'input' "
        f"QUALIFY epoch = max(epoch) OVER (PARTITION BY network, seed) ORDER BY {order}",
        network=evidence.rules["residual"],
    )
