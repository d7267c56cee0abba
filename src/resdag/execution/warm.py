"""How does a job start in a fraction of a second, where importing torch alone takes three?

A server for each wing imports the libraries of that wing once, when a workflow starts;
each job is then a fork of it.  A job's command hands the server its arguments,
environment, folder and streams, waits, and ends with the job's exit status; if either
ends early, so does the other.  Only libraries are imported ahead: a job reads resdag's
own code anew, so an edit made meanwhile is found out as it is without a server.

Nothing here may start a thread before a fork, so polars and pyarrow, which do, are
left to the jobs.  Where there is no server (another system than Linux, a cluster, a
verb typed by hand, another environment), jobs start cold, with the same results.
"""

import gc
import json
import os
import secrets
import selectors
import signal
import socket
import struct
import subprocess
import sys
import traceback
from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from typing import Any, NoReturn

from resdag.execution.lifetime import end_with_parent

ADDRESS = "RESDAG_WARM"  # where the servers of this workflow listen; empty or unset: start cold
COMMON = ("pydantic.main", "pydantic.fields", "pydantic.types", "pydantic.functional_validators", "psutil", "yaml")
LIBRARIES = {
    "measuring": ("torch", "safetensors.torch", "tqdm", *COMMON),
    "reading": ("duckdb", "scipy.stats", "altair", "vl_convert", "jinja2", *COMMON),
}
STARTED = b"s"
STREAMS = (0, 1, 2)
LENGTH = struct.Struct("!I")
STATUS = struct.Struct("!i")


# The workflow's side


def start_servers(wings: Collection[str]) -> None:
    """Start a server for each of these wings, and let the jobs that this process starts know of them.

    Their addresses are abstract (Linux): they leave no file behind, however the workflow ends.
    """
    if sys.platform != "linux" or not wings or os.environ.get(ADDRESS) == "":
        return
    address = f"resdag-{os.getpid()}-{secrets.token_hex(4)}"
    # One BLAS thread: the server must have no threads to fork, and a job of either wing wants none of them.
    environment = os.environ | {"OPENBLAS_NUM_THREADS": "1"}
    for wing in wings:
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(_name(address, wing))
            listener.listen()
            command = (sys.executable, "-m", "resdag.execution.warm", wing, str(listener.fileno()))
            subprocess.Popen(command, stdin=subprocess.DEVNULL, env=environment, pass_fds=[listener.fileno()])
    os.environ[ADDRESS] = address


def _name(address: str, wing: str) -> str:
    return f"\0{address}-{wing}"


# A job's command


def run_warm(wing: str, arguments: Sequence[str]) -> int | None:
    """Let the wing's server run `resdag ARGUMENTS`: its exit status, or None where no server takes it."""
    address = os.environ.get(ADDRESS)
    if not address or sys.platform != "linux":
        return None
    with socket.socket(socket.AF_UNIX) as server:
        try:
            server.connect(_name(address, wing))
            if _owner(server) != os.getuid():
                return None
            _ask(server, arguments)
            if server.recv(1) != STARTED:
                return None
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


def _owner(connection: socket.socket) -> int:
    """User id of the process at the other end."""
    found = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    return int(struct.unpack("3i", found)[1])


# The server


@dataclass
class _Job:
    """A running job: its process, the connection to its command, and a descriptor that tells when it ends."""

    process: int
    command: socket.socket
    ended: int


class Server:
    """Forks a job for each command that connects, and tells the command how it ended."""

    def __init__(self, listener: socket.socket) -> None:
        self.listener = listener
        self.selector = selectors.DefaultSelector()
        self.selector.register(listener, selectors.EVENT_READ, self._accept)

    def serve(self) -> NoReturn:
        """Until this process is ended."""
        while True:
            for key, _ in self.selector.select():
                if self.selector.get_map().get(key.fd) is key:  # an event before may have dealt with it
                    handler, *of = key.data if isinstance(key.data, tuple) else (key.data,)
                    handler(*of)

    def _accept(self) -> None:
        command, _ = self.listener.accept()
        try:
            if _owner(command) != os.getuid():
                raise PermissionError
            wanted, streams = _request(command)
        except (OSError, ValueError):
            command.close()
            return
        if wanted["prefix"] != sys.prefix:  # another environment, as with --use-conda
            command.close()
        else:
            self._fork(command, wanted, streams)
        for stream in streams:
            os.close(stream)

    def _fork(self, command: socket.socket, wanted: dict[str, Any], streams: Sequence[int]) -> None:
        process = os.fork()
        if process == 0:
            self._close()
            command.close()
            _become(wanted, streams)
        job = _Job(process, command, os.pidfd_open(process))
        self.selector.register(job.ended, selectors.EVENT_READ, (self._tell, job))
        self.selector.register(command, selectors.EVENT_READ, (self._end, job))
        with suppress(OSError):
            command.send(STARTED)

    def _close(self) -> None:
        """In the fork: let go of what belongs to the server and to other jobs."""
        for key in list(self.selector.get_map().values()):
            os.close(key.fd)
        self.selector.close()

    def _tell(self, job: _Job) -> None:
        """The job has ended: say how."""
        _, state = os.waitpid(job.process, 0)
        status = os.waitstatus_to_exitcode(state)
        with suppress(OSError):
            job.command.send(STATUS.pack(status if status >= 0 else 128 - status))
        self.selector.unregister(job.ended)
        if job.command in self.selector.get_map():
            self.selector.unregister(job.command)
        os.close(job.ended)
        job.command.close()

    def _end(self, job: _Job) -> None:
        """The command is gone: so shall be its job, which is then reaped as any other."""
        self.selector.unregister(job.command)
        os.kill(job.process, signal.SIGTERM)


def _request(command: socket.socket) -> tuple[dict[str, Any], list[int]]:
    """What a command asks for, and its three streams."""
    command.settimeout(10)
    head, streams, _, _ = socket.recv_fds(command, LENGTH.size, len(STREAMS))
    if len(streams) != len(STREAMS):
        raise ValueError
    text = b""
    while len(text) < LENGTH.unpack(head)[0]:
        part = command.recv(1 << 16)
        if not part:
            raise ValueError
        text += part
    command.settimeout(None)
    return json.loads(text), streams


def _become(wanted: dict[str, Any], streams: Sequence[int]) -> NoReturn:
    """In the fork: be the process that the command would have been."""
    status = 1
    try:
        for place, stream in zip(STREAMS, streams, strict=True):
            os.dup2(stream, place)
            os.close(stream)
        os.chdir(wanted["folder"])
        os.environ.clear()
        os.environ.update(wanted["environment"])
        sys.argv = ["resdag", *wanted["arguments"]]
        status = import_module("resdag.cli").main(wanted["arguments"])
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:  # noqa: BLE001  whatever it is, it ends this process
        traceback.print_exc()
    finally:
        for file in (sys.stdout, sys.stderr):
            with suppress(OSError, ValueError):
                file.flush()
        os._exit(status)


def main(wing: str, descriptor: str) -> NoReturn:
    """Be the server of a wing, on a socket that listens already; ends with the workflow that started it."""
    end_with_parent()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C ends commands, and these their jobs
    with socket.socket(fileno=int(descriptor)) as listener:
        for library in LIBRARIES[wing]:
            import_module(library)
        gc.collect()
        gc.freeze()  # so that a fork's collections leave the shared pages alone
        Server(listener).serve()


if __name__ == "__main__":
    main(*sys.argv[1:])
