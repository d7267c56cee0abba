"""The forward pass that path gradients stand on: every block's input, and the gradient of the loss at the end.

Backpropagation through y = join(skip(x) + scale * branch(x)) is the join's
transposed Jacobian, then the sum of the skip's and the branch's.  A path takes
one of the two at each block (Veit et al. 2016, section 5), so all paths share
one forward pass: the blocks' inputs fix every Jacobian.
"""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from resdag.errors import NetworkError
from resdag.models.network import Block, Network
from resdag.paths.adjoint import Adjoint, Diagonal, chain, linearise, unchanged


@dataclass(frozen=True)
class Forward:
    """A batch on its way through the network.

    `entered[i]` is the input of block i, (N, C, H, W); `end` the gradient of
    the mean loss at the output of the last block, of its shape; `loss` in nats.
    """

    images: Tensor
    entered: tuple[Tensor, ...]
    end: Tensor
    loss: float


def run_forward(network: Network, images: Tensor, labels: Tensor) -> Forward:
    """Send normalised images (N, C, H, W) through the whole network, in the mode that it is in.

    NetworkError where the network has a block without a skip: it has no paths.
    """
    if not network.has_paths:
        raise NetworkError("this network has blocks without a skip connection, so it has no paths to measure")
    with torch.no_grad():
        x = network.stem(images)
        entered = []
        for block in network.blocks:
            entered.append(x)
            x = block(x)
    with torch.enable_grad():
        last = x.detach().requires_grad_(True)
        loss = functional.cross_entropy(network.head(last), labels)
        (end,) = torch.autograd.grad(loss, last)
    return Forward(images, tuple(entered), end, loss.item())


@dataclass(frozen=True)
class WaysBack:
    """Transposed Jacobians of a block: of the join, and of the two ways that the join's gradient can take."""

    join: Adjoint
    skip: Adjoint
    branch: Adjoint


@torch.no_grad()
def ways_back(block: Block, entered: Tensor) -> WaysBack:
    """The transposed Jacobians of a block at its input `entered`; each maps gradients (P, N, ...) of P paths."""
    shared, from_shared = linearise(block.shared, entered)
    assert block.shortcut is not None  # run_forward refused networks without paths
    skip_value, through_shortcut = linearise(block.shortcut, shared)
    branch_value, through_body = linearise(block.body, shared)
    scale = block.scale
    _, join = linearise(block.after, skip_value + scale * branch_value)
    # A number may be multiplied in anywhere: here it meets the first activation's factors, and costs nothing.
    scaled = unchanged if scale == 1 else Diagonal(entered.new_tensor(scale))
    return WaysBack(join, chain(from_shared, through_shortcut), chain(scaled, from_shared, through_body))


@torch.no_grad()
def stem_way_back(network: Network, images: Tensor) -> Adjoint:
    """The transposed Jacobian of the stem at the images."""
    return linearise(network.stem, images)[1]
