"""Consecutive blocks deleted together, beyond Veit et al. 2016: as many as random draws take, side by side."""

from collections.abc import Sequence

from resdag.jobs.context import Context, Tables
from resdag.jobs.opening import network_and_test_images
from resdag.lesions.lesion import Lesion, deletion
from resdag.lesions.rows import Pictures, Row, deletable_blocks, lesion_rows
from resdag.lesions.way import AS_JOBS_DO, Way
from resdag.models.network import Network


def run_deletions(blocks: int, deletable: Sequence[int], lengths: Sequence[int]) -> list[Lesion]:
    """Every run of consecutive blocks of these lengths that can be deleted whole."""
    runs = [(start, length) for length in lengths for start in range(blocks - length + 1)]
    return [
        deletion(f"run-{start:03d}-{length:03d}", blocks, range(start, start + length))
        for start, length in runs
        if set(range(start, start + length)) <= set(deletable)
    ]


def runs(network: Network, images: Pictures, lengths: Sequence[int], way: Way = AS_JOBS_DO) -> list[Row]:
    """Rows of `lesions` for every run of blocks of these lengths."""
    lesions = run_deletions(len(network.blocks), deletable_blocks(network), lengths)
    return lesion_rows(network, images, "run", lesions, way)


def run(context: Context) -> Tables:
    """Job: rows of `lesions`."""
    network, test = network_and_test_images(context)
    return {"lesions": runs(network, test, context.spec["lengths"], Way(context.memory_bytes))}
