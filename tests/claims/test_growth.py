"""Is growth smooth?  Tables that must pass, fail and stay open, and how often the verdict errs."""

from collections import Counter
from collections.abc import Callable

import numpy as np
import pytest

from claims_by_hand import holding, judge, judged, merged, random_draws, verdict
from claims_shapes import by_order, cliff, rising
from resdag.claims._smooth import smooth
from resdag.config.claims import Claims
from resdag.queries.claims import claims
from resdag.queries.curves import Curve, Dose
from resdag.queries.verdicts import Evidence
from rows_by_hand import STUDY, network, reordering


def test_growth_in_small_steps_is_smooth() -> None:
    row = judge(random_draws(rising), "random_deletion")
    assert row["verdict"] == "reproduced"
    # the largest step of the median: from 19 to 20, 13.5 x 39 images of the 5,400 and a scatter of half a step
    assert row["ours"] == pytest.approx(13.5 * 39 / (13.5 * 400 + 20), abs=0.005)
    assert row["low"] <= row["ours"] <= row["high"] < 0.25
    assert row["p"] < 1e-10
    assert "Spearman of the medians 1" in row["detail"]


def test_a_cliff_between_neighbours_is_no_smooth_growth() -> None:
    row = judge(random_draws(cliff), "random_deletion")
    assert row["verdict"] == "not reproduced"
    assert row["low"] > 0.25
    assert "Spearman of the medians 1" in row["detail"]  # ranks of medians alone would have been too kind


def test_a_wide_gap_can_pass_and_cannot_refute() -> None:
    """A line measured at 1, 2, 15 and 20 takes a step of 13 blocks, two thirds of the rise: measure in between."""
    row = judge(random_draws(lambda k, draw: 600 + 200 * k + draw, counts=(1, 2, 15, 20)), "random_deletion")
    assert row["verdict"] == "inconclusive"
    assert "the largest step spans 65 % of the range" in row["detail"]
    assert verdict(random_draws(cliff, counts=(1, 8, 15, 20)), "random_deletion") == "inconclusive"


def test_errors_that_do_not_follow_the_number_do_not_grow() -> None:
    assert verdict(random_draws(lambda k, draw: 3000 + 500 * ((7 * k + draw) % 4)), "random_deletion") != "reproduced"
    falling = random_draws(lambda k, draw: 5000 - 200 * k + draw)
    assert verdict(falling, "random_deletion") == "not reproduced"


def test_too_few_draws_are_open() -> None:
    row = judge(random_draws(rising, draws=5), "random_deletion")
    assert row["verdict"] == "inconclusive"
    assert "six draws" in row["detail"]
    assert verdict(random_draws(lambda k, draw: 600), "random_deletion") == "not reproduced"  # nothing grows
    assert verdict({"networks": [network()]}, "random_deletion") == "not run"


def test_seeds_that_share_their_draws_make_no_interval_narrower() -> None:
    names = ("random_deletion", "random_deletion_error")
    one, five = (judged(random_draws(rising, seeds=seeds), *names) for seeds in (1, 5))
    for claim in names:
        width = [found[claim]["high"] - found[claim]["low"] for found in (one, five)]
        assert 0.8 * width[0] < width[1] < 1.3 * width[0]


def test_medians_of_each_seed_are_compared_within_it() -> None:
    """One seed of two has a fall that all draws show; pooled with the other's far higher errors it would be lost."""
    tables = random_draws(rising, seeds=2)
    for row in tables["lesions"]:
        if row["seed"] == 1 and row["count"] == 7:
            row |= {"errors": row["errors"] - 400, "error": row["error"] - 0.04}
    row = judge(tables, "random_deletion_medians")
    assert (row["verdict"], row["ours"]) == ("not reproduced", 1)


@pytest.mark.workflow
def test_a_real_fall_of_the_median_is_told_from_a_chance_one() -> None:
    counts = (1, 2, 5, 10, 15, 20)
    draws = lambda errors: random_draws(errors, counts=counts)  # noqa: E731
    real = judge(draws(lambda k, draw: (3000 if k == 2 else 1000 + 10 * k) + draw), "random_deletion_medians")
    assert (real["verdict"], real["ours"]) == ("not reproduced", 1)
    assert real["p"] < 0.05
    chance = judged(draws(lambda k, draw: 1000 + 100 * draw - (k == 5) + 2000 * (k > 5) + 3 * (k > 10) * k))
    row = chance["random_deletion_medians"]
    assert (row["verdict"], row["ours"]) == ("inconclusive", 1)
    assert verdict(draws(rising), "random_deletion_medians") == "reproduced"


@pytest.mark.parametrize(
    ("at_ten", "expected"), [(2000, "reproduced"), (6000, "not reproduced"), (3480, "inconclusive")]
)
def test_the_error_at_ten_blocks_is_a_median_with_its_order_statistics(at_ten: int, expected: str) -> None:
    row = judge(random_draws(lambda k, draw: at_ten + 10 * draw), "random_deletion_error")
    assert row["verdict"] == expected
    assert row["ours"] == pytest.approx((at_ten + 55) / 10_000)
    assert row["interval_kind"] == "order statistics over draws, widest of the seeds"


@pytest.mark.parametrize(
    ("at_twenty", "expected"), [(7000, "reproduced"), (900, "not reproduced"), (4970, "inconclusive")]
)
def test_severe_damage_is_more_than_half_wrong(at_twenty: int, expected: str) -> None:
    assert verdict(random_draws(lambda k, draw: at_twenty + 10 * draw), "random_deletion_severe") == expected
    assert verdict(random_draws(rising), "random_deletion_error", random_count=21) == "not run"


def test_reordering_is_judged_over_bins_of_tau() -> None:
    row = judge(by_order(lambda part: part), "reordering")
    assert row["verdict"] == "reproduced"
    assert "Spearman of the medians −1" in row["detail"]
    assert "360 orders" in row["detail"]
    # .46 of the way is tau .8625, where two bins meet; a cliff within a bin would be two steps, and stay open
    assert verdict(by_order(lambda part: 0.1 * part + 0.9 * (part > 0.46)), "reordering") == "not reproduced"
    assert verdict(by_order(lambda part: 0.1 * part + 0.9 * (part > 0.5)), "reordering") == "inconclusive"


def test_reorderings_below_the_tau_of_the_study_file_play_no_part() -> None:
    tables = by_order(lambda part: part)
    tables["reorderings"] += [reordering(f"swaps-999-d{draw}", 0.4, 100, swaps=99, draw=draw) for draw in range(9)]
    assert verdict(tables, "reordering") == "reproduced"
    assert verdict(tables, "reordering", reorder_tau=0.3) == "not reproduced"


@pytest.mark.parametrize(
    ("errors", "broken", "expected"),
    [(600, 0, "holds by arithmetic"), (601, 1, "not reproduced"), (600, 3, "not reproduced")],
)
def test_the_trained_order_must_give_the_intact_answers(errors: int, broken: int, expected: str) -> None:
    identity = reordering("identity", 1.0, errors, broken=broken, repaired=broken if errors == 600 else 0)
    tables = merged(by_order(lambda part: part), {"reorderings": [identity]})
    assert verdict(tables, "reordering_identity") == expected
    assert verdict(by_order(lambda part: part), "reordering_identity") == "not run"


# How often the verdict errs


def simulated(curve: Callable[[float], float], seed: int, scatter: float = 0.05, draws: int = 40) -> str:
    """The verdict on one simulated network of 20 numbers of blocks, its draws scattering by 5 points."""
    generator = np.random.default_rng(seed)
    errors = [np.clip(curve(k / 20) + generator.normal(0, scatter, (1, draws)), 0, 1) for k in range(1, 21)]
    measured = Curve([curve(0)], [Dose(k + 1.0, part) for k, part in enumerate(errors)], generator, resamples=800)
    evidence = Evidence(None, STUDY, Claims().model_dump())  # type: ignore[arg-type]
    return smooth(evidence, measured, 0.9, "simulated").verdict


def times(curve: Callable[[float], float], count: int = 100) -> Counter[str]:
    """How often each verdict comes, of so many simulated networks."""
    return Counter(simulated(curve, seed) for seed in range(count))


@pytest.mark.workflow
def test_a_smooth_network_is_judged_smooth_in_ninety_of_a_hundred() -> None:
    found = times(lambda x: 0.06 + 0.7 / (1 + np.exp(-8 * (x - 0.5))))
    assert found["reproduced"] >= 90
    assert found["not reproduced"] == 0


@pytest.mark.workflow
def test_a_cliff_is_never_judged_smooth_and_found_in_ninety_of_a_hundred() -> None:
    found = times(lambda x: 0.06 + 0.3 * x + 0.3 * (x > 0.7))
    assert found["reproduced"] == 0
    assert found["not reproduced"] >= 90


@pytest.mark.workflow
def test_a_step_at_the_limit_is_rarely_given_either_verdict() -> None:
    """A quarter of the rise at once, the rest in nineteen even steps: each verdict is a twentieth by design."""
    found = times(lambda x: 0.06 + 0.6 * (0.75 / 0.95 * (x - 0.05 * (x > 0.52)) + 0.25 * (x > 0.52)), 60)
    assert found["not reproduced"] <= 7
    assert found["reproduced"] <= 7


def test_the_same_rows_give_the_same_interval() -> None:
    con = holding(random_draws(rising))
    con.execute("SET threads = 1")  # as the jobs have it
    rules = Claims().model_dump()
    found = [claims(con, STUDY, rules, "cifar10", ["random_deletion"])["high"][0] for _ in range(2)]
    assert found[0] == found[1]
