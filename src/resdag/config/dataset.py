"""The `dataset` section: which images, from where, and how many of them."""

from typing import Annotated, Literal

from pydantic import Field, field_serializer, model_validator

from resdag.addresses import without_password
from resdag.config.base import NUMERIC, Count, Path, Section

LARGEST_HELD = 64  # pixels: 1.3 million squares of this side are 16 GB, of ImageNet's 224 they would be 193


class _Dataset(Section):
    train_limit: Count | None = None
    """Images to train on: the first so many of the training set. All of them where nothing is said."""
    test_limit: Count | None = None
    """Images to measure on: the first so many of the test set. All of them where nothing is said."""

    @property
    def streamed(self) -> bool:
        """Whether images stay in their files, and are decoded by the measurements that need them."""
        return False

    @property
    def channels(self) -> int:
        """Colours of each image."""
        return 3

    @property
    def side(self) -> int:
        """Side of each image, in pixels."""
        return 32


class Digits(_Dataset):
    """scikit-learn's handwritten digits: 1,797 grey images of 8 x 8, embedded; a fixed stratified fifth tests."""

    kind: Literal["digits"]

    @property
    def channels(self) -> int:
        """Grey."""
        return 1

    @property
    def side(self) -> int:
        """Eight pixels."""
        return 8


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


class _Folder(_Dataset):
    root: Path
    """Folder that holds the images: train/ and test/, of ImageNet train/ and val/, each with one folder per class."""
    image_size: Annotated[int, Field(ge=8, le=1024), NUMERIC]
    """Side of the square that is cut from the centre of every image, in pixels."""
    resize: Annotated[int, Field(ge=8, le=2048), NUMERIC] | None = None
    """What the shorter side is resized to before, in pixels; of an image folder by default the square's side."""
    interpolation: Literal["bilinear", "bicubic"] = "bilinear"
    """How images are resized, with antialiasing."""
    broken: Literal["refuse", "skip"] = "refuse"
    """What becomes of images that cannot be used: named and counted, they end the run, or are left out of it."""

    @property
    def streamed(self) -> bool:
        """Larger images than CIFAR's twice over do not fit into memory where there are many."""
        return self.image_size > LARGEST_HELD

    @property
    def side(self) -> int:
        """Side of the square."""
        return self.image_size

    @property
    def resized(self) -> int:
        """What the shorter side becomes."""
        return self.resize or self.image_size

    @property
    def square(self) -> dict[str, int | str]:
        """What every image becomes."""
        return {"side": self.side, "resized": self.resized, "interpolation": self.interpolation}

    @model_validator(mode="after")
    def _square_fits(self) -> "_Folder":
        if self.resized < self.image_size:
            raise ValueError(f"a square of {self.image_size} cannot be cut from images resized to {self.resize}")
        return self


class ImageFolder(_Folder):
    """Your own images: ROOT/train/CLASS/*.png and ROOT/test/CLASS/*.png, any size, resized to squares."""

    kind: Literal["image_folder"]
    image_size: Annotated[int, Field(ge=8, le=1024), NUMERIC] = 32
    """Side of the square that is cut from the centre of every image, in pixels; above 64 they stay in their files."""


class ImageNet(_Folder):
    """ImageNet as torchvision unpacks it: ROOT/train/n01440764/*.JPEG and ROOT/val/n01440764/*.JPEG."""

    kind: Literal["imagenet"]
    image_size: Annotated[int, Field(ge=8, le=1024), NUMERIC] = 224
    """Side of the square that is cut from the centre of every image, in pixels."""
    resize: Annotated[int, Field(ge=8, le=2048), NUMERIC] | None = 256
    """What the shorter side is resized to before, in pixels; networks with `preprocessing` have their own."""

    @property
    def streamed(self) -> bool:
        """1.3 million photographs, whatever their size becomes."""
        return True


Dataset = Annotated[Digits | Cifar10 | Cifar100 | ImageFolder | ImageNet, Field(discriminator="kind")]
