"""Blocks of equal shape in other places (Veit et al. 2016, figure 5b)."""

from collections.abc import Sequence

from resdag.combinatorics import kendall_tau, random_swaps, reversal, shuffle
from resdag.jobs.context import Context, Tables
from resdag.jobs.opening import network_and_test_images
from resdag.lesions.lesion import reordering
from resdag.lesions.rows import Pictures, Row, damage, with_intact
from resdag.lesions.way import AS_JOBS_DO, Way
from resdag.models.network import Network


def reorder(
    network: Network,
    images: Pictures,
    swaps: Sequence[int | str],
    draws: Sequence[int],
    way: Way = AS_JOBS_DO,
) -> list[Row]:
    """Rows of `reorderings`; the identity and the reversal, which nothing is drawn for, with draw 0."""
    orders = _orders(network, swaps, draws)
    lesions = [reordering(row["reordering"], row["permutation"]) for row in orders]
    before, scores = with_intact(network, images, lesions, way)
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


def run(context: Context) -> Tables:
    """Job: rows of `reorderings` for a chunk of draws."""
    network, test = network_and_test_images(context)
    first, last = context.spec["draws"]
    return {
        "reorderings": reorder(network, test, context.spec["swaps"], range(first, last + 1), Way(context.memory_bytes))
    }
