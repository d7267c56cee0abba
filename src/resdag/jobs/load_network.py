"""Job: take over a network that was trained elsewhere."""

from dataclasses import asdict

from resdag.atomic import write_json
from resdag.datasets.tensors import load
from resdag.digests import file_sha256
from resdag.errors import WeightsError
from resdag.jobs.context import Context, Tables
from resdag.models.weights import load_outside_weights
from resdag.training import checkpoint
from resdag.training.checkpoint import describe


def run(context: Context) -> Tables:
    """Read the weights without executing anything, and write them as our own; no rows."""
    spec, source = context.spec, context.settings["weights"]
    found = file_sha256(source)
    if not found.startswith(spec["weights_sha256"]):
        raise WeightsError(f"weights {source} changed while the workflow ran: start the same command again")
    images = load(context.input("images"), split="test", limit=1, device="cpu")
    description = describe(spec["options"], spec["normalization"], images, None)
    network = description.build()
    load_outside_weights(network, source)
    checkpoint.save(network, context.outputs["weights"])
    unknown = {"device": None, "train_seconds": None, "recipe": None, "precision": None, "arithmetic": None}
    write_json(context.outputs["training"], unknown | {"source": "loaded", "network": asdict(description)})
    return {}
