"""The whole study of config/digits.yaml: as it is, through twenty kills, and through a cluster, with the same rows."""

import os
import random
import shutil
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from slurm_tools import complete_on
from workflow_tools import SNAKEMAKE, checkout, complete, dry_run, kill_group, left_running, rows, start, wait_until

pytestmark = pytest.mark.long
HOUR = 3600


@pytest.fixture(scope="session")
def digits(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkout in which config/digits.yaml has run to its report; look, do not touch."""
    folder = checkout(tmp_path_factory.mktemp("digits") / "finished", study="digits")
    complete(folder, timeout=HOUR)
    return folder


@pytest.fixture
def fresh_digits(tmp_path: Path) -> Iterator[Path]:
    """A checkout for config/digits.yaml in which nothing has run."""
    yield checkout(tmp_path / "fresh", study="digits")
    shutil.rmtree(tmp_path / "fresh")


def test_twenty_kills_change_no_row(fresh_digits: Path, digits: Path) -> None:
    folder, moments = fresh_digits, random.Random(20)
    for kill in range(20):
        process = start(folder, *SNAKEMAKE, "report")
        time.sleep(moments.uniform(4, 30))
        if kill % 2:
            kill_group(process)
        else:  # snakemake alone: its jobs end with it
            os.kill(process.pid, signal.SIGKILL)
            wait_until(lambda: not left_running(folder), 10, "the jobs of a killed snakemake end")
            kill_group(process)
    complete(folder, timeout=HOUR)
    assert rows(folder, "digits") == rows(digits, "digits")
    assert dry_run(folder) == {}


def test_a_cluster_finds_the_same_rows(fresh_digits: Path, digits: Path, cluster: Path, plugin: Path) -> None:
    complete_on(cluster, plugin, fresh_digits, timeout=HOUR)
    assert rows(fresh_digits, "digits") == rows(digits, "digits")
