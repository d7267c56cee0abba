"""A package that is not ours adds an experiment, its table, figure and claim, and an architecture: real snakemake."""

import shutil
from pathlib import Path

import pytest
import yaml

from workflow_tools import ROOT, complete, dry_run, logs, pythonpath, query, run, snakemake

pytestmark = pytest.mark.workflow
STUDY = {
    "study": "plugged",
    "dataset": {"kind": "digits", "train_limit": 64, "test_limit": 40},
    "training": {"epochs": 1, "batch_size": 32},
    "networks": {
        "ours": {"architecture": "preact_resnet", "depth": 8, "width": 4},
        "theirs": {"architecture": "projected", "depth": 8, "width": 4},
    },
    "scaled": {"networks": ["ours", "theirs"], "factors": [0.0, 1.0]},
    "lesions": {"single": {"networks": ["ours", "theirs"]}},
}

UNCHANGED = """
SELECT count(*), bool_and(scaled.errors = test_errors)
FROM scaled JOIN networks USING (network) WHERE factor = 1
"""
DELETED = """
SELECT count(*), bool_and(scaled.errors = lesions.errors)
FROM scaled JOIN lesions ON scaled.network = lesions.network AND deleted = [block]
WHERE factor = 0 AND experiment = 'single'
"""


@pytest.fixture
def plugged(fresh: Path, tmp_path: Path) -> tuple[Path, str]:
    """A checkout whose default study asks for what the package adds, and a PYTHONPATH that has it installed."""
    shutil.copytree(ROOT / "tests/plugin", tmp_path / "plugin", ignore=shutil.ignore_patterns("__pycache__"))
    (fresh / "config/config.yaml").write_text(yaml.safe_dump(STUDY, sort_keys=False))
    return fresh, pythonpath(fresh, tmp_path / "plugin")


def test_an_architecture_of_others_that_cannot_say_what_it_costs_is_refused_in_a_sentence(
    plugged: tuple[Path, str], tmp_path: Path
) -> None:
    folder, path = plugged
    module = tmp_path / "plugin/resdag_scaled/network.py"
    module.write_text(
        module.read_text().replace("resdag.config.networks import Staged", "resdag.config.network import Convolutional")
        .replace("(Staged)", "(Convolutional)")
    )  # fmt: skip
    status, said = run(folder, "resdag", "plan", "plugged", PYTHONPATH=path)
    assert (status, said) == (
        2, "resdag: the architecture resdag_scaled.network.Projected has no layers(channels, side), "
           "which `resdag plan` asks for\n",
    )  # fmt: skip


def test_a_package_of_others_is_planned_run_stored_drawn_and_digested(
    plugged: tuple[Path, str], tmp_path: Path
) -> None:
    folder, path = plugged
    status, said = snakemake(folder, "--list-rules", PYTHONPATH=path)
    assert status == 0 and "scale_branches (Turn each branch down by itself: figure_scaled.)" in said
    complete(folder, PYTHONPATH=path)

    # Nothing is changed by a factor of 1, and a factor of 0 is a deletion.
    assert query(folder, UNCHANGED) == query(folder, DELETED) == [(6, True)]
    verdict = query(folder, "SELECT ours, verdict FROM claims WHERE claim = 'scaled_identity'")
    assert verdict == [(0.0, "holds by arithmetic")]
    assert query(folder, "SELECT comment FROM duckdb_tables() WHERE table_name = 'scaled'")[0][0].startswith(
        "One network with one branch turned down."
    )
    assert (folder / "results/plugged/figures/figure_scaled.svg").stat().st_size > 1000
    assert "Branches turned down" in (folder / "results/plugged/report.html").read_text()
    assert dry_run(folder, PYTHONPATH=path) == {}

    # Its code counts as ours does: an edited comment reruns nothing, an edited job itself and what shows it.
    job = tmp_path / "plugin/resdag_scaled/job.py"
    text = job.read_text()
    job.write_text("# a comment\n" + text)
    assert dry_run(folder, PYTHONPATH=path) == {}
    job.write_text(text + "\nMORE = 1\n")
    assert dry_run(folder, PYTHONPATH=path) == {
        "scale_branches": 2, "draw_figure_scaled": 1, "judge_claims": 1, "write_database": 1, "write_report": 1,
    }  # fmt: skip


def test_without_the_package_its_study_is_refused_in_a_sentence(plugged: tuple[Path, str]) -> None:
    folder, _ = plugged
    status, said = snakemake(folder, "-n")
    assert status != 0
    assert "networks.theirs.architecture: got 'projected', allowed are" in said
    assert "scaled: is an unknown key" in said
    assert "Traceback" not in said + logs(folder)
