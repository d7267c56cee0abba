"""Which parts do the CIFAR networks of He et al. share?

The plan of three stages, the 3 x 3 convolution without bias, the skip without
parameters, and the parts of post-activation networks that `resnet` and `plain`
both have.  Parts carry the names bn1, conv1, ... of the widely copied CIFAR
implementation, so that its weights need little translation.
"""

from collections import OrderedDict
from collections.abc import Iterator
from typing import NamedTuple

import torch.nn.functional as F
from torch import Tensor, nn

from resdag.errors import NetworkError


class Place(NamedTuple):
    """Where a block stands in a network of three stages."""

    stage: int
    in_channels: int
    out_channels: int
    stride: int

    @property
    def changes_shape(self) -> bool:
        return self.stride != 1 or self.in_channels != self.out_channels


def stage_plan(depth: int, width: int, convolutions: int = 2) -> Iterator[Place]:
    """The blocks of a CIFAR network from the input on: three stages of width, 2 width and 4 width channels.

    depth = 3 n convolutions + 2 for n blocks a stage (He et al. 2015, section 4.2); NetworkError for another depth.
    """
    layers = 3 * convolutions
    if depth < layers + 2 or (depth - 2) % layers:
        raise NetworkError(f"depth {depth} does not fill three stages of equal size: it is {layers}n + 2")
    channels = width
    for stage in range(3):
        for index in range((depth - 2) // layers):
            out = width * 2**stage
            yield Place(stage, channels, out, stride=2 if stage > 0 and index == 0 else 1)
            channels = out


def conv3x3(in_channels: int, out_channels: int, stride: int = 1) -> nn.Conv2d:
    """A 3 x 3 convolution that keeps the map's size, or halves it, rounded up; no bias, batch norm has one."""
    return nn.Conv2d(in_channels, out_channels, 3, stride=stride, padding=1, bias=False)


class Subsample(nn.Module):
    """Every stride-th pixel, and zero channels on both sides: option A of He et al. 2015, no parameters."""

    def __init__(self, place: Place) -> None:
        super().__init__()
        new = place.out_channels - place.in_channels
        self.stride = place.stride
        self.before, self.after = new // 2, new - new // 2  # out_channels / 4 each where the channels double

    def forward(self, x: Tensor) -> Tensor:
        return F.pad(x[:, :, :: self.stride, :: self.stride], (0, 0, 0, 0, self.before, self.after))


def projection(place: Place, batch_norm: bool) -> nn.Sequential:
    """A 1 x 1 convolution to the block's shape (option B), with batch norm or without."""
    conv = nn.Conv2d(place.in_channels, place.out_channels, 1, stride=place.stride, bias=False)
    parts: OrderedDict[str, nn.Module] = OrderedDict(conv=conv)
    if batch_norm:
        parts["bn"] = nn.BatchNorm2d(place.out_channels)
    return nn.Sequential(parts)


def check_shortcut(shortcut: str) -> None:
    """Raise NetworkError unless `shortcut` names a skip for blocks that change shape."""
    if shortcut not in ("subsample", "projection"):
        raise NetworkError(f"shortcut {shortcut!r} is not known: it is subsample or projection")


def post_activation_stem(in_channels: int, width: int) -> nn.Sequential:
    """conv-BN-ReLU."""
    return nn.Sequential(OrderedDict(conv1=conv3x3(in_channels, width), bn1=nn.BatchNorm2d(width), relu1=nn.ReLU()))


def post_activation_body(place: Place, convolutions: int = 2) -> nn.Sequential:
    """conv-BN-ReLU-...-conv-BN: the ReLU after the last batch norm belongs to the block, behind the sum."""
    parts: OrderedDict[str, nn.Module] = OrderedDict()
    for number in range(1, convolutions + 1):
        first = number == 1
        parts[f"conv{number}"] = conv3x3(
            place.in_channels if first else place.out_channels, place.out_channels, place.stride if first else 1
        )
        parts[f"bn{number}"] = nn.BatchNorm2d(place.out_channels)
        if number < convolutions:
            parts[f"relu{number}"] = nn.ReLU()
    return nn.Sequential(parts)


def pooled_linear(channels: int, classes: int) -> OrderedDict[str, nn.Module]:
    """Global average pool and a linear layer: the end of every network here, for maps of any size."""
    return OrderedDict(pool=nn.AdaptiveAvgPool2d(1), flatten=nn.Flatten(), linear=nn.Linear(channels, classes))
