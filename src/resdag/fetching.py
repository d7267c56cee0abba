"""Fetch a file once: what breaks off goes on, and nothing has its name before its sum is right.

The bytes gather beside the target, in NAME.part, which outlives a kill.  A transfer that
breaks off asks for the rest (HTTP Range) as long as every try brings something; a server
that cannot go on in the middle begins anew.  Redirects are followed, the proxies of the
environment used.  The sum decides, so it does not matter who served the bytes.  A name and
password in an address (https://NAME:PASSWORD@...) go to its server, and nowhere else.
"""

import fcntl
import hashlib
import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http import HTTPStatus
from http.client import HTTPException, HTTPResponse
from pathlib import Path
from typing import BinaryIO
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

from resdag.addresses import with_credentials_apart, without_password
from resdag.durations import spoken
from resdag.errors import TransferError

Progress = Callable[[str], None]
TIMEOUT_SECONDS = 20.0  # without a byte, or to connect
LEAST_BYTES = 1024  # in so many seconds: a server that sends fewer hangs
TRIES = 10
CHUNK_BYTES = 1 << 20
REPORT_SECONDS = 5.0


@dataclass(frozen=True)
class Sum:
    """A published sum of a file, or how it begins: `md5` or `sha256`, and its hexadecimal digits in lower case."""

    algorithm: str
    digits: str

    def __str__(self) -> str:
        name, whole = {"md5": ("MD5", 32), "sha256": ("SHA-256", 64)}[self.algorithm]
        return f"its {name} should {'be' if len(self.digits) == whole else 'begin with'} {self.digits}"

    def fits(self, path: Path) -> bool:
        """Whether the file has this sum; OSError where it cannot be read."""
        return self.of(path).startswith(self.digits)

    def of(self, path: Path) -> str:
        """The sum that the file has."""
        with open(path, "rb") as file:
            return hashlib.file_digest(file, lambda: hashlib.new(self.algorithm, usedforsecurity=False)).hexdigest()

    def check(self, path: Path) -> None:
        """Return if the file has this sum; TransferError says which it has."""
        found = self.of(path)
        if not found.startswith(self.digits):
            raise TransferError(f"{self} and is {found}")


def fetch(address: str, target: Path, expected: Sum, progress: Progress) -> None:
    """Put what an address (http or https) serves at `target`, whole and checked, or not at all; folders are made.

    One transfer at a time into a folder: who waited finds the file there.  TransferError says what went wrong.
    """
    with _alone_in(target.parent):
        if target.is_file() and expected.fits(target):
            return
        part = target.with_name(target.name + ".part")
        progress(f"fetching {without_password(address)} into {target.parent}")
        went_on = _transfer_in_tries(address, part, progress)
        if went_on and not expected.fits(part):  # its beginning may be of another file
            part.unlink()
            progress(f"{without_password(address)}: what was there was no part of it; fetching it from its beginning")
            _transfer_in_tries(address, part, progress)
        _accept(address, part, target, expected)


def check_reachable(address: str) -> None:
    """Return if an address answers, without fetching what it serves; TransferError says why it does not."""
    try:
        with urlopen(_request(address, {"Range": "bytes=0-0"}), timeout=TIMEOUT_SECONDS):
            return
    except (OSError, HTTPException, ValueError) as error:
        raise TransferError(f"{without_password(address)} does not answer ({_reason(error)})") from None


@contextmanager
def _alone_in(folder: Path) -> Iterator[None]:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(folder, os.O_RDONLY)
    except OSError as error:
        raise TransferError(f"{folder} cannot be written to ({error.strerror or error})") from None
    try:
        with suppress(OSError):  # file systems that cannot lock a folder
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _accept(address: str, part: Path, target: Path, expected: Sum) -> None:
    """Give the file its name if its sum is right; else nothing of it stays."""
    try:
        expected.check(part)
    except TransferError as error:
        part.unlink()
        raise TransferError(f"what {without_password(address)} serves was refused: {error}") from None
    with open(part, "rb") as file:
        os.fsync(file.fileno())
    os.replace(part, target)


def _transfer_in_tries(address: str, part: Path, progress: Progress) -> bool:
    """Transfer until all is there, again as long as a try brings something; whether it went on with an older part."""
    older = _size(part) > 0
    for _ in range(TRIES):
        before = _size(part)
        try:
            _transfer(address, part, progress)
        except (OSError, HTTPException, ValueError) as error:
            if isinstance(error, HTTPError) or _size(part) <= before:
                raise _broken(address, part, error) from None
            progress(f"{without_password(address)}: {_reason(error)}; going on")
        else:
            return older
    raise _broken(address, part, OSError(f"it broke off {TRIES} times"))


def _broken(address: str, part: Path, error: Exception) -> TransferError:
    left = f"; {part} keeps {_size(part)} bytes, and the next try goes on from there" if _size(part) else ""
    return TransferError(f"{without_password(address)} could not be fetched ({_reason(error)}{left})")


def _reason(error: Exception) -> str:
    """What went wrong, without the wrapping that urllib puts around it."""
    inner = error.reason if isinstance(error, URLError) and not isinstance(error, HTTPError) else error
    return "no answer in time" if isinstance(inner, TimeoutError) else str(inner) or type(inner).__name__


def _size(part: Path) -> int:
    return part.stat().st_size if part.is_file() else 0


def _transfer(address: str, part: Path, progress: Progress) -> None:
    """Append what is still missing to `part`, or begin anew where the server cannot go on in the middle."""
    have = _size(part)
    request = _request(address, {"Range": f"bytes={have}-"} if have else {})
    try:
        response = urlopen(request, timeout=TIMEOUT_SECONDS)
    except HTTPError as error:
        error.close()
        if have and error.code == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
            return  # nothing comes after what is there: its sum tells whether it is the file
        raise
    with response:
        have = have if _goes_on_from(response, have) else 0
        total = have + int(response.headers.get("Content-Length") or 0)
        with open(part, "ab" if have else "wb") as file:
            have = _copy(response, file, have, total, progress)
    if have < total:
        raise OSError(f"the transfer ended after {have} of {total} bytes")


def _request(address: str, headers: Mapping[str, str]) -> Request:
    """A request; the password is sent to the server that the address names, not to one that it redirects to."""
    bare, authorization = with_credentials_apart(address)
    request = Request(bare, headers=dict(headers))
    if authorization:
        request.add_unredirected_header("Authorization", authorization)
    return request


def _goes_on_from(response: HTTPResponse, have: int) -> bool:
    """Whether a server sends the rest from this byte on, as it was asked to, and not something else."""
    sent = response.headers.get("Content-Range", f"bytes {have}-")
    return response.status == HTTPStatus.PARTIAL_CONTENT and sent.startswith(f"bytes {have}-")


def _copy(response: HTTPResponse, file: BinaryIO, have: int, total: int, progress: Progress) -> int:
    """Copy the stream, and say now and then how far it is; the bytes that the file then has."""
    started = said = watched = time.monotonic()
    at_start = at_watch = have
    while chunk := response.read1(CHUNK_BYTES):
        file.write(chunk)
        file.flush()  # a kill loses nothing that has come
        have += len(chunk)
        now = time.monotonic()
        if now - said >= REPORT_SECONDS:
            said = now
            progress(_how_far(have, total, (have - at_start) / (now - started)))
        if now - watched >= TIMEOUT_SECONDS:
            if have - at_watch < LEAST_BYTES:
                raise OSError(f"only {have - at_watch} bytes came in {now - watched:.0f} s")
            watched, at_watch = now, have
    return have


def _how_far(have: int, total: int, pace: float) -> str:
    """`12.0 of 170.5 MB, 3.1 MB/s, 51 s left`."""
    of, left = (f" of {total / 1e6:.1f}", f", {spoken((total - have) / pace)} left") if total and pace else ("", "")
    return f"{have / 1e6:.1f}{of} MB, {pace / 1e6:.2g} MB/s{left}"
