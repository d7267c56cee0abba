"""What a result is made of: digests of code and files, fingerprints of jobs.

A job's fingerprint is a hash of the slice of the study that it uses, the code
that it really runs, the locked packages, and the fingerprints of the jobs
before it.  It stands in the path of what the job writes, so a result that no
longer matches config or code has another name: it cannot pass for fresh, and
going back to an old config finds the old results.

Code is digested as syntax trees without docstrings and comments, following
the imports inside the package without importing anything.
"""

import ast
import hashlib
import importlib.util
import json
from functools import cache
from pathlib import Path
from typing import Any

PACKAGE = "resdag"
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


def code_digest(*modules: str) -> str:
    """Digest of modules of this package and of all that they import from it, directly or not."""
    return digest_of(code_parts(*modules))


@cache
def code_parts(*modules: str) -> dict[str, str]:
    """Digest of each module behind `code_digest`, by name."""
    found: dict[str, str] = {}
    waiting = list(modules)
    while waiting:
        name = waiting.pop()
        if name not in found:
            path = _source_of(name)
            found[name] = _tree_digest(path)
            waiting += _imports(path, name)
    return found


@cache
def file_digest_of_code(path: Path) -> str:
    """Digest of a file that is code but not Python, such as a view's SQL."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


@cache
def _package_folder() -> Path:
    spec = importlib.util.find_spec(PACKAGE)
    assert spec is not None and spec.origin is not None
    return Path(spec.origin).parent


def _path_of(name: str) -> Path | None:
    inside = _package_folder().joinpath(*name.split(".")[1:])
    for candidate in (inside.with_suffix(".py"), inside / "__init__.py"):
        if candidate.is_file():
            return candidate
    return None


def _source_of(name: str) -> Path:
    path = _path_of(name)
    if path is None:
        raise ModuleNotFoundError(f"{name}: no such module in {PACKAGE}")
    return path


@cache
def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


@cache
def _tree_digest(path: Path) -> str:
    tree = _WithoutDocstrings().visit(ast.parse(path.read_text(encoding="utf-8"), filename=str(path)))
    return hashlib.sha256(ast.dump(tree, annotate_fields=False).encode()).hexdigest()


class _WithoutDocstrings(ast.NodeTransformer):
    """Takes out every bare string statement: docstrings of modules, classes, functions and fields."""

    def visit_Expr(self, node: ast.Expr) -> ast.Expr | None:
        is_text = isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
        return None if is_text else node


@cache
def _imports(path: Path, name: str) -> tuple[str, ...]:
    """Modules of this package that a module imports anywhere, functions included."""
    found: set[str] = set()
    for node in ast.walk(_tree(path)):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            found.add(node.module)
            found.update(f"{node.module}.{alias.name}" for alias in node.names)
    inside = {module for module in found if module.split(".")[0] == PACKAGE}
    return tuple(sorted(module for module in inside if _path_of(module) is not None and module != name))


@cache
def lock_digest(path: Path = Path("requirements.lock")) -> str:
    """Digest of the locked packages, hashes left out; `unlocked` where there is no lock file."""
    if not path.is_file():
        return "unlocked"
    lines = path.read_text(encoding="utf-8").splitlines()
    return digest_of(sorted(line.rstrip(" \\") for line in lines if "==" in line))
