"""A job that fails, or has not run yet, and a training that diverges, withhold nothing of the rest: a real run."""

import fcntl
from pathlib import Path
from shutil import rmtree

import pytest
import yaml

from resdag.config.load import load_study, parse_study
from resdag.execution.rest import tell_the_rest
from resdag.planning.plan import plan_study
from workflow_tools import NOTHING, checkout, complete, dry_run, query, run, snakemake

TINY = Path(__file__).parents[1] / "config/tiny.yaml"
RECIPE = {"architecture": "preact_resnet", "depth": 8, "width": 4}
WILD = {"training": {"learning_rate": 1.0e6}}
STUDY = {
    "study": "tiny",
    "dataset": {"kind": "digits", "train_limit": 64, "test_limit": 40},
    "training": {"epochs": 2, "batch_size": 8, "drop_epochs": [1]},
    "networks": {
        "good": RECIPE, "wild": RECIPE | WILD, "gated": {"architecture": "highway", "depth": 8, "width": 4} | WILD,
    },
    "lesions": {
        "single": {"networks": ["good", "wild"]},
        "random": {"networks": ["good", "wild"], "counts": [1, 2], "draws": 2},
    },
    "paths": {
        "gradients": {"networks": ["good", "wild"], "samples": 2, "batch_size": 8, "samples_per_batch": 1},
        "spectrum": {"networks": ["good", "wild"], "batches": 1, "batch_size": 8, "sign_draws": 2},
    },
    "gates": {"networks": ["gated"]},
    "claims": {"residual": "good", "highway": "gated"},
}  # fmt: skip
LESION = "src/resdag/lesions/random.py"
DAMAGE = "\n\ndef run(context):\n    raise MemoryError('asked for 3 GiB more than there are')\n"
SINGLE = "SELECT network, count(*), count(error) FROM lesions WHERE experiment = 'single' GROUP BY ALL ORDER BY ALL"


@pytest.mark.workflow
def test_a_failed_job_and_a_diverged_training_leave_the_rest_told_and_the_next_run_whole(
    tmp_path: Path,
) -> None:
    folder = checkout(tmp_path / "checkout")
    (folder / "config/config.yaml").write_text(yaml.safe_dump(STUDY))
    _told_so_far(folder)
    whole = (folder / LESION).read_text()
    (folder / LESION).write_text(whole + DAMAGE)
    status, said = snakemake(folder, "report")
    assert status == 1, said
    assert "results/tiny/report.html: has the rest; the same command tries again" in said
    page = (folder / "results/tiny/report.html").read_text()
    assert "delete_random network=good seed=0 chunk=0000 (“MemoryError: asked for 3 GiB more" in page
    assert "Training diverged in gated (seed 0) and wild (seed 0)" in page
    assert [job for (job,) in query(folder, "SELECT job FROM missing ORDER BY job")] == [
        f"delete_random network={name} seed=0 chunk=0000" for name in ("good", "wild")
    ]
    assert query(folder, SINGLE) == [("good", 3, 3), ("wild", 3, 3)]
    diverged = "SELECT network, bool_and(norm IS NULL AND log10_norm IS NULL) FROM path_gradients WHERE epoch = 2"
    assert query(folder, f"{diverged} GROUP BY ALL ORDER BY ALL") == [("good", False), ("wild", True)]
    assert query(folder, "SELECT count(*), count(mean) FROM gates WHERE epoch = 2") == [(3, 0)]
    (verdict,) = query(folder, "SELECT verdict FROM claims WHERE claim = 'random_deletion'")
    assert verdict == ("not run",)

    (folder / LESION).write_text(whole)
    again = dry_run(folder)
    assert again["delete_random"] == 2
    assert not {"prepare_data", "train_network", "evaluate_network", "delete_single", "draw_figure_3"} & again.keys()
    status, said = snakemake(folder, "report")
    assert status == 0, said
    assert query(folder, "SELECT count(*) FROM missing") == [(0,)]
    assert query(folder, "SELECT count(*) > 0 FROM lesions WHERE experiment = 'random'") == [(True,)]
    assert "of a part of the study" not in (folder / "results/tiny/report.html").read_text()
    status, said = snakemake(folder, "report")
    assert NOTHING in said
    rmtree(folder)


def _told_so_far(folder: Path) -> None:
    """`resdag report` of a study of which nothing, and then its trainings have run, beside a workflow and alone."""
    status, said = run(folder, "resdag", "report", "tiny")
    assert (status, "nothing is measured of study tiny yet" in said) == (2, True), said
    complete(folder, "train")
    measured = dry_run(folder)
    with (folder / "results/.workflow.lock").open("r+") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        status, said = run(folder, "resdag", "report", "tiny")
        assert (status, "another workflow runs in this checkout" in said) == (2, True), said
    status, said = run(folder / "config", "resdag", "report", "config.yaml", PYTHONPATH=str(folder / "src"))
    assert status == 0, said
    assert said.endswith("../results/tiny/report.html\n"), said
    page = (folder / "results/tiny/report.html").read_text()
    assert "Not run yet: delete_random network=good seed=0 chunk=0000, " in page
    assert "Failed" not in page
    assert query(folder, "SELECT DISTINCT said FROM missing") == [("not run yet",)]
    assert query(folder, "SELECT count(DISTINCT network) FROM epochs") == [(3,)]
    assert query(folder, "SELECT DISTINCT experiment FROM lesions") == [("intact",)]
    after = dry_run(folder)
    assert {"write_database", "judge_claims", "write_report"} <= after.keys()  # nothing passes for the whole
    made = measured.keys() - after.keys()  # for good: closed forms, and figures of what has run
    assert made > {rule for rule in made if not rule.startswith("draw_figure_")} == {"count_paths"}
    assert after.items() <= measured.items()


def _plans(*rules: str):
    """The whole plan of config/tiny.yaml, and that without the jobs of some rules."""
    study = load_study(TINY)
    whole = plan_study(study)
    failed = {job.fingerprint: f"{job.rule} said" for job in whole.jobs if job.rule in rules}
    return whole, plan_study(study, failed=failed)


def test_what_is_planned_without_a_failed_job_is_what_does_not_need_it() -> None:
    whole, rest = _plans("sample_path_gradients")
    kept = {job.fingerprint for job in rest.jobs}
    needing = {job.fingerprint for job in whole.jobs if job.rule == "sample_path_gradients"}
    for job in whole.jobs:
        if needing & ({job.fingerprint} | {above.fingerprint for above in job.upstream}):
            needing.add(job.fingerprint)
        assert (job.fingerprint in kept) == (job.fingerprint not in needing), job.label
    assert not {job.rule for job in rest.jobs} & {"sample_path_gradients", "compute_path_norms"}
    assert "figure_6a" in {job.of.get("figure") for job in rest.of_rule("draw_figure")}
    assert "figure_6b" not in {job.of.get("figure") for job in rest.of_rule("draw_figure")}


def test_a_failed_training_takes_all_of_its_network_with_it_and_is_the_one_that_is_named() -> None:
    study = load_study(TINY)
    whole = plan_study(study)
    (failed,) = (job for job in whole.of_rule("train_network") if job.of["network"] == "resnet26")
    rest = plan_study(study, failed={failed.fingerprint: "killed"})
    assert {job.rule for job in rest.jobs if job.of.get("network") == "resnet26"} == {"count_paths"}  # needs no network
    (row,) = rest.of_rule("write_database")[0].spec["missing"]
    gone = [job for job in whole.jobs if job.of.get("network") == "resnet26" and job.rule != "count_paths"]
    assert row == {
        "job": "train_network network=resnet26 seed=0", "rule": "train_network", "network": "resnet26", "seed": 0,
        "said": "killed", "waiting": len(gone) - 1,
    }  # fmt: skip


def test_a_figure_or_the_claims_that_fail_leave_a_report_without_them() -> None:
    whole, rest = _plans("judge_claims")
    assert not rest.of_rule("judge_claims")
    assert len(rest.of_rule("draw_figure")) == len(whole.of_rule("draw_figure"))
    study = load_study(TINY)
    figure = whole.of_rule("draw_figure")[0]
    rest = plan_study(study, failed={figure.fingerprint: ""})
    assert len(rest.of_rule("draw_figure")) == len(whole.of_rule("draw_figure")) - 1
    assert len(rest.of_rule("write_report")) == 1


def test_a_plan_without_failures_is_the_plan() -> None:
    study = parse_study(STUDY)
    assert [job.fingerprint for job in plan_study(study, failed={}).jobs] == [
        job.fingerprint for job in plan_study(study).jobs
    ]


def test_a_run_that_was_ended_or_asked_for_less_makes_no_report(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = plan_study(parse_study(STUDY))
    monkeypatch.chdir(tmp_path)
    said: list[str] = []
    tell_the_rest(plan, {plan.of_rule("train_network")[0].fingerprint}, "study", TINY, 1, said.append)
    assert said == []  # the images and two other trainings wait for nothing that failed
    assert not list(tmp_path.iterdir())
