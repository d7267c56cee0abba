"""From wherever a dataset comes, to the one file that every measurement reads.

Four kinds: scikit-learn's digits, CIFAR-10, CIFAR-100, and a folder of images.
What is missing is found out first; then the images become bytes, with the
statistics of the training set beside them (see `prepared`).
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from resdag.datasets import prepared
from resdag.datasets.available import check_available, folder_of
from resdag.datasets.image_folder import Square


def prepare(
    kind: str,
    *,
    root: Path | str | None = None,
    archive: str | None = None,
    download: bool = True,
    image_size: int = 32,
    resize: int | None = None,
    interpolation: str = "bilinear",
    out: Path,
    progress: Callable[[str], None] = print,
) -> dict[str, Any]:
    """Write a dataset's images, labels and statistics to `out` (safetensors), whole or not at all; its metadata.

    `root` is the folder of the files (CIFAR: or where they are to go), `archive` a local .tar.gz or an address of
    CIFAR, `image_size` the side in pixels that an image folder's images get, cut from the centre after their shorter
    side became `resize`, or the same, by `interpolation`, bilinear or bicubic. DatasetError names what is missing,
    before any work, or which file is not what it should be.
    """
    check_available(kind, root, archive, download)
    square = Square(image_size, resize or image_size, interpolation)
    contents = _read(kind, root, archive, square, progress)
    metadata = prepared.write(kind, contents, Path(out))
    progress(f"{metadata['counts']['train']} + {metadata['counts']['test']} images in {out}")
    return metadata


def _read(
    kind: str, root: Path | str | None, archive: str | None, square: Square, progress: Callable[[str], None]
) -> prepared.Contents:
    from resdag.datasets import cifar, digits, image_folder

    if kind == "digits":
        return digits.read()
    if kind == "image_folder":
        return image_folder.read(folder_of(kind, root), square, progress)
    return cifar.read(kind, folder_of(kind, root), archive, progress)
