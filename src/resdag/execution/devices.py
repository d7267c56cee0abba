"""Which devices a job runs on: of its own, leased by file locks that die with their holder.

There are no device ids in Snakemake's resources, so each job takes the first free
slot of the first free device, before torch looks for devices; a job of several devices takes
a slot of each.  A lock is an flock on a file per device and slot, node-local and per user: the
kernel frees it when the holder ends, however it ends.  What the environment already says is respected: an inherited
CUDA_VISIBLE_DEVICES limits the choice, and under SLURM the scheduler's own
assignment holds.  Where there is no device, jobs run on the CPU.

`jobs_per_gpu` slots on each device pack several small networks on one; it stands
beside `gpu`, the GPU jobs at a time, in the resources of a profile or a command.
"""

import fcntl
import math
import os
import re
import shutil
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import partial
from itertools import takewhile
from pathlib import Path
from typing import TypeVar

from resdag.errors import DeviceError

PRETENDED = "RESDAG_PRETENDED_DEVICES"  # a number, for tests and rehearsals: leases as with so many, on the CPU
SLOTS = "RESDAG_JOBS_PER_GPU"
FOLDER = "RESDAG_LEASES"
WAIT_SECONDS = 0.2
SAY_SECONDS = 3600.0
DEVICE_FILES = Path("/dev")
T = TypeVar("T")


def visible_devices(environment: Mapping[str, str] = os.environ) -> list[str]:
    """Names of the devices that this process may use: CUDA indices or UUIDs; empty without any."""
    pretended = environment.get(PRETENDED)
    named = environment.get("CUDA_VISIBLE_DEVICES")
    if named is not None:  # CUDA sees what stands before the first name that is none
        names = list(takewhile(_is_device, (name.strip() for name in named.split(","))))
    else:
        count = _number(PRETENDED, pretended) if pretended is not None else _count_of_driver()
        names = [str(index) for index in range(count)]
    return names if pretended is None else [f"pretended-{name}" for name in names]


def _is_device(name: str) -> bool:
    return name not in ("", "-1", "NoDevFiles", "none", "void")


def _number(name: str, text: str, least: int = 0) -> int:
    if not text.strip().isdecimal() or int(text) < least:
        raise DeviceError(f"{name}: got {text!r} in the environment; give a whole number from {least} on")
    return int(text)


def _count_of_driver() -> int:
    """Devices of the driver: asking torch would cost seconds, and a context on each device."""
    tool = shutil.which("nvidia-smi")
    if tool is None:  # as in slim containers
        return sum(re.fullmatch(r"nvidia\d+", path.name) is not None for path in DEVICE_FILES.glob("nvidia*"))
    try:
        listed = subprocess.run([tool, "-L"], capture_output=True, text=True, timeout=30, check=True).stdout
    except (OSError, subprocess.SubprocessError):
        return 0
    return sum(line.startswith("GPU ") for line in listed.splitlines())


def assigned_by_scheduler(environment: Mapping[str, str] = os.environ) -> bool:
    """Whether SLURM gave this job its devices; then no lease is needed."""
    return "SLURM_JOB_ID" in environment and any(
        environment.get(name) for name in ("SLURM_JOB_GPUS", "SLURM_STEP_GPUS", "SLURM_GPUS_ON_NODE", "SLURM_GPUS")
    )


def slots_per_device(environment: Mapping[str, str] = os.environ) -> int:
    """Jobs that may share a device: `jobs_per_gpu` of the profile."""
    return _number(SLOTS, environment.get(SLOTS, "1"), least=1)


def _folder(environment: Mapping[str, str]) -> Path:
    """Where the locks lie; DeviceError for a folder of another user, who could hold every device for ever."""
    default = Path(tempfile.gettempdir()) / f"resdag-leases-{os.getuid()}"
    folder = Path(environment.get(FOLDER, default))
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = folder.stat(follow_symlinks=FOLDER in environment)
    except OSError as error:
        raise DeviceError(f"{folder}: cannot be made ({error.strerror}); name another in {FOLDER}") from None
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid():
        raise DeviceError(
            f"{folder}: is no folder of this user's own, so leases there are not safe; name one in {FOLDER}"
        )
    return folder


def _try_lock(path: Path) -> int | None:
    """A locked file descriptor, or None where another process holds the lock."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return descriptor


@contextmanager
def lease(count: int = 1, wait_seconds: float = math.inf) -> Iterator[str]:
    """So many devices while the context lasts: sets CUDA_VISIBLE_DEVICES; yields `cuda:0`, the first of them, `cpu`
    or pretended names.

    Call it before torch looks for devices.  Waits while every slot is taken, as long as other trainings
    last; DeviceError after `wait_seconds`, where they are given, and where there are fewer devices than that.
    """
    devices = visible_devices()
    if not devices:
        yield "cpu"
        return
    if len(devices) < count:
        raise DeviceError(
            f"this job computes on {count} devices at once, and there are {len(devices)}, {', '.join(devices)}: lower "
            "training.devices, run it where there are more, or set CUDA_VISIBLE_DEVICES='' to run on the CPU"
        )
    if assigned_by_scheduler():
        yield ",".join(devices[:count]) if PRETENDED in os.environ else "cuda:0"
        return
    with _taken(devices, count, wait_seconds) as names:
        if PRETENDED not in os.environ:
            os.environ["CUDA_VISIBLE_DEVICES"] = names
        yield names if PRETENDED in os.environ else "cuda:0"


@contextmanager
def _taken(devices: list[str], count: int, wait_seconds: float) -> Iterator[str]:
    """The names of so many devices, a slot of each held.

    Jobs of several devices take them one by one, and one such job at a time: two that each held half of what both
    need would wait for ever, and one that let go of its half could be overtaken by jobs of one device for ever.
    """
    names: list[str] = []
    with ExitStack() as held, ExitStack() as turn:
        if count > 1:
            turn.callback(os.close, _wait(_turn_of_several, devices, wait_seconds))
        while len(names) < count:
            left = [device for device in devices if device not in names]
            name, descriptor = _wait(partial(_free_slot, left), devices, wait_seconds)
            held.callback(os.close, descriptor)
            names.append(name)
        turn.close()
        yield ",".join(names)


def _turn_of_several() -> int | None:
    return _try_lock(_folder(os.environ) / "several.lock")


def _free_slot(devices: list[str]) -> tuple[str, int] | None:
    """The first free slot; devices with the fewest jobs first, so that slot 0 of each goes before slot 1 of any."""
    folder = _folder(os.environ)
    for slot in range(slots_per_device()):
        for device in devices:
            descriptor = _try_lock(folder / f"device-{device.replace('/', '_')}-slot-{slot}.lock")
            if descriptor is not None:
                return device, descriptor
    return None


def _wait(attempt: Callable[[], T | None], devices: list[str], wait_seconds: float) -> T:
    """What the attempt gives, tried until it gives something."""
    started, said = time.monotonic(), -math.inf
    most = len(devices) * slots_per_device()
    while True:
        found = attempt()
        if found is not None:
            return found
        if time.monotonic() - started > wait_seconds:
            raise DeviceError(
                f"no free slot on devices {', '.join(devices)} within {wait_seconds:.0f} s: give snakemake no more "
                f"`--resources gpu=` than {most}, or end the other jobs of this user"
            )
        if time.monotonic() - said > SAY_SECONDS:
            free = f"a free slot on devices {', '.join(devices)}: other jobs of this user hold all {most}"
            print(f"waiting for {free}", file=sys.stderr, flush=True)
            said = time.monotonic()
        time.sleep(WAIT_SECONDS)
