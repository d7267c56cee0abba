"""Images in folders of classes: every one is looked at once, before anything is measured.

ROOT/train/CLASS/** and ROOT/test/CLASS/**, or the layout of ImageNet, ROOT/train/CLASS/* and ROOT/val/CLASS/*.  Small
ones become pixels in one array (`read`).  Large ones stay where they are (`listed`): kept are their paths, classes
and digests, and measurements decode them when they need them, so that 1.3 million photographs take no room.

Images stand class by class in turn, so that a limit on their number keeps all classes.  One that cannot be
used is refused, with its path and how many there are, or left out and listed, as the study says.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from resdag.datasets.decoding import Square, all_decoded
from resdag.datasets.listing import SPLITS, Sample, checked_samples, classes_of, in_turn
from resdag.datasets.prepared import Contents, Histogram, Listing
from resdag.errors import BrokenImageError, DatasetError

Progress = Callable[[str], None]
NAMED = 5  # broken images that an error names


@dataclass
class Reader:
    """Reads the images of a folder, and keeps account of those that cannot be used."""

    root: Path
    folders: dict[str, str]  # where the images of each split lie
    square: Square
    skip: bool  # whether broken images are left out, or refused
    progress: Progress
    broken: list[tuple[str, BrokenImageError]] = field(default_factory=list)
    seen: int = 0

    def read(self) -> Contents:
        """The images as bytes (N, 3, side, side); DatasetError names what is missing or cannot be used."""
        arrays: list[np.ndarray] = []
        for split, samples in self._samples().items():
            pixels = np.empty((len(samples), 3, self.square.side, self.square.side), np.uint8)
            kept: list[Sample] = []
            for sample, _, image in self._usable(split, samples):
                pixels[len(kept)] = image
                kept.append(sample)
            arrays += [pixels[: len(kept)], self._labels(kept)]
        self._refuse_broken()
        return Contents(self.classes, *arrays)

    def listed(self, train_limit: int | None) -> Listing:
        """Paths, digests and labels of the images, the first so many of the training set, and its statistics."""
        histogram = Histogram(3)
        kept: dict[str, list[tuple[Sample, bytes]]] = {split: [] for split in SPLITS}
        for split, samples in self._samples().items():
            for sample, digest, pixels in self._usable(split, samples, train_limit if split == "train" else None):
                kept[split].append((sample, digest))
                if split == "train":
                    histogram.add(pixels[None])
        self._refuse_broken()
        paths = {split: [self._below(sample.path) for sample, _ in kept[split]] for split in SPLITS}
        digests = {split: [digest for _, digest in kept[split]] for split in SPLITS}
        labels = {split: self._labels([sample for sample, _ in kept[split]]) for split in SPLITS}
        return Listing(self.classes, paths, digests, labels, *histogram.statistics(), self.square._asdict())

    @property
    def classes(self) -> list[str]:
        """Names of the classes, whose places are their labels."""
        return classes_of(self.root / self.folders["train"])

    @property
    def left_out(self) -> list[dict[str, str]]:
        """Rows of `broken_images`."""
        return [{"split": split, "path": self._below(Path(str(each.path))), "reason": each.reason}
                for split, each in self.broken]  # fmt: skip

    def _samples(self) -> dict[str, list[Sample]]:
        return {split: in_turn(found) for split, found in checked_samples(self.root, self.folders).items()}

    def _usable(
        self, split: str, samples: list[Sample], limit: int | None = None
    ) -> Iterator[tuple[Sample, bytes, np.ndarray]]:
        """Image by image that can be used, until there are as many as the limit."""
        wanted = min(len(samples), limit or len(samples))
        self.progress(f"reading {wanted:,} images of {self.root / self.folders[split]}")
        decoded = all_decoded([sample.path for sample in samples], self.square)
        count = 0
        for sample, (digest, pixels) in zip(samples, decoded, strict=True):
            self.seen += 1
            if isinstance(pixels, BrokenImageError):
                self.broken.append((split, pixels))
                continue
            yield sample, digest, pixels
            count += 1
            if count == limit:
                return
            if count % 10_000 == 0:
                self.progress(f"{count:,} images read")

    def _refuse_broken(self) -> None:
        if not self.broken:
            return
        said = " ".join(str(error) for _, error in self.broken[:NAMED])
        rest = f" And {len(self.broken) - NAMED:,} more." if len(self.broken) > NAMED else ""
        counted = f"{len(self.broken):,} of {self.seen:,} images cannot be used"
        if not self.skip:
            raise DatasetError(f"{counted}: {said}{rest} Or let `broken: skip` in the dataset leave out such images.")
        self.progress(f"{counted} and are left out: {said}{rest}")

    def _below(self, path: Path) -> str:
        return path.relative_to(self.root).as_posix()

    def _labels(self, samples: list[Sample]) -> np.ndarray:
        places = {name: place for place, name in enumerate(self.classes)}
        return np.array([places[sample.name] for sample in samples], np.int64)
