"""The `lesions` and `paths` sections: what is measured, on which networks, how often."""

from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from resdag.config.base import NUMERIC, Count, NetworkName, Section, distinct

Swaps = Annotated[int, Field(ge=1, le=1_000_000), NUMERIC]  # made one after another
Moments = Annotated[tuple[Count | Literal["first", "last"], ...], Field(min_length=1, max_length=1000)]


class Experiment(Section):
    """A measurement of some of the study's networks."""

    networks: Annotated[tuple[NetworkName, ...], Field(min_length=1)]
    """Names of entries of the study's `networks`; every seed of each is measured."""

    @field_validator("networks")
    @classmethod
    def _distinct(cls, networks: tuple[str, ...]) -> tuple[str, ...]:
        return distinct(networks)


class SingleDeletion(Experiment):
    """Each block deleted by itself (Veit et al. 2016, figure 3)."""

    predictions: bool = False
    """Keep every image's prediction under every lesion, in the table `predictions`."""


class RandomDeletion(Experiment):
    """k blocks, drawn uniformly, deleted together (figure 5a)."""

    counts: Annotated[tuple[Count, ...], Field(min_length=1, max_length=10_000)] = tuple(range(1, 21))
    """How many blocks are deleted: each k of the figure."""
    draws: Count = 50
    """Random choices for each k, the same for every network of equal size."""

    @field_validator("counts")
    @classmethod
    def _distinct_counts(cls, counts: tuple[int, ...]) -> tuple[int, ...]:
        return distinct(counts)


class Reordering(Experiment):
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


class SkipDeletion(Experiment):
    """The skip of each block deleted by itself, its branch kept: beyond the paper, a control."""


class PairDeletion(Experiment):
    """Every two blocks deleted together: beyond the paper, whether damage adds up."""


class RunDeletion(Experiment):
    """Consecutive blocks deleted together: beyond the paper."""

    lengths: Annotated[tuple[Count, ...], Field(min_length=1, max_length=10_000)] = (2, 4, 8, 16)
    """How many blocks in a row are deleted; every place where they fit is measured."""

    @field_validator("lengths")
    @classmethod
    def _distinct_lengths(cls, lengths: tuple[int, ...]) -> tuple[int, ...]:
        return distinct(lengths)


class Repetition(Experiment):
    """Each block that keeps its shape run several times in a row: beyond the paper."""

    times: Annotated[tuple[Annotated[int, Field(ge=2, le=1000), NUMERIC], ...], Field(min_length=1)] = (2, 3)
    """How often a block runs, one after another, where it ran once."""

    @field_validator("times")
    @classmethod
    def _distinct_times(cls, times: tuple[int, ...]) -> tuple[int, ...]:
        return distinct(times)


class RecalibratedDeletion(Experiment):
    """Each block deleted by itself, then batch-norm statistics re-estimated: beyond the paper."""

    images: Count = 5000
    """Training images that the statistics are re-estimated on: the first so many of the training set."""


class Lesions(Section):
    """Changes to trained networks at test time (section 4 of the paper). What is not named is not run."""

    single: SingleDeletion | None = None
    """Single deletion, figures 3 and 8."""
    random: RandomDeletion | None = None
    """Random deletion, figure 5a."""
    reorder: Reordering | None = None
    """Reordering, figure 5b."""
    skip: SkipDeletion | None = None
    """Deletion of skips, beyond the paper: are branches alone as expendable?"""
    recalibrated: RecalibratedDeletion | None = None
    """Single deletion with batch norm re-estimated, beyond the paper: is the damage a shift of statistics?"""
    pair: PairDeletion | None = None
    """Double deletion, beyond the paper: does the damage of two blocks add up?"""
    run: RunDeletion | None = None
    """Deletion of consecutive blocks, beyond the paper."""
    repeat: Repetition | None = None
    """Repetition of single blocks, beyond the paper: do blocks refine what they are given, step by step?"""


class PathGradients(Experiment):
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


class PathSpectrum(Experiment):
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


class Paths(Section):
    """Gradients along paths (section 5 of the paper). What is not named is not run."""

    gradients: PathGradients | None = None
    """Gradient norm by path length, figures 6b and 6c."""
    spectrum: PathSpectrum | None = None
    """All paths of each length, beyond the paper: do figures 6b and 6c hold when paths add as vectors?"""


class Gates(Experiment):
    """How far open the gates of highway networks are: those that were learned, at the start and at the end."""


class Jobs(Section):
    """How measurements are gathered into jobs: starting one costs seconds. Other sizes repeat what is there."""

    draws: Count = 10
    """Draws of random deletion or reordering in a job; a job always computes all of them."""
    batches: Count = 5
    """Batches of sampled paths in a job; a job always computes all of them."""
    spectra: Count = 2
    """Batches of a path spectrum in a job; a job always computes all of them."""
    simulations: Count = 10
    """Random networks of a mean-field simulation in a job; a job always computes all of them."""
    memory_gib: Annotated[float, Field(gt=0, le=1_000_000), NUMERIC] = 2.0
    """Memory that the activations of a measurement may take, in GiB; changing it repeats nothing."""
