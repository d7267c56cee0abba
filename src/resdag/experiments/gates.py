"""Gates of highway networks (eq. 3 of the paper), before and after training: figure_highway."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from resdag.config.base import OfNetworks
from resdag.config.checks import named
from resdag.config.networks import Highway
from resdag.planning.experiment import Experiment, Key, Made, Rule

if TYPE_CHECKING:
    from resdag.config.study import Study
    from resdag.planning.job import Job
    from resdag.planning.maker import Maker


class Gates(OfNetworks):
    """How far open the gates of highway networks are: those that were learned, at the start and at the end."""


KEY = Key(
    "gates", Gates, "Gates of highway networks, beyond the paper.",
    costs="Two passes over the test images, of the network as it started and as it ended.",
)  # fmt: skip

MEASURE = Rule(
    name="measure_gates",
    says="Measure how far open the gates of one highway network are: figure_highway.",
    writes={"gates": "gates/{network}/seed{seed}-{fingerprint}.parquet"},
    cost=lambda work: 2 * work.test_pass,
    target="train",
    wildcards=("network", "seed"),
    device=True,
)


def check(study: "Study") -> Iterator[str]:
    """Gates are measured where they are learned."""
    for place, name in named(study, KEY):
        network = study.networks[name]
        if not (isinstance(network, Highway) and network.gate == "learned"):
            allowed = "allowed are networks of highway with gate: learned"
            yield f"{place}: got {name!r}, which has no learned gates; {allowed}"


def measured(maker: "Maker", made: Made) -> "Iterator[Job]":
    """The job that measures the gates of a network."""
    if KEY.on(maker.study, made.network):
        yield maker.on_test_images(MEASURE, made)


EXPERIMENT = Experiment(place=210, rules=(MEASURE,), keys=(KEY,), check=check, of_seed=measured)
