"""How large is the gradient through a single path?  (Veit et al. 2016, section 5, figure 6b)

For a path of length k, k blocks pass the gradient through their branch only and
the others through their skip only; its norm is taken over the whole batch.  All
paths share one forward pass, and the beginnings of their ways back (`tree`).  A skip
that is the identity costs nothing: the gradient that comes is the one that goes on.

In eval mode images do not touch each other, so a batch goes part by part: parts whose gradients
stay in the cache, or let all paths go together within the memory bound; their squared norms add up.

Norms fall by about half a decade a block, some 32 decades over 54 blocks, so each
gradient is scaled by a power of two every few branches, and the scale kept as a
logarithm: nothing underflows in float32.  A path that dies (all its ReLUs are shut)
has norm exactly 0 and no logarithm.
"""

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from resdag.models.inference import eval_mode, folded, norms_in_training
from resdag.models.memory import (
    DEFAULT_MEMORY_BYTES,
    WORKING_TENSORS,
    largest_activation,
    piece_bytes,
)
from resdag.models.network import Network
from resdag.paths.adjoint import Adjoint, unchanged
from resdag.paths.forward import Forward, WaysBack, run_forward, stem_way_back, ways_back
from resdag.paths.tree import Choices, Path, distinct, forks, sorted_choices

# Gradients of a path that exist while it passes a block: before it, behind its join, and behind it.
WORKING_GRADIENTS = 3
# Images of one gradient that go together on a CPU: of 2**18 to 2**21 bytes, the most took the least time for each path.
PART_BYTES = 2**21
# Gradients of several paths go through a layer as one where each by itself has too little to do, on a CPU.
LEAST_BYTES = 2**18
RESCALE_EVERY = 8  # steps that change a gradient; each changes its norm by a factor of 1e-3 at the very least
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class PathNorms:
    """Base-10 logarithms of gradient norms, one per path; None for a path of norm 0, NaN where it is not finite."""

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
    choices, places = sorted_choices(paths, len(network.blocks))
    with _statistics(network, batch_norm == "train"):
        network = folded(network) if batch_norm == "eval" else network
        size = len(images) if batch_norm == "train" else _images_together(network, images, len(paths), memory_bytes)
        found = []
        for start in range(0, len(images), size):
            here = slice(start, start + size)
            weight = len(labels[here]) / len(images)  # of the part's mean loss in the batch's
            found.append(_part_norms(network, images[here], labels[here], weight, choices, memory_bytes))
    with np.errstate(invalid="ignore"):  # of a network that has diverged
        squares = np.logaddexp.reduce(2 * math.log(10) * np.stack(found), axis=0)
    at_input, at_first = squares[:, places] / (2 * math.log(10))
    return PathNorms(_logs(at_input), _logs(at_first))


def _logs(values: Floats) -> list[float | None]:
    return [None if value == -math.inf else value if math.isfinite(value) else math.nan for value in values.tolist()]


def _images_together(network: Network, images: Tensor, paths: int, memory_bytes: int) -> int:
    """Images that go backward together: gradients along so many paths, and blocks' inputs, stay within the bound."""
    largest = largest_activation(network, images[:1])
    held = largest * (WORKING_GRADIENTS * paths + len(network.blocks) + WORKING_TENSORS)
    wanted = len(images) if images.is_cuda else PART_BYTES // largest
    return max(1, min(len(images), wanted, _left(images, memory_bytes) // held))


def _left(images: Tensor, memory_bytes: int) -> int:
    """What the bound leaves when a piece of the gradients is within a block."""
    return memory_bytes - WORKING_TENSORS * piece_bytes(images)


def _part_norms(
    network: Network, images: Tensor, labels: Tensor, weight: float, choices: Choices, memory_bytes: int
) -> Floats:
    """Base-10 log norms of sorted paths, (2, paths), at the input and at the first block; -inf for dead ones."""
    forward = run_forward(network, images, labels)
    largest = max(entered.nbytes for entered in forward.entered)
    left = _left(images, memory_bytes) - largest * (len(forward.entered) + WORKING_TENSORS)
    size = max(1, left // (largest * WORKING_GRADIENTS))
    groups = [choices[start : start + size] for start in range(0, len(choices), size)]
    return np.concatenate([_norms(network, forward, weight, group) for group in groups], axis=1)


@torch.no_grad()
def _norms(network: Network, forward: Forward, weight: float, choices: Choices) -> Floats:
    """The same for paths that go together, each distinct beginning once."""
    gradients = [weight * forward.end]
    exponents, changed = _rescale(gradients), np.zeros(1, dtype=int)  # steps since the last scaling
    for step, (parents, branches) in enumerate(forks(choices)):
        index = len(network.blocks) - 1 - step
        back = ways_back(network.blocks[index], forward.entered[index])
        gradients = _pass(back, gradients, parents, branches)
        moves = back.join is not unchanged or back.skip is not unchanged
        exponents, changed = exponents[parents], changed[parents] + (branches | moves)
        due = np.flatnonzero(changed >= RESCALE_EVERY)
        if len(due):
            exponents[due] += _rescale([gradients[path] for path in due])
            changed[due] = 0
    exponents += _rescale(gradients)  # a norm squares its numbers
    at_input = _through(stem_way_back(network, forward.images), gradients)
    found = np.stack([_log10_norms(at_input), _log10_norms(gradients)]) + exponents * math.log10(2)
    return found[:, distinct(choices)]


def _pass(back: WaysBack, gradients: list[Tensor], parents: NDArray[np.int64], branches: Choices) -> list[Tensor]:
    """Every gradient, (N, ...), through the block, along the choices of those that continue it."""
    joined = _through(back.join, gradients)
    if _together(joined[0]) == 1:
        return _one_by_one(back, joined, parents, branches)
    passed: dict[int, Tensor] = {}
    for way, chosen in ((back.skip, ~branches), (back.branch, branches)):
        children = np.flatnonzero(chosen)
        passed |= zip(children, _through(way, [joined[parent] for parent in parents[children]]), strict=True)
    return [passed[child] for child in range(len(parents))]


def _one_by_one(back: WaysBack, gradients: list[Tensor], parents: NDArray[np.int64], branches: Choices) -> list[Tensor]:
    """The same of gradients behind the join, from the last one on; empties the list.

    Each gradient goes as soon as all that continue it are there: the next one takes its
    memory, which is still in the cache.
    """
    passed = []
    for parent, branch in zip(reversed(parents), reversed(branches), strict=True):
        del gradients[parent + 1 :]
        passed.append(_alone(back.branch if branch else back.skip, gradients[parent]))
    return passed[::-1]


def _alone(way: Adjoint, gradient: Tensor) -> Tensor:
    return gradient if way is unchanged else way(gradient.unsqueeze(0)).squeeze(0)


def _together(gradient: Tensor) -> int:
    """Gradients like this one that go through a layer as one."""
    return max(1, (piece_bytes(gradient) if gradient.is_cuda else LEAST_BYTES) // gradient.nbytes)


def _through(way: Adjoint, gradients: list[Tensor]) -> list[Tensor]:
    """Gradients of many paths, (N, ...) each, through a layer, a few at a time; the same ones where it changes none."""
    if way is unchanged or not gradients:
        return gradients
    together = _together(gradients[0])
    if together == 1:
        return [_alone(way, gradient) for gradient in gradients]
    passed: list[Tensor] = []
    for start in range(0, len(gradients), together):
        some = gradients[start : start + together]
        batch = way(torch.cat(some).unflatten(0, (len(some), len(some[0]))))  # cat keeps channels_last, stack does not
        passed += [gradient.clone() for gradient in batch]  # a view would keep all of the batch in memory
    return passed


def _rescale(gradients: list[Tensor]) -> Floats:
    """Bring the largest entry of each into [0.5, 1), in place: what was, is that times 2 to the exponents returned."""
    numbers = of_an_image(gradients[0])
    largest = torch.stack([torch.maximum(one.amax(numbers), -one.amin(numbers)).max() for one in gradients])
    _, powers = torch.frexp(largest)  # amax and amin over pixels are three times as fast as aminmax, or abs
    factors = torch.ldexp(torch.ones_like(largest), -powers.to(largest.dtype))
    for gradient, factor in zip(gradients, factors, strict=True):
        gradient.mul_(factor)
    return powers.double().cpu().numpy()


def of_an_image(gradient: Tensor) -> tuple[int, ...]:
    """The axes of (N, ...) that are an image's own."""
    return tuple(range(1, gradient.ndim))


def _log10_norms(gradients: list[Tensor]) -> Floats:
    # of each image first, in its own precision: float64 of the whole would be copied, and cost a tenth of everything
    of_images = torch.stack([torch.linalg.vector_norm(one, dim=of_an_image(one)) for one in gradients])
    norms = torch.linalg.vector_norm(of_images.double(), dim=1)
    with np.errstate(divide="ignore"):
        return np.asarray(np.log10(norms.cpu().numpy()))


@contextmanager
def _statistics(network: Network, of_batch: bool) -> Iterator[None]:
    """Batch norm with the batch's own statistics, or with the running ones; left as it was."""
    if not of_batch:
        with eval_mode(network):
            yield
        return
    with norms_in_training(network) as norms:
        running = [(norm.running_mean, norm.running_var) for norm in norms]
        for norm in norms:
            norm.track_running_stats, norm.running_mean, norm.running_var = False, None, None
        try:
            yield
        finally:
            for norm, (mean, variance) in zip(norms, running, strict=True):
                norm.track_running_stats, norm.running_mean, norm.running_var = True, mean, variance
