"""What changes a digest and what does not: code as it runs, not as it is written."""

import hashlib
import math
from collections.abc import Callable
from pathlib import Path

import pytest

from resdag import provenance
from resdag.digests import digest_of, file_sha256, fingerprint
from resdag.discovery import root_of
from resdag.locked import _required, locked, not_as_locked, packages_behind
from resdag.provenance import Sources, code_digest, code_parts, sql_code

FILES = {
    "__init__": "",
    "job": "from pkg import used\nX = 1\ndef run():\n    from pkg.deep.inner import late\n    return late(X, used.Y)\n",
    "used": "Y = 2\n",
    "unrelated": "Z = 3\n",
    "deep/__init__": "",
    "deep/inner": "from . import sibling\nfrom ..top import T\n\n\ndef late(a, b):\n    return sibling.s(a, b, T)\n",
    "deep/sibling": "def s(*values):\n    return values\n",
    "top": "T = 4\n",
}
Digest = Callable[..., str]


def _file(folder: Path, name: str) -> Path | None:
    inside = folder.joinpath(*name.split("."))
    return next((path for path in (inside / "__init__.py", inside.with_suffix(".py")) if path.is_file()), None)


@pytest.fixture
def digest(tmp_path: Path) -> Digest:
    """Digest of `pkg.job` in a package written anew, some of its files changed."""
    count = iter(range(100))

    def of(*modules: str, **changed: str) -> str:
        folder = tmp_path / str(next(count)) / "pkg"
        for name, text in (FILES | {key.replace("__in__", "/"): value for key, value in changed.items()}).items():
            path = folder / f"{name}.py"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        return digest_of(Sources(find=lambda name: _file(folder.parent, name)).parts(*(modules or ("pkg.job",))))

    return of


@pytest.mark.parametrize(
    "text",
    [
        "# about this\n" + FILES["job"],
        '"""About this module."""\n\n\n' + FILES["job"],
        FILES["job"].replace("def run():\n", 'def run():\n    """Run it."""\n\n    # now\n'),
        FILES["job"].replace("X = 1\n", 'X = 1\n"""The number."""\n'),
        FILES["job"].replace("late(X, used.Y)", "(\n        late( X,used . Y, )\n    )"),
        FILES["job"].replace("X = 1", "X = 0x1"),
        FILES["job"].replace("\n", "\r\n"),
        "\ufeff" + FILES["job"],
    ],
    ids=["comment", "module docstring", "docstring", "field docstring", "format", "notation", "line ends", "mark"],
)
def test_how_code_is_written_plays_no_part(digest: Digest, text: str) -> None:
    assert digest(job=text) == digest()


@pytest.mark.parametrize(
    "text",
    [
        FILES["job"].replace("X = 1", "X = 2"),
        FILES["job"].replace("X = 1", "X = True"),
        FILES["job"].replace("X = 1", "X = 1.0"),
        FILES["job"].replace("X = 1", "X = '1'"),
        FILES["job"].replace("X = 1", "X = None"),
        FILES["job"].replace("late(X, used.Y)", "late(used.Y, X)"),
        FILES["job"] + "\nrun()\n",
        FILES["job"].replace("return", "x ="),
    ],
    ids=["number", "boolean", "float", "text", "none", "order", "call", "no return"],
)
def test_what_code_does_changes_the_digest(digest: Digest, text: str) -> None:
    assert digest(job=text) != digest()


@pytest.mark.parametrize(
    "changed",
    [
        {"used": "Y = 9\n"},
        {"deep__in__inner": FILES["deep/inner"].replace("s(a, b, T)", "s(b, a, T)")},
        {"deep__in__sibling": "def s(*values):\n    return values[::-1]\n"},
        {"top": "T = 5\n"},
        {"deep__in____init__": "import os\n"},
    ],
    ids=["imported", "imported in a function", "relative", "relative from above", "package around it"],
)
def test_an_edit_of_what_a_module_imports_changes_its_digest(digest: Digest, changed: dict[str, str]) -> None:
    assert digest(**changed) != digest()


def test_an_edit_of_a_module_that_is_not_imported_changes_nothing(digest: Digest) -> None:
    assert digest(unrelated="Z = 9\n", another="import pkg.job\n") == digest()
    assert digest("pkg.used", job="broken = 1\n") == digest("pkg.used")


def test_nothing_is_imported_to_find_out(digest: Digest) -> None:
    digest(used="raise SystemExit('imported')\nY = 2\n", top="T = open('/nowhere').read()\n")


def test_modules_that_import_each_other_come_to_an_end(digest: Digest) -> None:
    assert digest(used="from pkg import job\nY = 2\n") != digest()


def test_a_module_that_is_not_there_is_named() -> None:
    with pytest.raises(ModuleNotFoundError, match=r"resdag\.jobs\.nothing"):
        code_digest("resdag.jobs.nothing")


def test_a_training_depends_on_the_training_loop_and_not_on_figures() -> None:
    used = set(code_parts("resdag.jobs.train_network"))
    assert {"resdag.training.train", "resdag.datasets.tensors", "resdag.models.network"} <= used
    assert not any(name.startswith(("resdag.figures", "resdag.store", "resdag.lesions")) for name in used)


def test_swapped_values_have_another_fingerprint_and_swapped_keys_the_same() -> None:
    assert fingerprint({"learning_rate": 0.1, "momentum": 0.9}) != fingerprint({"learning_rate": 0.9, "momentum": 0.1})
    assert fingerprint({"a": 1, "b": 2}) == fingerprint({"b": 2, "a": 1})
    assert fingerprint([1, 2]) != fingerprint([2, 1])
    assert fingerprint({"a": 1}) != fingerprint({"a": "1"})


def test_a_fingerprint_is_twelve_hex_digits_of_sha256() -> None:
    assert fingerprint([]) == hashlib.sha256(b"[]").hexdigest()[:12]


@pytest.mark.parametrize("value", [math.nan, math.inf, {1, 2}, Path("x"), object()])
def test_what_json_does_not_hold_has_no_digest(value: object) -> None:
    with pytest.raises((ValueError, TypeError)):
        digest_of({"value": value})


def test_a_file_is_known_by_its_bytes(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"abc")  # FIPS 180-2, appendix B.1
    assert file_sha256(tmp_path / "file") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


LOCK = """
torch==2.15.0 \\
    --hash=sha256:11
Typing_Extensions==4.13.0
greenlet==3.5.6 ; platform_machine == 'x86_64' \\
    --hash=sha256:22
greenlet==3.4.0 ; platform_machine != 'x86_64'
"""


def test_the_lock_is_read_by_package_without_hashes(tmp_path: Path) -> None:
    (tmp_path / "lock").write_text(LOCK)
    assert locked(tmp_path / "lock") == {
        "torch": "2.15.0",
        "typing-extensions": "4.13.0",
        "greenlet": "3.4.0 ; platform_machine != 'x86_64', 3.5.6 ; platform_machine == 'x86_64'",
    }
    assert locked(tmp_path / "none") is None


def test_packages_come_with_all_that_they_require_and_with_the_extras_asked_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    requires = {
        "a": ["b>=1", "c[fast]", "never; python_version < '3'", "d; extra == 'd'"],
        "c": ["e; extra == 'fast'", "f; extra == 'slow'", "a"],
    }
    there = {"g": "7"}
    monkeypatch.setattr("resdag.locked.metadata.requires", lambda name: requires.get(name))
    monkeypatch.setattr("resdag.locked.installed", there.get)
    monkeypatch.setattr("resdag.locked._required", _required.__wrapped__)
    monkeypatch.setattr("resdag.locked._by_module", lambda: {"module_of_g": ["g"]})
    lock = dict.fromkeys("abcdefg", "1") | {"tqdm": "1"}
    assert packages_behind({"a", "tqdm", "their_own"}, lock) == dict.fromkeys("abce", "1")
    assert packages_behind({"module_of_g"}, {}) == {"g": "7"}


def test_a_package_of_another_version_than_the_lock_s_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("resdag.locked.installed", {"torch": "2.11.0+cu126", "numpy": "2.1", "scipy": "1.15"}.get)
    lock = {"torch": "2.15.0", "numpy": "2.0 ; python_version < '3.12', 2.1 ; python_version >= '3.12'"}
    assert [*not_as_locked(["numpy", "torch", "scipy", "triton"], lock)] == ["torch 2.11.0+cu126 (locked 2.15.0)"]
    assert [*not_as_locked(["torch"], lock | {"torch": "2.11.0"})] == []
    assert [*not_as_locked(["torch"], None)] == []


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("SELECT 1 -- one\nFROM a", "SELECT 1 FROM a"),
        ("-- what\n-- it is\nSELECT  x,\n\n  y", "SELECT x, y"),
        ("SELECT /* not\nthis */ 1", "SELECT 1"),
        ("SELECT '-- this', \"a  --b\", 'it''s -- too' -- not", "SELECT '-- this', \"a  --b\", 'it''s -- too'"),
        ("SELECT 'a\n b'", "SELECT 'a\n b'"),
    ],
)
def test_sql_is_its_code_without_comments_and_lines_and_with_all_that_is_quoted(text: str, code: str) -> None:
    assert sql_code(text) == code


def test_the_source_is_found_where_the_package_is() -> None:
    assert root_of("resdag") == Path(provenance.__file__).parent
