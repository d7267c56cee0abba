"""CIFAR-10 and CIFAR-100: found, unpacked or fetched, and held to the sums that their authors published.

In this order: the files already under the root; a local archive; an archive
that lies in the root; another address; the author's, which can take an hour.
A transfer that breaks off goes on where it stopped.  Nothing is unpickled, and
nothing replaces a file, before its MD5 is right.
"""

import os
import shutil
import tarfile
import tempfile
import zlib
from pathlib import Path

import numpy as np

from resdag.datasets.prepared import Contents
from resdag.datasets.published import CIFAR, Published, is_address
from resdag.errors import DatasetError, TransferError
from resdag.fetching import Progress, Sum, fetch


def read(kind: str, root: Path, archive: str | None, progress: Progress) -> Contents:
    """The 50,000 + 10,000 images, (N, 3, 32, 32), in the files' own order; DatasetError if they cannot be had."""
    published = CIFAR[kind]
    if not published.is_complete(root):
        _unpack(_archive(published, root, archive, progress), published, root, progress)
    for file, path in published.paths(root).items():
        _verify(path, file.md5)
    return _contents(kind, root)


def _contents(kind: str, root: Path) -> Contents:
    from torchvision import datasets

    dataset = {"cifar10": datasets.CIFAR10, "cifar100": datasets.CIFAR100}[kind]
    train, test = dataset(root, train=True), dataset(root, train=False)
    arrays = [a for part in (train, test) for a in (part.data.transpose(0, 3, 1, 2), np.array(part.targets, np.int64))]
    return Contents(list(train.classes), *arrays)


def _archive(published: Published, root: Path, archive: str | None, progress: Progress) -> Path:
    """A local .tar.gz whose MD5 is the published one, fetched if need be."""
    here = root / published.archive
    if archive is not None and not is_address(archive):
        here = Path(archive)
    elif not here.is_file():
        root.mkdir(parents=True, exist_ok=True)
        return _fetch(archive or published.address, here, published, progress)
    _verify(here, published.archive_md5)
    return here


def _verify(path: Path, md5: str) -> None:
    try:
        Sum("md5", md5).check(path)
    except TransferError as error:
        raise DatasetError(
            f"{path} is not the published file: {error}; replace it, or remove it to have it unpacked or fetched again."
        ) from None


def _unpack(archive: Path, published: Published, root: Path, progress: Progress) -> None:
    """Put the published files under the root, and nothing else that the archive may hold, when every MD5 is right."""
    progress(f"unpacking {archive} into {root / published.folder}")
    (root / published.folder).mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".unpacking-", dir=root) as name:
        aside = Path(name)
        _extract(archive, {f"{published.folder}/{file.name}": aside / file.name for file in published.files})
        for file in published.files:
            if not (aside / file.name).is_file():
                raise DatasetError(f"{archive} does not hold {file.name}. {published.three_ways(root)}")
            _verify(aside / file.name, file.md5)
        for file, path in published.paths(root).items():
            os.replace(aside / file.name, path)


def _extract(archive: Path, targets: dict[str, Path]) -> None:
    """Write the named members where they belong: no path of the archive's own is ever followed."""
    try:
        with tarfile.open(archive, "r:gz") as tar:
            for member in tar:
                source = tar.extractfile(member) if member.name in targets and member.isfile() else None
                if source is not None:
                    with source, open(targets[member.name], "wb") as target:
                        shutil.copyfileobj(source, target)
    except (tarfile.TarError, EOFError, zlib.error) as error:
        raise DatasetError(f"{archive} cannot be unpacked ({error}): replace it by a whole copy.") from error


def _fetch(address: str, target: Path, published: Published, progress: Progress) -> Path:
    """Fetch the archive, or go on with what an earlier try left; its sum is right before it has its name."""
    try:
        fetch(address, target, Sum("md5", published.archive_md5), progress)
    except TransferError as error:
        raise DatasetError(f"{error}. {published.three_ways(target.parent)}") from None
    return target
