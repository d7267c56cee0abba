"""Checkouts to run real workflows in, and what tests ask of them."""

import fcntl
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml

ROOT = Path(__file__).resolve().parents[1]
PARTS = ("Snakefile", "workflow", "profiles", "config", "src", "requirements.lock")
# What differs between two runs of one study: clocks, memory, the commit, and which of two equal devices a job got.
PROVENANCE = {
    "studies": ("git_commit", "git_dirty", "hardware", "started_at", "finished_at"),
    "networks": ("train_seconds", "device"),
    "epochs": ("seconds",),
    "jobs": ("seconds", "max_rss_mb", "device"),
}
SNAKEMAKE = ("snakemake", "--cores", "2", "--resources", "gpu=2")
NOTHING = "Nothing to be done"
TARGETS = {"report", "figures", "database", "train", "lesions", "paths", "data"}


@pytest.fixture(scope="session")
def untouched(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkout in which nothing has run; one for the session, so that all tests run the same code."""
    return _once(tmp_path_factory, "untouched", checkout)


@pytest.fixture(scope="session")
def finished(untouched: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkout in which config/tiny.yaml has run to its report, on two cores; look, do not touch."""
    return _once(tmp_path_factory, "finished", lambda folder: complete(copy(untouched, folder)))


def _once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], object]) -> Path:
    """A folder that the first worker of a session to need it makes, for all of them; the others wait."""
    base = factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    folder, made = shared / name, shared / f"{name}.made"
    with (shared / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not made.exists():
            shutil.rmtree(folder, ignore_errors=True)  # of a worker that failed
            make(folder)
            made.touch()
    return folder


@pytest.fixture
def finished_copy(finished: Path, tmp_path: Path) -> Iterator[Path]:
    """A copy of the finished checkout, for one test."""
    yield copy(finished, tmp_path / "checkout")
    shutil.rmtree(tmp_path / "checkout")  # results are large


@pytest.fixture
def fresh(untouched: Path, tmp_path: Path) -> Iterator[Path]:
    """A checkout in which nothing has run, for one test."""
    yield copy(untouched, tmp_path / "fresh")
    shutil.rmtree(tmp_path / "fresh")


def trainings(study: str = "tiny") -> int:
    """How many networks a study trains, counted in its file."""
    networks = yaml.safe_load((ROOT / f"config/{study}.yaml").read_text(encoding="utf-8"))["networks"]
    return sum(len(entry.get("seeds", [0])) for entry in networks.values() if "weights" not in entry)


def copy(source: Path, folder: Path) -> Path:
    """A copy of a folder with all times as they were."""
    subprocess.run(["cp", "-a", source, folder], check=True)
    return folder


def checkout(folder: Path, study: str = "tiny") -> Path:
    """A copy of this checkout's workflow, with another study in the place of the paper's."""
    folder.mkdir(parents=True)
    for part in PARTS:
        subprocess.run(["cp", "-a", ROOT / part, folder], check=True)
    os.replace(folder / "config/config.yaml", folder / "config/paper.yaml")
    os.replace(folder / f"config/{study}.yaml", folder / "config/config.yaml")
    return folder


def environment(folder: Path, **changes: str) -> dict[str, str]:
    """The environment of commands in a checkout: its own code, its own leases, two pretended devices."""
    own = {name: value for name, value in os.environ.items() if not name.startswith(("RESDAG_", "SLURM_", "SNAKEMAKE"))}
    own.pop("CUDA_VISIBLE_DEVICES", None)
    own |= {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(folder / "src"),
        "RESDAG_LEASES": str(folder / "leases"),
        "RESDAG_PRETENDED_DEVICES": "2",
    }
    return own | changes


def start(folder: Path, *command: str, **changes: str) -> subprocess.Popen[str]:
    """Start a command in a checkout, in a process group of its own; both streams in one."""
    return subprocess.Popen(
        command, cwd=folder, env=environment(folder, **changes), text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True,
    )  # fmt: skip


def run(folder: Path, *command: str, timeout: float = 600, **changes: str) -> tuple[int, str]:
    """Exit status and output of a command in a checkout."""
    process = start(folder, *command, **changes)
    try:
        said, _ = process.communicate(timeout=timeout)
    except BaseException:
        kill_group(process)
        raise
    return process.returncode, said


def snakemake(folder: Path, *arguments: str, **changes: str) -> tuple[int, str]:
    """Exit status and output of snakemake on two cores and two devices: one thread for each torch job."""
    return run(folder, *SNAKEMAKE, *arguments, **changes)


def complete(folder: Path, *arguments: str, timeout: float = 600, **changes: str) -> str:
    """What snakemake said, once it has ended well."""
    return complete_command(folder, *SNAKEMAKE, *(arguments or ("report",)), timeout=timeout, **changes)


def complete_command(folder: Path, *command: str, timeout: float = 600, **changes: str) -> str:
    """What a command said, once it has ended well."""
    status, said = run(folder, *command, timeout=timeout, **changes)
    assert status == 0, said[-6000:] + logs(folder)
    return said


def logs(folder: Path) -> str:
    """Ends of the newest logs of jobs, for the message of a test that failed."""
    found = sorted(folder.glob("results/*/logs/*/*.log"), key=lambda path: path.stat().st_mtime)[-3:]
    return "".join(f"\n--- {path.name}\n{path.read_text()[-1500:]}" for path in found)


def dry_run(folder: Path, *arguments: str, **changes: str) -> dict[str, int]:
    """Jobs by rule that a dry run lists, without the targets; empty where there is nothing to be done."""
    status, said = snakemake(folder, *(arguments or ("report",)), "-n", "--quiet", "rules", **changes)
    assert status == 0, said
    return jobs_in(said)


def jobs_in(said: str) -> dict[str, int]:
    """The table "job  count" of what snakemake said."""
    lines = said.splitlines()
    if "job " not in said or NOTHING in said:
        assert NOTHING in said, said
        return {}
    first = next(index for index, line in enumerate(lines) if line.startswith("---"))
    found: dict[str, int] = {}
    for line in lines[first + 1 :]:
        rule, _, count = line.rpartition(" ")
        if not count.isdecimal() or rule.strip() == "total":
            break
        found[rule.strip()] = int(count)
    return {rule: count for rule, count in found.items() if rule not in TARGETS}


def edit_study(folder: Path, name: str = "config", **changes: Any) -> None:
    """Set keys of a study file, `training__epochs=3` for one below another; None takes it out."""
    path = folder / f"config/{name}.yaml"
    content = yaml.safe_load(path.read_text())
    for key, value in changes.items():
        *above, last = key.split("__")
        place = content
        for part in above:
            place = place.setdefault(part, {})
        place[last] = value
        if value is None:
            del place[last]
    path.write_text(yaml.safe_dump(content, sort_keys=False))


def rows(folder: Path, study: str = "tiny") -> dict[str, list[tuple[Any, ...]]]:
    """Every table of results.duckdb without what differs between two runs, sorted."""
    with duckdb.connect(folder / "results.duckdb", read_only=True) as con:
        query = "SELECT table_name FROM duckdb_tables() ORDER BY table_name"
        tables = [name for (name,) in con.execute(query).fetchall()]
        found = {table: _rows(con, table, study) for table in tables}
    assert found["lesions"], f"no rows of {study}"
    return found


def _rows(con: duckdb.DuckDBPyConnection, table: str, study: str) -> list[tuple[Any, ...]]:
    left_out = PROVENANCE.get(table, ())
    columns = f"* EXCLUDE ({', '.join(left_out)})" if left_out else "*"
    return sorted(con.execute(f'SELECT {columns} FROM "{table}" WHERE study = ?', [study]).fetchall(), key=repr)


def query(folder: Path, text: str) -> list[tuple[Any, ...]]:
    """Rows of a query on results.duckdb."""
    with duckdb.connect(folder / "results.duckdb", read_only=True) as con:
        return con.execute(text).fetchall()


def kill_group(process: subprocess.Popen[str]) -> None:
    """SIGKILL a command and everything that it started."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    if process.stdout:
        process.stdout.close()


def jobs_running(folder: Path) -> list[str]:
    """Command lines of the jobs whose folder is this checkout: their commands, not the servers that they fork from."""
    return [line for line in left_running(folder) if "resdag.execution.warm" not in line]


def left_running(folder: Path) -> list[str]:
    """Command lines of all resdag processes whose folder is this checkout."""
    return [line for _, line in processes(folder) if "resdag" in line.split(" --")[0]]


def processes(folder: Path) -> Iterator[tuple[int, str]]:
    """Process id and command line of every living process whose working folder is this checkout."""
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            with suppress(OSError):
                if Path(os.readlink(entry / "cwd")) == folder:
                    line = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
                    if line:
                        yield int(entry.name), line


def wait_until(condition: Any, seconds: float, what: str) -> None:
    """Wait for something to become true; AssertionError if it does not in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not within {seconds} s: {what}"
        time.sleep(0.05)


def pythonpath(folder: Path, *others: Path) -> str:
    """PYTHONPATH with a checkout's code first."""
    return os.pathsep.join(map(str, (*others, folder / "src")))
