"""Which experiments, tables, figures, claims and architectures are there?  Ours, and those of other packages.

Each is a module.  Ours lie in a folder for each kind; another package names its own in entry points
of the group `resdag.KIND`:

    [project.entry-points."resdag.figures"]
    figure_mine = "their_package.figure_mine"

Nothing is imported to find out.  A name that begins with an underscore is a module that others share.
"""

import os
import sys
from functools import cache
from importlib.metadata import entry_points
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal

from resdag.errors import ResdagError

Kind = Literal["experiments", "tables", "figures", "claims", "architectures", "networks"]
# Package of ours that holds the modules of a kind, and how their names begin; none where one module of ours has all.
FOLDERS: dict[Kind, tuple[str, str]] = {
    "experiments": ("resdag.experiments", ""),
    "tables": ("resdag.records.tables", ""),
    "figures": ("resdag.figures", "figure_"),
    "claims": ("resdag.claims", ""),
    "architectures": ("resdag.models.architectures", ""),
    "networks": ("", ""),
}


@cache
def modules(kind: Kind) -> dict[str, str]:
    """Name -> module of everything of a kind, by name, whatever the order in which files lie on the disk.

    ResdagError where two packages, or one and resdag, give a name twice.
    """
    package, prefix = FOLDERS[kind]
    files = folder_of(package).glob(f"{prefix}*.py") if package else ()
    own = [path.stem for path in files if not path.stem.startswith("_")]
    found = {name: f"{package}.{name}" for name in own}
    for point in _points().select(group=f"resdag.{kind}"):
        if found.setdefault(point.name, point.value) != point.value:
            raise ResdagError(
                f"{kind}: {point.name!r} is both {found[point.name]} and {point.value}: each name may be given once; "
                "rename the entry point, or uninstall the package that you do not want"
            )
    return dict(sorted(found.items()))


@cache
def _points() -> Any:
    """Entry points of all that is installed: looking for them costs more than all else here."""
    return entry_points()


def look_in_checkout() -> None:
    """Packages that are not installed are looked for in the folder of the checkout too, and there last."""
    if os.getcwd() not in sys.path:
        sys.path.append(os.getcwd())


def in_checkout(module: str) -> bool:
    """Whether a module lies in the folder of the checkout, where people put what they write themselves."""
    first = module.split(".")[0]
    return Path(first).is_dir() or Path(f"{first}.py").is_file()


def folder_of(package: str) -> Path:
    """Folder of a package of ours."""
    return Path(__file__).parent.joinpath(*package.split(".")[1:])


@cache
def root_of(package: str) -> Path:
    """What holds a top-level package: its folder, or the one file of a module that is none; it is not imported.

    ModuleNotFoundError where it is not installed.
    """
    spec = find_spec(package)
    if spec is not None and spec.origin is None and spec.submodule_search_locations:
        return Path(next(iter(spec.submodule_search_locations)))  # a folder of modules without __init__.py
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(f"{package} is not installed: its source cannot be found", name=package)
    origin = Path(spec.origin)
    return origin.parent if origin.name == "__init__.py" else origin


def source_of(module: str) -> Path | None:
    """The file of a module, found without importing it; None where there is none."""
    first, *rest = module.split(".")
    root = root_of(first)
    if root.is_file():
        return None if rest else root
    inside = root.joinpath(*rest)
    files = [inside / "__init__.py", *([inside.with_suffix(".py")] if rest else [])]
    return next((path for path in files if path.is_file()), None)
