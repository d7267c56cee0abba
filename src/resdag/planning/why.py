"""Why would jobs run?  What each is made from now, held against what it last was made from, down to the first cause.

A finished job leaves a record: its settings, the digests of its modules, the fingerprints of the jobs before it.
Where one of those fingerprints has changed the cause lies further up, so that job's own record of then is looked
at, and so on.  What is left are few causes of many jobs: a key of the study file, a module, a lost file.
"""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from textwrap import wrap
from typing import Any

from resdag.errors import DamagedFileError
from resdag.planning.job import Job, Plan
from resdag.planning.record import is_done, record, record_of

FIRST = "for the first time"
SHOWN = 12
"""Jobs, or modules, that are named one by one."""


def why(plan: Plan, target: str | None = None) -> list[str]:
    """Lines that name each cause once, and the jobs that would run for it; none where the target fits no job.

    A target is an output's path, a rule, or a rule and what its jobs are of: `train_network resnet110 0`.  Without
    one, all jobs of the study are explained.
    """
    jobs = [job for job in plan.jobs if target is None or _fits(job, target)]
    waiting = [job for job in jobs if not is_done(job)]
    done = [job for job in jobs if is_done(job)]
    if target is None:
        head = f"{len(waiting)} of {_jobs(jobs)} would run" if waiting else f"nothing would run: {_jobs(jobs)} done"
        return [head, *_by_cause(plan, waiting, _counted)]
    lines = [f"{job.label}: is done ({job.fingerprint}); nothing that it depends on has changed" for job in done]
    return lines + _by_cause(plan, waiting, _named)


def _fits(job: Job, target: str) -> bool:
    words = target.split()
    if target in job.outputs.values() or (words and Path(target).name == f"{job.of.get('figure')}"):
        return True
    return bool(words) and words[0].replace("-", "_") == job.rule and set(words[1:]) <= set(map(str, job.of.values()))


def _by_cause(plan: Plan, waiting: list[Job], spelt: Any) -> list[str]:
    """Each cause with its jobs, that of most jobs first; modules that changed the same jobs share a line."""
    causes = Causes(plan)
    jobs_of: dict[str, list[Job]] = {}
    for job in waiting:
        for cause in causes.of(job):
            jobs_of.setdefault(cause, []).append(job)
    together: dict[tuple[str, ...], list[str]] = {}
    for cause, jobs in jobs_of.items():
        together.setdefault((_kind(cause), *(job.fingerprint for job in jobs)), []).append(cause)
    found = [(_joined(named), jobs_of[named[0]]) for named in together.values()]
    found.sort(key=lambda each: -len(each[1]))
    return [line for cause, jobs in found for line in (f"{cause}, so {_jobs(jobs)}:", *spelt(jobs))]


def _kind(cause: str) -> str:
    return "code" if cause.startswith(_CODE) else cause


def _joined(causes: list[str]) -> str:
    if len(causes) == 1:
        return causes[0]
    names = [cause.removeprefix(_CODE) for cause in causes]
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return f"{_CODE}{', '.join(names[:SHOWN])}{more}"


def _jobs(jobs: list[Job]) -> str:
    return "1 job" if len(jobs) == 1 else f"{len(jobs)} jobs"


def _named(jobs: list[Job]) -> Iterator[str]:
    yield from (f"    {job.label}" for job in jobs[:SHOWN])
    if len(jobs) > SHOWN:
        yield f"    and {len(jobs) - SHOWN} more"


def _counted(jobs: list[Job]) -> Iterator[str]:
    counts = Counter(job.rule for job in jobs)
    together = ", ".join(f"{count}{_NO_BREAK}{rule}" for rule, count in counts.items())
    yield from (line.replace(_NO_BREAK, " ") for line in wrap(together, 110, **_INDENT))


_CODE = "code: "
_NO_BREAK = "\0"  # between a number and what it counts
_INDENT: dict[str, Any] = {"initial_indent": "    ", "subsequent_indent": "    ", "break_on_hyphens": False}


@dataclass(frozen=True)
class Causes:
    """The first causes of a plan's jobs."""

    plan: Plan

    def of(self, job: Job) -> list[str]:
        """Why a job that is not done would run: at least one cause, each once."""
        known = _last_record(job)
        if known is None:
            return [FIRST]
        found = list(dict.fromkeys(self._between(job, known)))
        missing = next((path for path in job.outputs.values() if not Path(path).exists()), "an output")
        return found or [f"{missing} is missing"]

    def _between(self, job: Job, then: Mapping[str, Any]) -> Iterator[str]:
        """What changed since a job was made from `then`, here or further up."""
        now = json.loads(json.dumps(record(job)))
        yield from self._settings(job, then, now)
        modules = [list(each.get("modules", {}).items()) for each in (then, now)]
        changed = sorted({name for name, _ in {*modules[0]} ^ {*modules[1]}})
        yield from (f"{_CODE}{name}" for name in changed)
        if then.get("code") != now["code"] and not changed:
            yield "code: a view, template or style"
        if then.get("lock") != now["lock"]:
            yield f"requirements.lock: {_packages(then.get('packages'), now['packages'])}"
        yield from self._upstream(job, then["upstream"])

    def _settings(self, job: Job, then: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[str]:
        for place, old, new in changes(then.get("config"), now["config"]):
            yield spelt(self._key(job, place, old, new), old, new)

    def _upstream(self, job: Job, then: Mapping[str, str]) -> Iterator[str]:
        """First causes of jobs before this one whose fingerprints are others than they were."""
        above = {each.label: each for each in job.upstream}
        for label in sorted(then.keys() | above.keys()):
            if label not in then:
                yield f"{label} is new" if is_done(above[label]) else FIRST
            elif label not in above:
                yield f"{label} is gone"
            elif above[label].fingerprint != then[label]:
                yield from self._further_up(above[label], then[label])

    def _further_up(self, job: Job, fingerprint: str) -> list[str]:
        if (job.label, fingerprint) not in self._seen:
            path = _record_with(job, fingerprint)
            found = list(self._between(job, _read(path))) if path.exists() else []
            self._seen[job.label, fingerprint] = found or [f"{job.label} has changed, and what it was is not known"]
        return self._seen[job.label, fingerprint]

    @cached_property
    def _seen(self) -> dict[tuple[str, str], list[str]]:
        return {}

    def _key(self, job: Job, place: str, old: Any, new: Any) -> str:
        """The key of the study file behind a setting of a job: the one that changed from and to the same values.

        A key of a network's own was nothing before, or is nothing now, where the study's own value holds.
        """
        same = [key for key, was, is_now in self._of_study if was in (old, None) and is_now in (new, None)]
        named = [key for key in same if key.rpartition(".")[2] == place.rpartition(".")[2]]
        own = [key for key in named if f".{job.of.get('network')}." in key]
        for candidates in (own, named, same):
            if len(candidates) == 1:
                return candidates[0]
        return place.removeprefix("study.")

    @cached_property
    def _of_study(self) -> list[tuple[str, Any, Any]]:
        """What changed in the study file since its rows were last stored: the database's record holds it whole."""
        for job in self.plan.jobs:
            if "networks" in (job.spec.get("study") or ()) and (known := _last_record(job)):
                return list(changes(known["config"]["study"], json.loads(json.dumps(job.spec["study"]))))
        return []


def _packages(old: Mapping[str, str] | None, new: Mapping[str, str] | None) -> str:
    """Which packages have other versions; a record of a resdag that counted the whole lock does not tell."""
    changed = list(differences(old, new)) if old and new else []
    more = f" and {len(changed) - SHOWN} more" if len(changed) > SHOWN else ""
    return f"{', '.join(changed[:SHOWN])}{more}" or "other packages"


def _last_record(job: Job) -> dict[str, Any] | None:
    """What a job of this name was last made from; None where none has ended well."""
    path = record_of(job)
    stem = path.stem.removesuffix(job.fingerprint)
    found = [other for other in path.parent.glob(f"{stem}*.json") if len(other.stem) == len(path.stem)]
    return _read(max(found, key=lambda other: other.stat().st_mtime)) if found else None


def _record_with(job: Job, fingerprint: str) -> Path:
    path = record_of(job)
    return path.with_name(f"{path.stem.removesuffix(job.fingerprint)}{fingerprint}{path.suffix}")


def _read(path: Path) -> dict[str, Any]:
    try:
        content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        raise DamagedFileError(f"{path}: is damaged, so what it was is not known; remove it") from None
    return content


def changes(old: Any, new: Any, place: str = "") -> Iterator[tuple[str, Any, Any]]:
    """`("recipe.epochs", 20, 30)`, for every value that differs between two JSON values."""
    if isinstance(old, dict) and isinstance(new, dict):
        for key in sorted(old.keys() | new.keys()):
            yield from changes(old.get(key), new.get(key), f"{place}.{key}" if place else key)
    elif old != new:
        yield place, old, new


def differences(old: Any, new: Any) -> Iterable[str]:
    """`recipe.epochs: 20 -> 30`, for every value that differs between two JSON values."""
    return [spelt(place, was, is_now) for place, was, is_now in changes(old, new)]


def spelt(place: str, old: Any, new: Any) -> str:
    """A change in words."""
    if old is None and isinstance(new, dict):
        return f"{place} is new"
    if new is None and isinstance(old, dict):
        return f"{place} is gone"
    return f"{place}: {_short(old)} -> {_short(new)}"


def _short(value: Any) -> str:
    text = "nothing" if value is None else str(value)
    return text if len(text) <= 40 else f"{text[:36]}..."
