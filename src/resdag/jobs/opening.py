"""Open what the measuring jobs have in common: a network and the images that it is measured on."""

from collections.abc import Iterator
from typing import Literal

from resdag.datasets.tensors import Images, load
from resdag.jobs.context import Context, read_json
from resdag.models.network import Network
from resdag.training import checkpoint
from resdag.training.checkpoint import Description

Split = Literal["train", "test"]


def description(context: Context) -> Description:
    """How to build the job's network, from the training.json upstream."""
    return _description(context.input("training"))


def _description(training: str) -> Description:
    return Description(**read_json(training)["network"])


def images(context: Context, split: Split, of: Description | None = None) -> Images:
    """Images of a split, as many as the study asks for, as the network wants them."""
    found = load_images(context, split, context.spec.get(f"{split}_limit"), context.device)
    return as_wanted(found, of) if of else found


def load_images(context: Context, split: Split, limit: int | None, device: str) -> Images:
    """The first so many images of a split, from the data job upstream."""
    return load(context.input("images"), split=split, limit=limit, device=device, root=context.settings["root"])


def as_wanted(found: Images, of: Description) -> Images:
    """The images resized, cut and normalised as a network's weights were trained."""
    return found.seen_as(of.square).with_normalization(of.mean, of.std)


def network_and_test_images(context: Context) -> tuple[Network, Images]:
    """The job's network, ready to be measured, and its test images."""
    of = description(context)
    return checkpoint.load(of, context.input("weights"), context.device), images(context, "test", of)


def networks(context: Context) -> Iterator[tuple[Description, Network]]:
    """Every network upstream, in the order in which the plan names them, ready to be measured; one at a time."""
    for files in context.inputs.values():
        if "weights" in files:
            of = _description(files["training"])
            yield of, checkpoint.load(of, files["weights"], context.device)
