"""Single deletion: each block deleted by itself (figures 3, 4 and 8)."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from resdag.config.base import OfNetworks
from resdag.planning.experiment import Experiment, Key, Made, Rule, seconds_only

if TYPE_CHECKING:
    from resdag.planning.job import Job
    from resdag.planning.maker import Maker


class SingleDeletion(OfNetworks):
    """Each block deleted by itself (Veit et al. 2016, figure 3)."""

    predictions: bool = False
    """Keep every image's prediction under every lesion, in the table `predictions`."""


KEY = Key(
    "lesions.single", SingleDeletion, "Single deletion, figures 3 and 8.",
    costs="One pass over the test images for each block.",
    cost_of={"predictions": "disk: one row for each block and test image"},
)  # fmt: skip

DELETE = Rule(
    name="delete_single",
    says="Delete each block by itself: figures 3, 4 and 8.",
    writes={
        table: f"lesions/single/{{network}}/seed{{seed}}-{{fingerprint}}/{table}.parquet"
        for table in ("lesions", "predictions")
    },
    cost=lambda work: work.blocks / 2 * work.test_pass,  # blocks before the deleted one are shared
    target="lesions",
    wildcards=("network", "seed"),
    device=True,
    module="resdag.lesions.single",
    lesions=("single",),
)
TEST = Rule(
    name="compute_lesion_tests",
    says="Compute McNemar's test of each single deletion, with Holm's correction.",
    writes={"lesion_tests": "statistics/lesion-tests-{fingerprint}.parquet"},
    cost=seconds_only,
    target="statistics",
    wing="reading",
    memory_mb=2000,
)


def deleted(maker: "Maker", made: Made) -> "Iterator[Job]":
    """The job that deletes each block of a network."""
    section = KEY.on(maker.study, made.network)
    if section:
        yield maker.on_test_images(DELETE, made, {"predictions": section.predictions})


def tested(maker: "Maker", jobs: "Sequence[Job]") -> "Iterator[Job]":
    """The job that tests every single deletion of the study."""
    yield from maker.statistic(TEST, DELETE, jobs)


EXPERIMENT = Experiment(place=300, rules=(DELETE, TEST), keys=(KEY,), of_seed=deleted, of_study=tested)
