"""Are the data there, or can they be had, and which data are they?  Answered before any job, without torch.

`check_available` looks at names and sizes only; the data job itself checks the
published sums.  `content_fingerprint` says what the contents are wherever they
lie, so that the same files elsewhere rerun nothing.
"""

import hashlib
import json
import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from resdag.atomic import write_text
from resdag.datasets.listing import ENDINGS, FOLDERS, SPLITS, check_classes, checked_samples, samples_of
from resdag.datasets.published import CIFAR, Published, is_address
from resdag.errors import DatasetError
from resdag.layout import RESULTS

# How scikit-learn's digits are split; the contents themselves are embedded.
DIGITS_SPLIT: Mapping[str, Any] = {"test_size": 0.2, "random_state": 0}

ABSENT = "absent"
DIGESTS = RESULTS / ".content-digests.json"  # what is remembered of files and folders


def check_available(
    kind: str, root: Path | str | None = None, archive: str | None = None, download: bool = True
) -> None:
    """Return if a data job can be expected to succeed; DatasetError says what is missing and every way to it."""
    match kind:
        case "digits":
            return
        case "cifar10" | "cifar100":
            _check_cifar(CIFAR[kind], folder_of(kind, root), archive, download)
        case "image_folder":
            checked_samples(folder_of(kind, root))
        case "imagenet":
            check_classes(folder_of(kind, root), FOLDERS[kind])
        case _:
            raise DatasetError(f"dataset kind {kind!r} is not one of digits, cifar10, cifar100, {', '.join(FOLDERS)}.")


def address_to_fetch(
    kind: str, root: Path | str | None = None, archive: str | None = None, download: bool = True
) -> str | None:
    """The address that a data job will fetch an archive from; None where it needs none, or may not."""
    if kind not in CIFAR:
        return None
    published, folder = CIFAR[kind], folder_of(kind, root)
    if published.is_complete(folder) or (folder / published.archive).is_file():
        return None
    if archive is not None:
        return archive if is_address(archive) else None
    return published.address if download else None


def content_fingerprint(
    kind: str, root: Path | str | None = None, image_size: int | None = None, cache: Path | None = None
) -> str:
    """SHA-256 of what decides a dataset's contents, and not of where they lie.

    Digits: the split. CIFAR: the published sums, since nothing else is accepted. An image folder: the size, and
    each image's path below the root and digest, or `absent` where the folder is missing. ImageNet: the names and
    sizes of its files, since to read 150 GB takes an hour; a file of other contents is refused when it is read.
    `cache` is a JSON file that remembers digests by absolute path, size and times of change, the inode's too, which
    no program can set, so that a second look reads no image, and of ImageNet no folder.
    """
    if kind == "digits":
        return _digest([kind, dict(DIGITS_SPLIT)])
    if kind in CIFAR:
        return _digest([kind, {file.name: file.md5 for file in CIFAR[kind].files}])
    folder = folder_of(kind, root)
    if not folder.is_dir():
        return ABSENT
    if kind == "imagenet":
        return _digest([kind, image_size, _of_class_folders(folder, cache)])
    paths = [sample.path for split in SPLITS for sample in samples_of(folder / split)]
    digests = _file_digests(paths, cache)
    return _digest([kind, image_size, sorted([path.relative_to(folder).as_posix(), digests[path]] for path in paths)])


def count_images(kind: str, root: Path | str | None, cache: Path | None = None) -> dict[str, int]:
    """Images of each split of a folder or of ImageNet, as far as they are there."""
    folder = folder_of(kind, root)
    if kind != "imagenet":
        return {split: sum(path.is_file() for path in (folder / split).glob("*/*")) for split in SPLITS}
    found = _of_class_folders(folder, cache)
    return {split: sum(count for name, count, _ in found if name.startswith(f"{of}/"))
            for split, of in FOLDERS[kind].items()}  # fmt: skip


def folder_of(kind: str, root: Path | str | None) -> Path:
    """The dataset's folder; DatasetError where the kind needs one and none is named."""
    if root is None:
        raise DatasetError(f"dataset.root is missing: {kind} needs the folder that its files are in.")
    return Path(root)


def _check_cifar(published: Published, root: Path, archive: str | None, download: bool) -> None:
    if published.is_complete(root):
        for file, path in published.paths(root).items():
            if path.stat().st_size < file.least_bytes:
                raise DatasetError(
                    f"{path} is truncated: it has {path.stat().st_size} bytes and needs at least {file.least_bytes}; "
                    f"remove it, and {published.kind} is unpacked again."
                )
    elif archive is not None and not is_address(archive):
        if not Path(archive).is_file():
            raise DatasetError(f"dataset.archive {archive} is no file. {published.three_ways(root)}")
    elif not (root / published.archive).is_file() and not download:
        raise DatasetError(
            f"{published.kind} is not in {root}, and dataset.download is false. {published.three_ways(root)}"
        )


def _digest(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()


def _file_digests(paths: list[Path], cache: Path | None) -> dict[Path, str]:
    known = _remembered(cache)
    found: dict[str, list[Any]] = {}
    for path in paths:
        name, state = str(path.absolute()), path.stat()
        marks = [state.st_size, state.st_mtime_ns, state.st_ctime_ns]
        old = known.get(name)
        if not old or old[:-1] != marks:
            with open(path, "rb") as file:
                old = [*marks, hashlib.file_digest(file, "sha256").hexdigest()]
        found[name] = old
    if cache is not None and any(known.get(name) != entry for name, entry in found.items()):
        _remember(cache, known | found)
    return {path: found[str(path.absolute())][-1] for path in paths}


def _of_class_folders(root: Path, cache: Path | None) -> list[list[Any]]:
    """Name, number of images, and digest of names and sizes, of each class folder of ImageNet, sorted."""
    known, found = _remembered(cache), {}
    folders = [Path(entry.path) for of in FOLDERS["imagenet"].values() if (root / of).is_dir()
               for entry in os.scandir(root / of) if entry.is_dir()]  # fmt: skip
    for folder in folders:
        name, state = str(folder.absolute()), folder.stat()
        marks = [state.st_ino, state.st_mtime_ns, state.st_ctime_ns]
        old = known.get(name)
        if not old or old[:3] != marks:
            with os.scandir(folder) as entries:
                files = sorted([each.name, each.stat().st_size] for each in entries
                               if each.name.lower().endswith(ENDINGS))  # fmt: skip
            old = [*marks, len(files), _digest(files)]
        found[name] = old
    if cache is not None and any(known.get(name) != entry for name, entry in found.items()):
        _remember(cache, known | found)
    return sorted([folder.relative_to(root).as_posix(), *found[str(folder.absolute())][3:]] for folder in folders)


def _remembered(cache: Path | None) -> dict[str, list[Any]]:
    """What the cache knows; nothing where there is none, or it is damaged: it saves time and holds no result."""
    try:
        known = json.loads(cache.read_text()) if cache is not None else {}
    except (OSError, ValueError):
        return {}
    return known if isinstance(known, dict) else {}


def _remember(cache: Path, known: dict[str, list[Any]]) -> None:
    """Write the cache whole, or not at all: a dry run in a folder that cannot be written to goes on without."""
    with suppress(OSError):
        write_text(cache, json.dumps(known))
