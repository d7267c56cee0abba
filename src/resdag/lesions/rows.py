"""Rows of the tables `lesions` and `reorderings`: which lesions an experiment asks for, and what came out."""

from collections.abc import Sequence
from typing import Any

from resdag.combinatorics import kendall_tau, random_deletion, random_swaps, reversal, shuffle
from resdag.datasets.tensors import Images
from resdag.lesions.engine import measure
from resdag.lesions.lesion import Lesion, deletion, intact, reordering, single_deletions
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


def _scores(network: Network, images: Images, lesions: Sequence[Lesion], memory: int) -> tuple[Score, list[Score]]:
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


def single(network: Network, images: Images, memory: int = DEFAULT_MEMORY_BYTES) -> tuple[list[Row], list[Score]]:
    """Rows of `lesions` for every single deletion (Veit et al. 2016, figure 3), and the scores behind them."""
    lesions = single_deletions(len(network.blocks), deletable_blocks(network))
    before, scores = _scores(network, images, lesions, memory)
    rows = [deletion_row(lesion, "single", None, before, after) for lesion, after in zip(lesions, scores, strict=True)]
    return rows, scores


def random(
    network: Network,
    images: Images,
    counts: Sequence[int],
    draws: Sequence[int],
    memory: int = DEFAULT_MEMORY_BYTES,
) -> list[Row]:
    """Rows of `lesions` for every count and draw of random deletion (figure 5a)."""
    blocks, candidates = len(network.blocks), deletable_blocks(network)
    keys = [(count, draw) for count in counts for draw in draws]
    lesions = [
        deletion(f"random-k{count:02d}-d{draw:03d}", blocks, random_deletion(blocks, candidates, count, draw))
        for count, draw in keys
    ]
    before, scores = _scores(network, images, lesions, memory)
    return [
        deletion_row(lesion, "random", draw, before, after)
        for (_, draw), lesion, after in zip(keys, lesions, scores, strict=True)
    ]


def reorder(
    network: Network,
    images: Images,
    swaps: Sequence[int | str],
    draws: Sequence[int],
    memory: int = DEFAULT_MEMORY_BYTES,
) -> list[Row]:
    """Rows of `reorderings` (figure 5b); the identity and the reversal, which nothing is drawn for, with draw 0."""
    orders = _orders(network, swaps, draws)
    lesions = [reordering(row["reordering"], row["permutation"]) for row in orders]
    before, scores = _scores(network, images, lesions, memory)
    return [row | damage(before, after) for row, after in zip(orders, scores, strict=True)]


def _orders(network: Network, swaps: Sequence[int | str], draws: Sequence[int]) -> list[Row]:
    """The columns of `reorderings` that are known before anything runs."""
    blocks, groups = len(network.blocks), network.order_groups()
    rows = [_order("identity", "identity", 0, None, range(blocks))] if 0 in draws else []
    if 0 in draws and "reversal" in swaps:
        rows.append(_order("reversal", "reversal", None, None, reversal(groups, blocks)))
    for amount in swaps:
        for draw in draws:
            if amount == "shuffle":
                rows.append(_order(f"shuffle-d{draw:03d}", "shuffle", None, draw, shuffle(groups, blocks, draw)))
            elif amount != "reversal":
                order = random_swaps(groups, blocks, int(amount), draw)
                rows.append(_order(f"swaps-{int(amount):03d}-d{draw:03d}", "swaps", int(amount), draw, order))
    return rows


def _order(name: str, experiment: str, swaps: int | None, draw: int | None, permutation: Sequence[int]) -> Row:
    return {
        "reordering": name,
        "experiment": experiment,
        "swaps": swaps,
        "draw": draw,
        "permutation": [int(block) for block in permutation],
        "kendall_tau": kendall_tau(permutation),
    }
