"""What the reading jobs share: the rows that jobs upstream wrote, in a database in memory."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import polars as pl

from resdag.jobs.context import Context, Row
from resdag.records.registry import class_of
from resdag.store.schema import create_some
from resdag.store.shards import load


def shards(context: Context) -> dict[str, list[Path]]:
    """Table -> the Parquet files upstream that hold its rows."""
    found: dict[str, list[Path]] = {}
    for files in context.inputs.values():
        for table, path in files.items():
            if path.endswith(".parquet"):
                found.setdefault(table, []).append(Path(path))
    return found


def conditions(limits: Mapping[str, Mapping[str, int]]) -> dict[str, str]:
    """SQL conditions on rows, by table: `draw` below its limit, or nothing drawn.

    Rows of other experiments in the same table are not touched: `lesions.draw` counts random deletions only.
    """
    return {
        table: " AND ".join(f'("{column}" IS NULL OR "{column}" < {int(limit)})' for column, limit in columns.items())
        for table, columns in limits.items()
    }


@contextmanager
def loaded(context: Context) -> Iterator[duckdb.DuckDBPyConnection]:
    """A database in memory with the tables and views that the job names, holding the rows upstream.

    What is computed from it is stored, so it has one thread: several add numbers up in the order in which they end.
    """
    limits, wanted = conditions(context.spec["limits"]), context.spec["tables"]
    with duckdb.connect(config={"threads": 1}) as con:
        create_some(con, wanted, context.spec["views"])
        describe_study(con, context.spec["study"], _config(context))
        for table, files in shards(context).items():
            if table in wanted:
                load(con, class_of(table), context.spec["study"], files, limits.get(table))
        yield con


def _config(context: Context) -> dict[str, Any]:
    """What views ask of a study: the kind of its dataset and the coverage of its intervals."""
    claims = {"confidence": context.spec["confidence"]} if "confidence" in context.spec else {}
    return {"dataset": {"kind": context.spec["kind"]}, "claims": claims}


def describe_study(con: duckdb.DuckDBPyConnection, study: str, config: Mapping[str, Any]) -> None:
    """A row of `studies` with what views ask of it; the database job writes the real one."""
    con.execute(
        "INSERT INTO studies BY NAME SELECT ? AS study, ? AS config, '{}' AS versions, '' AS hardware, "
        "TIMESTAMP 'epoch' AS started_at, TIMESTAMP 'epoch' AS finished_at",
        [study, json.dumps(config)],
    )


def rows_of(frame: pl.DataFrame) -> list[Row]:
    """Rows of a frame without the study, which the runner adds."""
    return [{key: value for key, value in row.items() if key != "study"} for row in frame.to_dicts()]
