"""Table `broken_images`."""

from typing import ClassVar, Literal

from resdag.records.base import OfStudy


class BrokenImage(OfStudy):
    """An image that cannot be used, and that the study says to leave out: `dataset.broken: skip`."""

    table: ClassVar[str] = "broken_images"
    place: ClassVar[int] = 165
    key: ClassVar[tuple[str, ...]] = ("study", "split", "path")
    split: Literal["train", "test"]
    """Which set it was in."""
    path: str
    """Where it lies, below the root of the dataset."""
    reason: str
    """Why it cannot be used."""
