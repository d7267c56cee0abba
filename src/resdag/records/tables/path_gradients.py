"""Table `path_gradients`."""

from typing import ClassVar, Literal

from resdag.records.base import Count, OfNetwork, Positive


class PathGradient(OfNetwork):
    """Norm of the gradient through one sampled path."""

    table: ClassVar[str] = "path_gradients"
    place: ClassVar[int] = 100
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
    norm: Positive | None
    """L2 norm over the whole batch of the gradient of the mean loss; NULL where the network has diverged, so that it is
    no finite number, or where it overflows."""
    log10_norm: float | None
    """Base-10 logarithm of the norm, kept where the norm underflows; NULL for a dead path, of norm 0, and where the
    network has diverged."""
