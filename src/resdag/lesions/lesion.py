"""What is done to a trained network at test time: which block runs at which place, and which are deleted.

A lesion is a frozen value and knows nothing of networks.  The engine turns it
into the sequence of steps that it asks for.
"""

from collections.abc import Sequence
from dataclasses import dataclass

Step = tuple[int, bool]  # a block, and whether it runs whole (True) or deleted (False)


@dataclass(frozen=True)
class Lesion:
    """Blocks in `order`, those in `deleted` taken out; `order[i]` runs at place i."""

    name: str
    order: tuple[int, ...]
    deleted: frozenset[int] = frozenset()

    def steps(self) -> tuple[Step, ...]:
        """What runs at each place."""
        return tuple((block, block not in self.deleted) for block in self.order)


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
