"""How sure are we? Intervals and tests, as plain functions of numbers.

Errors of one network on one test set are counts: Wilson's interval.  Two
answers to the same images are paired: exact McNemar, Holm over the blocks.
Means over a few seeds: Student's t (BCa covers only .84 at five seeds).
"No difference" is shown by two one-sided tests, never by p > .05.

An interval that cannot be had (one seed, no spread to rank) is None or NaN
where a docstring says so; nothing here guesses.
"""

from collections.abc import Sequence
from itertools import pairwise
from math import hypot, inf, isnan, sqrt
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from resdag.queries.interval import Interval

Floats = NDArray[np.float64]


class Mean(NamedTuple):
    """An estimate, the variance of it, and the degrees of freedom of that variance."""

    value: float
    variance: float
    freedom: float


class Equivalence(NamedTuple):
    """Two one-sided tests: the difference a - b, its interval at 1 - 2 alpha, and the larger p of the two."""

    difference: float
    low: float
    high: float
    p: float


class Line(NamedTuple):
    """A straight line by least squares, and the share R^2 of the variance that it explains."""

    slope: float
    intercept: float
    r_squared: float


def wilson(errors: int, images: int, confidence: float) -> Interval:
    """Wilson's interval for a fraction of images (Wilson 1927)."""
    ends = stats.binomtest(int(errors), int(images)).proportion_ci(confidence, method="wilson")
    return Interval(errors / images, float(ends.low), float(ends.high))


def paired(broken: int, repaired: int, images: int, confidence: float) -> Interval:
    """Change of error on the same images; where no answer changes it has a width all the same."""
    return mean_interval(broken + repaired, 0, broken - repaired, images, confidence)


def mean_interval(ones: int, twos: int, total: int, images: int, confidence: float) -> Interval:
    """Mean over images of whole numbers: so many of size 1, of size 2, and 0 for all others; `total` is their sum.

    The interval of Agresti and Min (2005) for paired answers, taken to size 2: half an image added to four cells.
    """
    more = images + 2
    centre, square = total / more, (ones + 4 * twos + 1) / more
    half = float(stats.norm.ppf((1 + confidence) / 2)) * sqrt((square - centre**2) / more)
    return Interval(total / images, centre - half, centre + half)


def newcombe(one: tuple[int, int], other: tuple[int, int], confidence: float) -> Interval:
    """Difference of two fractions, each of errors and images, from their Wilson intervals (Newcombe 1998, no. 10)."""
    return mover((1, wilson(*one, confidence)), (-1, wilson(*other, confidence)))


def mcnemar(broken: int, repaired: int) -> float:
    """Exact two-sided p that broken and repaired images are equally likely (McNemar 1947); 1 where there are none."""
    changed = int(broken) + int(repaired)
    return float(stats.binomtest(int(broken), changed, 0.5).pvalue) if changed else 1.0


def holm(p_values: ArrayLike) -> Floats:
    """p-values corrected so that any false finding among them stays as rare as one p says (Holm 1979)."""
    p = np.asarray(p_values, dtype=np.float64)
    order = np.argsort(p, kind="stable")
    stepped = np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1))
    corrected = np.empty_like(p)
    corrected[order] = np.minimum(stepped, 1.0)
    return corrected


def t_interval(values: ArrayLike, confidence: float) -> Interval:
    """Mean of independent values and Student's interval; no interval for one value."""
    x = np.asarray(values, dtype=np.float64)
    mean = float(x.mean())
    if len(x) < 2:
        return Interval(mean, None, None)
    half = float(stats.t.ppf((1 + confidence) / 2, len(x) - 1) * x.std(ddof=1) / sqrt(len(x)))
    return Interval(mean, mean - half, mean + half)


def t_test(values: ArrayLike, bound: float = 0.0) -> float:
    """One-sided p that the mean of the values is the bound or less; without spread it is 0 or 1."""
    x = np.asarray(values, dtype=np.float64)
    if np.ptp(x) == 0:
        return 0.0 if x[0] > bound else 1.0
    return float(stats.t.sf((x.mean() - bound) / (x.std(ddof=1) / sqrt(len(x))), len(x) - 1))


def median_interval(values: ArrayLike, confidence: float) -> Interval:
    """Median and its interval from order statistics, free of any distribution; no interval for under six values."""
    x = np.asarray(values, dtype=np.float64)
    ends = stats.quantile_test(x, q=float(np.median(x)), p=0.5).confidence_interval(confidence)
    low, high = float(ends.low), float(ends.high)
    return Interval(float(np.median(x)), low if np.isfinite(low) else None, high if np.isfinite(high) else None)


def mean_of(values: ArrayLike) -> Mean:
    """Mean of independent values; its variance is NaN for one value."""
    x = np.asarray(values, dtype=np.float64)
    return Mean(float(x.mean()), float(x.var(ddof=1) / len(x)) if len(x) > 1 else float("nan"), len(x) - 1)


def share_of(errors: int, images: int) -> Mean:
    """A fraction of images; its variance with two errors and two right answers more (Agresti and Coull 1998)."""
    share = (errors + 2) / (images + 4)
    return Mean(errors / images, share * (1 - share) / (images + 4), inf)


def contrast(*terms: tuple[float, Mean]) -> Mean:
    """Sum of independent estimates, each times a factor; degrees of freedom of Welch and Satterthwaite.

    Its variance is NaN where that of one of them is.
    """
    variances = [factor**2 * mean.variance for factor, mean in terms]
    value, total = sum(factor * mean.value for factor, mean in terms), sum(variances)
    if isnan(total):
        return Mean(value, total, 0)
    squares = [variance**2 / mean.freedom for variance, (_, mean) in zip(variances, terms, strict=True)]
    return Mean(value, total, total**2 / sum(squares) if sum(squares) else inf)


def interval_of(mean: Mean, confidence: float) -> Interval:
    """Student's interval of an estimate; no interval where its variance is not known."""
    if isnan(mean.variance) or mean.freedom <= 0:
        return Interval(mean.value, None, None)
    half = float(stats.t.ppf((1 + confidence) / 2, mean.freedom)) * sqrt(mean.variance)
    return Interval(mean.value, mean.value - half, mean.value + half)


def mover(*terms: tuple[float, Interval]) -> Interval:
    """Sum of independent numbers, each times a factor, from the interval of each (Zou and Donner 2008).

    Of two fractions with Wilson's intervals, subtracted, it is Newcombe's.  No interval where one has none.
    """
    value = sum(factor * each.value for factor, each in terms)
    down, up = 0.0, 0.0
    for factor, (middle, low, high) in terms:
        if low is None or high is None:
            return Interval(value, None, None)
        ends = sorted((factor * low, factor * high))
        down, up = hypot(down, factor * middle - ends[0]), hypot(up, ends[1] - factor * middle)
    return Interval(value, value - down, value + up)


def equivalence(a: ArrayLike, b: ArrayLike, margin: float, confidence: float) -> Equivalence:
    """Whether the means of a and b differ by less than the margin: two one-sided Welch t-tests (Schuirmann 1987).

    The interval has coverage 1 - 2 (1 - confidence): it lies within the margin exactly where p < 1 - confidence.
    ValueError for fewer than two values on a side.
    """
    x, y = np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64)
    if min(len(x), len(y)) < 2:
        raise ValueError(f"equivalence needs two values on each side, not {len(x)} and {len(y)}")
    return equivalent(contrast((1, mean_of(x)), (-1, mean_of(y))), margin, confidence)


def equivalent(difference: Mean, margin: float, confidence: float) -> Equivalence:
    """Whether an estimate lies less than the margin from 0, by two one-sided t-tests; see `equivalence`."""
    value, error = difference.value, sqrt(difference.variance)
    if error == 0:  # no spread to test with
        return Equivalence(value, value, value, 0.0 if abs(value) < margin else 1.0)
    half = float(stats.t.ppf(confidence, difference.freedom)) * error
    p = float(stats.t.sf((margin - abs(value)) / error, difference.freedom))  # the larger one: of the nearer margin
    return Equivalence(value, value - half, value + half, p)


def sign_test(values: ArrayLike, bound: float) -> float:
    """One-sided p that the median of independent values lies at the bound or above, however they are distributed."""
    x = np.asarray(values, dtype=np.float64)
    away = x[x != bound]
    below = int((away < bound).sum())
    return float(stats.binomtest(below, len(away), 0.5, alternative="greater").pvalue) if len(away) else 1.0


class Together(NamedTuple):
    """Means of several quantities of the same networks: intervals that all hold at once, and whether all are 0."""

    intervals: list[Interval]
    p: float


def hotelling(values: ArrayLike, confidence: float) -> Together:
    """Means of p quantities (columns) over n networks (rows), by Hotelling's T^2 (1931); intervals after Roy and Bose.

    The intervals hold together with the confidence, whatever the quantities have to do with one another.
    ValueError for n <= p, where they have none; p is NaN where a combination of the quantities does not vary.
    """
    x = np.asarray(values, dtype=np.float64)
    count, quantities = x.shape
    if count <= quantities:
        raise ValueError(f"{quantities} quantities need more than {quantities} networks, not {count}")
    mean, covariance = x.mean(axis=0), np.atleast_2d(np.cov(x, rowvar=False))
    scale = quantities * (count - 1) / (count - quantities)
    reach = float(np.sqrt(scale * stats.f.ppf(confidence, quantities, count - quantities) / count))
    half = reach * np.sqrt(np.diag(covariance))
    intervals = [Interval(*map(float, ends)) for ends in zip(mean, mean - half, mean + half, strict=True)]
    if np.linalg.matrix_rank(covariance) < quantities:
        return Together(intervals, float("nan"))
    squared = count * float(mean @ np.linalg.solve(covariance, mean))
    return Together(intervals, float(stats.f.sf(squared / scale, quantities, count - quantities)))


class Correlation(NamedTuple):
    """Spearman's rank correlation, its interval, and the p of none; NaN where one side does not vary."""

    value: float
    low: float
    high: float
    p: float


def spearman(x: ArrayLike, y: ArrayLike, confidence: float) -> Correlation:
    """Rank correlation, with the interval of Bonett and Wright (2000): Fisher's z, variance (1 + r^2 / 2) / (n - 3).

    NaN for fewer than four points, or where one side does not vary.
    """
    first, second = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
    if len(first) < 4 or np.ptp(first) == 0 or np.ptp(second) == 0:
        return Correlation(*[float("nan")] * 4)
    found = stats.spearmanr(first, second)
    r = float(found.statistic)
    if abs(r) >= 1:
        return Correlation(r, r, r, float(found.pvalue))
    half = float(stats.norm.ppf((1 + confidence) / 2)) * sqrt((1 + r * r / 2) / (len(first) - 3))
    low, high = np.tanh(np.arctanh(r) - half), np.tanh(np.arctanh(r) + half)
    return Correlation(r, float(low), float(high), float(found.pvalue))


def line_fit(x: ArrayLike, y: ArrayLike) -> Line:
    """Least-squares line through points of at least two different x."""
    found = stats.linregress(x, y)
    flat = np.ptp(np.asarray(y)) == 0
    return Line(float(found.slope), float(found.intercept), 1.0 if flat else float(found.rvalue) ** 2)


def trend(doses: ArrayLike, values: ArrayLike) -> float:
    """One-sided p that values do not rise with their dose: the test of Jonckheere and Terpstra for ordered groups.

    Its statistic is Kendall's S of dose and value, with the same correction for ties; 1 where one does not vary.
    """
    x, y = np.asarray(doses, dtype=np.float64), np.asarray(values, dtype=np.float64)
    if len(x) < 2 or np.ptp(x) == 0 or np.ptp(y) == 0:
        return 1.0
    return float(stats.kendalltau(x, y, alternative="greater").pvalue)


def falls(seeds: Sequence[Sequence[ArrayLike]]) -> list[float]:
    """One p for each group of values whose median is below that of the group before it, of one seed after another.

    Groups are compared within a seed, since seeds may share their draws.  One-sided Mann-Whitney tests, corrected by
    Holm over all steps of all seeds; empty where medians never fall.
    """
    steps = [step for groups in seeds for step in pairwise(np.asarray(group, dtype=np.float64) for group in groups)]
    p_values = holm([stats.mannwhitneyu(*step, alternative="greater").pvalue for step in steps])
    fallen = [bool(np.median(after) < np.median(before)) for before, after in steps]
    return p_values[fallen].tolist() if any(fallen) else []
