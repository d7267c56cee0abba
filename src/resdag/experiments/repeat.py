"""Repetition: each block that keeps its shape run several times in a row (figure_repeat)."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

from pydantic import Field, field_validator

from resdag.config.base import NUMERIC, OfNetworks, distinct
from resdag.planning.experiment import Experiment, Key, Made, Rule

if TYPE_CHECKING:
    from resdag.planning.job import Job
    from resdag.planning.maker import Maker


class Repetition(OfNetworks):
    """Each block that keeps its shape run several times in a row: beyond the paper."""

    times: Annotated[tuple[Annotated[int, Field(ge=2, le=1000), NUMERIC], ...], Field(min_length=1)] = (2, 3)
    """How often a block runs, one after another, where it ran once."""

    @field_validator("times")
    @classmethod
    def _distinct_times(cls, times: tuple[int, ...]) -> tuple[int, ...]:
        return distinct(times)


KEY = Key(
    "lesions.repeat", Repetition,
    "Repetition of single blocks, beyond the paper: do blocks refine what they are given, step by step?",
    costs="One pass over the test images for each number of times and block.",
    cost_of={"times": "time, in proportion; a change repeats all of them"},
)  # fmt: skip

REPEAT = Rule(
    name="repeat_blocks",
    says="Run each block several times in a row: figure_repeat.",
    writes={"lesions": "lesions/repeat/{network}/seed{seed}-{fingerprint}.parquet"},
    cost=lambda work: len(work.spec["times"]) * work.blocks / 2 * work.test_pass,
    target="lesions",
    wildcards=("network", "seed"),
    device=True,
    module="resdag.lesions.repeat",
    lesions=("repeat",),
)


def repeated(maker: "Maker", made: Made) -> "Iterator[Job]":
    """The job that repeats each block of a network."""
    section = KEY.on(maker.study, made.network)
    if section:
        yield maker.on_test_images(REPEAT, made, {"times": list(section.times)})


EXPERIMENT = Experiment(place=370, rules=(REPEAT,), keys=(KEY,), of_seed=repeated)
