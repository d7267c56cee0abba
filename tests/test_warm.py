"""Jobs that are forks of a server with the libraries imported: they are the same jobs, and end with their commands."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from resdag.execution.warm import ADDRESS, LIBRARIES
from workflow_tools import complete, environment, left_running, processes, run, trainings, wait_until

# What a workflow does: start a server, then run commands; the address goes to whoever reads.
WORKFLOW = """
import os, sys, time
from resdag.execution.warm import ADDRESS, start_servers
start_servers(["reading"])
print(os.environ[ADDRESS], flush=True)
time.sleep(600)
"""
STALE = ("resdag", "count-paths", "config/config.yaml", "--fingerprint", "0" * 12)


@pytest.fixture
def address(untouched: Path) -> Iterator[str]:
    """A server of the reading wing: its address."""
    command = [sys.executable, "-c", WORKFLOW]
    with subprocess.Popen(command, cwd=untouched, env=environment(untouched), stdout=subprocess.PIPE, text=True) as it:
        assert it.stdout
        yield it.stdout.readline().strip()
        it.kill()
    wait_until(lambda: not left_running(untouched), 10, "the server ends with the process that started it")


@pytest.mark.workflow
def test_a_warm_command_says_what_a_cold_one_says_and_ends_as_it_does(untouched: Path, address: str) -> None:
    cold = run(untouched, *STALE)
    warm = run(untouched, *STALE, **{ADDRESS: address})
    assert cold == warm
    assert cold[0] == 2
    assert "start the same command again" in cold[1]


@pytest.mark.workflow
def test_a_job_ends_with_its_command_and_a_command_with_its_job(untouched: Path, address: str) -> None:
    held = untouched.parent / "held"  # a study file that nobody writes: reading it lasts
    held.unlink(missing_ok=True)
    os.mkfifo(held)
    command = [*STALE[:2], str(held), *STALE[3:]]
    for victim in ("command", "job"):
        before = {process for process, _ in processes(untouched)}
        it = subprocess.Popen(command, cwd=untouched, env=environment(untouched, **{ADDRESS: address}))
        found = dict[int, str]()
        wait_until(lambda: _new(untouched, before, found), 30, "a job is forked")  # noqa: B023
        (job,) = (process for process, line in found.items() if "resdag.execution.warm" in line)
        os.kill(it.pid if victim == "command" else job, signal.SIGKILL)
        status = it.wait(10)
        assert status == (-signal.SIGKILL if victim == "command" else 128 + signal.SIGKILL)
        wait_until(lambda: job not in dict(processes(untouched)), 10, "the job is gone")  # noqa: B023


def _new(folder: Path, before: set[int], found: dict[int, str]) -> bool:
    """Whether a command and its job are there that were not before."""
    found.clear()
    found.update({process: line for process, line in processes(folder) if process not in before})
    return len(found) == 2


@pytest.mark.workflow
def test_without_a_server_a_command_starts_cold(untouched: Path) -> None:
    assert run(untouched, *STALE, **{ADDRESS: "resdag-nobody-listens"}) == run(untouched, *STALE)


@pytest.mark.workflow
def test_a_cold_workflow_trains_the_same_weights_bit_for_bit(fresh: Path, finished: Path) -> None:
    complete(fresh, "train", **{ADDRESS: ""})
    weights = sorted(fresh.glob("results/tiny/networks/*/*/weights.safetensors"))
    assert len(weights) == trainings()
    for path in weights:
        assert path.read_bytes() == (finished / path.relative_to(fresh)).read_bytes()


@pytest.mark.parametrize("wing", LIBRARIES)
def test_what_is_imported_ahead_starts_no_thread(wing: str) -> None:
    code = f"import {', '.join(LIBRARIES[wing])}\nprint(open('/proc/self/status').read())"
    environment = os.environ | {"OPENBLAS_NUM_THREADS": "1"}
    said = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert "\nThreads:\t1\n" in said.stdout
