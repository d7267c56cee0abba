"""The rows of a study kept as data beside the code: data/reference/STUDY/TABLE.parquet, and how they came about.

A manifest says of each table which jobs made its rows, at which commit, when and on what, as the files that the
database was built from say it; a README says the same to people; the study file stands beside them.  Whoever
measures again holds the result to these rows with `resdag compare`.
"""

import json
import shutil
import tempfile
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import duckdb
import yaml

from resdag.atomic import write_json, write_text
from resdag.digests import file_sha256
from resdag.errors import DamagedFileError, ResdagError
from resdag.layout import MANIFEST as STORED
from resdag.layout import RESULTS
from resdag.records.parquet import read_metadata
from resdag.store.export import export, lacking
from resdag.store.read import frame

MANIFEST = "manifest.json"
LIMIT_BYTES = 10_000_000
"""Of all files of one study: what is larger does not belong into a repository of code."""

_README = """# {study}: rows kept as data

Measured from {started} to {finished} (UTC) on {hardware}; gathered at commit `{commit}`{state}.
Which job made which rows, at which commit, when and on what: `{manifest}`; a commit that a job did not keep is null
there. The study: `{study}.yaml`.
What columns mean: `docs/tables.md`, or `resdag tables TABLE`.

| file | rows | size | made by |
|---|---|---|---|
{rows}

Measure again, and hold what comes out to these rows:

    snakemake --cores 2 --configfile {folder}/{study}.yaml database
    resdag compare {study} {folder}

Written by `resdag export {study} {folder} --reference`.
"""


def keep(
    con: duckdb.DuckDBPyConnection, study: str, folder: Path, checkout: Path, names: list[str] | None = None, *,
    earlier: Mapping[str, Any] | None = None, file: Path | None = None,
) -> dict[str, Any]:  # fmt: skip
    """Write a study's rows, its file, the manifest and the README; the manifest.

    `checkout` is where the results lie that the rows came from.  Jobs of an `earlier` manifest stay named where none
    of the same place has replaced them; `file` is a study file in the place of the one that the study was run from.
    The folder takes its new content when all of it is there; ResdagError, and the folder as it was, where it would be
    larger than LIMIT_BYTES.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=f".{folder.name}.") as aside:
        new = Path(aside)
        files = export(con, study, new, names=names or ())
        _refuse_size(files)
        if file:
            shutil.copyfile(file, new / f"{study}.yaml")
        else:
            _write_study(con, study, new, checkout)
        manifest = _manifest(con, study, files, checkout)
        for table, said in (earlier or {}).get("tables", {}).items():
            if table in manifest["tables"]:
                now = manifest["tables"][table]
                now["made_by"] = sorted(_joined(said["made_by"], now["made_by"]), key=lambda maker: str(maker["file"]))
        write_json(new / MANIFEST, manifest)
        write_text(new / "README.md", readme(manifest, folder))
        _put(new, folder)
    return manifest


def _refuse_size(files: Mapping[str, Path]) -> None:
    sizes = {table: path.stat().st_size for table, path in files.items()}
    if sum(sizes.values()) > LIMIT_BYTES:
        largest = max(sizes, key=lambda table: sizes[table])
        raise ResdagError(
            f"the rows take {sum(sizes.values()) / 1e6:.1f} MB, of which {largest} {sizes[largest] / 1e6:.1f}; "
            f"a reference may take {LIMIT_BYTES / 1e6:.0f}: name fewer tables with --tables"
        )


def _put(new: Path, folder: Path) -> None:
    """Move the files into the folder; rows that it held before and does not now are gone."""
    folder.mkdir(exist_ok=True)
    for old in folder.glob("*.parquet"):
        if not (new / old.name).exists():
            old.unlink()
    for path in sorted(new.iterdir(), key=lambda path: path.name == MANIFEST):  # the manifest vouches for the others
        path.replace(folder / path.name)


def _write_study(con: duckdb.DuckDBPyConnection, study: str, folder: Path, checkout: Path) -> None:
    """The study file as it stands, comments and all; from the database's own copy where it has gone or changed."""
    row = _study_row(con, study)
    kept = checkout / str(row.get("file") or "")
    if kept.is_file() and row.get("file"):
        shutil.copyfile(kept, folder / f"{study}.yaml")
    else:
        write_text(folder / f"{study}.yaml", yaml.safe_dump(json.loads(row["config"]), sort_keys=False))


def _study_row(con: duckdb.DuckDBPyConnection, study: str) -> dict[str, Any]:
    return frame(con, "SELECT * FROM studies WHERE study = ?", [study]).row(0, named=True)


def _manifest(con: duckdb.DuckDBPyConnection, study: str, files: Mapping[str, Path], checkout: Path) -> dict[str, Any]:
    row = _study_row(con, study)
    made = _makers(study, checkout)
    missing = dict(lacking(con, list(files)))
    tables = {
        table: {
            "rows": frame(con, f'SELECT count(*) FROM "{table}" WHERE study = ?', [study]).item(),
            "bytes": path.stat().st_size,
            "sha256": file_sha256(path),
            "not_kept": missing.get(table, []),
            "made_by": made.get(table, []),
        }
        for table, path in files.items()
    }
    return {
        "study": study,
        "exported_at": datetime.now(UTC).replace(microsecond=0, tzinfo=None).isoformat(),
        "exported_by": f"resdag {version('resdag')}",
        "database": {
            "commit": row.get("git_commit"),
            "dirty": row.get("git_dirty"),
            "hardware": row["hardware"],
            "versions": json.loads(row["versions"]),
            "started_at": row["started_at"].isoformat(),
            "finished_at": row["finished_at"].isoformat(),
        },
        "tables": tables,
    }


def _makers(study: str, checkout: Path) -> dict[str, list[dict[str, str | None]]]:
    """The jobs behind each table, from the files that the database was built from; none where these are not there."""
    name = STORED.format(fingerprint="*")
    found = sorted((checkout / RESULTS / study).glob(name), key=lambda path: path.stat().st_mtime)
    shards = json.loads(found[-1].read_text(encoding="utf-8")) if found else {}
    return {table: [maker for path in paths for maker in _maker(checkout, path)] for table, paths in shards.items()}


def _maker(checkout: Path, path: str) -> list[dict[str, str | None]]:
    try:
        metadata = read_metadata(checkout / path)
    except DamagedFileError:  # tidied away since
        return []
    said = {key: metadata.get(key) or None for key in ("rule", "fingerprint", "commit", "device", "started_at")}
    return [{"file": path} | said]


def _joined(earlier: list[dict[str, Any]], now: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The jobs of now, and the earlier ones whose place none of them took: a place is a path without fingerprint."""
    taken = {_place(maker) for maker in now}
    return [*now, *(maker for maker in earlier if _place(maker) not in taken)]


def _place(maker: Mapping[str, Any]) -> str:
    return str(maker["file"]).replace(str(maker["fingerprint"]), "")


def readme(manifest: Mapping[str, Any], folder: Path) -> str:
    """What the folder holds, for people."""
    study, database = manifest["study"], manifest["database"]
    rows = [
        f"| `{name}.parquet` | {table['rows']:,} | {table['bytes'] / 1e3:,.0f} kB | {_spelt(table)} |"
        for name, table in manifest["tables"].items()
    ]
    return _README.format(
        study=study,
        folder=folder_said(folder),
        manifest=MANIFEST,
        rows="\n".join(rows),
        commit=database["commit"] or "unknown",
        state=", with changes that were not committed" * bool(database["dirty"]),
        hardware=database["hardware"],
        started=database["started_at"][:10],
        finished=database["finished_at"][:10],
    )


def folder_said(folder: Path) -> str:
    """The folder as it is typed in the checkout."""
    return f"data/reference/{folder.name}" if folder.parent.name == "reference" else folder.name


def _spelt(table: Mapping[str, Any]) -> str:
    rules = sorted({str(maker["rule"]) for maker in table["made_by"]})
    lacking = f"; without {', '.join(table['not_kept'])}, which its resdag did not know" if table["not_kept"] else ""
    return (", ".join(rules) or "write_database") + lacking
