"""The workflow as users run it: the advertised command, what reruns after an edit, two devices at once.

Real snakemake processes, in copies of one finished run of config/tiny.yaml.
"""

import html
import json
import os
import re
import shlex
import shutil
import subprocess
import time
from pathlib import Path

import duckdb
import numpy as np
import pytest
import yaml
from PIL import Image

from resdag.config.load import load_study, read_yaml
from resdag.figures.save import read_figure
from resdag.planning.plan import plan_study
from resdag.planning.registry import rules_of
from workflow_tools import (
    NOTHING,
    ROOT,
    complete,
    dry_run,
    edit_study,
    jobs_in,
    logs,
    pythonpath,
    query,
    rows,
    run,
    snakemake,
    trainings,
)

pytestmark = pytest.mark.workflow
ADVERTISED = "snakemake --cores 8 --resources gpu=2 report"
TINY = read_yaml(ROOT / "config/tiny.yaml")
WITHOUT_TORCH = "raise ImportError('a look ahead must not import torch')\n"


def forbid_torch(folder: Path) -> str:
    """A PYTHONPATH on which importing torch fails."""
    aside = folder.parent / "without-torch"
    aside.mkdir(exist_ok=True)
    (aside / "torch.py").write_text(WITHOUT_TORCH)
    return pythonpath(folder, aside)


# The command


@pytest.mark.parametrize(
    "command",
    [ADVERTISED, "snakemake report --cores 8 --resources gpu=2", "snakemake --cores 8 --resources gpu=2 -- report"],
)
def test_the_advertised_command_is_understood_without_torch(fresh: Path, command: str) -> None:
    words = shlex.split(command)
    words.insert(1, "-n")
    status, said = run(fresh, *words, PYTHONPATH=forbid_torch(fresh))
    assert status == 0, said
    assert jobs_in(said)["train_network"] == trainings()


def test_the_advertised_command_runs_what_is_missing_to_the_report(finished_copy: Path) -> None:
    folder = finished_copy
    (folder / "results/tiny/report.html").unlink()
    (missing,) = folder.glob("results/tiny/lesions/random/*/*draws0002*.parquet")
    missing.unlink()
    status, said = run(folder, *shlex.split(ADVERTISED))
    assert status == 0, said
    assert missing.exists()
    assert (folder / "results/tiny/report.html").stat().st_size > 100_000
    assert query(folder, "SELECT study FROM studies") == [("tiny",)]


def test_right_after_a_run_nothing_is_to_be_done_and_torch_is_not_asked(finished_copy: Path) -> None:
    folder = finished_copy
    status, said = snakemake(folder, "report", PYTHONPATH=forbid_torch(folder))
    assert status == 0, said
    assert NOTHING in said


def test_the_paper_s_study_is_planned_without_torch_and_data(fresh: Path) -> None:
    (fresh / "config/config.yaml").unlink()
    (fresh / "config/paper.yaml").rename(fresh / "config/config.yaml")
    command = [*shlex.split(ADVERTISED), "-n", "--quiet", "rules"]
    status, said = run(fresh, *command, PYTHONPATH=forbid_torch(fresh))
    assert status == 0, said
    assert 20 <= sum(jobs_in(said).values()) <= 900


@pytest.mark.parametrize("what", ["--dag", "--rulegraph"])
def test_graphs_are_drawn_as_dot(fresh: Path, what: str) -> None:
    status, said = run(fresh, "snakemake", what, "dot", "report", PYTHONPATH=forbid_torch(fresh))
    assert status == 0, said
    assert "digraph snakemake_dag {" in said
    assert "train_network" in said


def test_snakemake_s_own_report_has_every_figure_with_its_caption(finished_copy: Path) -> None:
    folder = finished_copy
    status, said = run(folder, "snakemake", "report", "--report", "run.html", PYTHONPATH=forbid_torch(folder))
    assert status == 0, said
    page = (folder / "run.html").read_text()
    held, categories = (
        json.loads(re.search(rf'<script id="{name}">\s*var {name} = (.*);\n', page).group(1))
        for name in ("results", "categories")
    )
    figures = [job for job in plan_study(load_study(ROOT / "config/tiny.yaml")).jobs if job.rule == "draw_figure"]
    drawn = {job.outputs["svg"]: job.spec for job in figures}
    assert {name: set(files["Other"]) for name, files in categories.items()} == {
        "Figures": set(drawn), "The report": {"results/tiny/report.html"},
    }  # fmt: skip
    for path, words in drawn.items():
        caption = html.unescape(held[path]["caption"])
        assert words["title"] in caption
        assert words["caption"][:40] in " ".join(caption.split())
    assert "claim of the paper with its verdict" in held["results/tiny/report.html"]["caption"]


def test_a_study_comes_out_as_markdown_with_every_figure_that_was_drawn(finished_copy: Path) -> None:
    (finished_copy / "docs/figures").mkdir(parents=True, exist_ok=True)
    status, said = run(finished_copy, "python", "-m", "resdag.report.markdown", "tiny", "docs/figures")
    assert status == 0 and said.startswith("## What was asked\n\n| statement | paper | here | verdict |")
    shown = [finished_copy / "docs" / path for path in re.findall(r"^!\[\w+\]\((.+)\)$", said, re.MULTILINE)]
    drawn = [path for path in finished_copy.glob("results/tiny/figures/*.html") if read_figure(path)["drawn"]]
    assert [path.read_bytes() for path in shown if path.name == "tiny_figure_3.svg"] == [
        (finished_copy / "results/tiny/figures/figure_3.svg").read_bytes()
    ]
    assert len(shown) == len(drawn) and all(path.exists() for path in shown)
    assert said.count("\n### ") == len(drawn)


def test_nothing_of_the_default_study_leaks_into_another(finished_copy: Path) -> None:
    folder = finished_copy
    (folder / "config/config.yaml").rename(folder / "config/tiny.yaml")
    (folder / "config/config.yaml").write_text("study: other\nnot a key: 1\n")
    assert dry_run(folder, "--configfile", "config/tiny.yaml", "report") == {}


def test_a_wrong_study_stops_the_workflow_in_a_sentence(fresh: Path) -> None:
    edit_study(fresh, training__epochs=0)
    status, said = run(fresh, *shlex.split(ADVERTISED))
    assert status != 0
    assert "training.epochs: got 0" in said
    assert "Traceback" not in said
    assert not (fresh / "results/tiny").exists()


def test_overrides_on_the_command_line_reach_the_jobs(finished_copy: Path) -> None:
    folder = finished_copy
    assert dry_run(folder, "--config", "training={epochs: 3}", "report")["train_network"] == trainings()


# Devices


def test_two_torch_jobs_run_at_once_on_devices_of_their_own(finished: Path) -> None:
    devices = {device for (device,) in query(finished, "SELECT DISTINCT device FROM jobs WHERE device IS NOT NULL")}
    assert {device.rpartition("pretended-")[2] for device in devices} == {"0)", "1)"}


def test_jobs_per_gpu_of_the_profile_packs_two_jobs_on_a_device(fresh: Path) -> None:
    profile = fresh / "profiles/default/config.yaml"
    profile.write_text(profile.read_text().replace("  gpu: 1\n", "  gpu: 2\n  jobs_per_gpu: 2\n"))
    edit_study(fresh, lesions=None, influence=None, paths=None, claims=None)
    status, said = run(fresh, "snakemake", "--cores", "2", "train", RESDAG_PRETENDED_DEVICES="1")
    assert status == 0, said
    locks = sorted(path.name for path in (fresh / "leases").iterdir())
    assert locks == ["device-pretended-0-slot-0.lock", "device-pretended-0-slot-1.lock"]


# What reruns

STATISTICS = {*rules_of("statistics")} - {"compare_networks"}
READING = {*STATISTICS, "judge_claims", "write_database", "write_report"}


def measuring(jobs: dict[str, int]) -> dict[str, int]:
    """Without the reading wing."""
    return {rule: count for rule, count in jobs.items() if rule not in READING and not rule.startswith("draw_figure")}


@pytest.mark.parametrize(
    ("key", "more", "expected", "figure"),
    [
        ("lesions__random__draws", 8, {"delete_random": 2}, "draw_figure_5a"),
        ("lesions__reorder__draws", 4, {"reorder_blocks": 1}, "draw_figure_5b"),
        ("paths__gradients__samples", 8, {"sample_path_gradients": 4}, "draw_figure_6b"),  # 2 batches at 2 epochs
    ],
)
def test_more_draws_or_samples_run_only_those_that_are_new(
    finished_copy: Path, key: str, more: int, expected: dict[str, int], figure: str
) -> None:
    folder = finished_copy
    section, name, number = key.split("__")
    edit_study(folder, **{key: more})
    jobs = dry_run(folder)
    assert measuring(jobs) == expected
    assert figure in jobs
    assert not {f"draw_figure_{other}" for other in ("1", "3", "4", "7", "control", "training")} & set(jobs)
    edit_study(folder, **{key: TINY[section][name][number]})
    assert dry_run(folder) == {}


def test_a_network_s_own_training_reruns_that_network_alone(finished_copy: Path) -> None:
    folder = finished_copy
    edit_study(folder, networks__vgg8__training={"epochs": 3})
    again = {"train_network", "evaluate_network", "delete_single", "delete_recalibrated"}
    assert measuring(dry_run(folder)) == dict.fromkeys(again, 1)


def test_a_network_or_a_seed_more_runs_its_own_jobs_alone(finished_copy: Path) -> None:
    folder = finished_copy
    edit_study(folder, networks__new={"architecture": "resnet", "depth": 8, "width": 4})
    assert measuring(dry_run(folder)) == {"train_network": 1, "evaluate_network": 1, "count_paths": 1}
    edit_study(folder, networks__new=None, networks__vgg8__seeds=[0, 1])
    again = {"train_network", "evaluate_network", "delete_single", "delete_recalibrated"}
    assert measuring(dry_run(folder)) == dict.fromkeys(again, 1)


def test_values_of_two_keys_that_change_places_are_seen(finished_copy: Path) -> None:
    folder = finished_copy
    edit_study(folder, networks__vgg8__training={"learning_rate": 0.01, "weight_decay": 0.02})
    first = dry_run(folder)
    complete(folder, "train")
    edit_study(folder, networks__vgg8__training={"learning_rate": 0.02, "weight_decay": 0.01})
    assert measuring(dry_run(folder)) == measuring(first)


def test_a_margin_judges_again_and_draws_nothing(finished_copy: Path) -> None:
    folder = finished_copy
    edit_study(folder, claims__equivalence_margin=0.02)
    assert dry_run(folder) == {"judge_claims": 1, "write_database": 1, "write_report": 1}


def test_a_figure_s_style_draws_that_figure_alone(finished_copy: Path) -> None:
    folder = finished_copy
    edit_study(folder, figures={"styles": {"figure_3": {"height": 400}}})
    assert dry_run(folder) == {"draw_figure_3": 1, "write_database": 1, "write_report": 1}


def test_a_style_and_back_draws_the_first_one_again(finished_copy: Path) -> None:
    folder, figure = finished_copy, "results/tiny/figures/figure_3.svg"
    first = (folder / figure).read_bytes()
    edit_study(folder, figures={"styles": {"figure_3": {"height": 444}}})
    complete(folder, "draw_figure_3")
    assert (folder / figure).read_bytes() != first
    edit_study(folder, figures=None)
    complete(folder)
    assert (folder / figure).read_bytes() == first
    assert dry_run(folder) == {}


def test_the_test_limit_measures_again_and_trains_nothing(finished_copy: Path) -> None:
    folder = finished_copy
    edit_study(folder, dataset__test_limit=120)
    jobs = dry_run(folder)
    assert jobs["evaluate_network"] == trainings()
    assert jobs["delete_single"] == 3
    assert jobs["reorder_blocks"] == 1
    assert jobs["draw_figure_3"] == 1
    assert not {"train_network", "sample_path_gradients", "count_paths", "compute_path_norms", "draw_figure_6b"} & set(
        jobs
    )


def test_what_training_sees_measures_all_again_but_closed_forms(finished_copy: Path) -> None:
    folder = finished_copy
    edit_study(folder, dataset__train_limit=200)
    jobs = measuring(dry_run(folder))
    edit_study(folder, study="another")
    everything = measuring(dry_run(folder))
    stay = {"prepare_data", "count_paths", "iterate_mean_field", "simulate_mean_field"}  # the last: random networks
    assert jobs == {rule: count for rule, count in everything.items() if rule not in stay}


PICTURES = {
    "study": "pictures",
    "dataset": {"kind": "image_folder", "root": "here", "image_size": 8},
    "training": {"epochs": 1, "batch_size": 4},
    "networks": {"resnet8": {"architecture": "preact_resnet", "depth": 8, "width": 4}},
    "lesions": {"single": {"networks": ["resnet8"]}},
}


def test_the_same_images_elsewhere_rerun_nothing_and_others_all(fresh: Path) -> None:
    folder, colours = fresh, np.random.default_rng(0)
    for split in ("train", "test"):
        for label in ("cats", "dogs"):
            place = folder / "here" / split / label
            place.mkdir(parents=True)
            for number in range(4):
                Image.fromarray(colours.integers(256, size=(8, 8, 3), dtype=np.uint8)).save(place / f"{number}.png")
    (folder / "config/config.yaml").write_text(yaml.safe_dump(PICTURES))
    targets = ("lesions", "train")
    everything = dry_run(folder, *targets)
    complete(folder, *targets)
    (folder / "here").rename(folder / "there")
    edit_study(folder, dataset__root="there")
    assert dry_run(folder, *targets) == {}
    Image.new("RGB", (8, 8)).save(folder / "there/train/cats/0.png")
    assert dry_run(folder, *targets) == everything == dict.fromkeys(
        ("prepare_data", "train_network", "evaluate_network", "delete_single"), 1
    )  # fmt: skip


def test_the_database_target_misses_what_was_deleted_behind_it(finished_copy: Path) -> None:
    folder = finished_copy
    next(folder.glob("results/tiny/lesions/random/*/*.parquet")).unlink()
    assert measuring(dry_run(folder, "database")) == {"delete_random": 1}


def test_lost_metadata_and_an_edited_study_show_what_is_old(finished_copy: Path) -> None:
    folder = finished_copy
    shutil.rmtree(folder / ".snakemake")
    assert dry_run(folder) == {}
    edit_study(folder, lesions__single__predictions=False)
    assert measuring(dry_run(folder)) == {"delete_single": 3}


def test_results_that_were_copied_with_all_times_new_run_nothing(finished: Path, fresh: Path) -> None:
    for part in ("results", "results.duckdb"):
        subprocess.run(["cp", "-r", finished / part, fresh / part], check=True)
    now = time.time()
    for age, path in enumerate(sorted((fresh / "results").rglob("*.*"), reverse=True)):
        os.utime(path, (now - age, now - age))  # what was first is last
    assert dry_run(fresh) == {}
    status, said = snakemake(fresh, "report", PYTHONPATH=forbid_torch(fresh))
    assert status == 0, said
    assert NOTHING in said


def test_a_checkpoint_whose_time_lies_ahead_is_measured_once_and_well(finished_copy: Path) -> None:
    folder, tomorrow = finished_copy, time.time() + 86_400
    for weights in folder.glob("results/tiny/networks/vgg8/*/*"):
        os.utime(weights, (tomorrow, tomorrow))
    assert dry_run(folder) == {}
    (lost,) = folder.glob("results/tiny/lesions/single/vgg8/*/lesions.parquet")
    lost.unlink()
    complete(folder, "lesions")
    assert lost.exists()
    assert dry_run(folder) == {}


def test_edited_code_reruns_what_uses_it_and_an_edited_comment_nothing(finished_copy: Path) -> None:
    folder = finished_copy
    job = folder / "src/resdag/lesions/reorder.py"
    text = job.read_text()
    job.write_text("# A comment that was not there.\n" + text.replace('"""Job:', '"""This job:', 1))
    edit_study(folder, "digits", training__epochs=5)  # another study
    assert dry_run(folder) == {}
    job.write_text(text + "\nNEW = 1\n")
    assert measuring(dry_run(folder)) == {"reorder_blocks": 1}


def test_a_database_that_was_touched_by_hand_is_noticed_and_stored_again(finished_copy: Path, finished: Path) -> None:
    folder, database = finished_copy, finished_copy / "results.duckdb"

    def edit() -> None:
        with duckdb.connect(database) as con:
            con.execute("UPDATE lesions SET errors = 0")

    def swap() -> None:
        with duckdb.connect(folder / "other.duckdb") as con:
            con.execute("CREATE TABLE lesions AS SELECT 'tiny' AS study")
        os.replace(folder / "other.duckdb", database)

    for what, spoil in {"edited": edit, "swapped": swap}.items():
        state = database.stat()
        spoil()
        os.utime(database, ns=(state.st_atime_ns, state.st_mtime_ns))
        status, said = snakemake(folder, "report", "-n")
        assert (status, "results.duckdb: is not as it was written" in said) == (0, True), (what, said)
        assert dry_run(folder) == {"write_database": 1, "write_report": 1}, what
        complete(folder)
        assert rows(folder) == rows(finished)
    assert (folder / "results.duckdb.changed").exists()  # what was there is not lost
    assert dry_run(folder) == {}


def test_after_an_edit_a_job_that_failed_once_runs_again_and_all_after_it(finished_copy: Path) -> None:
    folder = finished_copy
    edit_study(folder, networks__vgg8__training={"epochs": 1})
    expected = dry_run(folder, "database")
    broken = folder.parent / "broken"
    broken.mkdir()
    (broken / "torch.py").write_text("raise SystemExit(1)\n")
    status, _ = snakemake(folder, "database", PYTHONPATH=pythonpath(folder, broken))
    assert status != 0
    assert dry_run(folder, "database") == expected
    complete(folder, "database")
    assert dry_run(folder, "database") == {}
    assert query(folder, "SELECT count(*) FROM epochs WHERE network = 'vgg8'") == [(2,)]

    # What the old config left behind is shown and removed, and nothing that the new one uses.
    old = list(folder.glob("results/tiny/networks/vgg8/*/weights.safetensors"))
    status, said = run(folder, "resdag", "clean")
    assert status == 0 and "can be removed with --remove" in said
    (unused,) = (path for path in old if str(path.relative_to(folder)) in said)
    status, said = run(folder, "resdag", "clean", "--remove")
    assert status == 0, said
    assert [path for path in old if not path.exists()] == [unused]
    assert dry_run(folder, "database") == {}


def test_a_network_that_is_renamed_leaves_no_rows_behind(finished_copy: Path) -> None:
    folder = finished_copy
    others = {f"lesions__{key}__networks": ["resnet26"] for key in ("single", "recalibrated")}
    edit_study(folder, networks__vgg8=None, claims__vgg="vgg", **others)
    complete(folder, "database")
    left = {network for (network,) in query(folder, "SELECT DISTINCT network FROM networks")}
    assert left == set(TINY["networks"]) - {"vgg8"}
    status, said = run(folder, "resdag", "forget", "tiny")
    assert status == 0, said
    assert query(folder, "SELECT count(*) FROM lesions") == [(0,)]


OTHER = {
    "study": "other",
    "dataset": {"kind": "digits", "train_limit": 64, "test_limit": 40},
    "training": {"epochs": 1, "batch_size": 32},
    "networks": {"resnet8": {"architecture": "preact_resnet", "depth": 8, "width": 4}},
}


def test_rows_of_a_study_go_with_its_file_and_lost_ones_come_back(finished_copy: Path) -> None:
    folder, database = finished_copy, ("database", "--configfile", "config/other.yaml")
    (folder / "config/other.yaml").write_text(yaml.safe_dump(OTHER))
    before = rows(folder)
    # Without a GPU, the CPU.
    status, said = run(folder, "resdag", "plan", "config/other.yaml", RESDAG_PRETENDED_DEVICES="0")
    assert status == 0 and "none: the CPU" in said
    complete(folder, *database, RESDAG_PRETENDED_DEVICES="0")
    ((device,),) = query(folder, "SELECT device FROM networks WHERE study = 'other'")
    assert device.endswith("(cpu)")
    assert query(folder, "SELECT study, file FROM studies ORDER BY study") == [
        ("other", "config/other.yaml"), ("tiny", "config/config.yaml"),
    ]  # fmt: skip
    assert rows(folder) == before
    assert dry_run(folder) == {}  # another study in the same file is no change of this one

    # The file is lost: each study finds out that its rows are, and stores them again.
    (folder / "results.duckdb").unlink()
    complete(folder, *database)
    assert query(folder, "SELECT study FROM studies") == [("other",)]
    assert dry_run(folder, "database") == {"write_database": 1}
    complete(folder, "database")
    assert dry_run(folder, *database) == {}
    assert rows(folder) == before

    # Rows that are forgotten come back with the next run of their study.
    status, said = run(folder, "resdag", "forget", "tiny")
    assert status == 0, said
    assert query(folder, "SELECT study FROM studies") == [("other",)]
    assert dry_run(folder) == {"write_database": 1, "write_report": 1}

    # A study is removed: its rows go with the next database job, others stay; so for one last run with --config.
    complete(folder, *database, "--config", "claims={equivalence_margin: 0.02}")
    assert query(folder, "SELECT file FROM studies") == [("config/other.yaml",)]
    (folder / "config/other.yaml").unlink()
    said = complete(folder, "database")
    assert "the rows of other go" in said + logs(folder)
    assert query(folder, "SELECT study FROM studies") == [("tiny",)]
    assert query(folder, "SELECT count(*) FROM networks WHERE study = 'other'") == [(0,)]
    assert rows(folder) == before
    (folder / "config/other.yaml").write_text(yaml.safe_dump(OTHER))
    assert dry_run(folder, *database) == {"write_database": 1}
