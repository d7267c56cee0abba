"""How does a reference grow?  Rows that were measured later, or elsewhere, join those that a folder keeps.

A study that takes days is measured in parts: each part is a study file of the same name that asks for less, and its
rows are added here.  The study file beside the rows says what all parts together are, and by its rules claims are
judged again; what follows from measured rows is computed anew of all of them.
"""

import json
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl

from resdag.config.load import parse_study, read_yaml
from resdag.config.study import Study
from resdag.errors import ResdagError
from resdag.records.registry import class_of
from resdag.report.kept import Rows, judged
from resdag.store.build import build
from resdag.store.read import connect
from resdag.store.reference import MANIFEST, keep
from resdag.store.sides import in_database, in_folder


def add(database: Path, study: str, folder: Path) -> dict[str, Any]:
    """Put the rows of a study in the database beside those in the folder, in the place of those with their keys.

    The manifest of all.  The folder's study file stays.  ResdagError, and the folder as it was, where it keeps no study
    of that name or would grow too large, where its study file lacks a network of the rows, or where a network has other
    weights than those that its kept rows were measured on.
    """
    file = folder / f"{study}.yaml"
    if not file.is_file() or not (folder / MANIFEST).is_file():
        raise ResdagError(f"{folder} keeps no {study} to add to: leave --add out, and its rows are the first there")
    asked = parse_study(read_yaml(file), str(file), to_run=False)
    kept, new = dict(in_folder(folder)[1]), in_database(database, study)[1]
    if "networks" in kept and "networks" in new:
        _refuse_strangers(asked, file, kept["networks"], new["networks"])
    rows: Rows = {table: together(table, kept.get(table), new.get(table)) for table in {*kept, *new} - {"studies"}}
    config = json.dumps(asked.model_dump(mode="json"), sort_keys=True)
    if "missing" in rows:
        rows = {**rows, "missing": still_missing(rows["missing"], rows["jobs"])}
    rows = judged(asked, {**rows, "studies": _study(kept["studies"], new["studies"], config)})
    with tempfile.TemporaryDirectory() as aside:
        merged = Path(aside) / "results.duckdb"
        build(merged, study, {}, [lambda con, of: rows])
        earlier = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        with connect(merged) as con:
            return keep(con, study, folder, database.absolute().parent, earlier=earlier, file=file)


def together(table: str, kept: pl.DataFrame | None, new: pl.DataFrame | None) -> pl.DataFrame:
    """The rows of both; of two with one key the new one.  A column that one side lacks is null there."""
    if kept is None or new is None:
        return kept if new is None else new  # type: ignore[return-value]  # one of them is there
    key = list(class_of(table).key)
    return pl.concat([new, kept.join(new, on=key, how="anti", nulls_equal=True)], how="diagonal_relaxed")


def still_missing(missing: pl.DataFrame, jobs: pl.DataFrame) -> pl.DataFrame:
    """Jobs that failed in one part and ended well in no other; `jobs` are those that did."""
    ended = jobs.select(job=pl.concat_str("rule", "wildcards", separator=" ").str.strip_chars_end())
    return missing.join(ended, on="job", how="anti")


def _refuse_strangers(asked: Study, file: Path, kept: pl.DataFrame, new: pl.DataFrame) -> None:
    """Networks that the study file does not name, and rows of one name that are of two networks."""
    if unnamed := sorted(set(new["network"]) - set(asked.networks)):
        raise ResdagError(
            f"{file} names no network {', '.join(unnamed)}: write there what all rows together are, first"
        )
    both = kept.join(new, on=["network", "seed"], suffix="_new")
    other = both.filter(pl.col("checkpoint_sha256") != pl.col("checkpoint_sha256_new"))
    for network, seed in other.select("network", "seed").iter_rows():
        raise ResdagError(
            f"{network}, seed {seed}, has other weights than its kept rows were measured on: give it another name"
        )


def _study(kept: pl.DataFrame, new: pl.DataFrame, config: str) -> pl.DataFrame:
    """The row of the study: measured from the first to the last, on every machine that had a part in it."""
    machines = sorted({each for frame in (kept, new) for each in frame["hardware"][0].split("; ")})
    values: Mapping[str, Any] = {
        "config": config,
        "file": kept["file"][0],
        "hardware": "; ".join(machines),
        "started_at": min(kept["started_at"][0], new["started_at"][0]),
        "finished_at": max(kept["finished_at"][0], new["finished_at"][0]),
    }
    return new.with_columns(pl.lit(value, new.schema[name]).alias(name) for name, value in values.items())
