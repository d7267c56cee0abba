"""Why would a job run?  What it is made from now, held against what it last was made from."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from resdag.planning.job import Job, Plan
from resdag.planning.record import record, record_of


def why(plan: Plan, target: str) -> list[str]:
    """Lines that say whether the jobs behind a target would run, and what changed since they last did.

    A target is an output's path, a rule, or a rule and what its jobs are of: `train_network resnet110 0`.
    """
    jobs = [job for job in plan.jobs if _fits(job, target)]
    return [line for job in jobs for line in _why(job)]


def _fits(job: Job, target: str) -> bool:
    words = target.split()
    if target in job.outputs.values() or (words and Path(target).name == f"{job.of.get('figure')}"):
        return True
    return bool(words) and words[0].replace("-", "_") == job.rule and set(words[1:]) <= set(map(str, job.of.values()))


def _why(job: Job) -> Iterable[str]:
    missing = [path for path in job.outputs.values() if not Path(path).exists()]
    if not missing:
        return [f"{job.label}: is done ({job.fingerprint}); nothing that it depends on has changed"]
    known = _last_record(job)
    if known is None:
        return [f"{job.label}: would run, for the first time ({job.fingerprint})"]
    changes = list(differences(known, json.loads(json.dumps(record(job)))))
    if not changes:
        return [f"{job.label}: would run: {missing[0]} is missing, and nothing else has changed"]
    return [f"{job.label}: would run, because since it last ran", *(f"    {change}" for change in changes)]


def _last_record(job: Job) -> dict[str, Any] | None:
    path = record_of(job)
    stem = path.stem.removesuffix(job.fingerprint)
    found = sorted(path.parent.glob(f"{stem}*.json"), key=lambda other: other.stat().st_mtime)
    found = [other for other in found if len(other.stem) == len(path.stem)]
    return json.loads(found[-1].read_text(encoding="utf-8")) if found else None


def differences(old: Any, new: Any, place: str = "") -> Iterable[str]:
    """`config.recipe.epochs: 20 -> 30`, for every value that differs between two JSON values."""
    if isinstance(old, dict) and isinstance(new, dict):
        for key in sorted(old.keys() | new.keys()):
            if not place and key == "code":
                continue  # `modules` says it by name
            yield from differences(old.get(key), new.get(key), f"{place}.{key}" if place else key)
    elif old != new:
        yield f"{place}: {_short(old)} -> {_short(new)}"


def _short(value: Any) -> str:
    text = "nothing" if value is None else str(value)
    return text if len(text) <= 40 else f"{text[:12]}..."
