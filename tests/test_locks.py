"""Who may write results: one workflow or steps by hand, one process for each job, and nobody after a kill."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from resdag.errors import BusyError, ResdagError
from resdag.execution import locks
from resdag.execution.locks import alone_with
from workflow_tools import ROOT

HOLD = """
import sys, time
from contextlib import ExitStack
from resdag.errors import ResdagError
from resdag.execution.locks import alone_with, take_lock, take_lock_of_steps
what, *of = sys.argv[1:]
with ExitStack() as held:
    try:
        if what == "job":
            held.enter_context(alone_with("train_network network=x", of[0], float(of[1])))
        else:
            {"workflow": take_lock, "step": take_lock_of_steps}[what]()
    except ResdagError as error:
        sys.exit(f"refused: {error}")
    print("held", flush=True)
    time.sleep(600)
"""
ONE, OTHER = "0123456789ab", "0123456789ac"


class Holders:
    """Processes that hold locks, or try to, in one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.processes: list[subprocess.Popen[str]] = []

    def hold(self, *what: str, before: Sequence[str] = ()) -> subprocess.Popen[str]:
        """A process that holds it, started by the command that stands `before`."""
        process = self._start(what, before)
        assert process.stdout and process.stdout.readline() == "held\n"
        return process

    def refused(self, *what: str, before: Sequence[str] = ()) -> str:
        """What is said to a process that does not get it."""
        process = self._start(what, before)
        _, said = process.communicate(timeout=60)
        assert process.returncode == 1 and said.startswith("refused: "), said
        return said

    def _start(self, what: Sequence[str], before: Sequence[str]) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [*before, sys.executable, "-c", HOLD, *what],
            cwd=self.folder, env=os.environ | {"PYTHONPATH": str(ROOT / "src")},
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        self.processes.append(process)
        return process


@pytest.fixture
def holders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Holders]:
    monkeypatch.chdir(tmp_path)
    found = Holders(tmp_path)
    yield found
    for process in found.processes:
        process.kill()
        process.communicate()


def test_a_workflow_and_steps_by_hand_refuse_each_other_and_steps_do_not(holders: Holders) -> None:
    workflow = holders.hold("workflow")
    for other in ("workflow", "step"):
        assert f"another workflow runs in this checkout (process {workflow.pid})" in holders.refused(other)
    workflow.kill()
    workflow.wait()
    steps = [holders.hold("step"), holders.hold("step")]
    assert f"(process {steps[1].pid}, a step by hand)" in holders.refused("workflow")
    for step in steps:
        step.kill()
        step.wait()
    holders.hold("workflow")


def test_one_process_runs_a_job_and_after_its_kill_the_next_does(holders: Holders) -> None:
    first = holders.hold("job", ONE, "0")
    holders.hold("job", OTHER, "0")
    said = holders.refused("job", ONE, "0.1")
    assert "train_network network=x: another process runs this very job" in said
    with pytest.raises(BusyError), alone_with("here", ONE, 0):
        pass
    first.kill()
    started = time.monotonic()
    with alone_with("here", ONE):  # the job of a killed workflow may take a moment to end: it is waited for
        assert time.monotonic() - started < locks.PATIENCE_SECONDS
    assert os.listdir("results") == [".jobs.lock"]


def test_a_folder_that_cannot_be_written_to_is_named(holders: Holders) -> None:
    (holders.folder / "results").write_text("a file where the folder should be")
    with pytest.raises(ResdagError, match=r"results/\.workflow\.lock: cannot be written .*dry runs \(-n\) do without"):
        locks.take_lock()


def test_a_file_system_without_locks_is_said_and_its_jobs_run(holders: Holders) -> None:
    without = (sys.executable, str(Path(__file__).with_name("forbidden.py")))
    said = holders.refused("workflow", before=without)
    assert "its file system has no locks (Function not implemented)" in said
    holders.hold("job", ONE, "0", before=without)
