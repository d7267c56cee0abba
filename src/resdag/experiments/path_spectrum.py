"""All paths of each length together: the norm of their sum, and their energy (figure_spectrum)."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Annotated

from pydantic import Field, field_validator

from resdag.config.base import NUMERIC, Count, Moments, OfNetworks, distinct
from resdag.config.checks import few_jobs, needs_moments, needs_skips
from resdag.experiments import path_gradients
from resdag.planning.chunks import chunks
from resdag.planning.experiment import Experiment, Key, Limit, Made, Rule, Work, seconds_only

if TYPE_CHECKING:
    from resdag.config.study import Study
    from resdag.planning.job import Job
    from resdag.planning.maker import Maker


class PathSpectrum(OfNetworks):
    """All paths of each length together: the norm of their sum, exactly, and their energy by random signs."""

    batches: Count = 20
    """Batches of training images, which the intervals resample."""
    batch_size: Count = 128
    """Training images in a batch: as many as in `gradients`, whose norms it is held against."""
    sign_draws: Annotated[int, Field(ge=2, le=10_000), NUMERIC] = 20
    """Random signs for each image and block; energy's standard error falls with their root."""
    epochs: Moments = ("last",)
    """When in training: `first` is the initialisation, epoch 0; `last` the trained network; a number one of the
    `keep_epochs` of each network's training."""

    @field_validator("epochs")
    @classmethod
    def _distinct_epochs(cls, epochs: tuple[int | str, ...]) -> tuple[int | str, ...]:
        return distinct(epochs)


KEY = Key(
    "paths.spectrum", PathSpectrum,
    "All paths of each length, beyond the paper: do figures 6b and 6c hold when paths add as vectors?",
    costs="For each image and sign draw, and once more, half as many backward passes as there are blocks.",
    cost_of={
        "batches": "time, in proportion; more add jobs and repeat none",
        "batch_size": "time, in proportion",
        "sign_draws": "time, in proportion",
        "epochs": "time, in proportion; one more repeats nothing",
    },
)  # fmt: skip


def cost(work: Work) -> float:
    """For each sign draw and once more, half a pass for each number of blocks."""
    images = work.spec["batch_size"] * work.span("batches")
    return float((work.blocks + 1) / 2 * (1 + work.spec["sign_draws"]) * images * work.one)


MEASURE = Rule(
    name="measure_path_spectrum",
    says="Measure the sum over all paths of each length, exactly, and their energy, a chunk of batches: "
    "figure_spectrum.",
    writes={"path_spectrum": "paths/spectrum/{network}/seed{seed}-{epoch}-batches{chunk}-{fingerprint}.parquet"},
    cost=cost,
    target="paths",
    wildcards=("network", "seed", "epoch", "chunk"),
    device=True,
)
NORMS = Rule(
    name="compute_spectrum_norms",
    says="Compute norms of all paths of each length over all batches, with intervals.",
    writes={
        table: f"statistics/spectrum-norms-{{fingerprint}}/{table}.parquet"
        for table in ("spectrum_norms", "spectrum_windows")
    },
    cost=seconds_only,
    target="statistics",
    wing="reading",
    memory_mb=2000,
)


def check(study: "Study") -> Iterator[str]:
    """As for sampled paths, whose norms these are held against, over the same batches."""
    yield from needs_skips(study, KEY)
    yield from needs_moments(study, KEY)
    section, gradients = KEY.of(study), path_gradients.KEY.of(study)
    yield from few_jobs(study, f"{KEY.path}.batches", section.batches if section else 0, "spectra")
    if section and gradients and gradients.batch_size != section.batch_size:
        yield (
            f"{KEY.path}.batch_size: got {section.batch_size}, allowed is {gradients.batch_size}, as in "
            f"{path_gradients.KEY.path}.batch_size: a figure compares norms over the same batches"
        )


def measured(maker: "Maker", made: Made) -> "Iterator[Job]":
    """A job for each moment of the training and each chunk of batches."""
    section = KEY.on(maker.study, made.network)
    if section is None:
        return
    common = {key: getattr(section, key) for key in ("batch_size", "sign_draws")}
    common |= {"train_limit": maker.study.dataset.train_limit}
    for epoch in section.epochs:
        for chunk, batches in chunks(section.batches, maker.study.jobs.spectra):
            yield maker.measured(MEASURE, made, common | {"batches": batches}, epoch=epoch, chunk=chunk)


def normed(maker: "Maker", jobs: "Sequence[Job]") -> "Iterator[Job]":
    """The job that computes norms over all batches, of all networks of the study."""
    yield from maker.statistic(NORMS, MEASURE, jobs, confidence=maker.study.claims.confidence)


def batches(study: "Study") -> int | None:
    """Batches that the study asks for."""
    section = KEY.of(study)
    return section.batches if section else None


EXPERIMENT = Experiment(
    place=410, rules=(MEASURE, NORMS), keys=(KEY,), check=check, of_seed=measured, of_study=normed,
    limits=(Limit("measure_path_spectrum", "path_spectrum", "batch", batches),),
)  # fmt: skip
