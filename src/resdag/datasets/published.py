"""What the authors of CIFAR published: names, MD5 sums and sizes of their files, known before any is read.

The sums are those that torchvision carries too (a test compares them).  They
stand here as well because a dry run must know them and may not import torch.
"""

from dataclasses import dataclass
from pathlib import Path

PIXELS = 32 * 32 * 3


@dataclass(frozen=True)
class File:
    """One file of the unpacked archive: its name, MD5 and how many images it holds (0: names of classes)."""

    name: str
    md5: str
    images: int

    @property
    def least_bytes(self) -> int:
        """What its images alone take: a shorter file is truncated."""
        return max(1, self.images * PIXELS)


@dataclass(frozen=True)
class Published:
    """A published archive: its folder, its .tar.gz, where its author keeps it, and the files of the folder."""

    kind: str
    folder: str
    archive: str
    archive_md5: str
    address: str
    files: tuple[File, ...]

    def paths(self, root: Path) -> dict[File, Path]:
        """Where each file is under a root."""
        return {file: root / self.folder / file.name for file in self.files}

    def is_complete(self, root: Path) -> bool:
        """Whether every file is there, whatever it holds."""
        return all(path.is_file() for path in self.paths(root).values())

    def three_ways(self, root: Path) -> str:
        """How to come by the data, as the end of an error's sentence."""
        names = ", ".join(file.name for file in self.files)
        return (
            f"Either put its files ({names}) into {root / self.folder}, "
            f"or name a local copy of {self.archive} as dataset.archive, "
            f"or name there another address (http or https) that serves it; "
            f"with neither, and with dataset.download: true, it comes from its author's address, {self.address}."
        )


CIFAR = {
    "cifar10": Published(
        kind="cifar10",
        folder="cifar-10-batches-py",
        archive="cifar-10-python.tar.gz",
        archive_md5="c58f30108f718f92721af3b95e74349a",
        address="https://www.cs.toronto.edu/~kriz/cifar-10-python.tar.gz",
        files=(
            File("data_batch_1", "c99cafc152244af753f735de768cd75f", 10_000),
            File("data_batch_2", "d4bba439e000b95fd0a9bffe97cbabec", 10_000),
            File("data_batch_3", "54ebc095f3ab1f0389bbae665268c751", 10_000),
            File("data_batch_4", "634d18415352ddfa80567beed471001a", 10_000),
            File("data_batch_5", "482c414d41f54cd18b22e5b47cb7c3cb", 10_000),
            File("test_batch", "40351d587109b95175f43aff81a1287e", 10_000),
            File("batches.meta", "5ff9c542aee3614f3951f8cda6e48888", 0),
        ),
    ),
    "cifar100": Published(
        kind="cifar100",
        folder="cifar-100-python",
        archive="cifar-100-python.tar.gz",
        archive_md5="eb9058c3a382ffc7106e4002c42a8d85",
        address="https://www.cs.toronto.edu/~kriz/cifar-100-python.tar.gz",
        files=(
            File("train", "16019d7e3df5f24257cddd939b257f8d", 50_000),
            File("test", "f0ef6b0ae62326f3e7ffdfab6717acfc", 10_000),
            File("meta", "7973b15100ade9c7d40fb424638fde48", 0),
        ),
    ),
}


def is_address(archive: str | None) -> bool:
    """Whether an archive is to be fetched, and not a local path."""
    return archive is not None and archive.startswith(("http://", "https://"))
