"""What is a job, and what is a plan: the values that the Snakefile, `resdag plan` and the verbs share.

A job is one process.  Its `spec` is everything that determines its result
besides code and inputs; its fingerprint covers the spec, the code, the locked
packages that the code imports and the fingerprints upstream, and stands in the path of its outputs.
Whether a job has to run is therefore whether its outputs exist.

Outputs with fixed names (figures, the report, results.duckdb) carry a stamp:
a file with the fingerprint in its name, which the job that makes them writes
last, after removing the older ones.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from resdag import digests
from resdag.config.study import Study
from resdag.discovery import modules
from resdag.layout import base, pattern
from resdag.planning.rule import Rule


@dataclass(frozen=True, eq=False)
class Job:
    """One process of the workflow: what it is of, what determines it, what it writes."""

    kind: Rule
    of: Mapping[str, Any]  # network, seed, chunk, figure: what tells the rule's jobs apart
    spec: Mapping[str, Any]
    code: str
    lock: str
    upstream: tuple["Job", ...] = ()
    modules: tuple[str, ...] = ()
    texts: tuple[Path, ...] = ()
    study: str = ""
    devices: int = 1  # at once, where its rule takes any

    @property
    def rule(self) -> str:
        """Name of its rule."""
        return self.kind.name

    @property
    def tables(self) -> tuple[str, ...]:
        """Tables that it writes rows of."""
        return tuple(name for name in self.kind.writes if name in modules("tables"))

    @cached_property
    def identity(self) -> dict[str, Any]:
        """What the fingerprint is a hash of; also the one param of its rule."""
        upstream = {job.label: job.fingerprint for job in self.upstream}
        return {
            "rule": self.rule,
            "of": dict(self.of),
            "config": dict(self.spec),
            "code": self.code,
            "lock": self.lock,
            "upstream": digests.digest_of(upstream),
        }

    @cached_property
    def fingerprint(self) -> str:
        """Short hash of everything that determines the result."""
        return digests.fingerprint(self.identity)

    @property
    def param(self) -> dict[str, Any]:
        """The one param of the job's rule: its identity, by which Snakemake sees what changed, and the fingerprint."""
        return self.identity | {"fingerprint": self.fingerprint}

    @property
    def label(self) -> str:
        """`delete_random network=resnet110 seed=0 chunk=3`: the job's name for people."""
        return " ".join([self.rule, *(f"{key}={value}" for key, value in self.of.items())])

    @cached_property
    def outputs(self) -> dict[str, str]:
        """Output paths by name: a table's name for its Parquet file."""
        names = {**self.of, "fingerprint": self.fingerprint}
        return {name: f"{base(self.study)}/{path.format(**names)}" for name, path in self.kind.writes.items()}

    @property
    def benchmark(self) -> str:
        """Where it leaves what it cost."""
        return self._file("benchmarks", ".tsv")

    @property
    def log(self) -> str:
        """Where the job says how far it is."""
        return self._file("logs", ".log")

    def _file(self, folder: str, suffix: str) -> str:
        names = {**self.of, "fingerprint": self.fingerprint}
        return pattern(self.rule, self.kind.wildcards, self.study, folder, suffix).format(**names)

    def inputs(self) -> list[str]:
        """Every output of the jobs upstream."""
        return [path for job in self.upstream for path in job.outputs.values()]


@dataclass(frozen=True)
class Made:
    """One network, trained or loaded, and the jobs that made it and its images."""

    network: str
    seed: int
    data: Job
    job: Job

    @property
    def of(self) -> dict[str, Any]:
        """What tells its jobs apart."""
        return {"network": self.network, "seed": self.seed}


@dataclass(frozen=True)
class Plan:
    """All jobs of one study, in an order in which they can run."""

    study: Study
    jobs: tuple[Job, ...]

    def of_rule(self, rule: str) -> list[Job]:
        """The jobs of one rule."""
        return [job for job in self.jobs if job.rule == rule]

    @cached_property
    def _by_fingerprint(self) -> dict[tuple[str, str], Job]:
        return {(job.rule, job.fingerprint): job for job in self.jobs}

    def find(self, rule: str, fingerprint: str) -> Job | None:
        """The job of a rule with this fingerprint, if the study has it."""
        return self._by_fingerprint.get((rule, fingerprint))

    def outputs(self, *rules: str) -> list[str]:
        """Outputs of the jobs of these rules; of all rules where none is named."""
        return [path for job in self.jobs if not rules or job.rule in rules for path in job.outputs.values()]

    def shards(self, tables: Iterable[str] | None = None) -> dict[str, list[str]]:
        """Table name -> the exact Parquet files with its rows."""
        wanted = set(tables) if tables is not None else None
        found: dict[str, list[str]] = {name: [] for name in modules("tables") if wanted is None or name in wanted}
        for job in self.jobs:
            for table in job.tables:
                if table in found:
                    found[table].append(job.outputs[table])
        return found
