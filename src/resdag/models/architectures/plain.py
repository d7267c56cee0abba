"""What is a ResNet without its skip connections?  The plain network of He et al. 2015, section 4.2.

y = ReLU(branch(x)) with the branch of `resnet`.  A block that keeps its shape can
be taken out, and its input goes on unchanged; one that changes shape cannot:
without a skip there is nothing that would make the shapes fit.
"""

from torch import nn

from resdag.models.layers import pooled_linear, post_activation_body, post_activation_stem, stage_plan
from resdag.models.network import Block, Network


def build(*, in_channels: int, classes: int, depth: int, width: int = 16, convolutions: int = 2) -> Network:
    """A plain network of `depth` weighted layers, its blocks those of `resnet` of the same depth."""
    blocks = [
        Block(
            stage=place.stage,
            in_channels=place.in_channels,
            out_channels=place.out_channels,
            body=post_activation_body(place, convolutions),
            after=nn.ReLU(),
            bypass=None if place.changes_shape else nn.Identity(),
            changes_shape=place.changes_shape,
        )
        for place in stage_plan(depth, width, convolutions)
    ]
    head = nn.Sequential(pooled_linear(blocks[-1].out_channels, classes))
    return Network(post_activation_stem(in_channels, width), blocks, head)
