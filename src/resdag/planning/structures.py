"""Which blocks has a network of others?  Found once by a process that has torch, then kept: a plan needs none.

What is kept is named by all that decides it: the options, the code that takes networks apart, the versions of the
packages that they come from, and of a factory in the checkout its own code.
"""

import json
import subprocess
import sys
from collections.abc import Mapping
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from resdag.atomic import write_json
from resdag.digests import fingerprint
from resdag.discovery import look_in_checkout, modules
from resdag.errors import NetworkError
from resdag.layout import RESULTS
from resdag.provenance import code_digest

CACHE = RESULTS / ".cache" / "structures"
TRACER = "resdag.models.structure"
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
    return {"options": options, "code": code, "versions": {name: _version(name) for name in _packages(options)}}


def _packages(options: Mapping[str, Any]) -> list[str]:
    own = options["factory"].split(".")[0].split(":")[0] if options.get("factory") else options.get("source")
    return ["torch", *([own] if own else [])]


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:  # a module of the checkout, whose code counts itself
        return None


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
        raise NetworkError(lines[-1])
    found = json.loads(done.stdout.splitlines()[-1])
    assert isinstance(found, dict)
    return found
