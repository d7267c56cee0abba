"""Influence of each block on what it hands on, the usual cheap score, beside single deletion (figure_influence)."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from resdag.config.base import OfNetworks
from resdag.config.checks import needs_another
from resdag.experiments import single
from resdag.planning.experiment import Experiment, Key, Made, Rule

if TYPE_CHECKING:
    from resdag.config.study import Study
    from resdag.planning.job import Job
    from resdag.planning.maker import Maker


class Influence(OfNetworks):
    """How far each block turns what it is given (Men et al. 2024): beyond the paper, beside what its deletion costs."""


KEY = Key(
    "influence", Influence,
    "Influence of blocks, beyond the paper: does a score that needs no label foretell what a deletion costs?",
    costs="One pass over the test images.",
)  # fmt: skip

MEASURE = Rule(
    name="measure_influence",
    says="Measure how far each block turns what it is given: figure_influence.",
    writes={"influence": "influence/{network}/seed{seed}-{fingerprint}.parquet"},
    cost=lambda work: work.test_pass,
    target="lesions",
    wildcards=("network", "seed"),
    device=True,
    module="resdag.lesions.influence",
)


def check(study: "Study") -> Iterator[str]:
    """There are single deletions to hold it against."""
    yield from needs_another(study, KEY, single.KEY)


def measured(maker: "Maker", made: Made) -> "Iterator[Job]":
    """The job that measures the influence of each block of a network."""
    if KEY.on(maker.study, made.network):
        yield maker.on_test_images(MEASURE, made)


EXPERIMENT = Experiment(place=215, rules=(MEASURE,), keys=(KEY,), check=check, of_seed=measured)
