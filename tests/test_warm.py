"""Jobs that are forks of a server with the libraries imported: they are the same jobs, and end with their commands."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from resdag.config.load import load_study
from resdag.execution import warm
from resdag.execution.task import plan_file, write_tasks
from resdag.execution.warm import ADDRESS, LIBRARIES
from resdag.planning.handing import tasks
from resdag.planning.plan import plan_study
from workflow_tools import complete, environment, left_running, processes, run, trainings, wait_until

# What a workflow does: start a server, then run commands; the address goes to whoever reads.
WORKFLOW = """
import os, sys, time
from resdag.execution.warm import ADDRESS, start_servers
start_servers(["reading"])
print(os.environ[ADDRESS], flush=True)
time.sleep(600)
"""


@pytest.fixture
def address(fresh: Path) -> Iterator[str]:
    """A server of the reading wing: its address."""
    command = [sys.executable, "-c", WORKFLOW]
    with subprocess.Popen(command, cwd=fresh, env=environment(fresh), stdout=subprocess.PIPE, text=True) as it:
        assert it.stdout
        yield it.stdout.readline().strip()
        it.kill()
    wait_until(lambda: not left_running(fresh), 10, "the server ends with the process that started it")


@pytest.fixture
def stale(fresh: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[str, ...]:
    """The command of a job of a workflow, one whose code has changed since it was planned."""
    monkeypatch.chdir(fresh)
    file = Path("config/config.yaml")
    job = next(each for each in tasks(plan_study(load_study(file)), file) if each.rule == "count_paths")
    plan = plan_file("stale", [job.fingerprint], {})
    write_tasks(plan, [replace(job, identity={**job.identity, "code": "another"})])
    return ("resdag", "run", job.rule, str(plan), "--fingerprint", job.fingerprint)


@pytest.mark.workflow
def test_a_warm_command_says_what_a_cold_one_says_and_ends_as_it_does(
    fresh: Path, address: str, stale: tuple[str, ...]
) -> None:
    cold = run(fresh, *stale)
    warm = run(fresh, *stale, **{ADDRESS: address})
    assert cold == warm
    assert cold[0] == 2
    assert "start the same command again" in cold[1]


@pytest.mark.workflow
def test_a_job_ends_with_its_command_and_a_command_with_its_job(
    fresh: Path, address: str, stale: tuple[str, ...]
) -> None:
    held = fresh.parent / "held"  # a log that nobody reads: opening it lasts
    held.unlink(missing_ok=True)
    os.mkfifo(held)
    command = [*stale, "--log", str(held)]
    for victim in ("command", "job"):
        said = fresh.parent / f"said-{victim}"
        with said.open("w") as out:
            it = subprocess.Popen(command, cwd=fresh, env=environment(fresh, **{ADDRESS: address}), stdout=out)
        try:
            jobs = list[int]()
            wait_until(lambda: jobs.extend(_of(fresh, said)) or jobs, 30, "a job runs")  # noqa: B023
            os.kill(it.pid if victim == "command" else jobs[0], signal.SIGKILL)
            status = it.wait(10)
            assert status == (-signal.SIGKILL if victim == "command" else 128 + signal.SIGKILL)
            wait_until(lambda: jobs[0] not in dict(processes(fresh)), 10, "the job is gone")  # noqa: B023
        finally:
            it.kill()
            it.wait()


def _of(folder: Path, said: Path) -> Iterator[int]:
    """The job that writes there: a fork has its command's streams once it has told the command that it is its job."""
    for process, line in processes(folder):
        with suppress(OSError):
            if "resdag.execution.warm" in line and os.readlink(f"/proc/{process}/fd/1") == str(said):
                yield process


# Whoever else can see the socket: another container of the same user and network, for one


def connected(address: str) -> socket.socket:
    """A connection to the reading wing's server, by its name alone."""
    other = socket.socket(socket.AF_UNIX)
    other.settimeout(30)
    other.connect(f"\0{address.partition(':')[0]}-reading")
    return other


def wanted(folder: Path, **changes: Any) -> dict[str, Any]:
    """What a command asks for: here, to touch a file, by the code of a folder that it names itself."""
    asked: dict[str, Any] = {"arguments": ["--help"], "folder": str(folder), "prefix": sys.prefix}
    return asked | {"environment": environment(folder)} | changes


def ask(other: socket.socket, text: bytes) -> bytes:
    """The first answer to a request, its proof aside."""
    socket.send_fds(other, [warm.LENGTH.pack(len(text))], warm.STREAMS)
    other.sendall(text)
    return other.recv(1)


@pytest.mark.workflow
@pytest.mark.parametrize("token", ["", "0" * 64, None])
def test_who_does_not_know_the_token_commands_nothing(fresh: Path, address: str, token: str | None) -> None:
    text = json.dumps(wanted(fresh)).encode()
    with connected(address) as other:
        if token is None:  # as the protocol was: the request comes at once
            assert ask(other, text) != warm.STARTED
        else:
            with pytest.raises(OSError):
                warm._meet_server(other, token.encode())
                ask(other, text)
    with connected(address) as other:  # who knows it is heard
        warm._meet_server(other, address.partition(":")[2].encode())
        assert ask(other, text) == warm.STARTED


@pytest.mark.workflow
@pytest.mark.parametrize("text", [b"[" * 100_000, b"no JSON", b"[]", b"{}", b'{"prefix": 1}', b"\xff\xfe"])
def test_no_request_ends_the_server(fresh: Path, address: str, text: bytes, stale: tuple[str, ...]) -> None:
    with connected(address) as other:
        warm._meet_server(other, address.partition(":")[2].encode())
        assert ask(other, text) != warm.STARTED
    assert run(fresh, *stale, **{ADDRESS: address})[0] == 2


@pytest.mark.workflow
def test_who_says_nothing_holds_nobody_up(fresh: Path, address: str, stale: tuple[str, ...]) -> None:
    run(fresh, *stale, **{ADDRESS: address})  # the server has its libraries
    silent = [connected(address) for _ in range(20)]
    started = time.monotonic()
    assert run(fresh, *stale, **{ADDRESS: address})[0] == 2
    assert time.monotonic() - started < warm.PATIENCE_SECONDS
    for other in silent:
        other.close()


def test_who_has_taken_a_servers_name_learns_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    name, token = f"resdag-test-{os.getpid()}", "5" * 64
    monkeypatch.setenv(ADDRESS, f"{name}:{token}")
    heard: list[bytes] = []

    def impostor() -> None:
        command, _ = listener.accept()
        with command:
            command.sendall(bytes(warm.NONCE_BYTES))
            heard.append(command.recv(1 << 16))
            command.sendall(bytes(warm.PROOF_BYTES))
            heard.append(command.recv(1 << 16))

    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(f"\0{name}-reading")
        listener.listen()
        thread = threading.Thread(target=impostor)
        thread.start()
        assert warm.run_warm("reading", ["--help"]) is None  # so it starts cold
        thread.join()
    assert [len(each) for each in heard] == [warm.PROOF_BYTES + warm.NONCE_BYTES, 0]
    assert token.encode() not in heard[0] and bytes.fromhex(token) not in heard[0]


@pytest.mark.workflow
def test_without_a_server_a_command_starts_cold(fresh: Path, stale: tuple[str, ...]) -> None:
    assert run(fresh, *stale, **{ADDRESS: "resdag-nobody-listens"}) == run(fresh, *stale)


@pytest.mark.workflow
def test_a_cold_workflow_trains_the_same_weights_bit_for_bit(fresh: Path, finished: Path) -> None:
    complete(fresh, "train", **{ADDRESS: ""})
    weights = sorted(fresh.glob("results/tiny/networks/*/*/weights.safetensors"))
    assert len(weights) == trainings()
    for path in weights:
        assert path.read_bytes() == (finished / path.relative_to(fresh)).read_bytes()


@pytest.mark.workflow
@pytest.mark.parametrize("wing", LIBRARIES)
def test_what_is_imported_ahead_starts_no_thread(wing: str) -> None:
    code = f"import {', '.join(LIBRARIES[wing])}\nprint(open('/proc/self/status').read())"
    environment = os.environ | {"OPENBLAS_NUM_THREADS": "1"}
    said = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert "\nThreads:\t1\n" in said.stdout
