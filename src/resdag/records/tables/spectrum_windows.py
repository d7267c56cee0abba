"""Table `spectrum_windows`."""

from typing import ClassVar, Literal

from resdag.records.base import Count, OfNetwork, Positive


class SpectrumWindow(OfNetwork):
    """The effective path lengths over all paths: each length weighted by the norm of its sum, or by its energy."""

    table: ClassVar[str] = "spectrum_windows"
    place: ClassVar[int] = 230
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
    """Lower end of the interval for summed_mean_length, by resampling batches; NULL with fewer than eight batches."""
    summed_mean_length_high: float | None
    """Upper end of the interval for summed_mean_length, by resampling batches; NULL with fewer than eight batches."""
    summed_sd_length: Positive
    """Standard deviation of path length, in blocks, weighted by norm_of_sum."""
    summed_low: float
    """summed_mean_length - 2 summed_sd_length, in blocks."""
    summed_low_low: float | None
    """Lower end of the interval for summed_low, by resampling batches; NULL with fewer than eight batches."""
    summed_low_high: float | None
    """Upper end of the interval for summed_low, by resampling batches; NULL with fewer than eight batches."""
    summed_high: float
    """summed_mean_length + 2 summed_sd_length, in blocks."""
    summed_high_low: float | None
    """Lower end of the interval for summed_high, by resampling batches; NULL with fewer than eight batches."""
    summed_high_high: float | None
    """Upper end of the interval for summed_high, by resampling batches; NULL with fewer than eight batches."""
    energy_mean_length: Positive | None
    """Mean path length, in blocks, weighted by energy, squared norms of single paths; NULL where all paths are dead."""
    energy_mean_length_low: float | None
    """Lower end of the interval for energy_mean_length, by resampling batches; NULL with fewer than eight batches."""
    energy_mean_length_high: float | None
    """Upper end of the interval for energy_mean_length, by resampling batches; NULL with fewer than eight batches."""
    energy_low: float | None
    """energy_mean_length less 2 standard deviations of path length weighted by energy, in blocks; NULL likewise."""
    energy_high: float | None
    """energy_mean_length and 2 standard deviations of path length weighted by energy, in blocks; NULL likewise."""
    rms_r: Positive | None
    """Factor by which one more block multiplies rms_norm, from a straight line of its logarithm on length;
    NULL with fewer than two living lengths."""
    rms_r_low: float | None
    """Lower end of the interval for rms_r, by resampling batches; NULL with fewer than eight batches."""
    rms_r_high: float | None
    """Upper end of the interval for rms_r, by resampling batches; NULL with fewer than eight batches."""
