"""Which studies are in results.duckdb?  A workflow does not open it to find out: a manifest of each study says so."""

from collections.abc import Collection
from pathlib import Path

from resdag.layout import DATABASE, MANIFEST, RESULTS


def drop_manifests(held: Collection[str]) -> None:
    """Remove the manifests of all studies but those that the database holds, so that their next run stores them again.

    To be called before the database changes: a manifest too few costs a second, one too many would hide lost rows.
    """
    for manifest in _manifests():
        if manifest.relative_to(RESULTS).parts[0] not in held:
            manifest.unlink(missing_ok=True)


def drop_manifests_if_lost() -> None:
    """Remove the manifests of a database that is not there any more."""
    found = _manifests()  # before the look at the database, which a job puts in place before its manifest
    if not DATABASE.exists():
        for manifest in found:
            manifest.unlink(missing_ok=True)


def _manifests() -> list[Path]:
    return list(RESULTS.glob("*/" + MANIFEST.format(fingerprint="*")))
