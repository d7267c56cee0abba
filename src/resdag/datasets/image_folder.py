"""Images of one's own: ROOT/train/CLASS/* and ROOT/test/CLASS/*, of any size, as squares of one size.

Each image becomes RGB; its shorter side is resized to the square's (bilinear
or bicubic, with antialiasing), or to a longer one, and the centre is cut out.  Grey values of 16 bits are scaled
to 8, v * 255 / 65535 rounded; values with no range of their own, 32-bit or floating,
are refused.  Images stand class by class in turn, so that a limit on their number
keeps all classes.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from resdag.datasets.listing import Sample, checked_samples, classes_of, in_turn
from resdag.datasets.prepared import Contents
from resdag.errors import DatasetError


class Square(NamedTuple):
    """What every image becomes: its shorter side `resized`, then a square of this side cut from the centre."""

    side: int
    resized: int
    interpolation: str  # bilinear or bicubic


LONGEST = 100  # times the shorter side: resized whole, a strip of 1 x 3,000,000 pixels would fill the memory


def read(root: Path, square: Square, progress: Callable[[str], None]) -> Contents:
    """The folder's images as bytes (N, 3, side, side); DatasetError names what is missing or cannot be read."""
    samples = checked_samples(root)
    classes = classes_of(root / "train")
    arrays = []
    for split, found in samples.items():
        ordered = in_turn(found)
        progress(f"reading {len(ordered)} images of {root / split}")
        arrays += [_pixels(ordered, square), np.array([classes.index(sample.name) for sample in ordered], np.int64)]
    return Contents(classes, *arrays)


def _pixels(samples: list[Sample], square: Square) -> np.ndarray:
    pixels = np.empty((len(samples), 3, square.side, square.side), np.uint8)
    for index, sample in enumerate(samples):
        pixels[index] = _square(sample.path, square)
    return pixels


def _square(path: Path, square: Square) -> np.ndarray:
    """One image as bytes (3, side, side)."""
    from PIL import Image
    from torchvision.transforms import functional

    try:
        with Image.open(path) as file:
            _refuse_strip(path, *file.size)
            image = _colours(path, file)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise DatasetError(f"{path} cannot be read as an image ({error}): replace it, or take it away.") from error
    how = functional.InterpolationMode(square.interpolation)
    resized = functional.resize(image, [square.resized], how)
    return np.asarray(functional.center_crop(resized, [square.side])).transpose(2, 0, 1)


def _refuse_strip(path: Path, width: int, height: int) -> None:
    if max(width, height) > LONGEST * min(width, height):
        raise DatasetError(
            f"{path} has {width} x {height} pixels: its longer side may be at most {LONGEST} times the shorter, "
            f"since only the centre is used; cut it, or take it away."
        )


def _colours(path: Path, image: Any) -> Any:
    """An image of PIL as RGB, nothing of its values clipped; DatasetError for values without a range."""
    from PIL import Image

    if image.mode.startswith("I;16"):
        grey = np.rint(np.asarray(image).astype(np.float64) * (255 / 65535)).astype(np.uint8)
        return Image.fromarray(grey).convert("RGB")
    if image.mode in ("I", "F"):
        kind = "32-bit whole numbers" if image.mode == "I" else "floating-point numbers"
        raise DatasetError(f"{path} holds {kind}, whose range is not known: save it with 8 or 16 bits, scaled.")
    return image.convert("RGB")
