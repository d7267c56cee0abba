"""How do the processes that train one network come to be, and end?  All of them, or none.

The job starts a process for each device, and computes nothing itself: it hands on what the first of them reports, and
watches.  If one ends before its time the others, which would wait for it, are ended too; if the job ends, however it
ends, so do they.  The training is saved after each whole epoch, and the same job goes on there, with as many processes
or with another number.
"""

import multiprocessing
import os
import signal
import sys
import tempfile
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from pathlib import Path
from typing import Any

import torch

from resdag.errors import RankError, ResdagError
from resdag.execution.arithmetic import prepare_torch
from resdag.execution.lifetime import end_with_parent
from resdag.training.ranks import Ranks
from resdag.training.together import Statistics, Together, process_group

Report = Callable[[Any], None]
Work = Callable[[Ranks, str, Any, Report], None]
"""What every rank does: with the others, on its device, from what the job gave all of them; the first reports."""
GRACE_SECONDS = 10.0  # until a rank that was asked to end is made to


def run_together(
    work: Work, argument: Any, *, devices: Sequence[str], batch_norm: Statistics, threads: int, report: Report
) -> None:
    """Do the work in a process for each of these devices, `cuda:0`, `cuda:1` or `cpu`, `cpu`; return when all ended.

    `work` and `argument` are pickled; `threads` are shared out among the processes.  Raises the error of a
    rank that failed with a sentence; RankError for one that was killed.
    """
    context = multiprocessing.get_context("spawn")  # CUDA and threads survive no fork
    with tempfile.TemporaryDirectory(prefix="resdag-ranks-") as folder:
        shared = _Shared(work, argument, tuple(devices), batch_norm, max(1, threads // len(devices)), folder)
        ranks: list[_Rank] = []
        with _ended(ranks):
            for number in range(len(devices)):
                ours, theirs = context.Pipe(duplex=False)
                process = context.Process(target=_be, args=(number, shared, theirs), daemon=True)
                process.start()
                theirs.close()
                ranks.append(_Rank(number, process, ours))
            _watch(ranks, report)


# The job's side


@dataclass
class _Rank:
    """One of the processes, as the job sees it."""

    number: int
    process: SpawnProcess
    pipe: Connection | None
    failure: "_Failure | None" = None

    def listen(self, report: Report) -> None:
        """Hand on all that it has said since, and keep why it failed."""
        while self.pipe is not None and self.pipe.poll():
            try:
                said = self.pipe.recv()
            except EOFError:
                self.pipe = None
                return
            if isinstance(said, _Failure):
                self.failure = said
            else:
                report(said)


@contextmanager
def _ended(ranks: Sequence[_Rank]) -> Iterator[None]:
    """Whatever happens in the context, no rank outlives it."""
    try:
        yield
    finally:
        for rank in ranks:
            rank.process.terminate()
        for rank in ranks:
            rank.process.join(GRACE_SECONDS)
            if rank.process.is_alive():
                rank.process.kill()
                rank.process.join()


def _watch(ranks: Sequence[_Rank], report: Report) -> None:
    """Hand on what is reported until all ranks have ended well."""
    running = list(ranks)
    while running:
        pipes = [rank.pipe for rank in running if rank.pipe is not None]
        wait([*pipes, *(rank.process.sentinel for rank in running)])
        ended = [rank for rank in running if not rank.process.is_alive()]
        for rank in running:
            rank.listen(report)
        if any(rank.process.exitcode for rank in ended):
            raise _reason(ended, len(ranks))
        running = [rank for rank in running if rank not in ended]


def _reason(ended: Sequence[_Rank], count: int) -> Exception:
    """Why the first ranks to end did; one that was killed is the reason for others that failed without it."""
    first = min(ended, key=lambda rank: (not _signal(rank), rank.failure is None, rank.number))
    who = f"rank {first.number} of {count}, process {first.process.pid},"
    then = "the others were ended with it; the same command goes on at the last whole epoch"
    if _signal(first):
        return RankError(f"{who} was ended by {_signal(first)}; {then}. Where nobody ended it, memory ran out")
    if first.failure is None:
        return RankError(f"{who} ended with status {first.process.exitcode}; {then}")
    if isinstance(first.failure.error, (ResdagError, OSError)):
        return first.failure.error
    return RuntimeError(f"{who} failed:\n{first.failure.trace}")


def _signal(rank: _Rank) -> str | None:
    """The signal that ended it, if one did."""
    status = rank.process.exitcode or 0
    return signal.Signals(-status).name if status < 0 else None


# A rank's side


@dataclass(frozen=True)
class _Shared:
    """What all ranks are given."""

    work: Work
    argument: Any
    devices: tuple[str, ...]
    batch_norm: Statistics
    threads: int  # of each
    folder: str  # to meet in


@dataclass(frozen=True)
class _Failure:
    """Why a rank failed."""

    error: Exception | None  # None for one that cannot be sent
    trace: str


def _be(rank: int, shared: _Shared, pipe: Connection) -> None:
    """Be a rank: compute with the others, and tell the job what it should know."""
    end_with_parent()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C ends the job, and the job its ranks
    try:
        _work(rank, shared, pipe.send if rank == 0 else lambda _: None)
    except Exception as error:  # noqa: BLE001  whatever it is, the job has to hear of it
        sent = error if isinstance(error, (ResdagError, OSError)) else None
        pipe.send(_Failure(sent, traceback.format_exc()))
        os._exit(1)  # nothing is waited for: the others do not come any more


def _work(rank: int, shared: _Shared, report: Report) -> None:
    device = torch.device(shared.devices[rank])
    prepare_torch(str(device), shared.threads)
    if device.type == "cuda":
        torch.cuda.set_device(device)
    else:
        os.environ.setdefault("GLOO_SOCKET_IFNAME", "lo0" if sys.platform == "darwin" else "lo")  # one machine
    with process_group(rank, len(shared.devices), device, Path(shared.folder) / "meeting"):
        shared.work(Together(device, shared.batch_norm), str(device), shared.argument, report)
