"""results.duckdb in the hands of others: the oldest DuckDB that the contract names reads all of it."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest

from report_by_hand import claim_row, job_row
from resdag.records.registry import records
from resdag.store.build import build
from resdag.store.read import connect, frame
from resdag.store.schema import views
from test_views import con  # noqa: F401  (a fixture: rows by hand that fill every view)

pytestmark = pytest.mark.workflow
ROOT = Path(__file__).resolve().parents[1]
OLD = ROOT / ".tools/duckdb-1.1"
ASK = """
import duckdb, json, sys
with duckdb.connect(sys.argv[1], read_only=True) as con:
    answers = [[list(map(str, row)) for row in con.execute(query).fetchall()] for query in json.load(sys.stdin)]
print(json.dumps({"version": duckdb.__version__, "answers": answers}))
"""
COMMENTS = (
    "SELECT table_name, column_name, comment FROM duckdb_columns() WHERE NOT internal ORDER BY ALL",
    "SELECT table_name, comment FROM duckdb_tables() ORDER BY ALL",
    "SELECT view_name, comment FROM duckdb_views() WHERE NOT internal ORDER BY ALL",
)


@pytest.fixture(scope="module")
def written(con: duckdb.DuckDBPyConnection, tmp_path_factory: pytest.TempPathFactory) -> Path:  # noqa: F811
    """The rows by hand as `build` writes them."""
    path = tmp_path_factory.mktemp("old") / "results.duckdb"
    rows = {record.table: frame(con, f"SELECT * FROM {record.table}") for record in records()}
    rows["claims"] = pl.DataFrame([claim_row("depth", "reproduced") | {"study": "hand"}])
    rows["jobs"] = pl.DataFrame([job_row("train_network", "network=resnet110 seed=0", 60.0) | {"study": "hand"}])
    build(path, "hand", {}, [lambda *_: rows])
    return path


def old_client(path: Path, queries: list[str]) -> dict[str, Any]:
    """What DuckDB 1.1 makes of these queries."""
    if not (OLD / "duckdb").is_dir():
        pytest.skip("DuckDB 1.1 is not there: `make old-duckdb` installs it")
    environment = {**os.environ, "PYTHONPATH": str(OLD)}
    command = [sys.executable, "-W", "ignore", "-c", ASK, str(path)]
    done = subprocess.run(command, input=json.dumps(queries), capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_duckdb_1_1_reads_every_table_view_and_comment(written: Path) -> None:
    names = [*(record.table for record in records()), *(view.name for view in views())]
    queries = [f'SELECT count(*) FROM "{name}"' for name in names] + list(COMMENTS)
    with connect(written) as now:
        expected = [[list(map(str, row)) for row in now.execute(query).fetchall()] for query in queries]
    found = old_client(written, queries)
    assert found["version"].startswith("1.1.")
    assert dict(zip(queries, found["answers"], strict=True)) == dict(zip(queries, expected, strict=True))


@pytest.mark.parametrize("name", ["lesions", "networks", "figure_3", "figure_5a", "seed_agreement", "table_errors"])
def test_duckdb_1_1_finds_the_same_values(name: str, written: Path) -> None:
    query = f'SELECT to_json(rows) FROM "{name}" AS rows ORDER BY ALL'
    with connect(written) as now:
        expected = [json.loads(row) for (row,) in now.execute(query).fetchall()]
    found = [json.loads(row) for (row,) in old_client(written, [query])["answers"][0]]
    assert expected
    assert found == expected
