"""Table `paths_remaining`."""

from typing import ClassVar

from resdag.records.base import Count, Error, OfNetwork


class PathsRemaining(OfNetwork):
    """Share of the paths of each length that survive the deletion of d blocks, in closed form (eq. 8)."""

    table: ClassVar[str] = "paths_remaining"
    place: ClassVar[int] = 130
    key: ClassVar[tuple[str, ...]] = ("study", "network", "seed", "deleted", "path_length")
    blocks: Count
    """Residual blocks n of the network."""
    deleted: Count
    """Blocks deleted, d."""
    path_length: Count
    """Blocks whose branch the path enters, x."""
    fraction: Error
    """C(n - d, x) / C(n, x)."""
