"""Which network does the paper delete blocks of on ImageNet?  The pre-activation bottleneck ResNet-200, 66 blocks.

y = skip(x) + branch(x), branch = three times BN-ReLU-conv, of 1 x 1, 3 x 3 and 1 x 1 pixels, as in He et al. 2016,
figure 4e; the 3 x 3 one has a quarter of the channels, and the stride.  Four stages follow a stem of conv-BN-ReLU-max
pool; BN-ReLU, average pool and a linear layer end the network.

Where a stage begins, the skip is a 1 x 1 convolution of the block's first BN-ReLU; the first block of all reads the
stem's, as in the released models.
"""

from collections import OrderedDict
from collections.abc import Iterator

from torch import nn

from resdag.bottlenecks import EXPANSION, STAGES
from resdag.errors import NetworkError
from resdag.models.layers import Place, conv3x3, pooled_linear, projection
from resdag.models.network import Block, Network


def build(*, in_channels: int, classes: int, depth: int, width: int = 64) -> Network:
    """A network of `depth` weighted layers; the first stage's 3 x 3 convolutions have `width` channels."""
    if depth not in STAGES:
        raise NetworkError(f"depth {depth} is not known: it is one of {', '.join(map(str, STAGES))}")
    blocks = [_block(place, first=index == 0) for index, place in enumerate(_places(depth, width))]
    channels = blocks[-1].out_channels
    head = OrderedDict(bn=nn.BatchNorm2d(channels), relu=nn.ReLU(), **pooled_linear(channels, classes))
    return Network(_stem(in_channels, width), blocks, nn.Sequential(head))


def _places(depth: int, width: int) -> Iterator[Place]:
    channels = width
    for stage, count in enumerate(STAGES[depth]):
        for index in range(count):
            out = width * 2**stage * EXPANSION
            yield Place(stage, channels, out, stride=2 if stage > 0 and index == 0 else 1)
            channels = out


def _stem(in_channels: int, width: int) -> nn.Sequential:
    """conv-BN-ReLU-max pool, to a quarter of the image's side."""
    conv = nn.Conv2d(in_channels, width, 7, stride=2, padding=3, bias=False)
    pool = nn.MaxPool2d(3, stride=2, padding=1)
    return nn.Sequential(OrderedDict(conv1=conv, bn1=nn.BatchNorm2d(width), relu1=nn.ReLU(), pool=pool))


def _block(place: Place, first: bool) -> Block:
    layers = _branch(place)
    shared = OrderedDict((name, layers.pop(name)) for name in ("bn1", "relu1")) if place.changes_shape else None
    return Block(
        stage=place.stage,
        in_channels=place.in_channels,
        out_channels=place.out_channels,
        shared=nn.Sequential(shared) if shared and not first else None,
        shortcut=projection(place, batch_norm=False) if place.changes_shape else nn.Identity(),
        body=nn.Sequential(layers),
        changes_shape=place.changes_shape,
    )


def _branch(place: Place) -> OrderedDict[str, nn.Module]:
    """BN-ReLU-conv, three times."""
    inner = place.out_channels // EXPANSION
    convolutions = (
        nn.Conv2d(place.in_channels, inner, 1, bias=False),
        conv3x3(inner, inner, place.stride),
        nn.Conv2d(inner, place.out_channels, 1, bias=False),
    )
    layers: OrderedDict[str, nn.Module] = OrderedDict()
    for number, conv in enumerate(convolutions, 1):
        layers |= {f"bn{number}": nn.BatchNorm2d(conv.in_channels), f"relu{number}": nn.ReLU(), f"conv{number}": conv}
    return layers
