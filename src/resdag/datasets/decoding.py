"""From the bytes of an image file to a square of pixels: resized, and cut from the centre, as torchvision does it.

Each image becomes RGB; its shorter side is resized (bilinear or bicubic, with antialiasing) and a square is cut from
the centre.  The rounding is that of torchvision's transforms for published weights, which tests hold this to; it
stands here because importing them costs every job seconds.  Grey values of 16 bits are scaled to 8,
v * 255 / 65535 rounded; values with no range of their own, 32-bit or floating, are refused.
"""

import hashlib
import io
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from resdag.errors import BrokenImageError

DIGEST_BYTES = 16  # of a file's SHA-256, by which it is known again
TOGETHER = 256  # images that wait at most for those before them
LONGEST = 100  # times the shorter side: resized whole, a strip of 1 x 3,000,000 pixels would fill the memory


class Square(NamedTuple):
    """What every image becomes: its shorter side `resized`, then a square of this side cut from the centre."""

    side: int
    resized: int
    interpolation: str  # bilinear or bicubic


class Decoded(NamedTuple):
    """An image file: how its SHA-256 begins, and its pixels (3, side, side), or why it has none."""

    digest: bytes
    pixels: np.ndarray | BrokenImageError


def cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def digest(content: bytes) -> bytes:
    """What a file is known by."""
    return hashlib.sha256(content).digest()[:DIGEST_BYTES]


def all_decoded(paths: Sequence[Path], square: Square) -> Iterator[Decoded]:
    """Every image, in this order; decoded on all cores, since decoders leave Python alone."""
    with ThreadPoolExecutor(cores(), "decoding") as pool:
        for start in range(0, len(paths), TOGETHER):
            yield from pool.map(lambda path: _read(path, square), paths[start : start + TOGETHER])


def _read(path: Path, square: Square) -> Decoded:
    try:
        content = path.read_bytes()
    except OSError as error:
        reason = f"cannot be read ({error.strerror}): give it the rights, or take it away."
        return Decoded(b"", BrokenImageError(path, reason))
    try:
        return Decoded(digest(content), decoded(content, path, square))
    except BrokenImageError as error:
        return Decoded(digest(content), error)


def decoded(content: bytes, path: Path, square: Square) -> np.ndarray:
    """One image as bytes (3, side, side); BrokenImageError, with its path, where that cannot be."""
    from PIL import Image

    try:
        with Image.open(io.BytesIO(content)) as file:
            _refuse_strip(path, *file.size)
            image = _colours(path, file)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise BrokenImageError(path, f"cannot be read as an image ({error}): replace it, or take it away.") from error
    return np.asarray(_square(image, square)).transpose(2, 0, 1)


def _square(image: Any, square: Square) -> Any:
    from PIL import Image

    short, how = min(image.size), Image.Resampling[square.interpolation.upper()]
    width, height = (int(square.resized * length / short) for length in image.size)
    resized = image.resize((width, height), how)
    left, top = (round((length - square.side) / 2) for length in (width, height))
    return resized.crop((left, top, left + square.side, top + square.side))


def _refuse_strip(path: Path, width: int, height: int) -> None:
    if max(width, height) > LONGEST * min(width, height):
        raise BrokenImageError(
            path,
            f"has {width} x {height} pixels: its longer side may be at most {LONGEST} times the shorter, "
            "since only the centre is used; cut it, or take it away.",
        )


def _colours(path: Path, image: Any) -> Any:
    """An image of PIL as RGB, nothing of its values clipped; BrokenImageError for values without a range."""
    from PIL import Image

    if image.mode.startswith("I;16"):
        grey = np.rint(np.asarray(image).astype(np.float64) * (255 / 65535)).astype(np.uint8)
        return Image.fromarray(grey).convert("RGB")
    if image.mode in ("I", "F"):
        kind = "32-bit whole numbers" if image.mode == "I" else "floating-point numbers"
        raise BrokenImageError(path, f"holds {kind}, whose range is not known: save it with 8 or 16 bits, scaled.")
    return image.convert("RGB")
