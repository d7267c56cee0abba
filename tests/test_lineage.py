"""Which jobs a figure depends on is read from the SQL of its view; rows of a real run say whether that is right."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import pytest

from resdag.config.load import load_study
from resdag.config.study import Study
from resdag.planning.figures import figure_names
from resdag.planning.lineage import rules_behind
from resdag.planning.plan import plan_study
from resdag.planning.registry import rules
from resdag.planning.views import sources, view_files
from resdag.records.registry import class_of, tables
from resdag.store.schema import create
from resdag.store.shards import load

# config/tiny.yaml has no image folder, no stochastic depth and no two depths of one recipe; like figure 3, these show
# rows of `single_deletions`.
EMPTY = {"figure_4", "figure_8", "figure_redundancy"}


@contextmanager
def database_of(study: Study, rules: set[str], folder: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """All views on the rows of some rules alone."""
    shards: dict[str, list[Path]] = {}
    for job in plan_study(study).jobs:
        if job.rule in rules:
            for table in job.tables:
                shards.setdefault(table, []).append(folder / job.outputs[table])
    with duckdb.connect(config={"threads": 1}) as con:
        create(con)
        con.execute(
            "INSERT INTO studies BY NAME SELECT ? AS study, ? AS config, '{}' AS versions, '' AS hardware, "
            "TIMESTAMP 'epoch' AS started_at, TIMESTAMP 'epoch' AS finished_at",
            [study.study, study.model_dump_json()],
        )
        for table, files in shards.items():
            load(con, class_of(table), study.study, files, None)
        yield con


@pytest.mark.workflow
def test_rows_of_no_other_rule_change_a_figure(finished: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(finished)
    study = load_study(Path("config/config.yaml"))
    empty, everything = set(), {name for name, rule in rules().items() if rule.writes.keys() & tables()}
    with database_of(study, everything, finished) as whole:
        for name in figure_names():
            rows = whole.execute(f"SELECT * FROM {name} ORDER BY ALL").fetchall()
            with database_of(study, rules_behind(name), finished) as own:
                assert own.execute(f"SELECT * FROM {name} ORDER BY ALL").fetchall() == rows, name
            empty |= set() if rows else {name}
    assert empty == EMPTY


def test_a_figure_of_the_paper_depends_on_its_own_experiment() -> None:
    assert rules_behind("figure_1") == set()
    assert rules_behind("figure_3") == {"evaluate_network", "delete_single", "compute_lesion_tests"}
    assert rules_behind("figure_5a") == {"evaluate_network", "delete_random", "delete_single"}  # what one block costs
    assert rules_behind("figure_5b") == {"evaluate_network", "reorder_blocks"}
    assert rules_behind("figure_7") == {"count_paths"}


def tables_in(tree: Any) -> Iterator[str]:
    """Names of tables, views and common table expressions in a parsed query."""
    if isinstance(tree, dict) and tree.get("type") == "BASE_TABLE":
        yield tree["table_name"]
    for below in tree.values() if isinstance(tree, dict) else tree if isinstance(tree, list) else ():
        yield from tables_in(below)


@pytest.mark.parametrize("path", view_files().values(), ids=lambda path: path.stem)
def test_the_sources_of_a_view_are_those_that_duckdb_parses(path: Path) -> None:
    with duckdb.connect() as con:
        (text,) = con.execute("SELECT json_serialize_sql(?)", [path.read_text(encoding="utf-8")]).fetchone()
    parsed = json.loads(text)
    assert not parsed["error"], parsed
    known = {*tables(), *view_files()}
    found = set(tables_in(parsed)) & known
    assert found == sources(path) & known
    assert found


def test_every_experiment_has_its_rule() -> None:
    assert all(bool(rule.lesions) == ("lesions" in rule.writes) for rule in rules().values())
