"""From a number and its interval to a verdict, by one logic for all claims.

The interval decides: where it lies whole on one side of the threshold the verdict is `reproduced` or `not
reproduced`; where it holds values on both sides, or there are too few values for one, `inconclusive`; without
measurements `not run`.  What no measurement could have changed, closed forms and self-tests, `holds by arithmetic`
and counts among no findings.

A statement about every one of several things (blocks, steps, layers) is reproduced where the interval of each lies
inside: if one truly lies outside, its own interval misses that as rarely as the confidence says.  It is not
reproduced where one lies outside by an interval corrected for their number, since the worst of many was picked.
"""

from collections.abc import Sequence
from math import inf
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from resdag.queries.interval import Interval

if TYPE_CHECKING:
    import duckdb
    import polars as pl

Verdict = Literal["reproduced", "not reproduced", "inconclusive", "not run", "holds by arithmetic"]


class Evidence(NamedTuple):
    """Where a claim is judged: a study's rows, the rules of its study file, and the kind of its dataset."""

    con: "duckdb.DuckDBPyConnection"
    study: str
    rules: dict[str, Any]
    dataset: str = "cifar10"

    @property
    def confidence(self) -> float:
        """Coverage of intervals."""
        return float(self.rules["confidence"])

    @property
    def alpha(self) -> float:
        """Level of tests."""
        return 1 - self.confidence

    @property
    def residual(self) -> str:
        """The network that most statements are about."""
        return str(self.rules["residual"])

    def rows(self, sql: str, **params: Any) -> "pl.DataFrame":
        """Rows of a query in which $study stands for the study."""
        return self.con.sql(sql, params={"study": self.study} | params).pl()

    def corrected(self, count: int) -> float:
        """Confidence of each of so many intervals that all hold together (Bonferroni)."""
        return 1 - self.alpha / max(1, count)


class Finding(NamedTuple):
    """What a study says of a claim: the last columns of the table `claims`.

    `interval_kind` says what `low` and `high` are, `margin` how far apart counts as equal or no worse, and `p` is the
    rule's own: no other hypothesis's.
    """

    ours: float | None
    low: float | None
    high: float | None
    interval_kind: str | None
    margin: float | None
    test: str
    p: float | None
    verdict: Verdict
    detail: str


def not_run(detail: str) -> Finding:
    """Nothing was measured that could decide the claim."""
    return Finding(None, None, None, None, None, "none", None, "not run", detail)


def open_for(reason: str, test: str = "none", ours: float | None = None) -> Finding:
    """Something was measured, and it cannot decide."""
    return Finding(ours, None, None, None, None, test, None, "inconclusive", reason)


def found(
    interval: Interval,
    verdict: Verdict,
    test: str,
    detail: str,
    *,
    kind: str | None = None,
    margin: float | None = None,
    p: float | None = None,
) -> Finding:
    """A measured number with its verdict; `kind` says what its interval is."""
    known = interval.low is not None and interval.high is not None
    return Finding(*interval, kind if known else None, margin, test, p, verdict, detail)


def by_arithmetic(value: float, holds: bool, test: str, detail: str) -> Finding:
    """What follows without measuring; `not reproduced` would mean that the code is wrong."""
    return Finding(
        value, None, None, None, None, test, None, "holds by arithmetic" if holds else "not reproduced", detail
    )


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


def every(each: Sequence[Interval], corrected: Sequence[Interval], low: float, high: float) -> Verdict:
    """Whether all lie in low..high: by their own intervals that they do, by corrected ones that one does not."""
    if any(inside(interval, low, high) == "not reproduced" for interval in corrected):
        return "not reproduced"
    return "reproduced" if all(inside(interval, low, high) == "reproduced" for interval in each) else "inconclusive"


def both(first: Verdict, second: Verdict) -> Verdict:
    """The verdict on a claim that needs two: the worse of them."""
    order: tuple[Verdict, ...] = ("not run", "not reproduced", "inconclusive", "holds by arithmetic", "reproduced")
    return min(first, second, key=order.index)


def mean(column: "pl.Series") -> float:
    """Mean of a column of numbers."""
    return float(column.to_numpy().mean())


def least(column: "pl.Series") -> float:
    """Smallest number of a column; whole numbers as floats."""
    return float(column.to_numpy().min())


def most(column: "pl.Series") -> float:
    """Largest number of a column; whole numbers as floats."""
    return float(column.to_numpy().max())
