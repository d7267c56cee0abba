"""Narrow networks in float64, a batch for them, and the gradient of every single path by autograd: enumeration."""

from functools import cache

import torch
from torch import Tensor, nn
from torch.nn import functional

from resdag.models.build import build
from resdag.models.network import Network

NETWORKS = {
    "pre-activation": {"architecture": "preact_resnet", "depth": 20, "shortcut": "subsample"},
    "pre-activation, projection": {"architecture": "preact_resnet", "depth": 20, "shortcut": "projection"},
    "pre-activation, shared first": {"architecture": "preact_resnet", "depth": 20, "first_block": "shared"},
    "post-activation": {"architecture": "resnet", "depth": 20, "shortcut": "subsample"},
    "post-activation, projection": {"architecture": "resnet", "depth": 20, "shortcut": "projection"},
    "highway": {"architecture": "highway", "depth": 20, "gate_bias": -1.0},
    "highway, frozen": {"architecture": "highway", "depth": 20, "gate": "frozen"},
}


def small(name: str, depth: int | None = None) -> Network:
    """A narrow network in float64 with batch-norm statistics that are not 0 and 1."""
    options = dict(NETWORKS[name])
    if depth:
        options["depth"] = depth
    network = build(in_channels=3, classes=4, width=4, seed=1, **options).double()
    generator = torch.Generator().manual_seed(7)
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.running_mean.copy_(0.3 * torch.randn(module.num_features, generator=generator))
            module.running_var.copy_(0.5 + torch.rand(module.num_features, generator=generator))
            module.weight.data.copy_(0.5 + torch.rand(module.num_features, generator=generator))
            module.bias.data.copy_(0.3 * torch.randn(module.num_features, generator=generator))
    return network.eval()


def batch(size: int = 5) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(3)
    images = torch.randn(size, 3, 8, 8, generator=generator, dtype=torch.float64)
    return images, torch.randint(0, 4, (size,), generator=generator)


def gradient_of_path(network: Network, images: Tensor, labels: Tensor, path: set[int]) -> tuple[Tensor, Tensor]:
    """Autograd's gradient at the images and at the first block, every other way detached; values unchanged."""
    images = images.clone().requires_grad_(True)
    first = x = network.stem(images)
    for index, block in enumerate(network.blocks):
        skip, branch = block.skip(x), block.scale * block.branch(x)
        if index in path:
            skip = skip.detach()
        else:
            branch = branch.detach()
        x = block.join(skip + branch)
    loss = functional.cross_entropy(network.head(x), labels)
    at_input, at_first = torch.autograd.grad(loss, [images, first], allow_unused=True, materialize_grads=True)
    return at_input, at_first


def all_paths(blocks: int) -> list[set[int]]:
    return [{i for i in range(blocks) if code >> i & 1} for code in range(2**blocks)]


@cache
def gradients_of_all_paths(name: str) -> dict[frozenset[int], tuple[Tensor, Tensor]]:
    """Gradients of all 2^9 paths of the scaled network at the images and at the first block's input.

    A tree walked by autograd: behind each block every gradient goes both ways, all of a level at once.
    """
    network, (images, labels) = scaled(name), batch()
    entered = [network.stem(images)]
    for block in network.blocks:
        entered.append(block(entered[-1]).detach())
    last = entered[-1].requires_grad_(True)
    (end,) = torch.autograd.grad(functional.cross_entropy(network.head(last), labels), last)
    paths, gradients = [frozenset[int]()], end[None]
    for index in range(len(network.blocks) - 1, -1, -1):
        block, x = network.blocks[index], entered[index].detach().requires_grad_(True)
        ways = block.skip(x), block.scale * block.branch(x)
        total = sum(ways).detach().requires_grad_(True)
        joined = back(block.join(total), total, gradients)
        gradients = torch.cat([back(way, x, joined) for way in ways])
        paths += [path | {index} for path in paths]
    images = images.clone().requires_grad_(True)
    at_input = back(network.stem(images), images, gradients)
    return {path: pair for path, *pair in zip(paths, at_input, gradients, strict=True)}


def back(y: Tensor, x: Tensor, gradients: Tensor) -> Tensor:
    """The gradients at y, stacked, passed back to x by autograd; x itself where y is x."""
    if y is x:
        return gradients
    return torch.autograd.grad(y, x, gradients, is_grads_batched=True, retain_graph=True)[0]


def scaled(name: str) -> Network:
    """The small network, its branches scaled as after stochastic depth."""
    network = small(name)
    for index, block in enumerate(network.blocks):
        block.scale = 1 - index / 30
    return network
