"""The skip of each block deleted by itself, its branch kept: a control, beyond Veit et al. 2016.

Deleting a skip instead of a branch takes half of the paths as well.
"""

from collections.abc import Sequence

from resdag.errors import NetworkError
from resdag.jobs.context import Context, Tables
from resdag.jobs.opening import network_and_test_images
from resdag.lesions.lesion import Lesion
from resdag.lesions.rows import Pictures, Row, lesion_rows
from resdag.lesions.way import AS_JOBS_DO, Way
from resdag.models.network import Network


def skip_deletions(blocks: int, with_skip: Sequence[int]) -> list[Lesion]:
    """Each skip that there is, by itself: the branch stays, so half of all paths go here too."""
    return [Lesion(f"skip-{block:03d}", tuple(range(blocks)), skipless=frozenset([block])) for block in with_skip]


def skip(network: Network, images: Pictures, way: Way = AS_JOBS_DO) -> list[Row]:
    """Rows of `lesions` for every skip; NetworkError where the network has none."""
    with_skip = [index for index, block in enumerate(network.blocks) if block.has_skip]
    if not with_skip:
        raise NetworkError("this network has no skip connections to delete")
    return lesion_rows(network, images, "skip", skip_deletions(len(network.blocks), with_skip), way)


def run(context: Context) -> Tables:
    """Job: rows of `lesions`."""
    return {"lesions": skip(*network_and_test_images(context), Way(context.memory_bytes))}
