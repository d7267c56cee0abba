"""The lesion engine against a plain loop, its costs on paper, and its memory watched while it runs."""

import gc
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from math import comb

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.nn import functional
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from resdag.combinatorics import random_deletion, random_swaps, reversal, shuffle
from resdag.datasets.tensors import Images
from resdag.errors import NetworkError
from resdag.lesions import engine, rows
from resdag.lesions.engine import batch_size, block_evaluations, check, measure, trie
from resdag.lesions.lesion import Lesion, Part, deletion, intact, reordering, single_deletions
from resdag.lesions.pair import pair_deletions, pairs
from resdag.lesions.random import random
from resdag.lesions.recalibrated import recalibrated
from resdag.lesions.recalibration import measure_recalibrated
from resdag.lesions.reorder import reorder
from resdag.lesions.repeat import block_repetitions, repetitions
from resdag.lesions.run import run_deletions, runs
from resdag.lesions.single import single
from resdag.lesions.skip import skip, skip_deletions
from resdag.models.build import build
from resdag.models.memory import WORKING_TENSORS
from resdag.models.network import Network
from resdag.training.evaluate import Score, evaluate, recalibrate

NETWORKS = {
    "pre-activation": ("preact_resnet", {"depth": 20, "width": 4}),
    "pre-activation, projection": ("preact_resnet", {"depth": 20, "width": 4, "shortcut": "projection"}),
    "post-activation": ("resnet", {"depth": 20, "width": 4}),
    "highway": ("highway", {"depth": 20, "width": 4}),
    "vgg": ("vgg", {"depth": 15, "channels": 6}),
}
# The groups of a pre-activation ResNet-110: 18, 17 and 17 places, the blocks that change shape left out.
GROUPS_110 = (tuple(range(18)), tuple(range(19, 36)), tuple(range(37, 54)))


def noise(count: int = 12, size: int = 8) -> Images:
    source = torch.Generator().manual_seed(0)
    pixels = torch.randint(0, 256, (count, 3, size, size), generator=source).to(torch.uint8)
    labels = torch.randint(0, 4, (count,), generator=source)
    mean, std = torch.tensor([0.4, 0.45, 0.5]).double(), torch.tensor([0.2, 0.25, 0.3]).double()
    return Images(pixels, labels, ("a", "b", "c", "d"), mean, std)


def small(name: str = "pre-activation") -> Network:
    """A narrow network whose batch-norm statistics are not 0 and 1, and whose branches count less and less."""
    architecture, options = NETWORKS[name]
    network = build(architecture, in_channels=3, classes=4, seed=1, **options)
    source = torch.Generator().manual_seed(2)
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.running_mean.copy_(0.3 * torch.randn(module.num_features, generator=source))
            module.running_var.copy_(0.5 + torch.rand(module.num_features, generator=source))
    for index, block in enumerate(network.blocks):
        block.scale = 1 - index / 30  # as after stochastic depth
    return network.eval()


@torch.inference_mode()
def by_hand(network: Network, batch: Tensor, lesion: Lesion) -> Tensor:
    """Logits of one lesion, block after block."""
    x = network.stem(batch)
    for index in lesion.order:
        block = network.blocks[index]
        if index in lesion.skipless:
            x = block.join(block.scale * block.branch(x))
        else:
            x = block.delete(x) if index in lesion.deleted else block(x)
    return network.head(x)


def many_lesions(network: Network) -> list[Lesion]:
    blocks, deletable, groups = len(network.blocks), rows.deletable_blocks(network), network.order_groups()
    orders = [random_swaps(groups, blocks, count, draw) for count in (1, 2, 4) for draw in range(4)]
    orders += [shuffle(groups, blocks, draw) for draw in range(4)] + [reversal(groups, blocks)]
    lesions = [intact(blocks), *single_deletions(blocks, deletable)]
    lesions += [
        deletion("random", blocks, random_deletion(blocks, deletable, count, draw))
        for count in (2, 3, 5, len(deletable))
        for draw in range(4)
    ]
    lesions += [reordering("order", order) for order in orders]
    with_skip = [index for index, block in enumerate(network.blocks) if block.has_skip]
    lesions += skip_deletions(blocks, with_skip)
    lesions += block_repetitions(blocks, [block for group in groups for block in group], (2, 3))
    lesions += [Lesion("apart", orders[0], frozenset([block - 1]), frozenset([block])) for block in with_skip[1:]]
    return [*lesions, Lesion("both", orders[0], frozenset(deletable[:2])), lesions[3]]


# The same numbers


@torch.inference_mode()
def engine_logits(network: Network, lesions: list[Lesion], images: Images, here: slice) -> dict[int, Tensor]:
    return dict(engine._run(network, trie(lesions), images, here))


@pytest.mark.parametrize("name", NETWORKS)
def test_every_lesion_gives_the_bits_of_a_plain_loop(name: str) -> None:
    network, images = small(name), noise()
    lesions = many_lesions(network)
    logits = engine_logits(network, lesions, images, slice(0, 12))
    assert sorted(logits) == list(range(len(lesions)))
    for index, lesion in enumerate(lesions):
        assert torch.equal(logits[index], by_hand(network, images.normalised(0, 12), lesion))
    assert (
        len({tuple(found.flatten().tolist()) for found in logits.values()}) > len(lesions) / 2
    )  # lesions do something


@pytest.mark.parametrize("name", NETWORKS)
def test_deleting_nothing_in_the_identity_order_gives_the_bits_of_the_network(name: str) -> None:
    network, images = small(name), noise()
    logits = engine_logits(network, [intact(len(network.blocks))], images, slice(0, 12))
    with torch.inference_mode():
        assert torch.equal(logits[0], network(images.normalised(0, 12)))


@pytest.mark.workflow
@pytest.mark.parametrize("name", NETWORKS)
def test_scores_are_those_of_a_plain_loop_over_batches(name: str) -> None:
    network, images = small(name), noise(23)
    lesions = many_lesions(network)
    memory = 10 * bytes_per_image(network, images) * (trie(lesions).alive + WORKING_TENSORS)
    assert batch_size(network, images, trie(lesions).alive, memory) == 10
    for lesion, score in zip(lesions, measure(network, images, lesions, memory_bytes=memory), strict=True):
        logits = torch.cat([by_hand(network, images.normalised(i, i + 10), lesion) for i in (0, 10, 20)])
        assert torch.equal(score.predicted, logits.argmax(1))
        loss = functional.cross_entropy(logits.double(), images.labels).item()
        assert score.loss == pytest.approx(loss, rel=1e-5)  # batch norm is folded in one of them
    assert measure(network, images, lesions[:1])[0].errors == evaluate(network, images).errors


@pytest.mark.workflow
def test_what_else_is_measured_changes_no_score() -> None:
    network, images = small(), noise()
    lesions = many_lesions(network)
    together = measure(network, images, lesions)
    for lesion, score in zip(lesions, together, strict=True):
        (alone,) = measure(network, images, [lesion])
        assert torch.equal(alone.predicted, score.predicted)
        assert alone.loss == score.loss


@pytest.mark.parametrize("training", [True, False])
def test_networks_are_measured_in_eval_mode_and_left_as_they_were(training: bool) -> None:
    network, images = small().train(training), noise()
    before = {name: value.clone() for name, value in network.state_dict().items()}
    (score,) = measure(network, images, [intact(9)])
    assert network.training is training
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())
    assert score.loss == pytest.approx(evaluate(network, images).loss, rel=1e-5)


# What it costs


def test_a_handful_of_lesions_shares_what_can_be_counted_on_paper() -> None:
    lesions = [intact(4), deletion("a", 4, [3]), deletion("b", 4, [1]), deletion("c", 4, [1, 3]), intact(4)]
    # intact 4; a: blocks 0 to 2 are shared and 3 is gone; b: shares 0, runs 2 and 3; c: shares 0 and 2, 3 is gone
    assert block_evaluations(lesions) == 4 + 0 + 2 + 0
    # a shares 0; then 2, 1, 3 of its own; a further order parts after 0, 2
    assert block_evaluations([reordering("a", [0, 2, 1, 3]), intact(4), reordering("b", [0, 2, 3, 1])]) == 4 + 3 + 2


@pytest.mark.parametrize("blocks", [1, 9, 54])
def test_all_single_deletions_cost_half_of_what_they_cost_alone(blocks: int) -> None:
    lesions = single_deletions(blocks, range(blocks))
    suffixes = blocks * (blocks - 1) // 2  # blocks i + 1 .. n - 1 behind the deleted block i
    assert block_evaluations([intact(blocks), *lesions]) == blocks + suffixes  # 54: 1,485 instead of 2,916
    assert block_evaluations(lesions) == blocks - 1 + suffixes  # nobody asks for the last block of the intact trunk


@pytest.mark.parametrize("blocks", [3, 9, 54])
def test_all_pairs_cost_a_third_of_what_they_cost_alone(blocks: int) -> None:
    found = block_evaluations(pair_deletions(blocks, range(blocks)))
    # the trunk to block n - 3; blocks i + 1 .. n - 2 behind each first deletion; and behind the second one, whatever
    # the first, blocks j + 1 .. n - 1, which are as many as there are triples of blocks
    assert found == blocks - 2 + comb(blocks - 1, 2) + comb(blocks, 3)  # 54: 26,234
    assert blocks < 54 or round(comb(blocks, 2) * (blocks - 2) / found, 1) == 2.8


@pytest.mark.parametrize("lengths", [[2], [5], [2, 4, 9]])
def test_runs_of_blocks_cost_their_ends_and_one_trunk(lengths: list[int]) -> None:
    # a run of k blocks from i on leaves n - k - i blocks behind it; the trunk goes up to the last run's first block
    behind = sum(sum(range(54 - length + 1)) for length in lengths)
    assert block_evaluations(run_deletions(54, range(54), lengths)) == 54 - min(lengths) + behind


def test_random_deletions_of_54_blocks_cost_1_47_times_less_than_alone() -> None:
    lesions = [
        deletion("", 54, random_deletion(54, range(54), count, draw)) for count in range(1, 21) for draw in range(50)
    ]
    alone = sum(54 - len(lesion.deleted) for lesion in lesions)
    assert alone == 50 * sum(54 - count for count in range(1, 21)) == 43_500
    assert round(alone / block_evaluations(lesions), 2) == 1.47


def test_reorderings_of_54_blocks_cost_1_20_times_less_than_alone() -> None:
    orders = [random_swaps(GROUPS_110, 54, swaps, draw) for swaps in (1, 2, 4, 8, 16, 32, 64) for draw in range(50)]
    assert round(54 * len(orders) / block_evaluations([reordering("", order) for order in orders]), 2) == 1.20


def test_repetitions_share_all_that_comes_before_the_block_runs_again() -> None:
    lesions = [intact(9), *block_repetitions(9, range(9), [2, 3])]
    # i twice: i again and the 8 - i blocks behind it; three times: i once more and the same blocks behind it
    assert block_evaluations(lesions) == 9 + 2 * sum(9 - i for i in range(9))
    assert block_evaluations(block_repetitions(54, [20], [2, 3])) == 54 + 1 + (1 + 33)
    assert [lesion.repeated for lesion in block_repetitions(9, [4], [2, 3])] == [(4,), (4, 4)]
    assert (intact(9).repeated, reordering("", reversal(GROUPS_110, 54)).repeated) == ((), ())


@st.composite
def lesion_sets(draw: st.DrawFn) -> list[Lesion]:
    blocks = draw(st.integers(1, 6))
    again = st.lists(st.integers(0, blocks - 1), max_size=2)
    order = again.flatmap(lambda more: st.permutations([*range(blocks), *more]))
    subset = st.frozensets(st.integers(0, blocks - 1))
    found = draw(st.lists(st.tuples(order, subset, subset), min_size=1, max_size=8))
    return [
        Lesion(str(index), tuple(permuted), deleted, skipless - deleted)
        for index, (permuted, deleted, skipless) in enumerate(found)
    ]


@given(lesion_sets())
@settings(max_examples=100, deadline=None)
def test_each_beginning_that_lesions_share_is_run_once(lesions: list[Lesion]) -> None:
    beginnings = {lesion.steps()[:length] for lesion in lesions for length in range(1, len(lesion.order) + 1)}
    assert block_evaluations(lesions) == sum(beginning[-1][1] is not Part.SKIP for beginning in beginnings)


@given(lesion_sets())
@settings(max_examples=100, deadline=None)
def test_no_other_order_of_children_keeps_fewer_activations_alive(lesions: list[Lesion]) -> None:
    def fewest(sequences: set[tuple]) -> int:
        """Over all orders of the children; a fork with children that need a >= b >= ... keeps max(a, b + 1)."""
        children: dict = {}
        for steps in sequences:
            if steps:
                children.setdefault(steps[0], set()).add(steps[1:])
        needs = sorted((fewest(rest) for rest in children.values()), reverse=True)
        return max([1, *needs[:1], *(need + 1 for need in needs[1:])])

    assert trie(lesions).alive == fewest({lesion.steps() for lesion in lesions})


def test_the_engine_runs_as_many_blocks_as_it_says() -> None:
    network, images = small(), noise()
    lesions, runs = many_lesions(network), []
    for block in network.blocks:
        block.body.register_forward_hook(lambda *_: runs.append(1))
    engine_logits(network, lesions, images, slice(0, 12))
    assert len(runs) == block_evaluations(lesions)


# What it holds


@contextmanager
def live_activations(network: Network) -> Iterator[list[int]]:
    """How many activations between blocks exist whenever a block, what is left of one, or the head begins."""
    made: list[weakref.ref] = []
    counts: list[int] = []

    def begin(*_) -> None:
        counts.append(sum(reference() is not None for reference in made))

    def end(_, __, output: Tensor) -> None:
        made.append(weakref.ref(output))

    def watch(delete):
        def watched(x: Tensor) -> Tensor:
            begin()
            output = delete(x)
            end(None, None, output)
            return output

        return watched

    handles = [network.stem.register_forward_hook(end), network.head.register_forward_pre_hook(begin)]
    for block in network.blocks:
        handles += [block.register_forward_pre_hook(begin), block.register_forward_hook(end)]
        block.delete, block.delete_skip = watch(block.delete), watch(block.delete_skip)
    yield counts
    for handle in handles:
        handle.remove()


def test_no_more_activations_exist_at_once_than_was_said() -> None:
    network = small("post-activation")  # the ReLU behind each sum makes every activation a tensor of its own
    for lesions in (
        [intact(9)],
        single_deletions(9, range(9)),
        many_lesions(network),
        [deletion("", 9, [i, j]) for i in range(9) for j in range(i)],
    ):
        with live_activations(network) as counts:
            gc.disable()  # freed by reference counts alone
            measure(network, noise(), lesions)
            gc.enable()
        assert max(counts) == trie(lesions).alive
    assert trie([intact(9)]).alive == 1
    assert trie(single_deletions(9, range(9))).alive == 2  # the trunk, and one suffix at a time


class Peak(TorchDispatchMode):
    """Bytes of the tensors that operations made and that still exist: now, and at most."""

    def __init__(self) -> None:
        super().__init__()
        self.live: dict[int, int] = {}
        self.most = 0

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        output = func(*args, **(kwargs or {}))
        for tensor in tree_leaves(output):
            if isinstance(tensor, Tensor) and tensor.untyped_storage().data_ptr() not in self.live:
                storage = tensor.untyped_storage()
                self.live[storage.data_ptr()] = storage.nbytes()
                weakref.finalize(storage, self.live.pop, storage.data_ptr(), None)
        self.most = max(self.most, sum(self.live.values()))
        return output


@pytest.mark.parametrize("name", NETWORKS)
def test_tensors_stay_within_the_bound_on_memory(name: str) -> None:
    network, images = small(name), noise(40, size=16)
    lesions = many_lesions(network)
    memory = 500_000
    size = batch_size(network, images, trie(lesions).alive, memory)
    assert 1 < size < 40
    with Peak() as peak:
        measure(network, images, lesions, memory_bytes=memory)
    results = len(lesions) * 40 * 8  # the predicted classes
    assert 0.3 * memory < peak.most - results < memory


def bytes_per_image(network: Network, images: Images) -> int:
    """Of the largest activation between blocks: 4 channels of 8 x 8 floats, in a VGG 6."""
    return 4 * 64 * network.blocks[0].out_channels


def test_the_batch_follows_from_the_bound() -> None:
    network, images = small(), noise()
    one = 4 * 64 * 4  # 4 channels of 8 x 8 pixels in float32
    for alive, memory, size in (
        (1, 9 * one * 3, 3),
        (2, 10 * one * 3, 3),
        (2, 10 * one * 3 - 1, 2),
        (2, 1, 1),
        (2, 2**40, 500),
    ):
        assert batch_size(network, images, alive, memory) == size


# What is refused


@pytest.mark.parametrize(
    ("lesion", "said"),
    [
        (Lesion("a", (0, 1, 2)), r"a: order \[0, 1, 2\] must name each of the blocks 0 to 8, and no other"),
        (Lesion("a", (0, 0, *range(2, 9))), "must name each of the blocks 0 to 8, and no other"),
        (Lesion("a", (*range(8), 9)), "must name each of the blocks 0 to 8, and no other"),
        (Lesion("a", (*range(9), 9)), "must name each of the blocks 0 to 8, and no other"),
        (block_repetitions(9, [3], [2])[0], "repeat-003-x2: block 3 cannot run more than once"),
        (Lesion("a", (*range(9), 1)), "a: block 1 reads 4 channels, and the order hands it 16"),
        (deletion("a", 9, [9]), "a: there is no block 9 to delete: blocks are 0 to 8"),
        (deletion("a", 9, [-1]), "there is no block -1 to delete"),
        (Lesion("a", tuple(range(9)), skipless=frozenset([9])), "a: there is no skip 9 to delete"),
        (Lesion("a", tuple(range(9)), frozenset([2]), frozenset([2])), "a: nothing is left of block 2"),
        (reordering("a", (3, 1, 2, 0, *range(4, 9))), "a: block 1 reads 4 channels, and the order hands it 8"),
        (reordering("a", (8, *range(8))), "a: block 8 reads 16 channels, and the order hands it 4"),
    ],
)
def test_lesions_that_do_not_fit_the_network_are_refused(lesion: Lesion, said: str) -> None:
    network, images = small(), noise()
    with pytest.raises(NetworkError, match=said):
        measure(network, images, [intact(9), lesion])


def test_blocks_that_must_stay_are_named() -> None:
    plain = build("plain", in_channels=3, classes=4, depth=20, width=4)
    with pytest.raises(NetworkError, match="single-003: block 3 cannot be deleted: it takes 4 channels to 8"):
        check(plain, single_deletions(9, range(9)))
    deletable = rows.deletable_blocks(plain)
    assert 3 not in deletable
    assert 6 not in deletable
    check(plain, single_deletions(9, deletable))


# Rows


def test_broken_and_repaired_images_are_counted_on_paper() -> None:
    labels = torch.tensor([0, 1, 2, 3, 0, 1])
    before = Score(torch.tensor([0, 1, 2, 3, 1, 2]), labels, 0.1)  # right: 0 1 2 3
    after = Score(torch.tensor([0, 0, 0, 3, 0, 3]), labels, 0.9)  # right: 0 3 4
    assert rows.damage(before, after) == {
        "errors": 3, "images": 6, "error": 0.5, "loss": 0.9, "broken": 2, "repaired": 1,
    }  # fmt: skip


def test_rows_of_single_deletions_say_what_was_deleted() -> None:
    network, images = small(), noise()
    found, scores = single(network, images)
    assert [row["lesion"] for row in found] == [f"single-{block:03d}" for block in range(9)]
    assert [row["deleted"] for row in found] == [[block] for block in range(9)]
    assert {(row["experiment"], row["count"], row["draw"], row["recalibrated"]) for row in found} == {
        ("single", 1, None, False)
    }
    before = evaluate(network, images)
    for row, score, block in zip(found, scores, range(9), strict=True):
        predicted = by_hand(network, images.normalised(0, 12), deletion("", 9, [block])).argmax(1)
        assert torch.equal(score.predicted, predicted)
        assert row["errors"] == int((predicted != images.labels).sum())
        assert row["errors"] - before.errors == row["broken"] - row["repaired"]


def test_rows_of_random_deletions_come_count_by_count_with_the_draws_of_the_rule() -> None:
    found = random(small(), noise(), [1, 3], [10, 11])
    assert [row["lesion"] for row in found] == [
        "random-k01-d010",
        "random-k01-d011",
        "random-k03-d010",
        "random-k03-d011",
    ]
    assert [row["draw"] for row in found] == [10, 11, 10, 11]
    assert [row["count"] for row in found] == [1, 1, 3, 3]
    assert [tuple(row["deleted"]) for row in found] == [
        random_deletion(9, range(9), count, draw) for count in (1, 3) for draw in (10, 11)
    ]
    assert random(small(), noise(), [3], [11]) == found[3:]  # a chunk by itself


def test_vgg_layers_are_deleted_like_blocks() -> None:
    network = small("vgg")
    found, _ = single(network, noise())
    assert [row["deleted"] for row in found] == [[layer] for layer in range(14)]


def test_rows_of_reorderings_hold_the_order_and_its_distance() -> None:
    network, images = small(), noise()
    found = {row["reordering"]: row for row in reorder(network, images, [1, "shuffle", "reversal"], [0, 1])}
    assert list(found) == ["identity", "reversal", "swaps-001-d000", "swaps-001-d001", "shuffle-d000", "shuffle-d001"]
    same, back = found["identity"], found["reversal"]
    assert (same["permutation"], same["kendall_tau"], same["broken"], same["repaired"]) == (list(range(9)), 1.0, 0, 0)
    assert same["errors"] == evaluate(network, images).errors
    assert back["permutation"] == [2, 1, 0, 3, 5, 4, 6, 8, 7]
    assert back["kendall_tau"] == pytest.approx(1 - 2 * 5 / 36)  # 3 + 1 + 1 inversions of 36 pairs
    logits = by_hand(network, images.normalised(0, 12), reordering("", back["permutation"]))
    assert back["errors"] == int((logits.argmax(1) != images.labels).sum())
    assert (back["swaps"], back["draw"], found["swaps-001-d001"]["swaps"], found["swaps-001-d001"]["draw"]) == (
        None, None, 1, 1,
    )  # fmt: skip


def test_the_identity_and_the_reversal_belong_to_the_first_chunk_of_draws() -> None:
    later = reorder(small(), noise(), [1, "reversal"], range(10, 12))
    assert [row["reordering"] for row in later] == ["swaps-001-d010", "swaps-001-d011"]


# Beyond the paper


def test_a_skip_is_deleted_by_a_factor_of_nothing() -> None:
    """Another way to the same numbers: a network whose skip gives zeros. The post-activation ReLU stays."""
    for name in ("pre-activation", "pre-activation, projection", "post-activation"):
        network, images = small(name), noise()
        for block in (0, 3, 4, 8):  # 3 changes shape
            kept = network.blocks[block].shortcut
            network.blocks[block].shortcut = Zeros(kept)
            expected = evaluate(network, images)
            network.blocks[block].shortcut = kept
            (score,) = measure(network, images, skip_deletions(9, [block]))
            assert torch.equal(score.predicted, expected.predicted)
            assert score.loss == pytest.approx(expected.loss, rel=1e-5)


class Zeros(nn.Module):
    """Nothing, of the shape that a part gives."""

    def __init__(self, part: nn.Module) -> None:
        super().__init__()
        self.part = part

    def forward(self, x: Tensor) -> Tensor:
        return torch.zeros_like(self.part(x))


def test_a_block_without_a_skip_has_none_to_delete() -> None:
    network, images = small("vgg"), noise()
    with pytest.raises(NetworkError, match="skip-005: block 5 has no skip connection to delete"):
        measure(network, images, skip_deletions(14, [5]))
    with pytest.raises(NetworkError, match="this block has no skip connection to delete"):
        network.blocks[5].delete_skip(torch.zeros(1, 6, 8, 8))
    with pytest.raises(NetworkError, match="this network has no skip connections to delete"):
        skip(network, images)


def test_all_pairs_and_all_runs_are_named_by_what_they_delete() -> None:
    pairs = {lesion.name: lesion.deleted for lesion in pair_deletions(54, range(54))}
    assert len(pairs) == 54 * 53 // 2
    assert pairs["pair-003-017"] == {3, 17}
    runs = {lesion.name: lesion.deleted for lesion in run_deletions(54, range(54), [2, 4])}
    assert len(runs) == 53 + 51
    assert runs["run-012-004"] == {12, 13, 14, 15}
    around = run_deletions(9, [block for block in range(9) if block not in (3, 6)], [2, 3])
    assert [lesion.name[4:] for lesion in around] == ["000-002", "001-002", "004-002", "007-002", "000-003"]


def test_rows_of_pairs_runs_and_skips_are_those_of_plain_loops() -> None:
    network, images = small(), noise()
    found = {row["lesion"]: row for row in pairs(network, images)[0] + runs(network, images, [3])}
    found |= {row["lesion"]: row for row in skip(network, images)}
    assert len(found) == 36 + 7 + 9
    for name, lesion, experiment in (
        ("pair-001-004", deletion("", 9, [1, 4]), "pair"),
        ("run-005-003", deletion("", 9, [5, 6, 7]), "run"),
        ("skip-003", Lesion("", tuple(range(9)), skipless=frozenset([3])), "skip"),
    ):
        row, predicted = found[name], by_hand(network, images.normalised(0, 12), lesion).argmax(1)
        deleted = sorted(lesion.deleted | lesion.skipless)
        assert (row["experiment"], row["deleted"], row["count"]) == (experiment, deleted, len(deleted))
        assert (row["errors"], row["recalibrated"]) == (int((predicted != images.labels).sum()), False)


def test_a_block_that_halves_what_it_is_given_does_so_every_time_it_runs() -> None:
    """On paper: a branch of -x / 2 beside the identity gives x / 2, so r runs give x / 2^r."""
    network = small()
    block = network.blocks[4]
    block.shared, block.body, block.scale = nn.Identity(), Halves(), 1.0
    x = torch.randn(2, 8, 4, 4)
    for times, lesion in enumerate([intact(9), *block_repetitions(9, [4], range(2, 6))], start=1):
        y = x
        for step in lesion.steps()[4 : 4 + times]:
            y = engine.layer(network.blocks[step[0]], step)(y)
        assert lesion.steps()[4 + times] == (5, Part.WHOLE)
        assert torch.equal(y, x / 2**times)


class Halves(nn.Module):
    """Minus one half of what it is given."""

    def forward(self, x: Tensor) -> Tensor:
        return -x / 2


def test_rows_of_repetitions_are_those_of_a_plain_loop_over_blocks_that_keep_their_shape() -> None:
    network, images = small(), noise()
    found = {row["lesion"]: row for row in repetitions(network, images, [2, 4])}
    kept = [block for block in range(9) if block not in (3, 6)]
    assert list(found) == [f"repeat-{block:03d}-x{times}" for times in (2, 4) for block in kept]
    x = network.stem(images.normalised(0, 12))
    with torch.inference_mode():
        for block in [0, 1, 1, 1, 1, *range(2, 9)]:
            x = network.blocks[block](x)
        wrong = int((network.head(x).argmax(1) != images.labels).sum())
    row = found["repeat-001-x4"]
    assert (row["experiment"], row["count"], row["deleted"], row["repeated"]) == ("repeat", 0, [], [1, 1, 1])
    assert (row["errors"], row["draw"], row["recalibrated"]) == (wrong, None, False)
    assert runs(network, images, [2])[0]["repeated"] is None


def test_layers_that_pool_or_change_channels_are_not_repeated() -> None:
    found = repetitions(small("vgg"), noise(), [2])
    # groups of 2, 3, 3, 3, 3 layers: the first layer takes 3 channels to 6, the last of each group pools
    assert [row["repeated"] for row in found] == [[block] for block in (2, 3, 5, 6, 8, 9, 11, 12)]


class Lesioned(nn.Module):
    """A network that runs under one lesion only, for `recalibrate`."""

    def __init__(self, network: Network, lesion: Lesion) -> None:
        super().__init__()
        self.network, self.active = network, [block not in lesion.deleted for block in lesion.order]

    def forward(self, x: Tensor) -> Tensor:
        return self.network(x, self.active)


@pytest.mark.parametrize("name", NETWORKS)
def test_statistics_re_estimated_together_are_those_of_each_lesioned_network_alone(name: str) -> None:
    network, train, test = small(name), noise(521), noise(23)  # a batch of 500 and one of 21
    blocks = len(network.blocks)
    lesions = [intact(blocks), *single_deletions(blocks, rows.deletable_blocks(network)), deletion("", blocks, [2, 4])]
    before = {key: value.clone() for key, value in network.state_dict().items()}
    together = measure_recalibrated(network, train, test, lesions)
    assert all(torch.equal(value, before[key]) for key, value in network.state_dict().items())
    for lesion, score in list(zip(lesions, together, strict=True))[::4]:
        alone = Lesioned(small(name), lesion)
        recalibrate(alone, train)
        expected = evaluate(alone, test)
        assert torch.equal(score.predicted, expected.predicted)
        assert score.loss == pytest.approx(expected.loss, rel=1e-6)


def test_behind_a_deleted_block_the_mean_over_batches_of_their_statistics_is_used() -> None:
    """By hand: the first batch norm behind deleted block 0, whose input is the stem's output as it is."""
    network, train, test = small(), noise(600), noise(23)
    norm = next(part for part in network.blocks[1].modules() if isinstance(part, nn.BatchNorm2d))
    with torch.no_grad():
        entering = [network.stem(train.normalised(start, start + 500)) for start in (0, 500)]
    mean = sum(x.mean((0, 2, 3)) for x in entering) / 2
    var = sum(x.var((0, 2, 3)) for x in entering) / 2  # unbiased
    seen: list[nn.BatchNorm2d] = []
    norm.register_forward_hook(lambda module, *_: seen.append(module))
    measure_recalibrated(network, train, test, [deletion("", 9, [0])])
    assert torch.allclose(seen[0].running_mean, mean, atol=1e-6)
    assert torch.allclose(seen[0].running_var, var, rtol=1e-5)
    assert seen[0].weight is norm.weight


def test_rows_of_recalibrated_deletions_are_held_against_the_network_as_it_was_trained() -> None:
    network, train, test = small(), noise(40), noise(23)
    found = recalibrated(network, train, test)
    assert [row["lesion"] for row in found] == ["intact+bn", *(f"single-{block:03d}+bn" for block in range(9))]
    assert {(row["experiment"], row["recalibrated"], row["count"]) for row in found} == {
        ("intact", True, 0), ("single", True, 1),
    }  # fmt: skip
    before = evaluate(network, test)
    assert all(row["errors"] - before.errors == row["broken"] - row["repaired"] for row in found)
