"""Numbers from textbooks, closed forms and other routines of SciPy, not from the code under test."""

from itertools import product
from math import comb, isnan, log10, sqrt

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as some
from scipy import stats

from derived import derive
from resdag.queries import path_statistics as paths
from resdag.queries import spectrum_statistics as spectra
from resdag.queries.derive import path_rows
from resdag.queries.statistics import (
    equivalence,
    falls,
    holm,
    line_fit,
    mcnemar,
    median_interval,
    spearman,
    t_interval,
    t_test,
    wilson,
)
from resdag.records.tables.lesion_tests import LesionTest
from resdag.records.tables.path_fits import PathFit
from resdag.records.tables.path_norms import PathNorm
from rows_by_hand import OF, STUDY, empty, insert, lesion, network, path_gradients, single

KEY = OF | {"epoch": 164, "measured_at": "input"}


def test_wilson_is_newcombes_worked_example() -> None:
    value, low, high = wilson(81, 263, 0.95)  # Newcombe 1998, method 3
    assert (round(value, 4), round(low, 4), round(high, 4)) == (0.3080, 0.2553, 0.3662)


def test_wilson_of_no_errors_begins_at_zero_and_ends_at_z2_over_n_plus_z2() -> None:
    z = stats.norm.ppf(0.975)
    assert wilson(0, 10, 0.95) == pytest.approx((0, 0, z**2 / (10 + z**2)))


def test_mcnemar_is_a_fair_coin() -> None:
    assert mcnemar(10, 2) == pytest.approx(2 * sum(comb(12, k) for k in range(3)) / 2**12)
    assert mcnemar(2, 10) == mcnemar(10, 2)
    assert mcnemar(0, 0) == 1.0
    assert mcnemar(5, 5) == 1.0


def test_holm_steps_down_as_worked_on_paper() -> None:
    # .005 x 4, .01 x 3, then .03 x 2 = .06 and .04 x 1, which may not fall below the one before
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.9, 0.8]) == pytest.approx([1.0, 1.0])
    assert len(holm([])) == 0


@given(some.lists(some.floats(0, 1), min_size=1, max_size=30))
def test_holm_keeps_order_and_lies_between_p_and_bonferroni(p: list[float]) -> None:
    corrected, raw = holm(p), np.array(p)
    assert np.all(corrected >= raw)
    assert np.all(corrected <= np.minimum(len(p) * raw, 1) + 1e-12)
    assert np.all(np.diff(corrected[np.argsort(raw, kind="stable")]) >= 0)


def test_a_t_interval_of_three_values_uses_the_tabled_quantile() -> None:
    mean, low, high = t_interval([1, 2, 3], 0.95)
    half = 4.302653 / sqrt(3)  # t of .975 at 2 degrees of freedom
    assert (mean, low, high) == pytest.approx((2, 2 - half, 2 + half), abs=1e-6)
    assert t_interval([0.06], 0.95) == (0.06, None, None)


def test_a_t_test_without_spread_is_certain() -> None:
    assert t_test([0.0, 0.0]) == 1.0
    assert t_test([0.1, 0.1]) == 0.0
    assert t_test([1, 2, 4]) == pytest.approx(stats.ttest_1samp([1, 2, 4], 0).pvalue)


def test_a_median_needs_six_values_for_an_interval_at_95_percent() -> None:
    # the whole sample covers the median with 1 - 2/2^n: .9375 at five values, .96875 at six
    assert median_interval([1, 2, 3, 4, 5], 0.95) == (3, None, None)
    assert median_interval([1, 2, 3, 4, 5, 6], 0.95) == (3.5, 1, 6)


def test_equivalence_is_the_worse_of_two_welch_tests() -> None:
    a, b, margin = np.array([0.060, 0.062, 0.061]), np.array([0.061, 0.060, 0.063, 0.062]), 0.005
    above = stats.ttest_ind(a + margin, b, equal_var=False, alternative="greater").pvalue
    below = stats.ttest_ind(a - margin, b, equal_var=False, alternative="less").pvalue
    ends = stats.ttest_ind(a, b, equal_var=False).confidence_interval(0.90)
    expected = (a.mean() - b.mean(), ends.low, ends.high, max(above, below))
    assert equivalence(a, b, margin, 0.95) == pytest.approx(expected)


def test_equivalence_has_the_power_that_the_study_counts_on() -> None:
    """At a seed sd of 0.2 points: five seeds show a 0.5-point margin with power .94, ten a 0.3-point one with .89."""
    for seeds, margin, power in ((5, 0.005, 0.94), (10, 0.003, 0.89)):
        draws = np.random.default_rng(0).normal(0.06, 0.002, size=(400, 2, seeds))
        shown = np.mean([equivalence(a, b, margin, 0.95).p < 0.05 for a, b in draws])
        assert shown == pytest.approx(power, abs=0.04)


@given(some.lists(some.floats(0, 0.1), min_size=2, max_size=6), some.lists(some.floats(0, 0.1), min_size=2, max_size=6))
def test_equivalence_is_shown_exactly_where_the_interval_is_within_the_margin(a: list[float], b: list[float]) -> None:
    result = equivalence(a, b, 0.02, 0.95)
    if min(abs(result.low + 0.02), abs(result.high - 0.02)) > 1e-9:
        assert (result.p < 0.05) == (result.low > -0.02 and result.high < 0.02)


def test_equivalence_without_spread_and_with_one_seed() -> None:
    assert equivalence([0.06, 0.06], [0.05, 0.05], 0.02, 0.95).p == 0.0
    assert equivalence([0.06, 0.06], [0.01, 0.01], 0.02, 0.95).p == 1.0
    with pytest.raises(ValueError, match="two values on each side, not 1 and 2"):
        equivalence([0.06], [0.06, 0.07], 0.005, 0.95)


def test_spearman_follows_six_d_squared() -> None:
    y = [0, 2, 1, 3, 5, 4, 6, 8, 7, 9]  # six ranks off by one
    found = spearman(range(10), y, 0.95)
    assert found.value == pytest.approx(1 - 6 * 6 / (10 * 99))
    assert found.low < found.value < found.high < 1
    assert isnan(spearman([1, 2, 3, 4], [1, 1, 1, 1], 0.95).value)


def test_a_line_through_points_on_a_line_is_that_line() -> None:
    assert line_fit([0, 1, 2], [1, 3, 5]) == pytest.approx((2, 1, 1))
    assert line_fit([0, 1, 2], [0, 1, 0]).r_squared == pytest.approx(0, abs=1e-12)


def test_medians_that_rise_have_no_falls_and_a_clear_fall_is_found() -> None:
    assert falls([[1, 2, 3], [2, 3, 4], [3, 4, 5]]) == []
    (p,) = falls([np.arange(20) + 100, np.arange(20), np.arange(20) + 50])
    assert p == pytest.approx(2 * stats.mannwhitneyu(np.arange(20), np.arange(20) + 100, alternative="less").pvalue)


def test_contributions_with_a_constant_factor_are_a_binomial() -> None:
    lengths, r = np.arange(55), 0.256
    share = paths.contributions(np.log10(r) * lengths, lengths, 54)
    assert share == pytest.approx(stats.binom.pmf(lengths, 54, r / (1 + r)), rel=1e-9, abs=0)


def test_contributions_survive_four_hundred_decades() -> None:
    lengths = np.arange(55)
    assert paths.contributions(-8.0 * lengths - 100, lengths, 54).sum() == pytest.approx(1)


def _samples(r: float, noise: float = 0.0, dead: int = 99) -> list[dict]:
    rng = np.random.default_rng(1)
    per_batch = rng.normal(0, noise, 50)
    return path_gradients(
        lambda k, sample: None if k > dead else k * log10(r) - 1 + per_batch[sample // 2] * k / 54, range(55), 100
    )


def _frame(rows: list[dict]) -> pl.DataFrame:
    return pl.DataFrame(rows, infer_schema_length=None).select("path_length", "batch", "log10_norm")


def test_a_known_factor_is_recovered_with_the_papers_window_and_share() -> None:
    _, (fit,) = path_rows(KEY, 54, _frame(_samples(0.256)), 0.95)
    assert fit["r"] == pytest.approx(0.256)
    assert fit["r_squared"] == pytest.approx(1)
    assert fit["mean_length"] == pytest.approx(54 * 0.256 / 1.256)
    assert (round(fit["window_low"]), round(fit["window_high"])) == (5, 17)
    assert fit["window_share"] == pytest.approx(sum(comb(54, k) for k in range(5, 18)) / 2**54)
    assert round(fit["window_share"], 6) == 0.004537


def test_the_interval_of_the_factor_holds_it_and_is_the_same_again() -> None:
    frame = _frame(_samples(0.256, noise=0.5))
    _, (fit,) = path_rows(KEY, 54, frame, 0.95)
    assert fit["r_low"] < 0.256 < fit["r_high"]
    assert fit["r_high"] - fit["r_low"] < 0.01
    assert fit["mean_length_low"] < fit["mean_length"] < fit["mean_length_high"]
    assert path_rows(KEY, 54, frame, 0.95)[1] == [fit]
    assert path_rows(KEY | {"seed": 1}, 54, frame, 0.95)[1] != [fit]


def test_intervals_resample_batches_not_samples() -> None:
    """Copying every sample within its batch adds nothing that is independent, so no interval shrinks."""
    once = _frame(_samples(0.256, noise=0.5))
    _, (fit,) = path_rows(KEY, 54, once, 0.95)
    _, (twice,) = path_rows(KEY, 54, pl.concat([once, once]), 0.95)
    assert (twice["r_low"], twice["r_high"]) == pytest.approx((fit["r_low"], fit["r_high"]))


def test_dead_paths_count_in_the_mean_norm_and_not_in_the_line() -> None:
    norms, (fit,) = path_rows(KEY, 54, _frame(_samples(0.256, dead=40)), 0.95)
    assert (fit["lengths_fitted"], fit["dead"]) == (41, 14 * 100)
    assert fit["r"] == pytest.approx(0.256)
    assert (norms[54]["dead"], norms[54]["mean_norm"], norms[54]["mean_log10_norm"]) == (100, 0.0, None)
    half = _frame(path_gradients(lambda k, sample: None if sample % 2 else 0.0, range(3)))
    norms, _ = path_rows(KEY, 2, half, 0.95)
    assert [row["mean_norm"] for row in norms] == pytest.approx([0.5] * 3)
    assert [row["contribution"] for row in norms] == pytest.approx([0.25, 0.5, 0.25])


def test_one_batch_gives_no_interval_and_one_living_length_no_line() -> None:
    norms, (fit,) = path_rows(KEY, 54, _frame(path_gradients(lambda k, _: -0.5 * k, range(55), 2)), 0.95)
    assert fit["r_low"] is None
    assert norms[0]["mean_norm_low"] is None
    assert norms[0]["contribution_high"] is None
    assert path_rows(KEY, 54, _frame(path_gradients(lambda k, _: None if k else 0.0, range(55))), 0.95)[1] == []


def test_derived_rows_fit_their_records_and_the_store() -> None:
    with empty() as con:
        insert(con, "networks", [network()])
        insert(con, "lesions", [lesion("intact", 610), single(0, 620, broken=12, repaired=2), single(1, 611, broken=1)])
        insert(con, "path_gradients", _samples(0.256, noise=0.3))
        tables = derive(con, STUDY, 0.95)
        for record in (LesionTest, PathNorm, PathFit):
            assert tables[record.table].columns == list(record.model_fields)
            insert(con, record.table, tables[record.table])
    assert tables["lesion_tests"]["p"].to_list() == pytest.approx([mcnemar(12, 2), 1.0])
    assert tables["lesion_tests"]["p_holm"].to_list() == pytest.approx([2 * mcnemar(12, 2), 1.0])
    assert (len(tables["path_norms"]), len(tables["path_fits"])) == (55, 1)


def test_nothing_measured_derives_nothing() -> None:
    with empty() as con:
        assert [len(frame) for frame in derive(con, STUDY, 0.95).values()] == [0] * 6


@pytest.mark.parametrize(("blocks", "length"), list(product((5, 54), (0, 2, 5))))
def test_logarithms_of_path_counts(blocks: int, length: int) -> None:
    assert np.exp(paths.log_paths(blocks, length)) == pytest.approx(comb(blocks, length))


def test_paths_along_which_a_norm_falls_by_a_factor_give_that_factor_and_a_binomial_back() -> None:
    """Of n blocks, C(n, k) paths of norm 3 r^k each: energy is Binomial(n, r^2 / (1 + r^2)), batches of any scale."""
    energy = np.array([9 * comb(9, k) * 0.5 ** (2 * k) for k in range(10)])
    batches = spectra.Batches(*[np.vstack([energy, 4 * energy])] * 4)
    found = spectra.estimate(batches, np.array([[1.0, 1.0], [2.0, 0.0]]))
    assert 10**found.slope == pytest.approx([0.5, 0.5])
    assert found.energy_mean_length == pytest.approx([9 / 5] * 2)
    assert found.energy_sd_length == pytest.approx([sqrt(9 * 4 / 25)] * 2)


def test_where_all_paths_are_dead_there_is_neither_a_length_by_energy_nor_a_factor() -> None:
    found = spectra.estimate(spectra.Batches(*[np.zeros((2, 5))] * 4), np.ones((1, 2)))
    assert np.isnan([found.energy_mean_length, found.energy_sd_length, found.slope]).all()
    assert found.mean_length.tolist() == [0.0]
