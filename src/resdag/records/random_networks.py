"""What rows of simulated and of infinitely wide random networks share."""

from typing import Annotated, Literal

from pydantic import Field

from resdag.records.base import Count, OfStudy, Positive


class OfRandomNetworks(OfStudy):
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
