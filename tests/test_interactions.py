"""Interactions of pairs: answers against a loop over images, tests against all signs, intervals against a paper."""

import itertools
from math import sqrt

import numpy as np
import pytest
import torch
from scipy import stats

from resdag.lesions.engine import block_evaluations
from resdag.lesions.lesion import deletion, intact, single_deletions
from resdag.lesions.pair import count_answers, pair_deletions, pairs
from resdag.queries.interactions import interactions, mean_interval, sign_flip
from resdag.queries.statistics import holm, mcnemar
from rows_by_hand import STUDY, empty, insert, pair_answers
from test_lesions import by_hand, noise, small


def test_answers_to_pairs_are_those_of_a_plain_loop_over_lesions_and_images() -> None:
    network, images = small(), noise()
    rows, answers = pairs(network, images)
    assert len(rows) == len(answers) == 36
    batch = images.normalised(0, 12)
    wrong = {
        blocks: by_hand(network, batch, deletion("", 9, blocks)).argmax(1) != images.labels
        for count in range(3)
        for blocks in itertools.combinations(range(9), count)
    }
    for lesion, row in zip(rows, answers, strict=True):
        i, j = row["first"], row["second"]
        excess = [
            int(wrong[i, j][at]) - int(wrong[(i,)][at]) - int(wrong[(j,)][at]) + int(wrong[()][at]) for at in range(12)
        ]
        assert [row[name] for name in ("minus_two", "minus_one", "plus_one", "plus_two")] == [
            excess.count(value) for value in (-2, -1, 1, 2)
        ]
        assert lesion["deleted"] == [i, j]
        assert row["errors"] == lesion["errors"] == int(wrong[i, j].sum())
        assert (row["intact_errors"], row["first_errors"], row["second_errors"]) == tuple(
            int(wrong[blocks].sum()) for blocks in ((), (i,), (j,))
        )


def test_every_answer_that_four_networks_can_give_is_counted() -> None:
    four = torch.tensor(list(itertools.product([False, True], repeat=4))).T
    row = count_answers(*four)
    # z = both - first - second + intact over 16 cases: of 4 signed coins, C(4, k) come to k - 2
    assert [row[name] for name in ("minus_two", "minus_one", "plus_one", "plus_two")] == [1, 4, 4, 1]
    assert [row[name] for name in ("intact_errors", "first_errors", "second_errors", "errors")] == [8] * 4


@pytest.mark.workflow
def test_the_single_deletions_of_a_pair_cost_one_block_each() -> None:
    blocks = range(54)
    together = [intact(54), *pair_deletions(54, blocks)]
    alone = single_deletions(54, blocks)
    assert block_evaluations([*together, *alone]) - block_evaluations(together) == 53  # the last block, for all but one


@pytest.mark.parametrize(("ones", "twos"), [(0, 0), (1, 0), (5, 0), (0, 3), (4, 1), (5, 3), (7, 2)])
def test_the_test_of_signs_is_what_all_signs_say(ones: int, twos: int) -> None:
    values = np.array([1] * ones + [2] * twos)
    sums = np.array([values @ signs for signs in itertools.product([-1, 1], repeat=ones + twos)])
    for total in sorted(set(sums.tolist())):
        expected = (abs(sums) >= abs(total)).mean()
        assert sign_flip(ones, twos, total) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize(("broken", "repaired"), [(12, 2), (0, 0), (30, 31), (400, 310)])
def test_without_twos_it_is_mcnemars(broken: int, repaired: int) -> None:
    assert sign_flip(broken + repaired, 0, broken - repaired) == pytest.approx(mcnemar(broken, repaired), rel=1e-9)


def test_the_interval_of_ones_is_agresti_and_mins() -> None:
    # Agresti and Min 2005, section 2: 1/2 added to each cell of the table of n pairs, then Wald's interval.
    n, b, c, z = 100, 9, 3, stats.norm.ppf(0.975)
    low, high = ((b - c + sign * z * sqrt((b + c + 1) - (b - c) ** 2 / (n + 2))) / (n + 2) for sign in (-1, 1))
    assert mean_interval(b + c, 0, b - c, n, 0.95) == pytest.approx((0.06, low, high))


def test_the_interval_holds_the_true_mean_about_as_often_as_it_says() -> None:
    chances, values = np.array([0.004, 0.03, 0.886, 0.07, 0.01]), np.arange(-2, 3)
    draws = np.random.default_rng(0).multinomial(300, chances, 2000)
    held = [
        low <= values @ chances <= high
        for low, high in (
            mean_interval(row[1] + row[3], row[0] + row[4], int(values @ row), 300, 0.95)[1:] for row in draws
        )
    ]
    assert 0.935 < np.mean(held) < 0.97


@pytest.mark.workflow
def test_pairs_are_corrected_together_and_each_network_and_seed_by_itself() -> None:
    errors = {(0, 1): 1000, (0, 2): 955, (1, 2): 880}
    with empty() as con:
        for of in ({}, {"seed": 1}):
            some = [pair_answers(*blocks, errors=wrong, **of) for blocks, wrong in errors.items()]
            insert(con, "pair_answers", [*some[:2], some[2] | {"minus_one": 90, "plus_one": 20}])
        rows = list(interactions(con, STUDY, 0.95))
    expected = [sign_flip(90, 0, 50), sign_flip(45, 0, 5), sign_flip(110, 0, -70)]
    for part in (rows[:3], rows[3:]):
        assert [row["p"] for row in part] == pytest.approx(expected)
        assert [row["p_holm"] for row in part] == pytest.approx(holm(expected).tolist())
        assert [row["significant"] for row in part] == [True, False, True]
        assert [row["interaction"] for row in part] == pytest.approx([0.005, 0.0005, -0.007])
        assert [row["change"] - row["change_first"] - row["change_second"] for row in part] == pytest.approx(
            [row["interaction"] for row in part]
        )
