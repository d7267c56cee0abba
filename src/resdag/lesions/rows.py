"""What rows of the table `lesions` have in common, whatever experiment asks for the lesions."""

from collections.abc import Sequence
from typing import Any

from resdag.datasets.tensors import Images
from resdag.lesions.engine import measure
from resdag.lesions.lesion import Lesion, intact
from resdag.models.memory import DEFAULT_MEMORY_BYTES
from resdag.models.network import Network
from resdag.training.evaluate import Score

Row = dict[str, Any]


def deletable_blocks(network: Network) -> list[int]:
    """Indices of the blocks that the network can run without."""
    return [index for index, block in enumerate(network.blocks) if block.deletable]


def damage(before: Score, after: Score) -> Row:
    """Columns that every lesion has: counts, loss, and which images it broke or repaired."""
    return after.row() | {
        "broken": int((before.right & ~after.right).sum()),
        "repaired": int((~before.right & after.right).sum()),
    }


def with_intact(
    network: Network, images: Images, lesions: Sequence[Lesion], memory: int = DEFAULT_MEMORY_BYTES
) -> tuple[Score, list[Score]]:
    """The intact network's score and that of each lesion."""
    first, *others = measure(network, images, [intact(len(network.blocks)), *lesions], memory_bytes=memory)
    return first, others


def deletion_row(lesion: Lesion, experiment: str, draw: int | None, before: Score, after: Score) -> Row:
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
    network: Network, images: Images, experiment: str, lesions: Sequence[Lesion], memory: int = DEFAULT_MEMORY_BYTES
) -> list[Row]:
    """Rows of `lesions` for each of them, nothing of which is drawn."""
    before, scores = with_intact(network, images, lesions, memory)
    return [
        deletion_row(lesion, experiment, None, before, after) for lesion, after in zip(lesions, scores, strict=True)
    ]
