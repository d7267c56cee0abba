"""Job: measure one intact network, in every way that its training leaves open."""

import copy
from typing import Any

from resdag.datasets.tensors import Images
from resdag.digests import file_sha256
from resdag.jobs.context import Context, Row, Tables, read_json
from resdag.jobs.opening import description, images, network_and_test_images
from resdag.lesions.lesion import intact
from resdag.lesions.rows import deletion_row
from resdag.models.build import block_rows
from resdag.models.inference import batch_norms
from resdag.models.network import Network
from resdag.training.checkpoint import Description
from resdag.training.evaluate import Score, evaluate, first, recalibrate, scaled

RECALIBRATION_IMAGES = 5_000  # ten batches of 500: statistics of 5,000 images differ from those of all by under 1 %


def run(context: Context) -> Tables:
    """Rows of `networks`, `evaluations`, `blocks`, and the intact row of `lesions`."""
    of, (network, test) = description(context), network_and_test_images(context)
    train = images(context, "train", of)
    own = evaluate(network, test, memory_bytes=context.memory_bytes)
    train_score = evaluate(network, train, memory_bytes=context.memory_bytes)
    lesion = deletion_row(intact(len(network.blocks)), "intact", None, own, own)
    return {
        "networks": [_network_row(context, of, network, own, train_score)],
        "evaluations": _evaluations(of, network, own, test, train, context.memory_bytes),
        "blocks": block_rows(network),
        "lesions": [lesion],
    }


def _evaluations(of: Description, network: Network, own: Score, test: Images, train: Images, memory: int) -> list[Row]:
    """The network under every scaling of its branches, with its own batch-norm statistics and re-estimated ones."""
    rows = []
    for name, scales in of.scales.items():
        with scaled(network, scales):
            score = own if name == of.scale else evaluate(network, test, memory_bytes=memory)
            rows.append({"test_scale": name, "recalibrated": False} | score.row())
            other = copy.deepcopy(network)
        if not batch_norms(network):
            continue
        recalibrate(other, first(train, RECALIBRATION_IMAGES))
        rows.append({"test_scale": name, "recalibrated": True} | evaluate(other, test, memory_bytes=memory).row())
    return rows


def _network_row(context: Context, of: Description, network: Network, test: Score, train: Score) -> Row:
    training = read_json(context.input("training"))
    recipe: dict[str, Any] = training["recipe"] or {}
    return {
        "architecture": of.architecture,
        "depth": of.options.get("depth"),
        "blocks": len(network.blocks),
        "convolutions": of.options.get("convolutions"),
        "classes": of.classes,
        "parameters": sum(parameter.numel() for parameter in network.parameters()),
        "shortcut": of.options.get("shortcut"),
        "first_block": of.options.get("first_block"),
        "options": of.options,
        "recipe": training["recipe"],
        "precision": training["precision"],
        "stochastic_depth": recipe.get("stochastic_depth"),
        "blocks_per_batch": recipe.get("blocks_per_batch"),
        "source": training["source"],
        "checkpoint_sha256": file_sha256(context.input("weights")),
        "device": training["device"] or context.settings["device_name"],
        "train_seconds": training["train_seconds"],
        "test_scale": of.scale,
        "test_errors": test.errors,
        "test_images": test.images,
        "test_error": test.errors / test.images,
        "test_loss": test.loss,
        "diverged": test.loss is None or not all(each.isfinite().all() for each in network.state_dict().values()),
        "train_errors": train.errors,
        "train_images": train.images,
    }
