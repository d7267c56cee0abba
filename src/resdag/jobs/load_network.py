"""Job: take over a network that was trained elsewhere."""

from collections.abc import Mapping
from dataclasses import asdict
from importlib import import_module

from resdag.atomic import write_json
from resdag.datasets.tensors import Images
from resdag.digests import file_sha256
from resdag.errors import WeightsError
from resdag.jobs.context import Context, Tables
from resdag.jobs.opening import as_wanted, load_images
from resdag.models.network import Network
from resdag.models.weights import load_outside_weights, read_outside_weights, renamed
from resdag.training import checkpoint
from resdag.training.checkpoint import Description, describe

PROBE_IMAGES = 4  # on which a network of others, taken apart, must say what it says whole


def run(context: Context) -> Tables:
    """Read the weights without executing anything, and write them as our own; no rows."""
    spec, source = context.spec, context.settings["weights"]
    if source is not None and not file_sha256(source).startswith(spec["weights_sha256"]):
        raise WeightsError(f"weights {source} changed while the workflow ran: start the same command again")
    images = load_images(context, "test", PROBE_IMAGES, "cpu")
    description = describe(spec["options"], spec["normalization"], images, None, spec.get("square"))
    probe = as_wanted(images, description)
    checkpoint.save(_loaded(description, source, spec.get("rename", {}), probe), context.outputs["weights"])
    unknown = {"device": None, "train_seconds": None, "recipe": None, "precision": None, "arithmetic": None}
    write_json(context.outputs["training"], unknown | {"source": "loaded", "network": asdict(description)})
    return {}


def _loaded(of: Description, source: str | None, rename: Mapping[str, str], probe: Images) -> Network:
    """The network with its weights; one of others is held against the model that it was taken from, on the probe."""
    if not of.is_foreign:
        network = of.build()
        load_outside_weights(network, source or "")
        return network
    state = None if source is None else renamed(read_outside_weights(source), rename)
    sources = import_module("resdag.models.sources")
    loaded: Network = sources.load(of.options, of.classes, state, probe.normalised(0, len(probe)))
    return loaded
