"""The one file that a dataset becomes: bytes of images, labels, and what they are, in safetensors.

Tensors: train_images and test_images, uint8 (N, C, H, W); train_labels and
test_labels, int64 (N,).  Large images stay where they are: in place of their pixels the file has
train_paths and test_paths, below the dataset's root, as UTF-8 with a zero byte between two of them, and
train_digests and test_digests, uint8 (N, 16), by which each file is known again.

The metadata's only entry, `dataset`, is a JSON text:
kind, classes, channels, size, mean and std per channel of the training images
in [0, 1], counts, the SHA-256 of each tensor, and for large images the square that they become.  One entry, because
safetensors writes several in no fixed order, and equal data should be equal bytes.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
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


class Listing(NamedTuple):
    """A dataset whose images stay in their files: by split, their paths below the root, digests, and labels (N,)."""

    classes: list[str]
    paths: Mapping[str, Sequence[str]]
    digests: Mapping[str, Sequence[bytes]]
    labels: Mapping[str, np.ndarray]
    mean: list[float]
    std: list[float]
    square: Mapping[str, int | str]

    def tensors(self) -> dict[str, np.ndarray]:
        """The six arrays by name, as the file holds them."""
        found = {}
        for split, paths in self.paths.items():
            found[f"{split}_paths"] = np.frombuffer("\0".join(paths).encode(), np.uint8)
            digests = np.frombuffer(b"".join(self.digests[split]), np.uint8)
            found[f"{split}_digests"] = digests.reshape(len(paths), -1)
            found[f"{split}_labels"] = self.labels[split]
        return found


def write(kind: str, contents: Contents | Listing, out: Path) -> dict[str, Any]:
    """Write the file whole or not at all, and return its metadata."""
    from safetensors.numpy import save

    tensors = contents.tensors()
    about = _of_files(contents) if isinstance(contents, Listing) else _of_pixels(tensors)
    metadata = about | {"kind": kind, "classes": contents.classes} | _account(tensors)
    if min(metadata["std"]) == 0:
        raise DatasetError(
            f"channel {metadata['std'].index(0)} of the training images has the same value everywhere, "
            f"so it cannot be normalised: look at the images of this {kind} dataset."
        )
    whole = save(tensors, {METADATA: json.dumps(metadata, sort_keys=True)})
    with whole_file(out) as file:
        file.write(whole)
    return metadata


def checksum(array: np.ndarray) -> str:
    """SHA-256 of a contiguous array's bytes."""
    return hashlib.sha256(array.data).hexdigest()


class Histogram:
    """How often each of the 256 values occurs in each channel: whole numbers, whatever the order of the images."""

    def __init__(self, channels: int) -> None:
        self.counts = np.zeros((channels, 256), np.int64)

    def add(self, images: np.ndarray) -> None:
        """Count bytes (N, C, H, W)."""
        for start in range(0, len(images), 1000):  # a bound on memory: bincount widens bytes to 8 of them
            for channel, part in enumerate(images[start : start + 1000].swapaxes(0, 1)):
                self.counts[channel] += np.bincount(part.ravel(), minlength=256)

    def statistics(self) -> tuple[list[float], list[float]]:
        """Mean and standard deviation (of the population) per channel, of pixels in [0, 1].

        In whole numbers to the last division: a constant channel has std 0 exactly.
        """
        values = np.arange(256)
        pixels = int(self.counts[0].sum())
        sums = [(int(of_channel @ values), int(of_channel @ values**2)) for of_channel in self.counts]
        mean = [total / (255 * pixels) for total, _ in sums]
        std = [sqrt(pixels * squares - total**2) / (255 * pixels) for total, squares in sums]
        return mean, std


def channel_statistics(images: np.ndarray) -> tuple[list[float], list[float]]:
    """Mean and standard deviation (of the population) per channel of bytes (N, C, H, W), as pixels in [0, 1]."""
    histogram = Histogram(images.shape[1])
    histogram.add(images)
    return histogram.statistics()


def _of_pixels(tensors: Mapping[str, np.ndarray]) -> dict[str, Any]:
    images = tensors["train_images"]
    mean, std = channel_statistics(images)
    return {"channels": images.shape[1], "size": images.shape[2], "mean": mean, "std": std}


def _of_files(listing: Listing) -> dict[str, Any]:
    size, square = listing.square["side"], dict(listing.square)
    return {"channels": 3, "size": size, "mean": listing.mean, "std": listing.std, "square": square}


def _account(tensors: Mapping[str, np.ndarray]) -> dict[str, Any]:
    return {
        "counts": {split: len(tensors[f"{split}_labels"]) for split in ("train", "test")},
        "checksums": {name: checksum(array) for name, array in tensors.items()},
    }
