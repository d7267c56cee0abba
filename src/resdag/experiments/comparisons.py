"""Networks of the study held against each other: by depth, by multiplicity, by blocks per batch."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from resdag.config.base import NetworkName, OfNetworks
from resdag.config.comparable import incomparable
from resdag.planning.experiment import Experiment, Key, Rule, seconds_only

if TYPE_CHECKING:
    from resdag.config.study import Study
    from resdag.planning.job import Job
    from resdag.planning.maker import Maker


class Comparison(OfNetworks):
    """Networks that differ in one thing and in nothing else; it trains nothing of its own."""

    networks: Annotated[tuple[NetworkName, ...], Field(min_length=2)]
    """Names of entries of the study's `networks`; all seeds of each together."""


SECONDS = "Seconds; a network more changes no training."
KEYS = (
    Key(
        "comparisons.depth", Comparison,
        "By `depth`, plain and residual networks: does error rise with depth where there are no skips?", SECONDS,
    ),
    Key(
        "comparisons.multiplicity", Comparison,
        "By `convolutions`, at equal depth, width and parameters: do fewer paths make a network more vulnerable?",
        SECONDS,
    ),
    Key(
        "comparisons.blocks_per_batch", Comparison,
        "By `training.blocks_per_batch`, and one network trained on all blocks: how few blocks are enough?", SECONDS,
    ),
)  # fmt: skip

COMPARE = Rule(
    name="compare_networks",
    says="Compare the errors of networks that differ in depth, in multiplicity, or in blocks per batch.",
    writes={"comparisons": "comparisons/comparisons-{fingerprint}.parquet"},
    cost=seconds_only,
    target="statistics",
    wing="reading",
    memory_mb=1000,
)


def _named(study: "Study") -> dict[str, list[str]]:
    """Comparison -> the networks that it names."""
    found = {key.path.removeprefix("comparisons."): key.of(study) for key in KEYS}
    return {name: list(section.networks) for name, section in found.items() if section}


def check(study: "Study") -> Iterator[str]:
    """The networks of a comparison differ in what it is about, and in nothing else."""
    yield from incomparable(study, _named(study))


def compared(maker: "Maker", jobs: "Sequence[Job]") -> "Iterator[Job]":
    """The job of all comparisons, downstream of the networks that they name; none where the study names none."""
    comparisons = _named(maker.study)
    networks = {name for names in comparisons.values() for name in names}
    if networks:
        upstream = [job for job in jobs if job.rule == "evaluate_network" and job.of["network"] in networks]
        spec = {"confidence": maker.study.claims.confidence, "comparisons": comparisons}
        yield maker.reader(COMPARE, {}, spec, upstream=upstream)


EXPERIMENT = Experiment(place=700, rules=(COMPARE,), keys=KEYS, check=check, of_study=compared)
