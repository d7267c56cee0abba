"""`resnet` whose skips are projections wherever the shape changes."""

from resdag.models.architectures import resnet
from resdag.models.network import Network


def build(*, in_channels: int, classes: int, depth: int, width: int = 16, convolutions: int = 2) -> Network:
    """A network of `depth` weighted layers."""
    return resnet.build(
        in_channels=in_channels, classes=classes, depth=depth, width=width, convolutions=convolutions,
        shortcut="projection",
    )  # fmt: skip
