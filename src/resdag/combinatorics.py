"""What can be counted about n blocks on paper, and which random choices an experiment makes.

Counting: a network of n residual blocks has 2^n paths, one for each choice of
branch or skip (Veit et al. 2016, section 3), so lengths, losses to deletion and
orders have closed forms.  They are computed with whole numbers and divided
once, so they hold at any n whose values a float can carry.

Drawing: the generator of a draw comes from a SHA-256 of (experiment, count,
draw, blocks) and of nothing else.  Every network of as many blocks gets the
same draws, so comparisons are paired; more draws, or other counts, change none
that exist.  NumPy promises PCG64's words for ever but not what its `choice` and
`permutation` make of them, so whole numbers below a bound are taken from the
words here.

The paper does not say how its deletions, orders and paths were drawn; uniform
draws are this project's reading.  Blocks, draws and samples count from 0.
"""

import hashlib
import json
from collections.abc import Sequence
from fractions import Fraction
from itertools import combinations
from math import comb
from typing import NamedTuple

import numpy as np

from resdag.errors import NetworkError


class PathLength(NamedTuple):
    """How many of 2^n paths enter `length` branches: a whole number, and a fraction of all."""

    length: int
    paths: int
    fraction: float


def path_lengths(blocks: int) -> list[PathLength]:
    """Paths of each length 0..n: C(n, k), and C(n, k) / 2^n (figure 6a)."""
    return [PathLength(k, comb(blocks, k), comb(blocks, k) / 2**blocks) for k in range(blocks + 1)]


def fraction_in(blocks: int, low: int, high: int) -> float:
    """Fraction of all paths whose length is in low..high, both included."""
    return sum(comb(blocks, k) for k in range(max(low, 0), min(high, blocks) + 1)) / 2**blocks


def paths_remaining(blocks: int, deleted: int, length: int) -> float:
    """Fraction of the paths of a length x that survive d deletions: C(n - d, x) / C(n, x) (eq. 8, figure 7)."""
    for name, value in {"deleted": deleted, "length": length}.items():
        if not 0 <= value <= blocks:
            raise NetworkError(f"{name} is {value}: of {blocks} blocks it must be one of 0 to {blocks}.")
    return comb(blocks - deleted, length) / comb(blocks, length)


def kendall_tau(permutation: Sequence[int]) -> float:
    """Kendall's tau between an order of all n blocks and the trained one: 1 - 4 inversions / (n (n - 1)).

    1 is the trained order, also where a single block leaves no other; -1 its reverse.
    """
    n = len(permutation)
    if sorted(permutation) != list(range(n)):
        raise NetworkError(f"an order names each of its {n} blocks once, 0 to {n - 1}, not {list(permutation)}.")
    inversions = sum(first > second for first, second in combinations(permutation, 2))
    return float(1 - Fraction(2 * inversions, comb(n, 2))) if n > 1 else 1.0


def survival(blocks: int, last: float) -> list[float]:
    """Probability p_l = 1 - (l / L)(1 - p_L) that each block survives, l = 1..L from the input (Huang et al. 2016)."""
    return [1 - block / blocks * (1 - last) for block in range(1, blocks + 1)]


def mean_blocks_kept(blocks: int, last: float) -> float:
    """Mean number of blocks that stochastic depth keeps in a batch: L - (L + 1)(1 - p_L) / 2."""
    return blocks - (blocks + 1) * (1 - last) / 2


def mean_path_length_kept(blocks: int, last: float) -> float:
    """Mean length of the paths through the blocks that stochastic depth keeps: half of those."""
    return mean_blocks_kept(blocks, last) / 2


def generator(experiment: str, count: int, draw: int, blocks: int) -> np.random.Generator:
    """The generator of one draw: PCG64 seeded with the SHA-256 of the JSON list of these four and nothing else."""
    text = json.dumps([experiment, int(count), int(draw), int(blocks)])
    digest = hashlib.sha256(text.encode()).digest()
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence(int.from_bytes(digest, "big"))))


def random_deletion(blocks: int, deletable: Sequence[int], count: int, draw: int) -> tuple[int, ...]:
    """Which `count` of the deletable blocks go, ascending; every such set is equally likely (figure 5a)."""
    if not 0 <= count <= len(deletable):
        raise NetworkError(f"{count} blocks cannot be deleted: {len(deletable)} of {blocks} are deletable.")
    chosen = _sample(generator("random", count, draw, blocks), len(deletable), count)
    ordered = sorted(deletable)
    return tuple(sorted(ordered[place] for place in chosen))


def random_swaps(groups: Sequence[Sequence[int]], blocks: int, swaps: int, draw: int) -> tuple[int, ...]:
    """The order after `swaps` random swaps, one after another (figure 5b): result[i] runs at place i.

    Groups are places whose blocks may change places.  Each swap is uniform over all pairs within any group, so
    that a larger group is swapped more often: 425 pairs at groups of 18, 17 and 17.
    """
    pairs = sorted(pair for group in groups for pair in combinations(sorted(group), 2))
    if swaps and not pairs:
        raise NetworkError(f"nothing to swap: no two of the {blocks} blocks may change places.")
    source = generator("swaps", swaps, draw, blocks)
    order = list(range(blocks))
    for _ in range(swaps):
        first, second = pairs[_below(source, len(pairs))]
        order[first], order[second] = order[second], order[first]
    return tuple(order)


def shuffle(groups: Sequence[Sequence[int]], blocks: int, draw: int) -> tuple[int, ...]:
    """An order drawn uniformly from all that keep every block within its group; count is 0 in the draw's hash."""
    source = generator("shuffle", 0, draw, blocks)
    order = list(range(blocks))
    for group in sorted(sorted(group) for group in groups):
        for place, chosen in zip(group, _sample(source, len(group), len(group)), strict=True):
            order[place] = group[chosen]
    return tuple(order)


def reversal(groups: Sequence[Sequence[int]], blocks: int) -> tuple[int, ...]:
    """The order with each group back to front: as far from the trained one as groups allow."""
    order = list(range(blocks))
    for group in groups:
        for place, block in zip(sorted(group), sorted(group, reverse=True), strict=True):
            order[place] = block
    return tuple(order)


def ensemble_members(networks: int, count: int, draws: int) -> list[tuple[int, ...]]:
    """Which networks make up each ensemble of `count`, ascending: all sets if they are at most `draws`, else so many.

    Sets are drawn uniformly and no two are the same; the number of networks stands where others have that of blocks.
    """
    if not 0 <= count <= networks:
        raise NetworkError(f"an ensemble of {count} cannot be drawn from {networks} networks: choose 0 to {networks}.")
    if comb(networks, count) <= draws:
        return list(combinations(range(networks), count))
    found: dict[tuple[int, ...], None] = {}  # in the order in which they were drawn
    draw = 0
    while len(found) < draws:
        found[tuple(sorted(_sample(generator("ensemble", count, draw, networks), networks, count)))] = None
        draw += 1
    return list(found)


def path_choice(blocks: int, length: int, sample: int) -> tuple[int, ...]:
    """Blocks whose branch a sampled path enters, ascending; uniform over the C(n, length) paths (figure 6b)."""
    if not 0 <= length <= blocks:
        raise NetworkError(f"no path of length {length}: with {blocks} blocks lengths are 0 to {blocks}.")
    return tuple(sorted(_sample(generator("path", length, sample, blocks), blocks, length)))


def batch_choice(images: int, batch: int, batch_size: int) -> tuple[int, ...]:
    """Indices of the training images behind a measured batch, without replacement within it.

    The draw's hash is of ("batch", batch_size, batch, images): the size of the training set stands where other
    experiments have the number of blocks, so that networks of any depth are measured on the same images.
    """
    if not 0 <= batch_size <= images:
        raise NetworkError(f"a batch of {batch_size} images cannot be drawn from {images}: choose {images} or fewer.")
    return tuple(_sample(generator("batch", batch_size, batch, images), images, batch_size))


def active_blocks(blocks: int, count: int, seed: int, step: int) -> tuple[int, ...]:
    """Which `count` blocks effective-path training computes at one step, ascending, uniform (section 5).

    The seed is part of the experiment's name in the draw's hash: each training has its own draws, and a
    training that resumes at a step needs nothing but the step's number.
    """
    if not 0 <= count <= blocks:
        raise NetworkError(f"blocks_per_batch {count} is not possible with {blocks} blocks: choose 0 to {blocks}.")
    return tuple(sorted(_sample(generator(f"effective-paths seed {seed}", count, step, blocks), blocks, count)))


def surviving_blocks(probabilities: Sequence[float], seed: int, step: int) -> tuple[int, ...]:
    """Which blocks stochastic depth keeps at one step, ascending: block i with its own probability, independently.

    The draw's hash has the seed in the experiment's name and 0 for the count, so that with other probabilities
    the same step compares the same uniform numbers with them.
    """
    blocks = len(probabilities)
    source = generator(f"stochastic-depth seed {seed}", 0, step, blocks)
    # the upper 53 bits of a word: uniform over the multiples of 2^-53 in [0, 1)
    uniform = (source.bit_generator.random_raw(blocks) >> 11) * 2.0**-53
    return tuple(int(block) for block in np.flatnonzero(uniform < np.asarray(probabilities)))


def _below(source: np.random.Generator, bound: int) -> int:
    """A whole number uniform over 0..bound-1: the remainder of a 64-bit word, words past the last multiple refused."""
    limit = 2**64 - 2**64 % bound
    word = int(source.bit_generator.random_raw())
    while word >= limit:
        word = int(source.bit_generator.random_raw())
    return word % bound


def _sample(source: np.random.Generator, population: int, count: int) -> list[int]:
    """`count` distinct numbers of 0..population-1 in random order: Fisher and Yates, remembering only what moved."""
    moved: dict[int, int] = {}
    chosen = []
    for place in range(count):
        other = place + _below(source, population - place)
        chosen.append(moved.get(other, other))
        moved[other] = moved.pop(place, place)
    return chosen
