"""Why would jobs run?  After edits of the study, of code, of files: each cause once, with the jobs that it concerns."""

import json
from pathlib import Path

import pytest

from resdag.config.load import parse_study
from resdag.config.study import Study
from resdag.planning.plan import Job, Plan, plan_study
from resdag.planning.record import record, record_of
from resdag.planning.why import changes, differences, why

STUDY = {
    "study": "small",
    "dataset": {"kind": "digits"},
    "networks": {
        "a": {"architecture": "preact_resnet", "depth": 20},
        "b": {"architecture": "vgg"},
    },
    "lesions": {"single": {"networks": ["a", "b"]}, "random": {"networks": ["a"], "counts": [1], "draws": 10}},
}


def study(**changed: object) -> Study:
    return parse_study(STUDY | changed)


def finish(job: Job) -> None:
    for path in (*job.outputs.values(), str(record_of(job))):
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        Path(path).touch()
    record_of(job).write_text(json.dumps(record(job)))


@pytest.fixture
def done(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Plan:
    """The plan of a study all of whose jobs have ended well."""
    monkeypatch.chdir(tmp_path)
    plan = plan_study(study())
    for job in plan.jobs:
        finish(job)
    return plan


def below(plan: Plan, *rules_or_labels: str) -> set[str]:
    """Labels of these jobs and of all that follow from them, by walking the plan."""
    found: set[str] = set()
    for job in plan.jobs:
        if job.rule in rules_or_labels or job.label in rules_or_labels or found & {up.label for up in job.upstream}:
            found.add(job.label)
    return found


def causes(lines: list[str]) -> dict[str, int]:
    """Cause -> how many jobs it is said to be the cause of."""
    found = [
        line.removesuffix(":").rsplit(", so ", 1) for line in lines if not line.startswith(" ") and ", so " in line
    ]
    return {cause: int(jobs.split()[0]) for cause, jobs in found}


def test_a_study_that_has_not_run_runs_for_the_first_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    plan = plan_study(study())
    head, *lines = why(plan)
    assert head == f"{len(plan.jobs)} of {len(plan.jobs)} jobs would run"
    assert causes(lines) == {"for the first time": len(plan.jobs)}
    assert "2 train_network" in " ".join(lines)
    assert why(plan, "train_network a") == ["for the first time, so 1 job:", "    train_network network=a seed=0"]


def test_nothing_runs_where_all_is_done(done: Plan) -> None:
    assert why(done) == [f"nothing would run: {len(done.jobs)} jobs done"]
    (line,) = why(done, "train_network a")
    assert line.startswith("train_network network=a seed=0: is done")
    assert why(done, "no such thing") == []


def test_an_edited_key_is_named_once_as_the_study_file_has_it(done: Plan) -> None:
    edited = plan_study(study(training={"epochs": 7}))
    head, *lines = why(edited)
    expected = below(edited, "train_network") - labels_of_the_same(edited, done)
    assert head.startswith(f"{len(expected)} of ")
    assert causes(lines) == {"training.epochs: 164 -> 7": len(expected)}
    assert len([line for line in lines if "epochs" in line]) == 1


def labels_of_the_same(plan: Plan, other: Plan) -> set[str]:
    return {job.label for job in plan.jobs if other.find(job.rule, job.fingerprint)}


def test_a_networks_own_entry_is_named_with_its_network(done: Plan) -> None:
    networks = STUDY["networks"] | {"a": STUDY["networks"]["a"] | {"training": {"epochs": 7}}}
    edited = plan_study(study(networks=networks))
    assert causes(why(edited, "evaluate_network a")) == {"networks.a.training.epochs: 164 -> 7": 1}
    assert why(edited, "train_network b")[0].startswith("train_network network=b seed=0: is done")


def test_two_edits_are_two_causes_and_a_job_below_both_has_both(done: Plan) -> None:
    edited = plan_study(study(training={"epochs": 7}, claims={"equivalence_margin": 0.123}))
    found = causes(why(edited))
    assert set(found) == {"training.epochs: 164 -> 7", "claims.equivalence_margin: 0.005 -> 0.123"}
    assert found["claims.equivalence_margin: 0.005 -> 0.123"] < found["training.epochs: 164 -> 7"]
    assert set(causes(why(edited, "judge_claims"))) == set(found)


def test_more_draws_are_jobs_that_run_for_the_first_time(done: Plan) -> None:
    more = STUDY["lesions"] | {"random": STUDY["lesions"]["random"] | {"draws": 20}}
    edited = plan_study(study(lesions=more))
    found = causes(why(edited))
    assert "lesions.random.draws: 10 -> 20" in found
    assert causes(why(edited, "delete_random")) == {"for the first time": 1}


def test_a_network_that_is_gone_is_named_by_those_that_used_it(done: Plan) -> None:
    kept = {"networks": {"a": STUDY["networks"]["a"]}, "lesions": STUDY["lesions"] | {"single": {"networks": ["a"]}}}
    found = causes(why(plan_study(study(**kept)), "judge_claims"))
    assert "evaluate_network network=b seed=0 is gone" in found


def test_a_lost_file_is_named(done: Plan) -> None:
    (job,) = [job for job in done.of_rule("delete_single") if job.of["network"] == "a"]
    Path(job.outputs["lesions"]).unlink()
    head, *lines = why(done)
    assert head.startswith("1 of ")
    assert causes(lines) == {f"{job.outputs['lesions']} is missing": 1}
    assert why(done, job.outputs["lesions"])[1] == f"    {job.label}"


def test_an_edited_module_is_named_by_the_jobs_that_use_it(done: Plan, monkeypatch: pytest.MonkeyPatch) -> None:
    (job,) = [job for job in done.of_rule("delete_single") if job.of["network"] == "a"]
    known = json.loads(record_of(job).read_text())
    module = next(iter(known["modules"]))
    known["modules"][module], known["code"] = "another", "another"
    record_of(job).write_text(json.dumps(known))
    Path(job.outputs["lesions"]).unlink()
    assert causes(why(done)) == {f"code: {module}": 1}


def test_the_cause_is_found_where_a_job_between_has_run_again(done: Plan) -> None:
    edited = plan_study(study(training={"epochs": 7}))
    for job in edited.of_rule("train_network"):
        finish(job)
    assert causes(why(edited, "delete_single")) == {"training.epochs: 164 -> 7": 2}


def test_the_cause_is_not_known_where_the_record_between_is_gone(done: Plan) -> None:
    for job in done.of_rule("train_network"):
        record_of(job).unlink()
    edited = plan_study(study(training={"epochs": 7}))
    (cause,) = causes(why(edited, "delete_single b"))
    assert cause == "train_network network=b seed=0 has changed, and what it was is not known"


def test_differences_are_those_of_the_leaves() -> None:
    old, new = {"a": {"b": 1, "c": [1]}, "d": 2}, {"a": {"b": 1, "c": [1, 2]}, "e": {"f": 1}}
    assert list(changes(old, new)) == [("a.c", [1], [1, 2]), ("d", 2, None), ("e", None, {"f": 1})]
    assert differences(old, new) == ["a.c: [1] -> [1, 2]", "d: 2 -> nothing", "e is new"]
