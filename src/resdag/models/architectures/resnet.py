"""How does the original CIFAR ResNet differ?  A ReLU follows each sum (He et al. 2015, section 4.2).

y = ReLU(skip(x) + branch(x)), branch = conv-BN-ReLU-conv-BN.  A deleted block is
ReLU(skip(x)).  Where the shape changes, the skip subsamples (option A, the default)
or is a 1 x 1 convolution with batch norm (option B).
"""

from torch import nn

from resdag.models.layers import (
    Place,
    Subsample,
    check_shortcut,
    pooled_linear,
    post_activation_body,
    post_activation_stem,
    projection,
    stage_plan,
)
from resdag.models.network import Block, Network


def build(
    *,
    in_channels: int,
    classes: int,
    depth: int,
    width: int = 16,
    shortcut: str = "subsample",
    convolutions: int = 2,
) -> Network:
    """A post-activation ResNet of `depth` weighted layers; 110 layers are 54 blocks of two `convolutions`."""
    check_shortcut(shortcut)
    blocks = [
        Block(
            stage=place.stage,
            in_channels=place.in_channels,
            out_channels=place.out_channels,
            shortcut=_shortcut(place, shortcut),
            body=post_activation_body(place, convolutions),
            after=nn.ReLU(),
            changes_shape=place.changes_shape,
        )
        for place in stage_plan(depth, width, convolutions)
    ]
    head = nn.Sequential(pooled_linear(blocks[-1].out_channels, classes))
    return Network(post_activation_stem(in_channels, width), blocks, head)


def _shortcut(place: Place, shortcut: str) -> nn.Module:
    if not place.changes_shape:
        return nn.Identity()
    return projection(place, batch_norm=True) if shortcut == "projection" else Subsample(place)
