"""What a result is made of: digests of code and files, fingerprints of jobs.

A job's fingerprint is a hash of the slice of the study that it uses, the code
that it really runs, the locked packages that this code imports, and the
fingerprints of the jobs before it.  It stands in the path of what the job writes, so a result that no
longer matches config or code has another name: it cannot pass for fresh, and
going back to an old config finds the old results.

Code is digested as syntax trees without docstrings and comments, following
imports without importing anything.
"""

import ast
import hashlib
import json
import re
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

from resdag.atomic import write_json
from resdag.digests import digest_of
from resdag.discovery import in_checkout, source_of
from resdag.layout import RESULTS
from resdag.locked import LOCK, locked, packages_behind

PACKAGE = "resdag"
CACHE = RESULTS / ".cache" / "code.json"


class Sources:
    """Modules as files: what each is, and which others it imports.

    Files are read once: a process sees its code as it was when it first asked.  What was parsed is kept in the
    file `cache`, by the bytes that it was parsed from, so that it holds whatever happens to the files.
    """

    def __init__(self, cache: Path | None = None, find: Callable[[str], Path | None] = source_of) -> None:
        self.cache, self._find = cache, find
        self._known: dict[str, tuple[str, list[str]]] = {}
        self._files: dict[str, Path | None] = {}
        self._closures: dict[tuple[str, ...], dict[str, str]] = {}
        self._parsed: dict[str, list[Any]] = _read_cache(cache)
        self._unsaved = False

    def parts(self, *modules: str) -> dict[str, str]:
        """Digest of each of these modules and of all that they import, directly or not, by name.

        Imports are followed within resdag and the packages of the modules asked for, and from a module in the folder
        of the checkout to others there: a plugin's own code counts, that of libraries does not.  Packages count with
        the modules in them: importing `a.b` runs `a` too.  ModuleNotFoundError for no such module.
        """
        if modules not in self._closures:  # a thousand jobs of a study have a few dozen of them
            self._closures[modules] = self._followed(modules)
        return dict(self._closures[modules])

    def libraries(self, *modules: str) -> frozenset[str]:
        """Top-level names of what `parts` does not follow: packages of others, not the standard library."""
        parts = self.parts(*modules)
        named = {each.split(".")[0] for name in parts for each in self._known[name][1]}
        return frozenset(named - {name.split(".")[0] for name in parts} - sys.stdlib_module_names - {""})

    def _followed(self, modules: tuple[str, ...]) -> dict[str, str]:
        inside = self._inside(modules)
        found: dict[str, str] = {}
        waiting = list(modules)
        while waiting:
            name = waiting.pop()
            if name not in found:
                found[name], named = self._look(name)
                waiting += [each for each in named if inside(each) and self._file(each)]
        return found

    @staticmethod
    def _inside(modules: tuple[str, ...]) -> Callable[[str], bool]:
        """Whether the code of a module counts where these are asked for."""
        packages = {PACKAGE, *(name.split(".")[0] for name in modules)}
        own = any(in_checkout(name) for name in packages - {PACKAGE})
        return lambda name: name.split(".")[0] in packages or (own and bool(name) and in_checkout(name))

    def _look(self, name: str) -> tuple[str, list[str]]:
        """Digest of a module, and what it may import, its package among it."""
        if name not in self._known:
            path = self._file(name)
            if path is None:
                raise ModuleNotFoundError(f"{name}: no such module in {name.split('.')[0]}")
            inside = name if path.name == "__init__.py" else name.rpartition(".")[0]
            digest, named = self._parse(path.read_bytes(), inside, path)
            around = name.rpartition(".")[0]
            self._known[name] = digest, [*named, *([around] if around else [])]
        return self._known[name]

    def _file(self, name: str) -> Path | None:
        if name not in self._files:
            self._files[name] = self._find(name)
        return self._files[name]

    def _parse(self, source: bytes, inside: str, path: Path) -> tuple[str, list[str]]:
        """Digest of a module's code, and the names that it may import."""
        key = hashlib.sha256(inside.encode() + b"\0" + source).hexdigest()
        if key not in self._parsed:
            tree = ast.parse(source, filename=str(path))
            self._parsed[key] = [_sha256(_code(tree)), sorted(_imports(tree, inside))]
            self._unsaved = True
        digest, named = self._parsed[key]
        return digest, named

    def save(self) -> None:
        """Keep what was parsed for the next process, where anything can be kept."""
        if self.cache and self._unsaved:
            with suppress(OSError):
                write_json(self.cache, self._parsed)
            self._unsaved = False


def _read_cache(cache: Path | None) -> dict[str, list[Any]]:
    """What an earlier process parsed; nothing where there is no such file, or where it is damaged."""
    try:
        found = json.loads(cache.read_text(encoding="utf-8")) if cache else {}
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _imports(tree: ast.Module, package: str) -> set[str]:
    """Names that may be modules which a module of this package imports, anywhere in it, functions included."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            source = ".".join([*above, *([node.module] if node.module else [])])
            found.update((source, *(f"{source}.{alias.name}" for alias in node.names)))
    return found


def _code(node: object) -> str:
    """A syntax tree as text, without bare strings, which are docstrings, and without what is left at its default.

    `ast.dump` would differ between versions of Python, which add fields to nodes.
    """
    if isinstance(node, ast.AST):
        fields = [(name, value) for name, value in ast.iter_fields(node) if value is not None and value != []]
        return f"{type(node).__name__}({','.join(f'{name}={_code(value)}' for name, value in fields)})"
    if isinstance(node, list):
        return f"[{','.join(_code(each) for each in node if not _is_text(each))}]"
    return repr(node)


def _is_text(node: object) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


@cache
def sources() -> Sources:
    """Code as it lies on disk, found without importing it."""
    return Sources(CACHE)


def code_digest(*modules: str, texts: Sequence[Path] = ()) -> str:
    """Digest of modules, of all that they import from resdag and from their own packages, and of texts beside them."""
    digest = digest_of(code_parts(*modules))
    return digest_of([digest, *map(file_digest_of_code, texts)]) if texts else digest


def code_parts(*modules: str) -> dict[str, str]:
    """Digest of each module behind `code_digest`, by name."""
    return sources().parts(*modules)


@cache
def file_digest_of_code(path: Path) -> str:
    """Digest of a file that is code but not Python; of SQL, how it is written plays no part."""
    content = path.read_bytes()
    return _sha256(sql_code(content.decode())) if path.suffix == ".sql" else hashlib.sha256(content).hexdigest()


# A text, a quoted name, a comment, or white space: where one begins inside another it is part of that.
_SQL = re.compile(r"""('(?:[^']|'')*'|"(?:[^"]|"")*")|--[^\n]*|/\*.*?\*/|\s+""", re.DOTALL)


def sql_code(text: str) -> str:
    """SQL without comments, one space for any white space; what stands in quotes stays as it is."""
    without = _SQL.sub(lambda found: found[1] or " ", text)
    return _SQL.sub(lambda found: found[1] or " ", without).strip()


def packages(*modules: str) -> dict[str, str] | None:
    """Version of each package that modules and what they import rest on, as locked; None without a lock file."""
    lock = locked()
    return None if lock is None else packages_behind(sources().libraries(*modules), lock)


@cache
def _lock_digest(modules: tuple[str, ...], _: Path) -> str:
    found = packages(*modules)
    return "unlocked" if found is None else digest_of(found)


def lock_digest(*modules: str) -> str:
    """Digest of `packages`, of the lock of the folder at hand; `unlocked` where there is none."""
    return _lock_digest(modules, LOCK.absolute())
