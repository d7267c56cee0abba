"""The rows of a study as frames by table, wherever they lie: in a database, or in a folder of TABLE.parquet files."""

import json
from collections.abc import Mapping
from pathlib import Path

import duckdb
import polars as pl

from resdag.errors import DamagedFileError, ResdagError
from resdag.records.registry import by_name
from resdag.store.export import columns_there
from resdag.store.read import connect, frame
from resdag.store.reference import MANIFEST
from resdag.store.schema import quoted


def in_database(path: Path, study: str | None) -> tuple[str, Mapping[str, pl.DataFrame]]:
    """Name and rows of a study in a database; of its only one where no study is named."""
    with connect(path) as con:
        there = [name for (name,) in con.sql("SELECT study FROM studies ORDER BY study").fetchall()]
        if study is None and len(there) == 1:
            study = there[0]
        if study is None or study not in there:
            asked = f"holds no study {study!r}" if study else f"holds {len(there)} studies, so say which: {path}:STUDY"
            raise ResdagError(f"{path} {asked}; its studies: {', '.join(there) or 'none'}")
        rows = {name: _rows(con, name, study) for name in by_name() if columns_there(con, name)}
    return f"{study} in {path}", {name: found for name, found in rows.items() if len(found)}


def _rows(con: duckdb.DuckDBPyConnection, name: str, study: str) -> pl.DataFrame:
    return frame(con, f"SELECT * FROM {quoted(name)} WHERE study = ?", [study])


def in_folder(folder: Path) -> tuple[str, Mapping[str, pl.DataFrame]]:
    """Name and rows of a folder that `resdag export` wrote; without the columns that were not kept."""
    files = {path.stem: path for path in sorted(folder.glob("*.parquet")) if path.stem in by_name()}
    if not files:
        raise ResdagError(f"{folder} holds no TABLE.parquet; `resdag export STUDY {folder}` writes them")
    absent = _not_kept(folder)
    return str(folder), {name: _read(path).drop(absent.get(name, []), strict=False) for name, path in files.items()}


def _read(path: Path) -> pl.DataFrame:
    try:
        return pl.read_parquet(path, glob=False)
    except (OSError, pl.exceptions.PolarsError) as error:
        raise DamagedFileError(f"{path} cannot be read ({str(error).splitlines()[0]})") from None


def _not_kept(folder: Path) -> dict[str, list[str]]:
    """The columns of each table that the database behind the folder did not have; they stand there as NULL."""
    try:
        tables = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))["tables"]
    except FileNotFoundError:
        return {}
    except (ValueError, KeyError, OSError):
        raise DamagedFileError(f"{folder / MANIFEST} is no manifest of `resdag export --reference`") from None
    return {name: table["not_kept"] for name, table in tables.items()}
