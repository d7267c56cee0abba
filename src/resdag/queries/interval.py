"""A number and how sure we are of it."""

from typing import NamedTuple


class Interval(NamedTuple):
    """A number and the interval around it; the ends are None where there are too few values."""

    value: float
    low: float | None
    high: float | None

    def within(self, low: float, high: float) -> "Interval":
        """The interval cut where the number cannot be: an error is a fraction."""
        if self.low is None or self.high is None:
            return self
        return Interval(self.value, max(self.low, low), min(self.high, high))
