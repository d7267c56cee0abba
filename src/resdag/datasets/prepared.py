"""The one file that a dataset becomes: bytes of images, labels, and what they are, in safetensors.

Tensors: train_images and test_images, uint8 (N, C, H, W); train_labels and
test_labels, int64 (N,).  The metadata's only entry, `dataset`, is a JSON text:
kind, classes, channels, size, mean and std per channel of the training images
in [0, 1], counts, and the SHA-256 of each tensor.  One entry, because
safetensors writes several in no fixed order, and equal data should be equal bytes.
"""

import hashlib
import json
from math import sqrt
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from resdag.atomic import whole_file
from resdag.errors import DatasetError

METADATA = "dataset"


class Contents(NamedTuple):
    """A dataset in memory: class names, images uint8 (N, C, H, W) and labels int64 (N,) of both splits."""

    classes: list[str]
    train_images: np.ndarray
    train_labels: np.ndarray
    test_images: np.ndarray
    test_labels: np.ndarray

    def tensors(self) -> dict[str, np.ndarray]:
        """The four arrays by name, contiguous, as the file holds them."""
        names = ("train_images", "train_labels", "test_images", "test_labels")
        return {name: np.ascontiguousarray(getattr(self, name)) for name in names}


def write(kind: str, contents: Contents, out: Path) -> dict[str, Any]:
    """Write the file whole or not at all, and return its metadata."""
    from safetensors.numpy import save

    tensors = contents.tensors()
    metadata = _describe(kind, contents.classes, tensors)
    whole = save(tensors, {METADATA: json.dumps(metadata, sort_keys=True)})
    with whole_file(out) as file:
        file.write(whole)
    return metadata


def checksum(array: np.ndarray) -> str:
    """SHA-256 of a contiguous array's bytes."""
    return hashlib.sha256(array.data).hexdigest()


def channel_statistics(images: np.ndarray) -> tuple[list[float], list[float]]:
    """Mean and standard deviation (of the population) per channel of bytes (N, C, H, W), as pixels in [0, 1].

    From exact counts of the 256 values, in whole numbers to the last division: a constant channel has std 0 exactly.
    """
    counts = np.zeros((images.shape[1], 256), np.int64)
    for start in range(0, len(images), 1000):  # a bound on memory: bincount widens bytes to 8 of them
        for channel, part in enumerate(images[start : start + 1000].swapaxes(0, 1)):
            counts[channel] += np.bincount(part.ravel(), minlength=256)
    values = np.arange(256)
    pixels = int(counts[0].sum())
    sums = [(int(of_channel @ values), int(of_channel @ values**2)) for of_channel in counts]
    mean = [total / (255 * pixels) for total, _ in sums]
    std = [sqrt(pixels * squares - total**2) / (255 * pixels) for total, squares in sums]
    return mean, std


def _describe(kind: str, classes: list[str], tensors: dict[str, np.ndarray]) -> dict[str, Any]:
    images = tensors["train_images"]
    mean, std = channel_statistics(images)
    if min(std) == 0:
        raise DatasetError(
            f"channel {std.index(0)} of the training images has the same value everywhere, "
            f"so it cannot be normalised: look at the images of this {kind} dataset."
        )
    return {
        "kind": kind,
        "classes": classes,
        "channels": images.shape[1],
        "size": images.shape[2],
        "mean": mean,
        "std": std,
        "counts": {"train": len(images), "test": len(tensors["test_images"])},
        "checksums": {name: checksum(array) for name, array in tensors.items()},
    }
