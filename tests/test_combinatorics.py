"""Closed forms against STUDY's numbers and enumeration; draws against uniformity, pinned values, and each other."""

from collections import Counter
from itertools import combinations, permutations
from math import comb, sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resdag import combinatorics as c
from resdag.errors import NetworkError

# The pre-activation ResNet-110: 54 blocks, of which 18 and 36 change the shape and stay where they are.
GROUPS = [list(range(0, 18)), list(range(19, 36)), list(range(37, 54))]


def chi_square(counts: Counter, cells: int) -> float:
    """Pearson's statistic against equal frequencies over so many cells, empty ones included."""
    expected = counts.total() / cells
    return sum((counted - expected) ** 2 / expected for counted in counts.values()) + (cells - len(counts)) * expected


# --- counting -----------------------------------------------------------------------------------------------------


def test_lengths_of_54_blocks_are_those_of_the_paper():
    lengths = c.path_lengths(54)
    assert sum(row.paths for row in lengths) == 2**54
    assert sum(row.length * row.fraction for row in lengths) == pytest.approx(27)
    assert round(c.fraction_in(54, 19, 35), 4) == 0.9802
    assert round(100 * c.fraction_in(54, 5, 17), 4) == 0.4537


def test_lengths_agree_with_all_paths_of_a_small_network():
    paths = [sum(path) for path in _all_paths(8)]
    for row in c.path_lengths(8):
        assert row.paths == paths.count(row.length)
        assert row.fraction == paths.count(row.length) / len(paths)


@pytest.mark.parametrize("blocks", [0, 1, 54, 67, 600])
def test_fractions_add_up_to_one_however_many_blocks(blocks):
    assert sum(row.fraction for row in c.path_lengths(blocks)) == pytest.approx(1, rel=1e-12)
    assert c.fraction_in(blocks, 0, blocks) == 1
    assert c.fraction_in(blocks, -5, blocks + 5) == 1


def test_the_middle_of_600_blocks_is_what_stirling_says():
    # C(2m, m) / 4^m = (pi m)^(-1/2) (1 - 1/(8m) + 1/(128 m^2) + ...)
    m = 300
    expected = (3.141592653589793 * m) ** -0.5 * (1 - 1 / (8 * m) + 1 / (128 * m * m))
    assert c.path_lengths(2 * m)[m].fraction == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize(
    ("deleted", "length", "expected", "digits"),
    [
        (1, 1, 0.981, 3), (1, 5, 0.907, 3), (1, 11, 0.796, 3), (1, 17, 0.685, 3), (1, 27, 0.500, 3),
        (10, 1, 0.815, 3), (10, 5, 0.343, 3), (10, 11, 0.080, 3), (10, 17, 0.0146, 4), (10, 27, 0.0004, 4),
        (20, 1, 0.630, 3), (20, 5, 0.088, 3), (20, 11, 0.003, 3),
    ],
)  # fmt: skip
def test_paths_remaining_after_deletions_are_those_of_the_study(deleted, length, expected, digits):
    assert round(c.paths_remaining(54, deleted, length), digits) == expected


@pytest.mark.parametrize("blocks", [1, 2, 5, 10, 16])
def test_paths_remaining_agree_with_every_path_of_a_small_network(blocks):
    for deleted in range(blocks + 1):
        all_paths, left = Counter(), Counter()
        for path in range(2**blocks):  # bit i: the path enters branch i; the last `deleted` branches are gone
            all_paths[path.bit_count()] += 1
            left[path.bit_count()] += path < 2 ** (blocks - deleted)
        for length in range(blocks + 1):
            assert c.paths_remaining(blocks, deleted, length) == left[length] / all_paths[length]


def test_it_does_not_matter_which_blocks_were_deleted():
    for gone in combinations(range(8), 3):
        for length in range(9):
            left = sum(not set(gone) & set(path) for path in combinations(range(8), length))
            assert c.paths_remaining(8, 3, length) == left / comb(8, length)


def test_more_deletions_than_blocks_are_refused_in_a_sentence():
    with pytest.raises(NetworkError, match="deleted is 55: of 54 blocks it must be one of 0 to 54"):
        c.paths_remaining(54, 55, 3)


def test_tau_counts_discordant_pairs():
    assert c.kendall_tau([0, 1, 2, 3]) == 1
    assert c.kendall_tau([3, 2, 1, 0]) == -1
    assert c.kendall_tau([1, 0, 2, 3]) == 2 / 3  # five pairs agree, one does not
    assert c.kendall_tau([0]) == c.kendall_tau([]) == 1


def test_tau_agrees_with_scipy():
    from scipy.stats import kendalltau

    order = c.shuffle(GROUPS, 54, 0)
    assert c.kendall_tau(order) == pytest.approx(kendalltau(range(54), order).statistic, rel=1e-12)


def test_tau_refuses_what_is_no_order():
    with pytest.raises(NetworkError, match="each of its 3 blocks once"):
        c.kendall_tau([0, 0, 2])


def test_a_reversal_within_shapes_has_the_tau_of_the_study():
    order = c.reversal(GROUPS, 54)
    assert order[18] == 18 and order[36] == 36 and order[0] == 17 and order[53] == 37
    assert c.kendall_tau(order) == pytest.approx(1 - 2 * 425 / comb(54, 2))
    assert round(c.kendall_tau(order), 3) == 0.406


def test_shuffles_within_shapes_have_the_mean_tau_of_the_study():
    # half of the 425 pairs come out inverted: E[tau] = 1 - 425 / C(54, 2) = .703.  The inversions of a shuffle of g
    # have variance g (g - 1)(2g + 5) / 72, and tau moves by 2 / C(54, 2) with each.
    taus = [c.kendall_tau(c.shuffle(GROUPS, 54, draw)) for draw in range(400)]
    mean = 1 - 425 / comb(54, 2)
    sd = 2 / comb(54, 2) * sqrt(sum(g * (g - 1) * (2 * g + 5) / 72 for g in (18, 17, 17)))
    assert round(mean, 3) == 0.703
    assert abs(sum(taus) / len(taus) - mean) < 3 * sd / sqrt(len(taus))


def test_stochastic_depth_keeps_as_many_blocks_as_the_study_says():
    assert c.mean_blocks_kept(54, 0.5) == 40.25
    assert sum(c.survival(54, 0.5)) == pytest.approx(40.25)
    assert round(c.mean_path_length_kept(54, 0.5), 1) == 20.1
    assert c.survival(4, 0.5) == [0.875, 0.75, 0.625, 0.5]


# --- draws --------------------------------------------------------------------------------------------------------


def test_draws_are_pinned():
    # Results that exist rest on these; if this fails, the rule has changed, and every old draw with it.
    assert c.generator("random", 10, 3, 54).bit_generator.random_raw() == 7911396588053660127
    assert c.random_deletion(54, range(54), 10, 3) == (2, 4, 8, 15, 20, 30, 39, 42, 43, 45)
    assert c.random_deletion(54, [0, 5, 9, 30, 53], 2, 7) == (0, 9)
    assert _moved(c.random_swaps(GROUPS, 54, 2, 0)) == {23: 27, 27: 23, 40: 50, 50: 40}
    assert c.shuffle([range(6)], 6, 4) == (5, 3, 2, 4, 1, 0)
    assert c.path_choice(54, 5, 0) == (17, 20, 39, 48, 49)
    assert c.batch_choice(50000, 0, 8) == (22903, 47357, 35969, 49990, 1682, 37593, 27307, 30774)
    assert c.active_blocks(12, 5, 1, 100) == (2, 3, 5, 7, 10)
    assert c.surviving_blocks(c.survival(12, 0.5), 1, 100) == (0, 1, 2, 3, 4, 5, 6, 7, 9, 11)


def test_draws_do_not_depend_on_what_was_drawn_before():
    once = [c.random_deletion(54, range(54), 5, draw) for draw in range(10)]
    c.shuffle(GROUPS, 54, 0)
    again = [c.random_deletion(54, range(54), 5, draw) for draw in reversed(range(10))]
    assert once == again[::-1]


def test_draws_do_not_depend_on_the_order_in_which_blocks_are_listed():
    assert c.random_deletion(54, list(range(54))[::-1], 5, 2) == c.random_deletion(54, range(54), 5, 2)
    backwards = [group[::-1] for group in GROUPS[::-1]]
    assert c.random_swaps(backwards, 54, 9, 1) == c.random_swaps(GROUPS, 54, 9, 1)
    assert c.shuffle(backwards, 54, 1) == c.shuffle(GROUPS, 54, 1)
    assert c.reversal(backwards, 54) == c.reversal(GROUPS, 54)


def test_each_part_of_a_draw_s_name_changes_its_generator():
    names = [("random", 1, 2, 54), ("swaps", 1, 2, 54), ("random", 2, 1, 54), ("random", 1, 2, 5), ("random", 12, 5, 4)]
    assert len({int(c.generator(*name).bit_generator.random_raw()) for name in names}) == len(names)


# Critical values of chi-square at .001: 36.12 (14 degrees of freedom), 22.46 (6), 49.73 (23), 43.82 (19).


def test_deletions_are_uniform_over_all_sets():
    counts = Counter(c.random_deletion(6, range(6), 2, draw) for draw in range(3000))
    assert set(counts) == set(combinations(range(6), 2))
    assert chi_square(counts, 15) < 36.12


def test_deletions_are_uniform_over_the_deletable_blocks_only():
    counts = Counter(c.random_deletion(9, [1, 2, 4, 6, 7, 8], 2, draw) for draw in range(3000))
    assert set(counts) == set(combinations([1, 2, 4, 6, 7, 8], 2))
    assert chi_square(counts, 15) < 36.12


def test_a_swap_is_uniform_over_pairs_not_over_groups():
    groups = [[0, 1, 2, 3], [5, 6]]  # 6 pairs and 1
    counts = Counter(frozenset(_moved(c.random_swaps(groups, 7, 1, draw))) for draw in range(3500))
    assert set(counts) == {frozenset(pair) for group in groups for pair in combinations(group, 2)}
    assert chi_square(counts, 7) < 22.46


def test_a_swap_at_54_blocks_has_425_pairs_and_always_moves_two_blocks():
    pairs = {frozenset(_moved(c.random_swaps(GROUPS, 54, 1, draw))) for draw in range(4000)}
    assert all(len(pair) == 2 for pair in pairs)
    assert len(pairs) == sum(comb(len(group), 2) for group in GROUPS) == 425


def test_shuffles_are_uniform_over_all_orders():
    counts = Counter(c.shuffle([range(4)], 4, draw) for draw in range(4800))
    assert set(counts) == set(permutations(range(4)))
    assert chi_square(counts, 24) < 49.73


def test_sampled_paths_are_uniform_over_the_paths_of_their_length():
    counts = Counter(c.path_choice(6, 3, sample) for sample in range(4000))
    assert set(counts) == set(combinations(range(6), 3))
    assert chi_square(counts, 20) < 43.82


def test_active_blocks_are_uniform_and_each_seed_has_its_own():
    counts = Counter(c.active_blocks(6, 3, 0, step) for step in range(4000))
    assert chi_square(counts, 20) < 43.82
    assert [c.active_blocks(54, 23, 0, s) for s in range(5)] != [c.active_blocks(54, 23, 1, s) for s in range(5)]


def test_blocks_survive_with_their_probabilities_independently():
    probabilities, steps = c.survival(5, 0.5), 4000
    kept = [set(c.surviving_blocks(probabilities, 0, step)) for step in range(steps)]
    for block, p in enumerate(probabilities):
        assert abs(sum(block in k for k in kept) - p * steps) < 4 * sqrt(p * (1 - p) * steps)
    p = probabilities[3] * probabilities[4]
    assert abs(sum({3, 4} <= k for k in kept) - p * steps) < 4 * sqrt(p * (1 - p) * steps)


def test_certain_and_impossible_survival_are_exact():
    assert c.surviving_blocks([1.0] * 54, 0, 0) == tuple(range(54))
    assert c.surviving_blocks([0.0] * 54, 0, 0) == ()


def test_a_batch_has_no_image_twice_and_may_be_the_whole_set():
    assert len(set(c.batch_choice(50000, 3, 128))) == 128
    assert sorted(c.batch_choice(100, 0, 100)) == list(range(100))
    assert c.batch_choice(100, 0, 10) != c.batch_choice(100, 1, 10)


def test_bounded_numbers_have_no_bias_where_a_plain_remainder_would():
    # below 3 * 2^62 a plain remainder of a 64-bit word gives the lowest third with probability 1/2
    source = c.generator("bias", 0, 0, 0)
    low = sum(c._below(source, 3 * 2**62) < 2**62 for _ in range(3000))
    assert abs(low - 1000) < 4 * sqrt(3000 * 2 / 9)


def test_what_cannot_be_drawn_is_refused_in_a_sentence():
    with pytest.raises(NetworkError, match="6 blocks cannot be deleted: 5 of 9 are deletable"):
        c.random_deletion(9, range(5), 6, 0)
    with pytest.raises(NetworkError, match="nothing to swap"):
        c.random_swaps([[0], [1]], 2, 1, 0)
    with pytest.raises(NetworkError, match="no path of length 7"):
        c.path_choice(6, 7, 0)
    with pytest.raises(NetworkError, match="a batch of 11 images cannot be drawn from 10"):
        c.batch_choice(10, 0, 11)
    with pytest.raises(NetworkError, match="blocks_per_batch 7"):
        c.active_blocks(6, 7, 0, 0)


@st.composite
def networks(draw):
    """(blocks, groups): places of a small network and a partition of some of them into groups."""
    labels = draw(st.lists(st.integers(0, 3), min_size=2, max_size=20))
    groups = [[place for place, label in enumerate(labels) if label == group] for group in (1, 2, 3)]
    return len(labels), [group for group in groups if group]


@given(networks(), st.integers(0, 30), st.integers(0, 1000))
def test_orders_are_orders_and_blocks_stay_within_their_groups(network, swaps, draw):
    blocks, groups = network
    orders = [c.shuffle(groups, blocks, draw), c.reversal(groups, blocks)]
    if any(len(group) > 1 for group in groups):
        orders.append(c.random_swaps(groups, blocks, swaps, draw))
    for order in orders:
        assert sorted(order) == list(range(blocks))
        assert all({order[place] for place in group} == set(group) for group in groups)
        assert all(order[place] == place for place in set(range(blocks)) - {p for group in groups for p in group})
        assert -1 <= c.kendall_tau(order) <= 1


@given(st.data(), st.integers(1, 60), st.integers(0, 10**6))
def test_deletions_are_so_many_distinct_deletable_blocks(data, blocks, draw):
    deletable = data.draw(st.lists(st.integers(0, blocks - 1), unique=True))
    count = data.draw(st.integers(0, len(deletable)))
    deleted = c.random_deletion(blocks, deletable, count, draw)
    assert list(deleted) == sorted(set(deleted))
    assert len(deleted) == count and set(deleted) <= set(deletable)


def test_no_swaps_is_the_trained_order():
    assert c.random_swaps(GROUPS, 54, 0, 5) == tuple(range(54))


def _all_paths(blocks: int) -> list[tuple[int, ...]]:
    return [tuple(path >> block & 1 for block in range(blocks)) for path in range(2**blocks)]


def _moved(order: tuple[int, ...]) -> dict[int, int]:
    return {place: block for place, block in enumerate(order) if place != block}
