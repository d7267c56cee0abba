"""What does a finished job leave behind?  Its outputs, and a record of what it was made from."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from resdag.locked import locked, not_as_locked
from resdag.planning.job import Job
from resdag.provenance import code_parts, packages


def is_done(job: Job) -> bool:
    """Whether all outputs of the job are there."""
    return all(Path(path).exists() for path in job.outputs.values())


def record_of(job: Job) -> Path:
    """Where a finished job leaves what it was made from."""
    return Path(job.log.replace("/logs/", "/provenance/", 1)).with_suffix(".json")


def record(job: Job) -> dict[str, Any]:
    """What a job is made from: its identity, its modules' digests, their packages, and the fingerprints upstream."""
    upstream = {above.label: above.fingerprint for above in job.upstream}
    code = {"modules": code_parts(*job.modules), "packages": packages(*job.modules)}
    return job.identity | code | {"upstream": upstream}


def unlike_the_lock(jobs: Iterable[Job]) -> str | None:
    """A sentence that names the packages of some jobs of which another version is installed than the lock has.

    Fingerprints are of the lock, so that machines that install it share them; what runs may differ, as on a cluster
    with a torch of its own, and is refused no more than there.
    """
    names = {name for code in {job.modules for job in jobs} for name in packages(*code) or ()}
    other = ", ".join(not_as_locked(names, locked()))
    if not other:
        return None
    return f"installed are {other}: results will pass for those of the locked versions, which `make` installs"
