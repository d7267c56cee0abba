"""From a number and its interval to a verdict, by one logic for all claims.

The point decides between `reproduced` and `not reproduced`; where the interval
holds values on both sides of the threshold, or there are too few values for an
interval, the verdict is `inconclusive`; without measurements it is `not run`.
"""

from math import inf
from typing import Any, Literal, NamedTuple

import duckdb
import polars as pl

from resdag.queries.statistics import Interval

Verdict = Literal["reproduced", "not reproduced", "inconclusive", "not run"]


class Evidence(NamedTuple):
    """Where a claim is judged: a study's rows, the rules of its study file, and the kind of its dataset."""

    con: duckdb.DuckDBPyConnection
    study: str
    rules: dict[str, Any]
    dataset: str = "cifar10"

    @property
    def confidence(self) -> float:
        return float(self.rules["confidence"])

    def rows(self, sql: str, **params: Any) -> pl.DataFrame:
        """Rows of a query in which $study stands for the study."""
        return self.con.sql(sql, params={"study": self.study} | params).pl()


class Finding(NamedTuple):
    """What a study says of a claim: the last columns of the table `claims`."""

    ours: float | None
    low: float | None
    high: float | None
    test: str
    p: float | None
    verdict: Verdict
    detail: str


def not_run(detail: str) -> Finding:
    """Nothing was measured that could decide the claim."""
    return Finding(None, None, None, "none", None, "not run", detail)


def found(interval: Interval, verdict: Verdict, test: str, detail: str, p: float | None = None) -> Finding:
    """A measured number with its verdict."""
    return Finding(*interval, test, p, verdict, detail)


def inside(interval: Interval, low: float, high: float) -> Verdict:
    """Whether the number lies in low..high; inconclusive where its interval holds one of the ends, or is missing."""
    _, lower, upper = interval
    if lower is None or upper is None:
        return "inconclusive"
    if low <= lower and upper <= high:
        return "reproduced"
    if upper < low or high < lower:
        return "not reproduced"
    return "inconclusive"


def above(interval: Interval, threshold: float) -> Verdict:
    """Whether the number lies above the threshold."""
    return inside(interval, threshold, inf)


def below(interval: Interval, threshold: float) -> Verdict:
    """Whether the number lies below the threshold."""
    return inside(interval, -inf, threshold)


def both(first: Verdict, second: Verdict) -> Verdict:
    """The verdict on a claim that needs two: the worse of them."""
    order: tuple[Verdict, ...] = ("not run", "not reproduced", "inconclusive", "reproduced")
    return min(first, second, key=order.index)


def mean(column: pl.Series) -> float:
    """Mean of a column of numbers."""
    return float(column.to_numpy().mean())


def least(column: pl.Series) -> float:
    """Smallest number of a column; whole numbers as floats."""
    return float(column.to_numpy().min())


def most(column: pl.Series) -> float:
    """Largest number of a column; whole numbers as floats."""
    return float(column.to_numpy().max())


def percent(value: float) -> str:
    """A fraction in the words of a sentence: 6.1 %."""
    return f"{100 * value:.3g} %"


def of_seeds(count: int) -> str:
    """`1 seed`, `5 seeds`."""
    return f"{count} seed" if count == 1 else f"{count} seeds"
