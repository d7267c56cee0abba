"""What follows from exact path spectra: norms, coherence and effective lengths when paths add as vectors.

Each batch gives, for every length, the norm of the sum over all paths, and an
estimate of their energy.  Norms are averaged over batches; coherence is the
ratio of the mean squared norm to the mean energy; a length is weighted by the mean norm of its
sum, or by the mean energy of its paths, where the paper weights it by the number of paths times the
mean norm of one.  The root-mean-square norm of one path has a straight line of its own, whose factor a
block is held against the r of sampled paths.  Intervals resample batches, as those of `path_statistics` do; how well
the signs tell the energy is a standard error of its own.

That standard error is an estimate too, and a bad one where few draws of one image make most of it: its degrees of
freedom (Satterthwaite 1946) say how good it is, and under ten of them, or where they were not recorded, the energy of
a length counts as unknown.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from resdag.queries.path_statistics import lines, log_paths, moments

Floats = NDArray[np.float64]
LARGEST_ERROR = 0.25  # relative standard error up to which an energy is known
FEWEST_DEGREES = 10  # of freedom of that error
ROUNDING = 1e-9  # a relative error this small is none: no sign changes the norm of a single path


class Batches(NamedTuple):
    """One network's spectra at one moment and place: lengths 0..n along axis 1, batches along axis 0."""

    norm_of_sum: Floats  # B x K
    share: Floats  # B x K
    energy: Floats  # B x K
    energy_se: Floats  # B x K
    energy_df: Floats  # B x K, NaN where they were not recorded
    largest_image_share: Floats  # B x K, likewise

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


def degrees_of_freedom(batches: Batches) -> Floats:
    """Those of that error, K; NaN where no draw differs, so that there is none, or where they were not recorded."""
    variances = batches.energy_se**2
    with np.errstate(divide="ignore", invalid="ignore"):
        shares = variances / variances.sum(axis=0)
        return 1 / np.where(shares > 0, shares**2 / batches.energy_df, shares).sum(axis=0)


def known(batches: Batches) -> NDArray[np.bool_]:
    """Whether the draws tell the mean energy of each length, K; a length whose draws are all alike is known."""
    error, freedom = relative_error(batches), degrees_of_freedom(batches)
    return (error <= ROUNDING) | ((error <= LARGEST_ERROR) & (freedom >= FEWEST_DEGREES))


def largest_image(batches: Batches) -> Floats:
    """Share of the energy of all batches that one image has, the largest, K; NaN where it was not recorded."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return (batches.largest_image_share * batches.energy).max(axis=0) / batches.energy.sum(axis=0)
