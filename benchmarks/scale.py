"""How large may a study be?  One thousand networks planned, ten million rows stored, two hundred networks drawn.

Each measurement is a process of its own, since its largest memory is asked for:

    python -m benchmarks.scale [plan] [dry_run] [dry_run_of_a_fifth] [dry_run_of_four_times] [rows] [figures] [report]

What came out stands in benchmarks/scale.json and, in words, in docs/limits.md.
"""

import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks import limits
from resdag.config.load import parse_study
from resdag.config.study import Study
from resdag.execution.machine import git_state, hardware
from resdag.planning.figures import figure_names

NETWORKS, SEEDS = 1000, 5
LESIONS = 10_000_000
DRAWN = 200
PAGES = Path(tempfile.gettempdir()) / "resdag-two-hundred"
BY_HAND = "by-hand"  # the study that the tests have rows of


def study(networks: int, seeds: int) -> Study:
    """A study of so many networks, with single and random deletions of each: five jobs a network and seed."""
    names = [f"net{index:04d}" for index in range(networks)]
    entry = {"architecture": "preact_resnet", "depth": 110, "seeds": [*range(seeds)]}
    lesions = {"single": {"networks": names}, "random": {"networks": names, "counts": [1, 10], "draws": 10}}
    content = {"study": "scale", "dataset": {"kind": "digits"}, "networks": dict.fromkeys(names, entry)}
    return parse_study(content | {"lesions": lesions})


def plan() -> dict[str, Any]:
    """Every job of a thousand networks, five seeds each."""
    from resdag.planning.plan import plan_study

    found = plan_study(study(NETWORKS, SEEDS))
    found.outputs()
    return {"networks": NETWORKS, "seeds": SEEDS, "jobs": len(found.jobs)}


def dry_run() -> dict[str, Any]:
    """`snakemake -n report` of them, in a checkout of its own."""
    return _dry_run(NETWORKS)


def dry_run_of_a_fifth() -> dict[str, Any]:
    """The same of a fifth of them: what each job takes should be the same."""
    return _dry_run(NETWORKS // 5)


def dry_run_of_four_times() -> dict[str, Any]:
    """The same of four times as many: a hundred thousand jobs."""
    return _dry_run(4 * NETWORKS)


def _dry_run(networks: int) -> dict[str, Any]:
    import yaml

    with tempfile.TemporaryDirectory() as folder:
        for name in ("Snakefile", "workflow", "profiles", "requirements.lock"):
            Path(folder, name).symlink_to(Path(name).resolve())
        Path(folder, "config").mkdir()
        file = Path(folder, "config/scale.yaml")
        file.write_text(yaml.safe_dump(study(networks, SEEDS).model_dump(mode="json", exclude_none=True)))
        command = ("snakemake", "--cores", "2", "--configfile", str(file), "-n", "--quiet", "rules", "--", "report")
        said = subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True).stdout
    jobs = next(int(line.split()[1]) for line in said.splitlines() if line.startswith("total "))
    return {"networks": networks, "seeds": SEEDS, "jobs": jobs - 1}  # but for the target


def rows() -> dict[str, Any]:
    """Ten million lesions, of two thousand networks, from Parquet into a new database; the views on them."""
    import duckdb

    from resdag.store.build import build
    from resdag.store.read import connect

    columns = """
        'scale' AS study, printf('net%04d', i // 5000) AS network, 0::BIGINT AS seed,
        printf('random-k%02d-d%03d', i % 5000 // 500 + 1, i % 500) AS lesion, 'random' AS experiment,
        (i % 5000 // 500 + 1)::BIGINT AS "count", (i % 500)::BIGINT AS draw, [i % 54]::INT[] AS deleted,
        NULL::INT[] AS repeated, false AS recalibrated, 600 + i % 977 AS errors, 10000::BIGINT AS images,
        (600 + i % 977) / 10000 AS error, 1.0 AS loss, i % 977 AS broken, 0::BIGINT AS repaired
    """
    with tempfile.TemporaryDirectory() as folder:
        shard, database = Path(folder) / "lesions.parquet", Path(folder) / "results.duckdb"
        duckdb.sql(f"COPY (SELECT {columns} FROM range({LESIONS}) t(i)) TO '{shard}' (FORMAT parquet)")
        started = time.perf_counter()
        build(database, "scale", {"lesions": [shard]})
        stored, size = time.perf_counter() - started, database.stat().st_size
        started = time.perf_counter()
        with connect(database) as con:
            con.sql('SELECT "count", median(error) FROM lesions GROUP BY ALL').fetchall()
    asked = time.perf_counter() - started
    return {"rows": LESIONS, "store_seconds": round(stored, 1), "mb": size // 10**6, "query_seconds": round(asked, 2)}


def _two_hundred(name: str) -> Any:
    """Rows of a figure's view, of two hundred networks: those by hand for the tests, and its first network again and
    again, each number a little smaller by chance, since rows that repeat themselves would compress to nothing."""
    import numpy as np
    import polars as pl
    import polars.selectors as cs

    from views_by_hand import VIEWS  # type: ignore[import-not-found]

    given, noise = VIEWS[name](), np.random.default_rng(0)
    if "network" not in given.columns:
        return given
    one = given.filter(network=given["network"].drop_nulls()[0])
    parts = [given]
    for index in range(DRAWN - given["network"].n_unique()):
        scale = pl.Series(noise.uniform(0.98, 1, len(one)))
        parts.append(one.with_columns(cs.float() * scale, network=pl.lit(f"z{index:03d}")))
    return pl.concat(parts)


def figures() -> dict[str, Any]:
    """Every figure of two hundred networks."""
    sys.path.append("tests")  # rows of every view, by hand
    seconds = {name: _drawn(name, PAGES) for name in figure_names()}
    heights = {path.stem: _height(path) for path in PAGES.glob("*.svg")}
    slowest, tallest = (max(of, key=of.__getitem__) for of in (seconds, heights))
    return {
        "networks": DRAWN, "figures": len(seconds),
        "slowest": [slowest, round(seconds[slowest], 1)], "tallest_px": [tallest, heights[tallest]],
    }  # fmt: skip


def report() -> dict[str, Any]:
    """The report that holds these figures, with the rows of their views; to be measured after them."""
    import duckdb

    from resdag.report.build import write_report

    sys.path.append("tests")
    with tempfile.TemporaryDirectory() as folder:
        database, out = Path(folder, "results.duckdb"), Path(folder, "report.html")
        with duckdb.connect(str(database)) as con:
            _store(con)
        write_report(database, BY_HAND, sorted(PAGES.glob("figure_*.html")), out)
        return {"networks": DRAWN, "mb": round(out.stat().st_size / 1e6, 1)}


def _drawn(name: str, folder: Path) -> float:
    """Draw a figure; the processor's seconds that it took."""
    from resdag.figures.job import draw_figure
    from resdag.figures.modules import module_of

    started = time.process_time()
    draw_figure(module_of(name), _two_hundred(name), folder)
    return time.process_time() - started


def _height(svg: Path) -> int:
    head = svg.read_text(encoding="utf-8").split(">", 1)[0]
    return round(float(head.split('height="')[1].split('"')[0]))


def _store(con: Any) -> None:
    """A database of the study by hand whose networks are two hundred, and whose views show two hundred networks."""
    import polars as pl

    from report_by_hand import rows  # type: ignore[import-not-found]
    from resdag.figures.modules import module_of
    from resdag.store.schema import create

    create(con)
    given = rows()
    for table in ("networks", "evaluations"):
        given[table] = [given[table][0] | {"network": f"net{index:03d}"} for index in range(DRAWN)]
    for table, values in given.items():
        con.register("given", pl.DataFrame(values, infer_schema_length=None))
        con.execute(f"INSERT INTO {table} BY NAME SELECT * FROM given")
    for name in figure_names():
        con.register("given", _two_hundred(name).with_columns(study=pl.lit(BY_HAND)))
        con.execute(f"DROP VIEW {module_of(name).VIEW}")
        con.execute(f"CREATE TABLE {module_of(name).VIEW} AS SELECT * FROM given")


ALL: dict[str, Callable[[], dict[str, Any]]] = {
    each.__name__: each
    for each in (plan, dry_run_of_a_fifth, dry_run, dry_run_of_four_times, rows, figures, report)
}  # fmt: skip


def main(names: list[str]) -> None:
    """One measurement here; several, each in a process of its own."""
    if len(names) != 1:
        for name in names or ALL:
            subprocess.run([sys.executable, "-m", "benchmarks.scale", name], check=True)
        return
    started, (name,) = time.process_time(), names
    found = ALL[name]()
    elsewhere = name.startswith("dry_run")
    used = resource.getrusage(resource.RUSAGE_CHILDREN if elsewhere else resource.RUSAGE_SELF)
    cpu = used.ru_utime + used.ru_stime if elsewhere else time.process_time() - started
    found |= {
        "cpu_seconds": round(cpu, 1),
        "memory_mb": used.ru_maxrss // 1024,
        "hardware": hardware(),
        "commit": git_state()[0],
    }
    known = limits.measured() | {name: found}
    limits.MEASURED.write_text(json.dumps(known, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    limits.write_page()
    print(f"{name}: {found}", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
