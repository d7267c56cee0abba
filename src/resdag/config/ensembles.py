"""The `ensembles` section: networks trained apart, their class probabilities averaged."""

from typing import Annotated

from pydantic import Field, field_validator

from resdag.config.base import NUMERIC, Count, distinct
from resdag.config.experiments import Experiment


class Ensembles(Experiment):
    """Networks trained from different seeds, their class probabilities averaged: beyond the paper."""

    members: Annotated[tuple[Count, ...], Field(min_length=1, max_length=1000)] = (1, 2, 4)
    """How many networks are averaged: each M of the figure, at most as many as each network has seeds."""
    draws: Annotated[int, Field(ge=1, le=10_000), NUMERIC] = 20
    """Sets of seeds for each M: all that there are, if they are no more than this, else so many drawn."""

    @field_validator("members")
    @classmethod
    def _distinct_members(cls, members: tuple[int, ...]) -> tuple[int, ...]:
        return distinct(members)
