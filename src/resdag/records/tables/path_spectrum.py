"""Table `path_spectrum`."""

from typing import ClassVar, Literal

from resdag.records.base import Count, Error, OfNetwork, Positive


class PathSpectrum(OfNetwork):
    """The summed gradient of all paths of one length, and the energy of them, over one batch."""

    table: ClassVar[str] = "path_spectrum"
    place: ClassVar[int] = 110
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
    norm_of_sum: Positive | None
    """L2 norm over the whole batch of the sum of the gradients of all these paths, exact; NULL where it is no finite
    number, since the network has diverged."""
    share: float | None
    """Inner product of that sum with the ordinary gradient over the latter's squared norm: 1 in all over lengths; NULL
    as norm_of_sum."""
    energy: Positive | None
    """Sum over these paths of the squared norm of each one's gradient, estimated by random signs; NULL as
    norm_of_sum."""
    energy_se: Positive | None
    """Standard error of energy over sign draws, each image with draws of its own, for this batch; NULL as
    norm_of_sum."""
    energy_df: Positive | None = None
    """Degrees of freedom of energy_se (Satterthwaite): few where few draws of one image make most of it; NULL where no
    draw differs, or where it was not recorded."""
    largest_image_share: Error | None = None
    """Share of energy that the image with most of it has; NULL where all paths are dead, or it was not recorded."""
    sign_draws: Count
    """Random signs drawn for each image and block."""
    coherence: Positive | None
    """norm_of_sum^2 / energy: 1 for independent paths, less where they cancel; NULL where all paths are dead, and as
    norm_of_sum."""
