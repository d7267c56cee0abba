"""A study's database and figures, by hand: what a report is written of without any run."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest

from resdag.figures.job import draw_figure
from resdag.figures.modules import module_of
from resdag.planning.figures import figure_names
from resdag.store.schema import create
from views_by_hand import STUDY, VIEWS

CONFIG = {
    "study": STUDY, "dataset": {"kind": "digits", "test_limit": 100},
    "training": {
        "epochs": 30, "batch_size": 128, "learning_rate": 0.1, "momentum": 0.9, "weight_decay": 1e-4,
    },
    "lesions": {
        "single": {"networks": ["resnet110", "vgg15"]},
        "random": {"networks": ["resnet110"], "counts": [1, 10], "draws": 50},
        "reorder": None,
    },
    "paths": {
        "gradients": {
            "networks": ["resnet110"], "samples": 1000, "batch_size": 128, "samples_per_batch": 10,
            "batch_norm": "eval", "epochs": ["first", 5, "last"],
        }
    },
}  # fmt: skip
NOT_DRAWN = ("figure_4", "figure_8")
DRAWN = [name for name in figure_names() if name not in NOT_DRAWN]
STATEMENT = "Deleting one <block> & keeping 'the rest' changes little"


def study_row() -> dict[str, Any]:
    return {
        "study": STUDY, "config": json.dumps(CONFIG), "file": "config/s.yaml",
        "git_commit": "0123456789abcdef0123", "git_dirty": True,
        "versions": json.dumps({"python": "3.11", "torch": "2.15.0"}), "hardware": "<2 cores> & no GPU",
        "started_at": datetime(2024, 5, 1, 12), "finished_at": datetime(2024, 5, 1, 12, 9),
    }  # fmt: skip


def network_row(name: str, seed: int, **changes: Any) -> dict[str, Any]:
    return {
        "study": STUDY, "network": name, "seed": seed, "architecture": "preact_resnet", "depth": 110, "blocks": 54,
        "convolutions": 2,
        "parameters": 1_727_962, "classes": 10, "shortcut": "subsample", "first_block": "plain", "options": "{}",
        "recipe": "{}", "stochastic_depth": None, "blocks_per_batch": None, "precision": "float32", "source": "trained",
        "checkpoint_sha256": "0" * 64, "device": "cpu", "train_seconds": 4000.0, "test_scale": "none",
        "test_errors": 640, "test_images": 10_000, "test_error": 0.064, "test_loss": 0.3,
        "diverged": False, "train_errors": 5,
        "train_images": 50_000,
    } | changes  # fmt: skip


def evaluation_row(name: str, scale: str, recalibrated: bool, errors: int) -> dict[str, Any]:
    return {
        "study": STUDY, "network": name, "seed": 0, "test_scale": scale, "recalibrated": recalibrated,
        "errors": errors, "images": 10_000, "error": errors / 10_000, "loss": None,
    }  # fmt: skip


def claim_row(name: str, verdict: str, **values: Any) -> dict[str, Any]:
    return {
        "study": STUDY, "claim": name, "statement": f"{STATEMENT} ({name})", "figure": "figure 3", "paper": "no change",
        "paper_value": None, "ours": None, "low": None, "high": None,
        "interval_kind": None, "margin": None, "unit": "fraction", "test": "Wilson", "p": None, "rule": "below 1 %",
        "verdict": verdict, "detail": "two seeds",
    } | values  # fmt: skip


def job_row(rule: str, wildcards: str, seconds: float) -> dict[str, Any]:
    return {
        "study": STUDY, "rule": rule, "wildcards": wildcards, "network": None, "seed": None, "seconds": seconds,
        "max_rss_mb": 800.0, "device": "cpu",
    }  # fmt: skip


def rows() -> dict[str, list[dict[str, Any]]]:
    effective = {"test_scale": "m/n", "blocks_per_batch": 23, "test_errors": 700, "test_error": 0.07}
    vgg = {"architecture": "vgg", "depth": 15, "blocks": 14, "shortcut": None, "first_block": None}
    return {
        "studies": [study_row()],
        "networks": [
            network_row("resnet110", 0),
            network_row("vgg15", 0, **vgg),
            network_row("resnet110-effective-paths", 0, **effective),
        ],
        "evaluations": [
            evaluation_row("resnet110", "none", False, 640),
            evaluation_row("resnet110-effective-paths", "m/n", False, 700),
            evaluation_row("resnet110-effective-paths", "none", True, 2_345),
        ],
        "claims": [
            claim_row("single", "reproduced", ours=0.0042, low=0.001, high=0.008),
            claim_row("vgg", "not reproduced", ours=0.61, p=0.00012),
            claim_row("paths", "inconclusive", unit="blocks", ours=11.0),
            claim_row("highway", "not run"),
        ],
        "jobs": [
            job_row("train_network", "a", 4000.0), job_row("train_network", "b", 3200.0), job_row("draw", "c", 2.5),
        ],
    }  # fmt: skip


@pytest.fixture(scope="session")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with results.duckdb and figures/."""
    folder = tmp_path_factory.mktemp("report")
    with duckdb.connect(str(folder / "results.duckdb")) as con:
        create(con)
        for table, values in rows().items():
            con.register("given", pl.DataFrame(values, infer_schema_length=None))
            con.execute(f"INSERT INTO {table} BY NAME SELECT * FROM given")
    for name in DRAWN:
        draw_figure(module_of(name), VIEWS[name](), folder / "figures", png_scale=0.5)
    return folder


def pages(folder: Path) -> list[Path]:
    """The pages of its figures."""
    return [folder / "figures" / f"{name}.html" for name in DRAWN]


def with_rows_behind(folder: Path) -> Path:
    """A copy of the database in which each view by hand is a table of its name, so that figures have their rows."""
    path = folder / "with_rows.duckdb"
    path.write_bytes((folder / "results.duckdb").read_bytes())
    with duckdb.connect(str(path)) as con:
        for name in DRAWN:
            con.register("given", VIEWS[name]())
            con.execute(f"DROP VIEW {name}")
            con.execute(f"CREATE TABLE {name} AS SELECT * FROM given")
    return path
