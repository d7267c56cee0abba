"""Which jobs of a study can still run where some have failed, and what is missing then?

A measurement that fails takes those with it that need what it would have written, and nothing else: statistics,
claims, database, figures and the report are planned again, of the rest.  They have other inputs, so other
fingerprints: what was made without a measurement never passes for what is made with it.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from resdag.planning.job import Job


class Remaining:
    """Lets those jobs through that need none that failed; `failed` holds the last that each said, by fingerprint."""

    def __init__(self, failed: Mapping[str, str]) -> None:
        self._failed = failed
        self._first: dict[str, Job] = {}  # fingerprint of what is missing -> the job that failed
        self._jobs: dict[str, Job] = {}

    def of(self, jobs: Iterable[Job]) -> list[Job]:
        """Those of some jobs that can run, upstream first, as they were given."""
        return [job for job in jobs if not self._is_missing(job)]

    def _is_missing(self, job: Job) -> bool:
        if job.fingerprint in self._failed:
            self._first[job.fingerprint] = job
        else:
            above = next((each for each in job.upstream if each.fingerprint in self._first), None)
            if above is None:
                return False
            self._first[job.fingerprint] = self._first[above.fingerprint]
        self._jobs[job.fingerprint] = job
        return True

    def rows(self) -> list[dict[str, Any]]:
        """Rows of the table `missing`, without the study: each job that failed, and how many wait for it."""
        failed = [job for fingerprint, job in self._jobs.items() if fingerprint in self._failed]
        return [
            {
                "job": job.label,
                "rule": job.rule,
                "network": job.of.get("network"),
                "seed": job.of.get("seed"),
                "said": self._failed[job.fingerprint],
                "waiting": sum(first is job for first in self._first.values()) - 1,
            }
            for job in failed
        ]
