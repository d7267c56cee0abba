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
from math import hypot, sqrt
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

Floats = NDArray[np.float64]


class Interval(NamedTuple):
    """A number and the interval around it; the ends are None where there are too few values."""

    value: float
    low: float | None
    high: float | None


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
    return Interval(*_wilson(errors, images, confidence))


def _wilson(errors: int, images: int, confidence: float) -> tuple[float, float, float]:
    ends = stats.binomtest(int(errors), int(images)).proportion_ci(confidence, method="wilson")
    return errors / images, float(ends.low), float(ends.high)


def newcombe(one: tuple[int, int], other: tuple[int, int], confidence: float) -> Interval:
    """Difference of two fractions, each of errors and images, from their Wilson intervals (Newcombe 1998, no. 10)."""
    (p, low_p, high_p), (q, low_q, high_q) = _wilson(*one, confidence), _wilson(*other, confidence)
    difference = p - q
    low, high = difference - hypot(p - low_p, high_q - q), difference + hypot(high_p - p, q - low_q)
    return Interval(difference, low, high)


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


def t_test(values: ArrayLike) -> float:
    """Two-sided p that the mean of the values is 0; 1 where all are 0, 0 where all are one other number."""
    x = np.asarray(values, dtype=np.float64)
    if np.ptp(x) == 0:
        return 1.0 if x[0] == 0 else 0.0
    return float(2 * stats.t.sf(abs(x.mean()) / (x.std(ddof=1) / sqrt(len(x))), len(x) - 1))


def median_interval(values: ArrayLike, confidence: float) -> Interval:
    """Median and its interval from order statistics, free of any distribution; no interval for under six values."""
    x = np.asarray(values, dtype=np.float64)
    ends = stats.quantile_test(x, q=float(np.median(x)), p=0.5).confidence_interval(confidence)
    low, high = float(ends.low), float(ends.high)
    return Interval(float(np.median(x)), low if np.isfinite(low) else None, high if np.isfinite(high) else None)


def equivalence(a: ArrayLike, b: ArrayLike, margin: float, confidence: float) -> Equivalence:
    """Whether the means of a and b differ by less than the margin: two one-sided Welch t-tests (Schuirmann 1987).

    The interval has coverage 1 - 2 (1 - confidence): it lies within the margin exactly where p < 1 - confidence.
    ValueError for fewer than two values on a side.
    """
    x, y = np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64)
    if min(len(x), len(y)) < 2:
        raise ValueError(f"equivalence needs two values on each side, not {len(x)} and {len(y)}")
    difference = float(x.mean() - y.mean())
    of_x, of_y = x.var(ddof=1) / len(x), y.var(ddof=1) / len(y)
    error = sqrt(of_x + of_y)
    if error == 0:  # no spread to test with
        return Equivalence(difference, difference, difference, 0.0 if abs(difference) < margin else 1.0)
    share = of_x / (of_x + of_y)
    freedom = 1 / (share**2 / (len(x) - 1) + (1 - share) ** 2 / (len(y) - 1))  # Welch and Satterthwaite
    half = float(stats.t.ppf(confidence, freedom)) * error
    p = float(stats.t.sf((margin - abs(difference)) / error, freedom))  # the larger one: of the nearer margin
    return Equivalence(difference, difference - half, difference + half, p)


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


def falls(groups: Sequence[ArrayLike]) -> list[float]:
    """One p for each group of values whose median is below that of the group before; empty where medians never fall.

    One-sided Mann-Whitney tests, corrected by Holm over all steps from group to group.
    """
    steps = list(pairwise(np.asarray(group, dtype=np.float64) for group in groups))
    p_values = holm([stats.mannwhitneyu(*step, alternative="greater").pvalue for step in steps])
    fallen = [bool(np.median(after) < np.median(before)) for before, after in steps]
    return p_values[fallen].tolist() if any(fallen) else []
