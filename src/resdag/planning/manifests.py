"""Which studies are in results.duckdb?  A workflow does not open it to find out: a manifest of each study says so.

And is it the file that the last database job wrote?  Its seal, results/.database.json, holds the file's
SHA-256, and size and times, so that a look costs nothing while nobody has touched it.
"""

import json
import os
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path
from typing import Any

from resdag.atomic import write_json
from resdag.digests import file_sha256
from resdag.layout import DATABASE, MANIFEST, RESULTS

SEAL = RESULTS / ".database.json"


def drop_manifests(held: Collection[str]) -> None:
    """Remove the manifests of all studies but those that the database holds, so that their next run stores them again.

    To be called before the database changes: a manifest too few costs a second, one too many would hide lost rows.
    """
    for manifest in _manifests():
        if manifest.relative_to(RESULTS).parts[0] not in held:
            manifest.unlink(missing_ok=True)


def drop_manifests_if_changed() -> str | None:
    """Remove the manifests of a database that is gone, or not as it was written; what happened to it, as a sentence.

    In a folder that cannot be written to they stay, and the sentence stands alone.
    """
    found = _manifests()  # before the look at the database, which a job puts in place before its manifest
    happened = what_happened() if found else None
    if happened is None:
        return None
    for manifest in found:
        with suppress(OSError):
            manifest.unlink()
    return f"{DATABASE}: {happened}; rows are stored again when their study is run, and no measurement is repeated"


def what_happened(database: Path = DATABASE) -> str | None:
    """What happened to the database since it was written; None where it is as it was, or nobody has sealed it."""
    if not database.exists():
        return "is not there any more"
    if _wal(database).exists():
        return "was changed by another program, which did not finish"
    seal = _seal()
    if seal is None or seal.get("marks") == _marks(database):
        return None
    if file_sha256(database) not in seal["sha256"]:
        return "is not as it was written, but edited, cut or another file"
    if len(seal["sha256"]) == 1:  # and no job is about to replace it
        with suppress(OSError):  # a copy of the checkout, say: the next look need not read the file
            seal_database(database)
    return None


def seal_database(database: Path = DATABASE) -> None:
    """Write down what the database is now: to be called by whoever has put it in place."""
    write_json(SEAL, {"sha256": [file_sha256(database)], "marks": _marks(database)})


def seal_next(new: Path, database: Path = DATABASE) -> None:
    """Let a file pass for the database, and what is there as well: it is about to take its place, or may be killed."""
    write_json(SEAL, {"sha256": [file_sha256(path) for path in (database, new) if path.exists()]})


def set_aside(database: Path = DATABASE) -> Path:
    """Move a database away that is not as it was written, with what belongs to it; no manifest holds then."""
    aside = database.with_name(f"{database.name}.changed")
    _wal(aside).unlink(missing_ok=True)
    os.replace(database, aside)
    with suppress(FileNotFoundError):
        os.replace(_wal(database), _wal(aside))
    drop_manifests([])
    return aside


def _seal() -> dict[str, Any] | None:
    """None where there is none, or where it is damaged itself."""
    try:
        found = json.loads(SEAL.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) and isinstance(found.get("sha256"), list) else None


def _marks(path: Path) -> list[int]:
    state = path.stat()
    return [state.st_size, state.st_mtime_ns, state.st_ctime_ns, state.st_ino]


def _wal(path: Path) -> Path:
    """Where DuckDB writes what is not yet in the file."""
    return path.with_name(path.name + ".wal")


def _manifests() -> list[Path]:
    return list(RESULTS.glob("*/" + MANIFEST.format(fingerprint="*")))
