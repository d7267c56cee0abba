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

Gradients of neighbouring lengths differ by a third of a decade, those of the first
and last by some 32: each length of each image is stored divided by its own power of
two, and both addends are brought to the larger one's.  Images also split the work, so
that memory stays bounded: squared norms over parts of a batch add up.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from resdag.errors import NetworkError
from resdag.models.inference import folded
from resdag.models.network import Network
from resdag.paths.forward import Forward, WaysBack, run_forward, stem_way_back, ways_back

DEFAULT_MEMORY_BYTES = 2 * 2**30
# Copies of a block's gradients that exist while it is passed: in, both ways, the branch's inner ones, out.
WORKING_GRADIENTS = 8
NOTHING = -(2**40)  # exponent of a gradient that there is none of: below every other
LARGEST_SHIFT = 100  # gradients are multiplied by at most 2^100, which float32 holds; denormal ones may need more
_PIXELS = (-3, -2, -1)
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Spectrum:
    """Gradients by path length 0..n at one place, over a whole batch; each array has n + 1 numbers.

    `norm_of_sum` is the L2 norm of the sum over all paths of the length; `share` that sum's inner product with
    the ordinary gradient over the latter's squared norm, so shares sum to 1; `energy` an unbiased estimate of
    the sum over paths of the squared norm; `energy_se` its standard error over sign draws, the batch held fixed.
    """

    norm_of_sum: Floats
    share: Floats
    energy: Floats
    energy_se: Floats

    @property
    def coherence(self) -> list[float | None]:
        """norm_of_sum^2 / energy: 1 if paths are independent, less if they cancel; None where all paths are dead."""
        pairs = zip(self.norm_of_sum.tolist(), self.energy.tolist(), strict=True)
        return [norm**2 / energy if energy > 0 else None for norm, energy in pairs]


@dataclass(frozen=True)
class Spectra:
    """The spectrum at the images and at the first block's input."""

    at_input: Spectrum
    at_first_block: Spectrum


@dataclass(frozen=True)
class _Stack:
    """Gradients of R sign draws and L lengths, (R, L, N, C, H, W), each image's divided by 2^exponent, (R, L, N)."""

    gradients: Tensor
    exponents: Tensor

    def passed(self, gradients: Tensor) -> "_Stack":
        """What a way back made of the gradients, (R * L, N, ...), at the same exponents."""
        return _Stack(gradients.unflatten(0, self.exponents.shape[:2]), self.exponents)

    def target(self) -> Tensor:
        """Exponents, (R, L, N), at which the largest entries would be in [0.5, 1), or as near as one factor comes."""
        largest = torch.maximum(self.gradients.amax(_PIXELS), -self.gradients.amin(_PIXELS))  # faster than abs
        _, own = torch.frexp(largest)
        return self.exponents + own.where(largest > 0, -LARGEST_SHIFT).clamp(min=-LARGEST_SHIFT)

    def norms(self) -> Tensor:
        """L2 norms of each draw, length and image, float64."""
        norms = torch.linalg.vector_norm(self.gradients, dim=_PIXELS, dtype=torch.float64)
        return torch.ldexp(norms, self.exponents)

    def along_sum(self) -> Tensor:
        """Inner products, (L, N), of the first draw's lengths with the sum over them: the ordinary gradient."""
        scaled = torch.ldexp(self.gradients[0].double(), self.exponents[0, :, :, None, None, None])
        return (scaled * scaled.sum(0)).sum(_PIXELS)


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
    for some_rows, some_images in _parts(network, images, labels, len(rows), memory_bytes):
        forward = run_forward(network, images[some_images], labels[some_images])
        weight = len(forward.images) / len(images)  # of the part's mean loss in the batch's
        for place, stack in enumerate(_backward(network, forward, weight, rows[some_rows, some_images])):
            found[place][some_rows, :, some_images] = stack.norms().cpu()
            if some_rows.start == 0:
                along[place][:, some_images] = stack.along_sum().cpu()
    return Spectra(*(_spectrum(*pair) for pair in zip(found, along, strict=True)))


def _spectrum(norms: Tensor, along: Tensor) -> Spectrum:
    """Sums over images of the exact draw's squared norms, (1 + D, L, N), and mean and error over the other draws."""
    squares = norms.numpy() ** 2
    signed, total = squares[1:], along.numpy().sum()
    variance = signed.var(axis=0, ddof=1).sum(axis=-1) / len(signed)  # images have signs of their own: variances add
    share = along.numpy().sum(-1) / (total if total > 0 else 1)
    return Spectrum(np.sqrt(squares[0].sum(-1)), share, signed.mean(0).sum(-1), np.sqrt(variance))


def _parts(
    network: Network, images: Tensor, labels: Tensor, rows: int, memory_bytes: int
) -> Iterator[tuple[slice, slice]]:
    """Sign draws and images that go backward together within the bound, one of each at least."""
    entered = run_forward(network, images[:1], labels[:1]).entered
    bytes_each = max(x.nbytes * (len(entered) - index + 1) for index, x in enumerate(entered))
    fitting = max(1, memory_bytes // (bytes_each * WORKING_GRADIENTS))
    some_rows, some_images = min(rows, fitting), max(1, fitting // rows)
    for row in range(0, rows, some_rows):
        for image in range(0, len(images), some_images):
            yield slice(row, row + some_rows), slice(image, image + some_images)


@torch.no_grad()
def _backward(network: Network, forward: Forward, weight: float, signs: Tensor) -> tuple[_Stack, _Stack]:
    """Gradients of all lengths at the images and at the first block's input, for signs (R, N, blocks)."""
    end = (weight * forward.end).expand(len(signs), 1, *forward.end.shape)
    stack = _Stack(end, torch.zeros(end.shape[:3], dtype=torch.int64, device=end.device))
    for index in range(len(network.blocks) - 1, -1, -1):
        back = ways_back(network.blocks[index], forward.entered[index])
        stack = _through(stack, back, signs[:, :, index])
    at_input = stem_way_back(network, forward.images)(stack.gradients.flatten(0, 1))
    return stack.passed(at_input), stack


def _through(stack: _Stack, back: WaysBack, signs: Tensor) -> _Stack:
    """One block back: the skip keeps a path's length, the branch, times signs (R, N), adds one."""
    joined = back.join(stack.gradients.flatten(0, 1))
    skip, branch = stack.passed(back.skip(joined)), stack.passed(back.branch(joined))
    draws, lengths, images = stack.exponents.shape
    exponents = stack.exponents.new_full((draws, lengths + 1, images), NOTHING)
    exponents[:, :-1] = skip.target()
    exponents[:, 1:] = torch.maximum(exponents[:, 1:], branch.target())
    total = _room(exponents.shape, skip.gradients)
    total[:, -1] = 0
    torch.mul(skip.gradients, _powers(skip.exponents - exponents[:, :-1], total), out=total[:, :-1])
    factors = _powers(branch.exponents - exponents[:, 1:], total) * signs[:, None, :, None, None, None]
    total[:, 1:].addcmul_(branch.gradients, factors)
    return _Stack(total, exponents)


def _room(shape: torch.Size, like: Tensor) -> Tensor:
    """Room for gradients (R, L, N, C, H, W), channels_last, of the shape of those in `like`."""
    flat = torch.empty(
        (shape.numel(), *like.shape[3:]),
        dtype=like.dtype, device=like.device, memory_format=torch.channels_last,
    )  # fmt: skip
    return flat.unflatten(0, shape)


def _powers(exponents: Tensor, like: Tensor) -> Tensor:
    """2 to the exponents, in the precision of the gradients, to be multiplied with them."""
    ones = torch.ones(exponents.shape, dtype=torch.float64, device=exponents.device)
    return torch.ldexp(ones, exponents)[..., None, None, None].to(like.dtype)
