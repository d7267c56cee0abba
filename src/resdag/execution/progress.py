"""How far is a run, and how long will it take?  From what the jobs should cost, and how fast they went so far.

The workflow says beforehand what each job that has to run should take (`expect`), Snakemake how many of each rule it
will run, which are fewer where not all of a study is asked for; the logger plugin, in the same process, tells of jobs
that start and end.  How fast the run goes, several jobs at a time, is what was expected of
its finished jobs over the time that has passed.
"""

import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from resdag.durations import spoken
from resdag.layout import DATABASE, base

TAIL = 4096  # bytes of a log that hold its last line
_EXPECTED: dict[str, float] = {}
_RULES: dict[str, list[float]] = {}
_PLACES: dict[str, str] = {}


def expect(seconds: Mapping[str, float], rules: Mapping[str, str]) -> None:
    """What each job that is not done should take, and its rule, by fingerprint."""
    _EXPECTED.clear()
    _EXPECTED.update(seconds)
    _RULES.clear()
    for fingerprint, rule in rules.items():
        _RULES.setdefault(rule, []).append(seconds[fingerprint])


def _of_run(counts: Mapping[str, int]) -> float:
    """Seconds that so many jobs of each rule should take: jobs of one rule are held alike where not all of them run."""
    asked = ((times, counts.get(rule, 0)) for rule, times in _RULES.items())
    return sum(count * sum(times) / len(times) for times, count in asked)


def places_of(study: str) -> dict[str, str]:
    """Where the results of a study lie."""
    return {"database": str(DATABASE), "report": f"{base(study)}/report.html", "figures": f"{base(study)}/figures"}


def lead_to(study: str) -> None:
    """Which study this run is of."""
    _PLACES.update(places_of(study))


def places() -> dict[str, str]:
    """Where the results of this run lie: database, report, figures; empty where no workflow said so."""
    return dict(_PLACES)


@dataclass
class Running:
    """A job that runs: what a reader calls it, what it should take, since when, and where it says how far it is."""

    name: str
    fingerprint: str
    since: float
    log: str | None = None

    def said(self) -> str:
        """The last line of its log, without its name."""
        line = last_line(self.log) if self.log else ""
        return line.partition(": ")[2] if line.startswith(self.name) else ""


@dataclass
class Progress:
    """Jobs done and running; `clock` gives seconds."""

    total: int = 0
    clock: Callable[[], float] = time.monotonic
    running: dict[int, Running] = field(default_factory=dict)
    done: int = 0
    _counts: Mapping[str, int] = field(default_factory=dict)
    _spent: float = 0.0
    _began: float = 0.0

    def begin(self, counts: Mapping[str, int]) -> None:
        """A run of so many jobs of each rule begins."""
        self.total, self._counts, self._began = sum(counts.values()), counts, self.clock()

    def start(self, number: int, rule: str, wildcards: Mapping[str, str], log: str | None) -> None:
        """A job starts; Snakemake numbers it."""
        fingerprint = str(wildcards.get("fingerprint", ""))
        said = [rule, *(str(value) for name, value in wildcards.items() if name != "fingerprint")]
        self.running[number] = Running(" ".join(said), fingerprint, self.clock(), log)

    def finish(self, number: int) -> None:
        """A job has ended well."""
        job = self.running.pop(number, None)
        self.done += 1
        if job:
            self._spent += _EXPECTED.get(job.fingerprint, 0.0)

    def fail(self, number: int) -> Running | None:
        """A job has failed; it, where it was known to run."""
        return self.running.pop(number, None)

    @property
    def seconds(self) -> float:
        """Since the run began."""
        return self.clock() - self._began

    def left(self) -> float | None:
        """Seconds until the end, as things go; None where nothing is known yet."""
        now = self.clock()
        partly = sum(min(now - job.since, _EXPECTED.get(job.fingerprint, 0.0)) for job in self.running.values())
        covered = self._spent + partly
        if not self._spent or self.seconds <= 0:
            return None
        return max(0.0, _of_run(self._counts) - covered) * self.seconds / covered

    def line(self) -> str:
        """`12 of 84 jobs, 40 s, about 2 min 10 s left`."""
        left = self.left()
        coming = f", about {spoken(left)} left" if left is not None and self.done < self.total else ""
        return f"{self.done} of {self.total} jobs, {spoken(self.seconds)}{coming}"

    def jobs(self) -> list[str]:
        """What runs, the longest first, and what each last said."""
        longest = sorted(self.running.values(), key=lambda job: job.since)
        return [": ".join(part for part in (job.name, job.said()) if part) for job in longest]


def last_line(log: str) -> str:
    """The last line of a file that is not empty; nothing where there is no such file."""
    try:
        with Path(log).open("rb") as file:
            file.seek(0, os.SEEK_END)
            file.seek(max(0, file.tell() - TAIL))
            lines = file.read().decode("utf-8", "replace").replace("\r", "\n").splitlines()
    except OSError:
        return ""
    return next((line.strip() for line in reversed(lines) if line.strip()), "")
