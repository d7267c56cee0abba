"""Which blocks do networks of others have?  Asked without weights, by a process of its own, answered in JSON.

    python -m resdag.models.structure < list_of_options.json > answers.json

The model is made on the device "meta", where tensors have forms and no numbers; one that cannot be is made on the CPU.
"""

import json
import sys
from collections.abc import Mapping
from typing import Any

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from resdag.errors import NetworkError
from resdag.models.build import build
from resdag.models.discovery import carve
from resdag.models.inference import batch_norms
from resdag.models.network import Network
from resdag.models.sources import make, name_of


def structure(options: Mapping[str, Any]) -> dict[str, Any]:
    """Blocks, groups that may change places, cost of one image, and what is published for the model."""
    channels, side = options["image"]
    ours = "architecture" in options
    images = torch.empty(2, channels, side, side, device="meta")
    network = _ours(options) if ours else carve(_bare(options), images)
    with FlopCounterMode(display=False) as counter:
        network(images[:1])
    return {
        "blocks": rows(network),
        "groups": [list(group) for group in network.order_groups()],
        "parameters": _count(network),
        "batch_norm": bool(batch_norms(network)),
        "multiply_adds": counter.get_total_flops() / 2,
        "published": None if ours else _published(options),
    }


def _ours(options: Mapping[str, Any]) -> Network:
    own = {key: value for key, value in options.items() if key != "image"}
    return build(in_channels=options["image"][0], classes=10, **own).eval().to("meta")


def rows(network: Network) -> list[dict[str, Any]]:
    """What there is to know of each block, from the input on."""
    return [
        {
            "block": index,
            "layer": block.origin.name if block.origin else f"blocks.{index}",
            "in_shape": list(block.takes),
            "out_shape": list(block.gives),
            "parameters": _count(block),
            "deletable": block.deletable,
            "reorderable": block.reorderable,
            "fixed": block.origin.fixed if block.origin else None,
        }
        for index, block in enumerate(network.blocks)
    ]


def _count(network: nn.Module) -> int:
    return sum(parameter.numel() for parameter in network.parameters())


def _bare(options: Mapping[str, Any]) -> nn.Module:
    try:
        with torch.device("meta"):
            return make(options)
    except NetworkError:  # some models read numbers while they are made
        return make(options).to("meta")


def _published(options: Mapping[str, Any]) -> dict[str, Any] | None:
    """Address, sum and preprocessing of weights that torchvision publishes under a name, or preprocessing of timm's."""
    if options["source"] == "torchvision" and options.get("weights"):
        return _of_torchvision(options["model"], options["weights"])
    if options["source"] == "timm":
        import timm

        given = timm.get_pretrained_cfg(options["model"])
        return {"preprocessing": _of_timm(given.to_dict())} if given else None
    return None


def _of_timm(data: Mapping[str, Any]) -> dict[str, Any]:
    side = data["input_size"][-1]
    return {
        "resize": int(side / data["crop_pct"]), "crop": side, "interpolation": data["interpolation"],
        "mean": list(data["mean"]), "std": list(data["std"]),
    }  # fmt: skip


def _of_torchvision(model: str, name: str) -> dict[str, Any]:
    from torchvision import models

    known = models.get_model_weights(model)
    if name not in known.__members__:
        raise NetworkError(
            f"torchvision publishes no weights {name!r} of {model}: it has {', '.join(known.__members__)}"
        )
    weights = known[name]
    transforms = weights.transforms()
    digits = weights.url.rpartition("-")[2].split(".")[0]  # torch's own rule: the sum's beginning ends the name
    return {
        "url": weights.url,
        "sha256": digits,
        "preprocessing": {
            "resize": transforms.resize_size[0], "crop": transforms.crop_size[0],
            "interpolation": transforms.interpolation.value,
            "mean": list(transforms.mean), "std": list(transforms.std),
        },
    }  # fmt: skip


def answer(options: Mapping[str, Any]) -> dict[str, Any]:
    """The structure, or why there is none: {"found": ...} or {"refused": a sentence}."""
    try:
        return {"found": structure(options)}
    except NetworkError as error:
        return {"refused": str(error)}
    except Exception as error:  # noqa: BLE001  whatever a model of anyone raises
        return {"refused": f"{name_of(options)} cannot be made and traced: {type(error).__name__}: {error}"}


if __name__ == "__main__":
    print(json.dumps([answer(options) for options in json.load(sys.stdin)]))
