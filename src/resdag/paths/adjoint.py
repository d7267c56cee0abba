"""How does a layer pass gradients back, for many paths at once?

With the forward pass fixed and batch norm in eval mode, every layer is a linear
map of gradients: a convolution's transpose, a factor per channel, a mask.  So the
gradients of P paths, (P, N, C, H, W), go through as one batch of P*N images, and
nothing of the forward pass is repeated.  Layers that have no rule here go back
through autograd, path by path: slower, and right for any layer.

Layers that act on each number by itself are diagonal; diagonals that follow one another
are multiplied once, before any gradient comes.

A highway's gate makes a pair of its input and the gates; its adjoint takes gradients of both.

Source: backpropagation; the rules are checked against autograd in the tests.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import singledispatch
from typing import Any

import torch
from torch import Tensor, nn
from torch.func import vjp

from resdag.models.gates import Carried, Gate, Gated, Times, Transformed
from resdag.models.layers import Subsample

Adjoint = Callable[[Tensor], Tensor]  # (P, N, *out) -> (P, N, *in)


@dataclass(frozen=True)
class Diagonal:
    """A layer whose transposed Jacobian multiplies each number by a factor, (N, C, H, W) or (C, 1, 1)."""

    factors: Tensor

    def __call__(self, gradients: Tensor) -> Tensor:
        return gradients * self.factors


@singledispatch
def linearise(layer: nn.Module, x: Tensor) -> tuple[Tensor, Adjoint]:
    """The layer's output at x, (N, *in), and its transposed Jacobian there, for gradients of many paths."""
    y, pull = vjp(layer, x)  # type: ignore[misc]  # three values only with has_aux
    return y, lambda gradients: torch.stack([pull(gradient)[0] for gradient in gradients])


@linearise.register
def _(layer: nn.Identity, x: Tensor) -> tuple[Tensor, Adjoint]:
    return x, lambda gradients: gradients


@linearise.register
def _(layer: nn.Sequential, x: Tensor) -> tuple[Tensor, Adjoint]:
    adjoints: list[Adjoint] = []
    for part in layer:
        x, adjoint = linearise(part, x)
        if adjoints and isinstance(adjoints[-1], Diagonal) and isinstance(adjoint, Diagonal):
            adjoint = Diagonal(adjoint.factors * adjoints.pop().factors)  # type: ignore[attr-defined]
        adjoints.append(adjoint)

    def back(gradients: Tensor) -> Tensor:
        for adjoint in reversed(adjoints):
            gradients = adjoint(gradients)
        return gradients

    return x, adjoints[0] if len(adjoints) == 1 else back


@linearise.register
def _(layer: nn.ReLU, x: Tensor) -> tuple[Tensor, Adjoint]:
    return torch.relu(x), Diagonal((x > 0).to(x.dtype))


@linearise.register
def _(layer: nn.BatchNorm2d, x: Tensor) -> tuple[Tensor, Adjoint]:
    if layer.training or layer.running_var is None:
        return linearise.dispatch(nn.Module)(layer, x)
    return layer(x), Diagonal((layer.weight / torch.sqrt(layer.running_var + layer.eps)).view(-1, 1, 1))


@linearise.register
def _(layer: nn.Conv2d, x: Tensor) -> tuple[Tensor, Adjoint]:
    if isinstance(layer.padding, str) or layer.padding_mode != "zeros":
        return linearise.dispatch(nn.Module)(layer, x)
    shape = x.shape[1:]

    def back(gradients: Tensor) -> Tensor:
        paths, images = gradients.shape[:2]
        flat = gradients.flatten(0, 1)
        inputs = flat.new_empty(1).expand(len(flat), *shape)
        passed, _, _ = torch.ops.aten.convolution_backward(
            flat, inputs, layer.weight, None, layer.stride, layer.padding, layer.dilation,
            False, [0, 0], layer.groups, [True, False, False],
        )  # fmt: skip
        return passed.unflatten(0, (paths, images))

    return layer(x), back


@linearise.register
def _(layer: Subsample, x: Tensor) -> tuple[Tensor, Adjoint]:
    channels = x.shape[1]

    def back(gradients: Tensor) -> Tensor:
        passed = gradients.new_zeros(*gradients.shape[:2], *x.shape[1:])
        passed[..., :: layer.stride, :: layer.stride] = gradients[:, :, layer.before : layer.before + channels]
        return passed

    return layer(x), back


@linearise.register
def _(layer: nn.Sigmoid, x: Tensor) -> tuple[Tensor, Adjoint]:
    y = torch.sigmoid(x)
    return y, Diagonal(y * (1 - y))


@linearise.register
def _(layer: Times, x: Tensor) -> tuple[Tensor, Adjoint]:
    return layer(x), Diagonal(x.new_tensor(layer.factor))


@linearise.register
def _(layer: Gate, x: Tensor) -> tuple[Any, Any]:
    gates, opening = linearise(layer.opening, x)

    def back(gradients: Gated) -> Tensor:
        of_input, of_gates = gradients
        return of_input + opening(of_gates)

    return (x, gates), back


@linearise.register
def _(layer: Transformed, gated: Any) -> tuple[Tensor, Any]:
    x, gates = gated
    y, transform = linearise(layer.transform, x)
    return y * gates, lambda gradients: (transform(gradients * gates), gradients * y)


@linearise.register
def _(layer: Carried, gated: Any) -> tuple[Tensor, Any]:
    x, gates = gated
    y, reshape = linearise(layer.reshape, x)
    return y * (1 - gates), lambda gradients: (reshape(gradients * (1 - gates)), -gradients * y)
