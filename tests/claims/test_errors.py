"""Verdicts on errors of whole networks: the baseline, equivalence at two margins, frozen gates."""

import json

import pytest

from claims_by_hand import EFFECTIVE, judge, judged, merged, seeds, verdict
from rows_by_hand import evaluation


@pytest.mark.parametrize(
    ("errors", "expected"),
    [
        ((610, 620, 630), "reproduced"),
        ((500, 510, 505), "not reproduced"),
        ((660, 690, 700), "inconclusive"),
        ((625,), "reproduced"),  # one seed: Wilson, 5.79 to 6.74 %
        ((670,), "inconclusive"),
    ],
)
def test_the_baseline_is_held_to_its_range(errors: tuple[int, ...], expected: str) -> None:
    row = judge(seeds(*errors), "baseline_error")
    assert (row["verdict"], row["paper_value"]) == (expected, 0.061)
    assert row["interval_kind"].startswith("Wilson" if len(errors) == 1 else "Student's t")


def test_the_interval_of_an_error_stays_in_0_to_1() -> None:
    row = judge(seeds(10, 300), "baseline_error")
    assert (row["low"], row["verdict"]) == (0.0, "inconclusive")


def test_on_another_dataset_the_authors_error_is_not_asked_for() -> None:
    row = judge(seeds(8, 9, images=360), "baseline_error", dataset="digits")
    assert (row["verdict"], row["ours"]) == ("not run", None)
    assert "the authors' error is of CIFAR-10" in row["detail"]


def test_a_training_of_fewer_epochs_is_not_held_to_the_authors_error() -> None:
    short = judge(seeds(900, recipe=json.dumps({"epochs": 20})), "baseline_error")
    assert (short["verdict"], short["ours"]) == ("not run", None)
    assert "was trained for 20 epochs, the authors' for 164" in short["detail"]
    assert verdict(seeds(620, recipe=json.dumps({"epochs": 164})), "baseline_error") == "reproduced"


def test_few_images_say_what_one_of_them_is_worth() -> None:
    assert "one is 0.28 points" in judge(seeds(8, 9, images=360), "baseline_error")["detail"]


@pytest.mark.parametrize(
    ("effective", "wide", "narrow"),
    [
        ((600, 610, 605), "reproduced", "reproduced"),
        ((643, 655, 649), "reproduced", "inconclusive"),  # .37 points more, between both margins
        ((900, 910, 905), "not reproduced", "not reproduced"),
        ((560, 690, 640), "inconclusive", "inconclusive"),
    ],
)
def test_effective_path_training_is_judged_by_equivalence_at_two_margins(
    effective: tuple[int, ...], wide: str, narrow: str
) -> None:
    tables = merged(seeds(610, 615, 612), seeds(*effective, blocks_per_batch=23, **EFFECTIVE))
    names = ("effective_training", "effective_training_narrow")
    found = judged(tables, *names)
    assert [found[name]["verdict"] for name in names] == [wide, narrow]
    assert [found[name]["margin"] for name in names] == [0.005, 0.003]
    first, second = found.values()
    assert (first["low"], first["ours"], first["high"]) == (second["low"], second["ours"], second["high"])
    assert first["low"] < first["ours"] < first["high"]
    assert 0 <= first["p"] <= second["p"] <= 1
    assert first["paper_value"] == pytest.approx(0.0596 - 0.0610)


def test_effective_path_training_needs_two_seeds_of_each_and_shows_every_test_scale() -> None:
    tables = merged(seeds(610), seeds(600, blocks_per_batch=23, **EFFECTIVE))
    tables["evaluations"] = [evaluation("m/n", 600, **EFFECTIVE), evaluation("none", 640, True, **EFFECTIVE)]
    row = judge(tables, "effective_training")
    assert (row["verdict"], row["p"]) == ("inconclusive", None)
    assert "two seeds of each are needed" in row["detail"]
    assert "m/n: 6 %" in row["detail"]
    assert "none, batch norm re-estimated: 6.4 %" in row["detail"]
    assert verdict(seeds(610, 620), "effective_training") == "not run"


@pytest.mark.parametrize(
    ("frozen", "expected"),
    [
        ((1235, 1240, 1230), "not reproduced"),
        ((660, 664, 659), "reproduced"),
        ((661,), "inconclusive"),
        ((), "not run"),
    ],
)
def test_a_frozen_gate_is_held_against_identity_skips(frozen: tuple[int, ...], expected: str) -> None:
    tables = merged(seeds(661, 665, 657, network="resnet110-original"), seeds(*frozen, network="highway110-frozen"))
    row = judge(tables, "highway_frozen")
    assert row["verdict"] == expected
    if len(frozen) > 1:
        assert row["ours"] == pytest.approx((sum(frozen) - 1983) / 30_000)
        assert row["low"] < row["ours"] < row["high"]
