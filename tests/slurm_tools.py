"""A real SLURM of one node with two pretended GPUs, brought up and taken down here, and how to run a study on it."""

import fcntl
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from resdag.planning.registry import rules
from workflow_tools import ROOT, complete_command, pythonpath, query

SCRIPT = ROOT / "tests/slurm/cluster.sh"
USUAL = Path("/etc/slurm/slurm.conf")
PREFIX = "resdag-slurm-"
PROGRAMS = ("slurmctld", "slurmd", "sbatch", "munged")
# The plugin and what it needs beyond our lock, without its pins of what is locked.
# In the environment itself it would ask the cluster at every call of snakemake, for 10 s where none answers.
PLUGIN = ("snakemake-executor-plugin-slurm", "snakemake-executor-plugin-slurm-jobstep", "throttler", "pandas",
          "python-dateutil", "six", "tzdata")  # fmt: skip
# A thread for each job: two of them fit on two cores, a device each.
PROFILE = ("--workflow-profile", "workflow/profiles/slurm", "--latency-wait", "5",
           "--set-threads", *(f"{rule}=1" for rule in sorted(rules()) if rules()[rule].device))  # fmt: skip


@pytest.fixture(scope="session")
def plugin(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the executor plugin."""
    folder = tmp_path_factory.mktemp("plugin")
    install = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", folder, *PLUGIN]
    done = subprocess.run(install, capture_output=True, text=True)
    if done.returncode:
        pytest.skip(f"the executor plugin cannot be installed: {done.stderr.strip().splitlines()[-1]}")
    return folder


@pytest.fixture
def cluster() -> Iterator[Path]:
    """The slurm.conf of a running cluster of one node."""
    missing = [program for program in PROGRAMS if shutil.which(program, path="/usr/sbin:/usr/bin:/sbin:/bin") is None]
    if missing:
        pytest.skip(f"no {', '.join(missing)}: apt-get install slurmctld slurmd slurm-client munge")
    if os.getuid() != 0:
        pytest.skip("a cluster of one's own needs root")
    _take_down_left_over()
    if USUAL.exists():
        pytest.skip(f"{USUAL}: this machine is part of a cluster, which is left alone")
    folder = Path(tempfile.mkdtemp(prefix=PREFIX))  # paths of sockets are short
    folder.chmod(0o755)
    with (folder / "held").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        try:
            subprocess.run([SCRIPT, "up", folder, *map(str, _free_ports())], check=True, timeout=120)
            yield folder / "slurm.conf"
        finally:
            _take_down(folder)


def _take_down(folder: Path) -> None:
    subprocess.run([SCRIPT, "down", folder], check=True, timeout=60)
    shutil.rmtree(folder)


def _take_down_left_over() -> None:
    """What a test that was killed has left: a cluster of ours, and nobody holds it."""
    folder = USUAL.resolve().parent
    if not (USUAL.is_symlink() and folder.name.startswith(PREFIX)):
        return
    if not folder.exists():
        USUAL.unlink()
        return
    with (folder / "held").open("a") as held, suppress(BlockingIOError):
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        _take_down(folder)


def _free_ports() -> list[int]:
    with socket.socket() as one, socket.socket() as other:
        for each in (one, other):
            each.bind(("127.0.0.1", 0))
        return [one.getsockname()[1], other.getsockname()[1]]


def complete_on(cluster: Path, plugin: Path, folder: Path, timeout: float) -> None:
    """Run a checkout's study to its report on the cluster, and see that both its devices trained networks."""
    changes = {"SLURM_CONF": str(cluster), "PYTHONPATH": pythonpath(folder, plugin)}
    said = complete_command(folder, "snakemake", "report", *PROFILE, timeout=timeout, **changes)
    assert "(100%) done" in said
    devices = {device for (device,) in query(folder, "SELECT DISTINCT device FROM jobs WHERE rule = 'train_network'")}
    assert {device.rpartition("pretended-")[2] for device in devices} == {"0)", "1)"}
    assert not (folder / "leases").exists()
