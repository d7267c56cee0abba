"""Job: train one network from one seed; weights, those at the start and on the way, and a row per epoch."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import torch

from resdag.atomic import write_json
from resdag.datasets.tensors import Images
from resdag.jobs.context import Context, Row, Tables
from resdag.jobs.opening import as_wanted, load_images
from resdag.models.network import Network
from resdag.training import checkpoint
from resdag.training.checkpoint import Description, describe
from resdag.training.ranks import Ranks
from resdag.training.recipe import Recipe, recipe_from
from resdag.training.state import load_state, settled
from resdag.training.train import Kept, train

Report = Callable[[Row], None]


def run(context: Context) -> Tables:
    """Train, or go on where an interrupted training stood; rows of `epochs`."""
    state, recipe = state_of(context), _recipe(context)
    kept: Kept = {}
    with _progress(context, recipe.epochs) as report:
        if recipe.devices > 1:
            _train_together(context, recipe, report)  # to the last epoch: what follows finds its state
        made = _make(context, recipe, context.device)
        checkpoint.save(made.network, context.outputs["initial"])  # resumed or not: a failed job's outputs are deleted
        rows = train(
            made.network, made.images, made.test, recipe, seed=_seed(context), state=state, report=report, kept=kept
        )
    checkpoint.save_kept(kept, context.outputs["kept"])
    checkpoint.save(made.network, context.outputs["weights"])
    seconds = sum(row["seconds"] for row in rows)
    asked = asdict(recipe) | {"precision": context.spec["recipe"]["precision"]}
    training = {"source": "trained", "device": context.settings["device_name"], "train_seconds": seconds,
                "recipe": asked, "precision": recipe.precision,
                "arithmetic": context.settings["arithmetic"]}  # fmt: skip
    write_json(context.outputs["training"], training | {"network": asdict(made.description)})
    return {"epochs": rows}


def finish(context: Context) -> None:
    """The rows are written, so the training need not go on from anywhere any more."""
    state_of(context).unlink(missing_ok=True)


def state_of(context: Context) -> Path:
    """Where the training is saved after each epoch: beside the weights, and no output, so that a failure keeps it."""
    return Path(context.outputs["weights"]).with_name("state.pt")


def _seed(context: Context) -> int:
    return int(context.of["seed"])


def _recipe(context: Context) -> Recipe:
    """The study's recipe, its precision settled, on as many devices as the job has."""
    recipe = recipe_from(context.spec["recipe"], context.spec["kind"])
    precision = settled(recipe.precision, context.settings["fast_precision"], state_of(context))
    return replace(recipe, precision=precision, devices=context.settings["devices"])


@dataclass(frozen=True)
class _Made:
    """What a training begins with, on its device."""

    description: Description
    network: Network
    images: Images
    test: Images | None


def _make(context: Context, recipe: Recipe, device: str) -> _Made:
    spec = context.spec
    images = load_images(context, "train", spec["train_limit"], device)
    description = describe(spec["options"], spec["normalization"], images, recipe, spec.get("square"))
    images = as_wanted(images, description)
    network = description.build(_seed(context)).to(torch.device(device)).to(memory_format=torch.channels_last)
    return _Made(description, network, images, _test_images(context, recipe, description, device))


def _test_images(context: Context, recipe: Recipe, of: Description, device: str) -> Images | None:
    """The images behind each epoch's test error: the recipe's, whatever the study's test limit is."""
    if recipe.test_images == 0:
        return None
    return as_wanted(load_images(context, "test", recipe.test_images, device), of)


def _train_together(context: Context, recipe: Recipe, report: Report) -> None:
    """Train in a process for each device, the state saved by the first of them."""
    from resdag.training.launch import run_together

    count = recipe.devices
    devices = [f"cuda:{index}" for index in range(count)] if context.device.startswith("cuda") else ["cpu"] * count
    load_state(state_of(context))  # one that is damaged is set aside here: the ranks find the same
    run_together(
        train_share, (context, recipe), devices=devices, batch_norm=recipe.batch_norm,
        threads=torch.get_num_threads(), report=report,
    )  # fmt: skip


def train_share(ranks: Ranks, device: str, given: tuple[Context, Recipe], report: Report) -> None:
    """What each of several processes does: train the network, and report if it is the first."""
    context, recipe = given
    made = _make(context, recipe, device)
    train(
        made.network, made.images, made.test, recipe,
        seed=_seed(context), state=state_of(context), report=report, ranks=ranks,
    )  # fmt: skip


@contextmanager
def _progress(context: Context, epochs: int) -> Iterator[Report]:
    """Tells of each epoch as it ends, with the time left."""
    steps = context.steps
    first: list[int] = []
    with steps.bar(epochs, "epoch") as bar:

        def report(row: Row) -> None:
            done = row["epoch"]
            if not first:
                first.append(done - 1 if done else 0)
                bar.update(first[0])
            bar.update(1 if done else 0)
            left = steps.time_left(done - first[0], epochs - first[0]) if done else "starting"
            steps.line(f"epoch {done} of {epochs}, {_said(row)}, {left}")

        yield report


def _said(row: Row) -> str:
    parts = {"train loss": row["train_loss"], "train error": row["train_error"], "test error": row["test_error"]}
    formats = {"train loss": "{:.3f}", "train error": "{:.1%}", "test error": "{:.1%}"}
    return ", ".join(f"{name} {formats[name].format(value)}" for name, value in parts.items() if value is not None)
