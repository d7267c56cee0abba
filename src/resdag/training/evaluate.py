"""How often is a network wrong?  Counts of errors, and the loss, in eval mode."""

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from resdag.datasets.tensors import Images
from resdag.models.inference import eval_mode, norms_in_training
from resdag.models.memory import DEFAULT_MEMORY_BYTES, WORKING_TENSORS, largest_activation
from resdag.models.network import Network

EVALUATION_BATCH = 500  # images of CIFAR's size; larger ones come in smaller batches
EVALUATION_PIXELS = EVALUATION_BATCH * 32 * 32


@dataclass(frozen=True)
class Score:
    """What a network said of some images: its predicted classes, and the mean cross-entropy."""

    predicted: Tensor  # int64 (N,)
    labels: Tensor  # int64 (N,), on the same device
    loss: float | None  # nats; None where it is not finite

    @property
    def right(self) -> Tensor:
        """Which images were classified correctly: (N,) bool."""
        return self.predicted == self.labels

    @property
    def images(self) -> int:
        return len(self.labels)

    @property
    def errors(self) -> int:
        return self.images - int(self.right.sum())

    def row(self) -> dict[str, Any]:
        """Columns errors, images, error, loss of a row."""
        return {"errors": self.errors, "images": self.images, "error": self.errors / self.images, "loss": self.loss}

    def against(self, before: "Score") -> dict[str, int]:
        """How many images were right before and are wrong now, and the reverse."""
        return {
            "broken": int((before.right & ~self.right).sum()),
            "repaired": int((~before.right & self.right).sum()),
        }


def finite(value: float) -> float | None:
    """The value, or None where it is infinite or not a number."""
    return value if math.isfinite(value) else None


def batch_of(images: Images) -> int:
    """Images that are measured together: as many pixels as 500 of CIFAR's images have, at most 500, at least one."""
    height, width = images.pixels.shape[2:]
    return max(1, min(EVALUATION_BATCH, EVALUATION_PIXELS // (height * width)))


def batches(images: Images, size: int | None = None) -> Iterator[tuple[Tensor, Tensor]]:
    """Normalised, unaugmented batches (n, C, H, W) float32 channels_last, with labels (n,)."""
    size = size or batch_of(images)
    for start in range(0, len(images), size):
        yield images.normalised(start, start + size), images.labels[start : start + size]


def first(images: Images, count: int) -> Images:
    """The first so many of the images."""
    return images.first(count)


def part(images: Images, which: slice) -> Images:
    """The images of a slice, one after the other; they are not copied."""
    start, stop, _ = which.indices(len(images))
    return replace(images, pixels=images.pixels.narrow(0, start, stop - start), labels=images.labels[which])


def score_logits(logits: Sequence[Tensor], labels: Tensor) -> Score:
    """A score from the logits (n, classes) of each batch, in order; the loss is summed in float64."""
    everything = torch.cat(list(logits))
    loss = functional.cross_entropy(everything.double(), labels).item()
    return Score(everything.argmax(1), labels, finite(loss))


@torch.inference_mode()
def evaluate(
    network: nn.Module, images: Images, size: int | None = None, *, memory_bytes: int = DEFAULT_MEMORY_BYTES
) -> Score:
    """Score of the network on unaugmented images, in eval mode; the network's mode is restored.

    So many images at a time as keep within the bound, down to one; or `size`, where it is given.
    """
    with eval_mode(network):
        size = size or images_together(network, images, memory_bytes)
        logits = [network(batch) for batch, _ in batches(images, size)]
    return score_logits(logits, images.labels)


@torch.inference_mode()
def images_together(network: nn.Module, images: Images, memory_bytes: int) -> int:
    """Images that the network, in eval mode, takes at once within the bound; at most `batch_of` them, at least one."""
    largest = largest_activation(network, images.normalised(0, 1))
    return max(1, min(batch_of(images), memory_bytes // (largest * WORKING_TENSORS)))


@contextmanager
def scaled(network: Network, scales: Sequence[float]) -> Iterator[Network]:
    """The network with these factors on its branches, for as long as the context lasts."""
    before = [block.scale for block in network.blocks]
    try:
        set_scales(network, scales)
        yield network
    finally:
        set_scales(network, before)


def set_scales(network: Network, scales: Sequence[float]) -> None:
    """Multiply each block's branch by its factor from now on."""
    for block, scale in zip(network.blocks, scales, strict=True):
        block.scale = float(scale)


@torch.no_grad()
def recalibrate(network: nn.Module, images: Images, size: int | None = None) -> None:
    """Re-estimate all batch-norm statistics on unaugmented images: the mean over batches of their statistics.

    The variance of a batch is the unbiased one, as in training; a last, partial batch counts as much as a whole one.
    The network changes in place, and stays in the mode that it was in; one pass over the images.
    """
    with norms_in_training(network) as norms:
        momenta = [norm.momentum for norm in norms]
        try:
            for norm in norms:
                norm.reset_running_stats()
                norm.momentum = None  # torch's word for a cumulative mean
            for batch, _ in batches(images, size):
                network(batch)
        finally:
            for norm, momentum in zip(norms, momenta, strict=True):
                norm.momentum = momentum
