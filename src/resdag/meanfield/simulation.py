"""What do states and gradients do in a random tanh network, layer by layer?

Two inputs of mean square 1 and a given cosine go forward through a network at initialisation; a random gradient goes
back from the last layer along the first of them.  Systems, with independent normal weights of variance sigma^2 / width
(Yang and Schoenholz 2017): `plain` x' = tanh(Wx + b), `residual` x' = x + tanh(Wx + b), `full`
x' = x + V tanh(Wx + b) + a.  The gradient is scaled to mean square 1 in each layer and the logarithms are added, since
a plain chain runs out of any floating-point range.
"""

from collections.abc import Sequence
from math import log, sqrt
from typing import NamedTuple

import torch
from torch import Tensor

from resdag.meanfield.recursion import Sigmas, System
from resdag.meanfield.weights import Conditioned, Formed, Matrix, Source

KINDS: dict[str, type[Formed] | type[Conditioned]] = {"formed": Formed, "conditioned": Conditioned}
DTYPE = torch.float32
GENERATOR_BYTES = 5056  # of the state of torch's generator on the CPU


class Simulated(NamedTuple):
    """Of each network and layer 0..depth: (networks, depth + 1), float64, on the CPU."""

    power: Tensor  # mean square of the first input's state, p
    cosine: Tensor  # between both states: e = gamma / p where both have the same mean square, as in the recursion
    log10_gradient: Tensor  # of the mean squared gradient at layer 0 over that at the layer


class _Layer(NamedTuple):
    """What the way back needs of a layer."""

    first: Matrix
    second: Matrix | None
    slope: Tensor  # tanh' at the first input: (networks, width)


def simulate(
    system: System, draws: Sequence[int], *, width: int, depth: int, sigmas: Sigmas, cosine: float,
    matrices: str = "conditioned", device: str = "cpu", dtype: torch.dtype = DTYPE,
) -> Simulated:  # fmt: skip
    """Send two inputs through random networks, one for each draw, and a gradient back."""
    source = Source(f"mean-field {system}", draws, width, device, dtype)
    x = inputs(source, cosine)
    moments, layers = [_moments(x)], []
    for _ in range(depth):
        x, layer = _forward(system, x, source, sigmas, KINDS[matrices])
        layers.append(layer)
        moments.append(_moments(x))
    power, cosines = torch.stack(moments, dim=-1).double().cpu().unbind(0)
    return Simulated(power, cosines, _back(system, layers, source.normal(width)))


def bytes_kept(matrices: str, width: int, depth: int) -> int:
    """Memory that one network takes until its gradient is back: of `full`, the most that a system keeps."""
    vectors = 9 if matrices == "conditioned" else 1  # Q and W Q of two matrices, and tanh'
    states = 0 if matrices == "conditioned" else 2 * GENERATOR_BYTES
    return depth * (vectors * width * DTYPE.itemsize + states)


def inputs(source: Source, cosine: float) -> Tensor:
    """Two random vectors with mean square 1 and this cosine, exactly: (networks, width, 2)."""
    q = torch.linalg.qr(source.normal(source.width, 2)).Q * sqrt(source.width)
    first, other = q.unbind(-1)
    return torch.stack([first, cosine * first + sqrt(1 - cosine**2) * other], dim=-1)


def _forward(
    system: System, x: Tensor, source: Source, sigmas: Sigmas, kind: type[Formed] | type[Conditioned]
) -> tuple[Tensor, _Layer]:
    first = kind(source, sigmas.w)
    y = torch.tanh(first.times(x) + sigmas.b * source.normal(source.width, 1))
    slope = 1 - y[..., 0] ** 2
    if system == "plain":
        return y, _Layer(first, None, slope)
    if system == "residual":
        return x + y, _Layer(first, None, slope)
    second = kind(source, sigmas.v)
    x = x + second.times(y) + sigmas.a * source.normal(source.width, 1)
    return x, _Layer(first, second, slope)


def _moments(x: Tensor) -> Tensor:
    """Mean square of the first state, and the cosine between both: (2, networks)."""
    first, second = x.unbind(-1)
    return torch.stack([first.square().mean(-1), torch.cosine_similarity(first, second, dim=-1)])


def _back(system: System, layers: list[_Layer], gradient: Tensor) -> Tensor:
    """log10 of the mean squared gradient at layer 0 over that at each layer."""
    gradient, growth = _scaled(gradient)[0], []
    for layer in reversed(layers):
        branch = gradient if layer.second is None else layer.second.transposed_times(gradient)
        branch = layer.first.transposed_times(layer.slope * branch)
        gradient, log_square = _scaled(branch if system == "plain" else gradient + branch)
        growth.append(log_square)
    steps = torch.stack(growth[::-1], dim=-1).double().cpu() / log(10)
    return torch.cat([torch.zeros_like(steps[:, :1]), steps.cumsum(-1)], dim=-1)


def _scaled(x: Tensor) -> tuple[Tensor, Tensor]:
    """x with mean square 1, and the natural logarithm of what its mean square was."""
    square = x.square().mean(-1)
    return x / square.sqrt()[:, None], square.log()
