"""Which files of a folder are images, in which class and order: ROOT/train/CLASS/**, ROOT/test/CLASS/**.

The rule is that of torchvision's ImageFolder (a test compares them): classes
are the folders' names, sorted; images are the files below them with a known
ending, folders in order, then names.  It stands here without torch, because
the check before a run, the fingerprint of a dry run and the reader all use it.
"""

import os
from pathlib import Path
from typing import NamedTuple

from resdag.errors import DatasetError

SPLITS = ("train", "test")
ENDINGS = (".jpg", ".jpeg", ".png", ".ppm", ".bmp", ".pgm", ".tif", ".tiff", ".webp")


class Sample(NamedTuple):
    """One image file and the class that its folder names."""

    name: str
    path: Path


def classes_of(folder: Path) -> list[str]:
    """Names of the class folders, sorted; none where the folder is missing."""
    return sorted(entry.name for entry in os.scandir(folder) if entry.is_dir()) if folder.is_dir() else []


def samples_of(folder: Path) -> list[Sample]:
    """Every image below every class folder, class by class."""
    return [
        Sample(name, Path(where, file))
        for name in classes_of(folder)
        for where, _, files in sorted(os.walk(folder / name, followlinks=True))
        for file in sorted(files)
        if file.lower().endswith(ENDINGS)
    ]


def checked_samples(root: Path) -> dict[str, list[Sample]]:
    """The images of both splits; DatasetError says what is missing, or which class is only in test/."""
    samples = {split: _checked(root / split) for split in SPLITS}
    known = classes_of(root / "train")
    strange = sorted(set(classes_of(root / "test")) - set(known))
    if strange:
        raise DatasetError(
            f"{root / 'test'} has classes that {root / 'train'} does not have: {', '.join(strange)}; "
            f"training knows {', '.join(known)}."
        )
    return samples


def in_turn(samples: list[Sample]) -> list[Sample]:
    """One image of each class, then the next of each: so that the first so many of a set hold all classes."""
    seen: dict[str, int] = {}
    turns = []
    for sample in samples:
        turns.append(seen.get(sample.name, 0))
        seen[sample.name] = turns[-1] + 1
    return [sample for _, sample in sorted(zip(turns, samples, strict=True), key=lambda turn: (turn[0], turn[1].name))]


def _checked(folder: Path) -> list[Sample]:
    names = classes_of(folder)
    if not names:
        raise DatasetError(
            f"{folder} {'has no class folders' if folder.is_dir() else 'is not there'}: "
            f"an image folder is ROOT/train/CLASS/* and ROOT/test/CLASS/*, with one folder for each class."
        )
    samples = samples_of(folder)
    empty = sorted(set(names) - {sample.name for sample in samples})
    if empty:
        raise DatasetError(
            f"{folder / empty[0]} holds no images: each class needs at least one file ending in {', '.join(ENDINGS)}."
        )
    return samples
