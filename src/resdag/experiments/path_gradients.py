"""Gradients along sampled paths of each length (figures 6b and 6c)."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Literal

from pydantic import model_validator

from resdag.config.base import Count, Moments, OfNetworks, distinct
from resdag.config.checks import few_jobs, needs_moments, needs_skips
from resdag.planning.chunks import chunks
from resdag.planning.experiment import Experiment, Key, Limit, Made, Rule, Work, seconds_only

if TYPE_CHECKING:
    from resdag.config.study import Study
    from resdag.planning.job import Job
    from resdag.planning.maker import Maker


class PathGradients(OfNetworks):
    """Norms of the gradient through single, sampled paths (figure 6b)."""

    samples: Count = 1000
    """Sampled paths for each path length."""
    batch_size: Count = 128
    """Training images behind each gradient."""
    samples_per_batch: Count = 10
    """Sampled paths of each length that share one batch and its forward pass; intervals resample batches."""
    batch_norm: Literal["eval", "train"] = "eval"
    """Which statistics batch norm uses in the forward pass."""
    epochs: Moments = ("last",)
    """When in training: `first` is the initialisation, epoch 0; `last` the trained network; a number one of the
    `keep_epochs` of each network's training."""

    @model_validator(mode="after")
    def _whole_batches(self) -> "PathGradients":
        distinct(self.epochs)
        if self.samples % self.samples_per_batch:
            raise ValueError(f"samples {self.samples} must be a multiple of samples_per_batch {self.samples_per_batch}")
        return self


KEY = Key(
    "paths.gradients", PathGradients, "Gradient norm by path length, figures 6b and 6c.",
    costs="One backward pass of `batch_size` images for each path length, 0 to the number of blocks, and sample.",
    cost_of={
        "samples": "time, in proportion; more add jobs and repeat none",
        "batch_size": "time and memory, in proportion",
        "samples_per_batch": "more share a forward pass, so less time, and wider intervals",
        "epochs": "time, in proportion; one more repeats nothing",
    },
)  # fmt: skip


def cost(work: Work) -> float:
    """Half of a path's blocks, on the mean, for each length, sample and batch."""
    paths = (work.blocks + 1) * work.spec["samples_per_batch"] * work.span("batches")
    return float(paths / 2 * work.spec["batch_size"] * work.one)


SAMPLE = Rule(
    name="sample_path_gradients",
    says="Sample paths of every length and measure their gradients, a chunk of batches: figures 6b and 6c.",
    writes={"path_gradients": "paths/gradients/{network}/seed{seed}-{epoch}-batches{chunk}-{fingerprint}.parquet"},
    cost=cost,
    target="paths",
    wildcards=("network", "seed", "epoch", "chunk"),
    device=True,
)
NORMS = Rule(
    name="compute_path_norms",
    says="Compute norms of sampled paths by length, with intervals, and the line through them.",
    writes={table: f"statistics/path-norms-{{fingerprint}}/{table}.parquet" for table in ("path_norms", "path_fits")},
    cost=seconds_only,
    target="statistics",
    wing="reading",
    memory_mb=2000,
)


def check(study: "Study") -> Iterator[str]:
    """Paths run through skips, at moments whose weights are kept; and not too many of them."""
    yield from needs_skips(study, KEY)
    yield from needs_moments(study, KEY)
    section = KEY.of(study)
    yield from few_jobs(study, f"{KEY.path}.samples", _batches(section) if section else 0, "batches")


def _batches(section: PathGradients) -> int:
    return section.samples // section.samples_per_batch


def sampled(maker: "Maker", made: Made) -> "Iterator[Job]":
    """A job for each moment of the training and each chunk of batches."""
    section = KEY.on(maker.study, made.network)
    if section is None:
        return
    kept = ("batch_size", "samples_per_batch", "batch_norm")
    common = {key: getattr(section, key) for key in kept} | {"train_limit": maker.study.dataset.train_limit}
    for epoch in section.epochs:
        for chunk, batches in chunks(_batches(section), maker.study.jobs.batches):
            yield maker.measured(SAMPLE, made, common | {"batches": batches}, epoch=epoch, chunk=chunk)


def normed(maker: "Maker", jobs: "Sequence[Job]") -> "Iterator[Job]":
    """The job that computes norms by length of all networks of the study."""
    networks = sorted({str(job.of["network"]) for job in jobs if job.rule == SAMPLE.name})
    blocks = {name: maker.study.networks[name].blocks for name in networks}
    yield from maker.statistic(NORMS, SAMPLE, jobs, confidence=maker.study.claims.confidence, blocks=blocks)


def samples(study: "Study") -> int | None:
    """Samples that the study asks for."""
    section = KEY.of(study)
    return section.samples if section else None


EXPERIMENT = Experiment(
    place=400, rules=(SAMPLE, NORMS), keys=(KEY,), check=check, of_seed=sampled, of_study=normed,
    limits=(Limit("sample_path_gradients", "path_gradients", "sample", samples),),
)  # fmt: skip
