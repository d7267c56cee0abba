"""From a plan to the tasks that processes are handed: places and memory are added, which change no result."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from resdag.config.load import studies_in
from resdag.config.study import Study
from resdag.config.weights import file_of
from resdag.execution.task import Task, in_checkout
from resdag.layout import CONFIG, DATABASE, RESULTS
from resdag.planning.job import Job, Plan
from resdag.planning.record import record_of


def tasks(plan: Plan, file: Path) -> Iterator[Task]:
    """Every job of a study that was read from a file, ready to be run."""
    for job in plan.jobs:
        yield task(plan.study, job, file)


def task(study: Study, job: Job, file: Path) -> Task:
    """One job, ready to be run."""
    return Task(
        rule=job.rule,
        label=job.label,
        fingerprint=job.fingerprint,
        module=job.kind.job_module,
        wing=job.kind.wing,
        device=job.kind.device,
        devices=job.devices,
        of=job.of,
        keys={"study": study.study} | {key: job.of[key] for key in ("network", "seed") if key in job.of},
        spec=job.spec,
        settings=settings(study, job, file),
        inputs={upstream.label: upstream.outputs for upstream in job.upstream},
        records={upstream.label: str(record_of(upstream)) for upstream in job.upstream},
        outputs=job.outputs,
        tables=job.tables,
        benchmark=job.benchmark,
        record=str(record_of(job)),
        identity=job.identity,
        upstream={upstream.label: upstream.fingerprint for upstream in job.upstream},
        modules=job.modules,
        texts=tuple(map(str, job.texts)),
    )


def settings(study: Study, job: Job, file: Path) -> dict[str, Any]:
    """What a job needs to know that does not change its result."""
    dataset = study.dataset
    network = study.networks.get(str(job.of.get("network")))
    found = {
        "root": getattr(dataset, "root", None),
        "archive": getattr(dataset, "archive", None),
        "download": getattr(dataset, "download", False),
        "weights": file_of(network.weights) if network else None,
        "memory_bytes": int(study.jobs.memory_gib * 2**30),
        "database": str(DATABASE),
        "cache": str(RESULTS / ".cache"),
    }
    return found | _all(study, job, file) if job.kind.told_all else found


def _all(study: Study, job: Job, file: Path) -> dict[str, Any]:
    """What is told of the study besides its rows: the whole of it, its file, what its jobs cost."""
    there = studies_in(CONFIG)
    return {
        "study": study.model_dump(mode="json"),
        "benchmarks": [_cost_of(upstream) for upstream in job.upstream],
        # The study is removed when its file in config/ is, whatever was laid over it for one run.
        "file": str((there or {}).get(study.study) or in_checkout(file)),
        "studies_there": there and list(there),
    }


def _cost_of(job: Job) -> dict[str, Any]:
    """Where to find what a job cost, and how it is named in the table `jobs`."""
    return {
        "rule": job.rule,
        "wildcards": " ".join(f"{key}={value}" for key, value in job.of.items()),
        "network": job.of.get("network"),
        "seed": job.of.get("seed"),
        "benchmark": job.benchmark,
        "parquet": [job.outputs[table] for table in job.tables],
    }
