"""CIFAR-10 and CIFAR-100: found, unpacked or fetched, and held to the sums that their authors published.

In this order: the files already under the root; a local archive; an archive
that lies in the root; another address; the author's, which can take an hour.
A transfer that breaks off goes on where it stopped.  Nothing is unpickled, and
nothing replaces a file, before its MD5 is right.
"""

import hashlib
import os
import shutil
import tarfile
import tempfile
import zlib
from collections.abc import Callable
from http import HTTPStatus
from http.client import HTTPException, HTTPResponse
from pathlib import Path
from typing import BinaryIO
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import numpy as np

from resdag.datasets.prepared import Contents
from resdag.datasets.published import CIFAR, Published, is_address
from resdag.errors import DatasetError

Progress = Callable[[str], None]
TIMEOUT_SECONDS = 60
CHUNK_BYTES = 1 << 20
REPORT_BYTES = 10 << 20


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
    with open(path, "rb") as file:
        found = hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()
    if found != md5:
        raise DatasetError(
            f"{path} is not the published file: its MD5 should be {md5} and is {found}; "
            f"replace it, or remove it to have it unpacked or fetched again."
        )


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
    """Fetch the archive beside `target`, go on with what an earlier try left, and check it before it has its name."""
    part = target.with_name(target.name + ".part")
    progress(f"fetching {address} into {target.parent}")
    try:
        _transfer(address, part, progress)
    except (OSError, HTTPException, ValueError) as error:
        raise DatasetError(
            f"{address} could not be fetched ({error}); the same command goes on from there. "
            f"{published.three_ways(target.parent)}"
        ) from error
    try:
        _verify(part, published.archive_md5)
    except DatasetError as error:
        part.unlink()
        raise DatasetError(
            f"What {address} serves was refused. {error} {published.three_ways(target.parent)}"
        ) from None
    os.replace(part, target)
    return target


def _transfer(address: str, part: Path, progress: Progress) -> None:
    """Append what is still missing to `part`, or begin anew where the server cannot go on in the middle."""
    have = part.stat().st_size if part.is_file() else 0
    request = Request(address, headers={"Range": f"bytes={have}-"} if have else {})
    try:
        response = urlopen(request, timeout=TIMEOUT_SECONDS)
    except HTTPError as error:
        error.close()
        if error.code == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
            return  # nothing comes after what is there: its MD5 tells whether it is the archive
        raise
    with response:
        have = have if response.status == HTTPStatus.PARTIAL_CONTENT else 0
        total = have + int(response.headers.get("Content-Length") or 0)
        with open(part, "ab" if have else "wb") as file:
            have = _copy(response, file, have, total, progress)
    if have < total:
        raise OSError(f"the transfer ended after {have} of {total} bytes")


def _copy(response: HTTPResponse, file: BinaryIO, have: int, total: int, progress: Progress) -> int:
    """Copy the stream and say now and then how far it is; the bytes that the file then has."""
    said = have
    while chunk := response.read(CHUNK_BYTES):
        file.write(chunk)
        have += len(chunk)
        if have - said >= REPORT_BYTES:
            said = have
            progress(f"{have >> 20} of {total >> 20} MiB" if total else f"{have >> 20} MiB")
    return have
