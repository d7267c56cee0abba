"""What is added to resdag runs its own jobs: no fingerprint of another job changes.

Each addition is made in a copy of the package, and the study is planned there by a process of its own.
"""

import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from shutil import copytree, ignore_patterns

import pytest
import yaml

from resdag.planning.registry import rules

pytestmark = pytest.mark.workflow

ROOT = Path(__file__).resolve().parents[1]
STUDY = {
    "study": "s",
    "dataset": {"kind": "digits"},
    "networks": {
        "a": {"architecture": "preact_resnet", "depth": 20},
        "h": {"architecture": "highway", "depth": 8},
        "v": {"architecture": "vgg", "depth": 8, "channels": 8},
    },
    "lesions": {
        "single": {"networks": ["a", "v"]},
        "random": {"networks": ["a"], "counts": [1, 2]},
        "repeat": {"networks": ["a"]},
    },
    "paths": {"gradients": {"networks": ["a"], "samples": 20}, "spectrum": {"networks": ["a"]}},
    "gates": {"networks": ["h"]},
    "mean_field": {"draws": 2},
}
PLAN = """
import json, sys
from resdag.config.load import parse_study
from resdag.planning.plan import plan_study
print(json.dumps({job.label: job.fingerprint for job in plan_study(parse_study(json.loads(sys.argv[1]))).jobs}))
"""
EXPERIMENT = '''
from resdag.config.base import OfNetworks
from resdag.planning.experiment import Experiment, Key, Rule, seconds_only

class Mine(OfNetworks):
    """Mine."""

KEY = Key("lesions.mine", Mine, "Mine.", costs="Nothing.")
RULE = Rule(
    name="delete_mine", says="Delete mine.", writes={"lesions": "mine/{network}/seed{seed}-{fingerprint}.parquet"},
    cost=seconds_only, target="lesions", wildcards=("network", "seed"), device=True, module="resdag.lesions.mine",
    lesions=("mine",),
)

def deleted(maker, made):
    if KEY.on(maker.study, made.network):
        yield maker.on_test_images(RULE, made)

EXPERIMENT = Experiment(place=375, rules=(RULE,), keys=(KEY,), of_seed=deleted)
'''
LESION = """
from resdag.jobs.opening import network_and_test_images
from resdag.lesions.rows import lesion_rows

def run(context):
    return {"lesions": lesion_rows(*network_and_test_images(context), "mine", [])}
"""
TABLE = '''
from typing import ClassVar
from resdag.records.base import OfNetwork

class Mine(OfNetwork):
    """Mine."""
    table: ClassVar[str] = "mine"
    key: ClassVar[tuple[str, ...]] = ("study", "network", "seed")
'''
FIGURE = (ROOT / "src/resdag/figures/figure_7.py").read_text().replace("figure_7", "figure_mine")
VIEW = (ROOT / "src/resdag/store/views/figure_7.sql").read_text()


def planned(
    folder: Path, files: Mapping[str, str], study: Mapping[str, object] = STUDY, without: Sequence[str] = (),
    newer: str = "",
) -> dict[str, str]:  # fmt: skip
    """Label -> fingerprint of every job of a study, planned by a copy of the package with files added or taken out.

    In a text that begins with `+` the rest is put behind what the file holds; `newer` is locked in another version.
    """
    copytree(ROOT / "src/resdag", folder / "resdag", ignore=ignore_patterns("__pycache__"))
    lock = (ROOT / "requirements.lock").read_text()
    (folder / "requirements.lock").write_text(re.sub(rf"(?m)^({newer}==)\S+", r"\g<1>99.1", lock) if newer else lock)
    for name in without:
        (folder / "resdag" / name).unlink()
    for name, text in files.items():
        path = folder / "resdag" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text if not text.startswith("+") else path.read_text() + text[1:])
    done = subprocess.run(
        [sys.executable, "-c", PLAN, json.dumps(study)], cwd=folder, env=os.environ | {"PYTHONPATH": str(folder)},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    found: dict[str, str] = json.loads(done.stdout)
    return found


@pytest.fixture(scope="module")
def before(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The plan without any addition."""
    return planned(tmp_path_factory.mktemp("before"), {})


CLAIM = """
from resdag.config.base import Fraction
from resdag.config.claim import Claim, Threshold
from resdag.queries.verdicts import not_run

MINE = Threshold("mine", Fraction, 0.5, "A share.")
JUDGE = lambda _: not_run("no")
CLAIMS = (Claim("mine", 1, "none", "It is mine.", "yes", "fraction", "above {mine:g}", JUDGE, (MINE,)),)
"""
ENDS = {"write_database", "write_report"}  # these hold and show everything that there is
GATES = {"measure_gates", "judge_claims", "draw_figure figure=figure_highway", *ENDS}
ADDITIONS = {
    "a rule of an experiment": ({"experiments/mine.py": EXPERIMENT, "lesions/mine.py": LESION}, set()),
    "a figure": ({"figures/figure_mine.py": FIGURE, "store/views/figure_mine.sql": VIEW}, ENDS),
    "a view": ({"store/views/mine.sql": VIEW}, ENDS),
    "a claim": ({"claims/mine.py": CLAIM}, {"judge_claims", *ENDS}),
    "a table": ({"records/tables/mine.py": TABLE}, ENDS),
    "a column of another table": ({"records/tables/gates.py": "+    more: int | None\n"}, GATES),
    "a verb": ({"verbs/mine.py": '"""`resdag mine`: mine."""\n', "cli.py": '+VERBS["mine"] = "mine"\n'}, set()),
    "an architecture": ({"models/architectures/mine.py": "def build(): ...\n"}, set()),
}


@pytest.mark.parametrize("what", ADDITIONS)
def test_what_is_added_changes_no_other_fingerprint(what: str, before: dict[str, str], tmp_path: Path) -> None:
    files, own = ADDITIONS[what]
    after = planned(tmp_path, files)
    changed = {label for label, fingerprint in before.items() if after.get(label) != fingerprint}
    assert {label for label in changed if not {label, label.split()[0]} & own} == set()


def test_a_column_of_its_own_table_is_measured_again(before: dict[str, str], tmp_path: Path) -> None:
    after = planned(tmp_path, {"records/tables/gates.py": "+    more: int | None\n"})
    assert {label.split()[0] for label in before if after[label] != before[label]} >= {"measure_gates"}


def test_an_experiment_added_and_asked_for_runs_its_own_jobs(before: dict[str, str], tmp_path: Path) -> None:
    study = yaml.safe_load(yaml.safe_dump(STUDY))
    study["lesions"]["mine"] = {"networks": ["a"]}
    after = planned(tmp_path, {"experiments/mine.py": EXPERIMENT, "lesions/mine.py": LESION}, study)
    assert after.keys() - before.keys() == {"delete_mine network=a seed=0"}
    changed = {label for label, fingerprint in before.items() if after[label] != fingerprint}
    assert changed == {"judge_claims", *ENDS}


# All that there is of the lesion `repeat`, but for a word in a docstring of the table `lesions`.
REPEAT = (
    "experiments/repeat.py", "lesions/repeat.py", "figures/figure_repeat.py", "store/views/figure_repeat.sql",
)  # fmt: skip


def test_a_lesion_is_four_files_and_without_them_the_rest_is_as_it_was(before: dict[str, str], tmp_path: Path) -> None:
    study = yaml.safe_load(yaml.safe_dump(STUDY))
    del study["lesions"]["repeat"]
    after = planned(tmp_path, {}, study, REPEAT)
    gone = {"repeat_blocks network=a seed=0", "draw_figure figure=figure_repeat"}
    assert before.keys() - after.keys() == gone
    changed = {label for label in after if after[label] != before[label]}
    assert changed == {"judge_claims", *ENDS}


# Newer package -> rules, or jobs, that are certain to run again, and rules that are certain not to.  What stands in
# neither follows from upstream: rows of other numbers are drawn again.
TRAINING, COUNTING = "train_network", {"count_paths", "iterate_mean_field"}
DRAWN = {"draw_figure", "write_report"}
TORCH = {name for name, rule in rules().items() if rule.device}
NEWER = {
    "pytest": (set(), {*rules()}),
    "ruff": (set(), {*rules()}),
    "tqdm": (set(), {*rules()}),
    "torch": (TORCH, COUNTING),
    "triton": (TORCH, COUNTING),  # which torch requires
    "scikit-learn": (
        {"prepare_data", *TORCH} - {"simulate_mean_field"},
        COUNTING,
    ),  # its digits
    "altair": (DRAWN, {*rules()} - DRAWN),
    "vl-convert-python": (DRAWN, {*rules()} - DRAWN),
    "duckdb": ({"judge_claims", "write_database", *DRAWN}, {"prepare_data", *TORCH, *COUNTING}),
}


@pytest.mark.parametrize("package", NEWER)
def test_another_version_of_a_package_repeats_what_imports_it(
    package: str, before: dict[str, str], tmp_path: Path
) -> None:
    after = planned(tmp_path, {}, newer=package)
    assert after.keys() == before.keys()
    changed = {label.split()[0] for label in before if after[label] != before[label]}
    certain, never = NEWER[package]
    assert certain & {label.split()[0] for label in before} <= changed
    assert not changed & never


VIEW_EDITS = {
    "a comment": ("SELECT", "SELECT  -- what follows\n ", set()),
    "its words, which the database keeps": ("-- ", "-- Of old: ", ENDS),
}


@pytest.mark.parametrize("what", VIEW_EDITS)
def test_a_comment_in_a_view_repeats_nothing_and_its_words_go_to_the_database(
    what: str, before: dict[str, str], tmp_path: Path
) -> None:
    old, new, changed = VIEW_EDITS[what]
    view = (ROOT / "src/resdag/store/views/figure_7.sql").read_text()
    after = planned(tmp_path, {"store/views/figure_7.sql": view.replace(old, new, 1)})
    assert {label for label in before if after[label] != before[label]} == changed
