"""Which blocks has a network of others?  Found once by a process that has torch, then kept: a plan needs none.

What is kept is named by all that decides it: the options, the code that takes networks apart, the versions of the
packages that they come from, and of a factory its own code.
"""

import json
import subprocess
import sys
from collections.abc import Mapping
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
REFUSED = 2  # exit status of the tracer after a sentence
Structure = Mapping[str, Any]


def structure(options: Mapping[str, Any]) -> Structure:
    """Blocks, groups, parameters, cost and what is published, as `resdag.models.structure` finds them.

    NetworkError where the network cannot be made, or has no residual blocks.
    """
    return _structure(json.dumps(options, sort_keys=True))


@cache
def _structure(options: str) -> Structure:
    path = CACHE / f"{fingerprint(_identity(json.loads(options)))}.json"
    found = _read(path)
    if found is None:
        found = _traced(options)
        write_json(path, found)
    return found


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


def _traced(options: str) -> Structure:
    given = json.loads(options)
    name = given.get("architecture") or f"{given['source']}:{given.get('model') or given['factory']}"
    print(f"resdag: {name} is traced for its blocks, once, which takes torch some seconds", file=sys.stderr, flush=True)
    done = subprocess.run([sys.executable, "-m", TRACER], input=options, capture_output=True, text=True)
    if done.returncode != 0:
        lines = done.stderr.strip().splitlines() or [f"{TRACER} ended with {done.returncode}"]
        refused = done.returncode == REFUSED
        raise NetworkError(lines[-1] if refused else f"{name} cannot be made and traced: {lines[-1]}")
    found = json.loads(done.stdout.splitlines()[-1])
    assert isinstance(found, dict)
    return found
