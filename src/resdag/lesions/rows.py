"""What rows of the table `lesions` have in common, whatever experiment asks for the lesions."""

from collections.abc import Iterable, Sequence
from typing import Any

from resdag.datasets.tensors import Images
from resdag.lesions.engine import measure
from resdag.lesions.lesion import Lesion, intact
from resdag.lesions.way import AS_JOBS_DO, Way
from resdag.models.network import Network

Row = dict[str, Any]
Pictures = Images | Iterable[Images]
"""Images, or parts of them that come one after another."""
Answer = Any
"""A score of classes, or what a metric said: `row()`, and `against` that of the intact network."""


def deletable_blocks(network: Network) -> list[int]:
    """Indices of the blocks that the network can run without."""
    return [index for index, block in enumerate(network.blocks) if block.deletable]


def damage(before: Answer, after: Answer) -> Row:
    """Columns that every lesion has: counts, loss, and how many images it broke or repaired."""
    return after.row() | after.against(before)


def measured(network: Network, images: Pictures, lesions: Sequence[Lesion], way: Way = AS_JOBS_DO) -> list[Answer]:
    """The network's score under each lesion, measured this way."""
    return measure(
        network, images, lesions, memory_bytes=way.memory_bytes, metric=way.metric, told=way.told
    )  # fmt: skip


def with_intact(
    network: Network, images: Pictures, lesions: Sequence[Lesion], way: Way = AS_JOBS_DO
) -> tuple[Answer, list[Answer]]:
    """The intact network's score and that of each lesion."""
    first, *others = measured(network, images, [intact(len(network.blocks)), *lesions], way)
    return first, others


def deletion_row(lesion: Lesion, experiment: str, draw: int | None, before: Answer, after: Answer) -> Row:
    """One row of `lesions`."""
    return {
        "lesion": lesion.name,
        "experiment": experiment,
        "count": len(lesion.deleted | lesion.skipless),
        "draw": draw,
        "deleted": sorted(lesion.deleted | lesion.skipless),
        "repeated": list(lesion.repeated) or None,
        "recalibrated": False,
    } | damage(before, after)


def lesion_rows(
    network: Network, images: Pictures, experiment: str, lesions: Sequence[Lesion], way: Way = AS_JOBS_DO
) -> list[Row]:
    """Rows of `lesions` for each of them, nothing of which is drawn."""
    before, scores = with_intact(network, images, lesions, way)
    return [
        deletion_row(lesion, experiment, None, before, after) for lesion, after in zip(lesions, scores, strict=True)
    ]
