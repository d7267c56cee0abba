"""The `comparisons` section: which networks of the study are held against each other, and by what."""

from typing import Annotated

from pydantic import Field

from resdag.config.base import NetworkName, Section
from resdag.config.experiments import Experiment


class Comparison(Experiment):
    """Networks that differ in one thing and in nothing else; it trains nothing of its own."""

    networks: Annotated[tuple[NetworkName, ...], Field(min_length=2)]
    """Names of entries of the study's `networks`; all seeds of each together."""


class Comparisons(Section):
    """Networks of the study held against each other, beyond the paper. What is not named is not run."""

    depth: Comparison | None = None
    """By `depth`, plain and residual networks: does error rise with depth where there are no skips?"""
    multiplicity: Comparison | None = None
    """By `convolutions`, at equal depth, width and parameters: do fewer paths make a network more vulnerable?"""
    blocks_per_batch: Comparison | None = None
    """By `training.blocks_per_batch`, and one network trained on all blocks: how few blocks are enough?"""
