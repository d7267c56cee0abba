"""Deletion of skips: the skip of each block deleted by itself, its branch kept (figure_control)."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from resdag.config.base import OfNetworks
from resdag.config.checks import needs_another, needs_skips
from resdag.experiments import single
from resdag.planning.experiment import Experiment, Key, Made, Rule

if TYPE_CHECKING:
    from resdag.config.study import Study
    from resdag.planning.job import Job
    from resdag.planning.maker import Maker


class SkipDeletion(OfNetworks):
    """The skip of each block deleted by itself, its branch kept: beyond the paper, a control."""


KEY = Key(
    "lesions.skip", SkipDeletion, "Deletion of skips, beyond the paper: are branches alone as expendable?",
    costs="One pass over the test images for each block.",
)  # fmt: skip

DELETE = Rule(
    name="delete_skips",
    says="Delete each skip by itself and keep its branch: figure_control.",
    writes={"lesions": "lesions/skip/{network}/seed{seed}-{fingerprint}.parquet"},
    cost=lambda work: work.blocks / 2 * work.test_pass,
    target="lesions",
    wildcards=("network", "seed"),
    device=True,
    module="resdag.lesions.skip",
    lesions=("skip",),
)


def check(study: "Study") -> Iterator[str]:
    """There are skips, and single deletions to hold them against."""
    yield from needs_skips(study, KEY)
    yield from needs_another(study, KEY, single.KEY)


def deleted(maker: "Maker", made: Made) -> "Iterator[Job]":
    """The job that deletes each skip of a network."""
    if KEY.on(maker.study, made.network):
        yield maker.on_test_images(DELETE, made)


EXPERIMENT = Experiment(place=330, rules=(DELETE,), keys=(KEY,), check=check, of_seed=deleted)
