"""Rows made by queries, checked against their record, as a frame that the store takes; and what makes them."""

import hashlib
from collections.abc import Iterable, Mapping
from math import isfinite
from typing import Any

import numpy as np
import polars as pl

from resdag.records.base import Record


def as_frame(record: type[Record], rows: Iterable[Mapping[str, Any]]) -> pl.DataFrame:
    """The rows of one table, in the order of its columns; pydantic's ValidationError if one breaks the record."""
    checked = [record.model_validate(row).model_dump() for row in rows]
    if not checked:
        return pl.DataFrame(schema=list(record.model_fields))
    return pl.DataFrame(checked, infer_schema_length=None)


def plain(value: Any) -> float | int | None:
    """A plain number; None for what is not finite."""
    number = value.item() if hasattr(value, "item") else value
    return None if number is None or not isfinite(number) else number


def generator_of(key: Mapping[str, Any]) -> np.random.Generator:
    """A generator seeded by a hash of what a row is of, so that the same rows give the same intervals."""
    digest = hashlib.sha256(repr(sorted(key.items())).encode()).digest()
    return np.random.default_rng(int.from_bytes(digest[:8], "little"))
