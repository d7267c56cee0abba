"""Lesions of a network of one's own: the functions that the jobs call, and a frame of what they found.

Each takes the network that `resdag.unravel` gave, and either images (N, ...), normalised, with labels (N,), or one
loader that gives both batch by batch.  Options that all share:

- `metric`: a function of outputs (n, ...) and labels (n, ...) that gives one number for each image, of which more is
  worse, in place of wrong classes.  Of bool (True: wrong) it fills `errors` and `error`; of other numbers these are
  null, and their mean is in a further column, `metric`.  `loss` is null; `broken` and `repaired` count images that
  fare worse and better.
- `name`, `seed`: what stands in the columns `network` and `seed`.
- `progress`: None draws a bar on a terminal, True everywhere (in a notebook, too), False nowhere.
- `memory_gib`: bound on the activations that are held.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypedDict, Unpack

import polars as pl
from torch import Tensor

from resdag.api.data import Given, Loaded, Loader, count, given, tensors
from resdag.api.frames import Named, frame_of
from resdag.api.watched import watched
from resdag.lesions import influence, pair, random, recalibrated, repeat, run, single, skip
from resdag.lesions import reorder as orders
from resdag.lesions.rows import Row
from resdag.lesions.way import Metric, Way
from resdag.models.network import Network


class Options(TypedDict, total=False):
    """What every function takes besides."""

    metric: Metric | None
    name: str
    seed: int
    progress: bool | None
    memory_gib: float


Images = Tensor | Loader
Measure = Callable[[Network, Any, Way], Iterable[Row]]


def delete_single(
    network: Network, images: Images, labels: Tensor | None = None, **options: Unpack[Options]
) -> pl.DataFrame:
    """Each block that can go deleted by itself (Veit et al. 2016, figure 3); columns of the table `lesions`."""
    return _frame(
        "lesions", "single", network, given(network, images, labels), lambda *of: single.single(*of)[0], **options
    )


def delete_random(
    network: Network,
    images: Images,
    labels: Tensor | None = None,
    *,
    counts: Sequence[int],
    draws: int = 10,
    **options: Unpack[Options],
) -> pl.DataFrame:
    """So many random blocks deleted together, for each of `counts` and draw (figure 5a); columns of `lesions`.

    Draws are those of every study: of `(count, draw, number of blocks)` alone.
    """

    def measure(network: Network, images: Any, way: Way) -> list[Row]:
        return random.random(network, images, counts, range(draws), way)

    return _frame("lesions", "random", network, given(network, images, labels), measure, **options)


def delete_skips(
    network: Network, images: Images, labels: Tensor | None = None, **options: Unpack[Options]
) -> pl.DataFrame:
    """The skip of each block deleted by itself, its branch kept, beyond the paper; columns of `lesions`."""
    return _frame("lesions", "skips", network, given(network, images, labels), skip.skip, **options)


def delete_pairs(
    network: Network, images: Images, labels: Tensor | None = None, **options: Unpack[Options]
) -> pl.DataFrame:
    """Every two blocks deleted together, beyond the paper; columns of `lesions`; a metric must be of bool."""
    return _frame(
        "lesions", "pairs", network, given(network, images, labels), lambda *of: pair.pairs(*of)[0], **options
    )


def delete_runs(
    network: Network,
    images: Images,
    labels: Tensor | None = None,
    *,
    lengths: Sequence[int],
    **options: Unpack[Options],
) -> pl.DataFrame:
    """Every run of so many consecutive blocks deleted together, beyond the paper; columns of `lesions`."""

    def measure(network: Network, images: Any, way: Way) -> list[Row]:
        return run.runs(network, images, lengths, way)

    return _frame("lesions", "runs", network, given(network, images, labels), measure, **options)


def repeat_blocks(
    network: Network,
    images: Images,
    labels: Tensor | None = None,
    *,
    times: Sequence[int] = (2,),
    **options: Unpack[Options],
) -> pl.DataFrame:
    """Each block that keeps its form run so many times in a row, beyond the paper; columns of `lesions`."""

    def measure(network: Network, images: Any, way: Way) -> list[Row]:
        return repeat.repetitions(network, images, times, way)

    return _frame("lesions", "repeated", network, given(network, images, labels), measure, **options)


def delete_recalibrated(
    network: Network, images: Tensor, labels: Tensor, *, train: Tensor, **options: Unpack[Options]
) -> pl.DataFrame:
    """Each block deleted by itself, then batch-norm statistics re-estimated on images `train`; columns of `lesions`.

    NetworkError where there is no batch norm.  Nobody is told how far it is.
    """
    test, more = tensors(network, images, labels), tensors(network, train, train)

    def measure(network: Network, images: Any, way: Way) -> list[Row]:
        return recalibrated.recalibrated(network, more, images, way)

    return _frame("lesions", "recalibrated", network, test, measure, **options)


def block_influence(
    network: Network, images: Images, labels: Tensor | None = None, **options: Unpack[Options]
) -> pl.DataFrame:
    """How far each block turns what it is given (Men et al. 2024), beyond the paper; columns of the table `influence`.

    Labels are not looked at, and of tensors not asked for; there is nothing to judge by a metric.
    """
    if isinstance(images, Tensor) and labels is None:
        labels = images.new_zeros(len(images))
    return _frame("influence", "influence", network, given(network, images, labels), influence.influence, **options)


def reorder(
    network: Network,
    images: Images,
    labels: Tensor | None = None,
    *,
    swaps: Sequence[int | str],
    draws: int = 10,
    **options: Unpack[Options],
) -> pl.DataFrame:
    """Blocks of one form in other places (figure 5b); columns of the table `reorderings`.

    `swaps` are numbers of random swaps, and `shuffle` and `reversal`, each within the blocks that may change places.
    """

    def measure(network: Network, images: Any, way: Way) -> list[Row]:
        return orders.reorder(network, images, swaps, range(draws), way)

    return _frame("reorderings", "reordered", network, given(network, images, labels), measure, **options)


def _frame(
    table: str,
    what: str,
    network: Network,
    images: Given | Loaded,
    measure: Measure,
    *,
    metric: Metric | None = None,
    name: str = "network",
    seed: int = 0,
    progress: bool | None = None,
    memory_gib: float = 2.0,
) -> pl.DataFrame:
    """Measure, say how far it is, and frame the rows."""
    with watched(what, count(images), "image", progress) as told:
        rows = measure(network, images, Way(int(memory_gib * 2**30), metric, told))
    return frame_of(table, Named(name, seed), rows)
