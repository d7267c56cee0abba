"""Table `comparisons`."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from resdag.records.base import Count, Error, OfStudy, Positive


class Comparison(OfStudy):
    """One network that is held against others, over its seeds: how it differs from them, and its errors."""

    table: ClassVar[str] = "comparisons"
    place: ClassVar[int] = 240
    key: ClassVar[tuple[str, ...]] = ("study", "comparison", "network")
    comparison: Literal["depth", "multiplicity", "blocks_per_batch"]
    """What the networks compared differ in."""
    network: str
    """The network's name in the study file."""
    architecture: str
    """Family of the network: preact_resnet, resnet, plain."""
    depth: Count
    """Weighted layers."""
    blocks: Count
    """Residual blocks of the network, or of a plain one of its shape."""
    convolutions: Annotated[int, Field(ge=1)]
    """Convolutions in each block."""
    parameters: Count
    """Trainable numbers."""
    blocks_per_batch: int | None
    """Blocks computed for each batch in training; NULL where all were."""
    log2_paths: Positive
    """Base-2 logarithm of the number of paths of the whole network: its blocks; 0 for the one path of a plain one."""
    mean_path_length: Positive
    """Mean length, in blocks, of the paths that a batch of the training runs through: half of the blocks computed."""
    seeds: Annotated[int, Field(ge=1)]
    """Networks trained, or one that was loaded."""
    test_error: Error
    """Mean test error over the seeds, a fraction."""
    test_error_low: Error
    """Lower end of its interval: t over seeds; Wilson's, over images, for one seed."""
    test_error_high: Error
    """Upper end of its interval: t over seeds; Wilson's, over images, for one seed."""
    train_error: Error
    """Mean error on the training images over the seeds, unaugmented, batch norm in eval mode, a fraction."""
    train_error_low: Error
    """Lower end of its interval: t over seeds; Wilson's, over images, for one seed."""
    train_error_high: Error
    """Upper end of its interval: t over seeds; Wilson's, over images, for one seed."""
