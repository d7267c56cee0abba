"""How does a job start in a fraction of a second, where importing torch alone takes three?

A server for each wing imports the libraries of that wing once, when a workflow starts;
each job is then a fork of it.  A job's command hands the server its arguments,
environment, folder and streams, waits, and ends with the job's exit status; if either
ends early, so does the other.  Only libraries are imported ahead: a job reads resdag's
own code anew, so an edit made meanwhile is found out as it is without a server.

Who has connected is read by the fork alone, so nobody can hold the server up or end it.
An abstract address is seen by every container of the same network, and may belong to another
process once its server is gone: both sides prove first, each to the other, that they know a
token that only the workflow's own processes have.

Nothing here may start a thread before a fork, so polars and pyarrow, which do, are
left to the jobs.  Where there is no server (another system than Linux, a cluster, a
verb typed by hand, another environment), jobs start cold, with the same results.
"""

import gc
import hmac
import json
import os
import secrets
import select
import signal
import socket
import struct
import subprocess
import sys
import time
import traceback
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from typing import Any, NoReturn

from resdag.execution.lifetime import end_with_parent

ADDRESS = "RESDAG_WARM"  # ADDRESS:TOKEN of the servers of this workflow; empty or unset: start cold
TOKEN = "RESDAG_WARM_TOKEN"  # noqa: S105  (a name)  # what a server is told when it starts
COMMON = ("pydantic.main", "pydantic.fields", "pydantic.types", "pydantic.functional_validators", "psutil", "yaml")
LIBRARIES = {
    "measuring": ("torch", "safetensors.torch", "tqdm", *COMMON),
    "reading": ("duckdb", "scipy.stats", "altair", "vl_convert", "jinja2", *COMMON),
}
STARTED = b"s"
STREAMS = (0, 1, 2)
LENGTH = struct.Struct("!I")
STATUS = struct.Struct("!i")
NONCE_BYTES, PROOF_BYTES = 16, 32
PATIENCE_SECONDS = 10.0  # of a fork with its command
IMPORTING_SECONDS = 120.0  # that a command waits for a server which has yet to import its libraries


# The workflow's side


def start_servers(wings: Collection[str]) -> None:
    """Start a server for each of these wings, and let the jobs that this process starts know of them.

    Their addresses are abstract (Linux): they leave no file behind, however the workflow ends.
    """
    if sys.platform != "linux" or not wings or os.environ.get(ADDRESS) == "":
        return
    address, token = f"resdag-{os.getpid()}-{secrets.token_hex(4)}", secrets.token_hex(32)
    # One BLAS thread: the server must have no threads to fork, and a job of either wing wants none of them.
    environment = os.environ | {"OPENBLAS_NUM_THREADS": "1", TOKEN: token}
    for wing in wings:
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(_name(address, wing))
            listener.listen()
            command = (sys.executable, "-m", "resdag.execution.warm", wing, str(listener.fileno()))
            subprocess.Popen(command, stdin=subprocess.DEVNULL, env=environment, pass_fds=[listener.fileno()])
    os.environ[ADDRESS] = f"{address}:{token}"


def _name(address: str, wing: str) -> str:
    return f"\0{address}-{wing}"


# A job's command


def run_warm(wing: str, arguments: Sequence[str]) -> int | None:
    """Let the wing's server run `resdag ARGUMENTS`: its exit status, or None where no server takes it."""
    address, _, token = os.environ.get(ADDRESS, "").partition(":")
    if not address or sys.platform != "linux":
        return None
    with socket.socket(socket.AF_UNIX) as server:
        try:
            server.settimeout(IMPORTING_SECONDS)
            server.connect(_name(address, wing))
            _meet_server(server, token.encode())
            _ask(server, arguments)
            if server.recv(1) != STARTED:
                return None
            server.settimeout(None)
        except OSError:
            return None
        answer = server.recv(STATUS.size)
    if len(answer) < STATUS.size:
        print("resdag: the process of this job ended with no status; is the machine out of memory?", file=sys.stderr)
        return 1
    status: int = STATUS.unpack(answer)[0]
    return status


def _ask(server: socket.socket, arguments: Sequence[str]) -> None:
    environment = {key: value for key, value in os.environ.items() if key != ADDRESS}
    wanted = {"arguments": list(arguments), "folder": os.getcwd(), "environment": environment, "prefix": sys.prefix}
    text = json.dumps(wanted).encode()
    socket.send_fds(server, [LENGTH.pack(len(text))], STREAMS)
    server.sendall(text)


# Both sides: each proves that it knows the token, and never sends it


def _meet_server(server: socket.socket, token: bytes) -> None:
    """Return when the server is one of this workflow; PermissionError if it is anybody else."""
    own = secrets.token_bytes(NONCE_BYTES)
    server.sendall(_proof(token, b"command", _received(server, NONCE_BYTES)) + own)
    _hold_to(_proof(token, b"server", own), _received(server, PROOF_BYTES))


def _meet_command(command: socket.socket, token: bytes) -> None:
    """Return when the command is one of this workflow; PermissionError if it is anybody else."""
    own = secrets.token_bytes(NONCE_BYTES)
    command.sendall(own)
    _hold_to(_proof(token, b"command", own), _received(command, PROOF_BYTES))
    command.sendall(_proof(token, b"server", _received(command, NONCE_BYTES)))


def _proof(token: bytes, side: bytes, nonce: bytes) -> bytes:
    return hmac.digest(token, side + nonce, "sha256")


def _hold_to(expected: bytes, found: bytes) -> None:
    if not hmac.compare_digest(expected, found):
        raise PermissionError


def _received(other: socket.socket, count: int) -> bytes:
    """So many bytes; ConnectionError where the other side ends before."""
    found = b""
    while len(found) < count:
        part = other.recv(count - len(found))
        if not part:
            raise ConnectionError
        found += part
    return found


# The server


@dataclass
class _Job:
    """A job, running or being asked for: its process, the connection to its command, a descriptor of its end."""

    process: int
    command: socket.socket
    ended: int


class Server:
    """Forks a job for each command that connects, and tells the command how it ended."""

    def __init__(self, listener: socket.socket, token: bytes) -> None:
        self.listener, self.token = listener, token
        self.epoll = select.epoll()
        self.handlers: dict[int, Callable[[], None]] = {}
        self._watch(listener.fileno(), select.EPOLLIN, self._accept)

    def serve(self) -> NoReturn:
        """Until this process is ended; one event at a time, since each may end what others are of."""
        while True:
            for descriptor, _ in self.epoll.poll(maxevents=1):
                self.handlers[descriptor]()

    def _watch(self, descriptor: int, events: int, handler: Callable[[], None]) -> None:
        self.handlers[descriptor] = handler
        self.epoll.register(descriptor, events)

    def _forget(self, descriptor: int) -> None:
        if self.handlers.pop(descriptor, None):
            self.epoll.unregister(descriptor)

    def _accept(self) -> None:
        try:
            command, _ = self.listener.accept()
        except OSError:  # gone already, or no descriptors left: its command starts cold
            time.sleep(0.1)
            return
        try:
            process = os.fork()
        except OSError:  # no memory or processes left: likewise
            command.close()
            return
        if process == 0:
            self._close()
            _become(command, self.token)
        job = _Job(process, command, os.pidfd_open(process))
        self._watch(job.ended, select.EPOLLIN, lambda: self._tell(job))
        self._watch(command.fileno(), 0, lambda: self._end(job))  # 0: only that it is gone, what it says is the fork's

    def _close(self) -> None:
        """In the fork: let go of what belongs to the server and to other jobs."""
        for descriptor in self.handlers:
            os.close(descriptor)
        self.epoll.close()

    def _tell(self, job: _Job) -> None:
        """The job has ended: say how."""
        _, state = os.waitpid(job.process, 0)
        status = os.waitstatus_to_exitcode(state)
        with suppress(OSError):
            job.command.send(STATUS.pack(status if status >= 0 else 128 - status))
        self._forget(job.ended)
        self._forget(job.command.fileno())
        os.close(job.ended)
        job.command.close()

    def _end(self, job: _Job) -> None:
        """The command is gone: so shall be its job, which is then reaped as any other."""
        self._forget(job.command.fileno())
        os.kill(job.process, signal.SIGTERM)


# The fork


def _become(command: socket.socket, token: bytes) -> NoReturn:
    """Be the process that the command would have been, if it is one of this workflow."""
    status = 1
    try:
        with command:
            wanted = _wanted(command, token)
        status = import_module("resdag.cli").main(wanted["arguments"])
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else int(end.code is not None)
    except _RefusedError:
        pass
    except BaseException:  # noqa: BLE001  whatever it is, it ends this process
        traceback.print_exc()
    finally:
        for file in (sys.stdout, sys.stderr):
            with suppress(OSError, ValueError):
                file.flush()
        os._exit(status)


class _RefusedError(Exception):
    """Nothing was started, so nothing is said: the command, if it is one, starts cold."""


def _wanted(command: socket.socket, token: bytes) -> dict[str, Any]:
    """What the command asks for, when this process has its streams, folder and environment, and has said so."""
    command.settimeout(PATIENCE_SECONDS)
    try:
        if _owner(command) != os.getuid():
            raise PermissionError
        _meet_command(command, token)
        wanted, streams = _request(command)
        if wanted["prefix"] != sys.prefix:  # another environment, as with --use-conda
            raise PermissionError
        os.chdir(wanted["folder"])
        command.send(STARTED)
    except (OSError, ValueError, LookupError, TypeError, RecursionError):
        raise _RefusedError from None
    for place, stream in zip(STREAMS, streams, strict=True):
        os.dup2(stream, place)
        os.close(stream)
    os.environ.clear()
    os.environ.update(wanted["environment"])
    sys.argv = ["resdag", *wanted["arguments"]]
    return wanted


def _owner(connection: socket.socket) -> int:
    """User id of the process at the other end."""
    found = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    return int(struct.unpack("3i", found)[1])


def _request(command: socket.socket) -> tuple[dict[str, Any], list[int]]:
    """What a command asks for, and its three streams."""
    head, streams, _, _ = socket.recv_fds(command, LENGTH.size, len(STREAMS))
    if len(streams) != len(STREAMS):
        raise ValueError
    return json.loads(_received(command, LENGTH.unpack(head)[0])), streams


def main(wing: str, descriptor: str) -> NoReturn:
    """Be the server of a wing, on a socket that listens already; ends with the workflow that started it."""
    end_with_parent()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C ends commands, and these their jobs
    token = os.environ.pop(TOKEN).encode()
    with socket.socket(fileno=int(descriptor)) as listener:
        for library in LIBRARIES[wing]:
            import_module(library)
        gc.collect()
        gc.freeze()  # so that a fork's collections leave the shared pages alone
        Server(listener, token).serve()


if __name__ == "__main__":
    main(*sys.argv[1:])
