"""Numbers from textbooks, closed forms and other routines of SciPy, not from the code under test."""

from itertools import product
from math import comb, isnan, log10, sqrt

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as some
from scipy import stats

from resdag.queries import path_statistics as paths
from resdag.queries import spectrum_statistics as spectra
from resdag.queries.derive import path_rows
from resdag.queries.derived import derive
from resdag.queries.statistics import (
    contrast,
    equivalence,
    falls,
    holm,
    hotelling,
    interval_of,
    line_fit,
    mcnemar,
    mean_of,
    median_interval,
    mover,
    paired,
    share_of,
    sign_test,
    spearman,
    t_interval,
    t_test,
    trend,
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


def test_a_t_test_is_one_sided_and_without_spread_certain() -> None:
    assert t_test([0.0, 0.0]) == 1.0
    assert t_test([0.1, 0.1]) == 0.0
    assert t_test([1, 2, 4], 2) == pytest.approx(stats.ttest_1samp([1, 2, 4], 2, alternative="greater").pvalue)


def test_a_sign_test_counts_the_values_below_its_bound() -> None:
    # four of five below 3, one at it that says nothing: (1 + 5) / 2^5 of ways have as many below, or more
    assert sign_test([0, 1, 2, 2.5, 9, 3], 3) == pytest.approx(6 / 32)
    assert sign_test([3, 3], 3) == 1.0


def test_paired_answers_have_newcombes_example_of_their_interval() -> None:
    """Agresti and Min 2005 add half an image to each cell of the table; worked on paper for 10 broken, 2 repaired."""
    low, high = paired(10, 2, 50, 0.95)[1:]
    centre, half = 8 / 52, 1.959964 * sqrt((13 / 52 - (8 / 52) ** 2) / 52)
    assert (low, high) == pytest.approx((centre - half, centre + half), abs=1e-6)


def test_paired_intervals_cover_the_change_as_often_as_they_say() -> None:
    generator = np.random.default_rng(0)
    answers = generator.multinomial(360, [0.02, 0.01, 0.97], size=400)
    covered = [low <= 0.01 <= high for low, high in (paired(b, r, 360, 0.9)[1:] for b, r, _ in answers.tolist())]
    assert np.mean(covered) == pytest.approx(0.9, abs=0.05)


def test_a_contrast_of_two_means_is_welchs() -> None:
    a, b = np.array([0.060, 0.064, 0.061]), np.array([0.071, 0.070, 0.078, 0.072])
    found = interval_of(contrast((1, mean_of(a)), (-1, mean_of(b))), 0.95)
    ends = stats.ttest_ind(a, b, equal_var=False).confidence_interval(0.95)
    assert (found.low, found.high) == pytest.approx((ends.low, ends.high))
    assert interval_of(contrast((1, mean_of([1.0])), (-1, mean_of(b))), 0.95).low is None


def test_a_share_has_the_interval_of_agresti_and_coull() -> None:
    found = share_of(3, 100)
    assert found.value == 0.03
    assert found.variance == pytest.approx((5 / 104) * (99 / 104) / 104)


def test_numbers_with_intervals_add_up_as_zou_and_donner_say() -> None:
    """Of two fractions it is Newcombe's interval; of four, by hand from the ends of each."""
    parts = [wilson(*counts, 0.95) for counts in ((56, 70), (48, 80), (9, 10), (3, 10))]
    found = mover((1, parts[0]), (-1, parts[1]), (-1, parts[2]), (1, parts[3]))
    below = [parts[0][0] - parts[0][1], parts[1][2] - parts[1][0], parts[2][2] - parts[2][0], parts[3][0] - parts[3][1]]
    assert found.value == pytest.approx(0.8 - 0.6 - 0.9 + 0.3)
    assert found.low == pytest.approx(found.value - sqrt(sum(x * x for x in below)))
    assert mover((1, parts[0]), (1, t_interval([1.0], 0.95))).low is None


def test_hotelling_of_one_quantity_is_student_and_of_three_a_known_form() -> None:
    x = np.random.default_rng(3).normal(0.2, 1, (12, 1))
    one = hotelling(x, 0.95)
    assert one.p == pytest.approx(stats.ttest_1samp(x[:, 0], 0).pvalue)
    assert tuple(one.intervals[0]) == pytest.approx(tuple(t_interval(x[:, 0], 0.95)))
    y = np.random.default_rng(4).normal(0, 1, (20, 3))
    squared = 20 * y.mean(0) @ np.linalg.inv(np.cov(y.T)) @ y.mean(0)
    assert hotelling(y, 0.95).p == pytest.approx(stats.f.sf(squared * 17 / (19 * 3), 3, 17))
    with pytest.raises(ValueError, match="3 quantities need more than 3 networks"):
        hotelling(y[:3], 0.95)


def test_hotellings_intervals_hold_together_as_often_as_they_say() -> None:
    generator = np.random.default_rng(5)
    mixing = np.array([[1, 0, 0], [0.9, 0.4, 0], [0.5, 0.5, 0.7]])
    held = [
        all(low <= 0 <= high for _, low, high in hotelling(generator.normal(size=(20, 3)) @ mixing.T, 0.95).intervals)
        for _ in range(300)
    ]
    assert np.mean(held) >= 0.95  # at least: they hold for every combination of the quantities


def test_the_trend_test_is_jonckheere_and_terpstras() -> None:
    """Their statistic without ties, its mean and variance from their paper, and scipy's normal distribution."""
    groups = [[2.0, 5.0, 1.0], [3.0, 6.0, 9.0, 4.0], [8.0, 7.0, 10.0]]
    pairs = sum(a < b for i, j in ((0, 1), (0, 2), (1, 2)) for a in groups[i] for b in groups[j])
    sizes, total = [3, 4, 3], 10
    mean = (total**2 - sum(n * n for n in sizes)) / 4
    variance = (total**2 * (2 * total + 3) - sum(n * n * (2 * n + 3) for n in sizes)) / 72
    doses = np.repeat([0, 1, 2], sizes)
    assert trend(doses, np.concatenate(groups)) == pytest.approx(stats.norm.sf((pairs - mean) / sqrt(variance)))
    assert trend([1, 1, 1], [1, 2, 3]) == trend([1, 2, 3], [4, 4, 4]) == 1.0


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
    assert falls([[[1, 2, 3], [2, 3, 4], [3, 4, 5]]]) == []
    seed = [np.arange(20) + 100, np.arange(20), np.arange(20) + 50]
    (p,) = falls([seed])
    one = stats.mannwhitneyu(np.arange(20), np.arange(20) + 100, alternative="less").pvalue
    assert p == pytest.approx(2 * one)  # Holm over two steps
    assert falls([seed, [[1, 2, 3], [2, 3, 4], [3, 4, 5]]]) == [pytest.approx(4 * one)]  # over those of all seeds


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


def test_the_ends_of_the_window_are_drawn_again_with_their_spread() -> None:
    """Batches whose norms fall faster have shorter lengths and less spread: each drawing has its own ends."""
    _, (fit,) = path_rows(KEY, 54, _frame(_samples(0.256, noise=0.5)), 0.95)
    for end in ("window_low", "window_high"):
        assert fit[f"{end}_low"] < fit[end] < fit[f"{end}_high"]
    moved = fit["mean_length_high"] - fit["mean_length"]
    assert fit["window_high_high"] - fit["window_high"] > moved  # more than the mean, since the spread grows with it


def test_both_halves_of_a_straight_line_are_as_steep_and_of_a_bent_one_not() -> None:
    straight = path_rows(KEY, 54, _frame(_samples(0.256)), 0.95)[1][0]
    assert straight["slopes_ratio"] == pytest.approx(1)
    bent = path_gradients(lambda k, _: -0.5 * k - 0.25 * max(k - 27, 0), range(55), 20)
    assert path_rows(KEY, 54, _frame(bent), 0.95)[1][0]["slopes_ratio"] == pytest.approx(1.5)


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


def test_seven_batches_give_no_interval_and_one_living_length_no_line() -> None:
    norms, (fit,) = path_rows(KEY, 54, _frame(path_gradients(lambda k, _: -0.5 * k, range(55), 14)), 0.95)
    assert fit["r_low"] is fit["window_high_low"] is fit["slopes_ratio_low"] is None
    assert path_rows(KEY, 54, _frame(path_gradients(lambda k, _: -0.5 * k, range(55), 16)), 0.95)[1][0]["r_low"]
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
    batches = spectra.Batches(*[np.vstack([energy, 4 * energy])] * 6)
    found = spectra.estimate(batches, np.array([[1.0, 1.0], [2.0, 0.0]]))
    assert 10**found.slope == pytest.approx([0.5, 0.5])
    assert found.energy_mean_length == pytest.approx([9 / 5] * 2)
    assert found.energy_sd_length == pytest.approx([sqrt(9 * 4 / 25)] * 2)


def test_where_all_paths_are_dead_there_is_neither_a_length_by_energy_nor_a_factor() -> None:
    found = spectra.estimate(spectra.Batches(*[np.zeros((2, 5))] * 6), np.ones((1, 2)))
    assert np.isnan([found.energy_mean_length, found.energy_sd_length, found.slope]).all()
    assert found.mean_length.tolist() == [0.0]


def signs(variances: list[float], draws: int, batches: int = 1) -> spectra.Batches:
    """One length; images with these variances of their mean energy over the draws, as the job writes them."""
    total, energy = sum(variances), 100.0
    freedom = total**2 / sum(v**2 / (draws - 1) for v in variances)
    column = lambda value: np.full((batches, 1), value)  # noqa: E731
    return spectra.Batches(*map(column, (1.0, 1.0, energy, sqrt(total), freedom, 0.5)))


def test_degrees_of_freedom_are_those_of_all_images_alike_or_of_the_one_that_carries_the_batch() -> None:
    assert spectra.degrees_of_freedom(signs([1.0] * 32, 2)) == pytest.approx(32)  # Satterthwaite: they add
    assert spectra.degrees_of_freedom(signs([1.0] + [1e-9] * 31, 2)) == pytest.approx(1, rel=1e-6)
    assert spectra.degrees_of_freedom(signs([1.0] + [1e-9] * 31, 20)) == pytest.approx(19, rel=1e-6)
    assert spectra.degrees_of_freedom(signs([1.0] * 32, 2, batches=5)) == pytest.approx(160)


def test_an_energy_is_known_by_a_small_error_that_is_itself_known() -> None:
    assert spectra.known(signs([1.0] * 32, 2)).all()  # 5.7 % of the energy, 32 degrees of freedom
    assert not spectra.known(signs([1.0] + [1e-9] * 31, 2)).any()  # 1 %, and one degree
    assert not spectra.known(signs([900.0] * 32, 2)).any()  # 170 %
    exact = signs([1.0], 2)._replace(energy_se=np.zeros((1, 1)), energy_df=np.full((1, 1), np.nan))
    assert spectra.known(exact).all()  # no draw differs
    assert not spectra.known(signs([1.0] * 32, 2)._replace(energy_df=np.full((1, 1), np.nan))).any()


def test_an_error_with_one_degree_of_freedom_misleads_and_with_ten_it_does_not() -> None:
    """What an audit found: with two draws and one image that carries the batch, "known" energies were far off."""
    generator = np.random.default_rng(7)

    def far(images: int, draws: int) -> float:
        """Share of estimates that lie more than three of their standard errors from the true energy, 1."""
        weight = np.array([1.0] + [0.01] * (images - 1)) if images > 1 else np.ones(1)
        energies = weight / weight.sum() * generator.chisquare(1, (2000, draws, images))
        error = np.sqrt((energies.var(axis=1, ddof=1) / draws).sum(axis=-1))
        return float(np.mean(np.abs(energies.mean(axis=1).sum(axis=-1) - 1) > 3 * error))

    assert far(32, 2) > 0.15
    assert far(32, 20) < 0.06
