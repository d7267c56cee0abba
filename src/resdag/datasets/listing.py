"""Which files of a folder are images, in which class and order: ROOT/train/CLASS/**, ROOT/test/CLASS/**.

ImageNet, as torchvision unpacks it, has val/ in place of test/.

The rule is that of torchvision's ImageFolder (a test compares them): classes
are the folders' names, sorted; images are the files below them with a known
ending, folders in order, then names.  It stands here without torch, because
the check before a run, the fingerprint of a dry run and the reader all use it.
"""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from resdag.errors import DatasetError

SPLITS = ("train", "test")
FOLDERS = {
    "image_folder": {"train": "train", "test": "test"},
    "imagenet": {"train": "train", "test": "val"},
}
ENDINGS = (".jpg", ".jpeg", ".png", ".ppm", ".bmp", ".pgm", ".tif", ".tiff", ".webp")


class Sample(NamedTuple):
    """One image file and the class that its folder names."""

    name: str
    path: Path


def classes_of(folder: Path) -> list[str]:
    """Names of the class folders, sorted; none where the folder is missing."""
    if not folder.is_dir():
        return []
    with os.scandir(folder) as entries:
        return sorted(entry.name for entry in entries if _is_class(entry))


def _is_class(entry: os.DirEntry[str]) -> bool:
    if entry.is_symlink() and not os.path.exists(entry):
        raise DatasetError(f"{entry.path} is a link to nothing: mend it, or take it away.")
    return entry.is_dir()


def samples_of(folder: Path) -> list[Sample]:
    """Every image below every class folder, class by class; DatasetError for a link or a pipe that would be none."""
    return [
        Sample(name, path)
        for name in classes_of(folder)
        for where, files in sorted(_walk(folder / name, ()))
        for path in (Path(where, file) for file in sorted(files) if file.lower().endswith(ENDINGS))
        if _is_image(path)
    ]


def _walk(folder: Path, above: tuple[Path, ...]) -> Iterator[tuple[str, list[str]]]:
    """Each folder from here on and its files, links followed; DatasetError for one that leads to a folder above it."""
    whole = Path(os.path.realpath(folder))
    if whole in above:
        raise DatasetError(f"{folder} is a link to a folder that it lies in, so it has no end: take it away.")
    try:
        with os.scandir(folder) as entries:
            folders = {entry.name: entry.is_dir() for entry in entries}
    except OSError as error:
        raise DatasetError(
            f"{folder} cannot be read ({error.strerror}): give it the rights, or take it away."
        ) from None
    yield str(folder), [name for name, is_folder in folders.items() if not is_folder]
    for name in (name for name, is_folder in folders.items() if is_folder):
        yield from _walk(folder / name, (*above, whole))


def _is_image(path: Path) -> bool:
    """True for a file; DatasetError for what only has an image's name, and would be read for ever or not at all."""
    if not path.is_file():
        what = "no file" if path.exists() else "a link to nothing" if path.is_symlink() else "gone"
        raise DatasetError(f"{path} has an image's name, but is {what}: replace it, or take it away.")
    return True


def checked_samples(root: Path, folders: Mapping[str, str] = FOLDERS["image_folder"]) -> dict[str, list[Sample]]:
    """The images of both splits; DatasetError says what is missing, or which class is only in the test set."""
    samples = {split: _checked(root, folder, folders) for split, folder in folders.items()}
    check_classes(root, folders)
    return samples


def check_classes(root: Path, folders: Mapping[str, str]) -> None:
    """Return if both splits have class folders, and training has those of the test set; DatasetError if not."""
    known, tested = (_classes_at(root, folders[split], folders) for split in SPLITS)
    strange = sorted(set(tested) - set(known))
    if strange:
        raise DatasetError(
            f"{root / folders['test']} has classes that {root / folders['train']} does not have: "
            f"{', '.join(strange)}; training knows {', '.join(known)}."
        )


def _classes_at(root: Path, name: str, folders: Mapping[str, str]) -> list[str]:
    folder = root / name
    names = classes_of(folder)
    if not names:
        is_imagenet = "val" in folders.values()
        how = "torchvision.datasets.ImageNet unpacks its archives so" if is_imagenet else "one folder for each class"
        raise DatasetError(
            f"{folder} {'has no class folders' if folder.is_dir() else 'is not there'}: "
            f"{'ImageNet' if is_imagenet else 'an image folder'} is ROOT/{folders['train']}/CLASS/* and "
            f"ROOT/{folders['test']}/CLASS/*; {how}."
        )
    return names


def in_turn(samples: list[Sample]) -> list[Sample]:
    """One image of each class, then the next of each: so that the first so many of a set hold all classes."""
    seen: dict[str, int] = {}
    turns = []
    for sample in samples:
        turns.append(seen.get(sample.name, 0))
        seen[sample.name] = turns[-1] + 1
    return [sample for _, sample in sorted(zip(turns, samples, strict=True), key=lambda turn: (turn[0], turn[1].name))]


def _checked(root: Path, name: str, folders: Mapping[str, str]) -> list[Sample]:
    names, folder = _classes_at(root, name, folders), root / name
    samples = samples_of(folder)
    empty = sorted(set(names) - {sample.name for sample in samples})
    if empty:
        raise DatasetError(
            f"{folder / empty[0]} holds no images: each class needs at least one file ending in {', '.join(ENDINGS)}."
        )
    return samples
