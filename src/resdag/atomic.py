"""Put files in place whole: a crash, a full disk or a kill leaves the old one or the new one."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any


@contextmanager
def whole_file(path: Path | str) -> Iterator[IO[bytes]]:
    """A file to write aside; when the block ends it is synced and put in place, and after an error it is gone.

    Folders are made. The name aside holds the process, so that two writers never share a file.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with open(aside, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(aside, path)
    except OSError as error:  # a full disk names no file
        error.filename = error.filename or str(path)
        raise
    finally:
        aside.unlink(missing_ok=True)


def write_bytes(path: Path | str, content: bytes) -> None:
    """Write bytes."""
    with whole_file(path) as file:
        file.write(content)


def write_text(path: Path | str, text: str) -> None:
    """Write a text as UTF-8."""
    write_bytes(path, text.encode())


def write_json(path: Path | str, value: Any) -> None:
    """Write a JSON value, indented, with sorted keys; ValueError for a number that JSON does not have."""
    write_text(path, json.dumps(value, indent=1, sort_keys=True, allow_nan=False) + "\n")


def drop_stamps(path: Path | str, prefix: str = "") -> None:
    """Remove a stamp, and those beside it whose names begin with `prefix`: what they vouch for is about to change."""
    path = Path(path)
    if path.parent.is_dir():
        for stamp in path.parent.iterdir():
            if stamp.name.startswith(prefix):
                stamp.unlink(missing_ok=True)
