"""Several processes train one network as one does: against one process, against a plain loop, and through a kill.

The processes are real, and talk through gloo on the CPU.  Starting them takes seconds, so one pair of them does all
trainings that are not to fail, and the tests look at what it left.
"""

import copy
import os
import re
import signal
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from resdag.errors import NetworkError, RankError
from resdag.models.network import Network
from resdag.training.launch import run_together
from resdag.training.ranks import Ranks
from resdag.training.recipe import Recipe
from resdag.training.state import load_state
from resdag.training.together import Synchronised, Together
from resdag.training.train import generator, train
from test_training import KINDS, QUICK, augmented, small, toy, without_seconds
from workflow_tools import SNAKEMAKE, complete, edit_study, logs, processes, start, wait_until

pytestmark = pytest.mark.workflow

RECIPES = {kind: replace(recipe, epochs=2) for kind, recipe in KINDS.items()}


LAYER = "a layer"


def close(ours: Any, theirs: Any, tolerance: float = 2e-3) -> None:
    torch.testing.assert_close(ours, theirs, rtol=tolerance, atol=tolerance / 10)


def run(work: Any, argument: Any, ranks: int, report: Any = lambda said: None) -> None:
    run_together(work, argument, devices=["cpu"] * ranks, batch_norm="synchronised", threads=1, report=report)


# What two processes make of every kind of training


def train_all(ranks: Ranks, device: str, folder: Path, report: Any) -> None:
    """In each of them: every kind of training, the weights and rows that it ended with."""
    report(ranks.count)
    for statistics in ("synchronised", "local"):
        for kind, recipe in RECIPES.items():
            network, own = small(), Together(torch.device(device), statistics)
            rows = train(network, toy(), toy(31, seed=1), recipe, seed=3, ranks=own)
            torch.save((network.state_dict(), without_seconds(rows)), folder / f"{statistics} {kind} {ranks.rank}")
    # Nine images in batches of four leave one, of which a rank has none.
    few = small()
    rows = train(few, toy(9), None, replace(QUICK, batch_size=4), seed=3, ranks=ranks)
    torch.save((few.state_dict(), without_seconds(rows)), folder / f"one image left {ranks.rank}")
    torch.save((normalise_a_share(ranks.rank), []), folder / f"{LAYER} {ranks.rank}")


@pytest.fixture(scope="module")
def left(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with what two processes left."""
    folder, said = tmp_path_factory.mktemp("ranks"), []
    run(train_all, folder, 2, said.append)
    assert said == [2]
    return folder


def ended(left: Path, training: str, rank: int = 0) -> tuple[dict[str, Tensor], list[dict[str, Any]]]:
    weights, rows = torch.load(left / f"{training} {rank}", weights_only=True)
    return weights, rows


def test_all_processes_end_with_the_same_bits(left: Path) -> None:
    for training in {path.name[:-2] for path in left.iterdir()} - {LAYER}:
        (ours, rows), (theirs, other) = (ended(left, training, rank) for rank in (0, 1))
        assert all(torch.equal(ours[name], theirs[name]) for name in theirs)
        assert rows == other


@pytest.mark.parametrize("kind", RECIPES)
def test_with_statistics_of_whole_batches_two_processes_train_as_one_does(left: Path, kind: str) -> None:
    alone = small()
    expected = without_seconds(train(alone, toy(), toy(31, seed=1), RECIPES[kind], seed=3))
    weights, rows = ended(left, f"synchronised {kind}")
    close(weights, alone.state_dict())
    assert [row["train_loss"] for row in rows[1:]] == pytest.approx([row["train_loss"] for row in expected[1:]], 1e-3)
    assert rows[0] == expected[0]
    for name in ("learning_rate", "train_error", "test_error"):
        assert [row[name] for row in rows] == [row[name] for row in expected]


def test_a_process_with_no_image_of_a_batch_takes_the_step_of_the_others(left: Path) -> None:
    alone = small()
    train(alone, toy(9), None, replace(QUICK, batch_size=4), seed=3)
    close(ended(left, "one image left")[0], alone.state_dict())


@pytest.mark.parametrize("kind", RECIPES)
def test_with_local_statistics_each_process_has_those_of_its_share(left: Path, kind: str) -> None:
    expected = plain_halves(small(), RECIPES[kind], seed=3)
    weights, _ = ended(left, f"local {kind}")
    close(weights, expected)
    synchronised, _ = ended(left, f"synchronised {kind}")
    with pytest.raises(AssertionError):
        close(weights, synchronised)


def plain_halves(network: Network, recipe: Recipe, seed: int) -> dict[str, Tensor]:
    """Two epochs of two networks, each on its half of every batch, which take the same steps, in a plain loop."""
    halves, images = [network, copy.deepcopy(network)], toy()
    optimizers = [torch.optim.SGD(half.parameters(), momentum=0.9, weight_decay=1e-4) for half in halves]
    rates = iter([0.01, 0.01, 0.1, 0.01, 0.01, 0.01])  # two steps of warm-up, and a drop after the first epoch
    for epoch in (0, 1):
        draws = generator(seed, epoch)
        order = torch.randperm(22, generator=draws)
        offsets = torch.randint(0, 5, (22, 2), generator=draws)
        flips = torch.randint(0, 2, (22,), generator=draws, dtype=torch.bool)
        crops = [augmented(images, int(order[i]), offsets[i], flips[i], 2) for i in range(22)]
        for step, (first, middle, last) in enumerate([(0, 4, 8), (8, 12, 16), (16, 19, 22)]):
            active = recipe.active(9, seed, 3 * epoch + step)
            for half, here in zip(halves, (slice(first, middle), slice(middle, last)), strict=True):
                half.zero_grad()
                logits = half.train()(torch.stack(crops[here]), active)
                loss = functional.cross_entropy(logits, images.labels[order[here]], reduction="sum")
                (loss / (last - first)).backward()
            for pair in zip(*(half.parameters() for half in halves), strict=True):
                total = sum(torch.zeros_like(each) if each.grad is None else each.grad for each in pair)
                for each in pair:
                    each.grad = total.clone()
            rate = next(rates)
            for optimizer in optimizers:
                optimizer.param_groups[0]["lr"] = rate
                optimizer.step()
        for pair in zip(*(half.buffers() for half in halves), strict=True):
            if pair[0].is_floating_point():
                mean = (pair[0] + pair[1]) / 2
                for each in pair:
                    each.copy_(mean)
    return halves[0].state_dict()


# Batch norm over processes


def batch() -> tuple[Tensor, Tensor]:
    """Eight images, far from mean zero, and a gradient to send back, in float64."""
    source = torch.Generator().manual_seed(0)
    return tuple(5 + torch.randn(8, 3, 4, 5, generator=source, dtype=torch.float64) for _ in range(2))


def layer() -> nn.BatchNorm2d:
    norm = nn.BatchNorm2d(3).double()
    with torch.no_grad():
        norm.weight.copy_(torch.tensor([0.5, 1.0, 2.0]))
        norm.bias.copy_(torch.tensor([-1.0, 0.0, 3.0]))
    return norm


def back_and_forth(norm: nn.Module, x: Tensor, gradient: Tensor) -> dict[str, Tensor]:
    """Everything that two steps of a layer compute, the second on images half as large."""
    for scale in (1, 0.5):
        x = (scale * x.detach()).requires_grad_(True)
        norm.zero_grad()
        y = norm(x)
        y.backward(gradient)
    found = dict(norm.named_buffers())
    return found | {"y": y.detach(), "x": x.grad, "weight": norm.weight.grad, "bias": norm.bias.grad}


def normalise_a_share(rank: int) -> dict[str, Tensor]:
    """Of eight images three are the first process's and five the second's."""
    norm = layer()
    norm.__class__ = Synchronised
    here = (slice(3), slice(3, 8))[rank]
    x, gradient = batch()
    return back_and_forth(norm, x[here], gradient[here])


def test_synchronised_batch_norm_is_batch_norm_of_the_whole_batch(left: Path) -> None:
    expected = back_and_forth(layer(), *batch())
    parts = [ended(left, LAYER, rank)[0] for rank in (0, 1)]
    for name in ("y", "x"):
        torch.testing.assert_close(torch.cat([part[name] for part in parts]), expected[name])
    for name in ("weight", "bias"):
        torch.testing.assert_close(sum(part[name] for part in parts), expected[name])
    for part in parts:
        for name in ("running_mean", "running_var", "num_batches_tracked"):
            torch.testing.assert_close(part[name], expected[name])


# Failures


def train_until_killed(ranks: Ranks, device: str, folder: Path, report: Any) -> None:
    """Four epochs, of which the first process never begins the third."""
    (folder / str(ranks.rank)).write_text(str(os.getpid()))

    def stop(row: dict[str, Any]) -> None:
        report(row)
        if row["epoch"] == 2:
            time.sleep(600)

    train(small(), toy(), None, replace(QUICK, epochs=4), seed=3, state=folder / "state.pt", report=stop, ranks=ranks)


def test_one_process_that_is_killed_ends_all_and_the_training_goes_on_with_another_number(tmp_path: Path) -> None:
    def kill(row: dict[str, Any]) -> None:
        if row["epoch"] == 2:
            os.kill(int((tmp_path / "1").read_text()), signal.SIGKILL)

    with pytest.raises(
        RankError, match=r"rank 1 of 2, process \d+, was ended by SIGKILL; the others were ended with it"
    ):
        run(train_until_killed, tmp_path, 2, kill)
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "0").read_text()), 0)
    assert load_state(tmp_path / "state.pt")["epoch"] == 2
    ours, straight, reported = small(), small(), []
    train(ours, toy(), None, replace(QUICK, epochs=4), seed=3, state=tmp_path / "state.pt", report=reported.append)
    assert [row["epoch"] for row in reported] == [3, 4]
    train(straight, toy(), None, replace(QUICK, epochs=4), seed=3)
    close(ours.state_dict(), straight.state_dict())


def refuse(ranks: Ranks, device: str, asked: str, report: Any) -> None:
    raise NetworkError(f"{asked} cannot be deleted")


def test_why_a_process_failed_is_said_by_the_job() -> None:
    with pytest.raises(NetworkError, match="block 3 cannot be deleted"):
        run(refuse, "block 3", 1)


# As a job of a workflow


def ranks_in(folder: Path) -> list[int]:
    """Process ids of the ranks of a checkout's jobs."""
    return [process for process, line in processes(folder) if "spawn_main" in line]


def saved(folder: Path) -> int:
    """When the state of a training was last saved, in nanoseconds; 0 where none was."""
    return max((path.stat().st_mtime_ns for path in folder.glob("results/tiny/networks/*/*/state.pt")), default=0)


def test_a_training_on_two_devices_goes_on_after_a_kill_of_a_process_and_of_the_job(fresh: Path) -> None:
    networks = {"resnet26": {"architecture": "preact_resnet", "depth": 26, "width": 4}}
    others = dict.fromkeys(
        ("lesions", "influence", "paths", "comparisons", "gates", "ensembles", "mean_field", "claims")
    )
    edit_study(fresh, networks=networks, training__devices=2, training__epochs=40, **others)
    for kill, words in (("a process", r"rank 1 of 2, process \d+, was ended by SIGKILL"), ("the job", "failed")):
        before = saved(fresh)
        command = start(fresh, *SNAKEMAKE, "train")
        wait_until(lambda: saved(fresh) > before, 120, "a training ends an epoch")  # noqa: B023
        first, second = sorted(ranks_in(fresh))
        job = int(Path(f"/proc/{first}/stat").read_text().rpartition(")")[2].split()[1])
        os.kill(second if kill == "a process" else job, signal.SIGKILL)
        said, _ = command.communicate(timeout=60)
        assert command.returncode != 0
        assert re.search(words, said + logs(fresh))
        assert "Traceback" not in said
        wait_until(lambda: not ranks_in(fresh), 10, "all processes end")
    complete(fresh, "train")
    (log,) = fresh.glob("results/tiny/logs/train_network/*.log")
    assert "epoch 40 of 40" in log.read_text() and "epoch 1 of 40" not in log.read_text()
    locks = sorted(path.name for path in (fresh / "leases").iterdir())
    assert locks == ["device-pretended-0-slot-0.lock", "device-pretended-1-slot-0.lock", "several.lock"]
