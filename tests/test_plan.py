"""What reruns: the plan's fingerprints before and after an edit, row by row of the contract's table."""

import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from resdag import provenance
from resdag.config.load import load_study, merged, parse_study, read_yaml
from resdag.planning import figures
from resdag.planning.figures import can_be_filled, figure_modules, figure_names, literals
from resdag.planning.plan import Plan, plan_study
from resdag.planning.registry import rules as declared
from resdag.planning.registry import rules_of
from resdag.planning.views import VIEWS, tables_behind, views_behind
from resdag.records.registry import tables

ROOT = Path(__file__).resolve().parents[1]
TORCH_RULES = {name for name, rule in declared().items() if rule.device}
STATISTICS = {*rules_of("statistics")} - {"compare_networks"}
Edit = Callable[[str], list[str]]
# What stands at the end of every study and is made again whenever anything in it changed.
ALWAYS = {"write_database", "write_report"}
# Read from rows of measurements, so made again after any measurement.
READING = {*STATISTICS, "judge_claims", "draw_figure", *ALWAYS}
STUDY: dict[str, Any] = {
    "study": "s",
    "dataset": {"kind": "cifar10", "root": "data"},
    "networks": {
        "a": {"architecture": "preact_resnet", "depth": 20},
        "b": {"architecture": "preact_resnet", "depth": 20, "training": {"epochs": 3}},
        "v": {"architecture": "vgg", "depth": 8, "channels": 8},
    },
    "influence": {"networks": ["a"]},
    "lesions": {
        "single": {"networks": ["a", "b", "v"]},
        "random": {"networks": ["a", "b"], "counts": [1, 2], "draws": 15},
        "reorder": {"networks": ["a"], "swaps": [1, "reversal"], "draws": 15},
        "skip": {"networks": ["a"]},
        "recalibrated": {"networks": ["a"]},
        "pair": {"networks": ["a"]},
        "run": {"networks": ["a"], "lengths": [2, 4]},
        "repeat": {"networks": ["a"], "times": [2]},
    },
    "paths": {
        "gradients": {"networks": ["a"], "samples": 60},
        "spectrum": {"networks": ["a"], "batches": 3},
    },
}


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def planned(*changes: dict[str, Any]) -> Plan:
    """The plan of the study above, with entries laid over it."""
    content = STUDY
    for change in changes:
        content = merged(content, change)
    return plan_study(parse_study(content))


def added(old: Plan, new: Plan) -> list[str]:
    """Labels of the jobs that a plan has and an older one has not: they run."""
    before = {job.fingerprint for job in old.jobs}
    return [job.label for job in new.jobs if job.fingerprint not in before]


def rerun(*changes: dict[str, Any]) -> list[str]:
    return added(planned(), planned(*changes))


def rules(labels: list[str]) -> set[str]:
    return {label.split()[0] for label in labels}


def torch_jobs(labels: list[str]) -> list[str]:
    return [label for label in labels if label.split()[0] in TORCH_RULES]


def drawn(labels: list[str]) -> set[str]:
    return {label.split("=")[1] for label in labels if label.startswith("draw_figure")}


def figures_of(plan: Plan) -> set[str]:
    return {str(job.of["figure"]) for job in plan.of_rule("draw_figure")}


def shipped(name: str) -> Plan:
    return plan_study(load_study(ROOT / f"config/{name}.yaml"))


# The table of the contract


def test_the_same_study_has_the_same_jobs() -> None:
    assert rerun() == []


OF_RANDOM = {"figure_5a", "figure_prediction", "figure_runs"}
OF_SAMPLES = {"figure_6b", "figure_6c", "figure_prediction", "figure_spectrum"}


def test_more_draws_of_random_deletion_add_their_chunks_alone() -> None:
    labels = rerun({"lesions": {"random": {"draws": 30}}})
    assert torch_jobs(labels) == [
        "delete_random network=a seed=0 chunk=0020",
        "delete_random network=b seed=0 chunk=0020",
    ]
    assert drawn(labels) == OF_RANDOM


def test_more_draws_within_a_chunk_measure_nothing_and_draw_their_figure() -> None:
    labels = rerun({"lesions": {"random": {"draws": 18}}})
    assert torch_jobs(labels) == []
    assert drawn(labels) == OF_RANDOM
    assert rules(labels) <= READING


def test_fewer_draws_measure_nothing() -> None:
    labels = rerun(
        {"lesions": {"random": {"draws": 4}, "reorder": {"draws": 1}}, "paths": {"gradients": {"samples": 10}}}
    )
    assert torch_jobs(labels) == []
    assert drawn(labels) == OF_RANDOM | {"figure_5b"} | OF_SAMPLES


@pytest.mark.parametrize(
    ("change", "rule", "figures"),
    [
        ({"skip": {"networks": ["a", "b"]}}, "delete_skips network=b", {"figure_control"}),
        ({"pair": {"networks": ["a", "b"]}}, "delete_pairs network=b", {"figure_pairs"}),
        ({"recalibrated": {"images": 100}}, "delete_recalibrated network=a", {"figure_control"}),
        ({"run": {"lengths": [2]}}, "delete_runs network=a", {"figure_runs"}),
        ({"repeat": {"times": [2, 3]}}, "repeat_blocks network=a", {"figure_repeat"}),
    ],
)
def test_a_lesion_beyond_the_paper_runs_its_own_job_alone(change: dict[str, Any], rule: str, figures: set[str]) -> None:
    labels = rerun({"lesions": change})
    assert torch_jobs(labels) == [f"{rule} seed=0"]
    assert drawn(labels) == figures


def test_gates_add_their_job_alone_and_draw_their_figure() -> None:
    network = {"networks": {"h": {"architecture": "highway", "depth": 8}}}
    labels = added(planned(network), planned(network, {"gates": {"networks": ["h"]}}))
    assert torch_jobs(labels) == ["measure_gates network=h seed=0"]
    assert "figure_highway" in drawn(labels)
    assert rules(labels) <= {"measure_gates", *READING}


def test_more_reorderings_add_their_chunks_alone() -> None:
    assert torch_jobs(rerun({"lesions": {"reorder": {"draws": 21}}})) == ["reorder_blocks network=a seed=0 chunk=0020"]


def test_more_samples_of_paths_add_their_chunks_alone() -> None:
    labels = rerun({"paths": {"gradients": {"samples": 140}}})  # batches 0..5 become 0..13, five in a job
    assert drawn(labels) == OF_SAMPLES
    assert torch_jobs(labels) == ["sample_path_gradients network=a seed=0 epoch=last chunk=0010"]


def test_more_batches_of_the_spectrum_add_their_chunks_alone() -> None:
    labels = rerun({"paths": {"spectrum": {"batches": 6}}})  # two in a job
    assert torch_jobs(labels) == ["measure_path_spectrum network=a seed=0 epoch=last chunk=0004"]


def test_the_epoch_before_training_adds_its_own_jobs_alone() -> None:
    labels = rerun({"paths": {"gradients": {"epochs": ["first", "last"]}}})
    assert {label.split()[3] for label in torch_jobs(labels)} == {"epoch=first"}


def test_an_epoch_more_along_training_adds_its_own_jobs_alone() -> None:
    kept = {"networks": {"a": {"training": {"keep_epochs": [1, 20]}}}}
    paths = {"gradients": {"epochs": [20, "last"]}, "spectrum": {"epochs": [1, "last"]}}
    labels = added(planned(kept), planned(kept, {"paths": paths}))
    assert {" ".join(label.split()[:4:3]) for label in torch_jobs(labels)} == {
        "sample_path_gradients epoch=20", "measure_path_spectrum epoch=1",
    }  # fmt: skip
    assert "figure_training_paths" in drawn(labels)


def test_epochs_to_keep_train_their_network_again_alone() -> None:
    labels = torch_jobs(rerun({"networks": {"b": {"training": {"keep_epochs": [1]}}}}))
    assert rules(labels) == {"train_network", "evaluate_network", "delete_single", "delete_random"}
    assert all("network=b" in label for label in labels)


def test_a_networks_own_training_trains_it_and_measures_it_again() -> None:
    labels = torch_jobs(rerun({"networks": {"b": {"training": {"epochs": 4}}}}))
    assert rules(labels) == {"train_network", "evaluate_network", "delete_single", "delete_random"}
    assert all("network=b" in label for label in labels)


def test_the_recipe_of_all_trains_those_that_follow_it() -> None:
    labels = torch_jobs(rerun({"training": {"epochs": 9}}))
    assert {label for label in labels if label.startswith("train")} == {
        "train_network network=a seed=0", "train_network network=v seed=0",
    }  # fmt: skip
    assert not any("network=b" in label for label in labels)


def test_several_devices_train_nothing_again_where_their_statistics_are_those_of_one() -> None:
    assert torch_jobs(rerun({"training": {"devices": 4}})) == []
    local = {"networks": {"b": {"training": {"devices": 4, "batch_norm": "local"}}}}
    assert [label for label in rerun(local) if label.startswith("train")] == ["train_network network=b seed=0"]


def test_an_entry_that_says_the_default_changes_nothing() -> None:
    said = {"training": {"epochs": 164, "momentum": 0.9}, "networks": {"a": {"seeds": [0], "shortcut": "subsample"}}}
    assert rerun(said) == []


def test_a_seed_more_adds_its_jobs_alone() -> None:
    labels = torch_jobs(rerun({"networks": {"a": {"seeds": [0, 1]}}}))
    assert labels
    assert all("network=a seed=1" in label for label in labels)
    assert rules(labels) == TORCH_RULES - {"load_network", "measure_gates", "simulate_mean_field", "average_ensembles"}


def test_a_network_more_adds_its_jobs_alone() -> None:
    labels = torch_jobs(rerun({"networks": {"c": {"architecture": "resnet", "depth": 20}}}))
    assert labels == ["train_network network=c seed=0", "evaluate_network network=c seed=0"]


def test_a_network_that_is_removed_runs_no_torch_job() -> None:
    content = merged(STUDY, {"lesions": {"single": {"networks": ["a", "b"]}}})
    content["networks"] = {name: content["networks"][name] for name in ("a", "b")}
    assert torch_jobs(added(planned(), plan_study(parse_study(content)))) == []


def test_a_claims_margin_judges_again_and_draws_nothing() -> None:
    labels = rerun({"claims": {"equivalence_margin": 0.003}})
    assert rules(labels) == {"judge_claims", *ALWAYS}


def test_the_confidence_computes_statistics_again_and_measures_nothing() -> None:
    labels = rerun({"claims": {"confidence": 0.9}})
    assert rules(labels) <= READING
    assert STATISTICS & rules(labels) == STATISTICS - {"compute_lesion_tests"}  # p-values


def test_a_figures_own_style_draws_that_figure_alone() -> None:
    labels = rerun({"figures": {"styles": {"figure_3": {"height": 400}}}})
    assert sorted(labels) == ["draw_figure figure=figure_3", "write_database", "write_report"]


def test_the_style_of_all_draws_every_figure_and_measures_nothing() -> None:
    labels = rerun({"figures": {"width": 700}})
    assert rules(labels) == {"draw_figure", *ALWAYS}
    assert drawn(labels) == figures_of(planned())


def test_where_the_images_lie_changes_nothing() -> None:
    assert rerun({"dataset": {"root": "elsewhere"}}) == []
    assert rerun({"dataset": {"archive": "archive.tar.gz", "download": False}}) == []


def test_the_test_limit_measures_again_and_trains_nothing() -> None:
    labels = torch_jobs(rerun({"dataset": {"test_limit": 1000}}))
    controls = {
        "delete_skips",
        "delete_recalibrated",
        "delete_pairs",
        "delete_runs",
        "repeat_blocks",
        "measure_influence",
    }
    assert rules(labels) == {"evaluate_network", "delete_single", "delete_random", "reorder_blocks", *controls}


def test_what_training_sees_measures_everything_again_but_closed_forms() -> None:
    labels = rerun({"dataset": {"train_limit": 1000}})
    assert torch_jobs(labels) == torch_jobs([job.label for job in planned().jobs])
    assert "count_paths" not in labels


def test_other_contents_measure_everything_again_but_closed_forms(tmp_path: Path) -> None:
    def folder(name: str, shade: int) -> dict[str, Any]:
        for split in ("train", "test"):
            for label in ("x", "y"):
                path = tmp_path / name / split / label / "0.png"
                path.parent.mkdir(parents=True)
                Image.fromarray(np.full((8, 8, 3), shade, np.uint8)).save(path)
        return {"dataset": {"kind": "image_folder", "root": str(tmp_path / name)}}

    content = {key: value for key, value in STUDY.items() if key != "dataset"}
    first, same, other = (
        plan_study(parse_study(content | folder(*entry))) for entry in (("first", 1), ("same", 1), ("other", 2))
    )
    assert added(first, same) == []
    labels = added(first, other)
    assert "count_paths" not in labels
    assert torch_jobs(labels) == torch_jobs([job.label for job in first.jobs])


RANDOM = {"mean_field": {"systems": ["plain", "residual"], "draws": 15}}


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"draws": 18}, []),
        (
            {"draws": 21},
            ["simulate_mean_field system=plain chunk=0020", "simulate_mean_field system=residual chunk=0020"],
        ),
        ({"theory_depth": 2000}, ["iterate_mean_field system=plain", "iterate_mean_field system=residual"]),
        ({"systems": ["plain"]}, []),
        ({"sigma_v": 0.5}, []),  # of the full system alone
    ],
)
def test_what_is_added_to_random_networks_runs_alone(change: dict[str, Any], expected: list[str]) -> None:
    labels = added(planned(RANDOM), planned(RANDOM, {"mean_field": change}))
    assert [label for label in labels if "mean_field " in label] == expected
    assert not torch_jobs(labels) or rules(torch_jobs(labels)) == {"simulate_mean_field"}


def test_memory_changes_nothing() -> None:
    assert rerun({"jobs": {"memory_gib": 8.0}}) == []


def test_another_study_has_jobs_of_its_own_and_changes_none() -> None:
    other = planned({"study": "t"})
    assert {job.outputs["weights"] for job in other.of_rule("train_network")}.isdisjoint(
        job.outputs["weights"] for job in planned().of_rule("train_network")
    )


def test_predictions_are_part_of_single_deletion_alone() -> None:
    assert rules(torch_jobs(rerun({"lesions": {"single": {"predictions": True}}}))) == {"delete_single"}


# Code


@pytest.fixture
def edited(monkeypatch: pytest.MonkeyPatch) -> Edit:
    """Labels of the jobs that run after an edit of one module."""
    real = provenance.code_parts

    def edit(module: str) -> list[str]:
        def changed(parts: dict[str, str]) -> dict[str, str]:
            return parts | ({module: "edited"} if module in parts else {})

        assert module in real(module)
        before = planned()
        with monkeypatch.context() as patch:
            patch.setattr(provenance, "code_parts", lambda *of: changed(real(*of)))
            return added(before, planned())

    return edit


def test_an_edit_of_an_architecture_makes_its_networks_again_alone(edited: Edit) -> None:
    labels = torch_jobs(edited("resdag.models.architectures.vgg"))
    assert labels
    assert all("network=v" in label for label in labels)
    labels = torch_jobs(edited("resdag.models.architectures.preact_resnet"))
    assert labels
    assert not any("network=v" in label for label in labels)


def test_an_edit_of_a_figure_draws_it_alone(edited: Edit) -> None:
    assert edited("resdag.figures.figure_7") == ["draw_figure figure=figure_7", "write_report"]


@pytest.mark.parametrize("module", ["resdag.jobs.reading", "resdag.store.shards", "resdag.store.schema"])
def test_an_edit_of_what_reads_rows_draws_all_and_measures_nothing(module: str, edited: Edit) -> None:
    labels = edited(module)
    assert drawn(labels) == figures_of(planned())
    assert torch_jobs(labels) == []


def test_an_edit_of_the_training_loop_trains_all(edited: Edit) -> None:
    labels = edited("resdag.training.train")
    assert {label for label in labels if label.startswith("train")} == {
        f"train_network network={name} seed=0" for name in "abv"
    }
    assert "count_paths" not in labels


def test_an_edit_of_the_sampled_paths_trains_nothing(edited: Edit) -> None:
    labels = torch_jobs(edited("resdag.paths.sampled"))
    assert "sample_path_gradients" in rules(labels)
    assert rules(labels) <= {"sample_path_gradients", "measure_path_spectrum"}


def test_an_edit_of_the_closed_forms_measures_no_network_that_does_not_use_them(edited: Edit) -> None:
    assert rules(edited("resdag.jobs.count_paths")) <= {"count_paths", *READING}


@pytest.mark.parametrize(
    "module",
    ["resdag.cli", "resdag.verbs.run", "resdag.execution.workflow", "resdag.planning.plan", "resdag.config.sentences"],
)
def test_an_edit_of_what_only_plans_reruns_nothing(module: str, edited: Edit) -> None:
    assert edited(module) == []


# Shape of a plan


@pytest.mark.parametrize("name", ["config", "digits", "tiny"])
def test_every_job_has_files_of_its_own_and_only_inputs_that_are_made(name: str) -> None:
    jobs = shipped(name).jobs
    outputs = Counter(path for job in jobs for path in job.outputs.values())
    files = outputs + Counter(path for job in jobs for path in (job.log, job.benchmark))
    assert [path for path, count in files.items() if count > 1] == []
    made: set[str] = set()
    for job in jobs:
        assert set(job.inputs()) <= made, job.label
        made |= set(job.outputs.values())
    assert len({job.label for job in jobs}) == len({job.fingerprint for job in jobs}) == len(jobs)


def test_the_study_of_the_paper_has_some_hundreds_of_jobs() -> None:
    assert 50 <= len(shipped("config").jobs) <= 600


@pytest.mark.parametrize("name", ["config", "digits", "tiny"])
def test_shards_are_the_outputs_of_all_tables(name: str) -> None:
    plan = shipped(name)
    shards = plan.shards()
    assert set(shards) == set(tables())
    assert {path for paths in shards.values() for path in paths} == {
        path for path in plan.outputs() if path.endswith(".parquet")
    }
    assert plan.shards(["claims"]) == {"claims": [plan.of_rule("judge_claims")[0].outputs["claims"]]}


def test_a_job_is_found_by_rule_and_fingerprint() -> None:
    plan = planned()
    for job in plan.jobs:
        assert plan.find(job.rule, job.fingerprint) is job
        assert plan.find("no_such_rule", job.fingerprint) is None


def test_params_are_plain_values() -> None:
    plain = (str, int, float, bool, type(None))

    def check(value: Any) -> None:
        if isinstance(value, dict):
            for key, below in value.items():
                assert isinstance(key, str)
                check(below)
        elif isinstance(value, list | tuple):
            for below in value:
                check(below)
        else:
            assert isinstance(value, plain)

    for job in planned().jobs:
        check(job.param)


def test_every_figure_has_a_view_and_every_figures_view_a_figure() -> None:
    assert sorted(figure_names()) == sorted(path.stem for path in VIEWS.glob("figure_*.sql"))


@pytest.mark.parametrize("name", figure_names())
def test_a_figure_rests_on_tables_that_there_are(name: str) -> None:
    assert views_behind(name)[0] == name
    assert tables_behind(name) & set(tables())


@pytest.mark.parametrize("name", figure_names())
def test_a_figure_says_what_a_plan_has_to_know(name: str) -> None:
    said = literals(figure_modules()[name])
    assert {"TITLE", "CAPTION", "ORDER", "PAPER", "ESSENTIAL"} <= said.keys()
    assert {rule.partition(" of ")[0] for rule in said["ESSENTIAL"]} <= set(declared())
    assert said["PAPER"] == (f"figure {name.removeprefix('figure_')}" if name[7].isdigit() else None)


def test_figures_stand_in_the_paper_s_order_and_those_beyond_it_behind() -> None:
    names = figure_names()
    paper = [name for name in names if literals(figure_modules()[name])["PAPER"]]
    assert names[: len(paper)] == paper == sorted(paper)


def test_figures_that_a_study_cannot_fill_are_not_planned() -> None:
    alone = {"study": "s", "dataset": STUDY["dataset"], "networks": STUDY["networks"]}
    assert figures_of(plan_study(parse_study(alone))) == {
        "figure_1", "figure_2", "figure_6a", "figure_7", "figure_training",
    }  # fmt: skip
    deleted = alone | {"lesions": {"single": {"networks": ["a"]}}}
    assert figures_of(plan_study(parse_study(deleted))) - figures_of(plan_study(parse_study(alone))) == {"figure_3"}


@pytest.mark.parametrize(
    ("condition", "study", "holds"),
    [
        ("a.b", {"a": {"b": 0}}, True),
        ("a.b", {"a": {"b": None}}, False),
        ("a.b", {"a": None}, False),
        ("!a.b", {"a": None}, True),
        ("a.*.b", {"a": {"x": {"b": None}, "y": {"b": 0.5}}}, True),
        ("a=x", {"a": "x"}, True),
        ("a=x", {"a": "y"}, False),
        ("a!=x", {"a": "x"}, False),
        ("a!=x", {"a": "y"}, True),
        ("a>1", {"a": ["x"]}, False),
        ("a>1", {"a": ["x", "y"]}, True),
        ("*.a>1", {"x": {"a": ["x"]}, "y": None}, False),
    ],
)
def test_what_a_figure_asks_of_the_study_file(
    condition: str, study: dict[str, Any], holds: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(figures, "literals", lambda _: {"ESSENTIAL": (), "STUDY_HAS": (condition,)})
    assert can_be_filled("figure_1", (), study) == holds


@pytest.mark.parametrize(
    ("deleted", "holds"), [("ab", True), ("ac", False), ("ad", False), ("abcd", True), ("", False)]
)
def test_depths_are_compared_within_one_architecture(
    deleted: str, holds: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    depths = {"a": ("resnet", 20), "b": ("resnet", 32), "c": ("preact_resnet", 44), "d": ("resnet", 20)}
    networks = {name: {"architecture": kind, "depth": depth} for name, (kind, depth) in depths.items()}
    monkeypatch.setattr(figures, "literals", lambda _: {"ESSENTIAL": ("delete_single of 2 depth: depth!=0",)})
    jobs = [("delete_single", name) for name in deleted]
    assert can_be_filled("figure_1", jobs, {"networks": networks}) == holds


@pytest.mark.parametrize(("study", "drawn"), [("digits", True), ("tiny", False)])
def test_the_figure_of_depths_is_drawn_where_there_are_two(study: str, drawn: bool) -> None:
    plan = plan_study(load_study(ROOT / f"config/{study}.yaml"))
    assert ("figure_redundancy" in figures_of(plan)) == drawn


def test_planning_imports_neither_torch_nor_what_reads() -> None:
    code = (
        "import sys\nfrom pathlib import Path\nfrom resdag.config.load import load_study\n"
        "from resdag.planning.plan import plan_study\nplan_study(load_study(Path('config/config.yaml')))\n"
        "print(sorted({'torch', 'torchvision', 'duckdb', 'polars', 'altair', 'scipy', 'pyarrow'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_every_image_size_and_test_scale_is_planned_from_the_study_alone(tmp_path: Path) -> None:
    assert not list(tmp_path.iterdir())
    planned()
    assert not list(tmp_path.iterdir()), "a plan writes nothing for embedded or published data"


def test_the_tiny_study_has_a_job_of_every_rule_but_loading() -> None:
    content = read_yaml(ROOT / "config/tiny.yaml")
    found = {job.rule for job in plan_study(parse_study(content)).jobs}
    assert TORCH_RULES - found <= {"load_network"}
