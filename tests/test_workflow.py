"""The workflow as users run it: the advertised command, what reruns after an edit, two devices at once.

Real snakemake processes, in copies of one finished run of config/tiny.yaml.
"""

import shlex
import shutil
from pathlib import Path

import pytest

from resdag.config.load import read_yaml
from workflow_tools import (
    NOTHING,
    ROOT,
    complete,
    dry_run,
    edit_study,
    jobs_in,
    pythonpath,
    query,
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
    edit_study(fresh, lesions=None, paths=None, claims=None)
    status, said = run(fresh, "snakemake", "--cores", "2", "train", RESDAG_PRETENDED_DEVICES="1")
    assert status == 0, said
    locks = sorted(path.name for path in (fresh / "leases").iterdir())
    assert locks == ["device-pretended-0-slot-0.lock", "device-pretended-0-slot-1.lock"]


# What reruns

READING = {"compute_statistics", "judge_claims", "write_database", "write_report"}


def measuring(jobs: dict[str, int]) -> dict[str, int]:
    """Without the reading wing."""
    return {rule: count for rule, count in jobs.items() if rule not in READING and not rule.startswith("draw_figure")}


def test_more_draws_run_only_the_draws_that_are_new(finished_copy: Path) -> None:
    folder = finished_copy
    edit_study(folder, lesions__random__draws=8)
    assert measuring(dry_run(folder)) == {"delete_random": 2}
    edit_study(folder, lesions__random__draws=4)
    assert dry_run(folder) == {}


def test_a_network_s_own_training_reruns_that_network_alone(finished_copy: Path) -> None:
    folder = finished_copy
    edit_study(folder, networks__vgg8__training={"epochs": 3})
    again = {"train_network", "evaluate_network", "delete_single", "delete_recalibrated"}
    assert measuring(dry_run(folder)) == dict.fromkeys(again, 1)


def test_values_of_two_keys_that_change_places_are_seen(finished_copy: Path) -> None:
    folder = finished_copy
    edit_study(folder, networks__vgg8__training={"learning_rate": 0.01, "weight_decay": 0.02})
    first = dry_run(folder)
    complete(folder, "train")
    edit_study(folder, networks__vgg8__training={"learning_rate": 0.02, "weight_decay": 0.01})
    assert measuring(dry_run(folder)) == measuring(first)


def test_a_margin_reruns_no_measurement(finished_copy: Path) -> None:
    folder = finished_copy
    edit_study(folder, claims__equivalence_margin=0.02)
    jobs = dry_run(folder)
    assert measuring(jobs) == {}
    assert {"judge_claims", "write_database", "write_report"} <= set(jobs)


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


def test_edited_code_reruns_what_uses_it_and_an_edited_comment_nothing(finished_copy: Path) -> None:
    folder = finished_copy
    job = folder / "src/resdag/jobs/reorder_blocks.py"
    text = job.read_text()
    job.write_text("# A comment that was not there.\n" + text.replace('"""Job:', '"""This job:', 1))
    assert dry_run(folder) == {}
    job.write_text(text + "\nNEW = 1\n")
    assert measuring(dry_run(folder)) == {"reorder_blocks": 1}


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
