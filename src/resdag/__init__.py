"""resdag from Python: `resdag.unravel`, `resdag.delete_single`, ..., `resdag.draw`; `dir(resdag)` names them all.

Importing this costs nothing: a name is looked up, and what it needs is imported, when it is asked for.  No module of
resdag is named in an import here, so no job depends on what is offered.
"""

from importlib import import_module
from typing import Any

_NAMES = "resdag.api.names"


def __getattr__(name: str) -> Any:
    return import_module(_NAMES).find(name)


def __dir__() -> list[str]:
    return sorted({*globals(), *import_module(_NAMES).HOMES})
