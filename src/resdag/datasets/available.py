"""Are the data there, or can they be had, and which data are they?  Answered before any job, without torch.

`check_available` looks at names and sizes only; the data job itself checks the
published sums.  `content_fingerprint` says what the contents are wherever they
lie, so that the same files elsewhere rerun nothing.
"""

import hashlib
import json
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from resdag.atomic import write_text
from resdag.datasets.listing import SPLITS, checked_samples, samples_of
from resdag.datasets.published import CIFAR, Published, is_address
from resdag.errors import DatasetError

# How scikit-learn's digits are split; the contents themselves are embedded.
DIGITS_SPLIT: Mapping[str, Any] = {"test_size": 0.2, "random_state": 0}

ABSENT = "absent"


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
        case _:
            raise DatasetError(f"dataset kind {kind!r} is not one of digits, cifar10, cifar100, image_folder.")


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
    each image's path below the root and digest, or `absent` where the folder is missing. `cache` is a JSON file
    that remembers digests by absolute path, size and times of change, the inode's too, which no program can set, so
    that a second look reads no image.
    """
    if kind == "digits":
        return _digest([kind, dict(DIGITS_SPLIT)])
    if kind in CIFAR:
        return _digest([kind, {file.name: file.md5 for file in CIFAR[kind].files}])
    folder = folder_of(kind, root)
    if not folder.is_dir():
        return ABSENT
    paths = [sample.path for split in SPLITS for sample in samples_of(folder / split)]
    digests = _file_digests(paths, cache)
    return _digest([kind, image_size, sorted([path.relative_to(folder).as_posix(), digests[path]] for path in paths)])


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
