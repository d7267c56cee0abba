"""Is results.duckdb the file that the last database job wrote, whatever was done to it, wherever a job was killed?"""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from resdag.layout import DATABASE
from resdag.planning.manifests import (
    SEAL,
    drop_manifests_if_changed,
    seal_database,
    seal_next,
    set_aside,
    what_happened,
)

MANIFEST = Path("results/tiny/database/0123456789ab.json")
TOUCHED = "is not as it was written, but edited, cut or another file"


@pytest.fixture(autouse=True)
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a database, sealed, and a study's manifest."""
    monkeypatch.chdir(tmp_path)
    with duckdb.connect(DATABASE) as con:
        con.execute("CREATE TABLE studies AS SELECT 'tiny' AS study")
    seal_database()
    MANIFEST.parent.mkdir(parents=True)
    MANIFEST.write_text("{}")
    return tmp_path


def edit(sql: str = "UPDATE studies SET study = 'large'") -> None:
    with duckdb.connect(DATABASE) as con:
        con.execute(sql)


def keep_time(spoil: Callable[[], object]) -> None:
    """Do it, and set size's companion, the time of change, as it was."""
    state = DATABASE.stat()
    spoil()
    os.utime(DATABASE, ns=(state.st_atime_ns, state.st_mtime_ns))


def flip() -> None:
    content = bytearray(DATABASE.read_bytes())
    content[len(content) // 2] ^= 1
    DATABASE.write_bytes(content)


SPOILT: dict[str, Callable[[], object]] = {
    "edited": edit,
    "one bit": flip,
    "cut": lambda: os.truncate(DATABASE, 4096),
    "emptied": lambda: os.truncate(DATABASE, 0),
}


@pytest.mark.parametrize("spoil", SPOILT.values(), ids=SPOILT.keys())
def test_whatever_was_done_by_hand_is_noticed_and_its_manifests_go(spoil: Callable[[], object]) -> None:
    keep_time(spoil)
    assert what_happened() == TOUCHED
    said = drop_manifests_if_changed()
    assert said is not None and said.startswith(f"results.duckdb: {TOUCHED}; ")
    assert not MANIFEST.exists()
    assert drop_manifests_if_changed() is None  # nothing is said twice


def test_a_lost_database_and_one_that_a_killed_writer_left_are_noticed() -> None:
    Path("results.duckdb.wal").write_bytes(b"changes")
    assert what_happened() == "was changed by another program, which did not finish"
    aside = set_aside()
    assert sorted(path.name for path in Path().iterdir()) == [
        "results", "results.duckdb.changed", "results.duckdb.changed.wal",
    ]  # fmt: skip
    assert aside.exists() and not MANIFEST.exists()
    assert what_happened() == "is not there any more"


def test_reading_touching_and_copying_are_no_change(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    edit("SELECT * FROM studies")  # opened for writing, and nothing written
    os.utime(DATABASE)
    assert what_happened() is None
    shutil.copytree(checkout, checkout.with_name("copy"))
    monkeypatch.chdir(checkout.with_name("copy"))
    before = SEAL.read_text()
    assert what_happened() is None
    assert SEAL.read_text() != before  # with its own inode, so that the next look does not read the database
    assert drop_manifests_if_changed() is None and MANIFEST.exists()


def test_wherever_a_job_is_killed_its_database_passes_the_old_one_and_the_new_one() -> None:
    for _ in range(3):  # killed before the new one takes its place, again and again
        shutil.copy(DATABASE, "new.duckdb")
        with duckdb.connect("new.duckdb") as con:
            con.execute("INSERT INTO studies VALUES ('other')")
        seal_next(Path("new.duckdb"))
        assert what_happened() is None
    os.replace("new.duckdb", DATABASE)  # killed just after
    assert what_happened() is None


@pytest.mark.parametrize("seal", [None, "", "{", "[]", '{"sha256": 1}'])
def test_without_a_seal_that_can_be_read_the_database_is_taken_as_it_is(seal: str | None) -> None:
    SEAL.unlink()
    if seal is not None:
        SEAL.write_text(seal)
    assert what_happened() is None
