"""What follows from exact path spectra: norms, coherence and effective lengths when paths add as vectors.

Each batch gives, for every length, the norm of the sum over all paths, and an
estimate of their energy.  Norms are averaged over batches; coherence is the
ratio of the mean squared norm to the mean energy; a length is weighted by the mean norm of its
sum, or by the mean energy of its paths, where the paper weights it by the number of paths times the
mean norm of one.  The root-mean-square norm of one path has a straight line of its own, whose factor a
block is held against the r of sampled paths.  Intervals resample batches, as those of `path_statistics` do; how well
the signs tell the energy is a standard error of its own.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from resdag.queries.path_statistics import lines, log_paths, moments

Floats = NDArray[np.float64]


class Batches(NamedTuple):
    """One network's spectra at one moment and place: lengths 0..n along axis 1, batches along axis 0."""

    norm_of_sum: Floats  # B x K
    share: Floats  # B x K
    energy: Floats  # B x K
    energy_se: Floats  # B x K

    @property
    def blocks(self) -> int:
        return self.norm_of_sum.shape[1] - 1


class Estimates(NamedTuple):
    """What follows from the batches, once for each of R weightings of them."""

    norm_of_sum: Floats  # R x K
    rms_norm: Floats  # R x K, of a single path
    coherence: Floats  # R x K, NaN where all paths are dead
    contribution: Floats  # R x K, rows sum to 1
    share: Floats  # R x K, rows sum to 1
    mean_length: Floats  # R, in blocks
    sd_length: Floats  # R, in blocks
    energy_mean_length: Floats  # R, in blocks; NaN where all paths are dead
    energy_sd_length: Floats  # R, in blocks; likewise
    slope: Floats  # R, of log10 rms_norm on length; NaN with fewer than two living lengths


def estimate(batches: Batches, weights: Floats) -> Estimates:
    """Everything for each weighting of the batches, R x B; a row of ones is the batches as they are."""
    weights = weights / weights.sum(axis=1, keepdims=True)
    lengths = np.arange(batches.blocks + 1)
    norm, energy = weights @ batches.norm_of_sum, weights @ batches.energy
    with np.errstate(divide="ignore", invalid="ignore"):
        coherence = (weights @ batches.norm_of_sum**2) / energy
        rms = np.sqrt(energy) * np.exp(-log_paths(batches.blocks, lengths) / 2)
        slope, _ = lines(lengths, np.log10(rms))
        by_energy = energy / energy.sum(axis=1, keepdims=True)
    total = norm.sum(axis=1, keepdims=True)
    contribution = norm / np.where(total > 0, total, 1)
    return Estimates(
        norm, rms, coherence, contribution, weights @ batches.share, *moments(contribution, lengths),
        *moments(by_energy, lengths), slope,
    )  # fmt: skip


def relative_error(batches: Batches) -> Floats:
    """Standard error over sign draws of the mean energy, as a part of it, K; NaN where all paths are dead."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.sqrt((batches.energy_se**2).sum(axis=0)) / batches.energy.sum(axis=0)
