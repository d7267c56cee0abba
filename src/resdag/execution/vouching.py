"""Is a file still what its job wrote?  Asked of everything that a job reads, before it reads it.

A disk, a memory or a copy flips bits now and then, and most of them would give other numbers and no error: of 400
bits flipped one by one in a file of rows, 339 did.  So the record that a job leaves holds the SHA-256 of each of
its outputs.  A file that has another one is set aside: it is missing then, and its job runs again.
"""

import json
import os
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from resdag.digests import file_sha256
from resdag.errors import DamagedFileError
from resdag.execution.task import Task

Say = Callable[[str], None]


def sums_of(paths: Iterable[str]) -> dict[str, str]:
    """SHA-256 of each file, for the record of the job that has just written them."""
    return {path: file_sha256(path) for path in paths}


def check_inputs(task: Task, say: Say) -> None:
    """Return if everything that a job reads is what was written; DamagedFileError names what is not, and the way out.

    Where no record is left, as of a folder `provenance` that was removed, this is said and the files are taken.
    """
    damaged = []
    for label, files in task.inputs.items():
        known = _known(Path(task.records[label]))
        if known is None:
            say(f"{task.records[label]}: is not there, so nothing vouches for what {label} wrote; it is taken as it is")
            continue
        damaged += [_set_aside(path) for path in files.values() if known.get(path) != file_sha256(path)]
    if damaged:
        raise DamagedFileError(
            f"{', '.join(damaged)}: not what was written there, and set aside as *.damaged; "
            "give the same command again, and what is missing is made again"
        )


def _known(record: Path) -> Mapping[str, str] | None:
    """The sums that a record holds, none where it is damaged itself; None where there is no record."""
    try:
        found = json.loads(record.read_text(encoding="utf-8"))["outputs"]
    except FileNotFoundError:
        return None
    except (OSError, ValueError, LookupError, TypeError):
        return {}
    return found if isinstance(found, dict) else {}


def _set_aside(path: str) -> str:
    os.replace(path, f"{path}.damaged")
    return path
