"""Verdicts on paths: closed forms, the line and the window of sampled gradients, the window of exact sums."""

from math import sqrt

import pytest

from claims_by_hand import closed_forms, gradients, judge, judged, merged, spectrum, trained, verdict
from resdag.claims.path_lengths import REFERENCE_POINTS, remaining
from rows_by_hand import network


def test_closed_forms_give_the_papers_shares_and_hold_by_arithmetic() -> None:
    found = judged(closed_forms(), "path_lengths", "effective_path_lengths", "remaining_paths", dataset="digits")
    assert found["path_lengths"]["ours"] == pytest.approx(0.9802, abs=5e-5)
    assert found["effective_path_lengths"]["ours"] == pytest.approx(0.004537, abs=5e-7)
    for row in found.values():
        assert row["verdict"] == "holds by arithmetic"
        assert "judged on" not in row["detail"]  # no dataset plays a part


def test_closed_forms_of_another_depth_do_not_speak_of_54_blocks() -> None:
    found = judged(closed_forms(9), "path_lengths", "effective_path_lengths", "remaining_paths")
    assert found["path_lengths"]["verdict"] == found["effective_path_lengths"]["verdict"] == "not run"
    assert found["remaining_paths"]["verdict"] == "holds by arithmetic"


def test_a_wrong_share_of_remaining_paths_is_found() -> None:
    tables = closed_forms()
    tables["paths_remaining"][1]["fraction"] -= 1e-6
    assert verdict(tables, "remaining_paths") == "not reproduced"


def test_remaining_paths_as_a_product_are_the_studys_reference_values() -> None:
    assert [round(remaining(54, 1, x), 3) for x in REFERENCE_POINTS[1]] == [0.981, 0.907, 0.796, 0.685, 0.5]
    ten = [remaining(54, 10, x) for x in REFERENCE_POINTS[10]]
    assert [round(share, 3) for share in ten[:3]] == [0.815, 0.343, 0.080]
    assert [round(share, 4) for share in ten[3:]] == [0.0146, 0.0004]
    assert [round(remaining(54, 20, x), 3) for x in REFERENCE_POINTS[20]] == [0.630, 0.088, 0.003]
    assert remaining(9, 5, 5) == 0


def test_path_gradients_that_fall_by_a_quarter_reproduce_the_paper() -> None:
    names = ("gradient_line", "gradient_factor", "effective_window", "effective_share")
    found = judged(trained(), *names)
    assert {name: found[name]["verdict"] for name in names} == dict.fromkeys(names, "reproduced")
    window = found["effective_window"]
    assert (round(window["ours"]), window["paper_value"], window["unit"]) == (17, 17, "blocks")
    assert "window 5.09 to 16.9 blocks" in window["detail"]  # 54 p -+ 2 sqrt(54 p q) at p = .256 / 1.256
    assert window["low"] < window["ours"] < window["high"]


def test_path_gradients_that_do_not_fall_reproduce_nothing() -> None:
    names = ("gradient_factor", "effective_window", "effective_share")
    assert {row["verdict"] for row in judged(trained(r=1.0), *names).values()} == {"not reproduced"}


def test_a_window_about_the_middle_stays_open() -> None:
    """p of r / (1 + r) puts the upper end at 27 blocks where p + 2 sqrt(p q / 54) is one half: p = .368, r = .582."""
    assert verdict(trained(r=0.58, noise=0.05), "effective_window") == "inconclusive"


def test_a_share_at_the_threshold_stays_open() -> None:
    """Where the window ends at 20 or 21, P(k <= 20) = .0382 and P(k <= 21) = .0668 lie about .05."""
    assert verdict(trained(r=0.35, noise=0.1), "effective_share") == "inconclusive"


def test_a_bent_line_is_no_exponential_whatever_its_r_squared() -> None:
    row = judge(trained(bend=-0.3), "gradient_line")
    assert row["verdict"] == "not reproduced"
    assert row["ours"] == pytest.approx(1 + 0.3 / 0.5918, rel=0.02)  # .5918 is -log10 of .256
    assert "R² 0.98" in row["detail"]


def test_a_line_as_steep_at_the_limit_stays_open() -> None:
    assert verdict(trained(bend=-0.25 * 0.5918, noise=0.3), "gradient_line") == "inconclusive"


def test_a_line_that_is_as_steep_at_initialisation_is_not_what_training_did() -> None:
    same = merged(trained(), gradients(epoch=0))
    assert verdict(same, "gradient_line") == "inconclusive"
    steeper = merged(trained(), gradients(r=0.2, epoch=0))
    row = judge(steeper, "gradient_line")
    assert row["verdict"] == "not reproduced"
    assert "r 0.256, at initialisation 0.2" in row["detail"]
    flatter = merged(trained(), gradients(r=0.5, epoch=0))
    assert verdict(flatter, "gradient_line") == "reproduced"


def test_a_loaded_network_has_no_initialisation_to_be_held_against() -> None:
    assert "the initialisation was not measured" in judge(trained(epoch=1), "gradient_line")["detail"]


def test_a_factor_at_the_edge_is_inconclusive() -> None:
    assert verdict(trained(r=0.449, noise=0.05), "gradient_factor") == "inconclusive"


def test_fewer_than_eight_batches_give_no_verdict() -> None:
    tables = trained()
    tables["path_gradients"] = [row | {"batch": row["sample"] % 7} for row in tables["path_gradients"]]
    names = ("gradient_line", "gradient_factor", "effective_window", "effective_share")
    found = judged(tables, *names)
    assert {row["verdict"] for row in found.values()} == {"inconclusive"}
    assert found["gradient_factor"]["ours"] == pytest.approx(0.256, rel=0.01)
    assert "too few batches" in found["gradient_factor"]["detail"]
    assert found["gradient_factor"]["interval_kind"] is None


def test_the_trained_network_is_judged_not_its_initialisation() -> None:
    row = judge(merged(trained(), gradients(r=1.0, epoch=0)), "gradient_factor")
    assert row["ours"] == pytest.approx(0.256, rel=0.01)
    assert "epoch 164" in row["detail"]


@pytest.mark.parametrize(
    ("low", "high", "expected"), [(8, 14, "reproduced"), (0, 4, "reproduced"), (25, 35, "not reproduced")]
)
def test_the_window_is_judged_again_when_paths_add_as_vectors(low: int, high: int, expected: str) -> None:
    row = judge(spectrum(low, high), "summed_window")
    assert row["verdict"] == expected
    count = high - low + 1
    half = 2 * sqrt((count**2 - 1) / 12)  # of a uniform distribution over whole numbers
    assert (row["ours"], row["low"], row["high"]) == pytest.approx([(low + high) / 2 + half] * 3)
    share = sum(5 <= k <= 17 for k in range(low, high + 1)) / count
    assert f"{100 * share:.3g} % of the summed norms lie in 5 to 17 blocks" in row["detail"]
    assert row["figure"] == "beyond the paper"


def test_seven_batches_give_no_verdict_on_the_window_of_sums() -> None:
    row = judge(spectrum(8, 14, batches=7), "summed_window")
    assert row["verdict"] == "inconclusive"
    assert "7 batches, too few" in row["detail"]
    assert verdict({"networks": [network()]}, "summed_window") == "not run"


def test_sums_that_differ_between_batches_about_the_middle_stay_open() -> None:
    tables = spectrum(8, 14, batches=4)
    later = spectrum(30, 34, batches=4)["path_spectrum"]
    tables["path_spectrum"] += [row | {"batch": row["batch"] + 4} for row in later]
    assert verdict(tables, "summed_window") != "reproduced"
    assert verdict(spectrum(20, 24), "summed_window") == "reproduced"
