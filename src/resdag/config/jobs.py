"""The `jobs` section: how measurements are cut into processes."""

from typing import Annotated

from pydantic import Field

from resdag.config.base import NUMERIC, Count, Section


class Jobs(Section):
    """How measurements are gathered into jobs: starting one costs seconds. Other sizes repeat what is there."""

    draws: Count = 10
    """Draws of random deletion or reordering in a job; a job always computes all of them."""
    batches: Count = 5
    """Batches of sampled paths in a job; a job always computes all of them."""
    spectra: Count = 2
    """Batches of a path spectrum in a job; a job always computes all of them."""
    simulations: Count = 10
    """Random networks of a mean-field simulation in a job; a job always computes all of them."""
    memory_gib: Annotated[float, Field(gt=0, le=1_000_000), NUMERIC] = 2.0
    """Memory that the activations of a measurement may take, in GiB; changing it repeats nothing."""
