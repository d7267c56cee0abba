"""Which rows differ between two studies, or between a study and rows that were kept, and by how much?

Rows are matched by the key of their table without the study's name.  Columns that say how a row came about
(`Record.provenance`) are held apart: two runs of one study differ in them and in nothing else.  A row has moved
when any other column of it has; a column that one side does not have moves nothing.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from resdag.records.base import Record
from resdag.records.registry import records

APART = ("studies", "jobs")
"""Tables that say how a study was run, whole."""
WORST = 3
_A, _B, _IN_A, _IN_B = "a", "b", "__in_a", "__in_b"


@dataclass(frozen=True)
class Move:
    """How one column of a table has moved: in how many rows, how far where it is a number, and where the most."""

    column: str
    rows: int
    largest: float | None
    median: float | None
    worst: list[dict[str, Any]]
    """Key, `a` and `b` of the rows that moved farthest; of the first ones, where the column is no number."""


@dataclass(frozen=True)
class TableDifference:
    """What differs in one table."""

    table: str
    rows: tuple[int, int]
    only: tuple[int, int]
    """Rows whose key only the first side has, and only the second."""
    equal: int
    moved: int
    moves: list[Move]
    provenance: list[Move] = field(default_factory=list)
    columns_only: tuple[list[str], list[str]] = ((), ())  # type: ignore[assignment]
    examples: tuple[list[dict[str, Any]], list[dict[str, Any]]] = ((), ())  # type: ignore[assignment]
    """Keys of the first rows that only one side has."""

    @property
    def differs(self) -> bool:
        """Whether a row is on one side only, or has moved."""
        return bool(self.only[0] or self.only[1] or self.moved)


@dataclass(frozen=True)
class Verdict:
    """A claim whose verdict changed; None where one side has no such claim."""

    claim: str
    before: str | None
    after: str | None
    ours: tuple[float | None, float | None]


@dataclass(frozen=True)
class Difference:
    """All that differs between two sides, `a` and `b`."""

    a: str
    b: str
    tables: list[TableDifference]
    verdicts: list[Verdict]
    asked: list[str]
    """What the two study files ask otherwise."""

    @property
    def differs(self) -> bool:
        """Whether any row of what was found differs; how it was asked and run does not count."""
        return any(table.differs for table in self.tables)


def table_difference(record: type[Record], a: pl.DataFrame, b: pl.DataFrame, tolerance: float = 0.0) -> TableDifference:
    """The difference of a table; floats count as equal within `tolerance` times the larger of the two."""
    key = [name for name in record.key if name != "study"]
    joined = _joined(a, b, key)
    both = joined.filter(pl.col(_IN_A) & pl.col(_IN_B))
    shared = [name for name in a.columns if name in b.columns and name not in (*key, "study")]
    compared = [name for name in shared if name not in record.provenance]
    moved = both.filter(pl.any_horizontal(_moved(both, name, tolerance) for name in compared)) if compared else both[:0]
    only = [joined.filter(pl.col(here).not_() | pl.col(here).is_null()) for here in (_IN_B, _IN_A)]
    return TableDifference(
        record.table,
        (len(a), len(b)),
        (len(only[0]), len(only[1])),
        len(both) - len(moved),
        len(moved),
        list(_moves(moved, compared, key, tolerance)),
        list(_moves(both, [name for name in shared if name in record.provenance], key, 0.0)),
        ([name for name in a.columns if name not in b.columns], [name for name in b.columns if name not in a.columns]),
        (only[0].select(key).head(WORST).to_dicts(), only[1].select(key).head(WORST).to_dicts()),
    )


def _joined(a: pl.DataFrame, b: pl.DataFrame, key: list[str]) -> pl.DataFrame:
    """Both sides in one row for each key, the columns of the second with _B behind their names; sorted by key."""
    casts = [pl.col(name).cast(a.schema[name]) for name in b.columns if name in a.columns]
    left = a.drop("study", strict=False).with_columns(pl.lit(True).alias(_IN_A))
    right = b.with_columns(casts).drop("study", strict=False).with_columns(pl.lit(True).alias(_IN_B))
    right = right.rename({name: f"{name}/{_B}" for name in right.columns if name not in (*key, _IN_B)})
    return left.join(right, on=key, how="full", coalesce=True).sort(key)


def _moved(both: pl.DataFrame, name: str, tolerance: float) -> pl.Expr:
    one, other = pl.col(name), pl.col(f"{name}/{_B}")
    if not both.schema[name].is_float() or not tolerance:
        return one.ne_missing(other)
    near = (one - other).abs() <= tolerance * pl.max_horizontal(one.abs(), other.abs())
    return one.ne_missing(other) & near.fill_null(False).not_()


def _moves(rows: pl.DataFrame, names: list[str], key: list[str], tolerance: float) -> Iterator[Move]:
    for name in names:
        moved = rows.filter(_moved(rows, name, tolerance))
        if len(moved):
            yield _move(moved, name, key)


def _move(moved: pl.DataFrame, name: str, key: list[str]) -> Move:
    values = moved.select(*key, pl.col(name).alias(_A), pl.col(f"{name}/{_B}").alias(_B))
    if not moved.schema[name].is_numeric():
        return Move(name, len(moved), None, None, values.head(WORST).to_dicts())
    far = values.with_columns((pl.col(_B).cast(pl.Float64) - pl.col(_A)).abs().alias("far"))
    far = far.sort("far", *key, descending=[True, *(False for _ in key)], nulls_last=True)
    steps = far["far"].drop_nulls()
    largest, median = (float(steps.max()), float(steps.median())) if len(steps) else (None, None)  # type: ignore[arg-type]
    return Move(name, len(moved), largest, median, far.drop("far").head(WORST).to_dicts())


def difference(
    a: tuple[str, Mapping[str, pl.DataFrame]], b: tuple[str, Mapping[str, pl.DataFrame]],
    asked: list[str], tolerance: float = 0.0,
) -> Difference:  # fmt: skip
    """All that differs between two sides, each a name and its tables; tables that neither has are left out."""
    tables = []
    for record in records():
        one, other = a[1].get(record.table), b[1].get(record.table)
        if record.table in APART or (one is None and other is None):
            continue
        one, other = (one if one is not None else other[:0]), (other if other is not None else one[:0])  # type: ignore[index]
        tables.append(table_difference(record, one, other, tolerance))
    return Difference(a[0], b[0], tables, list(_verdicts(a[1].get("claims"), b[1].get("claims"))), asked)


def _verdicts(a: pl.DataFrame | None, b: pl.DataFrame | None) -> Iterator[Verdict]:
    one, other = _judged(a), _judged(b)
    for claim in [*one, *(claim for claim in other if claim not in one)]:
        (before, ours), (after, theirs) = one.get(claim, (None, None)), other.get(claim, (None, None))
        if before != after:
            yield Verdict(claim, before, after, (ours, theirs))


def _judged(claims: pl.DataFrame | None) -> dict[str, tuple[str | None, float | None]]:
    if claims is None:
        return {}
    return {row["claim"]: (row["verdict"], row["ours"]) for row in claims.sort("claim").to_dicts()}
