"""What will a study cost?  Answered before anything runs, without torch.

Hours come from the benchmark files of earlier runs where there are any of the
rule and network; else from a model: multiply-adds over a stated rate.
"""

import csv
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from resdag.config.study import Study
from resdag.datasets.available import DIGESTS, count_images
from resdag.execution.devices import slots_per_device, visible_devices
from resdag.layout import base
from resdag.planning.experiment import Work
from resdag.planning.job import Job, Plan
from resdag.planning.record import is_done

# Multiply-adds per second that these networks reach.  CPU: one core of a server with AVX-512, where a ResNet-110 on
# CIFAR-10 reached 5e10 in lesions and 2.6e10 in path gradients; GPU: an H100-class device in float32, 38e12 an epoch of
# CIFAR-10 in about 12 s.  Both are right to within a factor of two or so.
CPU_RATE = 4e10
GPU_RATE = 3e12
START_SECONDS = 1.0  # of a job that is forked from a warm server; a process of its own with torch needs six

IMAGES = {"digits": (1437, 360, 1, 8), "cifar10": (50_000, 10_000, 3, 32), "cifar100": (50_000, 10_000, 3, 32)}
DAY_HOURS = 24


@dataclass(frozen=True)
class Size:
    """Images of a dataset: how many train and test, channels, side in pixels."""

    train: int
    test: int
    channels: int
    side: int


def size_of(study: Study) -> Size | None:
    """Sizes of the study's images; None for a folder that cannot be counted yet."""
    dataset = study.dataset
    if dataset.kind in IMAGES:
        train, test, channels, side = IMAGES[dataset.kind]
    else:
        found = count_images(dataset.kind, getattr(dataset, "root", ""), DIGESTS)
        train, test = found["train"], found["test"]
        channels, side = dataset.channels, dataset.side
    if not train or not test:
        return None
    return Size(min(train, dataset.train_limit or train), min(test, dataset.test_limit or test), channels, side)


def multiply_adds(study: Study, network: str, size: Size) -> float:
    """Multiply-adds of the convolutions in one forward pass of one image."""
    return study.networks[network].multiply_adds(size.channels, size.side)


def parameters(study: Study, network: str, size: Size) -> float:
    """Weights of the convolutions: nearly all that a network has."""
    return study.networks[network].weights_of_layers(size.channels, size.side)


def work_of(study: Study, job: Job, size: Size) -> Work:
    """What the cost of a job follows from."""
    name = job.of.get("network")
    network = study.networks[str(name)] if name is not None else None
    return Work(
        of=job.of,
        spec=job.spec,
        one=multiply_adds(study, str(name), size) if network else 0.0,
        blocks=network.blocks if network else 0,
        train=size.train,
        test=size.test,
        recipe=study.recipe(str(name)) if network else None,
    )


def measured_seconds(job: Job) -> float | None:
    """Median time of earlier jobs of the same rule and network, from their benchmark files; None without any."""
    folder = Path(job.benchmark).parent
    name = next((str(value) for value in job.of.values()), "")  # a network, a system or a figure
    found = [_seconds(path) for path in folder.glob(f"{name}-*.tsv" if name else "*.tsv")]
    known = [seconds for seconds in found if seconds is not None]
    return median(known) if known else None


def _seconds(path: Path) -> float | None:
    try:
        with open(path, encoding="utf-8", newline="") as file:
            return float(next(csv.DictReader(file, delimiter="\t"))["s"])
    except (OSError, StopIteration, KeyError, ValueError):
        return None


def estimate(study: Study, plan: Plan, cores: int | None = None) -> list[str]:
    """Lines for a person: jobs by rule, hours, disk, devices, and a warning where the time is long."""
    devices, cores, size = visible_devices(), cores or os.cpu_count() or 1, size_of(study)
    rate = _rate(len(devices), cores)
    lines = [f"study {study.study}: {len(plan.jobs)} jobs", ""]
    lines += [f"{'rule':24s} {'jobs':>5s} {'to run':>7s} {'time':>12s}"]
    total, modelled = 0.0, False
    for rule in dict.fromkeys(job.rule for job in plan.jobs):
        jobs = plan.of_rule(rule)
        waiting = [job for job in jobs if not is_done(job)]
        times = [measured_seconds(job) for job in waiting]
        guesses = [_modelled(study, job, size, rate, bool(devices)) for job in waiting]
        modelled |= any(time is None for time in times)
        each = [guess if time is None else time for time, guess in zip(times, guesses, strict=True)]
        seconds = sum(each)
        total += sum(time * job.devices for time, job in zip(each, waiting, strict=True)) if devices else seconds
        lines.append(f"{rule:24s} {len(jobs):5d} {len(waiting):7d} {_spoken(seconds) if waiting else '-':>12s}")
    together = max(1, len(devices) * slots_per_device())
    wall = total / together
    lines += ["", f"devices   {', '.join(devices) if devices else f'none: the CPU, {cores} cores'}"]
    lines += [f"time      about {_spoken(wall)}, with {together} job{'s' if together > 1 else ''} at a time"]
    if modelled:
        lines += [f"          where nothing was measured: {rate:.1e} multiply-adds a second, within a factor of 2"]
    if size is None:
        lines += ["          the images cannot be counted yet, so the time of what needs them is not in it"]
    lines += [f"disk      about {_disk(study, plan, size) / 1e6:,.0f} MB in {base(study.study)}"]
    if not devices and wall > DAY_HOURS * 3600:
        lines += ["", f"WARNING: this is a study for a GPU; on this CPU it takes about {_spoken(wall)}.",
                  "config/digits.yaml runs every experiment in minutes."]  # fmt: skip
    return lines


def seconds_of(study: Study, jobs: Iterable[Job], cores: int | None = None) -> dict[str, float]:
    """What each job should take, by fingerprint: as earlier ones of its rule and network did, or the model."""
    devices, size = visible_devices(), size_of(study)
    rate = _rate(len(devices), cores or os.cpu_count() or 1)
    known: dict[tuple[str, str], float | None] = {}
    found: dict[str, float] = {}
    for job in jobs:
        alike = job.rule, next((str(value) for value in job.of.values()), "")
        if alike not in known:
            known[alike] = measured_seconds(job)
        seconds = known[alike]
        modelled = _modelled(study, job, size, rate, bool(devices))
        found[job.fingerprint] = modelled if seconds is None else seconds
    return found


def _rate(devices: int, cores: int) -> float:
    """Multiply-adds per second of one job."""
    return GPU_RATE if devices else CPU_RATE * cores


def _modelled(study: Study, job: Job, size: Size | None, rate: float, on_gpu: bool) -> float:
    """Seconds of a job, as its rule states its work."""
    if size is None:
        return START_SECONDS
    work = work_of(study, job, size)
    return START_SECONDS + job.kind.cost(work) / (rate * (job.kind.gpu_share(work) if on_gpu else 1.0))


def _spoken(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    if seconds < 5400:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h" if seconds < 48 * 3600 else f"{seconds / 86400:.1f} days"


def _disk(study: Study, plan: Plan, size: Size | None) -> float:
    """Bytes: the prepared images, weights (initial, trained, kept on the way), figures, and 100 bytes a row at most."""
    each = 100 if study.dataset.streamed else size.channels * size.side**2 if size else 0  # a path and a digest
    images = (size.train + size.test) * each if size else 0
    shape = size or Size(1, 1, 3, 32)
    trained = [str(job.of["network"]) for job in plan.of_rule("train_network")]
    weights = sum((2 + len(study.recipe(name).keep_epochs)) * 4 * parameters(study, name, shape) for name in trained)
    return images + weights + 20e6 + 2e5 * len(plan.jobs)
