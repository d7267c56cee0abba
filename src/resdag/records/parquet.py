"""Write and read the rows of one table as a Parquet file, checked against its record.

A file is written aside, synced, and put in place whole; its metadata says which
job and device made it.
"""

import json
import reprlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import ValidationError

from resdag.atomic import whole_file
from resdag.errors import DamagedFileError, ResdagError
from resdag.records.base import Record
from resdag.records.columns import columns_of

_TYPES: dict[type, pa.DataType] = {
    int: pa.int64(),
    float: pa.float64(),
    str: pa.string(),
    bool: pa.bool_(),
    datetime: pa.timestamp("us"),
    list: pa.list_(pa.int32()),
    dict: pa.string(),  # JSON
}
# Tables with a row for every image are checked by their schema alone.
CHECKED_BY_SCHEMA = {"predictions"}


def schema_of(record: type[Record]) -> pa.Schema:
    """The Arrow schema of a table."""
    return pa.schema([pa.field(each.name, _TYPES[each.kind], each.optional) for each in columns_of(record)])


def write_rows(
    path: Path | str, record: type[Record], rows: Sequence[Mapping[str, Any]], metadata: Mapping[str, str] | None = None
) -> None:
    """Write rows, checked one by one against the record of their table, and put the file in place whole.

    ResdagError names the first value that its column does not take; then no file is written.
    """
    try:
        content = table_of(record, rows)
    except ResdagError as error:
        raise ResdagError(f"{error}; nothing was written") from None
    write_table(path, content, metadata)


def table_of(record: type[Record], rows: Sequence[Mapping[str, Any]]) -> pa.Table:
    """The rows as Arrow has them, checked one by one; ResdagError names the first value that does not fit."""
    if record.table not in CHECKED_BY_SCHEMA:
        rows = [_checked(record, index, row) for index, row in enumerate(rows)]
    try:
        return pa.Table.from_pylist(list(rows), schema=schema_of(record))
    except (pa.ArrowException, OverflowError) as error:
        raise ResdagError(f"{record.table}: a value does not fit its column: {error}") from None


def _checked(record: type[Record], index: int, row: Mapping[str, Any]) -> dict[str, Any]:
    try:
        return _flat(record.model_validate(row).model_dump())
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join([record.table, *map(str, first["loc"])])
        reason = f"got {reprlib.repr(first['input'])}, but {first['msg'][0].lower()}{first['msg'][1:]}"
    except ValueError as error:
        place, reason = record.table, f"{error}, so it has no JSON"
    raise ResdagError(f"{place}, row {index}: {reason}")


def _flat(row: dict[str, Any]) -> dict[str, Any]:
    """The row with mappings as JSON text."""
    return {key: _json(value) if isinstance(value, dict) else value for key, value in row.items()}


def _json(value: Any) -> str:
    return json.dumps(value, sort_keys=True, allow_nan=False)


def write_table(path: Path | str, table: pa.Table, metadata: Mapping[str, str] | None = None) -> None:
    """Write an Arrow table, with metadata of ours alone, and put the file in place whole."""
    kept = {key.encode(): value.encode() for key, value in (metadata or {}).items()}
    with whole_file(path) as file:
        pq.write_table(table.replace_schema_metadata(kept), file, compression="zstd")


def read_metadata(path: Path | str) -> dict[str, str]:
    """What `write_rows` said of the job behind a file; DamagedFileError if it is no whole Parquet file."""
    try:
        found = pq.read_metadata(path).metadata or {}
    except (OSError, pa.ArrowException):
        raise DamagedFileError(
            f"{path}: is damaged or no Parquet file; delete it and give the same command again"
        ) from None
    return {key.decode(): value.decode() for key, value in found.items() if key != b"ARROW:schema"}
