"""The `mean_field` section: random tanh networks at initialisation, held against the recursion of their moments."""

from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from resdag.config.base import NUMERIC, Count, Section, distinct

System = Literal["plain", "residual", "full"]
Sigma = Annotated[float, Field(ge=0, le=10), NUMERIC]  # far beyond these, tanh is a step
Depth = Annotated[int, Field(ge=1, le=100_000), NUMERIC]


class MeanField(Section):
    """Random tanh networks against the mean-field recursion (Yang and Schoenholz 2017): beyond the paper."""

    systems: Annotated[tuple[System, ...], Field(min_length=1)] = ("plain", "residual", "full")
    """`plain`: x' = tanh(Wx + b); `residual`: x' = x + tanh(Wx + b); `full`: x' = x + V tanh(Wx + b) + a."""
    width: Annotated[int, Field(ge=10, le=1_000_000), NUMERIC] = 1000
    """Units in each layer of the simulated networks; the recursion is of infinite width."""
    depth: Depth = 200
    """Layers of the simulated networks."""
    theory_depth: Depth = 1500
    """Layers that the recursion goes to: the exponent of the cosine shows only deep down."""
    draws: Count = 20
    """Random networks of each system, the same whatever else is simulated."""
    matrices: Literal["formed", "conditioned"] = "formed"
    """`formed`: each weight matrix is drawn, twice; `conditioned`: only what it does to the vectors at hand, by the
    same law, in a hundredth of the time."""
    sigma_w: Annotated[float, Field(gt=0, le=10), NUMERIC] = 2.0
    """Standard deviation of the entries of W, times the root of the width."""
    sigma_b: Sigma = 0.5
    """Standard deviation of the entries of b."""
    sigma_v: Sigma = 1.0
    """Standard deviation of the entries of V, times the root of the width (`full` only)."""
    sigma_a: Sigma = 1.0
    """Standard deviation of the entries of a (`full` only)."""
    cosine: Annotated[float, Field(gt=0, lt=1), NUMERIC] = 0.9
    """Cosine between the two inputs, which have mean square 1."""

    @field_validator("systems")
    @classmethod
    def _distinct(cls, systems: tuple[str, ...]) -> tuple[str, ...]:
        return distinct(systems)

    @model_validator(mode="after")
    def _deep_enough(self) -> "MeanField":
        if self.theory_depth < self.depth:
            raise ValueError(f"theory_depth {self.theory_depth} must be at least depth {self.depth}")
        if "plain" in self.systems and self.sigma_b == 0 and self.sigma_w < 1:
            raise ValueError(
                f"sigma_w {self.sigma_w:g} must be at least 1 where sigma_b is 0: the states of a plain chain vanish"
            )
        return self
