"""The options of `projected` in a study file."""

from typing import ClassVar, Literal

from resdag.config.networks import Staged


class Projected(Staged):
    """`resnet` whose skips are projections wherever the shape changes."""

    may_drop: ClassVar[bool] = True
    architecture: Literal["projected"]
