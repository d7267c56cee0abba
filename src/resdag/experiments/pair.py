"""Double deletion: every two blocks deleted together (figure_pairs)."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from resdag.config.base import OfNetworks
from resdag.config.checks import needs_another
from resdag.experiments import single
from resdag.planning.experiment import Experiment, Key, Made, Rule, seconds_only

if TYPE_CHECKING:
    from resdag.config.study import Study
    from resdag.planning.job import Job
    from resdag.planning.maker import Maker


class PairDeletion(OfNetworks):
    """Every two blocks deleted together: beyond the paper, whether damage adds up."""


KEY = Key(
    "lesions.pair", PairDeletion, "Double deletion, beyond the paper: does the damage of two blocks add up?",
    costs="Half as many passes over the test images as there are pairs; they share the blocks that they begin with.",
)  # fmt: skip

DELETE = Rule(
    name="delete_pairs",
    says="Delete every two blocks together: figure_pairs.",
    writes={
        table: f"lesions/pair/{{network}}/seed{{seed}}-{{fingerprint}}/{table}.parquet"
        for table in ("lesions", "pair_answers")
    },
    cost=lambda work: work.blocks**2 / 6 * work.test_pass,  # the trie of two deletions: blocks^3 / 6 block evaluations
    target="lesions",
    wildcards=("network", "seed"),
    device=True,
    module="resdag.lesions.pair",
    lesions=("pair",),
)
INTERACT = Rule(
    name="compute_interactions",
    says="Compute what two deletions do beyond the sum of each, with a test for each pair.",
    writes={"interactions": "statistics/interactions-{fingerprint}.parquet"},
    cost=seconds_only,
    target="statistics",
    wing="reading",
    memory_mb=2000,
)


def check(study: "Study") -> Iterator[str]:
    """There are single deletions to hold them against."""
    yield from needs_another(study, KEY, single.KEY)


def deleted(maker: "Maker", made: Made) -> "Iterator[Job]":
    """The job that deletes all pairs of blocks of a network."""
    if KEY.on(maker.study, made.network):
        yield maker.on_test_images(DELETE, made)


def interacting(maker: "Maker", jobs: "Sequence[Job]") -> "Iterator[Job]":
    """The job that says of all pairs of the study how they interact."""
    yield from maker.statistic(INTERACT, DELETE, jobs, confidence=maker.study.claims.confidence)


EXPERIMENT = Experiment(
    place=350, rules=(DELETE, INTERACT), keys=(KEY,), check=check, of_seed=deleted, of_study=interacting
)
