"""Put small files in place whole: a crash leaves the old one or the new one."""

import json
import os
from pathlib import Path
from typing import Any


def write_text(path: Path | str, text: str) -> None:
    """Write a text aside, sync it, and put it in place; folders are made."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with open(aside, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.replace(aside, path)
    finally:
        aside.unlink(missing_ok=True)


def write_json(path: Path | str, value: Any) -> None:
    """Write a JSON value, indented, with sorted keys."""
    write_text(path, json.dumps(value, indent=1, sort_keys=True) + "\n")


def write_stamp(path: Path | str, text: str, prefix: str = "") -> None:
    """Write a stamp and remove the older ones beside it whose names begin with `prefix`."""
    path = Path(path)
    if path.parent.is_dir():
        for other in path.parent.iterdir():
            if other.name.startswith(prefix) and other != path:
                other.unlink(missing_ok=True)
    write_text(path, text)
