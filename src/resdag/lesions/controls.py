"""Rows of `lesions` that the paper does not have: controls of its deletions.

Deleting a skip instead of a branch takes half of the paths as well; statistics
re-estimated after a deletion tell shifted statistics from lost information; runs of consecutive
blocks delete as many blocks as random draws do, side by side.
A repeated block gives what it has made to itself once more: where blocks refine a representation
step by step, a step more should do little; where each waits for the one before it, much.
"""

from collections.abc import Sequence

from resdag.datasets.tensors import Images
from resdag.errors import NetworkError
from resdag.lesions.engine import measure
from resdag.lesions.lesion import (
    Lesion,
    block_repetitions,
    intact,
    run_deletions,
    single_deletions,
    skip_deletions,
)
from resdag.lesions.recalibrated import measure_recalibrated
from resdag.lesions.rows import Row, deletable_blocks, deletion_row
from resdag.models.memory import DEFAULT_MEMORY_BYTES
from resdag.models.network import Network


def skip(network: Network, images: Images, memory: int = DEFAULT_MEMORY_BYTES) -> list[Row]:
    """Rows for every skip deleted by itself, its branch kept; NetworkError where the network has no skips."""
    with_skip = [index for index, block in enumerate(network.blocks) if block.has_skip]
    if not with_skip:
        raise NetworkError("this network has no skip connections to delete")
    return _rows(network, images, "skip", skip_deletions(len(network.blocks), with_skip), memory)


def runs(
    network: Network, images: Images, lengths: Sequence[int], memory: int = DEFAULT_MEMORY_BYTES
) -> list[Row]:  # fmt: skip
    """Rows for every run of consecutive blocks of these lengths."""
    return _rows(network, images, "run", run_deletions(len(network.blocks), deletable_blocks(network), lengths), memory)


def repetitions(
    network: Network, images: Images, times: Sequence[int], memory: int = DEFAULT_MEMORY_BYTES
) -> list[Row]:
    """Rows for every block that keeps its shape, run so many times in a row."""
    repeatable = [index for index, block in enumerate(network.blocks) if block.reorderable]
    return _rows(network, images, "repeat", block_repetitions(len(network.blocks), repeatable, times), memory)


def recalibrated(network: Network, train: Images, test: Images, memory: int = DEFAULT_MEMORY_BYTES) -> list[Row]:
    """Rows for the intact network and every single deletion, batch-norm statistics re-estimated on `train` after it.

    `broken` and `repaired` are against the intact network as it was trained.
    """
    blocks = len(network.blocks)
    lesions = [intact(blocks), *single_deletions(blocks, deletable_blocks(network))]
    (before,) = measure(network, test, lesions[:1], memory_bytes=memory)
    after = measure_recalibrated(network, train, test, lesions, memory_bytes=memory)
    rows = []
    for lesion, score in zip(lesions, after, strict=True):
        row = deletion_row(lesion, "single" if lesion.deleted else "intact", None, before, score)
        rows.append(row | {"lesion": f"{lesion.name}+bn", "recalibrated": True})
    return rows


def _rows(network: Network, images: Images, experiment: str, lesions: Sequence[Lesion], memory: int) -> list[Row]:
    before, *scores = measure(network, images, [intact(len(network.blocks)), *lesions], memory_bytes=memory)
    return [
        deletion_row(lesion, experiment, None, before, after) for lesion, after in zip(lesions, scores, strict=True)
    ]
