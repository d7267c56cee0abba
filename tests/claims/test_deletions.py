"""Verdicts on single deletions: the median block, every block, peaks where the shape changes, a VGG's layers."""

import pytest

from claims_by_hand import DROPPING, PEAKS, VGG, deleted, judge, judged, merged, residual, verdict, vgg
from claims_shapes import bumps, seeds_of
from resdag.queries.statistics import paired
from rows_by_hand import OF, lesion


@pytest.mark.parametrize(("change", "expected"), [(20, "reproduced"), (300, "not reproduced"), (90, "inconclusive")])
def test_the_median_block_is_the_median_over_blocks_that_keep_their_shape(change: int, expected: str) -> None:
    row = judge(residual(change), "single_deletion")
    assert row["verdict"] == expected
    assert row["low"] <= row["ours"] <= row["high"]
    assert row["ours"] == pytest.approx((change + 8) / 10_000)
    assert row["interval_kind"] == "order statistics over blocks"
    assert "52 blocks" in row["detail"]


def test_one_block_that_matters_leaves_the_median_and_refutes_every_block() -> None:
    changes = [20] * 54
    changes[0] = 7100
    found = judged(deleted(changes))
    assert found["single_deletion"]["verdict"] == "reproduced"
    row = found["single_deletion_every_block"]
    assert row["verdict"] == "not reproduced"
    assert row["ours"] == row["high"] == pytest.approx(51 / 52)
    assert "exceptions: block 0 +71.00 points" in row["detail"]


def test_every_block_without_effect_is_reproduced_and_names_no_exception() -> None:
    row = judge(deleted([20] * 54), "single_deletion_every_block")
    assert (row["verdict"], row["ours"], row["low"], row["high"]) == ("reproduced", 1.0, 1.0, 1.0)
    assert row["detail"].endswith("no exception")


def test_a_block_at_the_threshold_stays_open() -> None:
    changes = [20] * 54
    changes[7] = 101  # of 10,000: 1.01 points, give or take .2
    row = judge(deleted(changes), "single_deletion_every_block")
    assert (row["verdict"], row["ours"]) == ("inconclusive", pytest.approx(51 / 52))
    assert row["low"] == pytest.approx(51 / 52)
    assert row["high"] == 1.0


def test_few_images_decide_nothing_about_every_block() -> None:
    """360 images: a deletion that changes one answer each way may change 1.2 points."""
    low, high = paired(1, 1, 360, 0.9)[1:]
    assert low < -0.005 < 0.005 < high
    tables = deleted([0] * 54, also=2)
    for row in tables["lesions"]:
        row |= {"errors": 6, "images": 360, "error": 6 / 360}
    assert verdict(tables, "single_deletion_every_block") == "inconclusive"


@pytest.mark.parametrize("dataset", ["image_folder", "imagenet"])
def test_photographs_are_judged_by_figure_4_alone(dataset: str) -> None:
    found = judged(residual(), dataset=dataset)
    assert found["single_deletion"]["verdict"] == "not run"
    assert found["single_deletion_imagenet"]["verdict"] == "reproduced"
    assert judge(residual(), "single_deletion_imagenet")["verdict"] == "not run"


@pytest.mark.parametrize(
    ("height", "expected"), [(180, "reproduced"), (-200, "not reproduced"), (3, "inconclusive"), (0, "inconclusive")]
)
def test_a_peak_is_the_change_less_that_of_three_neighbours_on_each_side(height: int, expected: str) -> None:
    row = judge(deleted(bumps(height)), "single_deletion_peaks")
    assert (row["verdict"], row["ours"]) == (expected, pytest.approx(height / 10_000))
    assert "lesions independent" in row["interval_kind"]


def test_a_bad_block_elsewhere_takes_no_peak_away() -> None:
    row = judge(deleted(bumps(180, elsewhere=5000)), "single_deletion_peaks")
    assert (row["verdict"], row["ours"]) == ("reproduced", pytest.approx(0.018))


def test_damage_that_falls_along_the_network_is_no_peak() -> None:
    """A straight slope has the mean of its neighbours everywhere, though block 18 is among the worst third."""
    row = judge(deleted([54 * 4 - 4 * index for index in range(54)]), "single_deletion_peaks")
    assert row["ours"] == pytest.approx(0)
    assert row["verdict"] == "inconclusive"


def test_one_of_two_peaks_is_not_enough() -> None:
    changes = bumps(0)
    changes[18] += 400
    changes[36] -= 400
    assert verdict(deleted(changes), "single_deletion_peaks") == "not reproduced"


def test_three_seeds_are_paired_by_seed() -> None:
    tables = merged(*(deleted(bumps(180 + 10 * seed), seed=seed) for seed in range(3)))
    row = judge(tables, "single_deletion_peaks")
    assert (row["verdict"], row["ours"]) == ("reproduced", pytest.approx(0.019))
    assert row["interval_kind"].startswith("Student's t over seeds")


def answers(wrong: dict[int, set[int]], images: int = 400) -> list[dict]:
    """Predictions of single deletions: the images that are wrong under each."""
    return [
        OF | {"lesion": f"single-{block:03d}", "image": image, "label": 0, "predicted": int(image in bad)}
        for block, bad in wrong.items()
        for image in range(images)
    ]


def test_answers_that_were_kept_pair_the_peak_by_image() -> None:
    """Hard images are wrong under every deletion: they widen no interval, which independent counts would not know."""
    hard = set(range(100))
    wrong = {block: hard | ({200, 201, 202, 203, 204, 205, 206} if block in PEAKS else set()) for block in range(54)}
    tables = deleted([0] * 54)
    for row in tables["lesions"]:
        count = len(wrong[row["deleted"][0]]) if row["deleted"] else 100
        row |= {"errors": count, "images": 400, "error": count / 400, "broken": count, "repaired": 100}
    assert verdict(tables, "single_deletion_peaks") == "inconclusive"
    row = judge(tables | {"predictions": answers(wrong)}, "single_deletion_peaks")
    assert (row["verdict"], row["ours"]) == ("reproduced", pytest.approx(7 / 400))
    assert row["interval_kind"].startswith("paired over images")


@pytest.mark.workflow
def test_a_vgg_at_chance_for_every_layer_and_for_all_but_one() -> None:
    everywhere = judged(vgg(*[9000] * 14))
    assert everywhere["vgg_chance"]["verdict"] == everywhere["vgg_every_layer"]["verdict"] == "reproduced"
    but_one = judged(vgg(*[9000] * 13, 4000))
    assert (but_one["vgg_chance"]["verdict"], but_one["vgg_every_layer"]["verdict"]) == ("reproduced", "not reproduced")
    assert but_one["vgg_every_layer"]["ours"] == 0.4
    assert "13 of 14 deletions are above" in but_one["vgg_every_layer"]["detail"]
    assert verdict(vgg(*[9000] * 13, 8020), "vgg_every_layer") == "inconclusive"


def test_a_vgg_that_bears_deletions_is_not_reproduced_and_few_layers_stay_open() -> None:
    assert verdict(vgg(*[4000] * 14), "vgg_chance") == "not reproduced"
    assert verdict(vgg(*[9000] * 8, *[4000] * 6), "vgg_chance") == "inconclusive"


def test_a_vgg_with_batch_norm_re_estimated_is_reported_beside() -> None:
    tables = vgg(*[9000] * 14)
    tables["lesions"].append(lesion("single-003+bn", 2500, [3], recalibrated=True, **VGG))
    assert "with batch norm re-estimated 25 % to 25 %" in judge(tables, "vgg_chance")["detail"]


@pytest.mark.parametrize(("change", "expected"), [(20, "reproduced"), (5, "reproduced"), (120, "not reproduced")])
def test_stochastic_depth_is_paired_over_blocks(change: int, expected: str) -> None:
    dropping = seeds_of(change, DROPPING | {"stochastic_depth": 0.5})
    row = judge(merged(seeds_of(20, {}), dropping), "stochastic_depth")
    assert row["verdict"] == expected
    assert row["ours"] == pytest.approx((change - 20) / 10_000)
    assert row["margin"] == 0.005
    assert (row["p"] < 0.05) == (expected == "reproduced")


def test_one_block_of_large_damage_decides_no_median() -> None:
    dropping = seeds_of(10, DROPPING | {"stochastic_depth": 0.5}, outlier=6000)
    row = judge(merged(seeds_of(20, {}), dropping), "stochastic_depth")
    assert row["verdict"] == "reproduced"
    assert "mean +1.01 points" in row["detail"]  # (6,000 - 52 x 10) / 54 images of 10,000


def test_stochastic_depth_needs_three_seeds_of_each() -> None:
    dropping = residual(5, stochastic_depth=0.5, **DROPPING)
    row = judge(merged(seeds_of(20, {}), dropping), "stochastic_depth")
    assert row["verdict"] == "inconclusive"
    assert "3 seeds of each are needed" in row["detail"]
    assert verdict(residual(stochastic_depth=0.5, **DROPPING), "stochastic_depth") == "not run"
