"""Run one job of a plan: lease a device, call the job's module, write its rows.

A job is run by rule and fingerprint.  A fingerprint that the study no longer has means
that the study file or the code changed after the workflow had planned; then
nothing is run.
"""

import importlib
import os
import resource
import sys
import time
from collections.abc import Mapping
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psutil

from resdag.atomic import write_json, write_text
from resdag.config.load import studies_in
from resdag.config.study import Study
from resdag.config.weights import file_of
from resdag.errors import DamagedFileError, StaleStudyError
from resdag.execution.arithmetic import arithmetic, fast_precision, prepare_torch
from resdag.execution.devices import lease
from resdag.execution.machine import git_state, processor
from resdag.execution.outside import have_weights
from resdag.jobs.context import Context, Steps, Tables
from resdag.layout import CONFIG, DATABASE, RESULTS, TORCH_RULES
from resdag.planning.plan import Job
from resdag.planning.record import record, record_of


def settings(study: Study, job: Job, file: Path | None = None) -> dict[str, Any]:
    """What a job needs to know that does not change its result: places and memory."""
    dataset = study.dataset
    network = study.networks.get(str(job.of.get("network")))
    found = {
        "root": getattr(dataset, "root", None),
        "archive": getattr(dataset, "archive", None),
        "download": getattr(dataset, "download", False),
        "weights": file_of(network.weights) if network else None,
        "memory_bytes": int(study.jobs.memory_gib * 2**30),
        "study": study.model_dump(mode="json"),
        "database": str(DATABASE),
        "cache": str(RESULTS / ".cache"),
    }
    if job.rule == "write_database":
        found["benchmarks"] = [_cost_of(upstream) for upstream in job.upstream]
        there = studies_in(CONFIG)
        # A run with --config reads a copy: the study is removed when its file in config/ is.
        found["file"] = str((there or {}).get(study.study) or _in_checkout(file)) if file else None
        found["studies_there"] = there and list(there)
    return found


def _in_checkout(file: Path) -> str:
    """A file's path: relative to the checkout if it lies in it, or else whole."""
    whole, here = Path(os.path.abspath(file)), Path.cwd()
    return str(whole.relative_to(here) if whole.is_relative_to(here) else whole)


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


def run(study: Study, job: Job, threads: int | None = None, file: Path | None = None) -> None:
    """Run the job of a study, read from a file, here and now and write its outputs; whatever ResdagError it meets."""
    started = datetime.now(UTC).replace(tzinfo=None)
    missing = [path for path in job.inputs() if not Path(path).exists()]
    if missing:
        raise DamagedFileError(f"{missing[0]}: is missing; {job.label} needs it: run the workflow, or its job first")
    if job.rule == "load_network":
        have_weights(study, [str(job.of["network"])], Steps(job.rule).line)
    with lease() if job.rule in TORCH_RULES else nullcontext("cpu") as leased:
        found = settings(study, job, file)
        device = leased
        if job.rule in TORCH_RULES:
            device = prepare_torch(leased, threads)
            found |= {"device_name": _device_name(leased, device), "arithmetic": arithmetic(device)}
            found["fast_precision"] = fast_precision(device)
        module = importlib.import_module(f"resdag.jobs.{job.rule}")
        context = _context(job, device, found)
        tables = module.run(context)
    metadata = {"rule": job.rule, "fingerprint": job.fingerprint, "device": found.get("device_name", "")}
    metadata |= {"started_at": started.isoformat(), "commit": _commit()}
    _write(study, job, tables, metadata)
    write_json(record_of(job), record(job))
    if hasattr(module, "finish"):
        module.finish(context)


def _commit() -> str:
    """The commit that the rows are made at, `+` behind it where tracked files differ; empty outside a repository."""
    commit, dirty = git_state()
    return f"{commit or ''}{'+' if dirty else ''}"


def write_benchmark(job: Job) -> None:
    """What this process cost, as the one job of its own, in the columns of Snakemake's benchmark files.

    Snakemake would measure the command that waits for a warm job, not the job.
    """
    own, used = psutil.Process(), resource.getrusage(resource.RUSAGE_SELF)
    seconds = time.time() - own.create_time()
    columns = {
        "s": f"{seconds:.4f}",
        "h:m:s": str(timedelta(seconds=int(seconds))),
        "max_rss": f"{used.ru_maxrss / (2**20 if sys.platform == 'darwin' else 2**10):.2f}",  # bytes there, KiB here
        "cpu_time": f"{used.ru_utime + used.ru_stime:.2f}",
    }
    write_text(Path(job.benchmark), "\t".join(columns) + "\n" + "\t".join(columns.values()) + "\n")


def _context(job: Job, device: str, found: Mapping[str, Any]) -> Context:
    inputs: dict[str, dict[str, str]] = {upstream.label: upstream.outputs for upstream in job.upstream}
    steps = Steps(" ".join(str(value) for value in (job.rule, *job.of.values())))
    return Context(job.of, job.spec, found, inputs, job.outputs, device, steps)


def _write(study: Study, job: Job, tables: Tables, metadata: Mapping[str, str]) -> None:
    from resdag.records.parquet import write_rows

    keys: dict[str, Any] = {"study": study.study}
    keys |= {key: job.of[key] for key in ("network", "seed") if key in job.of}
    for table in job.tables:
        write_rows(job.outputs[table], table, [keys | row for row in tables.get(table, [])], metadata)


def _device_name(leased: str, device: str) -> str:
    """The device as the tables name it: the GPU's or the processor's name, and which of them."""
    if device.startswith("cuda"):
        import torch

        return f"{torch.cuda.get_device_name(0)} (cuda {os.environ.get('CUDA_VISIBLE_DEVICES', '0')})"
    return f"{processor()} (cpu)" if leased == "cpu" else f"{processor()} (cpu, {leased})"


def select(jobs: list[Job], rule: str, wanted: Mapping[str, Any]) -> list[Job]:
    """The jobs of a rule that fit what is wanted of them; StaleStudyError where a fingerprint fits none."""
    fingerprint = wanted.get("fingerprint")
    of_rule = [job for job in jobs if job.rule == rule]
    keys = {key: value for key, value in wanted.items() if key != "fingerprint" and value is not None}
    found = [job for job in of_rule if all(str(job.of.get(key)) == str(value) for key, value in keys.items())]
    if fingerprint is not None:
        found = [job for job in found if job.fingerprint == fingerprint]
        if not found:
            raise StaleStudyError(
                f"{rule} {fingerprint}: the study file or the code changed after this workflow was planned; "
                "start the same command again"
            )
    return found
