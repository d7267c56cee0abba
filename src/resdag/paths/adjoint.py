"""How does a layer pass gradients back, for many paths at once?

With the forward pass fixed and batch norm in eval mode, every layer is a linear
map of gradients: a convolution's transpose, a factor per channel, a mask.  So the
gradients of P paths, (P, N, ...), go through as one batch of P*N images, maps and tokens
alike, and nothing of the forward pass is repeated.  Layers that have no rule here go back
through autograd, all paths at once: slower, and right for any layer.  A rule is for one class: what
inherits from it may compute something else.

Layers that act on each number by itself are diagonal; diagonals that follow one another
are multiplied once, before any gradient comes.  The transpose of a convolution that keeps
the map's size is a convolution too, with the kernel turned round: libraries run that faster.

A highway's gate makes a pair of its input and the gates; its adjoint takes gradients of both.

Source: backpropagation; the rules are checked against autograd in the tests.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import torch
from torch import Tensor, nn
from torch.func import vjp, vmap
from torch.nn import functional
from torch.nn.attention import SDPBackend, sdpa_kernel

from resdag.models.gates import Carried, Gate, Gated, Times, Transformed
from resdag.models.layers import Subsample

Adjoint = Callable[[Tensor], Tensor]  # (P, N, *out) -> (P, N, *in): its argument is left as it is


def unchanged(gradients: Tensor) -> Tensor:
    """The transposed Jacobian of the identity: the same tensor, not a copy."""
    return gradients


@dataclass(frozen=True)
class Diagonal:
    """A layer whose transposed Jacobian multiplies each number by a factor: (N, ...), (C, 1, 1) or ()."""

    factors: Tensor

    def __call__(self, gradients: Tensor) -> Tensor:
        return gradients * self.factors


@dataclass(frozen=True)
class Chain:
    """Layers in a row, the first one first; none of them is `unchanged`."""

    parts: tuple[Adjoint, ...]

    def __call__(self, gradients: Tensor) -> Tensor:
        first, *others = reversed(self.parts)
        gradients = first(gradients)
        for part in others:  # what a part has made is nobody else's, and may be overwritten
            gradients = gradients.mul_(part.factors) if isinstance(part, Diagonal) else part(gradients)
        return gradients


def chain(*adjoints: Adjoint) -> Adjoint:
    """The transposed Jacobian of layers in a row, the first one first; neighbouring diagonals become one."""
    parts: list[Adjoint] = []
    for adjoint in adjoints:
        for part in adjoint.parts if isinstance(adjoint, Chain) else (adjoint,):
            if parts and isinstance(part, Diagonal) and isinstance(parts[-1], Diagonal):
                parts[-1] = Diagonal(part.factors * parts[-1].factors)
            elif part is not unchanged:
                parts.append(part)
    if len(parts) > 1:
        return Chain(tuple(parts))
    return parts[0] if parts else unchanged


Rule = Callable[[Any, Any], tuple[Any, Any]]
R = TypeVar("R", bound=Rule)
RULES: dict[type[nn.Module], Rule] = {}


def rule(*layers: type[nn.Module]) -> Callable[[R], R]:
    """Take a function as the rule of these classes of layers."""

    def take(function: R) -> R:
        RULES.update(dict.fromkeys(layers, function))
        return function

    return take


def linearise(layer: nn.Module, x: Any) -> tuple[Any, Any]:
    """The layer's output at x, (N, *in), and its transposed Jacobian there, for gradients of many paths."""
    return RULES.get(type(layer), through_autograd)(layer, x)


def through_autograd(layer: nn.Module, x: Tensor) -> tuple[Tensor, Adjoint]:
    """Any layer, by vector-Jacobian products of torch."""
    with sdpa_kernel(SDPBackend.MATH):  # the backward pass of fused attention takes one gradient at a time
        y, pull = vjp(layer, x)  # type: ignore[misc]  # three values only with has_aux

    def back(gradients: Tensor) -> Tensor:
        (passed,) = vmap(pull)(gradients)
        seen = passed.untyped_storage().data_ptr() == gradients.untyped_storage().data_ptr() or 0 in passed.stride()
        return passed.clone() if seen else passed  # a view, or one number for many places, must not be overwritten

    return y, back


@rule(nn.Identity)
def _(layer: nn.Identity, x: Tensor) -> tuple[Tensor, Adjoint]:
    return x, unchanged


@rule(nn.Sequential)
def _(layer: nn.Sequential, x: Tensor) -> tuple[Tensor, Adjoint]:
    adjoints: list[Adjoint] = []
    for part in layer:
        x, adjoint = linearise(part, x)
        adjoints.append(adjoint)
    return x, chain(*adjoints)


@rule(nn.ReLU)
def _(layer: nn.ReLU, x: Tensor) -> tuple[Tensor, Adjoint]:
    return torch.relu(x), Diagonal((x > 0).to(x.dtype))


@rule(nn.BatchNorm2d)
def _(layer: nn.BatchNorm2d, x: Tensor) -> tuple[Tensor, Adjoint]:
    if layer.training or layer.running_var is None:
        return through_autograd(layer, x)
    return layer(x), Diagonal((layer.weight / torch.sqrt(layer.running_var + layer.eps)).view(-1, 1, 1))


@rule(nn.Conv2d)
def _(layer: nn.Conv2d, x: Tensor) -> tuple[Tensor, Adjoint]:
    if isinstance(layer.padding, str) or layer.padding_mode != "zeros":
        return through_autograd(layer, x)
    turned = _turned_round(layer)
    back = turned or _transposed(layer, x.shape[1:])

    def each(gradients: Tensor) -> Tensor:
        return back(gradients.flatten(0, 1)).unflatten(0, gradients.shape[:2])

    return layer(x), each


def _turned_round(layer: nn.Conv2d) -> Adjoint | None:
    """The transpose of a convolution as a convolution, with the kernel turned round; None if it is none."""
    sizes = zip(layer.kernel_size, layer.dilation, map(int, layer.padding), strict=True)
    padding = [step * (size - 1) - padded for size, step, padded in sizes]
    if layer.groups != 1 or layer.stride != (1, 1) or min(padding) < 0:
        return None
    weight = layer.weight.flip(2, 3).transpose(0, 1).contiguous(memory_format=torch.channels_last)
    return lambda flat: functional.conv2d(flat, weight, None, 1, padding, layer.dilation)


def _transposed(layer: nn.Conv2d, shape: torch.Size) -> Adjoint:
    """The transpose of any convolution of inputs of this shape, (C, H, W)."""

    def back(flat: Tensor) -> Tensor:
        inputs = flat.new_empty(1).expand(len(flat), *shape)
        passed, _, _ = torch.ops.aten.convolution_backward(
            flat, inputs, layer.weight, None, layer.stride, layer.padding, layer.dilation,
            False, [0, 0], layer.groups, [True, False, False],
        )  # fmt: skip
        return passed

    return back


@rule(Subsample)
def _(layer: Subsample, x: Tensor) -> tuple[Tensor, Adjoint]:
    channels = x.shape[1]

    def back(gradients: Tensor) -> Tensor:
        flat = gradients.flatten(0, 1)
        passed = torch.zeros_like(x[:1]).expand(len(flat), *x.shape[1:]).clone(memory_format=torch.channels_last)
        passed[..., :: layer.stride, :: layer.stride] = flat[:, layer.before : layer.before + channels]
        return passed.unflatten(0, gradients.shape[:2])

    return layer(x), back


@rule(nn.Linear)
def _(layer: nn.Linear, x: Tensor) -> tuple[Tensor, Adjoint]:
    return layer(x), lambda gradients: gradients @ layer.weight


@rule(nn.LayerNorm)
def _(layer: nn.LayerNorm, x: Tensor) -> tuple[Tensor, Adjoint]:
    dims = tuple(range(-len(layer.normalized_shape), 0))
    variance, mean = torch.var_mean(x, dims, correction=0, keepdim=True)
    spread = torch.rsqrt(variance + layer.eps)
    whitened = (x - mean) * spread

    def back(gradients: Tensor) -> Tensor:
        if layer.weight is not None:
            gradients = gradients * layer.weight
        along = (gradients * whitened).mean(dims, keepdim=True)
        return (gradients - gradients.mean(dims, keepdim=True) - whitened * along) * spread

    return layer(x), back


@rule(nn.GELU, nn.SiLU, nn.ReLU6, nn.Hardswish, nn.Hardsigmoid, nn.Tanh, nn.ELU, nn.LeakyReLU, nn.Softplus, nn.Mish)
def _(layer: nn.Module, x: Tensor) -> tuple[Tensor, Adjoint]:
    y, pull = vjp(layer, x)  # type: ignore[misc]
    return y, Diagonal(pull(torch.ones_like(y))[0])  # each number by itself: the Jacobian's diagonal


@rule(nn.Sigmoid)
def _(layer: nn.Sigmoid, x: Tensor) -> tuple[Tensor, Adjoint]:
    y = torch.sigmoid(x)
    return y, Diagonal(y * (1 - y))


@rule(Times)
def _(layer: Times, x: Tensor) -> tuple[Tensor, Adjoint]:
    return layer(x), Diagonal(x.new_tensor(layer.factor))


@rule(Gate)
def _(layer: Gate, x: Tensor) -> tuple[Any, Any]:
    gates, opening = linearise(layer.opening, x)

    def back(gradients: Gated) -> Tensor:
        of_input, of_gates = gradients
        return of_input + opening(of_gates)

    return (x, gates), back


@rule(Transformed)
def _(layer: Transformed, gated: Any) -> tuple[Tensor, Any]:
    x, gates = gated
    y, transform = linearise(layer.transform, x)
    return y * gates, lambda gradients: (transform(gradients * gates), gradients * y)


@rule(Carried)
def _(layer: Carried, gated: Any) -> tuple[Tensor, Any]:
    x, gates = gated
    y, reshape = linearise(layer.reshape, x)
    return y * (1 - gates), lambda gradients: (reshape(gradients * (1 - gates)), -gradients * y)
