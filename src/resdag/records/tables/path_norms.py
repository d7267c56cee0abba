"""Table `path_norms`."""

from typing import ClassVar, Literal

from resdag.records.base import Count, Error, OfNetwork, Positive


class PathNorm(OfNetwork):
    """Gradient norms of the sampled paths of one length, and what all paths of that length contribute."""

    table: ClassVar[str] = "path_norms"
    place: ClassVar[int] = 200
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
    """Lower end of the interval for mean_norm, by resampling batches; NULL with fewer than eight batches."""
    mean_norm_high: Positive | None
    """Upper end of the interval for mean_norm, by resampling batches; NULL with fewer than eight batches."""
    mean_log10_norm: float | None
    """Mean base-10 logarithm of the norms that are not dead; NULL where all are."""
    sd_log10_norm: Positive | None
    """Standard deviation of those logarithms; NULL with fewer than two."""
    contribution: Error
    """Share of C(n, length) x mean_norm in its sum over all lengths."""
    contribution_low: Error | None
    """Lower end of the interval for contribution, by resampling batches; NULL with fewer than eight batches."""
    contribution_high: Error | None
    """Upper end of the interval for contribution, by resampling batches; NULL with fewer than eight batches."""
