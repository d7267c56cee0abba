"""Write and read the rows of one table as a Parquet file, checked against its record.

A file is written aside, synced, and put in place whole; its metadata says which
job and device made it.
"""

import json
import os
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import pyarrow as pa
import pyarrow.parquet as pq

from resdag.errors import DamagedFileError
from resdag.records import BY_NAME, Record

_SCALARS: dict[Any, pa.DataType] = {
    int: pa.int64(),
    float: pa.float64(),
    str: pa.string(),
    bool: pa.bool_(),
    datetime: pa.timestamp("us"),
}
# Tables with a row for every image are checked by their schema alone.
CHECKED_BY_SCHEMA = {"predictions"}


def schema_of(record: type[Record]) -> pa.Schema:
    """The Arrow schema of a table."""
    fields = record.model_fields.items()
    return pa.schema([pa.field(name, *_arrow(field.rebuild_annotation())) for name, field in fields])


def _arrow(annotation: Any) -> tuple[pa.DataType, bool]:
    """Arrow type of a field, and whether it may be NULL."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _arrow(arguments[0])
    if origin in (Union, UnionType):
        (inner,) = [argument for argument in arguments if argument is not NoneType]
        return _arrow(inner)[0], True
    if origin is Literal:
        return pa.string(), False
    if origin is list:
        return pa.list_(pa.int32()), False
    if origin is dict:
        return pa.string(), False
    return _SCALARS[annotation], False


def write_rows(
    path: Path | str, table: str, rows: Sequence[Mapping[str, Any]], metadata: Mapping[str, str] | None = None
) -> None:
    """Write rows, checked one by one against the table's record, and put the file in place whole."""
    record = BY_NAME[table]
    schema = schema_of(record)
    if table not in CHECKED_BY_SCHEMA:
        rows = [_flat(record.model_validate(row).model_dump()) for row in rows]
    write_table(path, pa.Table.from_pylist(list(rows), schema=schema), metadata)


def _flat(row: dict[str, Any]) -> dict[str, Any]:
    """The row with mappings as JSON text."""
    return {key: json.dumps(value, sort_keys=True) if isinstance(value, dict) else value for key, value in row.items()}


def write_table(path: Path | str, table: pa.Table, metadata: Mapping[str, str] | None = None) -> None:
    """Write an Arrow table aside, sync it, and put it in place."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f".{path.name}.part")
    kept = {key.encode(): value.encode() for key, value in (metadata or {}).items()}
    try:
        with open(aside, "wb") as file:
            pq.write_table(table.replace_schema_metadata(kept), file, compression="zstd")
            file.flush()
            os.fsync(file.fileno())
        os.replace(aside, path)
    finally:
        aside.unlink(missing_ok=True)


def read_metadata(path: Path | str) -> dict[str, str]:
    """What `write_rows` said of the job behind a file; DamagedFileError if it is no whole Parquet file."""
    try:
        found = pq.read_metadata(path).metadata or {}
    except (OSError, pa.ArrowException):
        raise DamagedFileError(
            f"{path}: is damaged or no Parquet file; delete it and give the same command again"
        ) from None
    return {key.decode(): value.decode() for key, value in found.items() if key != b"ARROW:schema"}
