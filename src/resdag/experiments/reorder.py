"""Reordering: blocks of equal shape change places (figure 5b)."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field, field_validator

from resdag.config.base import NUMERIC, Count, OfNetworks, distinct
from resdag.config.checks import few_jobs, named, needs_skips
from resdag.planning.chunks import chunks
from resdag.planning.experiment import Experiment, Key, Limit, Made, Rule

if TYPE_CHECKING:
    from resdag.config.study import Study
    from resdag.planning.job import Job
    from resdag.planning.maker import Maker

Swaps = Annotated[int, Field(ge=1, le=1_000_000), NUMERIC]  # made one after another


class Reordering(OfNetworks):
    """Blocks of equal shape swapped (figure 5b)."""

    swaps: Annotated[tuple[Swaps | Literal["shuffle", "reversal"], ...], Field(min_length=1, max_length=10_000)] = (
        1, 2, 4, 8, 16, 32, 64, "shuffle", "reversal",
    )  # fmt: skip
    """Random swaps, one after another; `shuffle`: a uniform order within each shape; `reversal`: reversed in each."""
    draws: Count = 50
    """Random choices for each number of swaps; a reversal is one."""

    @field_validator("swaps")
    @classmethod
    def _distinct_swaps(cls, swaps: tuple[int | str, ...]) -> tuple[int | str, ...]:
        return distinct(swaps)


KEY = Key(
    "lesions.reorder", Reordering, "Reordering, figure 5b.",
    costs="One pass over the test images for each number of swaps and draw.",
    cost_of={
        "swaps": "time, in proportion; a change repeats all of them",
        "draws": "time, in proportion; more add jobs and repeat none",
    },
)  # fmt: skip
SHARED = 1.18  # what the engine saves by sharing what orders begin alike, for the paper's

REORDER = Rule(
    name="reorder_blocks",
    says="Let blocks of equal shape change places, a chunk of draws: figure 5b.",
    writes={"reorderings": "lesions/reorder/{network}/seed{seed}-draws{chunk}-{fingerprint}.parquet"},
    cost=lambda work: len(work.spec["swaps"]) * work.span("draws") * work.test_pass / SHARED,
    target="lesions",
    wildcards=("network", "seed", "chunk"),
    device=True,
    module="resdag.lesions.reorder",
)


def check(study: "Study") -> Iterator[str]:
    """Only where there are skips can a block take another's place, and only that of one of its shape."""
    yield from needs_skips(study, KEY)
    for place, name in named(study, KEY):
        network = study.networks[name]
        if network.has_skips and max(network.exchangeable) < 2:
            why = f"no two of its {network.blocks} blocks can change places"
            yield f"{place}: got {name!r}, but {why}: allowed are deeper networks, with two blocks of one shape"
    section = KEY.of(study)
    yield from few_jobs(study, f"{KEY.path}.draws", section.draws if section else 0, "draws")


def reordered(maker: "Maker", made: Made) -> "Iterator[Job]":
    """A job for each chunk of draws."""
    section = KEY.on(maker.study, made.network)
    for chunk, draws in chunks(section.draws if section else 0, maker.study.jobs.draws):
        assert section is not None
        yield maker.on_test_images(REORDER, made, {"swaps": list(section.swaps), "draws": draws}, chunk=chunk)


def draws(study: "Study") -> int | None:
    """Draws that the study asks for."""
    section = KEY.of(study)
    return section.draws if section else None


EXPERIMENT = Experiment(
    place=320, rules=(REORDER,), keys=(KEY,), check=check, of_seed=reordered,
    limits=(Limit("reorder_blocks", "reorderings", "draw", draws),),
)  # fmt: skip
