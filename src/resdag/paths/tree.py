"""Which paths share the beginning of their way back?

Going backward, two paths share their gradient until their choices part.  So the paths are
sorted by their choices from the last block on: equal beginnings stand side by side, and
each distinct one is computed once.
"""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

Path = Sequence[int]  # the blocks whose branch the path enters
Choices = NDArray[np.bool_]  # (paths, steps), step 0 at the last block: whether the path enters the branch


def sorted_choices(paths: Sequence[Path], blocks: int) -> tuple[Choices, NDArray[np.int64]]:
    """The paths' choices, sorted, and where each path stands among them."""
    enters = np.zeros((len(paths), blocks), dtype=bool)
    for row, path in enumerate(paths):
        enters[row, [blocks - 1 - block for block in path]] = True
    order = np.lexsort(enters.T[::-1])
    return enters[order], np.argsort(order)


def forks(choices: Choices) -> Iterator[tuple[NDArray[np.int64], NDArray[np.bool_]]]:
    """At each step, for each distinct beginning that is one choice longer: which one it continues, and its choice."""
    count, steps = choices.shape
    differ = choices[1:] != choices[:-1]
    parts = np.zeros(count, dtype=int)  # the step at which a path parts from the one before it
    parts[1:] = np.where(differ.any(1), differ.argmax(1), steps)
    beginning = np.zeros(count, dtype=int)
    for step in range(steps):
        new = parts <= step
        new[0] = True
        yield beginning[new], choices[new, step]
        beginning = new.cumsum() - 1


def distinct(choices: Choices) -> NDArray[np.int64]:
    """For each of the sorted paths, which of the distinct ones it is."""
    return np.concatenate([[0], (choices[1:] != choices[:-1]).any(1).cumsum()])


def branch_passes(paths: Sequence[Path], blocks: int) -> int:
    """Gradients that go back through a branch, for one batch of images, where all paths go together."""
    choices, _ = sorted_choices(paths, blocks)
    return sum(int(branches.sum()) for _, branches in forks(choices))
