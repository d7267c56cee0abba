"""Table `mean_field_theory`."""

from typing import ClassVar

from resdag.records.base import Positive
from resdag.records.random_networks import OfRandomNetworks


class MeanFieldTheory(OfRandomNetworks):
    """One layer of an infinitely wide random tanh network, by the recursion of Yang and Schoenholz (2017)."""

    table: ClassVar[str] = "mean_field_theory"
    place: ClassVar[int] = 150
    key: ClassVar[tuple[str, ...]] = ("study", "system", "layer")
    sigma_w: Positive
    """Standard deviation of the entries of W, times the root of the width."""
    sigma_b: Positive
    """Standard deviation of the entries of b."""
    sigma_v: Positive | None
    """Standard deviation of the entries of V, times the root of the width; NULL but for the full system."""
    sigma_a: Positive | None
    """Standard deviation of the entries of a; NULL but for the full system."""
