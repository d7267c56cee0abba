"""What is done to a trained network at test time: which block runs at which place, and which are deleted.

A lesion is a frozen value and knows nothing of networks.  The engine turns it
into the sequence of steps that it asks for.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto


class Part(Enum):
    """What runs of a block."""

    WHOLE = auto()
    SKIP = auto()  # the block is deleted
    BRANCH = auto()  # its skip is deleted


Step = tuple[int, Part]


@dataclass(frozen=True)
class Lesion:
    """Blocks in `order`, those in `deleted` taken out, those in `skipless` without skip; `order[i]` is at place i.

    A block may stand at several places: it is repeated.
    """

    name: str
    order: tuple[int, ...]
    deleted: frozenset[int] = frozenset()
    skipless: frozenset[int] = frozenset()

    @property
    def repeated(self) -> tuple[int, ...]:
        """Blocks that run again, once for each time beyond the first, ascending."""
        return tuple(sorted((Counter(self.order) - Counter(set(self.order))).elements()))

    def steps(self) -> tuple[Step, ...]:
        """What runs at each place."""
        return tuple((block, self._part(block)) for block in self.order)

    def _part(self, block: int) -> Part:
        if block in self.deleted:
            return Part.SKIP
        return Part.BRANCH if block in self.skipless else Part.WHOLE


def intact(blocks: int) -> Lesion:
    """The network as it was trained."""
    return Lesion("intact", tuple(range(blocks)))


def deletion(name: str, blocks: int, deleted: Sequence[int]) -> Lesion:
    """Some blocks deleted together."""
    return Lesion(name, tuple(range(blocks)), frozenset(deleted))


def single_deletions(blocks: int, deletable: Sequence[int]) -> list[Lesion]:
    """Each block that can be deleted, by itself (Veit et al. 2016, figure 3)."""
    return [deletion(f"single-{block:03d}", blocks, [block]) for block in deletable]


def reordering(name: str, permutation: Sequence[int]) -> Lesion:
    """All blocks, in another order (Veit et al. 2016, figure 5b)."""
    return Lesion(name, tuple(permutation))
