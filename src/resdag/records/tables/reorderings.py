"""Table `reorderings`."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from resdag.records.base import Count, Measured


class Reordering(Measured):
    """One network with its blocks in another order."""

    table: ClassVar[str] = "reorderings"
    place: ClassVar[int] = 80
    key: ClassVar[tuple[str, ...]] = ("study", "network", "seed", "reordering")
    reordering: str
    """Stable name: swaps-08-d003, shuffle-d003, reversal."""
    experiment: Literal["identity", "swaps", "shuffle", "reversal"]
    """How the order was made."""
    swaps: Count | None
    """Random swaps, one after another; NULL for a shuffle or a reversal."""
    draw: Count | None
    """Which random choice; NULL where nothing is drawn."""
    permutation: list[int]
    """permutation[i] is the block that runs at place i."""
    kendall_tau: Annotated[float, Field(ge=-1, le=1)]
    """Kendall's tau between this order and the trained one, over all blocks."""
    broken: Count
    """Images right before and wrong after."""
    repaired: Count
    """Images wrong before and right after."""
