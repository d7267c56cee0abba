"""Faults: what is killed, damaged, full or held open loses nothing, and the same command goes on.

The rows after a run with faults are those of a run without, but for clocks, memory,
provenance and the device (workflow_tools.PROVENANCE names the columns).  Checkpoints are
compared by their SHA-256, so training that was interrupted ends with the same bits.
"""

import os
import pickle
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import numpy as np
import polars as pl
import pyarrow as pa
import pytest
import torch

from resdag.datasets import prepared
from resdag.errors import ResdagError
from resdag.models.build import build
from resdag.models.weights import save_weights
from resdag.records.parquet import write_table
from resdag.store.build import build as build_database
from resdag.training.state import save_state
from rows_by_hand import study
from workflow_tools import (
    SNAKEMAKE,
    complete,
    dry_run,
    edit_study,
    jobs_running,
    kill_group,
    left_running,
    logs,
    query,
    rows,
    run,
    snakemake,
    start,
    trainings,
    wait_until,
)

pytestmark = pytest.mark.workflow
COMMAND = (*SNAKEMAKE, "report")


# Kills


@pytest.mark.parametrize("kills", [3, pytest.param(20, marks=pytest.mark.long)])
def test_a_run_killed_at_random_moments_ends_with_the_rows_of_one_that_was_not(
    fresh: Path, finished: Path, kills: int
) -> None:
    moments = random.Random(kills)
    for kill in range(kills):
        process = start(fresh, *COMMAND)
        time.sleep(moments.uniform(3, 18))
        if kill % 2:
            kill_group(process)
        else:  # snakemake alone: its jobs end with it
            os.kill(process.pid, signal.SIGKILL)
            wait_until(lambda: not left_running(fresh), 10, "the jobs of a killed snakemake end")
            kill_group(process)
    complete(fresh)
    assert rows(fresh) == rows(finished)
    assert dry_run(fresh) == {}


def test_training_that_was_killed_goes_on_at_its_last_epoch_and_ends_with_the_same_bits(
    fresh: Path, finished: Path
) -> None:
    process = start(fresh, *SNAKEMAKE, "train")
    try:
        wait_until(lambda: list(fresh.glob("results/tiny/networks/*/*/state.pt")), 90, "a training ends an epoch")
    finally:
        kill_group(process)
    interrupted = {path.parent.name for path in fresh.glob("results/tiny/networks/*/*/state.pt")}
    complete(fresh, "train")
    said = "".join(path.read_text() for path in fresh.glob("results/tiny/logs/train_network/*.log"))
    assert said.count("epoch 1 of 2") == trainings() - len(interrupted)
    assert interrupted
    for weights in finished.glob("results/tiny/networks/*/*/weights.safetensors"):
        assert (fresh / weights.relative_to(finished)).read_bytes() == weights.read_bytes()


def test_a_database_job_that_is_killed_leaves_the_old_database(finished_copy: Path) -> None:
    folder = finished_copy
    before = (folder / "results.duckdb").read_bytes()
    edit_study(folder, claims__equivalence_margin=0.02)
    complete(folder, *judged(folder))
    for seconds in (0.0, 0.05, 0.2):
        process = start(folder, "resdag", "write-database", "config/config.yaml")
        wait_until(lambda: (folder / ".results.duckdb.new").exists() or process.poll() is not None, 60, "it builds")  # noqa: B023
        time.sleep(seconds)
        kill_group(process)
        if process.returncode == -signal.SIGKILL:
            assert (folder / "results.duckdb").read_bytes() == before
    complete(folder, "database")
    assert query(folder, "SELECT config->>'$.claims.equivalence_margin' FROM studies") == [("0.02",)]
    assert sorted(path.name for path in folder.glob("*results.duckdb*")) == ["results.duckdb"]


def judged(folder: Path) -> list[str]:
    """The output of the job before the database."""
    status, said = run(folder, sys.executable, "-c", OUTPUTS, "judge_claims")
    assert status == 0, said
    return said.split()


OUTPUTS = """
import sys
from pathlib import Path
from resdag.config.load import load_study
from resdag.planning.plan import plan_study
print(*plan_study(load_study(Path("config/config.yaml"))).outputs(*sys.argv[1:]), sep="\\n")
"""


# Two at once


def written_study(path: Path) -> Path:
    pl.DataFrame([study("forgotten")]).write_parquet(path)
    return path


def test_a_second_workflow_is_refused_and_a_dry_run_is_not(fresh: Path) -> None:
    first = start(fresh, *COMMAND)
    try:
        wait_until(lambda: jobs_running(fresh), 60, "a job starts")
        status, said = snakemake(fresh, "report")
        assert status != 0
        assert f"another workflow runs in this checkout (process {first.pid})" in said
        assert "Traceback" not in said
        assert dry_run(fresh)
        build_database(fresh / "results.duckdb", "forgotten", {"studies": [written_study(fresh / "study.parquet")]})
        status, said = run(fresh, "resdag", "forget", "forgotten")
        assert status == 2
        assert "another workflow runs in this checkout" in said
        assert first.poll() is None
        # Verbs that would take files from under it, or train what it trains; its study file is being edited meanwhile.
        edit_study(fresh, training__learning_rate=0.07)
        before = sorted(fresh.glob("results/tiny/data/*.safetensors"))
        for verb in (("clean", "--remove"), ("run", "train_network", "config/config.yaml", "--network", "vgg8")):
            status, said = run(fresh, "resdag", *verb)
            assert (status, "another workflow runs in this checkout" in said) == (2, True), said
        assert "can be removed" in run(fresh, "resdag", "clean")[1]
        assert all(path.exists() for path in before)
    finally:
        os.kill(first.pid, signal.SIGKILL)
    # The lock of a killed run is nobody's: the next one starts at once.
    first.wait()
    second = start(fresh, *COMMAND)
    try:
        wait_until(lambda: jobs_running(fresh), 30, "a job of the next run starts")
    finally:
        kill_group(first)
        kill_group(second)


def test_a_reader_holds_the_database_open_while_the_workflow_finishes(finished_copy: Path) -> None:
    folder = finished_copy
    edit_study(folder, claims__equivalence_margin=0.02)
    with duckdb.connect(folder / "results.duckdb", read_only=True) as reader:
        old = reader.execute("SELECT count(*) FROM lesions").fetchall()
        complete(folder, "database")
        assert reader.execute("SELECT count(*) FROM lesions").fetchall() == old
        text = "SELECT config->>'$.claims.equivalence_margin' FROM studies"
        assert reader.execute(text).fetchall() != [("0.02",)]
    assert query(folder, text) == [("0.02",)]


# Damage


def flip_a_bit(content: bytes) -> bytes:
    """One bit in the middle, as a disk does: of a file of rows a number, of a checkpoint a weight."""
    place = len(content) // 2
    return content[:place] + bytes([content[place] ^ 16]) + content[place + 1 :]


def truncate(content: bytes) -> bytes:
    return content[: len(content) // 2]


@pytest.mark.parametrize(
    ("pattern", "damage", "target"),
    [
        ("paths/gradients/*/*.parquet", flip_a_bit, "statistics"),
        ("networks/vgg8/*/weights.safetensors", flip_a_bit, "lesions/single/vgg8"),
        pytest.param("lesions/random/*/*.parquet", truncate, "figures", marks=pytest.mark.long),
        pytest.param("data/*.safetensors", flip_a_bit, "evaluations/vgg8", marks=pytest.mark.long),
        pytest.param("figures/figure_3.html", flip_a_bit, "report-stamps", marks=pytest.mark.long),
        pytest.param("claims/*.parquet", flip_a_bit, "database", marks=pytest.mark.long),
    ],
)
def test_what_is_damaged_is_named_when_it_is_read_and_made_again_by_the_same_command(
    finished_copy: Path, finished: Path, pattern: str, damage: Callable[[bytes], bytes], target: str
) -> None:
    folder = finished_copy
    damaged = sorted(folder.glob(f"results/tiny/{pattern}"))[0]
    times = damaged.stat()
    damaged.write_bytes(damage(damaged.read_bytes()))
    os.utime(damaged, ns=(times.st_atime_ns, times.st_mtime_ns))
    shutil.rmtree(next(folder.glob(f"results/tiny/{target}")))
    status, said = snakemake(folder, "report")
    assert status != 0
    assert str(damaged.relative_to(folder)) in said + logs(folder)
    assert "not what was written there" in said + logs(folder)
    assert "Traceback" not in said
    complete(folder)
    assert rows(folder) == rows(finished)
    assert dry_run(folder) == {}


class _Code:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.system, ("touch was-run",)


def test_weights_with_code_in_their_pickle_are_refused_and_not_run(finished_copy: Path) -> None:
    folder = finished_copy
    (folder / "bad.th").write_bytes(pickle.dumps({"state_dict": _Code()}))
    edit_study(folder, networks__outside={"architecture": "resnet", "depth": 20, "weights": "bad.th"})
    status, said = snakemake(folder, "train")
    assert status != 0
    assert "bad.th" in said
    assert "Traceback" not in said
    assert not (folder / "was-run").exists()


# A full disk


@contextmanager
def small_disk(place: Path, kilobytes: int) -> Iterator[Callable[[], None]]:
    """A folder as a file system of its own, of so many kilobytes; call what is yielded to make room."""
    place.mkdir(exist_ok=True)
    mount = ["mount", "-t", "tmpfs", "-o", f"size={kilobytes}k", "tmpfs", str(place)]
    done = subprocess.run(mount, capture_output=True, text=True)
    if done.returncode:
        pytest.skip(f"a small file system cannot be mounted here: {done.stderr.strip()}")
    try:
        yield lambda: subprocess.run(["mount", "-o", "remount,size=100m", place], check=True) and None
    finally:
        subprocess.run(["umount", "--lazy", place], check=True)


def test_a_full_disk_is_said_and_with_room_the_same_command_goes_on(fresh: Path) -> None:
    with small_disk(fresh / "results", 700) as make_room:
        for _ in range(2):  # images, then states and weights of networks: each meets the full disk
            status, said = snakemake(fresh, "train")
            assert status != 0
            assert "No space left on device" in said + logs(fresh)
            assert "Traceback" not in said
        make_room()
        complete(fresh, "train")
        assert dry_run(fresh, "train") == {}


@pytest.mark.parametrize("kind", ["images", "state", "weights", "rows", "database"])
def test_whatever_meets_a_full_disk_says_so_and_leaves_nothing(tmp_path: Path, kind: str) -> None:
    place = tmp_path / "small"
    with small_disk(place, 64):
        with pytest.raises((OSError, ResdagError), match="No space left on device"):
            WRITERS[kind](place / "file")
        assert not list(place.iterdir())


def _write_images(path: Path) -> None:
    pixels, labels = np.arange(307_200).reshape(100, 3, 32, 32).astype(np.uint8), np.zeros(100, np.int64)
    prepared.write("digits", prepared.Contents(["none"], pixels, labels, pixels, labels), path)


def _write_rows(path: Path) -> None:
    write_table(path, pa.table({"value": np.random.default_rng(0).random(50_000)}))


WRITERS: dict[str, Callable[[Path], None]] = {
    "images": _write_images,
    "state": lambda path: save_state({"network": {"weight": torch.zeros(50_000)}}, path),
    "weights": lambda path: save_weights(build("vgg", in_channels=3, classes=10, seed=0, depth=8, channels=64), path),
    "rows": _write_rows,
    "database": lambda path: build_database(path, "study", {}),
}
