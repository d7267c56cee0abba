"""The reading wing and the command line: how long until rows are there, and until a job starts."""

import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from benchmarks.measure import Pair
from resdag.config.load import parse_study, read_yaml
from resdag.execution.task import write_tasks
from resdag.planning.handing import tasks
from resdag.planning.plan import plan_study
from resdag.store.build import build
from resdag.store.read import connect
from resdag.store.schema import views

ROWS = 10_000_000


def predictions() -> Pair:
    """Load 10 million prediction rows from Parquet into a new database, then open every view."""
    import duckdb

    pair = Pair("predictions", "loading 10 million prediction rows; the slowest view", "20 s; 1 s")
    with tempfile.TemporaryDirectory() as folder:
        shard, database = Path(folder) / "predictions.parquet", Path(folder) / "results.duckdb"
        duckdb.sql(
            f"COPY (SELECT 'bench' AS study, 'resnet110' AS network, i // 5000000 AS seed, "
            f"printf('single-%03d', (i // 10000) % 500) AS lesion, i % 10000 AS image, i % 10 AS label, "
            f"(i * 7) % 10 AS predicted FROM range({ROWS}) t(i)) TO '{shard}' (FORMAT parquet)"
        )
        started = time.perf_counter()
        build(database, "bench", {"predictions": [shard]})
        loading = time.perf_counter() - started
        with connect(database) as con:
            slowest = max(_seconds(con, view.name) for view in views())
    pair.notes = {"load_seconds": round(loading, 2), "slowest_view_seconds": round(slowest, 3)}
    return pair


def _seconds(con, view: str) -> float:  # type: ignore[no-untyped-def]
    started = time.perf_counter()
    con.sql(f"SELECT * FROM {view}").fetchall()
    return time.perf_counter() - started


def _command(*words: str) -> float:
    started = time.perf_counter()
    subprocess.run(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
    return time.perf_counter() - started


def help() -> Pair:
    """`resdag --help`, the whole process."""
    command = str(Path(sys.executable).with_name("resdag"))
    seconds = median(_command(command, "--help") for _ in range(7))
    return Pair("help", "`resdag --help`", "0.5 s", notes={"seconds": round(seconds, 3)})


def job_start() -> Pair:
    """From the start of a job's process to the moment torch would be imported: a training whose images are missing."""
    study = parse_study(read_yaml(Path("config/config.yaml")) | {"study": "benchmark"})
    plan = plan_study(study)
    (first, *_) = plan.of_rule("train_network")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "plan.sqlite"
        write_tasks(path, [*tasks(plan, Path("config/config.yaml"))])
        command = str(Path(sys.executable).with_name("resdag"))
        words = (command, "run", first.rule, str(path), "--fingerprint", first.fingerprint)
        seconds = median(_command(*words) for _ in range(7))
    return Pair("job_start", "start of a job before torch", "0.5 s", notes={"seconds": round(seconds, 3)})
