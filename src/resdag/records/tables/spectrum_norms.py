"""Table `spectrum_norms`."""

from typing import ClassVar, Literal

from resdag.records.base import Count, Error, OfNetwork, Positive


class SpectrumNorm(OfNetwork):
    """The summed gradient and the energy of all paths of one length, over all batches."""

    table: ClassVar[str] = "spectrum_norms"
    place: ClassVar[int] = 220
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
    """Lower end of the interval for norm_of_sum, by resampling batches; NULL with fewer than eight batches."""
    norm_of_sum_high: Positive | None
    """Upper end of the interval for norm_of_sum, by resampling batches; NULL with fewer than eight batches."""
    rms_norm: Positive
    """Root-mean-square norm of a single path of this length: the root of mean energy / C(n, length)."""
    rms_norm_low: Positive | None
    """Lower end of the interval for rms_norm, by resampling batches; NULL with fewer than eight batches."""
    rms_norm_high: Positive | None
    """Upper end of the interval for rms_norm, by resampling batches; NULL with fewer than eight batches."""
    energy_relative_se: Positive | None
    """Standard error over sign draws of the mean energy, as a part of it; NULL where all paths are dead."""
    energy_df: Positive | None
    """Degrees of freedom of that error (Satterthwaite); NULL where no draw differs, or where it was not recorded."""
    energy_known: bool
    """Whether the draws tell the energy: none differs, or that error is 25 % at most, with ten degrees of freedom."""
    largest_image_share: Error | None
    """Share of the energy of all batches that one image has, the largest; NULL where it was not recorded."""
    coherence: Positive | None
    """Mean squared norm of the sum over mean energy; NULL where all paths are dead."""
    coherence_low: Positive | None
    """Lower end of the interval for coherence, by resampling batches; NULL with fewer than eight batches."""
    coherence_high: Positive | None
    """Upper end of the interval for coherence, by resampling batches; NULL with fewer than eight batches."""
    summed_contribution: Error
    """Share of norm_of_sum in its sum over all lengths."""
    summed_contribution_low: Error | None
    """Lower end of the interval for summed_contribution, by resampling batches; NULL with fewer than eight batches."""
    summed_contribution_high: Error | None
    """Upper end of the interval for summed_contribution, by resampling batches; NULL with fewer than eight batches."""
    share: float
    """Share of the ordinary gradient that the sum makes up, mean over batches; below 0 where it opposes it."""
    share_low: float | None
    """Lower end of the interval for share, by resampling batches; NULL with fewer than eight batches."""
    share_high: float | None
    """Upper end of the interval for share, by resampling batches; NULL with fewer than eight batches."""
