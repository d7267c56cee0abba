"""Images of one's own: ROOT/train/CLASS/* and ROOT/test/CLASS/*, of any size, as squares of one size.

Each image becomes RGB; its shorter side is resized to the square's (bilinear,
with antialiasing), and the centre is cut out.  Grey values of 16 bits are scaled
to 8, v * 255 / 65535 rounded; values with no range of their own, 32-bit or floating,
are refused.  Images stand class by class in turn, so that a limit on their number
keeps all classes.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from resdag.datasets.listing import Sample, checked_samples, classes_of, in_turn
from resdag.datasets.prepared import Contents
from resdag.errors import DatasetError

LONGEST = 100  # times the shorter side: resized whole, a strip of 1 x 3,000,000 pixels would fill the memory


def read(root: Path, image_size: int, progress: Callable[[str], None]) -> Contents:
    """The folder's images as bytes (N, 3, size, size); DatasetError names what is missing or cannot be read."""
    samples = checked_samples(root)
    classes = classes_of(root / "train")
    arrays = []
    for split, found in samples.items():
        ordered = in_turn(found)
        progress(f"reading {len(ordered)} images of {root / split}")
        arrays += [_pixels(ordered, image_size), np.array([classes.index(sample.name) for sample in ordered], np.int64)]
    return Contents(classes, *arrays)


def _pixels(samples: list[Sample], size: int) -> np.ndarray:
    pixels = np.empty((len(samples), 3, size, size), np.uint8)
    for index, sample in enumerate(samples):
        pixels[index] = _square(sample.path, size)
    return pixels


def _square(path: Path, size: int) -> np.ndarray:
    """One image as bytes (3, size, size)."""
    from PIL import Image
    from torchvision.transforms import functional

    try:
        with Image.open(path) as file:
            _refuse_strip(path, *file.size)
            image = _colours(path, file)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise DatasetError(f"{path} cannot be read as an image ({error}): replace it, or take it away.") from error
    return np.asarray(functional.center_crop(functional.resize(image, [size]), [size])).transpose(2, 0, 1)


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
