"""Does error rise smoothly with a dose?  Blocks deleted at random, or how far an order is from the trained one.

A curve is the median error over the draws of each dose, from the intact network on, its mean over seeds.  Growth is
smooth if single draws rise with the dose within a seed (`statistics.trend`), the medians lie in order, and no
step of the median from one dose to the next is a large share of the whole rise.  Medians alone would be too kind,
since they hide how far draws scatter, and ranks of single draws say nothing of a cliff.

Seeds are measured on the same draws, so intervals draw these again with all their seeds; what differs between seeds
is not in them.
"""

from collections.abc import Sequence
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from resdag.queries.interval import Interval
from resdag.queries.path_statistics import RESAMPLES
from resdag.queries.statistics import spearman, trend

Floats = NDArray[np.float64]
FEWEST_DRAWS = 6  # of a dose: the fewest whose median has an interval at 95 %


class Dose(NamedTuple):
    """Errors of all draws of one dose, seeds x draws."""

    dose: float
    errors: Floats


class Curve:
    """Median error by dose.

    `start` are the errors of the intact network, one a seed, at the dose 0; `doses` rise, and all have the same seeds.
    Draws are drawn again `resamples` times.
    """

    def __init__(
        self, start: ArrayLike, doses: Sequence[Dose], generator: np.random.Generator, resamples: int = RESAMPLES
    ) -> None:
        self.start = np.asarray(start, dtype=np.float64)
        self.doses, self.generator, self.resamples = list(doses), generator, resamples
        self.at = np.array([0.0, *(dose.dose for dose in doses)])

    @cached_property
    def by_seed(self) -> Floats:
        """Medians of each seed, seeds x doses, the intact network first."""
        return np.column_stack([self.start, *(np.median(dose.errors, axis=1) for dose in self.doses)])

    @cached_property
    def resampled(self) -> Floats:
        """Medians from draws drawn again, seeds x doses x resamplings; a draw comes with all of its seeds."""
        columns = [np.repeat(self.start[:, None], self.resamples, axis=1)]
        for dose in self.doses:
            draws = dose.errors.shape[1]
            again = self.generator.integers(draws, size=(self.resamples, draws))
            columns.append(np.median(dose.errors[:, again], axis=2))
        return np.stack(columns, axis=1)

    def trends(self) -> list[float]:
        """Of each seed, the p that single draws do not rise with the dose."""
        at = np.concatenate([np.full(dose.errors.shape[1], dose.dose) for dose in self.doses])
        return [
            trend(at, np.concatenate([dose.errors[seed] for dose in self.doses])) for seed in range(len(self.start))
        ]

    def _draws(self) -> tuple[Floats, Floats]:
        """The dose of every draw, and the errors of all of them, a row a seed."""
        at = np.concatenate([np.full(dose.errors.shape[1], dose.dose) for dose in self.doses])
        return at, np.concatenate([dose.errors for dose in self.doses], axis=1)

    def order(self, confidence: float) -> Interval:
        """Rank correlation of dose and median, the lowest of the seeds, each from its own resampled draws."""
        found = [self._order(seed, confidence) for seed in range(len(self.start))]
        return min(found, key=lambda interval: interval.value)

    def _order(self, seed: int, confidence: float) -> Interval:
        ranks = _ranks(self.resampled[seed].T)
        again = _correlations(_ranks(self.at[None])[0], ranks)
        here = _correlations(_ranks(self.at[None])[0], _ranks(self.by_seed[seed][None]))[0]
        low, high = np.quantile(again, [(1 - confidence) / 2, (1 + confidence) / 2])
        return Interval(float(here), float(low), float(high))

    def steps(self, confidence: float) -> list[Interval]:
        """Each step of the mean median over seeds, from one dose to the next, as a share of the whole rise.

        No interval where resampled draws may not rise at all.
        """
        here, again = self.by_seed.mean(axis=0), self.resampled.mean(axis=0)
        rise, rises = here[-1] - here[0], again[-1] - again[0]
        if rise <= 0 or rises.min() <= 0:
            return [Interval(float("nan"), None, None)] * len(self.doses)
        tail = (1 - confidence) / 2
        low, high = np.quantile(np.diff(again, axis=0) / rises, [tail, 1 - tail], axis=1)
        return [Interval(*map(float, ends)) for ends in zip(np.diff(here) / rise, low, high, strict=True)]

    def gaps(self) -> Floats:
        """The part of the range of doses that each step covers."""
        return np.diff(self.at) / (self.at[-1] - self.at[0])

    def scatter(self) -> tuple[float, float]:
        """How single draws scatter: their rank correlation with the dose, the lowest of the seeds, and the middle
        half of the errors of a dose, its median width over doses and seeds."""
        at, errors = self._draws()
        widths = [np.subtract(*np.quantile(dose.errors, [0.75, 0.25], axis=1)) for dose in self.doses]
        return min(spearman(at, seed, 0.95).value for seed in errors), float(np.median(np.concatenate(widths)))


def _ranks(values: Floats) -> Floats:
    """Ranks along the last axis, ties shared."""
    from scipy import stats

    return np.asarray(stats.rankdata(values, axis=-1), dtype=np.float64)


def _correlations(x: Floats, rows: Floats) -> Floats:
    """Pearson's correlation of x with each row; 0 where a row does not vary."""
    x, rows = x - x.mean(), rows - rows.mean(axis=-1, keepdims=True)
    size = np.sqrt((x**2).sum() * (rows**2).sum(axis=-1))
    return (rows @ x) / np.where(size > 0, size, np.inf)
