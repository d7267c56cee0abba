"""Random networks at initialisation, simulated and by the recursion."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from resdag.records.base import Count, OfStudy, Positive


class _MeanField(OfStudy):
    system: Literal["plain", "residual", "full"]
    """plain: x' = tanh(Wx + b); residual: x' = x + tanh(Wx + b); full: x' = x + V tanh(Wx + b) + a."""
    layer: Count
    """Layers behind the state; 0 is the input."""
    power: Positive
    """Mean square of a state's units, p; 1 at the input."""
    cosine: Annotated[float, Field(ge=-1.001, le=1.001)]
    """Cosine between the states of two inputs, e; a little above 1 by rounding where they are equal."""
    log10_gradient: float
    """log10 of the mean squared gradient at layer 0 over that at this layer."""


class MeanField(_MeanField):
    """One layer of one random tanh network: two inputs forward, a random gradient back along the first."""

    table: ClassVar[str] = "mean_field"
    key: ClassVar[tuple[str, ...]] = ("study", "system", "draw", "layer")
    draw: Count
    """Which random network."""
    width: Count
    """Units in each layer."""
    matrices: Literal["formed", "conditioned"]
    """Whether weight matrices were formed, or only their products drawn, conditioned on one another."""


class MeanFieldTheory(_MeanField):
    """One layer of an infinitely wide random tanh network, by the recursion of Yang and Schoenholz (2017)."""

    table: ClassVar[str] = "mean_field_theory"
    key: ClassVar[tuple[str, ...]] = ("study", "system", "layer")
    sigma_w: Positive
    """Standard deviation of the entries of W, times the root of the width."""
    sigma_b: Positive
    """Standard deviation of the entries of b."""
    sigma_v: Positive | None
    """Standard deviation of the entries of V, times the root of the width; NULL but for the full system."""
    sigma_a: Positive | None
    """Standard deviation of the entries of a; NULL but for the full system."""
