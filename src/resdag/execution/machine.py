"""Where a result was made: versions, hardware, the state of the checkout.  Nothing here imports torch."""

import os
import platform
import pwd
import subprocess
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from resdag.execution.devices import visible_devices

PACKAGES = (
    "resdag", "torch", "torchvision", "snakemake", "duckdb", "polars", "altair", "pydantic", "numpy", "scipy",
    "pyarrow", "scikit-learn", "safetensors",
)  # fmt: skip


def versions() -> dict[str, str]:
    """Versions of Python and of the packages that results depend on."""
    found = {"python": platform.python_version()}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


def git_state() -> tuple[str | None, bool | None]:
    """The commit of the checkout, and whether tracked files differ from it; None outside a repository."""
    commit = _git("rev-parse", "HEAD")
    if commit is None:
        return None, None
    changes = _git("status", "--porcelain", "--untracked-files=no")
    return commit, bool(changes)


def _git(*arguments: str) -> str | None:
    """What git says, by the configuration of this user and this checkout: a job's environment may come from a request.

    Nothing is written, and no program that the checkout names looks for changes.
    """
    command = ("git", "--no-optional-locks", "-c", "core.fsmonitor=false", *arguments)
    environment = {"PATH": os.environ.get("PATH", os.defpath)} | _home()
    try:
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=20, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()


def _home() -> dict[str, str]:
    """HOME as the system knows it; nothing for a user that it does not know, as in some containers."""
    with suppress(KeyError):
        return {"HOME": pwd.getpwuid(os.getuid()).pw_dir}
    return {}


def processor() -> str:
    """The processor's name."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def memory_gib() -> float:
    """Memory of the machine, in GiB."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30


def hardware() -> str:
    """Processor, cores, memory and accelerators in one line."""
    devices = visible_devices()
    accelerators = f"{len(devices)} accelerators" if devices else "no accelerator"
    return f"{processor()}, {os.cpu_count()} cores, {memory_gib():.0f} GiB, {accelerators}"
