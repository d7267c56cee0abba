"""Table `blocks`."""

from typing import ClassVar

from resdag.records.base import Count, OfNetwork


class Block(OfNetwork):
    """One block of a network, or one layer of a VGG."""

    table: ClassVar[str] = "blocks"
    place: ClassVar[int] = 40
    key: ClassVar[tuple[str, ...]] = ("study", "network", "seed", "block")
    block: Count
    """Index from the input, from 0."""
    stage: Count
    """Stage, or VGG group, from 0."""
    channels: Count
    """Channels of the block's output."""
    changes_shape: bool
    """Whether the block's sum and its input differ in shape; in networks of others, layers between blocks aside."""
    deletable: bool
    """Whether the network can run without the block."""
    reorderable: bool
    """Whether the block may take the place of another of equal shape."""
    layer: str | None
    """Name of the layer in the model that a network of others was taken from; NULL for ours."""
    parameters: Count | None
    """Trainable numbers; NULL in rows from before this was kept."""
    fixed: str | None
    """Why the block of a network of others must keep its place; NULL where it may change it, and for ours."""
