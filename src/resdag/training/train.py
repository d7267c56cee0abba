"""Train one network by a recipe; the same code on CPU and CUDA.

The images stay on the device as uint8; each batch is gathered, cropped and
mirrored there, image by image.  All draws (order, crops, flips, blocks) come
from generators seeded by (seed, epoch or step) on the CPU, so that every
device sees the same batches, and a training that is interrupted goes on at its
last whole epoch and ends, on one CPU, with the same bits.
"""

import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from resdag.datasets.tensors import Images, draw_augmentation
from resdag.models.network import Network
from resdag.training.captured import Captured
from resdag.training.evaluate import evaluate, finite, part, scaled
from resdag.training.ranks import ALONE, Ranks
from resdag.training.recipe import Recipe
from resdag.training.sgd import Sgd
from resdag.training.state import load_state, save_state

Row = dict[str, Any]
Kept = dict[int, dict[str, Tensor]]
"""Weights on the CPU, by the epochs of training behind them."""


@dataclass
class Training:
    """A training under way: what changes from epoch to epoch, and is saved."""

    network: Network
    optimizer: Sgd
    precision: str = "float32"  # of its convolutions; saved, since a training goes on in the one that it began with
    epoch: int = 0
    rows: list[Row] = field(default_factory=list)
    kept: Kept = field(default_factory=dict)
    captured: Captured | None = None
    ranks: Ranks = ALONE

    def keep(self) -> None:
        """Copy the weights as they are now."""
        self.kept[self.epoch] = {name: value.cpu().clone() for name, value in self.network.state_dict().items()}

    def state(self) -> dict[str, Any]:
        return {
            "network": self.network.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "epoch": self.epoch,
            "rows": self.rows,
            "kept": self.kept,
            "precision": self.precision,
        }

    def resume(self, state: dict[str, Any]) -> None:
        self.network.load_state_dict(state["network"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.epoch, self.rows = state["epoch"], state["rows"]
        self.kept.update(state["kept"])


def train(
    network: Network,
    images: Images,
    test: Images | None,
    recipe: Recipe,
    *,
    seed: int,
    state: Path | None = None,
    report: Callable[[Row], None] = lambda row: None,
    kept: Kept | None = None,
    ranks: Ranks = ALONE,
) -> list[Row]:
    """Train the network in place and return one row per epoch, epoch 0 first.

    `images` and `test` are on the device of the network, whose weights are those of
    `seed`.  Without `test` no test error is measured.  With `state`, the training is
    saved there after each epoch and goes on from there when called again; `report` is
    told every row that is new, after it was saved.  `kept` is filled with the weights after each of the
    recipe's `keep_epochs`.  Of several `ranks` each calls this, with the same arguments on its own device; the first
    of them saves.
    """
    if recipe.precision == "auto":
        raise ValueError("precision auto depends on the device: settle it first, as resdag.training.state.settled does")
    ranks.prepare(network)
    optimizer = _optimizer(network, recipe)
    training = Training(network, optimizer, recipe.precision, kept={} if kept is None else kept, ranks=ranks)
    if images.pixels.device.type == "cuda" and ranks.count == 1:
        training.captured = _captured(training, recipe)
    saved = load_state(state) if state else None
    if saved:
        training.resume(saved)
    else:
        training.rows.append(_row(0, None, None, _test_error(training, test, recipe), 0.0))
        report(training.rows[-1])
    while training.epoch < recipe.epochs:
        training.rows.append(_epoch(training, images, test, recipe, seed))
        if training.epoch in recipe.keep_epochs:
            training.keep()
        if state and ranks.rank == 0:
            save_state(training.state(), state)
        report(training.rows[-1])
    return training.rows


def _optimizer(network: Network, recipe: Recipe) -> Sgd:
    return Sgd(network.parameters(), momentum=recipe.momentum, weight_decay=recipe.weight_decay)


def _row(epoch: int, rate: float | None, tally: "_Tally | None", test_error: float | None, seconds: float) -> Row:
    return {
        "epoch": epoch,
        "learning_rate": rate,
        "train_loss": finite(tally.loss.item() / tally.images) if tally else None,
        "train_error": tally.errors.item() / tally.images if tally else None,
        "test_error": test_error,
        "seconds": seconds,
    }


class _Tally:
    """Sums over the batches of an epoch, kept on the device so that no step waits for it."""

    def __init__(self, device: torch.device) -> None:
        self.loss = torch.zeros((), dtype=torch.float64, device=device)
        self.errors = torch.zeros((), dtype=torch.int64, device=device)
        self.images = 0

    def add(self, logits: Tensor, labels: Tensor, loss: Tensor, whole: int) -> None:
        """Take in what this process has of a batch of `whole` images: `loss` is its part of the mean."""
        self.loss += loss.double() * whole
        self.errors += (logits.argmax(1) != labels).sum()
        self.images += whole


def generator(seed: int, epoch: int) -> torch.Generator:
    """The CPU generator behind an epoch's order, crops and flips; the same for every network of a seed."""
    digest = hashlib.sha256(f"resdag training seed={seed} epoch={epoch}".encode()).digest()
    return torch.Generator().manual_seed(int.from_bytes(digest[:8], "little", signed=True))


def _epoch(training: Training, images: Images, test: Images | None, recipe: Recipe, seed: int) -> Row:
    """Run one epoch in train mode; its row."""
    started = time.perf_counter()
    network, ranks, device = training.network, training.ranks, images.pixels.device
    network.train()
    draws = generator(seed, training.epoch)
    order = torch.randperm(len(images), generator=draws).to(device)
    offsets, flips = draw_augmentation(len(images), recipe.crop_padding, recipe.flip, draws)
    offsets, flips = offsets.to(device), flips.to(device)
    tally = _Tally(device)
    steps = recipe.steps_per_epoch(len(images))
    rate = 0.0
    for index in range(steps):
        step = training.epoch * steps + index
        rate = recipe.learning_rate_at(training.epoch, step)
        start, stop = index * recipe.batch_size, min((index + 1) * recipe.batch_size, len(images))
        here, whole = ranks.share(start, stop), stop - start
        batch = images.augmented(order[here], offsets[here], flips[here], recipe.crop_padding)
        images.expect(order[ranks.share(stop, min(stop + recipe.batch_size, len(images)))])
        active = recipe.active(len(network.blocks), seed, step)
        labels = images.labels[order[here]]
        if training.captured is not None and active is None and len(batch) == recipe.batch_size:
            logits, loss = training.captured(batch, labels, rate)
        else:
            logits, loss = _step(training, batch, labels, whole, rate, active, recipe)
        tally.add(logits, labels, loss, whole)
    ranks.settle(network)
    tally.loss, tally.errors = ranks.total(tally.loss, tally.errors)
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    training.epoch += 1
    seconds = time.perf_counter() - started
    return _row(training.epoch, rate, tally, _test_error(training, test, recipe), seconds)


def _step(
    training: Training,
    batch: Tensor,
    labels: Tensor,
    whole: int,
    rate: float,
    active: list[bool] | None,
    recipe: Recipe,
) -> tuple[Tensor, Tensor]:
    """One step of SGD on a batch, or this process's share of `whole` images: the logits and the loss before it.

    Blocks that are not computed have gradient zero, not none: momentum and weight decay still act on them.
    """
    # Nothing is cast twice in a step, and a captured step must not look into a cache of casts.
    precise = recipe.precision != "bfloat16"
    with torch.autocast(batch.device.type, torch.bfloat16, enabled=not precise, cache_enabled=False):
        logits = training.network(batch, active=active)
    loss = training.ranks.loss(logits.float(), labels, whole)
    training.optimizer.zero_grad(set_to_none=active is None)
    loss.backward()
    if active is not None:
        _fill_missing_gradients(training.network)
    training.ranks.add_gradients(training.network)
    training.optimizer.step(rate)
    return logits.detach(), loss.detach()


def _captured(training: Training, recipe: Recipe) -> Captured:
    """Steps on whole batches that compute every block, as CUDA graphs."""
    network, optimizer = training.network, training.optimizer

    def step(batch: Tensor, labels: Tensor, rate: float) -> tuple[Tensor, Tensor]:
        return _step(training, batch, labels, len(batch), rate, None, recipe)

    return Captured(
        step,
        lambda: [*network.state_dict().values(), *optimizer.momenta()],
        lambda: optimizer.zero_grad(set_to_none=True),
    )


def _fill_missing_gradients(network: Network) -> None:
    """Give zero to parameters that no batch has yet reached: the optimizer passes over what has no gradient."""
    for parameter in network.parameters():
        if parameter.grad is None:
            parameter.grad = torch.zeros_like(parameter)


def _test_error(training: Training, test: Images | None, recipe: Recipe) -> float | None:
    """Error on the test images, branches scaled as at test time; None where nothing is measured."""
    if test is None:
        return None
    network, mine = training.network, part(test, training.ranks.share(0, len(test)))
    with scaled(network, recipe.scales(recipe.scale_name, len(network.blocks))):
        errors = evaluate(network, mine).errors if len(mine) else 0
    (total,) = training.ranks.total(torch.tensor(errors))
    return total.item() / len(test)
