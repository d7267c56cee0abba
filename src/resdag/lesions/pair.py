"""Does the damage of two deletions add up?  Every two blocks deleted together, and each of them alone.

Held against each other image by image: with w = 1 for a wrong answer and 0 for a right one,

    z = w(both) - w(first) - w(second) + w(intact),

from -2 to 2, whose mean over the images is the interaction of the pair.  How often each z
occurs is all that an interval or a test of that mean needs, so counts are what is kept.
The single deletions cost next to nothing: the pairs begin with them.
"""

from collections.abc import Sequence
from itertools import combinations

import torch
from torch import Tensor

from resdag.jobs.context import Context, Tables
from resdag.jobs.opening import network_and_test_images
from resdag.lesions.lesion import Lesion, deletion, intact, single_deletions
from resdag.lesions.rows import Pictures, Row, deletable_blocks, deletion_row, measured
from resdag.lesions.way import AS_JOBS_DO, Way
from resdag.models.network import Network

EXCESSES = {"minus_two": -2, "minus_one": -1, "plus_one": 1, "plus_two": 2}  # columns of `pair_answers`


def pair_deletions(blocks: int, deletable: Sequence[int]) -> list[Lesion]:
    """Every two blocks that can be deleted: n (n - 1) / 2 of them."""
    return [deletion(f"pair-{i:03d}-{j:03d}", blocks, [i, j]) for i, j in combinations(deletable, 2)]


def pairs(network: Network, images: Pictures, way: Way = AS_JOBS_DO) -> tuple[list[Row], list[Row]]:
    """Rows of `lesions` for every two blocks deleted together, and of `pair_answers` for how they interact."""
    blocks, deletable = len(network.blocks), deletable_blocks(network)
    alone, together = single_deletions(blocks, deletable), pair_deletions(blocks, deletable)
    before, *scores = measured(network, images, [intact(blocks), *alone, *together], way)
    wrong = {block: ~score.right for block, score in zip(deletable, scores, strict=False)}
    lesions, answers = [], []
    for lesion, score in zip(together, scores[len(alone) :], strict=True):
        first, second = sorted(lesion.deleted)
        lesions.append(deletion_row(lesion, "pair", None, before, score))
        counts = count_answers(~before.right, wrong[first], wrong[second], ~score.right)
        answers.append({"first": first, "second": second, "images": before.images} | counts)
    return lesions, answers


def count_answers(intact: Tensor, first: Tensor, second: Tensor, both: Tensor) -> dict[str, int]:
    """Wrong answers of the four networks, and how often z is each of its values but 0, from (N,) bool: wrong or not."""
    wrong = {"intact_errors": intact, "first_errors": first, "second_errors": second, "errors": both}
    excess = both.int() - first.int() - second.int() + intact.int()
    found = torch.bincount(excess + 2, minlength=5).tolist()
    return {name: int(each.sum()) for name, each in wrong.items()} | {
        name: found[value + 2] for name, value in EXCESSES.items()
    }


def run(context: Context) -> Tables:
    """Job: rows of `lesions`, and of `pair_answers`."""
    lesions, answers = pairs(*network_and_test_images(context), Way(context.memory_bytes))
    return {"lesions": lesions, "pair_answers": answers}
