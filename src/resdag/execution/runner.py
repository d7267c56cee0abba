"""Run one job of a plan: lease a device, call the job's module, write its rows.

Where its code is no longer what it was when the workflow was planned, nothing is run.
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

import psutil

from resdag.atomic import write_json, write_text
from resdag.errors import DamagedFileError
from resdag.execution.arithmetic import arithmetic, fast_precision, prepare_torch
from resdag.execution.devices import lease
from resdag.execution.locks import alone_with
from resdag.execution.machine import git_state, processor
from resdag.execution.task import Task, refuse_other_code
from resdag.execution.vouching import check_inputs, sums_of
from resdag.jobs.context import Context, Steps, Tables
from resdag.provenance import code_parts, packages


def run(task: Task, threads: int | None = None) -> None:
    """Run a job here and now and write its outputs; raises whatever ResdagError it meets."""
    with alone_with(task.label, task.fingerprint):
        _run(task, threads)


def _run(task: Task, threads: int | None) -> None:
    started = datetime.now(UTC).replace(tzinfo=None)
    refuse_other_code(task)
    _have_inputs(task)
    steps = Steps(" ".join(str(value) for value in (task.rule, *task.of.values())))
    check_inputs(task, steps.line)
    with lease(task.devices) if task.device else nullcontext("cpu") as leased:
        found, device = dict(task.settings), leased
        if task.device:
            device = prepare_torch(leased, threads)
            found |= {"device_name": _device_name(leased, device), "arithmetic": arithmetic(device)}
            found |= {"fast_precision": fast_precision(device), "devices": task.devices}
        module = importlib.import_module(task.module)
        context = Context(task.of, task.spec, found, task.inputs, task.outputs, device, steps)
        tables = module.run(context)
    metadata = {"rule": task.rule, "fingerprint": task.fingerprint, "device": found.get("device_name", "")}
    _write(task, tables, metadata | {"started_at": started.isoformat(), "commit": _commit()})
    code = {"modules": code_parts(*task.modules), "packages": packages(*task.modules)}
    made_of = dict(task.identity) | code | {"upstream": task.upstream}
    write_json(task.record, made_of | {"outputs": sums_of(task.outputs.values())})
    if hasattr(module, "finish"):
        module.finish(context)


def _have_inputs(task: Task) -> None:
    """Every input is there, and none is newer than now: Snakemake would delete what is made from such a file.

    A clock that ran ahead, on another node or before it was set, is no reason: what a file holds stands in its name.
    """
    now = time.time()
    for path in (Path(path) for files in task.inputs.values() for path in files.values()):
        if not path.exists():
            raise DamagedFileError(f"{path}: is missing; {task.label} needs it: run the workflow, or its job first")
        if path.stat().st_mtime > now:
            os.utime(path, (now, now))


def _commit() -> str:
    """The commit that the rows are made at, `+` behind it where tracked files differ; empty outside a repository."""
    commit, dirty = git_state()
    return f"{commit or ''}{'+' if dirty else ''}"


def write_benchmark(task: Task) -> None:
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
    write_text(Path(task.benchmark), "\t".join(columns) + "\n" + "\t".join(columns.values()) + "\n")


def _write(task: Task, tables: Tables, metadata: Mapping[str, str]) -> None:
    if task.tables:
        from resdag.records.shards import write_shards

        write_shards(task.tables, tables, task.keys, task.outputs, metadata)


def _device_name(leased: str, device: str) -> str:
    """The device as the tables name it: the GPU's or the processor's name, and which of them."""
    if device.startswith("cuda"):
        import torch

        return f"{torch.cuda.get_device_name(0)} (cuda {os.environ.get('CUDA_VISIBLE_DEVICES', '0')})"
    return f"{processor()} (cpu)" if leased == "cpu" else f"{processor()} (cpu, {leased})"
