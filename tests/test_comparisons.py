"""Networks held against each other: what may be compared, the plan, the rows, the verdicts, the report."""

from math import hypot, sqrt
from statistics import mean, stdev
from typing import Any

import pytest
from scipy.stats import ttest_1samp

from resdag.config.claims import Claims
from resdag.config.load import merged, parse_study
from resdag.errors import StudyError
from resdag.planning.plan import Plan, plan_study
from resdag.queries.claims import claims
from resdag.queries.compare import compare
from resdag.queries.statistics import newcombe
from rows_by_hand import STUDY, block, emptied, insert, lesion, network, single

T_OF_TWO = 12.7062047  # the .975 quantile of Student's t with one degree of freedom: tan(.475 pi)
NETWORKS: dict[str, Any] = {
    "a": {"architecture": "preact_resnet", "depth": 38},
    "a4": {"architecture": "preact_resnet", "depth": 38, "convolutions": 4},
    "a6": {"architecture": "preact_resnet", "depth": 38, "convolutions": 6},
    "m5": {"architecture": "preact_resnet", "depth": 38, "training": {"blocks_per_batch": 5}},
    "deep": {"architecture": "resnet", "depth": 20},
    "deeper": {"architecture": "resnet", "depth": 32, "training": {"warmup_steps": 100}},
    "plain": {"architecture": "plain", "depth": 20},
    "plainer": {"architecture": "plain", "depth": 32},
    "v": {"architecture": "vgg"},
}


def planned(comparisons: dict[str, list[str]], **changes: Any) -> Plan:
    named = {name: {"networks": networks} for name, networks in comparisons.items()}
    content = {"study": "s", "dataset": {"kind": "digits"}, "networks": NETWORKS, "comparisons": named}
    return plan_study(parse_study(merged(content, changes)))


# What may be compared


@pytest.mark.parametrize(
    ("comparison", "networks", "changes", "sentence"),
    [
        ("depth", ["deep", "deeper", "v"], {}, r"comparisons\.depth\.networks\[2\]: got 'v', a vgg network; allowed"),
        ("depth", ["plain", "plainer", "deep"], {}, r"depth\.networks\[2\]: got 'deep', the only resnet network"),
        ("depth", ["deep", "deeper"], {"deep": {"depth": 32}}, r"networks\.deeper\.depth: got 32, .*that differ in it"),
        (
            "depth", ["deep", "deeper"], {"deep": {"width": 8}},
            r"networks\.deeper\.width: got 16, but comparisons\.depth .*: allowed is 8, as in networks\.deep\.width",
        ),
        ("depth", ["deep"], {}, r"comparisons\.depth\.networks: .*at least 2 items"),
        ("depth", ["deep", "nobody"], {}, r"comparisons\.depth\.networks\[1\]: got 'nobody', which is not in networks"),
        ("multiplicity", ["a", "plain"], {}, r"multiplicity\.networks\[1\]: got 'plain', a plain network"),
        ("multiplicity", ["a", "m5"], {}, r"networks\.m5\.training\.blocks_per_batch: got 5, .*allowed is null"),
        ("multiplicity", ["a", "a4"], {"a4": {"convolutions": 2}}, r"networks\.a4\.convolutions: got 2, .*that differ"),
        ("multiplicity", ["a", "a4"], {"a4": {"depth": 26}}, r"networks\.a4\.depth: got 26, .*allowed is 38, as in"),
        (
            "multiplicity", ["a", "a4"], {"a4": {"training": {"epochs": 9}}},
            r"networks\.a4\.training\.epochs: got 9, .*allowed is 164, as in networks\.a\.training\.epochs",
        ),
        ("blocks_per_batch", ["a", "a4"], {}, r"networks\.a4\.convolutions: got 4, .*allowed is 2"),
        (
            "blocks_per_batch", ["a", "m5"], {"m5": {"training": {"blocks_per_batch": None}}},
            r"networks\.m5\.training\.blocks_per_batch: got null, .*as in networks\.a\.training\.blocks_per_batch",
        ),
        (
            "blocks_per_batch", ["a", "m5"], {"a": {"training": {"blocks_per_batch": 6}}},
            r"blocks_per_batch\.networks: got .*one must be trained on all blocks",
        ),
    ],
)  # fmt: skip
def test_what_differs_in_more_than_is_compared_is_refused(comparison, networks, changes, sentence) -> None:
    with pytest.raises(StudyError, match=sentence):
        planned({comparison: networks}, networks=changes)


def test_a_loaded_network_says_nothing_of_the_blocks_that_it_was_trained_on(tmp_path) -> None:
    loaded = {"a": {"weights": str(tmp_path / "weights.th")}}
    with pytest.raises(StudyError, match=r"comparisons\.blocks_per_batch\.networks\[0\]: got 'a', which is loaded"):
        planned({"blocks_per_batch": ["a", "m5"]}, networks=loaded)


@pytest.mark.parametrize(("convolutions", "blocks"), [(2, 18), (4, 9), (6, 6)])
def test_longer_blocks_are_fewer_at_one_depth(convolutions: int, blocks: int) -> None:
    network = {"convolutions": convolutions}
    assert planned({}, networks={"a": network}).study.networks["a"].blocks == blocks
    with pytest.raises(StudyError, match=rf"networks\.a\.depth: got 40, .*allowed are {3 * convolutions}n \+ 2"):
        planned({}, networks={"a": network | {"depth": 40}})


# The plan


def test_a_comparison_waits_for_the_networks_that_it_names_and_for_no_others() -> None:
    plan = planned({"multiplicity": ["a", "a4"]})
    (job,) = plan.of_rule("compare_networks")
    assert [above.label for above in job.upstream] == [
        "evaluate_network network=a seed=0", "evaluate_network network=a4 seed=0",
    ]  # fmt: skip
    assert planned({}).of_rule("compare_networks") == []


def test_a_comparison_more_trains_and_measures_nothing() -> None:
    before = {job.fingerprint for job in planned({"multiplicity": ["a", "a4"]}).jobs}
    after = planned({"multiplicity": ["a", "a4"], "depth": ["deep", "deeper"]}).jobs
    assert {job.rule for job in after if job.fingerprint not in before} <= {
        "compare_networks", "judge_claims", "draw_figure", "write_database", "write_report",
    }  # fmt: skip


def test_a_network_of_fewer_blocks_is_measured_at_the_numbers_that_it_has() -> None:
    lesions = {"random": {"networks": ["a", "a4", "a6"], "counts": [1, 6, 9, 18], "draws": 10}}
    jobs = planned({}, lesions=lesions).of_rule("delete_random")
    assert {job.of["network"]: job.spec["counts"] for job in jobs} == {
        "a": [1, 6, 9, 18],
        "a4": [1, 6, 9],
        "a6": [1, 6],
    }
    with pytest.raises(StudyError, match=r"lesions\.random\.counts: got \[19\], but 'a' has 18 blocks"):
        planned({}, lesions=merged(lesions, {"random": {"counts": [1, 19]}}))
    with pytest.raises(StudyError, match=r"lesions\.random\.counts: got \[7\], but 'a6' has 6 blocks"):
        planned({}, lesions=merged(lesions, {"random": {"counts": [7]}}))


# The rows


def seeds(name: str, tests: tuple[int, ...], trains: tuple[int, ...] = (5,), **columns: Any) -> list[dict[str, Any]]:
    """Networks of one name, one for each seed, with errors of 1,000 test and 1,000 training images."""
    trains = trains * len(tests) if len(trains) == 1 else trains
    return [
        network(test, 1000, network=name, seed=seed, train_errors=train, train_images=1000, **columns)
        for seed, (test, train) in enumerate(zip(tests, trains, strict=True))
    ]


def compared(named: dict[str, list[str]], *networks: list[dict[str, Any]], **tables: list[dict[str, Any]]):
    con = emptied()
    insert(con, "networks", [row for rows in networks for row in rows])
    for table, rows in tables.items():
        insert(con, table, rows)
    insert(con, "comparisons", compare(con, STUDY, named, 0.95))
    return con


def row_of(con, network: str) -> dict[str, Any]:
    return con.sql("SELECT * FROM comparisons WHERE network = $network", params={"network": network}).pl().to_dicts()[0]


def test_two_seeds_have_student_s_interval_kept_within_0_and_1() -> None:
    con = compared({"depth": ["x"]}, seeds("x", (60, 70), (0, 4)))
    row = row_of(con, "x")
    assert (row["seeds"], row["test_error"], row["train_error"]) == (2, pytest.approx(0.065), pytest.approx(0.002))
    half = T_OF_TWO * stdev([0.06, 0.07]) / sqrt(2)  # .0635
    assert (row["test_error_low"], row["test_error_high"]) == pytest.approx((0.065 - half, 0.065 + half))
    assert (row["train_error_low"], row["train_error_high"]) == (0.0, pytest.approx(0.002 + T_OF_TWO * 0.002))


def test_one_seed_has_wilson_s_interval() -> None:
    row = row_of(compared({"depth": ["x"]}, seeds("x", (60,))), "x")
    p, n, z = 0.06, 1000, 1.959963984540054
    middle, half = p + z * z / (2 * n), z * sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    ends = [(middle + side * half) / (1 + z * z / n) for side in (-1, 1)]
    assert [row["test_error_low"], row["test_error_high"]] == pytest.approx(ends)


def test_paths_and_their_lengths_follow_from_what_the_training_computes() -> None:
    con = compared(
        {"depth": ["all", "m", "plain", "dropping"]},
        seeds("all", (60,)),
        seeds("m", (60,), blocks_per_batch=23),
        seeds("plain", (60,), architecture="plain"),
        seeds("dropping", (60,), stochastic_depth=0.5, convolutions=4),
    )
    rows = {name: row_of(con, name) for name in ("all", "m", "plain", "dropping")}
    assert {name: row["log2_paths"] for name, row in rows.items()} == {"all": 54, "m": 54, "plain": 0, "dropping": 54}
    lengths = {name: row["mean_path_length"] for name, row in rows.items()}
    assert lengths == {"all": 27, "m": 11.5, "plain": 54, "dropping": pytest.approx(40.25 / 2)}
    assert {name: row["convolutions"] for name, row in rows.items()} == {"all": 2, "m": 2, "plain": 2, "dropping": 4}


def test_newcombe_gives_the_intervals_that_he_printed() -> None:
    # Newcombe 1998, table II, method 10: contrasts (a), (c) and (g)
    for one, other, low, high in (
        ((56, 70), (48, 80), 0.0524, 0.3339),
        ((9, 10), (3, 10), 0.1705, 0.8090),
        ((10, 10), (0, 10), 0.6075, 1.0),
    ):
        found = newcombe(one, other, 0.95)
        assert found.value == pytest.approx(one[0] / one[1] - other[0] / other[1])
        assert (found.low, found.high) == pytest.approx((low, high), abs=5e-5)


# The verdicts


def verdict(con, claim: str, **rules: Any) -> dict[str, Any]:
    found = claims(con, STUDY, Claims.model_validate(rules).model_dump(), "digits", [claim])
    insert(con, "claims", found)
    return next(row for row in found.to_dicts() if row["claim"] == claim)


def depths(*trains: tuple[int, ...]):
    """Training errors of 1,000 images: plain and with skips, at 20 and at 56 layers."""
    names = [("plain", 20), ("plain", 56), ("resnet", 20), ("resnet", 56)]
    rows = [
        seeds(f"{kind}{depth}", (80,) * len(train), train, architecture=kind, depth=depth)
        for (kind, depth), train in zip(names, trains, strict=True)
    ]
    return compared({"depth": [f"{kind}{depth}" for kind, depth in names]}, *rows)


@pytest.mark.parametrize(
    ("trains", "expected"),
    [
        (((10,), (100,), (10,), (5,)), "reproduced"),
        (((10,), (300,), (10,), (30,)), "reproduced"),  # 29 points worse without, 2 with: that skips help is clear
        (((10,), (100,), (10,), (200,)), "not reproduced"),  # with skips it degrades even more
        (((10,), (100,), (10,), (100,)), "inconclusive"),  # as much: 1,000 images do not tell a point
        (((100,), (60,), (10,), (9,)), "not reproduced"),  # without skips it does not
        (((10,), (22,), (10,), (9,)), "inconclusive"),  # 13 images of 1,000 more, about the threshold of 10
        (((10, 12), (100, 110), (10, 12), (5, 6)), "reproduced"),
        (((10, 12), (20, 200), (10, 12), (5, 6)), "inconclusive"),  # two seeds far apart
    ],
)
def test_depth_must_cost_more_training_error_without_skips_than_with_them(trains, expected) -> None:
    found = verdict(depths(*trains), "depth")
    assert found["verdict"] == expected
    rises = [mean(trains[i + 1]) - mean(trains[i]) for i in (0, 2)]
    assert found["ours"] == pytest.approx((rises[0] - rises[1]) / 1000)


def test_one_seed_of_each_depth_is_compared_over_images_as_newcombe_does() -> None:
    found = verdict(depths((10,), (100,), (10,), (5,)), "depth")
    # Newcombe's intervals of both rises, added as independent: the distances of their ends are roots of squares
    rises = [newcombe((deep, 1000), (shallow, 1000), 0.95) for deep, shallow in ((100, 10), (5, 10))]
    below = hypot(rises[0].value - rises[0].low, rises[1].high - rises[1].value)
    assert found["low"] == pytest.approx(rises[0].value - rises[1].value - below)
    assert "images alone" in found["interval_kind"]


def test_depths_of_plain_networks_alone_decide_nothing() -> None:
    con = compared(
        {"depth": ["p", "q"]}, seeds("p", (60,), architecture="plain", depth=8), seeds("q", (60,), architecture="plain")
    )
    assert verdict(con, "depth")["verdict"] == "not run"


def damaged(of: dict[str, tuple[int, list[int]]]):
    """Networks of 12 layers in blocks: convolutions in a block, and each block's damage in images of 10,000."""
    parts: dict[str, list[dict[str, Any]]] = {"blocks": [], "lesions": []}
    networks = []
    for name, (convolutions, changes) in of.items():
        networks.append(seeds(name, (60,), blocks=len(changes), convolutions=convolutions))
        parts["blocks"] += [block(index, network=name) for index in range(len(changes))]
        parts["lesions"] += [lesion("intact", 600, network=name)]
        parts["lesions"] += [single(index, 600 + change, network=name) for index, change in enumerate(changes)]
    return compared({"multiplicity": list(of)}, *networks, **parts)


def test_damage_is_paired_over_spans_of_the_same_layers() -> None:
    con = damaged({"short": (2, [60, 0, 30, 30, 0, 0]), "long": (6, [240, 300]), "middle": (4, [0, 0, 9000])})
    found = verdict(con, "multiplicity")
    # spans of six layers: 240 - 90 = 150 and 300 - 30 = 270 images, of 10,000, over six layers
    differences = [150 / 60_000, 270 / 60_000]
    assert found["ours"] == pytest.approx(mean(differences))
    half = T_OF_TWO * stdev(differences) / sqrt(2)
    assert (found["low"], found["high"]) == pytest.approx((mean(differences) - half, mean(differences) + half))
    assert found["verdict"] == "inconclusive"
    assert "2 spans of 6 layers" in found["test"]
    assert found["p"] == pytest.approx(ttest_1samp(differences, 0, alternative="greater").pvalue)


@pytest.mark.parametrize(
    ("long", "expected"),
    [([240, 250, 260, 240], "reproduced"), ([10, 20, 12, 15], "not reproduced"), ([20, 900, 90, 0], "inconclusive")],
)
def test_fewer_paths_must_cost_more_for_each_layer_deleted(long: list[int], expected: str) -> None:
    con = damaged({"short": (2, [40, 30, 20] * 4), "long": (6, long)})
    assert verdict(con, "multiplicity")["verdict"] == expected


def test_four_and_six_convolutions_meet_every_twelve_layers() -> None:
    con = damaged({"four": (4, [10, 20, 30, 40, 50, 60]), "six": (6, [100, 200, 300, 400])})
    # (100 + 200) - (10 + 20 + 30) and (300 + 400) - (40 + 50 + 60), over twelve layers
    assert verdict(con, "multiplicity")["ours"] == pytest.approx((240 + 550) / 2 / 120_000)


def test_multiplicity_without_single_deletions_is_not_run() -> None:
    con = compared({"multiplicity": ["x", "y"]}, seeds("x", (60,)), seeds("y", (60,), blocks=18, convolutions=6))
    assert verdict(con, "multiplicity")["verdict"] == "not run"


def batches(of: dict[int | None, tuple[int, ...]]):
    """Test errors of 1,000 images for each m of 54 blocks; None for all of them."""
    rows = [seeds(f"m{m}", tests, blocks_per_batch=m) for m, tests in of.items()]
    return compared({"blocks_per_batch": [f"m{m}" for m in of]}, *rows)


@pytest.mark.parametrize(
    ("tests", "smallest", "expected"),
    [
        ({None: (60, 61, 60), 40: (61, 60, 60), 23: (60, 62, 61), 8: (99, 98, 97)}, 23, "reproduced"),
        ({None: (60, 61, 60), 40: (61, 60, 60), 23: (80, 82, 81), 8: (60, 61, 60)}, 40, "not reproduced"),
        ({None: (60, 61, 60), 40: (90, 92, 91), 23: (60, 61, 60)}, None, "not reproduced"),  # not below a failure
        ({None: (50, 70, 60), 23: (52, 70, 62)}, None, "inconclusive"),
        ({None: (50, 70, 60), 40: (52, 70, 62), 23: (290, 300, 310)}, None, "not reproduced"),  # whatever 40 is
        ({None: (50, 70, 60), 40: (290, 300, 310), 23: (52, 70, 62)}, None, "not reproduced"),  # 40 is already too few
        ({None: (50, 70, 60), 40: (52, 70, 62), 23: (290, 300, 310), 8: (52, 70, 62)}, None, "inconclusive"),
        ({None: (60,), 23: (60,)}, None, "inconclusive"),  # two seeds of each are needed
        ({None: (60, 61, 60), 40: (61, 60, 60)}, None, "not run"),  # nothing at 43 % of the blocks or below
    ],
)
def test_the_smallest_number_of_blocks_is_found_from_the_largest_down(tests, smallest, expected) -> None:
    found = verdict(batches(tests), "blocks_per_batch")
    assert (found["ours"], found["verdict"]) == (smallest, expected)


def test_comparisons_that_a_study_does_not_name_are_not_run() -> None:
    con = compared({}, seeds("x", (60,)))
    assert {verdict(con, "depth")["verdict"]} == {"not run"}
