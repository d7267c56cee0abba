"""Rows as a frame with the columns of their table, as if they were read from a job's Parquet file.

The columns that say whose rows they are have what was given: `study` is `python`, `network` the name and `seed` the
number that the caller chose.  So `polars.concat` joins frames of several networks, and rows of results.duckdb.
"""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import polars as pl
import pyarrow as pa

from resdag.records.base import Record
from resdag.records.parquet import schema_of, table_of
from resdag.records.registry import class_of

STUDY = "python"
EPOCH = 1
"""As of every network that was not trained here: how long it was trained is not known."""


class Named(NamedTuple):
    """Whose rows these are."""

    network: str
    seed: int

    @property
    def keys(self) -> dict[str, Any]:
        """The columns of every row."""
        return {"study": STUDY, "network": self.network, "seed": self.seed}


def frame_of(table: str, named: Named, rows: Iterable[Mapping[str, Any]]) -> pl.DataFrame:
    """The rows of a table, each checked against its record; ResdagError names a value that does not fit.

    Rows that a metric of numbers judged have its mean in one column more, `metric`, and no errors.
    """
    record, whole = class_of(table), [named.keys | dict(row) for row in rows]
    judged = any("metric" in row for row in whole)
    return _from_arrow(_with_metric(record, whole) if judged else table_of(record, whole))


def _with_metric(record: type[Record], rows: list[dict[str, Any]]) -> pa.Table:
    fields = [field.with_nullable(True) for field in schema_of(record)]
    return pa.Table.from_pylist(rows, schema=pa.schema([*fields, pa.field("metric", pa.float64())]))


def _from_arrow(table: pa.Table) -> pl.DataFrame:
    frame = pl.from_arrow(table)
    assert isinstance(frame, pl.DataFrame)
    return frame
