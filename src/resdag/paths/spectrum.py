"""What do all paths of one length contribute together?  (beyond Veit et al. 2016, section 5)

The paper samples single paths and multiplies their mean norm by their number, as if
gradients never cancelled.  But with the forward pass fixed, backpropagation is a
product over blocks of (S_i + J_i)^T, S_i the skip's and J_i the branch's Jacobian.
Going backward with one gradient for each length,

    G_k  <-  S_i^T G_k  +  J_i^T G_(k-1),

G_k ends as the sum of the gradients of all C(n, k) paths of length k, exactly, for
n (n + 1) / 2 passes through a branch instead of 2^n paths; the sum over k is the
ordinary gradient.

With every J_i multiplied by an independent random sign, the signs of two different
paths are independent, so E ||G_k||^2 is the sum over all paths of length k of
||g_path||^2: their energy.  In eval mode images do not touch each other, so each has
signs of its own, and one backward pass is as many draws as there are images.  The
exact sums are the draw whose signs are all 1, and go backward beside the others.

Lengths that differ in size by many decades keep powers of two of their own (`stack`), and both
addends are brought to the larger one's.  They are overwritten from the longest on, a few at a
time so that they stay in the cache.  Images also split the work, so that memory stays
bounded: squared norms over parts of a batch add up.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from resdag.errors import NetworkError
from resdag.models.inference import folded
from resdag.models.memory import DEFAULT_MEMORY_BYTES, WORKING_TENSORS, largest_activation, piece_bytes
from resdag.models.network import Network
from resdag.paths.adjoint import unchanged
from resdag.paths.forward import Forward, WaysBack, run_forward, stem_way_back, ways_back
from resdag.paths.stack import Stack, beside, new_room, powers

# Gradients that exist at the most, in those of the largest block: what a block is given and what it hands on, which
# take different room where the shape changes.
WORKING_GRADIENTS = 2
RESCALE_EVERY = 4  # blocks; each changes a norm by a factor of 1e-3 at the very least
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Spectrum:
    """Gradients by path length 0..n at one place, over a whole batch; each array has n + 1 numbers.

    `norm_of_sum` is the L2 norm of the sum over all paths of the length; `share` that sum's inner product with
    the ordinary gradient over the latter's squared norm, so shares sum to 1; `energy` an unbiased estimate of
    the sum over paths of the squared norm; `energy_se` its standard error over sign draws, the batch held fixed;
    `energy_df` the degrees of freedom of that error after Satterthwaite (1946), NaN where no draw differs, and
    `largest_image_share` the share of the energy that one image has: few and much where one image carries the batch.
    """

    norm_of_sum: Floats
    share: Floats
    energy: Floats
    energy_se: Floats
    energy_df: Floats
    largest_image_share: Floats

    @property
    def coherence(self) -> list[float | None]:
        """norm_of_sum^2 / energy: 1 if paths are independent, less if they cancel; None if dead, or no numbers."""
        with np.errstate(divide="ignore", invalid="ignore"):
            ratios = self.norm_of_sum**2 / self.energy
        return [ratio if np.isfinite(ratio) else None for ratio in ratios.tolist()]


@dataclass(frozen=True)
class Spectra:
    """The spectrum at the images and at the first block's input."""

    at_input: Spectrum
    at_first_block: Spectrum


def path_spectrum(
    network: Network,
    images: Tensor,
    labels: Tensor,
    signs: NDArray[np.int8],
    *,
    memory_bytes: int = DEFAULT_MEMORY_BYTES,
) -> Spectra:
    """Norm of the summed gradient and energy of every path length, for the mean loss of a batch.

    `images` are normalised, (N, C, H, W), `labels` (N,); `signs` are -1 or 1, (draws, N, blocks), two draws at
    least.  The network is measured in eval mode, in its own precision; squared norms are summed in float64.
    NetworkError where the network has no paths, or the signs do not fit.
    """
    expected = (len(images), len(network.blocks))
    if signs.ndim != 3 or signs.shape[1:] != expected or len(signs) < 2:
        raise NetworkError(
            f"signs of shape {signs.shape} do not fit: give (draws, {expected[0]}, {expected[1]}), draws 2 or more"
        )
    rows = torch.from_numpy(np.concatenate([np.ones_like(signs[:1]), signs])).to(images)
    found = [torch.zeros(len(rows), len(network.blocks) + 1, len(images), dtype=torch.float64) for _ in range(2)]
    along = [torch.zeros(len(network.blocks) + 1, len(images), dtype=torch.float64) for _ in range(2)]
    network = folded(network)
    for some_rows, some_images in _parts(network, images, len(rows), memory_bytes):
        weight = len(labels[some_images]) / len(images)  # of the part's mean loss in the batch's
        part = _part(network, images[some_images], labels[some_images], weight, rows[some_rows, some_images])
        for place, (norms, sums) in enumerate(part):
            found[place][some_rows, :, some_images] = norms
            if some_rows.start == 0:
                along[place][:, some_images] = sums
    return Spectra(*(_spectrum(*pair) for pair in zip(found, along, strict=True)))


def _spectrum(norms: Tensor, along: Tensor) -> Spectrum:
    """Sums over images of the exact draw's squared norms, (1 + D, L, N), and mean and error over the other draws."""
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):  # dead paths, and a network that has diverged
        squares = norms.numpy() ** 2
        signed, total = squares[1:], along.numpy().sum()
        of_images, variances = signed.mean(axis=0), signed.var(axis=0, ddof=1) / len(signed)
        energy, variance = of_images.sum(axis=-1), variances.sum(axis=-1)  # of images with signs of their own: they add
        share = along.numpy().sum(-1) / (total if total > 0 else 1)
        freedom = (len(signed) - 1) / ((variances / variance[:, None]) ** 2).sum(axis=-1)
        largest = of_images.max(axis=-1) / energy
    return Spectrum(np.sqrt(squares[0].sum(-1)), share, energy, np.sqrt(variance), freedom, largest)


def _parts(network: Network, images: Tensor, rows: int, memory_bytes: int) -> Iterator[tuple[slice, slice]]:
    """Sign draws and images that go backward together within the bound, one of each at least."""
    largest, blocks = largest_activation(network, images[:1]), len(network.blocks)
    bytes_each = largest * (blocks + 1) * WORKING_GRADIENTS
    shared = largest * (blocks + 2 * WORKING_TENSORS)  # of an image, whatever the draws: blocks' inputs, float64 sums
    left = memory_bytes - WORKING_TENSORS * piece_bytes(images)
    fitting = max(1, left // (bytes_each + shared))
    some_images = max(1, left // (rows * bytes_each + shared))
    some_rows = min(rows, fitting)
    for row in range(0, rows, some_rows):
        for image in range(0, len(images), some_images):
            yield slice(row, row + some_rows), slice(image, image + some_images)


def _part(
    network: Network, images: Tensor, labels: Tensor, weight: float, signs: Tensor
) -> list[tuple[Tensor, Tensor]]:
    """Norms of a part's gradients, and inner products of its first draw's with their sum, at both places."""
    stacks = _backward(network, run_forward(network, images, labels), weight, signs)
    return [(stack.norms().cpu(), stack.along_sum().cpu()) for stack in stacks]


@torch.no_grad()
def _backward(network: Network, forward: Forward, weight: float, signs: Tensor) -> tuple[Stack, Stack]:
    """Gradients of all lengths at the images and at the first block's input, for signs (R, N, blocks)."""
    lengths, end = len(network.blocks) + 1, forward.end
    room = new_room((len(signs), lengths, *end.shape), end)
    room[:, 0] = weight * end
    stack = Stack(room, torch.zeros(len(signs), 1, len(end), dtype=torch.int64, device=end.device))
    for index in range(len(network.blocks) - 1, -1, -1):
        if (len(network.blocks) - 1 - index) % RESCALE_EVERY == 0:
            stack = stack.rescaled()
        entered = forward.entered[index]
        if entered.shape != stack.room.shape[2:]:
            room = new_room((len(signs), lengths, *entered.shape), end)
        stack = _through(stack, ways_back(network.blocks[index], entered), signs[:, :, index], room)
    return stack.passed(stem_way_back(network, forward.images), forward.images.shape[1:]), stack


def _through(stack: Stack, back: WaysBack, signs: Tensor, room: Tensor) -> Stack:
    """One block back, into `room`: the skip keeps a path's length, the branch, times signs (R, N), adds one.

    `room` may be the stack's own: longer lengths come first, so nothing is overwritten that is still to be read.
    """
    exponents = torch.cat([stack.exponents, stack.exponents[:, -1:]], 1)
    exponents[:, 1:-1] = torch.maximum(stack.exponents[:, 1:], stack.exponents[:, :-1])
    kept = powers(stack.exponents - exponents[:, :-1], room)
    added = powers(stack.exponents - exponents[:, 1:], room) * beside(signs[:, None], room)
    room[:, exponents.shape[1] - 1] = 0
    for draw, some in stack.pieces():
        joined = back.join(stack.room[draw, some])
        branch = joined.clone() if back.branch is unchanged else back.branch(joined)
        torch.mul(back.skip(joined), kept[draw, some], out=room[draw, some])
        room[draw, some.start + 1 : some.stop + 1].addcmul_(branch, added[draw, some])
    return Stack(room, exponents)
