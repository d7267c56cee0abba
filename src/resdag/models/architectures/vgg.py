"""What does the paper compare residual networks with?  A VGG whose every layer can be taken out.

Veit et al. 2016, section 4.1, say 15 layers and 128 channels in each, "to allow the
removal of any layer", and no more.  Here: depth - 1 layers of conv3x3-BN-ReLU in
five groups, max-pool after each group, global average pool (not the flattened map, so
that images of any size fit), and a linear layer.  A pool is skipped where
a side of the map is 2 or less, whatever the size of the images.

A block is one layer.  Pools stay when their layer goes.  Without layer 0, the image goes
on, zero channels after it.  The last layer of a group carries the pool behind it, so it
keeps its place; the others may be exchanged within their group.
"""

from collections import OrderedDict

import torch.nn.functional as F
from torch import Tensor, nn

from resdag.errors import NetworkError
from resdag.models.layers import pooled_linear
from resdag.models.network import Block, Network

GROUPS = 5


def build(*, in_channels: int, classes: int, depth: int = 15, channels: int = 128, batch_norm: bool = True) -> Network:
    """A VGG of `depth` weighted layers, `channels` wide throughout; without `batch_norm`, convolutions have a bias."""
    places = [(group, index, size) for group, size in enumerate(group_sizes(depth - 1)) for index in range(size)]
    blocks = [
        _layer(in_channels if number == 0 else channels, channels, batch_norm, group, last=index == size - 1)
        for number, (group, index, size) in enumerate(places)
    ]
    return Network(nn.Identity(), blocks, nn.Sequential(pooled_linear(channels, classes)))


def group_sizes(layers: int) -> list[int]:
    """Layers of each of the five groups, as equal as can be, later groups the larger: 14 are 2, 3, 3, 3, 3."""
    if layers < GROUPS:
        raise NetworkError(f"depth {layers + 1} is too small: a VGG here has {GROUPS} groups of layers, so 6 or more")
    each, rest = divmod(layers, GROUPS)
    return [each + (group >= GROUPS - rest) for group in range(GROUPS)]


class Pool(nn.Module):
    """Max-pool of 2 x 2, unless a side of the map is 2 or less."""

    def forward(self, x: Tensor) -> Tensor:
        return x if min(x.shape[-2:]) <= 2 else F.max_pool2d(x, 2)


class PadChannels(nn.Module):
    """Zero channels behind those that are there, up to `channels`."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.channels = channels

    def forward(self, x: Tensor) -> Tensor:
        return F.pad(x, (0, 0, 0, 0, 0, self.channels - x.shape[1]))


def _layer(in_channels: int, channels: int, batch_norm: bool, group: int, last: bool) -> Block:
    first = in_channels != channels
    layers: OrderedDict[str, nn.Module] = OrderedDict()
    layers["conv1"] = nn.Conv2d(in_channels, channels, 3, padding=1, bias=not batch_norm)
    if batch_norm:
        layers["bn1"] = nn.BatchNorm2d(channels)
    layers["relu1"] = nn.ReLU()
    handed_on = ([PadChannels(channels)] if first else []) + ([Pool()] if last else [])
    return Block(
        stage=group,
        in_channels=in_channels,
        out_channels=channels,
        body=nn.Sequential(layers),
        after=Pool() if last else None,
        bypass=nn.Sequential(*handed_on),
        changes_shape=first,
        reorderable=not (first or last),
    )
