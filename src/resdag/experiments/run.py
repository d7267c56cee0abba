"""Deletion of runs: consecutive blocks deleted together (figure_runs)."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

from pydantic import Field, field_validator

from resdag.config.base import Count, OfNetworks, distinct
from resdag.config.checks import needs_blocks, possible
from resdag.planning.experiment import Experiment, Key, Made, Rule

if TYPE_CHECKING:
    from resdag.config.study import Study
    from resdag.planning.job import Job
    from resdag.planning.maker import Maker


class RunDeletion(OfNetworks):
    """Consecutive blocks deleted together: beyond the paper."""

    lengths: Annotated[tuple[Count, ...], Field(min_length=1, max_length=10_000)] = (2, 4, 8, 16)
    """How many blocks in a row are deleted; every place where they fit is measured."""

    @field_validator("lengths")
    @classmethod
    def _distinct_lengths(cls, lengths: tuple[int, ...]) -> tuple[int, ...]:
        return distinct(lengths)


KEY = Key(
    "lesions.run", RunDeletion, "Deletion of consecutive blocks, beyond the paper.",
    costs="One pass over the test images for each length and block.",
    cost_of={"lengths": "time, in proportion; a change repeats all lengths"},
)  # fmt: skip

DELETE = Rule(
    name="delete_runs",
    says="Delete consecutive blocks together: figure_runs.",
    writes={"lesions": "lesions/run/{network}/seed{seed}-{fingerprint}.parquet"},
    cost=lambda work: len(work.spec["lengths"]) * work.blocks / 2 * work.test_pass,
    target="lesions",
    wildcards=("network", "seed"),
    device=True,
    module="resdag.lesions.run",
    lesions=("run",),
)


def check(study: "Study") -> Iterator[str]:
    """There are blocks enough."""
    yield from needs_blocks(study, KEY, "lengths")


def deleted(maker: "Maker", made: Made) -> "Iterator[Job]":
    """The job that deletes every run of blocks of a network."""
    section = KEY.on(maker.study, made.network)
    if section:
        yield maker.on_test_images(DELETE, made, {"lengths": possible(maker.study, made.network, section.lengths)})


EXPERIMENT = Experiment(place=360, rules=(DELETE,), keys=(KEY,), check=check, of_seed=deleted)
