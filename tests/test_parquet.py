"""Rows of every table go through a Parquet file unchanged, and a file is there whole or not at all."""

import json
from datetime import datetime
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import pyarrow.parquet as pq
import pytest

from resdag import atomic
from resdag.errors import DamagedFileError, ResdagError
from resdag.records.base import Record
from resdag.records.parquet import read_metadata, schema_of, write_rows
from resdag.records.registry import records
from resdag.records.tables.evaluations import Evaluation
from resdag.records.tables.paths_remaining import PathsRemaining

BY_TYPE: dict[Any, Any] = {int: 1, float: 0.25, str: "ünïcode", bool: True, datetime: datetime(2026, 1, 2, 3, 4, 5)}
FRACTION = {
    "study": "s", "network": "n", "seed": 0, "blocks": 54, "deleted": 10, "path_length": 27, "fraction": 0.0004,
}  # fmt: skip


def example(annotation: Any, full: bool) -> Any:
    """A value that the annotation takes; NULL where it may, unless `full`."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return example(arguments[0], full)
    if origin in (Union, UnionType):
        return example(arguments[0], full) if full or NoneType not in arguments else None
    if origin is Literal:
        return arguments[0]
    if origin is list:
        return [5, 0, 2] if full else []
    if origin is dict:
        return {"b": [1, None], "a": {"ä": 2.5}} if full else {}
    return BY_TYPE[annotation]


def rows_of(record: type[Record]) -> list[dict[str, Any]]:
    fields = record.model_fields.items()
    return [{name: example(field.rebuild_annotation(), full) for name, field in fields} for full in (True, False)]


@pytest.mark.parametrize("record", records(), ids=lambda record: record.table)
def test_rows_come_back_as_they_were_written(record: type[Record], tmp_path: Path) -> None:
    rows, path = rows_of(record), tmp_path / "new" / "rows.parquet"
    write_rows(path, record, rows, {"rule": "r", "started_at": "2026-01-02"})
    found = pq.read_table(path)
    back = [
        {key: json.loads(value) if isinstance(row[key], dict) else value for key, value in found_row.items()}
        for row, found_row in zip(rows, found.to_pylist(), strict=True)
    ]
    assert back == rows
    assert found.schema.equals(schema_of(record))
    assert read_metadata(path) == {"rule": "r", "started_at": "2026-01-02"}


@pytest.mark.parametrize("record", records(), ids=lambda record: record.table)
def test_a_table_without_rows_keeps_its_columns(record: type[Record], tmp_path: Path) -> None:
    write_rows(tmp_path / "none.parquet", record, [])
    assert pq.read_schema(tmp_path / "none.parquet").names == list(record.model_fields)


@pytest.mark.parametrize("record", records(), ids=lambda record: record.table)
def test_no_column_of_a_key_may_be_null(record: type[Record]) -> None:
    assert not any(schema_of(record).field(name).nullable for name in record.key)


@pytest.mark.parametrize(
    ("column", "value"),
    [("fraction", 1.5), ("fraction", float("nan")), ("blocks", -1), ("blocks", 2.5), ("network", None), ("extra", 1)],
)
def test_a_wrong_value_is_refused_by_the_name_of_its_column(column: str, value: object, tmp_path: Path) -> None:
    path = tmp_path / "rows.parquet"
    with pytest.raises(ResdagError, match=rf"^paths_remaining\.{column}, row 1: got .*nothing was written$"):
        write_rows(path, PathsRemaining, [FRACTION, FRACTION | {column: value}])
    assert not path.exists()


def test_a_missing_column_is_refused_by_its_name(tmp_path: Path) -> None:
    row = {key: value for key, value in FRACTION.items() if key != "deleted"}
    with pytest.raises(ResdagError, match=r"paths_remaining\.deleted, row 0"):
        write_rows(tmp_path / "rows.parquet", PathsRemaining, [row])


def test_a_number_too_large_for_its_column_is_refused_without_a_traceback(tmp_path: Path) -> None:
    with pytest.raises(ResdagError, match="paths_remaining"):
        write_rows(tmp_path / "rows.parquet", PathsRemaining, [FRACTION | {"blocks": 10**30}])


def test_json_without_a_finite_number_is_refused(tmp_path: Path) -> None:
    (record,) = (record for record in records() if record.table == "networks")
    row = rows_of(record)[0] | {"options": {"width": float("inf")}}
    with pytest.raises(ResdagError, match="networks, row 0"):
        write_rows(tmp_path / "rows.parquet", record, [row])


def test_a_write_that_breaks_off_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "rows.parquet"
    write_rows(path, PathsRemaining, [FRACTION])
    before = path.read_bytes()

    def full_disk(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(atomic.os, "fsync", full_disk)
    with pytest.raises(OSError, match="No space"):
        write_rows(path, PathsRemaining, [FRACTION] * 2)
    with pytest.raises(OSError, match="No space"):
        atomic.write_json(tmp_path / "other.json", {})
    assert path.read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == ["rows.parquet"]


def test_stamps_of_one_figure_are_dropped_alone(tmp_path: Path) -> None:
    for name in ("figure_1-old", "figure_1-new", "figure_11-old"):
        (tmp_path / name).touch()
    atomic.drop_stamps(tmp_path / "figure_1-new", prefix="figure_1-")
    assert [path.name for path in tmp_path.iterdir()] == ["figure_11-old"]
    atomic.drop_stamps(tmp_path / "no folder" / "figure_1-new")


@pytest.mark.parametrize("damage", ["truncated", "empty", "text", "missing", "folder"])
def test_a_damaged_file_is_named(damage: str, tmp_path: Path) -> None:
    path = tmp_path / "rows.parquet"
    write_rows(path, Evaluation, rows_of(Evaluation))
    whole = path.read_bytes()
    path.unlink()
    match damage:
        case "truncated":
            path.write_bytes(whole[: len(whole) // 2])
        case "empty":
            path.touch()
        case "text":
            path.write_text("study,network\n" * 40)
        case "folder":
            path.mkdir()
    with pytest.raises(DamagedFileError, match=r"rows\.parquet: is damaged"):
        read_metadata(path)
