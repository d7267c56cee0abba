"""Rows made by queries, checked against their record, as a frame that the store takes."""

from collections.abc import Iterable, Mapping
from typing import Any

import polars as pl

from resdag.records import Record


def as_frame(record: type[Record], rows: Iterable[Mapping[str, Any]]) -> pl.DataFrame:
    """The rows of one table, in the order of its columns; pydantic's ValidationError if one breaks the record."""
    checked = [record.model_validate(row).model_dump() for row in rows]
    if not checked:
        return pl.DataFrame(schema=list(record.model_fields))
    return pl.DataFrame(checked, infer_schema_length=None)
