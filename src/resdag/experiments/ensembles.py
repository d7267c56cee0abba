"""Explicit ensembles: networks trained from different seeds, their probabilities averaged."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Annotated

from pydantic import Field, field_validator

from resdag.config.base import NUMERIC, Count, OfNetworks, distinct
from resdag.config.words import shown
from resdag.planning.experiment import Experiment, Key, Made, Rule

if TYPE_CHECKING:
    from resdag.config.study import Study
    from resdag.planning.job import Job
    from resdag.planning.maker import Maker


class Ensembles(OfNetworks):
    """Networks trained from different seeds, their class probabilities averaged: beyond the paper."""

    members: Annotated[tuple[Count, ...], Field(min_length=1, max_length=1000)] = (1, 2, 4)
    """How many networks are averaged: each M of the figure, at most as many as each network has seeds."""
    draws: Annotated[int, Field(ge=1, le=10_000), NUMERIC] = 20
    """Sets of seeds for each M: all that there are, if they are no more than this, else so many drawn."""

    @field_validator("members")
    @classmethod
    def _distinct_members(cls, members: tuple[int, ...]) -> tuple[int, ...]:
        return distinct(members)


KEY = Key(
    "ensembles", Ensembles,
    "Networks trained apart and averaged, beyond the paper: what is an explicit ensemble worth?",
    costs="One training for each seed of the networks that stand there, and one pass of each over the test images.",
    cost_of={
        "members": "next to nothing: the answers of the networks are averaged, not measured again",
        "draws": "next to nothing",
    },
)  # fmt: skip

AVERAGE = Rule(
    name="average_ensembles",
    says="Average the class probabilities of a network's seeds: figure_ensembles.",
    writes={"ensembles": "ensembles/{network}/{fingerprint}.parquet"},
    cost=lambda work: len(work.spec["seeds"]) * work.test_pass,
    target="train",
    wildcards=("network",),
    device=True,
)


def check(study: "Study") -> Iterator[str]:
    """No more members than seeds."""
    section = KEY.of(study)
    for name in section.networks if section else ():
        assert section is not None
        seeds = len(study.networks[name].seeds) if name in study.networks else max(section.members)
        too_many = [count for count in section.members if count > seeds]
        if too_many:
            has = f"{name!r} has {seeds} seed{'s' if seeds > 1 else ''}"
            allowed = f"allowed are 1 to {seeds}, or more networks.{name}.seeds"
            yield f"{KEY.path}.members: got {shown(too_many)}, but {has}: {allowed}"


def averaged(maker: "Maker", made: "Sequence[Made]") -> "Iterator[Job]":
    """The job that averages the networks of one entry, seed by seed."""
    name = made[0].network
    section = KEY.on(maker.study, name)
    if section:
        spec = {
            "test_limit": maker.study.dataset.test_limit,
            "seeds": [each.seed for each in made],
            "members": list(section.members),
            "draws": section.draws,
        }
        upstream = [made[0].data, *(each.job for each in made)]
        yield maker.job(AVERAGE, {"network": name}, spec, upstream=upstream, code=maker.code_of(name))


EXPERIMENT = Experiment(place=500, rules=(AVERAGE,), keys=(KEY,), check=check, of_network=averaged)
