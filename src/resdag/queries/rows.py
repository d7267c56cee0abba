"""Rows made by queries, as a frame of their table's columns; and what makes them."""

import hashlib
from collections.abc import Iterable, Mapping
from math import isfinite
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa

from resdag.records.base import Record
from resdag.records.parquet import schema_of


def as_frame(record: type[Record], rows: Iterable[Mapping[str, Any]]) -> pl.DataFrame:
    """The rows of one table, in the order and the types of its columns.

    Values are held to their record where the rows are written, as all rows are, and by the table that takes them.
    """
    frame = pl.from_arrow(pa.Table.from_pylist(list(rows), schema=schema_of(record)))
    assert isinstance(frame, pl.DataFrame)
    return frame


def plain(value: Any) -> float | int | None:
    """A plain number; None for what is not finite."""
    number = value.item() if hasattr(value, "item") else value
    return None if number is None or not isfinite(number) else number


def generator_of(key: Mapping[str, Any]) -> np.random.Generator:
    """A generator seeded by a hash of what a row is of, so that the same rows give the same intervals."""
    digest = hashlib.sha256(repr(sorted(key.items())).encode()).digest()
    return np.random.default_rng(int.from_bytes(digest[:8], "little"))
