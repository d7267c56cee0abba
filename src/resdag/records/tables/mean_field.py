"""Table `mean_field`."""

from typing import ClassVar, Literal

from resdag.records.base import Count
from resdag.records.random_networks import OfRandomNetworks


class MeanField(OfRandomNetworks):
    """One layer of one random tanh network: two inputs forward, a random gradient back along the first."""

    table: ClassVar[str] = "mean_field"
    place: ClassVar[int] = 140
    key: ClassVar[tuple[str, ...]] = ("study", "system", "draw", "layer")
    draw: Count
    """Which random network."""
    width: Count
    """Units in each layer."""
    matrices: Literal["formed", "conditioned"]
    """Whether weight matrices were formed, or only their products drawn, conditioned on one another."""
