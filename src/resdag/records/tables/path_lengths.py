"""Table `path_lengths`."""

from typing import ClassVar

from resdag.records.base import Count, Error, OfNetwork, Positive


class PathLength(OfNetwork):
    """How many of a network's 2^n paths have each length, in closed form."""

    table: ClassVar[str] = "path_lengths"
    place: ClassVar[int] = 120
    key: ClassVar[tuple[str, ...]] = ("study", "network", "seed", "path_length")
    blocks: Count
    """Residual blocks n of the network."""
    path_length: Count
    """Blocks whose branch the path enters."""
    paths: Positive
    """C(n, length)."""
    fraction: Error
    """paths / 2^n."""
