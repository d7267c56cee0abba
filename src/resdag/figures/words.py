"""How do figures write numbers, in their sentences and in their small tables?"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import polars as pl

Config = Mapping[str, Any]
"""A study file, as it is stored in `studies.config`."""
NOTHING = "–"
MOST_ROWS = 12
"""Of a figure's small table; the CSV beside the figure has every row."""
SPOKEN = 3
"""Networks that a sentence speaks of where there are many: of more nobody reads the numbers in a sentence."""
MOST_PLACES = 4
"""Of a column whose numbers are all written with as many: of more they are of several orders, and each has its own."""
LITTLE = 0.01
"""A change of error that one may call small, a point: as in the rule on single deletions."""


def percent(value: float | None, digits: int = 2) -> str:
    """A fraction in percent; a dash for nothing."""
    return NOTHING if value is None else f"{100 * value:z.{digits}f} %"


def points(change: float | None, digits: int = 2) -> str:
    """A difference of two fractions, with its sign: +0.31 points, −0.31 points; a dash for nothing."""
    return NOTHING if change is None else f"{signed(100 * change, digits)} points"


def signed(value: float, digits: int = 2) -> str:
    """A number with its sign, and a minus that is as wide as the plus."""
    return f"{value:+z.{digits}f}".replace("-", "−")


def interval(low: float | None, high: float | None, digits: int = 2) -> str:
    """Two fractions as an interval in percent; nothing where an end is missing."""
    return "" if low is None or high is None else f"{100 * low:.{digits}f} to {100 * high:.{digits}f}"


def number(value: float | None) -> str:
    """A whole number with thousands separated; a dash for nothing."""
    return NOTHING if value is None else f"{value:,.0f}"


def listed(names: Sequence[Any]) -> str:
    """Names in a sentence: a, b and c."""
    words = [str(name) for name in names]
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def spoken(said: Iterable[str], joined: Callable[[Sequence[str]], str] = "; ".join) -> str:
    """What there is to say of each network, one after another; of very many, of the first ones."""
    every = list(said)
    if len(every) <= SPOKEN + 1:
        return joined(every)
    return f"{'; '.join(every[:SPOKEN])}; {len(every) - SPOKEN:,} more are in the rows"


def counted(count: int, noun: str) -> str:
    """1 block, 2 blocks."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def at_epoch(epoch: int) -> str:
    """When in training something was measured; a loaded network has epoch 1."""
    if epoch == 0:
        return "at initialisation"
    return "loaded, or after 1 epoch" if epoch == 1 else f"after {epoch} epochs"


def section(config: Config, key: str) -> dict[str, Any] | None:
    """A section of the study file by its dotted key; None where the study has no such section."""
    found: Any = config
    for part in key.split("."):
        found = (found or {}).get(part)
    return found or None


def shown(value: Any) -> str:
    """A cell of a table: a dash for nothing, thousands separated, a true minus."""
    if value is None:
        return NOTHING
    if isinstance(value, float):
        return f"{value + 0.0:,.10g}".replace("-", "−")  # + 0.0: no minus before nothing
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)


def cells(rows: Iterable[Sequence[Any]]) -> list[tuple[str, ...]]:
    """Rows of a table as they are written: a column's numbers all with as many places as the longest of them."""
    columns = [_column(values) for values in zip(*rows, strict=True)]
    return list(zip(*columns, strict=True))


def _column(values: Sequence[Any]) -> list[str]:
    text = [shown(value) for value in values]
    places = max((len(each.partition(".")[2]) for each in text), default=0)
    if not places or places > MOST_PLACES or not any(isinstance(value, float) for value in values):
        return text
    return [f"{value + 0.0:,.{places}f}".replace("-", "−") if isinstance(value, int | float) else NOTHING
            for value in values]  # fmt: skip


def in_percent(column: str | pl.Expr, digits: int = 2) -> pl.Expr:
    """A column of fractions in percent, rounded, for a table."""
    return (100 * (pl.col(column) if isinstance(column, str) else column)).round(digits)


def middle(rows: pl.DataFrame, column: str) -> float:
    """The median of a column."""
    return float(rows.select(pl.col(column).median()).item())


def worst(rows: pl.DataFrame, column: str, *ties: str) -> dict[str, Any]:
    """The row with the largest value of a column; of equal ones the first by `ties`."""
    return rows.sort(column, *ties, descending=[True, *(False for _ in ties)], nulls_last=True).row(0, named=True)


def few(table: pl.DataFrame) -> pl.DataFrame:
    """The table, cut after so many rows as a reader takes in."""
    return table.head(MOST_ROWS)
