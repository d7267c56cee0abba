"""How large is the gradient through a single path?  (Veit et al. 2016, section 5, figure 6b)

For a path of length k, k blocks pass the gradient through their branch only and
the others through their skip only; its norm is taken over the whole batch.  All
paths share one forward pass.  Going backward, two paths share their gradient until
their choices part, so the paths are sorted by their choices from the last block on,
and each distinct beginning is computed once; those that take a branch go through it as
one batch, a few at a time so that they stay in the cache.

Norms fall by about half a decade a block, some 32 decades over 54 blocks, so each
gradient is scaled by a power of two every few blocks, and the scale kept as a
logarithm: nothing underflows in float32.  A path that dies (all its ReLUs are shut)
has norm exactly 0 and no logarithm.
"""

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import BatchNorm2d

from resdag.models.inference import folded
from resdag.models.network import Network
from resdag.paths.forward import Forward, WaysBack, run_forward, stem_way_back, ways_back

DEFAULT_MEMORY_BYTES = 2 * 2**30
# Copies of a group's gradients that exist while it passes a block: in, out, and the blocks' inputs and masks.
WORKING_GRADIENTS = 4
CACHE_BYTES = 4 * 2**20  # gradients that go through a layer together
RESCALE_EVERY = 4  # blocks; each changes a norm by a factor of 1e-3 at the very least
Path = Sequence[int]  # the blocks whose branch the path enters


@dataclass(frozen=True)
class PathNorms:
    """Base-10 logarithms of gradient norms, one per path; None for a path of norm 0."""

    at_input: list[float | None]
    at_first_block: list[float | None]


def path_norms(
    network: Network,
    images: Tensor,
    labels: Tensor,
    paths: Sequence[Path],
    *,
    batch_norm: str = "eval",
    memory_bytes: int = DEFAULT_MEMORY_BYTES,
) -> PathNorms:
    """Gradient norms of the mean loss along each path, at the images and at the first block's input.

    `images` are normalised, (N, C, H, W), `labels` (N,).  `batch_norm` chooses the
    statistics of the forward pass: the network's running ones (`eval`) or the batch's
    own (`train`, where the running ones do not move).  NetworkError where the
    network has no paths.
    """
    with _statistics(network, batch_norm == "train"):
        network = folded(network) if batch_norm == "eval" else network
        forward = run_forward(network, images, labels)
        size = max(1, memory_bytes // (max(entered.nbytes for entered in forward.entered) * WORKING_GRADIENTS))
        tree = _Tree(paths, len(network.blocks))
        groups = [_norms(network, forward, group) for group in tree.groups(size)]
    at_input, at_first = (np.concatenate(norms)[tree.places] for norms in zip(*groups, strict=True))
    return PathNorms(_logs(at_input), _logs(at_first))


def _logs(values: np.ndarray) -> list[float | None]:
    return [None if math.isinf(value) else value for value in values.tolist()]


class _Tree:
    """Paths as choices (path, step), step 0 at the last block, sorted; equal beginnings stand side by side."""

    def __init__(self, paths: Sequence[Path], blocks: int) -> None:
        enters = np.zeros((len(paths), blocks), dtype=bool)
        for row, path in enumerate(paths):
            enters[row, [blocks - 1 - block for block in path]] = True
        order = np.lexsort(enters.T[::-1])
        self.choices = enters[order]
        self.places = np.argsort(order)  # where each path stands among the sorted

    def groups(self, size: int) -> Iterator[np.ndarray]:
        """The sorted choices, at most `size` paths at a time."""
        for start in range(0, len(self.choices), size):
            yield self.choices[start : start + size]


def _forks(choices: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """At each step, for each distinct beginning that is one choice longer: which one it continues, and its choice."""
    count, steps = choices.shape
    parts = np.zeros(count, dtype=int)  # the step at which a path parts from the one before it
    parts[1:] = np.where((choices[1:] != choices[:-1]).any(1), (choices[1:] != choices[:-1]).argmax(1), steps)
    beginning = np.zeros(count, dtype=int)
    for step in range(steps):
        new = parts <= step
        new[0] = True
        yield beginning[new], choices[new, step]
        beginning = new.cumsum() - 1


@torch.no_grad()
def _norms(network: Network, forward: Forward, choices: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Base-10 log norms of a group of sorted paths at the input and at the first block; -inf for dead ones."""
    gradients, exponents = _rescaled(forward.end.unsqueeze(0).clone(), np.zeros(1))
    for step, (parents, branches) in enumerate(_forks(choices)):
        index = len(network.blocks) - 1 - step
        gradients = _pass(ways_back(network.blocks[index], forward.entered[index]), gradients, parents, branches)
        exponents = exponents[parents]
        if step % RESCALE_EVERY == RESCALE_EVERY - 1 or index == 0:
            gradients, exponents = _rescaled(gradients, exponents)
    stem = stem_way_back(network, forward.images)
    chunk = _chunk(gradients)
    at_input = [_log10_norms(stem(gradients[start : start + chunk])) for start in range(0, len(gradients), chunk)]
    scale = exponents * math.log10(2)
    at_first = [_log10_norms(gradients[start : start + chunk]) for start in range(0, len(gradients), chunk)]
    # Paths that are equal to the end were one: each of them has its norm.
    of = np.concatenate([[0], (choices[1:] != choices[:-1]).any(1).cumsum()])
    return (np.concatenate(at_input) + scale)[of], (np.concatenate(at_first) + scale)[of]


def _pass(back: WaysBack, gradients: Tensor, parents: np.ndarray, branches: np.ndarray) -> Tensor:
    """Every gradient (P, N, ...) through the block, along the choices of those that continue it."""
    passed: Tensor | None = None
    chunk = _chunk(gradients)
    for start in range(0, len(gradients), chunk):
        joined = back.join(gradients[start : start + chunk])
        here = (parents >= start) & (parents < start + chunk)
        for way, chosen in ((back.skip, here & ~branches), (back.branch, here & branches)):
            children = np.flatnonzero(chosen)
            if len(children):
                through = way(_rows(joined, parents[children] - start))
                if passed is None:
                    passed = _empty(len(parents), through)
                passed[torch.from_numpy(children)] = through
    assert passed is not None
    return passed


def _rows(gradients: Tensor, rows: np.ndarray) -> Tensor:
    """These rows; no copy where they are all of them."""
    if len(rows) == len(gradients) and (rows == np.arange(len(rows))).all():
        return gradients
    return torch.stack([gradients[row] for row in rows.tolist()]) if len(rows) > 1 else gradients[rows[0] : rows[0] + 1]


def _empty(count: int, like: Tensor) -> Tensor:
    """Room for so many gradients of the shape of those in `like`, (P, N, C, H, W), channels_last."""
    images = like.shape[1]
    flat = like.new_empty(count * images, *like.shape[2:]).contiguous(memory_format=torch.channels_last)
    return flat.unflatten(0, (count, images))


def _chunk(gradients: Tensor) -> int:
    return max(1, CACHE_BYTES // max(1, gradients[0].nbytes))


def _rescaled(gradients: Tensor, exponents: np.ndarray) -> tuple[Tensor, np.ndarray]:
    """The same gradients with the largest entry of each in [0.5, 1); they are `gradients` times 2^exponents."""
    low, high = zip(*(torch.aminmax(gradient) for gradient in gradients), strict=True)
    largest = torch.maximum(-torch.stack(low), torch.stack(high))
    _, powers = torch.frexp(largest)
    factors = torch.ldexp(torch.ones_like(largest), -powers.to(largest.dtype))
    return gradients.mul_(factors.view(-1, 1, 1, 1, 1)), exponents + powers.cpu().numpy()


def _log10_norms(gradients: Tensor) -> np.ndarray:
    squares = torch.stack([gradient.double().square().sum() for gradient in gradients]).cpu().numpy()
    with np.errstate(divide="ignore"):
        return np.asarray(0.5 * np.log10(squares))


@contextmanager
def _statistics(network: Network, of_batch: bool) -> Iterator[None]:
    """Batch norm with the batch's own statistics, or with the running ones; left as it was."""
    before = network.training
    norms = [module for module in network.modules() if isinstance(module, BatchNorm2d)] if of_batch else []
    running = [(norm.running_mean, norm.running_var) for norm in norms]
    network.train(of_batch)
    for norm in norms:
        norm.track_running_stats, norm.running_mean, norm.running_var = False, None, None
    try:
        yield
    finally:
        for norm, (mean, variance) in zip(norms, running, strict=True):
            norm.track_running_stats, norm.running_mean, norm.running_var = True, mean, variance
        network.train(before)
