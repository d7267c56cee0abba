"""Who may write results?  One workflow at a time, or steps by hand; and one process for each job.

Locks are the kernel's: they end with their holder, however it ends, so that of a killed run is taken
over at once.  Dry runs, and verbs that only read, take none.
"""

import errno
import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from resdag.errors import BusyError, ResdagError
from resdag.layout import RESULTS

WORKFLOW = RESULTS / ".workflow.lock"
JOBS = RESULTS / ".jobs.lock"  # a byte for each fingerprint: no file is left behind for each job
PATIENCE_SECONDS = 30.0  # with a job of a workflow that was killed: it ends too, a little later
_held: list[int] = []


def take_lock() -> None:
    """Let no other workflow, and no step by hand, write here until this process ends; BusyError where one does."""
    _take(fcntl.LOCK_EX, f"process {os.getpid()}")


def take_lock_of_steps() -> None:
    """Let no workflow write here until this process ends; BusyError where one does.  Other steps by hand may."""
    _take(fcntl.LOCK_SH, f"process {os.getpid()}, a step by hand")


def _take(kind: int, holder: str) -> None:
    if _held:
        return
    descriptor = _open(WORKFLOW)
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        other = os.pread(descriptor, 100, 0).decode(errors="replace").strip()
        os.close(descriptor)
        raise BusyError(
            f"another workflow runs in this checkout ({other or 'its process is not known'}): "
            "wait for it, or end it; dry runs (-n) are possible meanwhile"
        ) from None
    except OSError as error:
        os.close(descriptor)
        raise _no_locks(error) from None
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, holder.encode(), 0)
    _held.append(descriptor)


@contextmanager
def alone_with(label: str, fingerprint: str, wait_seconds: float = PATIENCE_SECONDS) -> Iterator[None]:
    """Let no other process run the job of this fingerprint while the context lasts; BusyError where one does."""
    descriptor = _open(JOBS)
    try:
        _lock_byte(descriptor, int(fingerprint, 16), label, time.monotonic() + wait_seconds)
        yield
    finally:
        os.close(descriptor)


def _lock_byte(descriptor: int, place: int, label: str, until: float) -> None:
    while True:
        try:
            fcntl.lockf(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, place)
        except OSError as error:
            if error.errno not in (errno.EACCES, errno.EAGAIN):
                return  # no locks on this file system: the workflow's own, where it has one, must do
            if time.monotonic() > until:
                raise BusyError(
                    f"{label}: another process runs this very job, and two would mix what they write: "
                    "wait for it, or end it"
                ) from None
            time.sleep(0.2)
        else:
            return


def _open(path: Path) -> int:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        raise ResdagError(
            f"{path}: cannot be written ({error.strerror}): results need a folder that this user can write to; "
            "dry runs (-n) do without"
        ) from None


def _no_locks(error: OSError) -> ResdagError:
    return ResdagError(
        f"{RESULTS}: its file system has no locks ({error.strerror}), without which two runs could mix what they "
        "write: move the checkout, or make results a link to a folder elsewhere"
    )
