"""Table `predictions`."""

from typing import ClassVar

from resdag.records.base import Count, OfNetwork


class Prediction(OfNetwork):
    """What a network said of one test image under one lesion."""

    table: ClassVar[str] = "predictions"
    place: ClassVar[int] = 160
    key: ClassVar[tuple[str, ...]] = ("study", "network", "seed", "lesion", "image")
    lesion: str
    """Name of the lesion, as in `lesions`."""
    image: Count
    """Index in the test set, from 0."""
    label: Count
    """Class of the image."""
    predicted: Count
    """Class that the network gave it."""
