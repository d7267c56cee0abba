"""k random blocks deleted together, for every k and draw (Veit et al. 2016, figure 5a)."""

from collections.abc import Sequence

from resdag.combinatorics import random_deletion
from resdag.jobs.context import Context, Tables
from resdag.jobs.opening import network_and_test_images
from resdag.lesions.lesion import deletion
from resdag.lesions.rows import Pictures, Row, deletable_blocks, deletion_row, with_intact
from resdag.lesions.way import AS_JOBS_DO, Way
from resdag.models.network import Network


def random(
    network: Network, images: Pictures, counts: Sequence[int], draws: Sequence[int], way: Way = AS_JOBS_DO
) -> list[Row]:
    """Rows of `lesions` for every count and draw."""
    blocks, candidates = len(network.blocks), deletable_blocks(network)
    keys = [(count, draw) for count in counts for draw in draws]
    lesions = [
        deletion(f"random-k{count:02d}-d{draw:03d}", blocks, random_deletion(blocks, candidates, count, draw))
        for count, draw in keys
    ]
    before, scores = with_intact(network, images, lesions, way)
    return [
        deletion_row(lesion, "random", draw, before, after)
        for (_, draw), lesion, after in zip(keys, lesions, scores, strict=True)
    ]


def run(context: Context) -> Tables:
    """Job: rows of `lesions` for a chunk of draws."""
    network, test = network_and_test_images(context)
    first, last = context.spec["draws"]
    return {"lesions": random(network, test, context.spec["counts"], range(first, last + 1), Way(context.memory_bytes))}
