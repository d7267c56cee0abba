"""What is offered to who imports resdag, and where is it?  Modules are imported when a name of theirs is asked for."""

from importlib import import_module
from typing import Any

_LESIONS = ("delete_single", "delete_random", "delete_skips", "delete_pairs", "delete_runs", "delete_recalibrated",
            "repeat_blocks", "reorder", "block_influence")  # fmt: skip
HOMES = {
    "unravel": "resdag.api.networks",
    "blocks": "resdag.api.networks",
    **dict.fromkeys(_LESIONS, "resdag.api.lesions"),
    "path_gradients": "resdag.api.paths",
    "path_spectrum": "resdag.api.paths",
    "draw": "resdag.api.charts",
    "ResdagError": "resdag.errors",
}
"""Name -> module; `resdag/__init__.pyi` says the same to who reads types."""


def find(name: str) -> Any:
    """What has this name; AttributeError, as Python asks for, where there is none."""
    if name not in HOMES:
        raise AttributeError(f"module 'resdag' has no attribute {name!r}; it offers {', '.join(HOMES)}")
    return getattr(import_module(HOMES[name]), name)
