"""Table `lesions`."""

from typing import ClassVar

from resdag.records.base import Count, Measured


class Lesion(Measured):
    """One network under one deletion, or intact."""

    table: ClassVar[str] = "lesions"
    place: ClassVar[int] = 70
    key: ClassVar[tuple[str, ...]] = ("study", "network", "seed", "lesion")
    lesion: str
    """Stable name: intact, single-018, random-k10-d003, skip-018, pair-003-017, run-012-004 (start, length),
    repeat-018-x2 (block, times that it runs); a name that ends in +bn is recalibrated."""
    experiment: str
    """intact, single, random, pair, run: blocks deleted; skip: a skip deleted and its branch kept;
    repeat: a block run several times in a row."""
    count: Count
    """Blocks deleted, or skips; 0 where a block is repeated."""
    draw: Count | None
    """Which random choice; NULL where nothing is drawn."""
    deleted: list[int]
    """Indices of the deleted blocks, ascending; in experiment skip, of the block whose skip is deleted."""
    repeated: list[int] | None
    """The block that runs again, once for each time beyond the first: [18, 18] runs it three times; NULL elsewhere."""
    recalibrated: bool
    """Whether batch-norm statistics were re-estimated after the lesion."""
    broken: Count
    """Images right before and wrong after."""
    repaired: Count
    """Images wrong before and right after."""
