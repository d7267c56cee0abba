"""Which packages of others does code rest on, and in which versions?

Those that its modules import, and what these require in turn, as their own metadata say for this platform.  Of each
the version that requirements.lock names counts, or the installed one where the lock does not know it: a newer torch
is another program, a newer pytest is none of a training's business.
"""

import re
from collections.abc import Collection, Iterator, Mapping
from functools import cache
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

LOCK = Path("requirements.lock")
SHOWING = {"tqdm"}  # draws bars: no result depends on it


def locked(path: Path = LOCK) -> Mapping[str, str] | None:
    """Package -> what the lock says of it, hashes left out; None where there is no lock file."""
    return _read(path.absolute())


@cache
def _read(path: Path) -> Mapping[str, str] | None:
    if not path.is_file():
        return None
    found: dict[str, list[str]] = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        name, pinned, rest = line.partition("==")
        if pinned and not line.startswith((" ", "#")):
            found.setdefault(canonicalize_name(name), []).append(rest.rstrip(" \\"))
    return {name: ", ".join(sorted(versions)) for name, versions in found.items()}


def packages_behind(names: Collection[str], lock: Mapping[str, str]) -> dict[str, str]:
    """Version of each package behind top-level module names, and of all that they require; names of none are left."""
    found: dict[str, str] = {}
    seen: set[tuple[str, frozenset[str]]] = set()
    waiting = [(name, frozenset[str]()) for each in names if each not in SHOWING for name in _packages_of(each, lock)]
    while waiting:
        name, extras = waiting.pop()
        version = lock.get(name) or installed(name)
        if version is None or (name, extras) in seen:  # not there: what another platform needs
            continue
        seen.add((name, extras))
        found[name] = version
        waiting += _required(name, extras)
    return dict(sorted(found.items()))


def _packages_of(module: str, lock: Mapping[str, str]) -> list[str]:
    """The packages that a top-level module comes from: most have its name."""
    name = canonicalize_name(module)
    return [name] if name in lock else _by_module().get(module, [])


@cache
def _by_module() -> dict[str, list[str]]:
    found = metadata.packages_distributions()
    return {module: sorted({canonicalize_name(name) for name in names}) for module, names in found.items()}


@cache
def _required(package: str, extras: frozenset[str]) -> list[tuple[str, frozenset[str]]]:
    """What a package requires on this platform, with the extras asked for; nothing where it is not installed."""
    try:
        said = metadata.requires(package) or []
    except metadata.PackageNotFoundError:
        return []
    needed = (each for each in map(Requirement, said) if _applies(each, extras))
    return [(canonicalize_name(each.name), frozenset(each.extras)) for each in needed]


def _applies(requirement: Requirement, extras: frozenset[str]) -> bool:
    marker = requirement.marker
    return marker is None or any(marker.evaluate({"extra": extra}) for extra in ("", *extras))


@cache
def installed(package: str) -> str | None:
    """The version that is installed; None where there is none."""
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def not_as_locked(packages: Collection[str], lock: Mapping[str, str] | None) -> Iterator[str]:
    """`torch 2.11.0 (locked 2.15.0)`, for each of these packages that is installed in another version."""
    for name in sorted(packages):
        there, asked = installed(name), (lock or {}).get(name)
        if there and asked and not _is_one_of(there, asked):
            yield f"{name} {there} (locked {asked})"


def _is_one_of(version: str, pinned: str) -> bool:
    """Whether a version, its build apart, is one that the lock names, for this platform or another."""
    named = [re.split(r"[ ;+]", each.strip(), maxsplit=1)[0] for each in pinned.split(", ")]
    return version.partition("+")[0] in named
