"""Which network is the paper about?  The pre-activation CIFAR ResNet of He et al. 2016.

y = skip(x) + branch(x), branch = BN-ReLU-conv-BN-ReLU-conv (Veit et al. 2016, eq. 2); nothing
follows the sum, so a signal can run from the first block to the last through skips alone.
BN-ReLU, average pool and a linear layer end the network.

Where the shape changes, the skip subsamples the block's input; or, with
`shortcut="projection"`, it is a 1 x 1 convolution of the block's first BN-ReLU,
as in He's code.  With `first_block="shared"` the first block's BN-ReLU moves to
the stem, as there: its skip carries the activation too, and it cannot change places.
"""

from collections import OrderedDict

from torch import nn

from resdag.errors import NetworkError
from resdag.models.layers import Place, Subsample, check_shortcut, conv3x3, pooled_linear, projection, stage_plan
from resdag.models.network import Block, Network


def build(
    *,
    in_channels: int,
    classes: int,
    depth: int,
    width: int = 16,
    shortcut: str = "subsample",
    first_block: str = "plain",
    convolutions: int = 2,
) -> Network:
    """A pre-activation ResNet of `depth` weighted layers; 110 layers are 54 blocks of two `convolutions`."""
    check_shortcut(shortcut)
    if first_block not in ("plain", "shared"):
        raise NetworkError(f"first_block {first_block!r} is not known: it is plain or shared")
    shared = first_block == "shared"
    blocks = [
        _block(place, shortcut, convolutions, activated=shared and index == 0)
        for index, place in enumerate(stage_plan(depth, width, convolutions))
    ]
    stem: OrderedDict[str, nn.Module] = OrderedDict(conv1=conv3x3(in_channels, width))
    if shared:
        stem.update(_activation(1, width))
    channels = blocks[-1].out_channels
    head = OrderedDict(bn=nn.BatchNorm2d(channels), relu=nn.ReLU(), **pooled_linear(channels, classes))
    return Network(nn.Sequential(stem), blocks, nn.Sequential(head))


def _block(place: Place, shortcut: str, convolutions: int, activated: bool) -> Block:
    projects = place.changes_shape and shortcut == "projection"
    layers = _body(place, convolutions)
    first = OrderedDict((name, layers.pop(name)) for name in ("bn1", "relu1")) if activated or projects else None
    return Block(
        stage=place.stage,
        in_channels=place.in_channels,
        out_channels=place.out_channels,
        shared=nn.Sequential(first) if first and projects else None,
        shortcut=projection(place, batch_norm=False) if projects else _parameter_free(place),
        body=nn.Sequential(layers),
        changes_shape=place.changes_shape,
        reorderable=not (place.changes_shape or activated),
    )


def _parameter_free(place: Place) -> nn.Module:
    return Subsample(place) if place.changes_shape else nn.Identity()


def _body(place: Place, convolutions: int) -> OrderedDict[str, nn.Module]:
    layers: OrderedDict[str, nn.Module] = OrderedDict()
    channels = place.in_channels
    for number in range(1, convolutions + 1):
        layers.update(_activation(number, channels))
        layers[f"conv{number}"] = conv3x3(channels, place.out_channels, place.stride if number == 1 else 1)
        channels = place.out_channels
    return layers


def _activation(number: int, channels: int) -> OrderedDict[str, nn.Module]:
    return OrderedDict({f"bn{number}": nn.BatchNorm2d(channels), f"relu{number}": nn.ReLU()})
