"""Images on the device: bytes loaded once, normalised and augmented by batch.

A whole training set is a few hundred megabytes of bytes, so it lies on the
device, and a batch is gathered from it by index.  Large images stay in their files (`streamed`), which are
indexed in the same way.  Augmentation is that of He et
al. 2016 (Identity Mappings): each image, by itself, is padded, cropped back to
its size at a random place, and mirrored with probability 1/2.  Padding is zero
after normalisation, the colour of the mean, as in the authors' code; padding
the raw image instead would give black borders.

Random numbers come from a generator on the CPU, so every device sees the same.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path
from typing import Any, Literal, Protocol

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from resdag.datasets.prepared import METADATA, checksum
from resdag.errors import DamagedFileError, DatasetError

STREAMED = "resdag.datasets.streamed"
Numbers = Sequence[float] | Tensor


class Pixels(Protocol):
    """Bytes of images, (N, C, H, W): a tensor, or files that are decoded when they are asked for."""

    @property
    def shape(self) -> Sequence[int]: ...
    @property
    def device(self) -> torch.device: ...
    def __len__(self) -> int: ...
    def __getitem__(self, where: Any, /) -> Tensor: ...
    def narrow(self, dim: int, start: int, length: int) -> Any: ...


@dataclass(frozen=True, eq=False)
class Images:
    """A split of a dataset on a device: bytes, labels, and the statistics that pixels are normalised with."""

    pixels: Pixels  # uint8 (N, C, H, W)
    labels: Tensor  # int64 (N,), on the same device
    classes: tuple[str, ...]
    mean: Tensor  # float64 (C,), of pixels in [0, 1]
    std: Tensor  # float64 (C,)

    def __len__(self) -> int:
        return len(self.pixels)

    def normalised(self, start: int, stop: int, dtype: torch.dtype = torch.float32) -> Tensor:
        """Images start..stop-1, (n, C, H, W), unaugmented, channels_last."""
        return _channels_last(normalise(self.pixels[start:stop], self.mean, self.std, dtype))

    def chosen(self, indices: Sequence[int] | Tensor, dtype: torch.dtype = torch.float32) -> Tensor:
        """The images of these indices, (n, C, H, W), unaugmented, channels_last."""
        where = torch.as_tensor(indices, device=self.pixels.device)
        return _channels_last(normalise(self.pixels[where], self.mean, self.std, dtype))

    def augmented(
        self, indices: Tensor, offsets: Tensor, flips: Tensor, padding: int, dtype: torch.dtype = torch.float32
    ) -> Tensor:
        """The images of these indices, (n, C, H, W), each cropped and mirrored its own way; borders are 0."""
        crops, inside = augment(self.pixels[indices], offsets, flips, padding)
        return _channels_last(normalise(crops, self.mean, self.std, dtype).masked_fill_(~inside, 0))

    def first(self, count: int | None) -> "Images":
        """The first so many of the images, or all if there are fewer."""
        count = len(self) if count is None else min(count, len(self))
        return replace(self, pixels=self.pixels.narrow(0, 0, count), labels=self.labels[:count])

    def expect(self, indices: Tensor) -> None:
        """These images will be asked for next: those in files are decoded meanwhile."""
        pixels: Any = self.pixels
        if not isinstance(pixels, Tensor):
            pixels.expect(indices)

    def seen_as(self, square: Mapping[str, Any] | None) -> "Images":
        """The same images, resized and cut as weights of others want them; DatasetError for those held as pixels."""
        if square is None:
            return self
        pixels: Any = self.pixels
        if isinstance(pixels, Tensor):
            raise DatasetError("images held as pixels have one size: give the network that of the dataset")
        return replace(self, pixels=pixels.seen_as(import_module(STREAMED).Square(**square)))

    def with_normalization(self, mean: Sequence[float], std: Sequence[float]) -> "Images":
        """The same images, normalised with other statistics: for weights that were trained with them."""
        channels = self.pixels.shape[1]
        if len(mean) != channels or len(std) != channels:
            raise DatasetError(
                f"normalization has {len(mean)} means and {len(std)} stds, and the images {channels} channels: "
                f"give one of each for every channel."
            )
        return replace(self, mean=self.mean.new_tensor(mean), std=self.std.new_tensor(std))


def load(
    path: Path | str,
    *,
    split: Literal["train", "test"],
    limit: int | None = None,
    device: torch.device | str = "cpu",
    root: Path | str | None = None,
) -> Images:
    """The first `limit` images of a split, or all if there are fewer, from a file that `prepare` wrote.

    `root` is the dataset's, where images stay in their files.
    DamagedFileError if the file is missing, truncated, or its tensors are not those that were written.
    """
    try:
        with safe_open(path, framework="pt") as file:
            metadata = json.loads(file.metadata()[METADATA])
            names = [name for name in metadata["checksums"] if name.startswith(f"{split}_")]
            tensors = {name: file.get_tensor(name) for name in names}
            labels = tensors[f"{split}_labels"]
    except (SafetensorError, OSError, KeyError, TypeError, ValueError) as error:
        raise _damaged(path, error) from error
    for name, tensor in tensors.items():
        if checksum(tensor.numpy()) != metadata["checksums"][name]:
            raise _damaged(path, f"{name} is not what was written")
    pixels = tensors[f"{split}_images"] if "square" not in metadata else _files(metadata, tensors, root, split, device)
    found = Images(
        pixels,
        labels,
        tuple(metadata["classes"]),
        torch.tensor(metadata["mean"], dtype=torch.float64, device=device),
        torch.tensor(metadata["std"], dtype=torch.float64, device=device),
    ).first(limit)
    return replace(found, pixels=_moved(found.pixels, device), labels=found.labels.to(device, copy=True))


def _moved(pixels: Pixels, device: torch.device | str) -> Pixels:
    return pixels.to(device, copy=True) if isinstance(pixels, Tensor) else pixels


def _files(
    metadata: Mapping[str, Any],
    tensors: Mapping[str, Tensor],
    root: Path | str | None,
    split: str,
    device: torch.device | str,
) -> Pixels:
    """Found by name: measurements on images held as pixels do not depend on its code."""
    if root is None:
        raise DatasetError("these images stay in their files: dataset.root, the folder that they are in, is missing")
    files: Pixels = import_module(STREAMED).files_of(metadata, tensors, Path(root), split, device)
    return files


def normalise(images: Tensor, mean: Numbers, std: Numbers, dtype: torch.dtype = torch.float32) -> Tensor:
    """(pixel / 255 - mean) / std of bytes (..., C, H, W), computed in float32 or wider, in `dtype`."""
    work = torch.promote_types(dtype, torch.float32)
    shift, scale = (torch.as_tensor(v, device=images.device).to(work).view(-1, 1, 1) for v in (mean, std))
    return images.to(work).div_(255).sub_(shift).div_(scale).to(dtype)


def draw_augmentation(count: int, padding: int, flip: bool, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """For each image its own crop, offsets (count, 2) int64 in 0..2*padding (down, right), and mirror, bool (count,).

    On the CPU. Mirrors are drawn whether `flip` is true or not, so that crops do not depend on it.
    """
    offsets = torch.randint(0, 2 * padding + 1, (count, 2), generator=generator)
    flips = torch.randint(0, 2, (count,), generator=generator, dtype=torch.bool)
    return offsets, flips & flip


def augment(images: Tensor, offsets: Tensor, flips: Tensor, padding: int) -> tuple[Tensor, Tensor]:
    """Crop each padded image (N, C, H, W) at its own offset, then mirror it; and which pixels are the image's own.

    The mask is (N, 1, H, W) bool; crops are 0 outside it. Offset (padding, padding) without a mirror changes nothing.
    """
    count, channels, height, width = images.shape
    device = images.device
    rows = torch.arange(height, device=device) + (offsets[:, :1] - padding)
    columns = torch.arange(width, device=device).expand(count, width)
    columns = torch.where(flips[:, None], width - 1 - columns, columns) + (offsets[:, 1:] - padding)
    inside = _within(rows, height)[:, None, :, None] & _within(columns, width)[:, None, None, :]
    each = torch.arange(count, device=device)[:, None, None, None]
    channel = torch.arange(channels, device=device)[:, None, None]
    row, column = rows.clamp(0, height - 1)[:, None, :, None], columns.clamp(0, width - 1)[:, None, None, :]
    return images[each, channel, row, column] * inside, inside


def _within(places: Tensor, size: int) -> Tensor:
    return (places >= 0) & (places < size)


def _channels_last(images: Tensor) -> Tensor:
    return images.contiguous(memory_format=torch.channels_last)


def _damaged(path: Path | str, reason: Any) -> DamagedFileError:
    return DamagedFileError(f"{path} is damaged ({reason}): remove it, and the data job writes it again.")
