"""Images as a caller has them: tensors that are normalised already, or whatever gives them batch by batch.

The engines ask for images by index, on the network's device.  Tensors stay where they are, and a batch at a time goes
there; of a loader each batch is measured when it comes, and nothing is kept.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from resdag.datasets.tensors import Images
from resdag.errors import DatasetError, NetworkError
from resdag.models.network import Network

Loader = Iterable[tuple[Tensor, Tensor]]
"""Gives (images, labels), batch by batch, as torch's DataLoader does."""


@dataclass(frozen=True, eq=False)
class Given(Images):
    """Images (N, ...) that are normalised already, of floating point; labels are on the network's device."""

    def normalised(self, start: int, stop: int, dtype: torch.dtype = torch.float32) -> Tensor:
        """Images start..stop-1, in their own precision."""
        return self._ready(self.pixels[start:stop])

    def chosen(self, indices: Sequence[int] | Tensor, dtype: torch.dtype = torch.float32) -> Tensor:
        """The images of these indices, in their own precision."""
        return self._ready(self.pixels[torch.as_tensor(indices, device=self.pixels.device)])

    def _ready(self, images: Tensor) -> Tensor:
        images = images.to(self.labels.device)
        return images.contiguous(memory_format=torch.channels_last) if images.ndim == 4 else images


@dataclass(frozen=True)
class Loaded:
    """The batches of a loader, each of them images by themselves; every pass begins it anew."""

    loader: Loader
    network: Network

    def __iter__(self) -> Iterator[Given]:
        for batch in self.loader:
            if not (isinstance(batch, Sequence) and len(batch) == 2):
                raise DatasetError(
                    f"the loader gives {_described(batch)}: it must give pairs of images and labels, as DataLoaders do"
                )
            yield tensors(self.network, *batch)


def given(network: Network, images: Tensor | Loader, labels: Tensor | None) -> Given | Loaded:
    """What a caller gave, ready to be measured; DatasetError, in a sentence, where it cannot be."""
    if not isinstance(network, Network):
        raise NetworkError(
            f"a {type(network).__name__} is no network taken apart into blocks: give `resdag.unravel(model, example)`"
        )
    if isinstance(images, Tensor):
        return tensors(network, images, labels)
    if labels is not None:
        raise DatasetError(
            f"labels were given beside {_described(images)}, which gives its own: leave them out, or give two tensors"
        )
    return Loaded(images, network)


def tensors(network: Network, images: Any, labels: Any) -> Given:
    """Images (N, ...) of floating point and labels (N, ...), as tensors, on the network's device when they are used."""
    for name, tensor in {"images": images, "labels": labels}.items():
        if not isinstance(tensor, Tensor):
            raise DatasetError(f"{name} are {_described(tensor)}: give a tensor, or one loader of images and labels")
    if not images.is_floating_point():
        raise DatasetError(
            f"images are {images.dtype}: give them as the network takes them, normalised and of floating point"
        )
    if not len(images) or len(images) != len(labels):
        raise DatasetError(f"there are {len(images)} images and {len(labels)} labels: give one label for each image")
    device = next(network.parameters()).device
    none = torch.zeros(0, dtype=torch.float64)
    return Given(images, labels.to(device), (), none, none)


def count(images: Given | Loaded) -> int | None:
    """How many images there are; None where a loader does not say."""
    if isinstance(images, Given):
        return len(images)
    data: Any = getattr(images.loader, "dataset", None)
    return len(data) if hasattr(data, "__len__") else None


def _described(thing: object) -> str:
    return "None" if thing is None else f"a {type(thing).__name__}"
