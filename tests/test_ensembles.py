"""Explicit ensembles: which networks are averaged, the average itself, and the jobs that make it."""

from itertools import combinations
from math import comb, exp, log
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from resdag.combinatorics import ensemble_members
from resdag.config.load import load_study, merged, parse_study
from resdag.datasets.tensors import Images
from resdag.errors import NetworkError, StudyError
from resdag.models.build import build
from resdag.planning.plan import Plan, plan_study
from resdag.planning.registry import rules_of
from resdag.training.ensemble import ensemble_rows, probabilities, score
from resdag.training.evaluate import evaluate

CONFIG = Path(__file__).resolve().parents[1] / "config"
DEVICE = "cuda" if torch.cuda.is_available() else "cpu"
SEEDS = [3, 5, 8, 13]
STUDY: dict[str, Any] = {
    "study": "s",
    "dataset": {"kind": "digits"},
    "networks": {
        "a": {"architecture": "preact_resnet", "depth": 8, "seeds": SEEDS},
        "b": {"architecture": "resnet", "depth": 8, "seeds": [0, 1]},
    },
    "ensembles": {"networks": ["a"], "members": [1, 2]},
}


# Which networks


def test_few_sets_are_all_sets_in_order() -> None:
    assert ensemble_members(4, 2, 6) == [(0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3)]
    assert ensemble_members(3, 3, 1) == [(0, 1, 2)]


def test_many_sets_are_drawn_once_each_and_more_draws_keep_the_first() -> None:
    drawn = ensemble_members(10, 4, 150)
    assert len(drawn) == len(set(drawn)) == 150
    assert set(drawn) < set(combinations(range(10), 4))
    assert ensemble_members(10, 4, 30) == drawn[:30]
    assert ensemble_members(10, 4, 30) != ensemble_members(11, 4, 30)


def test_every_network_is_drawn_as_often_as_any_other() -> None:
    members = np.array(ensemble_members(20, 5, 4000))
    counts = np.bincount(members.ravel(), minlength=20)
    # each of 20 networks is in a set with probability 1/4: 1000 of 4000, sd below sqrt(4000 * 3 / 16) = 27
    assert abs(counts - 1000).max() < 4 * 27


def test_more_members_than_networks_are_refused() -> None:
    with pytest.raises(NetworkError, match="ensemble of 5 cannot be drawn from 4 networks"):
        ensemble_members(4, 5, 1)


# The average


@pytest.fixture(scope="module")
def images() -> Images:
    """Forty random images of four classes."""
    draw = torch.Generator().manual_seed(1)
    pixels = torch.randint(0, 256, (40, 1, 8, 8), generator=draw, dtype=torch.uint8).to(DEVICE)
    labels = torch.randint(0, 4, (40,), generator=draw).to(DEVICE)
    one = torch.ones(1, dtype=torch.float64, device=DEVICE)
    return Images(pixels, labels, ("a", "b", "c", "d"), 0.5 * one, 0.25 * one)


@pytest.fixture(scope="module")
def networks() -> list[torch.nn.Module]:
    made = [build("preact_resnet", in_channels=1, classes=4, seed=seed, depth=8, width=4) for seed in SEEDS]
    return [network.to(DEVICE) for network in made]


def by_a_plain_loop(logits: list[list[list[float]]], labels: list[int]) -> dict[str, Any]:
    """Image by image and class by class: what an ensemble errs, loses, and how often two members differ."""
    errors, loss, alone, differing = 0, 0.0, 0, 0.0
    for index, label in enumerate(labels):
        answers = []
        for member in logits:
            exponentials = [exp(value) for value in member[index]]
            answers.append([value / sum(exponentials) for value in exponentials])
        mean = [sum(answer[k] for answer in answers) / len(answers) for k in range(4)]
        errors += mean.index(max(mean)) != label
        loss -= log(mean[label]) / len(labels)
        classes = [answer.index(max(answer)) for answer in answers]
        alone += sum(found != label for found in classes)
        pairs = [one != other for one, other in combinations(classes, 2)]
        differing += sum(pairs) / len(pairs) / len(labels)
    return {
        "errors": errors,
        "loss": loss,
        "member_error": alone / len(labels) / len(logits),
        "disagreement": differing,
    }


def test_an_ensemble_is_the_plain_mean_of_its_members_softmax(networks: list[torch.nn.Module], images: Images) -> None:
    answers = [probabilities(network, images) for network in networks]
    rows = ensemble_rows(answers, SEEDS, images.labels, [2, 3], 3)
    assert [row["seeds"] for row in rows[3:]] == [[SEEDS[i] for i in chosen] for chosen in ensemble_members(4, 3, 3)]
    assert {row["disagreement"] for row in rows} - {0.0}, "networks that all agree would test nothing"
    with torch.no_grad():
        logits = {
            seed: network.eval()(images.normalised(0, 40)).tolist()
            for seed, network in zip(SEEDS, networks, strict=True)
        }
    for row in rows:
        expected = by_a_plain_loop([logits[seed] for seed in row["seeds"]], images.labels.tolist())
        assert row["errors"] == expected["errors"]
        assert row["error"] == row["errors"] / row["images"] == row["errors"] / 40
        assert row["loss"] == pytest.approx(expected["loss"], rel=1e-5)
        assert row["member_error"] == pytest.approx(expected["member_error"])
        assert row["disagreement"] == pytest.approx(expected["disagreement"])


def test_an_ensemble_of_one_is_the_network(networks: list[torch.nn.Module], images: Images) -> None:
    rows = ensemble_rows([probabilities(network, images) for network in networks], SEEDS, images.labels, [1], 20)
    assert [(row["draw"], row["seeds"]) for row in rows] == [(index, [seed]) for index, seed in enumerate(SEEDS)]
    for row, network in zip(rows, networks, strict=True):
        alone = evaluate(network, images)
        assert row["errors"] == alone.errors
        assert row["loss"] == pytest.approx(alone.loss)
        assert (row["member_error"], row["disagreement"]) == (alone.errors / 40, None)


def test_an_average_can_be_right_where_each_member_is_wrong_about_half() -> None:
    answers = [torch.tensor(rows, dtype=torch.float64) for rows in ([[0.9, 0.1], [0.6, 0.4]], [[0.6, 0.4], [0.1, 0.9]])]
    labels = torch.tensor([0, 1])
    (row,) = ensemble_rows(answers, [0, 1], labels, [2], 1)
    assert (row["errors"], row["member_error"], row["disagreement"]) == (0, 0.25, 0.5)
    # means .75 of class 0 and .65 of class 1
    assert row["loss"] == pytest.approx(-(log(0.75) + log(0.65)) / 2)


def test_a_class_that_is_given_no_probability_at_all_has_no_finite_loss() -> None:
    assert score(torch.tensor([[1.0, 0.0]], dtype=torch.float64), torch.tensor([1])).row()["loss"] is None


# The study and its jobs


def planned(**changes: Any) -> Plan:
    return plan_study(parse_study(merged(STUDY, changes)))


def test_one_job_averages_all_seeds_of_a_network_in_their_order(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    (job,) = planned().of_rule("average_ensembles")
    assert job.label == "average_ensembles network=a"
    trained = [above.of["seed"] for above in job.upstream if above.rule == "train_network"]
    assert trained == job.spec["seeds"] == SEEDS


def test_other_members_average_again_and_train_nothing(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    before = {job.fingerprint for job in planned().jobs}
    changed = planned(ensembles={"members": [1, 2, 4]})
    reading = {*rules_of("statistics"), "judge_claims", "write_database", "draw_figure", "write_report"}
    assert {job.rule for job in changed.jobs if job.fingerprint not in before} - reading == {"average_ensembles"}


def test_more_members_than_seeds_are_refused_with_the_keys_path() -> None:
    said = r"ensembles\.members: got \[4, 8\], but 'b' has 2 seeds: allowed are 1 to 2, or more networks"
    with pytest.raises(StudyError, match=said):
        planned(ensembles={"networks": ["a", "b"], "members": [1, 4, 8]})
    with pytest.raises(StudyError, match=r"ensembles\.networks\[0\]: got 'c', which is not in networks"):
        planned(ensembles={"networks": ["c"]})


def test_a_study_without_the_section_averages_nothing(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    plan = plan_study(parse_study({key: value for key, value in STUDY.items() if key != "ensembles"}))
    assert plan.of_rule("average_ensembles") == []


def test_all_sets_of_the_shipped_studies_are_within_their_draws() -> None:
    for name, seeds in (("digits", 2), ("config", 5)):
        study = load_study(CONFIG / f"{name}.yaml")
        assert study.ensembles is not None
        assert all(comb(seeds, count) <= study.ensembles.draws for count in study.ensembles.members)
