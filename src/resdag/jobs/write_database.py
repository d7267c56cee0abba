"""Job: put this study's rows into results.duckdb, beside those of other studies."""

import csv
import json
from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import polars as pl

from resdag.atomic import write_json
from resdag.execution.machine import git_state, hardware, versions
from resdag.jobs.context import Context, Row, Tables
from resdag.jobs.reading import conditions, shards
from resdag.layout import CONFIG, base
from resdag.planning.manifests import drop_manifests, seal_database, seal_next, set_aside, what_happened
from resdag.records.parquet import read_metadata
from resdag.store.build import build, study_files


def run(context: Context) -> Tables:
    """Build the database aside and put it in place; its manifest says what it was built from."""
    name, files = context.spec["study"]["study"], shards(context)
    database = Path(context.settings["database"])
    rows = {
        "studies": [_study_row(context, files)],
        "jobs": _job_rows(context),
        "missing": list(context.spec.get("missing", ())),
    }

    def own(con: duckdb.DuckDBPyConnection, study: str) -> Mapping[str, pl.DataFrame]:
        whole = {table: [{"study": study} | row for row in found] for table, found in rows.items() if found}
        return {table: pl.DataFrame(found, infer_schema_length=None) for table, found in whole.items()}

    _set_aside_if_changed(context, database)
    there = study_files(database)
    names = context.settings["studies_there"]
    if names is None:
        context.steps.line("a file in config/ cannot be read, so rows stay even of studies that were removed")
    gone = [other for other, file in there.items() if other != name and is_gone(other, file, names)]
    for other in gone:
        context.steps.line(
            f"the rows of {other} go, since no study in config/ has this name any more; its files stay in {base(other)}"
        )
    drop_manifests({*there} - {name, *gone})
    build(database, name, files, [own], conditions(context.spec["limits"]), gone, seal_next)
    seal_database(database)
    write_json(context.outputs["manifest"], {table: [str(path) for path in paths] for table, paths in files.items()})
    return {}


def _set_aside_if_changed(context: Context, database: Path) -> None:
    """Rows of other studies are taken over from the database as it was written, and from no other."""
    happened = what_happened(database) if database.exists() else None
    if happened:
        aside = set_aside(database)
        context.steps.line(
            f"{database} {happened}: it is set aside as {aside}; other studies' rows come with their runs"
        )


def is_gone(study: str, file: str | None, names: Collection[str] | None) -> bool:
    """Whether a study was removed from config/: others stay, and all while its `names` are unknown."""
    return file is not None and Path(file).parent == CONFIG and names is not None and study not in names


def _study_row(context: Context, files: Mapping[str, list[Path]]) -> Row:
    commit, dirty = git_state()
    starts = [read_metadata(path).get("started_at") for paths in files.values() for path in paths]
    now = datetime.now(UTC).replace(tzinfo=None)
    return {
        "config": json.dumps(context.settings["study"], sort_keys=True),
        "file": context.settings["file"],
        "git_commit": commit,
        "git_dirty": dirty,
        "versions": json.dumps(versions(), sort_keys=True),
        "hardware": hardware(),
        "started_at": min([datetime.fromisoformat(start) for start in starts if start], default=now),
        "finished_at": now,
    }


def _job_rows(context: Context) -> list[Row]:
    """What each job upstream cost, as its benchmark file says."""
    rows = []
    for job in context.settings["benchmarks"]:
        cost = _benchmark(Path(job["benchmark"]))
        if cost is not None:
            device = next((read_metadata(path).get("device") for path in job["parquet"]), None)
            of = {name: job[name] for name in ("rule", "wildcards", "network", "seed")}
            rows.append(of | {"device": device or None} | cost)
    return rows


def _benchmark(path: Path) -> dict[str, Any] | None:
    """Seconds and memory of a benchmark file; None where there is none, as for jobs run by hand."""
    try:
        with open(path, encoding="utf-8", newline="") as file:
            row = next(csv.DictReader(file, delimiter="\t"))
        return {"seconds": float(row["s"]), "max_rss_mb": float(row["max_rss"])}
    except (OSError, StopIteration, KeyError, ValueError):
        return None
