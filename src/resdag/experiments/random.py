"""Random deletion: k blocks, drawn uniformly, deleted together (figure 5a)."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

from pydantic import Field, field_validator

from resdag.config.base import Count, OfNetworks, distinct
from resdag.config.checks import few_jobs, needs_blocks, possible
from resdag.planning.chunks import chunks
from resdag.planning.experiment import Experiment, Key, Limit, Made, Rule, Work

if TYPE_CHECKING:
    from resdag.config.study import Study
    from resdag.planning.job import Job
    from resdag.planning.maker import Maker


class RandomDeletion(OfNetworks):
    """k blocks, drawn uniformly, deleted together (figure 5a)."""

    counts: Annotated[tuple[Count, ...], Field(min_length=1, max_length=10_000)] = tuple(range(1, 21))
    """How many blocks are deleted: each k of the figure."""
    draws: Count = 50
    """Random choices for each k, the same for every network of equal size."""

    @field_validator("counts")
    @classmethod
    def _distinct_counts(cls, counts: tuple[int, ...]) -> tuple[int, ...]:
        return distinct(counts)


KEY = Key(
    "lesions.random", RandomDeletion, "Random deletion, figure 5a.",
    costs="One pass over the test images for each count and draw.",
    cost_of={
        "counts": "time, in proportion; a change repeats all counts",
        "draws": "time, in proportion; more add jobs and repeat none",
    },
)  # fmt: skip
SHARED = 1.47  # what the engine saves by sharing what draws begin alike, for the paper's


def cost(work: Work) -> float:
    """A pass over the test images for each count and draw, without the blocks that are deleted."""
    passes = sum(1 - count / work.blocks for count in work.spec["counts"])
    return passes * work.span("draws") * work.test_pass / SHARED


DELETE = Rule(
    name="delete_random",
    says="Delete k random blocks, for every k and a chunk of draws: figure 5a.",
    writes={"lesions": "lesions/random/{network}/seed{seed}-draws{chunk}-{fingerprint}.parquet"},
    cost=cost,
    target="lesions",
    wildcards=("network", "seed", "chunk"),
    device=True,
    module="resdag.lesions.random",
    lesions=("random",),
)


def check(study: "Study") -> Iterator[str]:
    """There are blocks enough, and not too many draws."""
    yield from needs_blocks(study, KEY, "counts")
    section = KEY.of(study)
    yield from few_jobs(study, f"{KEY.path}.draws", section.draws if section else 0, "draws")


def deleted(maker: "Maker", made: Made) -> "Iterator[Job]":
    """A job for each chunk of draws."""
    section = KEY.on(maker.study, made.network)
    for chunk, draws in chunks(section.draws if section else 0, maker.study.jobs.draws):
        assert section is not None
        counts = possible(maker.study, made.network, section.counts)
        yield maker.on_test_images(DELETE, made, {"counts": counts, "draws": draws}, chunk=chunk)


def draws(study: "Study") -> int | None:
    """Draws that the study asks for."""
    section = KEY.of(study)
    return section.draws if section else None


EXPERIMENT = Experiment(
    place=310, rules=(DELETE,), keys=(KEY,), check=check, of_seed=deleted,
    limits=(Limit("delete_random", "lesions", "draw", draws),),
)  # fmt: skip
