"""Which blocks has a network of others?  Found once by a process that has torch, then kept: a plan needs none.

What is kept is named by all that decides it: the options, the code that takes networks apart, the versions of the
packages that they come from, and of a factory its own code.
"""

import json
import subprocess
import sys
from collections.abc import Iterable, Mapping
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

from resdag.atomic import write_json
from resdag.digests import fingerprint
from resdag.discovery import in_checkout, look_in_checkout, modules
from resdag.errors import NetworkError
from resdag.layout import RESULTS
from resdag.locked import locked, packages_behind
from resdag.provenance import code_digest, sources

CACHE = RESULTS / ".cache" / "structures"
TRACER = "resdag.models.structure"
Structure = Mapping[str, Any]
_known: dict[Path, Structure] = {}  # in this process, refusals among them


def structure(options: Mapping[str, Any]) -> Structure:
    """Blocks, groups, parameters, cost and what is published, as `resdag.models.structure` finds them.

    NetworkError where the network cannot be made, or has no residual blocks.
    """
    path = _path_of(options)
    if path not in _known:
        kept = _read(path)
        _known.update({path: kept} if kept else _asked({path: options}))
    found = _known[path]
    if "refused" in found:
        raise NetworkError(found["refused"])
    return found


def trace(networks: Iterable[Mapping[str, Any]]) -> None:
    """Find the structures of networks that are not known yet by one process: torch takes seconds to start.

    What goes wrong is said when the structure of each is asked for.
    """
    wanted = {}
    with suppress(NetworkError):
        for options in networks:
            path = _path_of(options)
            if path not in _known and _read(path) is None:
                wanted[path] = options
        if wanted:
            _known.update(_asked(wanted))


def _asked(wanted: Mapping[Path, Mapping[str, Any]]) -> dict[Path, Structure]:
    """Trace networks, and keep in files what was found; what was refused is traced again by the next process."""
    answers = dict(zip(wanted, _traced([*wanted.values()]), strict=True))
    for path, answer in answers.items():
        if "found" in answer:
            with suppress(OSError):  # read-only results: the next process traces again
                write_json(path, answer["found"])
    return {path: answer.get("found", answer) for path, answer in answers.items()}


def _path_of(options: Mapping[str, Any]) -> Path:
    return _path(json.dumps(options, sort_keys=True))


@cache
def _path(options: str) -> Path:
    return CACHE / f"{fingerprint(_identity(json.loads(options)))}.json"


def modules_of(options: Mapping[str, Any]) -> list[str]:
    """Modules whose code makes the network: ours, and a factory's."""
    if "architecture" in options:
        return [modules("architectures")[options["architecture"]]]
    factory = options.get("factory")
    if factory:
        look_in_checkout()
    return ["resdag.models.sources", *([factory.partition(":")[0]] if factory else [])]


def _identity(options: Mapping[str, Any]) -> dict[str, Any]:
    try:
        code = code_digest(TRACER, *modules_of(options))
    except ModuleNotFoundError as error:
        raise NetworkError(
            f"factory {options['factory']!r}: {error}; give package.module:function, of a package that is installed or "
            "lies in the checkout"
        ) from None
    installed = packages_behind(sources().libraries(TRACER, *modules_of(options)), {})
    return {"options": options, "code": code, "versions": installed | versions_of(options)}


def versions_of(options: Mapping[str, Any]) -> dict[str, str]:
    """Version of the package that a factory stands in, and of those that it requires: weights may lie in it.

    None of a factory in the checkout, whose code counts, nor of other networks, which `resdag.models.sources` imports.
    """
    package = options.get("factory", "").partition(":")[0].split(".")[0]
    return packages_behind([package], locked() or {}) if package and not in_checkout(package) else {}


def _read(path: Path) -> Structure | None:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) else None


def _traced(networks: list[Mapping[str, Any]]) -> list[dict[str, Any]]:
    names = ", ".join(dict.fromkeys(map(_name, networks)))
    print(f"resdag: tracing {names} for blocks, once, which takes torch some seconds", file=sys.stderr, flush=True)
    command = [sys.executable, "-m", TRACER]
    done = subprocess.run(command, input=json.dumps(networks), capture_output=True, text=True)
    if done.returncode != 0:
        lines = done.stderr.strip().splitlines() or [f"{TRACER} ended with {done.returncode}"]
        raise NetworkError(f"{names} cannot be traced: {lines[-1]}")
    answers: list[dict[str, Any]] = json.loads(done.stdout.splitlines()[-1])
    return answers


def _name(options: Mapping[str, Any]) -> str:
    return options.get("architecture") or f"{options['source']}:{options.get('model') or options['factory']}"
