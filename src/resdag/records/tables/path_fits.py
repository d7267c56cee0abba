"""Table `path_fits`."""

from typing import ClassVar, Literal

from resdag.records.base import Count, Error, OfNetwork, Positive


class PathFit(OfNetwork):
    """The straight line of mean log norm on path length, and the effective paths that follow from the norms."""

    table: ClassVar[str] = "path_fits"
    place: ClassVar[int] = 210
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
    """Lower end of the interval for r, by resampling batches; NULL with fewer than eight batches."""
    r_high: Positive | None
    """Upper end of the interval for r, by resampling batches; NULL with fewer than eight batches."""
    intercept_log10: float
    """Base-10 logarithm of the norm that the line gives to length 0."""
    r_squared: float
    """R^2 of the line."""
    slopes_ratio: float | None
    """Slope of the line through lengths from half of the blocks on, over that of the line up to there: 1 for a straight
    line; NULL where either half has fewer than two living lengths."""
    slopes_ratio_low: float | None
    """Lower end of the interval for slopes_ratio, by resampling batches; NULL with fewer than eight batches."""
    slopes_ratio_high: float | None
    """Upper end of the interval for slopes_ratio, by resampling batches; NULL with fewer than eight batches."""
    lengths_fitted: Count
    """Path lengths with at least one living sample."""
    dead: Count
    """Sampled paths of norm 0, left out of the fit."""
    mean_length: Positive
    """Mean path length, in blocks, weighted by contribution."""
    mean_length_low: Positive | None
    """Lower end of the interval for mean_length, by resampling batches; NULL with fewer than eight batches."""
    mean_length_high: Positive | None
    """Upper end of the interval for mean_length, by resampling batches; NULL with fewer than eight batches."""
    sd_length: Positive
    """Standard deviation of path length, in blocks, weighted by contribution."""
    window_low: float
    """mean_length - 2 sd_length, in blocks."""
    window_low_low: float | None
    """Lower end of the interval for window_low, by resampling batches; NULL with fewer than eight batches."""
    window_low_high: float | None
    """Upper end of the interval for window_low, by resampling batches; NULL with fewer than eight batches."""
    window_high: float
    """mean_length + 2 sd_length, in blocks."""
    window_high_low: float | None
    """Lower end of the interval for window_high, by resampling batches; NULL with fewer than eight batches."""
    window_high_high: float | None
    """Upper end of the interval for window_high, by resampling batches; NULL with fewer than eight batches."""
    window_share: Error
    """Share of all 2^n paths whose length lies in the window, its ends rounded to whole blocks."""
    window_share_low: Error | None
    """Lower end of the interval for window_share, by resampling batches; NULL with fewer than eight batches."""
    window_share_high: Error | None
    """Upper end of the interval for window_share, by resampling batches; NULL with fewer than eight batches."""
    binomial_p: Error
    """r / (1 + r): the share of blocks entered that a constant factor r would give."""
