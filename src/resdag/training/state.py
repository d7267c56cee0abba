"""The state of a training on disk: whole or absent, read without running anything."""

import io
import os
import sys
import zipfile
from pathlib import Path
from typing import Any

import torch

from resdag.atomic import whole_file

KEYS = {"network", "optimizer", "epoch", "rows", "kept", "precision"}


def save_state(state: dict[str, Any], path: Path) -> None:
    """Write the state so that a crash leaves the old file or the new one, whole."""
    whole = io.BytesIO()
    torch.save(state, whole)  # not into the file: torch hides why it could not be written
    with whole_file(path) as file:
        file.write(whole.getbuffer())


def load_state(path: Path) -> dict[str, Any] | None:
    """The state, or None where there is none; a damaged file is named, set aside, and training starts anew."""
    if not path.exists():
        return None
    try:
        state = torch.load(path, map_location="cpu", weights_only=True) if _is_whole(path) else None
    except Exception:  # noqa: BLE001  damaged bytes raise whatever they lead the reader to
        state = None
    if isinstance(state, dict) and state.keys() == KEYS:
        return state
    aside = path.with_name(path.name + ".damaged")
    os.replace(path, aside)
    print(f"{path}: is damaged and was set aside as {aside.name}; training starts anew", file=sys.stderr)
    return None


def _is_whole(path: Path) -> bool:
    """Whether everything in the file has the sum that was written with it: torch itself does not look."""
    with zipfile.ZipFile(path) as file:
        return file.testzip() is None


def settled(precision: str, fast: str, path: Path) -> str:
    """What `auto` stands for, `fast` on this device; a training goes on in the arithmetic that it was begun in."""
    if precision != "auto":
        return precision
    state = load_state(path)
    return str(state["precision"]) if state else fast
