"""Path lengths, and paths that remain after deletions, in closed form (figures 6a and 7)."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from resdag.planning.experiment import Experiment, Made, Rule, seconds_only

if TYPE_CHECKING:
    from resdag.planning.job import Job
    from resdag.planning.maker import Maker

COUNT = Rule(
    name="count_paths",
    says="Count path lengths and remaining paths in closed form: figures 6a and 7.",
    writes={
        table: f"paths/closed-forms/{{network}}/seed{{seed}}-{{fingerprint}}/{table}.parquet"
        for table in ("path_lengths", "paths_remaining")
    },
    cost=seconds_only,
    target="paths",
    wildcards=("network", "seed"),
    memory_mb=500,
    wing="reading",
)


def counted(maker: "Maker", made: Made) -> "Iterator[Job]":
    """The job that counts the paths of a residual network."""
    network = maker.study.networks[made.network]
    if network.has_skips:
        yield maker.job(COUNT, made.of, {"blocks": network.blocks})


EXPERIMENT = Experiment(place=420, rules=(COUNT,), of_seed=counted)
