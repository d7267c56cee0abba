"""The `dataset` section: which images, from where, and how many of them."""

from typing import Annotated, Literal

from pydantic import Field, field_serializer

from resdag.addresses import without_password
from resdag.config.base import NUMERIC, Count, Path, Section


class _Dataset(Section):
    train_limit: Count | None = None
    """Images to train on: the first so many of the training set. All of them where nothing is said."""
    test_limit: Count | None = None
    """Images to measure on: the first so many of the test set. All of them where nothing is said."""


class Digits(_Dataset):
    """scikit-learn's handwritten digits: 1,797 grey images of 8 x 8, embedded; a fixed stratified fifth tests."""

    kind: Literal["digits"]


class _Cifar(_Dataset):
    root: Path = "data"
    """Folder with the Python batches of the original archive, or where they are to go."""
    archive: Path | None = None
    """A local copy of the original .tar.gz, or an address to fetch it from instead of its author's."""
    download: bool = True
    """Whether a real run may fetch the archive when the files are not there."""

    @field_serializer("archive")
    def _without_password(self, archive: str | None) -> str | None:
        return archive and without_password(archive)


class Cifar10(_Cifar):
    """CIFAR-10: 50,000 + 10,000 colour images of 32 x 32 in ten classes."""

    kind: Literal["cifar10"]


class Cifar100(_Cifar):
    """CIFAR-100: 50,000 + 10,000 colour images of 32 x 32 in a hundred classes."""

    kind: Literal["cifar100"]


class ImageFolder(_Dataset):
    """Your own images: ROOT/train/CLASS/*.png and ROOT/test/CLASS/*.png, any size, resized to squares."""

    kind: Literal["image_folder"]
    root: Path
    """Folder that holds train/ and test/, each with one folder per class."""
    image_size: Annotated[int, Field(ge=8, le=1024), NUMERIC] = 32
    """Side of the square that every image is resized to, in pixels."""


Dataset = Annotated[Digits | Cifar10 | Cifar100 | ImageFolder, Field(discriminator="kind")]
