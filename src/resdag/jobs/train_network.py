"""Job: train one network from one seed; weights, those at the start and on the way, and a row per epoch."""

from dataclasses import asdict, replace
from pathlib import Path

import torch

from resdag.atomic import write_json
from resdag.datasets.tensors import Images, load
from resdag.jobs.context import Context, Row, Tables
from resdag.training import checkpoint
from resdag.training.checkpoint import Description, describe
from resdag.training.recipe import Recipe, recipe_from
from resdag.training.state import settled
from resdag.training.train import Kept, train


def run(context: Context) -> Tables:
    """Train, or go on where an interrupted training stood; rows of `epochs`."""
    spec, seed = context.spec, int(context.of["seed"])
    state = state_of(context)
    recipe = recipe_from(spec["recipe"], spec["kind"])
    precision = settled(recipe.precision, context.settings["fast_precision"], state)
    images = load(context.input("images"), split="train", limit=spec["train_limit"], device=context.device)
    description = describe(spec["options"], spec["normalization"], images, recipe)
    images = images.with_normalization(description.mean, description.std)
    network = description.build(seed)
    checkpoint.save(network, context.outputs["initial"])  # again when resumed: a failed job's outputs are deleted
    network.to(torch.device(context.device)).to(memory_format=torch.channels_last)
    test = _test_images(context, recipe, description)
    kept: Kept = {}
    own = replace(recipe, precision=precision)
    rows = _train_with_progress(context, network, images, test, own, seed, state, kept)
    checkpoint.save_kept(kept, context.outputs["kept"])
    checkpoint.save(network, context.outputs["weights"])
    seconds = sum(row["seconds"] for row in rows)
    training = {"source": "trained", "device": context.settings["device_name"], "train_seconds": seconds,
                "recipe": asdict(recipe), "precision": precision,
                "arithmetic": context.settings["arithmetic"]}  # fmt: skip
    write_json(context.outputs["training"], training | {"network": asdict(description)})
    return {"epochs": rows}


def finish(context: Context) -> None:
    """The rows are written, so the training need not go on from anywhere any more."""
    state_of(context).unlink(missing_ok=True)


def state_of(context: Context) -> Path:
    """Where the training is saved after each epoch: beside the weights, and no output, so that a failure keeps it."""
    return Path(context.outputs["weights"]).with_name("state.pt")


def _test_images(context: Context, recipe: Recipe, of: Description) -> Images | None:
    """The images behind each epoch's test error: the recipe's, whatever the study's test limit is."""
    if recipe.test_images == 0:
        return None
    test = load(context.input("images"), split="test", limit=recipe.test_images, device=context.device)
    return test.with_normalization(of.mean, of.std)


def _train_with_progress(context, network, images, test, recipe, seed, state, kept):  # type: ignore[no-untyped-def]
    steps = context.steps
    first: list[int] = []
    with steps.bar(recipe.epochs, "epoch") as bar:

        def report(row: Row) -> None:
            done = row["epoch"]
            if not first:
                first.append(done - 1 if done else 0)
                bar.update(first[0])
            bar.update(1 if done else 0)
            left = steps.time_left(done - first[0], recipe.epochs - first[0]) if done else "starting"
            steps.line(f"epoch {done} of {recipe.epochs}, {_said(row)}, {left}")

        return train(network, images, test, recipe, seed=seed, state=state, report=report, kept=kept)


def _said(row: Row) -> str:
    parts = {"train loss": row["train_loss"], "train error": row["train_error"], "test error": row["test_error"]}
    formats = {"train loss": "{:.3f}", "train error": "{:.1%}", "test error": "{:.1%}"}
    return ", ".join(f"{name} {formats[name].format(value)}" for name, value in parts.items() if value is not None)
