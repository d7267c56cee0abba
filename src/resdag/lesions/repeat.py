"""Each block that keeps its shape run several times in a row, beyond Veit et al. 2016.

A repeated block gives what it has made to itself once more: where blocks refine a representation
step by step, a step more should do little; where each waits for the one before it, much.
"""

from collections.abc import Sequence

from resdag.jobs.context import Context, Tables
from resdag.jobs.opening import network_and_test_images
from resdag.lesions.lesion import Lesion
from resdag.lesions.rows import Pictures, Row, lesion_rows
from resdag.lesions.way import AS_JOBS_DO, Way
from resdag.models.network import Network


def block_repetitions(blocks: int, repeatable: Sequence[int], times: Sequence[int]) -> list[Lesion]:
    """Each block that can be repeated, run so many times in a row, for each number of times."""
    return [
        Lesion(f"repeat-{block:03d}-x{count}", (*range(block), *[block] * count, *range(block + 1, blocks)))
        for count in times
        for block in repeatable
    ]


def repetitions(network: Network, images: Pictures, times: Sequence[int], way: Way = AS_JOBS_DO) -> list[Row]:
    """Rows of `lesions` for every block that keeps its shape, run so many times in a row."""
    repeatable = [index for index, block in enumerate(network.blocks) if block.reorderable]
    return lesion_rows(network, images, "repeat", block_repetitions(len(network.blocks), repeatable, times), way)


def run(context: Context) -> Tables:
    """Job: rows of `lesions`."""
    network, test = network_and_test_images(context)
    return {"lesions": repetitions(network, test, context.spec["times"], Way(context.memory_bytes))}
