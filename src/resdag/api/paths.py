"""Gradients along the paths of a network of one's own, by the functions that the jobs call.

Images and labels (N,) as tensors: batches are drawn from them as a study draws them from its training images.  Or one
loader: its first batches are taken, one after another.  `measured_at`: the images, and the input of the first block.
"""

from collections.abc import Callable, Iterable, Iterator
from itertools import islice

import polars as pl
from torch import Tensor

from resdag.api.data import Given, Loaded, Loader, given
from resdag.api.frames import EPOCH, Named, frame_of
from resdag.api.watched import watched
from resdag.combinatorics import batch_choice
from resdag.jobs import measure_path_spectrum, sample_path_gradients
from resdag.lesions.rows import Row
from resdag.models.network import Network

OfBatch = Callable[[Tensor, Tensor, int], Iterable[Row]]


def path_gradients(
    network: Network,
    images: Tensor | Loader,
    labels: Tensor | None = None,
    *,
    samples: int = 100,
    batch_size: int = 128,
    samples_per_batch: int = 10,
    batch_norm: str = "eval",
    name: str = "network",
    seed: int = 0,
    progress: bool | None = None,
    memory_gib: float = 2.0,
) -> pl.DataFrame:
    """Norm of the gradient through each of so many sampled paths of every length (Veit et al. 2016, figure 6b).

    Columns of the table `path_gradients`.  Of `samples`, so many `samples_per_batch` share one batch.
    NetworkError where a block has no skip; ValueError where samples are no whole number of batches.
    """
    if samples < 1 or samples % samples_per_batch:
        raise ValueError(f"samples {samples} must be a multiple of samples_per_batch {samples_per_batch}")

    def of_batch(images: Tensor, labels: Tensor, batch: int) -> Iterable[Row]:
        return sample_path_gradients.batch_rows(
            network, images, labels, batch, samples_per_batch,
            epoch=EPOCH, batch_norm=batch_norm, memory_bytes=int(memory_gib * 2**30),
        )  # fmt: skip

    data, batches = given(network, images, labels), samples // samples_per_batch
    rows = _rows(of_batch, data, batches, batch_size, progress)
    return frame_of("path_gradients", Named(name, seed), rows)


def path_spectrum(
    network: Network,
    images: Tensor | Loader,
    labels: Tensor | None = None,
    *,
    batches: int = 8,
    batch_size: int = 128,
    sign_draws: int = 20,
    name: str = "network",
    seed: int = 0,
    progress: bool | None = None,
    memory_gib: float = 2.0,
) -> pl.DataFrame:
    """The summed gradient of all paths of each length, exactly, and their energy by random signs; beyond the paper.

    Columns of the table `path_spectrum`.  NetworkError where a block has no skip, or sign draws are fewer than two.
    """

    def of_batch(images: Tensor, labels: Tensor, batch: int) -> Iterable[Row]:
        return measure_path_spectrum.batch_rows(
            network, images, labels, batch, sign_draws, epoch=EPOCH, memory_bytes=int(memory_gib * 2**30)
        )

    rows = _rows(of_batch, given(network, images, labels), batches, batch_size, progress)
    return frame_of("path_spectrum", Named(name, seed), rows)


def _rows(
    of_batch: OfBatch, images: Given | Loaded, batches: int, batch_size: int, progress: bool | None
) -> Iterator[Row]:
    """Rows of one batch after the other."""
    with watched("paths", batches, "batch", progress) as told:
        for batch, (some, labels) in enumerate(_batches(images, batches, batch_size)):
            yield from of_batch(some, labels, batch)
            told(1)


def _batches(images: Given | Loaded, batches: int, batch_size: int) -> Iterator[tuple[Tensor, Tensor]]:
    """So many batches, drawn as a study draws them, or the first of a loader."""
    if isinstance(images, Given):
        for batch in range(batches):
            chosen = list(batch_choice(len(images), batch, min(batch_size, len(images))))
            yield images.chosen(chosen), images.labels[chosen]
    else:
        for part in islice(images, batches):
            yield part.normalised(0, len(part)), part.labels
