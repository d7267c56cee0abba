"""Paths: how many there are, the gradient through them, and what follows from it."""

from typing import ClassVar, Literal

from resdag.records.base import Count, Error, OfNetwork, Positive


class PathLength(OfNetwork):
    """How many of a network's 2^n paths have each length, in closed form."""

    table: ClassVar[str] = "path_lengths"
    key: ClassVar[tuple[str, ...]] = ("study", "network", "seed", "path_length")
    blocks: Count
    """Residual blocks n of the network."""
    path_length: Count
    """Blocks whose branch the path enters."""
    paths: Positive
    """C(n, length)."""
    fraction: Error
    """paths / 2^n."""


class PathsRemaining(OfNetwork):
    """Share of the paths of each length that survive the deletion of d blocks, in closed form (eq. 8)."""

    table: ClassVar[str] = "paths_remaining"
    key: ClassVar[tuple[str, ...]] = ("study", "network", "seed", "deleted", "path_length")
    blocks: Count
    """Residual blocks n of the network."""
    deleted: Count
    """Blocks deleted, d."""
    path_length: Count
    """Blocks whose branch the path enters, x."""
    fraction: Error
    """C(n - d, x) / C(n, x)."""


class PathGradient(OfNetwork):
    """Norm of the gradient through one sampled path."""

    table: ClassVar[str] = "path_gradients"
    key: ClassVar[tuple[str, ...]] = ("study", "network", "seed", "epoch", "path_length", "sample", "measured_at")
    epoch: Count
    """Epochs of training behind the network; 0 is the initialisation, 1 a loaded network, whose epochs are unknown."""
    path_length: Count
    """Blocks whose branch the path enters."""
    sample: Count
    """Which path of this length."""
    measured_at: Literal["input", "first_block"]
    """Where the gradient is taken: the normalised image, or the input of the first block."""
    batch: Count
    """Which batch of training images; several samples share one."""
    norm: Positive
    """L2 norm over the whole batch of the gradient of the mean loss."""
    log10_norm: float | None
    """Base-10 logarithm of the norm, kept where the norm underflows; NULL for a dead path, of norm 0."""


class PathSpectrum(OfNetwork):
    """The summed gradient of all paths of one length, and the energy of them, over one batch."""

    table: ClassVar[str] = "path_spectrum"
    key: ClassVar[tuple[str, ...]] = ("study", "network", "seed", "epoch", "batch", "path_length", "measured_at")
    epoch: Count
    """Epochs of training behind the network; 0 is the initialisation, 1 a loaded network, whose epochs are unknown."""
    batch: Count
    """Which batch of training images."""
    path_length: Count
    """Blocks whose branch the paths enter."""
    measured_at: Literal["input", "first_block"]
    """Where the gradient is taken: the normalised image, or the input of the first block."""
    paths: Positive
    """Number of paths of this length, C(n, length)."""
    norm_of_sum: Positive
    """L2 norm over the whole batch of the sum of the gradients of all these paths, exact."""
    share: float
    """Inner product of that sum with the ordinary gradient over the latter's squared norm: 1 in all over lengths."""
    energy: Positive
    """Sum over these paths of the squared norm of each one's gradient, estimated by random signs."""
    energy_se: Positive
    """Standard error of energy over sign draws, each image with draws of its own, for this batch."""
    sign_draws: Count
    """Random signs drawn for each image and block."""
    coherence: Positive | None
    """norm_of_sum^2 / energy: 1 for independent paths, less where they cancel; NULL where all paths are dead."""


class PathNorm(OfNetwork):
    """Gradient norms of the sampled paths of one length, and what all paths of that length contribute."""

    table: ClassVar[str] = "path_norms"
    key: ClassVar[tuple[str, ...]] = ("study", "network", "seed", "epoch", "path_length", "measured_at")
    epoch: Count
    """Epochs of training behind the network; 0 is the initialisation, 1 a loaded network, whose epochs are unknown."""
    path_length: Count
    """Blocks whose branch the path enters."""
    measured_at: Literal["input", "first_block"]
    """Where the gradient is taken: the normalised image, or the input of the first block."""
    samples: Count
    """Sampled paths of this length, dead ones included."""
    dead: Count
    """Sampled paths of norm exactly 0, left out of the logarithms."""
    mean_norm: Positive
    """Mean norm over all samples, dead ones included as 0."""
    mean_norm_low: Positive | None
    """Lower end of the interval for mean_norm, by resampling batches; NULL with fewer than two batches."""
    mean_norm_high: Positive | None
    """Upper end of the interval for mean_norm, by resampling batches; NULL with fewer than two batches."""
    mean_log10_norm: float | None
    """Mean base-10 logarithm of the norms that are not dead; NULL where all are."""
    sd_log10_norm: Positive | None
    """Standard deviation of those logarithms; NULL with fewer than two."""
    contribution: Error
    """Share of C(n, length) x mean_norm in its sum over all lengths."""
    contribution_low: Error | None
    """Lower end of the interval for contribution, by resampling batches; NULL with fewer than two batches."""
    contribution_high: Error | None
    """Upper end of the interval for contribution, by resampling batches; NULL with fewer than two batches."""


class PathFit(OfNetwork):
    """The straight line of mean log norm on path length, and the effective paths that follow from the norms."""

    table: ClassVar[str] = "path_fits"
    key: ClassVar[tuple[str, ...]] = ("study", "network", "seed", "epoch", "measured_at")
    epoch: Count
    """Epochs of training behind the network; 0 is the initialisation, 1 a loaded network, whose epochs are unknown."""
    measured_at: Literal["input", "first_block"]
    """Where the gradient is taken: the normalised image, or the input of the first block."""
    blocks: Count
    """Residual blocks n of the network."""
    r: Positive
    """Factor by which one more block multiplies the norm: 10 to the slope of the line."""
    r_low: Positive | None
    """Lower end of the interval for r, by resampling batches."""
    r_high: Positive | None
    """Upper end of the interval for r, by resampling batches."""
    intercept_log10: float
    """Base-10 logarithm of the norm that the line gives to length 0."""
    r_squared: float
    """R^2 of the line."""
    lengths_fitted: Count
    """Path lengths with at least one living sample."""
    dead: Count
    """Sampled paths of norm 0, left out of the fit."""
    mean_length: Positive
    """Mean path length, in blocks, weighted by contribution."""
    mean_length_low: Positive | None
    """Lower end of the interval for mean_length, by resampling batches."""
    mean_length_high: Positive | None
    """Upper end of the interval for mean_length, by resampling batches."""
    sd_length: Positive
    """Standard deviation of path length, in blocks, weighted by contribution."""
    window_low: float
    """mean_length - 2 sd_length, in blocks."""
    window_high: float
    """mean_length + 2 sd_length, in blocks."""
    window_share: Error
    """Share of all 2^n paths whose length lies in the window, its ends rounded to whole blocks."""
    binomial_p: Error
    """r / (1 + r): the share of blocks entered that a constant factor r would give."""


class SpectrumNorm(OfNetwork):
    """The summed gradient and the energy of all paths of one length, over all batches."""

    table: ClassVar[str] = "spectrum_norms"
    key: ClassVar[tuple[str, ...]] = ("study", "network", "seed", "epoch", "path_length", "measured_at")
    epoch: Count
    """Epochs of training behind the network; 0 is the initialisation, 1 a loaded network, whose epochs are unknown."""
    path_length: Count
    """Blocks whose branch the paths enter."""
    measured_at: Literal["input", "first_block"]
    """Where the gradient is taken: the normalised image, or the input of the first block."""
    batches: Count
    """Batches of training images measured."""
    norm_of_sum: Positive
    """Norm of the sum over all paths of this length, mean over batches."""
    norm_of_sum_low: Positive | None
    """Lower end of the interval for norm_of_sum, by resampling batches; NULL with fewer than two batches."""
    norm_of_sum_high: Positive | None
    """Upper end of the interval for norm_of_sum, by resampling batches; NULL with fewer than two batches."""
    rms_norm: Positive
    """Root-mean-square norm of a single path of this length: the root of mean energy / C(n, length)."""
    rms_norm_low: Positive | None
    """Lower end of the interval for rms_norm, by resampling batches; NULL with fewer than two batches."""
    rms_norm_high: Positive | None
    """Upper end of the interval for rms_norm, by resampling batches; NULL with fewer than two batches."""
    energy_relative_se: Positive | None
    """Standard error over sign draws of the mean energy, as a part of it; NULL where all paths are dead."""
    coherence: Positive | None
    """Mean squared norm of the sum over mean energy; NULL where all paths are dead."""
    coherence_low: Positive | None
    """Lower end of the interval for coherence, by resampling batches; NULL with fewer than two batches."""
    coherence_high: Positive | None
    """Upper end of the interval for coherence, by resampling batches; NULL with fewer than two batches."""
    summed_contribution: Error
    """Share of norm_of_sum in its sum over all lengths."""
    summed_contribution_low: Error | None
    """Lower end of the interval for summed_contribution, by resampling batches; NULL with fewer than two batches."""
    summed_contribution_high: Error | None
    """Upper end of the interval for summed_contribution, by resampling batches; NULL with fewer than two batches."""
    share: float
    """Share of the ordinary gradient that the sum makes up, mean over batches; below 0 where it opposes it."""
    share_low: float | None
    """Lower end of the interval for share, by resampling batches; NULL with fewer than two batches."""
    share_high: float | None
    """Upper end of the interval for share, by resampling batches; NULL with fewer than two batches."""


class SpectrumWindow(OfNetwork):
    """The effective path lengths over all paths: each length weighted by the norm of its sum, or by its energy."""

    table: ClassVar[str] = "spectrum_windows"
    key: ClassVar[tuple[str, ...]] = ("study", "network", "seed", "epoch", "measured_at")
    epoch: Count
    """Epochs of training behind the network; 0 is the initialisation, 1 a loaded network, whose epochs are unknown."""
    measured_at: Literal["input", "first_block"]
    """Where the gradient is taken: the normalised image, or the input of the first block."""
    blocks: Count
    """Residual blocks n of the network."""
    batches: Count
    """Batches of training images measured."""
    summed_mean_length: Positive
    """Mean path length, in blocks, weighted by norm_of_sum."""
    summed_mean_length_low: float | None
    """Lower end of the interval for summed_mean_length, by resampling batches; NULL with fewer than two batches."""
    summed_mean_length_high: float | None
    """Upper end of the interval for summed_mean_length, by resampling batches; NULL with fewer than two batches."""
    summed_sd_length: Positive
    """Standard deviation of path length, in blocks, weighted by norm_of_sum."""
    summed_low: float
    """summed_mean_length - 2 summed_sd_length, in blocks."""
    summed_low_low: float | None
    """Lower end of the interval for summed_low, by resampling batches; NULL with fewer than two batches."""
    summed_low_high: float | None
    """Upper end of the interval for summed_low, by resampling batches; NULL with fewer than two batches."""
    summed_high: float
    """summed_mean_length + 2 summed_sd_length, in blocks."""
    summed_high_low: float | None
    """Lower end of the interval for summed_high, by resampling batches; NULL with fewer than two batches."""
    summed_high_high: float | None
    """Upper end of the interval for summed_high, by resampling batches; NULL with fewer than two batches."""
    energy_mean_length: Positive | None
    """Mean path length, in blocks, weighted by energy, squared norms of single paths; NULL where all paths are dead."""
    energy_mean_length_low: float | None
    """Lower end of the interval for energy_mean_length, by resampling batches; NULL with fewer than two batches."""
    energy_mean_length_high: float | None
    """Upper end of the interval for energy_mean_length, by resampling batches; NULL with fewer than two batches."""
    energy_low: float | None
    """energy_mean_length less 2 standard deviations of path length weighted by energy, in blocks; NULL likewise."""
    energy_high: float | None
    """energy_mean_length and 2 standard deviations of path length weighted by energy, in blocks; NULL likewise."""
    rms_r: Positive | None
    """Factor by which one more block multiplies rms_norm, from a straight line of its logarithm on length;
    NULL with fewer than two living lengths."""
    rms_r_low: float | None
    """Lower end of the interval for rms_r, by resampling batches; NULL with fewer than two batches."""
    rms_r_high: float | None
    """Upper end of the interval for rms_r, by resampling batches; NULL with fewer than two batches."""
