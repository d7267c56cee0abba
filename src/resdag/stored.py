"""Which studies are in results.duckdb?  A workflow does not open it to find out: a stamp of each study says so."""

from collections.abc import Collection
from pathlib import Path

from resdag.layout import DATABASE, LAYOUT, RESULTS


def drop_stamps(held: Collection[str]) -> None:
    """Remove the stamps of all studies but those that the database holds, so that their next run stores them again.

    To be called before the database changes: a stamp too few costs a second, one too many would hide lost rows.
    """
    for stamp in _stamps():
        if stamp.relative_to(RESULTS).parts[0] not in held:
            stamp.unlink(missing_ok=True)


def drop_stamps_if_lost() -> None:
    """Remove the stamps of a database that is not there any more."""
    found = _stamps()  # before the look at the database, which a job puts in place before its stamp
    if not DATABASE.exists():
        for stamp in found:
            stamp.unlink(missing_ok=True)


def _stamps() -> list[Path]:
    return list(RESULTS.glob("*/" + LAYOUT["write_database"]["stamp"].format(fingerprint="*")))
