"""What a person sees while a study runs: in a terminal a few living lines, in a pipe a plain one now and then.

Whatever is no run (a dry run, a list, a graph), and a run that is to be `--verbose` or to print its commands, looks as
Snakemake has it.  Of a run, its tables, its reasons and its starts and ends of jobs are left out; what went wrong, and
what is not known to be noise, is said.
"""

import sys
import threading
import time
from logging import ERROR, INFO, LogRecord
from pathlib import Path
from typing import Any, TextIO

from snakemake_interface_logger_plugins.common import LogEvent

from resdag.execution.progress import Progress, Running, last_line, places

NOISE = (
    "Assuming unrestricted", "Building DAG", "Using ", "Provided ", "Rules claiming", "Select jobs", "Execute ",
    "host:", "Shutting down", "Complete log", "Job stats", "Reasons:", "Waiting at most", "Finished job",
    "Conda environments", "Elapsed time",
)  # fmt: skip
NOTHING = "Nothing to be done"
EVENTS = {
    LogEvent.JOB_FINISHED, LogEvent.JOB_STARTED, LogEvent.PROGRESS, LogEvent.RESOURCES_INFO, LogEvent.RUN_INFO,
    LogEvent.SHELLCMD, LogEvent.WORKFLOW_STARTED, LogEvent.GROUP_INFO, LogEvent.RULEGRAPH, LogEvent.JOB_INFO,
}  # fmt: skip
SHOWN = 6  # running jobs, each a line
EVERY = 60.0  # seconds between two plain lines, or sooner
SHARE = 0.1  # of all jobs done since the line before


class Living:
    """Lines of a run; `write` and `close` belong to one thread, the clock that renews them to another."""

    def __init__(self, stream: TextIO) -> None:
        self.progress, self.stream, self.failed = Progress(), stream, False
        self._bars: list[Any] = []
        self._ended = False  # nothing had to be done
        self._said_at, self._said_done = time.monotonic(), 0
        self._lock, self._over = threading.RLock(), threading.Event()
        self._on_terminal = stream.isatty()

    def take(self, record: LogRecord) -> bool:
        """Note what a record says of the run; whether it needs no other words."""
        event, said = getattr(record, "event", None), record.__dict__
        with self._lock:
            if event == LogEvent.RUN_INFO:
                self._begin({rule: int(jobs) for rule, jobs in said["stats"].items() if rule != "total"})
            elif event == LogEvent.JOB_INFO:
                log = next(iter(said["log"] or ()), None)
                self.progress.start(said["jobid"], said["rule_name"], said["wildcards"] or {}, log)
            elif event == LogEvent.JOB_FINISHED:
                self.progress.finish(said["job_id"])
            elif event == LogEvent.JOB_ERROR:
                self._fail(said)
                return True
            self._renew()
        text = record.getMessage() if record.msg else ""
        self._ended |= text.startswith(NOTHING)
        self.failed |= record.levelno >= ERROR
        return event in EVENTS or (event is None and record.levelno <= INFO and text.strip().startswith(NOISE))

    def say(self, text: str) -> None:
        """A line that stays, above those that live."""
        with self._lock:
            if self._bars:
                self._bars[0].write(text, file=self.stream)
            else:
                print(text, file=self.stream, flush=True)

    def close(self) -> None:
        """The last words: how long it took, and where the results lie."""
        self._over.set()
        with self._lock:
            for bar in reversed(self._bars):
                bar.close()
            self._bars = []
            if self.progress.total:
                self.say(self.progress.line())
            if not self.failed and (self.progress.total or self._ended):
                for what, place in places().items():
                    if Path(place).exists():
                        self.say(f"{what:8}  {place}")

    def _begin(self, counts: dict[str, int]) -> None:
        if not self.progress.total:
            self.progress.begin(counts)
            threading.Thread(target=self._tick, daemon=True).start()

    def _tick(self) -> None:
        while not self._over.wait(1.0):
            with self._lock:
                self._renew()

    def _renew(self) -> None:
        if not self.progress.total or self._over.is_set():
            return
        if self._on_terminal:
            self._draw()
        elif self._is_due():
            self._said_at, self._said_done = time.monotonic(), self.progress.done
            first = self.progress.jobs()[:1]
            self.say("; ".join([self.progress.line(), *first]))

    def _is_due(self) -> bool:
        more = self.progress.done - self._said_done >= max(1, SHARE * self.progress.total)
        return self.progress.done < self.progress.total and (more or time.monotonic() - self._said_at > EVERY)

    def _draw(self) -> None:
        from tqdm import tqdm

        if not self._bars:
            place = {"file": self.stream, "leave": False, "dynamic_ncols": True, "bar_format": "{desc}"}
            self._bars = [tqdm(total=0, position=number, **place) for number in range(SHOWN + 1)]
        lines = [self.progress.line(), *(f"  {job}" for job in self.progress.jobs())]
        for number, bar in enumerate(self._bars):
            bar.set_description_str(lines[number] if number < len(lines) else "")

    def _fail(self, said: dict[str, Any]) -> None:
        """A job that failed, the last that it said, and where the rest stands."""
        self.failed = True
        job = self.progress.fail(said["jobid"]) or Running(said["rule_name"], "", 0.0)
        self.say(f"{job.name} failed")
        for log in said["log"]:
            words = last_line(log)
            self.say(f"    {words}\n    all of it: {log}" if words else f"    log: {log}")


def is_run(settings: Any) -> bool:
    """Whether jobs will run, and nobody asked for Snakemake's own words."""
    from snakemake.settings.enums import Quietness

    own_words = settings.dryrun or settings.verbose or settings.printshellcmds or settings.debug_dag
    return not own_words and not {Quietness.ALL, Quietness.PROGRESS} & set(settings.quiet or ())


def stream_of(settings: Any) -> TextIO:
    """Where Snakemake writes."""
    return sys.stdout if settings.stdout else sys.stderr
