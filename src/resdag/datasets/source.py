"""From wherever a dataset comes, to the one file that every measurement reads.

Five kinds: scikit-learn's digits, CIFAR-10, CIFAR-100, a folder of images, and ImageNet.
What is missing is found out first; then the images become bytes, with the
statistics of the training set beside them (see `prepared`).
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from resdag.datasets import prepared
from resdag.datasets.available import check_available, folder_of
from resdag.datasets.decoding import Square
from resdag.datasets.listing import FOLDERS
from resdag.datasets.prepared import Contents, Listing

Metadata = dict[str, Any]


def prepare(
    kind: str,
    *,
    root: Path | str | None = None,
    archive: str | None = None,
    download: bool = True,
    image_size: int = 32,
    resize: int | None = None,
    interpolation: str = "bilinear",
    streamed: bool = False,
    train_limit: int | None = None,
    skip_broken: bool = False,
    out: Path,
    progress: Callable[[str], None] = print,
) -> Metadata:
    """Write a dataset's images, labels and statistics to `out` (safetensors), whole or not at all; its metadata.

    `root` is the folder of the files (CIFAR: or where they are to go), `archive` a local .tar.gz or an address of
    CIFAR, `image_size` the side in pixels that an image folder's images get, cut from the centre after their shorter
    side became `resize`, or the same, by `interpolation`, bilinear or bicubic. Of images that are `streamed` only
    paths and digests are written, the first `train_limit` of the training set. DatasetError names what is missing,
    before any work, or which files are not what they should be; with `skip_broken`, images that cannot be used are
    left out and listed under `left_out`.
    """
    check_available(kind, root, archive, download)
    left_out: list[dict[str, str]] = []
    contents: Contents | Listing
    if kind in FOLDERS:
        from resdag.datasets.image_folder import Reader

        square = Square(image_size, resize or image_size, interpolation)
        reader = Reader(folder_of(kind, root), FOLDERS[kind], square, skip_broken, progress)
        contents = reader.listed(train_limit) if streamed else reader.read()
        left_out = reader.left_out
    else:
        contents = _read(kind, root, archive, progress)
    metadata = prepared.write(kind, contents, Path(out))
    progress(f"{metadata['counts']['train']} + {metadata['counts']['test']} images in {out}")
    return metadata | {"left_out": left_out}


def _read(kind: str, root: Path | str | None, archive: str | None, progress: Callable[[str], None]) -> Contents:
    from resdag.datasets import cifar, digits

    return digits.read() if kind == "digits" else cifar.read(kind, folder_of(kind, root), archive, progress)
