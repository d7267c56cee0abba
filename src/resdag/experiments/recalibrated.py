"""Single deletion with batch-norm statistics re-estimated after it (figure_control)."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from resdag.config.base import Count, OfNetworks
from resdag.config.checks import named, needs_another
from resdag.experiments import single
from resdag.planning.experiment import Experiment, Key, Made, Rule, Work

if TYPE_CHECKING:
    from resdag.config.study import Study
    from resdag.planning.job import Job
    from resdag.planning.maker import Maker


class RecalibratedDeletion(OfNetworks):
    """Each block deleted by itself, then batch-norm statistics re-estimated: beyond the paper."""

    images: Count = 5000
    """Training images that the statistics are re-estimated on: the first so many of the training set."""


KEY = Key(
    "lesions.recalibrated", RecalibratedDeletion,
    "Single deletion with batch norm re-estimated, beyond the paper: is the damage a shift of statistics?",
    costs="One pass over `images` and the test images for each block.",
    cost_of={"images": "time, in proportion; a change repeats all deletions"},
)  # fmt: skip


def cost(work: Work) -> float:
    """For each block, a pass over the test images and those that the statistics are re-estimated on."""
    return work.blocks / 2 * (work.test + min(work.spec["images"], work.train)) * work.one


DELETE = Rule(
    name="delete_recalibrated",
    says="Delete each block by itself, then re-estimate batch-norm statistics: figure_control.",
    writes={"lesions": "lesions/recalibrated/{network}/seed{seed}-{fingerprint}.parquet"},
    cost=cost,
    target="lesions",
    wildcards=("network", "seed"),
    device=True,
    module="resdag.lesions.recalibrated",
    lesions=("intact", "single"),
    recalibrated=True,
)


def check(study: "Study") -> Iterator[str]:
    """There are single deletions to hold them against, and statistics of batches."""
    yield from needs_another(study, KEY, single.KEY)
    for place, name in named(study, KEY):
        if not study.networks[name].has_batch_norm:
            yield f"{place}: got {name!r}, which has no batch norm, so it has no statistics that could be re-estimated"


def deleted(maker: "Maker", made: Made) -> "Iterator[Job]":
    """The job that deletes each block of a network and re-estimates what follows."""
    section = KEY.on(maker.study, made.network)
    if section:
        spec = {"train_limit": maker.study.dataset.train_limit, "images": section.images}
        yield maker.on_test_images(DELETE, made, spec)


EXPERIMENT = Experiment(place=340, rules=(DELETE,), keys=(KEY,), check=check, of_seed=deleted)
