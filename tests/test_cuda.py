"""On a CUDA device: the same numbers as on the CPU, within its rounding, and captured steps that are steps."""

import copy
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from resdag.combinatorics import path_choice
from resdag.datasets.tensors import Images
from resdag.execution.arithmetic import prepare_torch
from resdag.lesions.engine import measure
from resdag.lesions.lesion import single_deletions
from resdag.models.network import Network
from resdag.paths.sampled import path_norms
from resdag.training import train as training
from resdag.training.captured import Captured
from test_training import KINDS, QUICK, small, toy

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device, and there is none"),
]


@pytest.fixture(autouse=True)
def device() -> str:
    return prepare_torch("cuda:0", None)


def on(device: str, images: Images) -> Images:
    return replace(images, pixels=images.pixels.to(device), labels=images.labels.to(device))


def ready(network: Network) -> Network:
    """With running statistics of data, and nothing to train."""
    network.train()
    with torch.no_grad():
        network(toy(64).normalised(0, 64))
    return network.eval().requires_grad_(False)


def test_captured_steps_are_the_steps_that_they_were_captured_from(device: str) -> None:
    one, images = small().to(device).double(), on(device, toy(24))
    other, batch, rates = copy.deepcopy(one), images.normalised(0, 8).double(), (0.01, 0.01, 0.1, 0.1, 0.1, 0.01)
    plain, replayed = (training.Training(each, training._optimizer(each, QUICK)) for each in (one, other))
    captured: Captured = training._captured(replayed, QUICK)
    for rate in rates:
        _, expected = training._step(plain, batch, images.labels[:8], 8, rate, None, QUICK)
        _, loss = captured(batch, images.labels[:8], rate)
        torch.testing.assert_close(loss, expected)
    assert captured.captures == 3  # one for each time that the rate changes
    torch.testing.assert_close(other.state_dict(), one.state_dict())


@pytest.mark.parametrize("kind", KINDS)
def test_training_ends_close_to_the_cpu_s(kind: str, device: str) -> None:
    here, there, recipe = small(), small().to(device), replace(KINDS[kind], epochs=2)
    expected = training.train(here, toy(), None, recipe, seed=3)
    rows = training.train(there, on(device, toy()), None, recipe, seed=3)
    assert [row["train_loss"] for row in rows[1:]] == pytest.approx(
        [row["train_loss"] for row in expected[1:]], rel=1e-2
    )


def test_a_training_resumed_on_the_device_goes_on(device: str, tmp_path: Path) -> None:
    images = on(device, toy())
    training.train(small().to(device), images, None, replace(QUICK, epochs=1), seed=3, state=tmp_path / "state.pt")
    rows = training.train(
        small().to(device), images, None, replace(QUICK, epochs=2), seed=3, state=tmp_path / "state.pt"
    )
    assert [row["epoch"] for row in rows] == [0, 1, 2]


def test_lesions_make_the_errors_that_they_make_on_the_cpu(device: str) -> None:
    network, images = ready(small()), toy(64)
    lesions = single_deletions(len(network.blocks), range(len(network.blocks)))
    expected = [score.errors for score in measure(network, images, lesions)]
    found = [score.errors for score in measure(network.to(device), on(device, images), lesions)]
    assert max(abs(ours - theirs) for ours, theirs in zip(found, expected, strict=True)) <= 1


def test_path_gradients_have_the_norms_that_they_have_on_the_cpu(device: str) -> None:
    network, images = ready(small()), toy(16)
    batch = images.normalised(0, 16)
    paths = [path_choice(len(network.blocks), length, 0) for length in range(len(network.blocks) + 1)]
    expected = path_norms(network, batch, images.labels, paths).at_input
    found = path_norms(network.to(device), batch.to(device), images.labels.to(device), paths).at_input
    assert found == pytest.approx(expected, abs=1e-3)
