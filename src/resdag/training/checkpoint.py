"""A trained or loaded network on disk: its weights, and beside them how to build and normalise it.

`training.json` holds the architecture, its options, channels and classes, the
normalisation, and the test-time factors of the branches; the weights are safetensors.
Weights kept along training lie together in one file, as `EPOCH/NAME`: how many epochs are
kept changes what the file holds, and no file's name.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from resdag.datasets.tensors import Images
from resdag.models.build import build
from resdag.models.network import Network
from resdag.models.weights import load_weights, save_tensors, save_weights
from resdag.training.evaluate import set_scales
from resdag.training.recipe import Recipe


@dataclass(frozen=True)
class Description:
    """How to build a network again and how to feed it."""

    architecture: str
    options: dict[str, Any]
    in_channels: int
    classes: int
    mean: list[float]
    std: list[float]
    scale: str  # how its branches are scaled at test time: none, survival, m/n
    scales: dict[str, list[float]]  # factors of the branches by the name of the scaling
    square: dict[str, Any] | None = None  # how its images are resized and cut, where that is not the dataset's way

    @property
    def is_foreign(self) -> bool:
        """Whether someone else wrote the network."""
        return "source" in self.options

    def build(self, seed: int = 0) -> Network:
        """The network with the initial weights of a seed, branches not scaled."""
        if self.is_foreign:  # found by name: networks of ours do not depend on its code
            foreign: Network = import_module("resdag.models.sources").build(self.options, self.classes, seed)
            return foreign
        return build(self.architecture, in_channels=self.in_channels, classes=self.classes, seed=seed, **self.options)


def describe(
    options: Mapping[str, Any],
    normalization: Mapping[str, Sequence[float]] | None,
    images: Images,
    recipe: Recipe | None,
    square: Mapping[str, Any] | None = None,
) -> Description:
    """The description of a network for these images: `options` with its architecture, as in a study file.

    `normalization` overrides the images' own statistics; without a recipe (a loaded network) no branch is scaled.
    `square` says how its images are resized and cut, where that is not how the dataset's are.
    """
    options = dict(options)
    foreign = "source" in options
    architecture = f"{options['source']}:{_which(options)}" if foreign else options.pop("architecture")
    statistics = normalization or {"mean": images.mean.tolist(), "std": images.std.tolist()}
    mean, std = list(statistics["mean"]), list(statistics["std"])
    plain = Description(architecture, options, images.pixels.shape[1], len(images.classes), mean, std, "none", {})
    blocks = len(plain.build().blocks)
    names = recipe.scale_names() if recipe else ("none",)
    scales = {name: recipe.scales(name, blocks) if recipe else [1.0] * blocks for name in names}
    return replace(plain, scale=names[0], scales=scales, square=dict(square) if square else None)


def _which(options: Mapping[str, Any]) -> str:
    return str(options.get("model") or options["factory"])


def save(network: Network, path: str | Path) -> None:
    """Write the weights; folders are made."""
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    save_weights(network, path)


def save_kept(kept: Mapping[int, Mapping[str, Tensor]], path: str | Path) -> None:
    """Write the weights of several epochs into one file, one that holds none where there are none; folders are made."""
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    tensors = {f"{epoch}/{name}": value for epoch, weights in kept.items() for name, value in weights.items()}
    save_tensors(tensors, path)


def load(description: Description, path: str | Path, device: str, epoch: int | None = None) -> Network:
    """The network on a device, in eval mode, its parameters frozen, its branches scaled as at test time.

    With an `epoch`, its weights then, from a file of `save_kept`.
    """
    network = description.build()
    load_weights(network, path, "" if epoch is None else f"{epoch}/")
    set_scales(network, description.scales[description.scale])
    network.requires_grad_(False)
    return network.eval().to(device).to(memory_format=torch.channels_last)
