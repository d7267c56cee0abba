"""Every network as it was trained, measured in every way that its training leaves open."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from resdag.planning.experiment import Experiment, Made, Rule

if TYPE_CHECKING:
    from resdag.planning.job import Job
    from resdag.planning.maker import Maker

EVALUATE = Rule(
    name="evaluate_network",
    says="Measure one intact network.",
    writes={
        table: f"evaluations/{{network}}/seed{{seed}}-{{fingerprint}}/{table}.parquet"
        for table in ("networks", "evaluations", "blocks", "lesions")
    },
    cost=lambda work: (work.train + 3 * work.test) * work.one,
    target="train",
    wildcards=("network", "seed"),
    device=True,
    lesions=("intact",),
)


def evaluated(maker: "Maker", made: Made) -> "Iterator[Job]":
    """The job that measures the network, on test and training images."""
    yield maker.on_test_images(EVALUATE, made, {"train_limit": maker.study.dataset.train_limit})


EXPERIMENT = Experiment(place=200, rules=(EVALUATE,), of_seed=evaluated)
