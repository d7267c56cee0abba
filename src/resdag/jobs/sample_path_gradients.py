"""Job: gradient norms of sampled paths of every length, a chunk of batches (Veit et al. 2016, figure 6b)."""

from collections.abc import Iterator
from math import isnan

from torch import Tensor

from resdag.combinatorics import batch_choice, path_choice
from resdag.jobs.context import Context, Row, Tables
from resdag.jobs.moments import network_at
from resdag.jobs.opening import description, images
from resdag.models.memory import DEFAULT_MEMORY_BYTES
from resdag.models.network import Network
from resdag.paths.sampled import PathNorms, path_norms

LARGEST_LOG10 = 308.0  # of a number in float64


def run(context: Context) -> Tables:
    """Rows of `path_gradients`: each path once at the input and once at the first block."""
    of, spec = description(context), context.spec
    network, epoch = network_at(context, of)
    train = images(context, "train", of)
    first, last = spec["batches"]
    rows: list[Row] = []
    with context.steps.bar(last + 1 - first, "batch") as bar:
        for batch in range(first, last + 1):
            chosen = list(batch_choice(len(train), batch, min(spec["batch_size"], len(train))))
            rows += batch_rows(
                network, train.chosen(chosen), train.labels[chosen], batch, spec["samples_per_batch"],
                epoch=epoch, batch_norm=spec["batch_norm"], memory_bytes=context.memory_bytes,
            )  # fmt: skip
            bar.update(1)
            done = batch + 1 - first
            context.steps.line(f"batch {batch}, {context.steps.time_left(done, last + 1 - first)}")
    return {"path_gradients": rows}


def batch_rows(
    network: Network,
    images: Tensor,
    labels: Tensor,
    batch: int,
    samples: int,
    *,
    epoch: int,
    batch_norm: str = "eval",
    memory_bytes: int = DEFAULT_MEMORY_BYTES,
) -> Iterator[Row]:
    """Rows of `path_gradients` of so many paths of every length, on the images of one batch."""
    blocks = len(network.blocks)
    here = range(batch * samples, (batch + 1) * samples)
    keys = [(length, sample) for length in range(blocks + 1) for sample in here]
    paths = [path_choice(blocks, length, sample) for length, sample in keys]
    norms = path_norms(network, images, labels, paths, batch_norm=batch_norm, memory_bytes=memory_bytes)
    yield from _rows(epoch, batch, keys, norms)


def _rows(epoch: int, batch: int, keys: list[tuple[int, int]], norms: PathNorms) -> Iterator[Row]:
    places = {"input": norms.at_input, "first_block": norms.at_first_block}
    for place, logs in places.items():
        for (length, sample), log in zip(keys, logs, strict=True):
            yield {
                "epoch": epoch,
                "path_length": length,
                "sample": sample,
                "measured_at": place,
                "batch": batch,
            } | _norm(log)


def _norm(log: float | None) -> Row:
    """Columns norm and log10_norm of a base-10 logarithm: None of a dead path, NaN of a network that has diverged."""
    if log is None:
        return {"norm": 0.0, "log10_norm": None}
    if isnan(log):
        return {"norm": None, "log10_norm": None}
    return {"norm": 10.0**log if log < LARGEST_LOG10 else None, "log10_norm": log}
