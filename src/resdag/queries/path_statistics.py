"""Which path lengths carry the gradient? From norms of sampled paths to the effective paths (section 5, figure 6).

All C(n, k) paths of length k together contribute C(n, k) times the mean norm
of the sampled ones, normalised over the lengths.  The mean of log10 norm falls
on a straight line of length; r = 10^slope is the factor by which one more
block multiplies the norm.  Norms fall over 32 decades from length 0 to 54, so
everything is kept in logarithms until it is a share.

Samples that share a batch share its images, so intervals resample whole
batches (a cluster bootstrap, percentiles), from a fixed seed, of eight batches or more.  A dead path has
norm 0 and no logarithm: it counts in mean norms, and not in the line.

The paper gives no rule for its "5 to 17 modules"; mean +- 2 standard deviations
of length under the contributions, ends rounded to whole blocks, gives it from
Binomial(54, r / (1 + r)) at r = .256.
"""

from typing import NamedTuple, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import gammaln

from resdag.combinatorics import fraction_in

Floats = NDArray[np.float64]
Length = TypeVar("Length", float, Floats)
RESAMPLES = 2000
FEWEST_BATCHES = 8  # that are drawn again: of fewer, too few drawings differ, and intervals are far too narrow


class Samples(NamedTuple):
    """Sampled paths of one network, gathered by length (K of them, axis 0) and batch (B, axis 1)."""

    lengths: NDArray[np.int64]
    taken: Floats  # K x B
    alive: Floats  # K x B
    log_sum: Floats  # K x B, log10 norms of living paths
    scale: Floats  # K, the largest log10 norm of the length
    scaled_sum: Floats  # K x B, norms of living paths over 10^scale


class Estimates(NamedTuple):
    """What follows from the samples, once for each of R weightings of the batches."""

    log10_mean_norm: Floats  # R x K, -inf where all paths are dead
    mean_log10_norm: Floats  # R x K, NaN where all are
    contribution: Floats  # R x K, rows sum to 1
    slope: Floats  # R, NaN with fewer than two living lengths
    intercept: Floats  # R
    slopes_ratio: Floats  # R, of the longer half of the lengths over the shorter; NaN where either has fewer than two
    mean_length: Floats  # R, in blocks
    sd_length: Floats  # R, in blocks


def gather(lengths: ArrayLike, batches: ArrayLike, log10_norms: ArrayLike) -> Samples:
    """Sums by length and batch; a dead path's log10 norm is NaN."""
    logs = np.asarray(log10_norms, dtype=np.float64)
    found, row = np.unique(np.asarray(lengths), return_inverse=True)
    names, column = np.unique(np.asarray(batches), return_inverse=True)
    living = np.isfinite(logs)
    scale = np.full(len(found), -np.inf)
    np.maximum.at(scale, row[living], logs[living])

    def by_cell(values: ArrayLike, where: NDArray[np.bool_]) -> Floats:
        sums = np.zeros((len(found), len(names)))
        np.add.at(sums, (row[where], column[where]), np.broadcast_to(values, logs.shape)[where])
        return sums

    scaled = np.power(10.0, np.where(living, logs - np.where(living, scale[row], 0), -np.inf))
    everywhere = np.ones_like(living)
    return Samples(
        found, by_cell(1.0, everywhere), by_cell(1.0, living), by_cell(logs, living), scale, by_cell(scaled, living)
    )


def estimate(samples: Samples, weights: Floats, blocks: int) -> Estimates:
    """Everything for each weighting of the batches, R x B; rows of ones are the samples as they are."""
    with np.errstate(divide="ignore", invalid="ignore"):
        mean_log = (weights @ samples.log_sum.T) / (weights @ samples.alive.T)
        log_mean = samples.scale + np.log10((weights @ samples.scaled_sum.T) / (weights @ samples.taken.T))
    log_mean = np.where(np.isnan(log_mean), -np.inf, log_mean)
    share = contributions(log_mean, samples.lengths, blocks)
    mean, spread = moments(share, samples.lengths)
    slope, intercept = lines(samples.lengths, mean_log)
    ratio = _slopes_ratio(samples.lengths, mean_log, blocks)
    return Estimates(log_mean, mean_log, share, slope, intercept, ratio, mean, spread)


def _slopes_ratio(lengths: NDArray[np.int64], y: Floats, blocks: int) -> Floats:
    """Slope of the line through lengths from half of the blocks on, over that up to there; both hold the middle."""
    shorter, longer = lengths <= blocks / 2, lengths >= blocks / 2
    with np.errstate(divide="ignore", invalid="ignore"):
        return lines(lengths[longer], y[:, longer])[0] / lines(lengths[shorter], y[:, shorter])[0]


def contributions(log10_norms: Floats, lengths: ArrayLike, blocks: int) -> Floats:
    """Share of C(n, k) x norm_k in its sum over the lengths (last axis); 0 everywhere if every path is dead."""
    logs = log10_norms * np.log(10) + log_paths(blocks, lengths)
    top = logs.max(axis=-1, keepdims=True)
    weight = np.exp(logs - np.where(np.isfinite(top), top, 0))
    total = weight.sum(axis=-1, keepdims=True)
    return weight / np.where(total > 0, total, 1)


def log_paths(blocks: int, lengths: ArrayLike) -> Floats:
    """Natural logarithm of C(n, k)."""
    k = np.asarray(lengths, dtype=np.float64)
    return gammaln(blocks + 1) - gammaln(k + 1) - gammaln(blocks - k + 1)


def moments(shares: Floats, lengths: NDArray[np.int64]) -> tuple[Floats, Floats]:
    """Mean and standard deviation of length under each row of shares."""
    mean = shares @ lengths
    return mean, np.sqrt(np.maximum(shares @ lengths.astype(float) ** 2 - mean**2, 0))


def lines(lengths: NDArray[np.int64], y: Floats) -> tuple[Floats, Floats]:
    """Slope and intercept of the least-squares line through each row's finite values."""
    there = np.isfinite(y)
    points = there.sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        x_mean = (there @ lengths) / points
        y_mean = np.where(there, y, 0).sum(axis=1) / points
        x_off = np.where(there, lengths - x_mean[:, None], 0)
        slope = (x_off * np.where(there, y - y_mean[:, None], 0)).sum(axis=1) / (x_off**2).sum(axis=1)
    return slope, y_mean - slope * x_mean


def resamplings(batches: int, generator: np.random.Generator) -> Floats:
    """Weights of R resamplings of whole batches, R x B: how often each batch was drawn, with replacement."""
    return generator.multinomial(batches, np.full(batches, 1 / batches), size=RESAMPLES).astype(np.float64)


def ends(resampled: Floats, confidence: float) -> tuple[Floats, Floats]:
    """Percentiles over the first axis that hold the share `confidence`; NaN where a resampling has no value."""
    low, high = np.quantile(resampled, [(1 - confidence) / 2, (1 + confidence) / 2], axis=0)
    return low, high


def window(mean_length: Length, sd_length: Length) -> tuple[Length, Length]:
    """Mean +- 2 standard deviations of path length, in blocks."""
    return mean_length - 2 * sd_length, mean_length + 2 * sd_length


def window_share(low: float, high: float, blocks: int) -> float:
    """Share of all 2^n paths whose length is in the window, its ends rounded to whole blocks."""
    return fraction_in(blocks, round(low), round(high))
