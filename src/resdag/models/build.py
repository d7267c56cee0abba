"""From a name and options to a network whose weights a seed decides.

Architectures are the other modules of this package, one each, with a `build` that
takes `in_channels`, `classes` and the options of that architecture in a study
file.  They are imported by name: what measures a VGG does not depend on the code of
ResNets.

Weights: convolutions He-normal by fan-out, as in the code of He et al. 2016; batch norm
1 and 0; linear layers as torch draws them, but with zero bias.  A layer that is to start with
another bias says so: `bias_at_start`.
"""

import math
from importlib import import_module
from importlib.metadata import entry_points
from inspect import Signature, signature
from pkgutil import iter_modules
from typing import Any

import torch
from torch import nn

from resdag.errors import NetworkError
from resdag.models.network import Network

PACKAGE = "resdag.models.architectures"


def architectures() -> dict[str, str]:
    """Name -> module of the architectures that can be built: ours, and those of other packages' entry points."""
    own = {module.name: f"{PACKAGE}.{module.name}" for module in iter_modules(import_module(PACKAGE).__path__)}
    others = {point.name: point.value for point in entry_points(group="resdag.architectures")}
    return dict(sorted((others | own).items()))


def build(architecture: str, *, in_channels: int, classes: int, seed: int = 0, **options: Any) -> Network:
    """A network with the initial weights of `seed`, on the CPU; the global random state is left as it was.

    `options` are the keys of the study file: depth, width, shortcut, first_block, channels, batch_norm,
    gate, gate_bias.
    NetworkError for an architecture or an option that does not exist.
    """
    known = architectures()
    if architecture not in known:
        raise NetworkError(f"architecture {architecture!r} is not known: it is one of {', '.join(known)}")
    module = import_module(known[architecture])
    _check_options(architecture, signature(module.build), options)
    with torch.random.fork_rng(devices=[]):  # torch's own initialisation draws numbers that are not used
        network = module.build(in_channels=in_channels, classes=classes, **options)
    initialise(network, seed)
    return network


def _check_options(architecture: str, builder: Signature, options: dict[str, Any]) -> None:
    try:
        builder.bind(in_channels=1, classes=1, **options)
    except TypeError as error:
        known = ", ".join(name for name in builder.parameters if name not in ("in_channels", "classes"))
        raise NetworkError(f"{architecture} cannot be built ({error}): its options are {known}") from None


@torch.no_grad()
def initialise(network: nn.Module, seed: int) -> None:
    """Give every weight its initial value, which depends on `seed` and the shapes alone, on any device.

    NetworkError for a layer with weights of a kind that is not known here.
    """
    generator = torch.Generator().manual_seed(seed)
    for layer in network.modules():
        if isinstance(layer, nn.Conv2d):
            fan_out = layer.out_channels * math.prod(layer.kernel_size)
            layer.weight.copy_(torch.randn(layer.weight.shape, generator=generator) * math.sqrt(2 / fan_out))
        elif isinstance(layer, nn.Linear):
            uniform = torch.rand(layer.weight.shape, generator=generator)
            layer.weight.copy_((2 * uniform - 1) / math.sqrt(layer.in_features))
        elif isinstance(layer, nn.BatchNorm2d):
            layer.reset_parameters()
        elif any(True for _ in layer.parameters(recurse=False)):
            raise NetworkError(f"a {type(layer).__name__} has no initialisation: say it in resdag.models.build")
        if isinstance(layer, (nn.Conv2d, nn.Linear)) and layer.bias is not None:
            layer.bias.fill_(getattr(layer, "bias_at_start", 0.0))


def count_parameters(network: nn.Module) -> int:
    """Trainable numbers of a network."""
    return sum(parameter.numel() for parameter in network.parameters() if parameter.requires_grad)


def block_rows(network: Network) -> list[dict[str, Any]]:
    """One row a block, from the input on: the columns of `blocks` in results.duckdb but for its keys."""
    return [
        {
            "block": index,
            "stage": block.stage,
            "channels": block.out_channels,
            "changes_shape": block.changes_shape,
            "deletable": block.deletable,
            "reorderable": block.reorderable,
            "layer": block.origin.name if block.origin else None,
            "parameters": sum(parameter.numel() for parameter in block.parameters()),
            "fixed": block.origin.fixed if block.origin else None,
        }
        for index, block in enumerate(network.blocks)
    ]
