"""Where nothing can be written, or nothing be locked: a sentence, and no frames of a traceback."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path

import pytest

from workflow_tools import SNAKEMAKE, complete, complete_command, dry_run, environment, jobs_in, run

WRITE = """
import time
from resdag.atomic import whole_file
with whole_file("results/tiny/lesions/rows.parquet") as file:
    print("written", flush=True)
    time.sleep(600)
"""
pytestmark = pytest.mark.workflow


@contextmanager
def read_only(folder: Path) -> Iterator[None]:
    """A folder to which nobody can write, root included: mounted onto itself."""
    folder.mkdir(exist_ok=True)
    done = subprocess.run(["mount", "--bind", folder, folder], capture_output=True, text=True)
    if done.returncode:
        pytest.skip(f"a read-only file system cannot be mounted here: {done.stderr.strip()}")
    try:
        subprocess.run(["mount", "-o", "remount,ro,bind", folder], check=True)
        yield
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)


def refused(folder: Path, *command: str, **changes: str) -> str:
    """What is said by a command that is refused in a sentence."""
    status, said = run(folder, *command, **changes)
    assert status != 0
    assert "Traceback" not in said, said
    return said


def test_read_only_results_are_planned_and_explained_and_refused_to_whoever_would_write(fresh: Path) -> None:
    expected = dry_run(fresh)
    with read_only(fresh / "results"):
        assert dry_run(fresh) == expected
        status, said = run(fresh, "resdag", "why", "config/config.yaml")
        assert status == 0 and "would run" in said
        said = refused(fresh, *SNAKEMAKE, "data")
        assert "results/.workflow.lock: cannot be written (Read-only file system)" in said


def test_in_a_read_only_checkout_it_is_said_who_can_still_be_asked(fresh: Path) -> None:
    with read_only(fresh):
        assert "copy the checkout, or ask `resdag plan` and `resdag why`" in refused(fresh, *SNAKEMAKE, "data", "-n")
        status, said = run(fresh, "resdag", "plan", "config/config.yaml")
        assert status == 0, said


def test_a_home_that_cannot_be_written_to_is_done_without(fresh: Path) -> None:
    said = complete(fresh, "data", HOME="/proc")
    assert f"/proc/.cache/snakemake cannot be written to (No such file or directory): {fresh}/.snakemake/cache" in said
    assert dry_run(fresh, "data", HOME="/proc") == {}


def test_a_version_that_is_not_the_locked_one_is_named_by_who_runs_jobs_and_by_no_dry_run(fresh: Path) -> None:
    lock = fresh / "requirements.lock"
    lock.write_text(re.sub(r"(?m)^(scikit-learn)==\S+", r"\1==99.1", lock.read_text()))
    named = (
        f"installed are scikit-learn {version('scikit-learn')} (locked 99.1): results will pass for those of the locked"
    )
    assert "locked 99.1" not in run(fresh, *SNAKEMAKE, "data", "-n")[1]
    for command in ((*SNAKEMAKE, "data"), ("resdag", "run", "prepare_data", "config/config.yaml")):
        assert named in complete_command(fresh, *command)


def test_what_a_killed_process_was_writing_goes_with_the_next_run_and_what_one_that_lives_writes_stays(
    fresh: Path,
) -> None:
    killed = subprocess.Popen(
        [sys.executable, "-c", WRITE], cwd=fresh, env=environment(fresh), stdout=subprocess.PIPE, text=True
    )
    assert killed.stdout and killed.stdout.readline() == "written\n"
    (left,) = fresh.glob("results/**/.*.part")
    living = left.with_name(f".rows.parquet.{os.getpid()}.part")
    living.touch()
    killed.kill()
    killed.communicate()
    complete(fresh, "data")
    assert [*fresh.glob("results/**/.*.part")] == [living]


def test_a_file_system_without_locks_is_refused_and_its_dry_run_is_not(fresh: Path) -> None:
    without = (sys.executable, str(Path(__file__).with_name("forbidden.py")), *SNAKEMAKE)
    assert "its file system has no locks (Function not implemented)" in refused(fresh, *without, "data")
    status, said = run(fresh, *without, "data", "-n", "--quiet", "rules")
    assert status == 0 and jobs_in(said) == {"prepare_data": 1}
