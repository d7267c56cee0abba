"""Which jobs a figure depends on is read from the SQL of its view; rows of a real run say whether that is right."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pytest

from resdag import provenance
from resdag.config.load import load_study
from resdag.config.study import Study
from resdag.drawn import figure_names, rules_behind, tables_behind
from resdag.layout import DERIVED, EXPERIMENTS, LAYOUT
from resdag.plan import plan_study
from resdag.queries.derive import derive
from resdag.records.tables import BY_NAME
from resdag.store.schema import create, quoted
from resdag.store.shards import load

# config/tiny.yaml has no image folder and no stochastic depth; like figure 3, these show rows of `single_deletions`.
EMPTY = {"figure_4", "figure_8"}


@contextmanager
def database_of(study: Study, rules: set[str], folder: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """All views on the rows of some rules alone, and on what follows from them."""
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
            load(con, BY_NAME[table], study.study, files, None)
        for table, rows in derive(con, study.study, study.claims.confidence).items():
            con.register("derived", rows)
            con.execute(f"INSERT INTO {quoted(table)} BY NAME SELECT * FROM derived")
            con.unregister("derived")
        yield con


@pytest.mark.workflow
def test_rows_of_no_other_rule_change_a_figure(finished: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(finished)
    monkeypatch.setattr(provenance, "lock_digest", provenance.lock_digest.__wrapped__)  # of this folder, not the last
    study = load_study(Path("config/config.yaml"))
    measuring = {rule for rule, files in LAYOUT.items() if files.keys() & set(BY_NAME)} - {
        "compute_statistics", "judge_claims",
    }  # fmt: skip
    empty = set()
    with database_of(study, measuring, finished) as whole:
        for name in figure_names():
            rows = whole.execute(f"SELECT * FROM {name} ORDER BY ALL").fetchall()
            with database_of(study, rules_behind(name), finished) as own:
                assert own.execute(f"SELECT * FROM {name} ORDER BY ALL").fetchall() == rows, name
            empty |= set() if rows else {name}
    assert empty == EMPTY


def test_a_figure_of_the_paper_depends_on_its_own_experiment() -> None:
    assert rules_behind("figure_1") == set()
    assert rules_behind("figure_3") == {"evaluate_network", "delete_single"}
    assert rules_behind("figure_5a") == {"evaluate_network", "delete_random"}
    assert rules_behind("figure_5b") == {"evaluate_network", "reorder_blocks"}
    assert rules_behind("figure_7") == {"count_paths"}


def test_every_derived_table_and_experiment_has_its_origin() -> None:
    assert set(DERIVED) == {name for name in LAYOUT["compute_statistics"] if name in BY_NAME}
    assert {name for tables in DERIVED.values() for name in tables} <= set(BY_NAME)
    writing = {rule for rule, files in LAYOUT.items() if "lesions" in files}
    assert {*EXPERIMENTS.values(), "delete_recalibrated"} == writing
    assert any(tables_behind(name) & set(DERIVED) for name in figure_names())
