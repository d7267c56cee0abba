"""Each verdict on rows written by hand, by the rules that the study of the paper has."""

from math import comb, log10, pi, sqrt
from statistics import median
from typing import Any

import duckdb
import pytest

from derived import derive
from resdag.config.claims import Claims
from resdag.queries.claims import claims
from resdag.queries.judge_paths import REFERENCE_POINTS, remaining
from resdag.queries.statements import STATEMENTS
from resdag.queries.statistics import Interval
from resdag.queries.verdicts import above, below, both, inside
from rows_by_hand import (
    OF,
    STUDY,
    block,
    emptied,
    ensemble,
    evaluation,
    gates,
    insert,
    lesion,
    mean_field,
    mean_field_theory,
    network,
    path_gradients,
    path_spectrum,
    random,
    reordering,
    single,
)

PEAKS = (18, 36)
DROPPING = {"network": "resnet110-stochastic-depth"}
EFFECTIVE = {"network": "resnet110-effective-paths"}
VGG = {"network": "vgg15"}


def holding(tables: dict[str, list[dict]]) -> duckdb.DuckDBPyConnection:
    """A database that holds these rows and what follows from them."""
    con = emptied()
    for table, rows in tables.items():
        insert(con, table, rows)
    for table, frame in derive(con, STUDY, 0.95).items():
        insert(con, table, frame)
    return con


def judged(tables: dict[str, list[dict]], dataset: str = "cifar10", **rules: Any) -> dict[str, dict[str, Any]]:
    """The rows of claims, by claim, for a database that holds these rows and what follows from them."""
    con = holding(tables)
    found = claims(con, STUDY, Claims.model_validate(rules).model_dump(), dataset)
    insert(con, "claims", found)  # whatever the verdict, the row fits the table
    return {row["claim"]: row for row in found.to_dicts()}


def residual(change: int = 20, peak: int = 200, **of: Any) -> dict[str, list[dict]]:
    """A network of 54 blocks, intact and with each block deleted; changes in images of 10,000."""
    name = {"network": of.get("network", OF["network"])}
    errors = [600 + (peak if index in PEAKS else change + index % 21) for index in range(54)]
    return {
        "networks": [network(**of)],
        "blocks": [block(index, index in PEAKS, **name) for index in range(54)],
        "lesions": [lesion("intact", 600, **name)] + [single(index, errors[index], **name) for index in range(54)],
    }


def vgg(*errors: int) -> dict[str, list[dict]]:
    return {
        "networks": [network(architecture="vgg", depth=15, blocks=14, **VGG)],
        "blocks": [block(index, **VGG) for index in range(14)],
        "lesions": [lesion("intact", 800, **VGG), *(single(index, error, **VGG) for index, error in enumerate(errors))],
    }


def merged(*parts: dict[str, list[dict]]) -> dict[str, list[dict]]:
    tables: dict[str, list[dict]] = {}
    for part in parts:
        for table, rows in part.items():
            tables[table] = tables.get(table, []) + rows
    return tables


def seeds(*errors: int, images: int = 10_000, **of: Any) -> dict[str, list[dict]]:
    return {"networks": [network(count, images, seed=seed, **of) for seed, count in enumerate(errors)]}


def random_draws(errors_at: Any, draws: int = 12) -> dict[str, list[dict]]:
    rows = [random(k, draw, errors_at(k, draw)) for k in (1, 2, 5, 10, 15, 20) for draw in range(draws)]
    return {"networks": [network()], "lesions": rows}


def gradients(r: float = 0.256, noise: float = 0.01) -> dict[str, list[dict]]:
    def log10_norm(length: int, sample: int) -> float:
        return length * log10(r) + noise * (sample % 5 - 2) * length / 10

    return {"networks": [network()], "path_gradients": path_gradients(log10_norm, range(55), 20)}


def closed_forms(blocks: int = 54) -> dict[str, list[dict]]:
    of = OF | {"blocks": blocks}
    return {
        "networks": [network(blocks=blocks)],
        "path_lengths": [
            of | {"path_length": k, "paths": comb(blocks, k), "fraction": comb(blocks, k) / 2**blocks}
            for k in range(blocks + 1)
        ],
        "paths_remaining": [
            of | {"deleted": d, "path_length": x, "fraction": comb(blocks - d, x) / comb(blocks, x)}
            for d in (1, 5, 10, 15, 20)
            if d < blocks
            for x in range(blocks + 1)
        ],
    }


def verdict(tables: dict[str, list[dict]], claim: str, **rules: Any) -> str:
    return judged(tables, **rules)[claim]["verdict"]


def test_nothing_measured_gives_every_row_and_no_number() -> None:
    found = judged({})
    assert list(found) == [statement.claim for statement in STATEMENTS]
    assert {row["verdict"] for row in found.values()} == {"not run"}
    assert {row["ours"] for row in found.values()} == {None}


def test_names_of_claims_are_distinct_and_rules_speak_with_the_study_files_numbers() -> None:
    assert len({statement.claim for statement in STATEMENTS}) == len(STATEMENTS)
    rule = judged({}, baseline_error=(0.01, 0.04))["baseline_error"]["rule"]
    assert rule == "mean over seeds in 1.0% to 4.0%"


@pytest.mark.parametrize(
    ("interval", "expected"),
    [
        ((5, 4, 6), "reproduced"),
        ((5, 2, 6), "inconclusive"),
        ((5, 4, 11), "inconclusive"),
        ((11, 9, 12), "inconclusive"),
        ((12, 11, 13), "not reproduced"),
        ((1, 0, 2), "not reproduced"),
        ((5, None, None), "inconclusive"),
    ],
)
def test_an_interval_that_straddles_an_end_is_inconclusive(interval: tuple, expected: str) -> None:
    assert inside(Interval(*interval), 3, 10) == expected


def test_one_sided_verdicts_and_the_worse_of_two() -> None:
    assert above(Interval(5, 4, 6), 3) == "reproduced"
    assert below(Interval(5, 4, 6), 3) == "not reproduced"
    assert both("reproduced", "inconclusive") == "inconclusive"
    assert both("inconclusive", "not reproduced") == "not reproduced"


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
    assert verdict(seeds(*errors), "baseline_error") == expected


def test_a_baseline_on_digits_says_so_and_how_few_the_images_are() -> None:
    row = judged(seeds(8, 9, images=360), dataset="digits", baseline_error=(0.0, 0.05))["baseline_error"]
    assert "judged on digits, not on CIFAR-10" in row["detail"]
    assert "one is 0.28 points" in row["detail"]
    assert "judged on" not in judged(seeds(610))["baseline_error"]["detail"]


@pytest.mark.parametrize(("change", "expected"), [(20, "reproduced"), (300, "not reproduced"), (90, "inconclusive")])
def test_single_deletion_is_judged_by_the_median_over_blocks_that_keep_their_shape(change: int, expected: str) -> None:
    row = judged(residual(change))["single_deletion"]
    assert row["verdict"] == expected
    assert row["low"] <= row["ours"] <= row["high"]
    assert row["ours"] == pytest.approx((change + 8) / 10_000)
    assert "52 blocks" in row["detail"]


def test_an_image_folder_is_judged_by_figure_4_alone() -> None:
    found = judged(residual(), dataset="image_folder")
    assert found["single_deletion"]["verdict"] == "not run"
    assert found["single_deletion_imagenet"]["verdict"] == "reproduced"
    assert judged(residual())["single_deletion_imagenet"]["verdict"] == "not run"


@pytest.mark.parametrize(
    ("peak", "expected", "rank"), [(200, "reproduced", 2), (5, "not reproduced", 54), (40, "inconclusive", 2)]
)
def test_peaks_are_ranked_and_ties_count_both_ways(peak: int, expected: str, rank: int) -> None:
    row = judged(residual(peak=peak), single_worst=3)["single_deletion_peaks"]
    assert row["verdict"] == expected
    assert row["ours"] == rank


def test_a_vgg_at_chance_for_every_layer_and_for_all_but_one() -> None:
    everywhere = judged(vgg(*[9000] * 14))
    assert everywhere["vgg_chance"]["verdict"] == everywhere["vgg_every_layer"]["verdict"] == "reproduced"
    but_one = judged(vgg(*[9000] * 13, 4000))
    assert (but_one["vgg_chance"]["verdict"], but_one["vgg_every_layer"]["verdict"]) == ("reproduced", "not reproduced")
    assert but_one["vgg_every_layer"]["ours"] == 0.4
    assert "13 of 14 deletions are above" in but_one["vgg_every_layer"]["detail"]
    assert verdict(vgg(*[9000] * 13, 8020), "vgg_every_layer") == "inconclusive"


def test_a_vgg_with_batch_norm_re_estimated_is_reported_beside() -> None:
    tables = vgg(*[9000] * 14)
    tables["lesions"].append(lesion("single-003+bn", 2500, [3], recalibrated=True, **VGG))
    assert "with batch norm re-estimated 25 % to 25 %" in judged(tables)["vgg_chance"]["detail"]


def test_random_deletion_that_grows_smoothly_reproduces_all_four_statements() -> None:
    found = judged(random_draws(lambda k, draw: 600 + 15 * k * k + 150 * k // 3 + draw * 8))
    names = ("random_deletion", "random_deletion_medians", "random_deletion_error", "random_deletion_severe")
    assert [found[name]["verdict"] for name in names] == ["reproduced"] * 4
    assert found["random_deletion_error"]["ours"] == pytest.approx((600 + 1500 + 500 + 44) / 10_000)


def test_random_deletion_without_a_dose_is_not_reproduced() -> None:
    found = judged(random_draws(lambda k, draw: 600 + 500 * ((k + draw) % 4)))
    assert found["random_deletion"]["verdict"] == "not reproduced"
    assert found["random_deletion_severe"]["verdict"] == "not reproduced"


def test_a_real_fall_of_the_median_is_told_from_a_chance_one() -> None:
    real = judged(random_draws(lambda k, draw: (3000 if k == 2 else 1000 + 10 * k) + draw))["random_deletion_medians"]
    assert (real["verdict"], real["ours"]) == ("not reproduced", 1)
    chance = judged(random_draws(lambda k, draw: 1000 + 100 * draw - (k == 5) + 2000 * (k > 5) + 3 * (k > 10) * k))
    assert (chance["random_deletion_medians"]["verdict"], chance["random_deletion_medians"]["ours"]) == (
        "inconclusive",
        1,
    )


def test_too_few_draws_are_inconclusive_and_missing_counts_not_run() -> None:
    few = judged(random_draws(lambda k, draw: 600 + 100 * k, draws=3))
    assert few["random_deletion_error"]["verdict"] == "inconclusive"
    assert verdict(random_draws(lambda k, draw: 600), "random_deletion_error", random_count=7) == "not run"
    assert verdict(random_draws(lambda k, draw: 600), "random_deletion") == "inconclusive"  # errors do not vary


def orders(error_at: Any) -> dict[str, list[dict]]:
    rows = [reordering(f"swaps-{i:03d}", 1 - i / 100, error_at(i), swaps=i) for i in range(1, 60)]
    return {"networks": [network()], "lesions": [lesion("intact", 600)], "reorderings": rows}


def test_reordering_is_judged_by_rank_down_to_tau_of_the_study_file() -> None:
    row = judged(orders(lambda i: 600 + 50 * i if i <= 30 else 600))["reordering"]
    assert (row["verdict"], row["ours"]) == ("reproduced", pytest.approx(-1))
    assert "30 orders" in row["detail"]
    assert verdict(orders(lambda i: 600 + i % 7), "reordering") == "not reproduced"


@pytest.mark.parametrize(
    ("errors", "broken", "expected"), [(600, 0, "reproduced"), (601, 1, "not reproduced"), (600, 3, "not reproduced")]
)
def test_the_trained_order_must_give_the_intact_answers(errors: int, broken: int, expected: str) -> None:
    identity = reordering("identity", 1.0, errors, broken=broken, repaired=broken if errors == 600 else 0)
    tables = merged(orders(lambda i: 600 + i), {"reorderings": [identity]})
    assert verdict(tables, "reordering_identity") == expected
    assert verdict(orders(lambda i: 600 + i), "reordering_identity") == "not run"


def test_closed_forms_give_the_papers_shares() -> None:
    found = judged(closed_forms(), dataset="digits")
    assert found["path_lengths"]["ours"] == pytest.approx(0.9802, abs=5e-5)
    assert found["effective_path_lengths"]["ours"] == pytest.approx(0.004537, abs=5e-7)
    for claim in ("path_lengths", "effective_path_lengths", "remaining_paths"):
        assert found[claim]["verdict"] == "reproduced"
        assert "judged on" not in found[claim]["detail"]  # no dataset plays a part


def test_closed_forms_of_another_depth_do_not_speak_of_54_blocks() -> None:
    found = judged(closed_forms(9))
    assert found["path_lengths"]["verdict"] == found["effective_path_lengths"]["verdict"] == "not run"
    assert found["remaining_paths"]["verdict"] == "reproduced"


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
    found = judged(gradients())
    names = ("gradient_line", "gradient_factor", "effective_window", "effective_share")
    assert [found[name]["verdict"] for name in names] == ["reproduced"] * 4
    window = found["effective_window"]
    assert (round(window["ours"]), round(window["low"]), round(window["high"])) == (11, 5, 17)


def test_path_gradients_that_do_not_fall_reproduce_nothing() -> None:
    found = judged(gradients(1.0))
    assert [found[name]["verdict"] for name in ("gradient_factor", "effective_window", "effective_share")] == [
        "not reproduced"
    ] * 3


def spectrum(low: int, high: int, **of: Any) -> dict[str, list[dict]]:
    """Sums of equal norm from length low to high, and none elsewhere."""
    inside = lambda k: 1.0 if low <= k <= high else 0.0  # noqa: E731
    return {"networks": [network()], "path_spectrum": path_spectrum(54, inside, inside, **of)}


@pytest.mark.parametrize(
    ("low", "high", "expected"), [(8, 14, "reproduced"), (0, 4, "not reproduced"), (25, 35, "not reproduced")]
)
def test_the_window_is_judged_again_when_paths_add_as_vectors(low: int, high: int, expected: str) -> None:
    row = judged(spectrum(low, high))["summed_window"]
    assert row["verdict"] == expected
    count = high - low + 1
    half = 2 * sqrt((count**2 - 1) / 12)  # of a uniform distribution over whole numbers
    assert (row["ours"], row["low"], row["high"]) == pytest.approx(
        ((low + high) / 2, *((low + high) / 2 + half * s for s in (-1, 1)))
    )
    share = sum(5 <= k <= 17 for k in range(low, high + 1)) / count
    assert f"{100 * share:.3g} % of the summed norms lie in 5 to 17 blocks" in row["detail"]
    assert row["figure"] == "beyond the paper"


def test_one_batch_gives_no_verdict_on_the_window_of_sums() -> None:
    assert verdict(spectrum(8, 14, batches=1), "summed_window") == "inconclusive"
    assert verdict(gradients(), "summed_window") == "not run"


def test_a_factor_at_the_edge_is_inconclusive() -> None:
    assert verdict(gradients(0.449, noise=0.05), "gradient_factor") == "inconclusive"


def test_one_batch_of_paths_gives_no_verdict_on_the_factor() -> None:
    rows = path_gradients(lambda k, _: k * log10(0.256), range(55), 2)
    found = judged({"networks": [network()], "path_gradients": rows})
    assert found["gradient_factor"]["verdict"] == found["effective_share"]["verdict"] == "inconclusive"
    assert found["gradient_factor"]["ours"] == pytest.approx(0.256)


def test_the_trained_network_is_judged_not_its_initialisation() -> None:
    first = path_gradients(lambda k, _: 0.0, range(55), epoch=0)
    row = judged(merged(gradients(), {"path_gradients": first}))["gradient_factor"]
    assert row["ours"] == pytest.approx(0.256, rel=0.01)
    assert "epoch 164" in row["detail"]


@pytest.mark.parametrize(
    ("effective", "expected"),
    [((600, 610, 605), "reproduced"), ((900, 910, 905), "not reproduced"), ((560, 690, 640), "inconclusive")],
)
def test_effective_path_training_is_judged_by_equivalence(effective: tuple[int, ...], expected: str) -> None:
    tables = merged(seeds(610, 615, 612), seeds(*effective, blocks_per_batch=23, **EFFECTIVE))
    row = judged(tables)["effective_training"]
    assert row["verdict"] == expected
    assert row["low"] < row["ours"] < row["high"]
    assert 0 <= row["p"] <= 1


def test_effective_path_training_needs_two_seeds_of_each_and_shows_every_test_scale() -> None:
    tables = merged(seeds(610), seeds(600, blocks_per_batch=23, **EFFECTIVE))
    tables["evaluations"] = [evaluation("m/n", 600, **EFFECTIVE), evaluation("none", 640, True, **EFFECTIVE)]
    row = judged(tables)["effective_training"]
    assert (row["verdict"], row["p"]) == ("inconclusive", None)
    assert "two seeds of each are needed" in row["detail"]
    assert "m/n: 6 %" in row["detail"]
    assert "none, batch norm re-estimated: 6.4 %" in row["detail"]
    assert verdict(seeds(610, 620), "effective_training") == "not run"


def opened(*means: float, seeds: int = 1) -> dict[str, list[dict]]:
    """A highway network with a block for each mean gate, of every seed, all from 0.12 at the start."""
    of = [{"network": "highway110", "seed": seed} for seed in range(seeds)]
    options = '{"width": 16, "gate": "learned"}'
    return {
        "networks": [network(architecture="highway", options=options, **each) for each in of],
        "blocks": [block(index, **each) for each in of for index in range(len(means))],
        "gates": [
            gates(index, mean + each["seed"] / 100 if epoch else 0.12, epoch, **each)
            for each in of
            for index, mean in enumerate(means)
            for epoch in (0, 164)
        ],
    }


@pytest.mark.parametrize(
    ("means", "expected"),
    [
        ((0.1, 0.2, 0.3, 0.1, 0.2, 0.3, 0.2, 0.2, 0.9), "reproduced"),
        ((0.6, 0.7, 0.8, 0.6, 0.7, 0.8, 0.7, 0.7, 0.1), "not reproduced"),
        ((0.1, 0.2, 0.3, 0.4, 0.6, 0.6, 0.7, 0.8, 0.9), "inconclusive"),
        ((0.1, 0.2, 0.3), "inconclusive"),  # three blocks have no interval
    ],
)
def test_gates_are_judged_by_their_median_over_blocks(means: tuple[float, ...], expected: str) -> None:
    row = judged(opened(*means))["highway"]
    assert row["verdict"] == expected
    assert row["ours"] == pytest.approx(median(means))
    shut = sum(mean < 0.5 for mean in means)
    assert f"1 seed; mean gate below 0.5 in {shut} of {len(means)} blocks" in row["detail"]
    assert "at the start 0.12 to 0.12" in row["detail"]


def test_a_blocks_gate_is_its_mean_over_seeds() -> None:
    row = judged(opened(*[0.2] * 6, seeds=3))["highway"]
    assert row["ours"] == pytest.approx(0.21)
    assert "3 seeds" in row["detail"]


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
    row = judged(tables)["highway_frozen"]
    assert row["verdict"] == expected
    if len(frozen) > 1:
        assert row["ours"] == pytest.approx((sum(frozen) - 1983) / 30_000)
        assert row["low"] < row["ours"] < row["high"]


@pytest.mark.parametrize(("change", "expected"), [(5, "reproduced"), (60, "not reproduced"), (20, "inconclusive")])
def test_stochastic_depth_is_paired_over_blocks(change: int, expected: str) -> None:
    dropping = residual(change, stochastic_depth=0.5, **DROPPING)
    dropping["lesions"][1]["errors"] += 3  # some spread among the differences
    dropping["lesions"][1]["error"] += 3e-4
    row = judged(merged(residual(), dropping))["stochastic_depth"]
    assert row["verdict"] == expected
    assert row["ours"] == pytest.approx((52 * (change - 20) + 3) / 54 / 10_000)


def test_stochastic_depth_alone_is_not_run() -> None:
    assert verdict(residual(stochastic_depth=0.5, **DROPPING), "stochastic_depth") == "not run"


def recursion(depth: int, exponent: float = 2 / pi - 1) -> list[dict]:
    """A residual system whose cosine falls by a power of depth from the start."""
    cosine = lambda layer: 0.8 * max(layer, 1) ** exponent  # noqa: E731
    return mean_field_theory("residual", depth, lambda layer: 1.0 + layer, cosine, lambda layer: layer**0.5)


def scatter(size: float, bias: float = 0.0) -> Any:
    """Four networks around the recursion: mean bias, standard error size / sqrt(3)."""
    return lambda _, draw: bias + size * (-1) ** draw


@pytest.mark.parametrize(
    ("bias", "until", "expected"),
    [(0.0, 100, "reproduced"), (0.1, 4, "reproduced"), (0.1, 50, "not reproduced"), (0.05, 100, "reproduced")],
)
def test_random_networks_are_judged_by_the_share_of_layers_near_the_recursion(
    bias: float, until: int, expected: str
) -> None:
    theory = recursion(100)
    # of four networks at +-.03, the standard error is .03 x 2 / sqrt(3) / 2 = .0173: three of them are .052
    networks = mean_field(theory, 4, lambda layer, draw: scatter(0.03, bias if layer <= until else 0.0)(layer, draw))
    row = judged({"mean_field_theory": theory, "mean_field": networks}, dataset="digits")["mean_field"]
    assert row["verdict"] == expected
    assert row["ours"] == pytest.approx(1 if bias < 0.052 else 1 - until / 100)
    assert "4 networks of width 1,000 and 100 layers" in row["detail"]
    assert "judged on" not in row["detail"]


def test_the_system_farthest_from_its_recursion_decides() -> None:
    theories = {name: [row | {"system": name} for row in recursion(10)] for name in ("plain", "residual")}
    tables = {"mean_field_theory": [row for rows in theories.values() for row in rows]}
    tables["mean_field"] = mean_field(theories["plain"], 4, scatter(0.03, 0.1))
    tables["mean_field"] += mean_field(theories["residual"], 4, scatter(0.03))
    row = judged(tables)["mean_field"]
    assert (row["ours"], row["low"], row["high"], row["verdict"]) == (0.5, 0.0, 1.0, "inconclusive")
    assert "plain 0 %, residual 100 %" in row["detail"]


def test_one_random_network_gives_no_verdict_and_none_is_not_run() -> None:
    theory = recursion(10)
    tables = {"mean_field_theory": theory, "mean_field": mean_field(theory, 1, scatter(0.01))}
    assert verdict(tables, "mean_field") == "inconclusive"
    assert verdict({"mean_field_theory": theory}, "mean_field") == "not run"


@pytest.mark.parametrize(("exponent", "expected"), [(2 / pi - 1, "reproduced"), (-0.3, "not reproduced")])
def test_the_exponent_of_the_recursion_is_judged_deep_down(exponent: float, expected: str) -> None:
    theory = recursion(1500, exponent)
    tables = {"mean_field_theory": theory, "mean_field": mean_field(theory, 2, scatter(0.01), depth=200)}
    row = judged(tables)["mean_field_exponent"]
    assert (row["verdict"], row["ours"]) == (expected, pytest.approx(exponent))
    assert f"from 50 to 200 it gives {exponent:.3f} and the simulation {exponent:.3f}" in row["detail"]
    assert verdict({"mean_field_theory": recursion(1499)}, "mean_field_exponent") == "not run"


def test_a_studys_own_names_are_judged() -> None:
    tables = residual(network="mine")
    assert verdict(tables, "single_deletion") == "not run"
    assert verdict(tables, "single_deletion", residual="mine") == "reproduced"


def halved(one: int, two: int, draws: int = 12) -> dict[str, list[dict]]:
    """Errors of 10,000 after one and two deletions, 600 intact; four networks of about 700, together 500."""
    deletions = [random(k, draw, errors + draw % 3) for k, errors in ((1, one), (2, two)) for draw in range(draws)]
    alone = [ensemble([seed], 699 + seed, seed) for seed in range(4)]
    return {
        "networks": [network()], "lesions": [lesion("intact", 600), *deletions],
        "ensembles": [*alone, ensemble([0, 1], 1), ensemble([0, 1, 2, 3], 500)],
    }  # fmt: skip


def test_half_of_the_paths_is_held_against_half_of_an_ensemble() -> None:
    found = judged(halved(650, 801))["explicit_ensemble"]
    # four networks are halved twice, so the two deletions count: (802 - 600) / 2 less (700.5 - 500) / 2, of 10,000
    assert found["ours"] == pytest.approx(0.0101 - 0.010025)
    assert found["verdict"] == "reproduced"
    assert "+1.01 points a block with 2 deleted" in found["detail"]
    assert "7 % alone, 5 % the average of 4, +1.00 points" in found["detail"]
    assert verdict(halved(650, 1600), "explicit_ensemble") == "not reproduced"
    assert verdict(halved(650, 1600), "explicit_ensemble", halving_margin=0.05) == "reproduced"


def test_an_ensemble_without_single_networks_or_deletions_is_not_run() -> None:
    for missing in ("ensembles", "lesions"):
        tables = {name: rows for name, rows in halved(650, 800).items() if name != missing}
        assert verdict(tables, "explicit_ensemble") == "not run"
    together = [ensemble([0, 1, 2, 3], 500)]
    assert verdict(halved(650, 800) | {"ensembles": together}, "explicit_ensemble") == "not run"
    assert verdict(halved(650, 800, draws=1), "explicit_ensemble") == "inconclusive"


def of_length_five(errors_at: Any, draws: int = 12) -> dict[str, list[dict]]:
    """A trained network whose energy is all in paths of length 5, and random deletions of it."""
    energy = path_spectrum(54, lambda k: float(k == 5), lambda k: float(k == 5))
    intact = {"lesions": [lesion("intact", 600)]}
    return merged(closed_forms(), random_draws(errors_at, draws), intact, {"path_spectrum": energy}) | {
        "networks": [network()]
    }


def left(deleted: int) -> float:
    return comb(54 - deleted, 5) / comb(54, 5)


def test_an_error_that_follows_the_energy_of_the_paths_left_is_predicted() -> None:
    spread = [-60, -30, 0, 30, 60, 0]
    found = judged(of_length_five(lambda k, d: round(600 + 8400 * (1 - left(k))) + spread[d % 6]))["predicted_error"]
    assert found["verdict"] == "reproduced"
    assert found["ours"] == pytest.approx(0, abs=1e-4)  # errors are whole images
    assert found["low"] >= 0
    assert "Spearman of share and error -0.9" in found["detail"]
    # all paths alike: 2^-k is left, at 1, 5, 10, 15 and 20 deletions
    off = [0.84 * (left(k) - 2.0**-k) for k in (1, 5, 10, 15, 20)]
    assert f"all paths alike {100 * sqrt(sum(x * x for x in off) / 5):.3g} %" in found["detail"]


def test_an_error_that_does_not_follow_the_paths_left_is_not_predicted() -> None:
    found = judged(of_length_five(lambda k, d: 600 + 10 * k + d))["predicted_error"]
    off = [0.84 * (1 - left(k)) - 0.001 * k - 0.00055 for k in (1, 5, 10, 15, 20)]
    assert found["ours"] == pytest.approx(sqrt(sum(x * x for x in off) / 5))
    assert found["verdict"] == "not reproduced"


def test_the_same_rows_give_the_same_bits() -> None:
    con = holding(of_length_five(lambda k, d: 600 + 7 * k * k + 13 * d))
    con.execute("SET threads = 1")  # as the jobs have it
    rules = Claims().model_dump()
    distances = [claims(con, STUDY, rules, "cifar10").filter(claim="predicted_error")["ours"][0] for _ in range(10)]
    assert distances == [distances[0]] * 10


def test_a_prediction_needs_a_spectrum_and_two_draws() -> None:
    tables = of_length_five(lambda k, d: round(600 + 8400 * (1 - left(k))), draws=1)
    assert verdict(tables, "predicted_error") == "inconclusive"
    del tables["path_spectrum"]
    assert verdict(tables, "predicted_error") == "not run"
