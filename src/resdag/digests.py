"""Short names for long things: SHA-256 of values and of files."""

import hashlib
import json
from pathlib import Path
from typing import Any

FINGERPRINT_LENGTH = 12  # hex digits: a clash among a million jobs has probability 2e-3


def digest_of(value: Any) -> str:
    """SHA-256 of a JSON value; the order of a mapping's keys plays no part."""
    return hashlib.sha256(json.dumps(value, sort_keys=True, allow_nan=False).encode()).hexdigest()


def fingerprint(value: Any) -> str:
    """The short digest that stands in paths."""
    return digest_of(value)[:FINGERPRINT_LENGTH]


def file_sha256(path: Path | str) -> str:
    """SHA-256 of a file's bytes; OSError if it cannot be read."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
