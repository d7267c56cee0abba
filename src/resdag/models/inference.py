"""How is a trained network measured fast, with the same answers?

In eval mode batch norm is a factor and a shift for each channel.  Where it follows a
convolution the two are one convolution with other weights; a pre-activation block
keeps its first batch norm, which follows a sum.  ReLUs overwrite what no one else
reads.  The function computed is the same but for rounding: logits move by some 1e-6 of
their size, and predictions by about none.
"""

import copy
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm as BatchNorm
from torch.nn.utils.fusion import fuse_conv_bn_eval

from resdag.models.network import Network

MAKERS = (nn.Conv2d, nn.Linear, nn.BatchNorm2d)  # layers whose output is nobody else's


def batch_norms(network: nn.Module) -> list[BatchNorm]:
    """The layers that have statistics of batches."""
    return [module for module in network.modules() if isinstance(module, BatchNorm)]


@contextmanager
def eval_mode(network: nn.Module) -> Iterator[None]:
    """The network in eval mode, and afterwards, also after an error, in the mode that it was in."""
    training = network.training
    network.eval()
    try:
        yield
    finally:
        network.train(training)


@contextmanager
def norms_in_training(network: nn.Module) -> Iterator[list[BatchNorm]]:
    """The layers that have statistics of batches in training mode, and all else, dropout too, in eval mode.

    Every module's own mode is restored, also after an error.
    """
    before = [(module, module.training) for module in network.modules()]
    network.eval()
    try:
        norms = batch_norms(network)
        for norm in norms:
            norm.train()
        yield norms
    finally:
        for module, training in before:
            module.training = training


@torch.no_grad()
def folded(network: Network) -> Network:
    """A copy of the network for measuring: eval mode, batch norm folded into convolutions, channels_last.

    Blocks keep their parts, their `scale`, and what may be deleted or reordered; it cannot be trained.
    """
    faster = copy.deepcopy(network).eval().requires_grad_(False)
    for name, part in list(faster.named_modules()):
        if isinstance(part, nn.Sequential):
            _replace(faster, name, _folded_sequence(part))
    for block in faster.blocks:
        if isinstance(block.after, nn.ReLU):
            block.after.inplace = True  # it follows a sum, which nothing else reads
    return faster.to(memory_format=torch.channels_last)


def _replace(network: nn.Module, name: str, part: nn.Module) -> None:
    owner, _, last = name.rpartition(".")
    setattr(network.get_submodule(owner) if owner else network, last, part)


def _folded_sequence(sequence: nn.Sequential) -> nn.Sequential:
    """The sequence with each convolution and the batch norm behind it made one."""
    parts: list[tuple[str, nn.Module]] = []
    for name, part in sequence.named_children():
        before = parts[-1][1] if parts else None
        if type(part) is nn.BatchNorm2d and type(before) is nn.Conv2d:  # what inherits may compute something else
            parts[-1] = (parts[-1][0], fuse_conv_bn_eval(before, part))
        else:
            if isinstance(part, nn.ReLU) and isinstance(before, MAKERS):
                part.inplace = True  # its input was made within this sequence
            parts.append((name, part))
    faster = nn.Sequential()
    for name, part in parts:
        faster.add_module(name, part)
    return faster
