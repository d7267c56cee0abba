"""Images that stay in their files: decoded when a measurement asks for them, and ahead of that.

`Files` stands where `Images` have an array of bytes, and gives the same bytes.  Measurements go through the images in
order, so when some are asked for, the ones after them are decoded meanwhile, by threads: decoders leave Python
alone.  How many wait is bounded by memory, not by the number of images.

Every file is held to the digest that it had when the images were checked: another image under its name is refused.
"""

from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from resdag.datasets.decoding import Square, cores, decoded, digest
from resdag.errors import BrokenImageError, DatasetError

AHEAD_BYTES = 64 * 2**20  # of decoded images that wait: 445 of 224 x 224


class Files:
    """Images in files as if they were bytes in memory, (N, 3, side, side) on a device.

    They are read with an index: `files[a:b]`, or `files[tensor of indices]`.
    """

    def __init__(
        self, root: Path, paths: Sequence[str], digests: np.ndarray, square: Square, device: torch.device | str
    ) -> None:
        self.root, self.paths, self.digests, self.square = root, paths, digests, square
        self.device = torch.device(device)
        self._waiting: dict[int, Future[np.ndarray]] = {}
        self._pool: ThreadPoolExecutor | None = None

    @property
    def shape(self) -> tuple[int, int, int, int]:
        """(N, 3, side, side)."""
        return (len(self.paths), 3, self.square.side, self.square.side)

    def __len__(self) -> int:
        return len(self.paths)

    def __getitem__(self, where: Any) -> Tensor:
        """These images as bytes on the device; DatasetError for a file that is gone or has changed."""
        in_order = isinstance(where, slice)
        indices = range(len(self))[where] if in_order else where.tolist()
        asked = [self._taken(index, self._waiting) for index in indices]
        if in_order:
            self.expect(range(indices.stop, len(self)))
        arrays = [each.result() for each in asked]
        pixels = np.stack(arrays) if arrays else np.empty((0, *self.shape[1:]), np.uint8)
        return torch.from_numpy(pixels).to(self.device)

    def expect(self, indices: range | Tensor) -> None:
        """Decode these images next, as many as may wait; what was expected before and is not among them is dropped."""
        some = indices[: max(1, AHEAD_BYTES // (3 * self.square.side**2))]
        before, self._waiting = self._waiting, {}
        for index in some if isinstance(some, range) else some.tolist():
            self._waiting[index] = self._taken(index, before)
        for future in before.values():
            future.cancel()

    def narrow(self, dim: int, start: int, length: int) -> "Files":
        """The images from `start` on, so many of them; nothing is read. `dim` is 0."""
        here = slice(start, start + length)
        return Files(self.root, self.paths[here], self.digests[here], self.square, self.device)

    def seen_as(self, square: Square) -> "Files":
        """The same files, resized and cut otherwise: for weights that were trained so."""
        return Files(self.root, self.paths, self.digests, square, self.device)

    def _taken(self, index: int, waiting: dict[int, "Future[np.ndarray]"]) -> "Future[np.ndarray]":
        """An image that waits, or that is decoded from now on."""
        return waiting.pop(index) if index in waiting else self._decode(index)

    def _decode(self, index: int) -> "Future[np.ndarray]":
        if self._pool is None:
            # On a CPU, decoding shares the threads that the job was given; a GPU is to be fed by all cores.
            workers = cores() if self.device.type != "cpu" else min(cores(), torch.get_num_threads())
            self._pool = ThreadPoolExecutor(workers, "decoding")
        return self._pool.submit(self._read, index)

    def _read(self, index: int) -> np.ndarray:
        path = self.root / self.paths[index]
        try:
            content = path.read_bytes()
        except OSError as error:
            raise self._changed(path, f"cannot be read ({error.strerror})") from None
        if digest(content) != self.digests[index].tobytes():
            raise self._changed(path, "has changed")
        try:
            return decoded(content, path, self.square)
        except BrokenImageError as error:
            raise self._changed(path, error.reason) from error

    @staticmethod
    def _changed(path: Path, what: str) -> DatasetError:
        return DatasetError(
            f"{path} {what} since the images were checked: put back the file that was there, or give the data another "
            "root, and the same command checks all of them again"
        )


def files_of(
    metadata: Mapping[str, Any], tensors: Mapping[str, Tensor], root: Path, split: str, device: torch.device | str
) -> Files:
    """The images of a split, from what a data job wrote of them."""
    paths = tensors[f"{split}_paths"].numpy().tobytes().decode().split("\0")
    return Files(root, paths, tensors[f"{split}_digests"].numpy(), Square(**metadata["square"]), device)
