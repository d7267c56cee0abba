"""The rows of a job: what it made of each of its tables, with the keys that all of them share, as Parquet files."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from resdag.records.parquet import write_rows
from resdag.records.registry import class_of

Rows = Mapping[str, Sequence[Mapping[str, Any]]]


def write_shards(
    tables: Collection[str],
    rows: Rows,
    keys: Mapping[str, Any],
    outputs: Mapping[str, str],
    metadata: Mapping[str, str],
) -> None:
    """Write every table of a job, also one without rows; ResdagError for a value that does not fit its column."""
    for table in tables:
        write_rows(outputs[table], class_of(table), [{**keys, **row} for row in rows.get(table, [])], metadata)
