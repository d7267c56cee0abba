"""Verdicts beyond the paper: gates, ensembles, equation 8 as a prediction, random networks."""

from math import pi, sqrt
from typing import Any

import pytest

from claims_by_hand import holding, judge, verdict
from claims_shapes import SHUT, halved, left, of_length_five, opened, predicted, recursion, scatter
from resdag.config.claims import Claims
from resdag.queries.claims import claims
from rows_by_hand import STUDY, ensemble, mean_field


@pytest.mark.parametrize(
    ("means", "start", "expected"),
    [
        (SHUT, 0.5, "reproduced"),
        (SHUT, 0.05, "not reproduced"),  # mostly shut, but opened by training
        ((0.6, 0.7, 0.8, 0.6, 0.7, 0.8, 0.7, 0.7, 0.1), 0.9, "not reproduced"),  # shut further, and still open
        ((0.1, 0.2, 0.3, 0.4, 0.6, 0.6, 0.7, 0.8, 0.9), 0.5, "inconclusive"),
        ((0.1, 0.2, 0.3), 0.5, "inconclusive"),  # three blocks have no interval
        (SHUT, None, "inconclusive"),  # a loaded network: where its gates started is not known
    ],
)
def test_gates_are_judged_by_what_training_did_to_them(means: tuple, start: float | None, expected: str) -> None:
    row = judge(opened(*means, start=start), "highway")
    assert row["verdict"] == expected
    shut = sum(mean < 0.5 for mean in means)
    assert f"below 0.5 in {shut} of {len(means)} blocks" in row["detail"]
    if start is not None:
        assert row["ours"] == pytest.approx(sorted(means)[len(means) // 2] - start)


def test_a_blocks_gate_is_its_mean_over_seeds() -> None:
    row = judge(opened(*[0.2] * 6, seeds=3), "highway")
    assert row["ours"] == pytest.approx(0.21 - 0.5)
    assert "3 seeds" in row["detail"]


def of_members(tables: dict[str, list[dict]], **rules: Any) -> dict[str, Any]:
    return judge(tables, "explicit_ensemble", ensemble="members", **rules)


def test_half_of_the_paths_is_held_against_half_of_an_ensemble() -> None:
    found = of_members(halved(650, 801))
    # four networks are halved twice, so the two deletions count: (802 - 600) / 2 less (700.5 - 500) / 2, of 10,000
    assert found["ours"] == pytest.approx(0.0101 - 0.010025)
    assert found["verdict"] == "reproduced"
    assert "+1.01 points a block with 2 deleted" in found["detail"]
    assert "7 % alone, 5 % the average of 4, +1.00 points" in found["detail"]
    assert of_members(halved(650, 1600))["verdict"] == "not reproduced"
    assert of_members(halved(650, 1600), halving_margin=0.05)["verdict"] == "reproduced"
    assert of_members(halved(650, 870))["verdict"] == "inconclusive"  # .345 points more, an error of .11 each way


def test_what_the_whole_ensemble_errs_is_uncertain_too() -> None:
    """500 of 10,000 have a standard error of .218 points, halved twice .109; draws and members add next to nothing."""
    found = of_members(halved(650, 801))
    assert (found["high"] - found["low"]) / 2 == pytest.approx(1.645 * 0.00109, rel=0.03)


def test_an_ensemble_of_another_recipe_decides_nothing() -> None:
    found = of_members(halved(650, 801, epochs=4))
    assert found["verdict"] == "inconclusive"
    assert "different recipes" in found["detail"]


def test_an_ensemble_without_single_networks_or_deletions_is_not_run() -> None:
    for missing in ("ensembles", "lesions"):
        tables = {name: rows for name, rows in halved(650, 800).items() if name != missing}
        assert of_members(tables)["verdict"] == "not run"
    together = [ensemble([0, 1, 2, 3], 500, network="members")]
    assert of_members(halved(650, 800) | {"ensembles": together})["verdict"] == "not run"
    assert of_members(halved(650, 800, draws=1))["verdict"] == "inconclusive"


def test_an_error_that_follows_the_energy_of_the_paths_left_is_predicted() -> None:
    found = judge(of_length_five(predicted), "predicted_error")
    assert found["verdict"] == "reproduced"
    assert found["ours"] == pytest.approx(0, abs=1e-4)  # errors are whole images
    assert found["low"] >= 0
    assert "Spearman of share and median error −1" in found["detail"]
    # all paths alike: 2^-k is left, at 1, 5, 10, 15 and 20 deletions
    off = [0.84 * (left(k) - 2.0**-k) for k in (1, 5, 10, 15, 20)]
    assert f"all paths alike {100 * sqrt(sum(x * x for x in off) / 5):.3g} %" in found["detail"]


def test_an_error_that_does_not_follow_the_paths_left_is_not_predicted() -> None:
    found = judge(of_length_five(lambda k, d: 600 + 10 * k + d), "predicted_error")
    off = [0.84 * (1 - left(k)) - 0.001 * k - 0.00055 for k in (1, 5, 10, 15, 20)]
    assert found["ours"] == pytest.approx(sqrt(sum(x * x for x in off) / 5))
    assert found["verdict"] == "not reproduced"


@pytest.mark.parametrize(
    ("spectrum", "known"),
    [
        ({"sign_draws": 2}, False),  # too few draws, whatever they say
        ({"df": None}, False),  # measured before degrees of freedom were recorded
        ({"df": 4.0}, False),  # one image carries both batches: 8 degrees of freedom
        ({"df": 6.0}, True),  # 12
        ({"se": 0.4}, False),  # .4 / sqrt 2 is above 25 %
        ({"se": 0.0, "df": None}, True),  # no draw differs: exact
    ],
)
def test_an_energy_that_is_not_known_weighs_nothing(spectrum: dict[str, Any], known: bool) -> None:
    found = judge(of_length_five(predicted, **spectrum), "predicted_error")
    assert found["verdict"] == ("reproduced" if known else "inconclusive")
    assert ("too little to judge" in found["detail"]) != known


def test_a_prediction_needs_a_spectrum_and_draws() -> None:
    assert verdict(of_length_five(predicted, draws=1), "predicted_error") == "inconclusive"
    tables = of_length_five(predicted)
    del tables["path_spectrum"]
    assert verdict(tables, "predicted_error") == "not run"


def test_the_same_rows_give_the_same_bits() -> None:
    con = holding(of_length_five(lambda k, d: 600 + 7 * k * k + 13 * d))
    con.execute("SET threads = 1")  # as the jobs have it
    rules = Claims().model_dump()
    found = [claims(con, STUDY, rules, "cifar10", ["predicted_error"])["ours"][0] for _ in range(5)]
    assert found == [found[0]] * 5


@pytest.mark.parametrize(
    ("size", "bias", "expected"),
    [(0.03, 0.0, "reproduced"), (0.03, 0.3, "not reproduced"), (0.03, 0.1, "inconclusive"), (0.3, 0.0, "inconclusive")],
)
def test_random_networks_are_judged_by_one_number_each(size: float, bias: float, expected: str) -> None:
    theory = recursion(30)
    networks = mean_field(theory, 12, scatter(size, bias))
    row = judge({"mean_field_theory": theory, "mean_field": networks}, "mean_field", dataset="digits")
    assert row["verdict"] == expected
    assert row["margin"] == 0.1
    assert "12 networks of width 1,000 and 30 layers" in row["detail"]
    assert "judged on" not in row["detail"]


def test_a_bias_of_two_errors_everywhere_is_seen() -> None:
    """Every layer two standard errors away passed a count of layers within three; here it is in p and interval."""
    theory = recursion(30)
    networks = mean_field(theory, 16, scatter(0.3, 2 * 0.3 / 4))
    row = judge({"mean_field_theory": theory, "mean_field": networks}, "mean_field")
    assert row["verdict"] == "inconclusive"
    assert row["ours"] == pytest.approx(0.15)


def test_one_system_of_two_away_from_its_recursion_is_enough() -> None:
    theories = {name: [row | {"system": name} for row in recursion(10)] for name in ("plain", "residual")}
    tables = {"mean_field_theory": [row for rows in theories.values() for row in rows]}
    tables["mean_field"] = mean_field(theories["plain"], 12, scatter(0.03, 0.5))
    tables["mean_field"] += mean_field(theories["residual"], 12, scatter(0.03))
    row = judge(tables, "mean_field")
    assert row["verdict"] == "not reproduced"
    assert "of plain" in row["detail"]


def test_three_random_networks_give_no_verdict_and_none_is_not_run() -> None:
    theory = recursion(10)
    tables = {"mean_field_theory": theory, "mean_field": mean_field(theory, 3, scatter(0.01))}
    assert verdict(tables, "mean_field") == "inconclusive"
    assert verdict({"mean_field_theory": theory}, "mean_field") == "not run"


@pytest.mark.parametrize(
    ("exponent", "scale", "expected"),
    [(2 / pi - 1, 0.005, "reproduced"), (-0.3, 0.005, "not reproduced"), (-0.34, 0.06, "inconclusive")],
)
def test_the_exponent_is_that_of_simulated_networks_deep_down(exponent: float, scale: float, expected: str) -> None:
    theory = recursion(60)
    ratio = lambda layer, draw: (layer / 10) ** (exponent - 2 / pi + 1 + scale * (draw - 2)) - 1  # noqa: E731
    tables = {"mean_field_theory": theory, "mean_field": mean_field(theory, 5, ratio)}
    row = judge(tables, "mean_field_exponent", mean_field_layers=(10, 60))
    assert (row["verdict"], row["ours"]) == (expected, pytest.approx(exponent))
    assert f"the recursion has {2 / pi - 1:.3f}".replace("-", "−") in row["detail"]


def test_networks_that_are_not_simulated_so_deep_leave_the_exponent_not_run() -> None:
    theory = recursion(60)
    tables = {"mean_field_theory": theory, "mean_field": mean_field(theory, 5, scatter(0.01), depth=40)}
    assert verdict(tables, "mean_field_exponent", mean_field_layers=(10, 60)) == "not run"
