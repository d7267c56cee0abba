"""Table `ensembles`."""

from typing import Annotated, ClassVar

from pydantic import Field

from resdag.records.base import Count, Error, OfStudy


class Ensemble(OfStudy):
    """Networks of one entry trained from different seeds, their class probabilities averaged."""

    table: ClassVar[str] = "ensembles"
    place: ClassVar[int] = 90
    key: ClassVar[tuple[str, ...]] = ("study", "network", "members", "draw")
    network: str
    """The network's name in the study file."""
    members: Annotated[int, Field(ge=1)]
    """Networks averaged, M."""
    draw: Count
    """Which set of so many seeds."""
    seeds: list[int]
    """Seeds of the networks averaged."""
    errors: Count
    """Test images that the average misclassified."""
    images: Annotated[int, Field(ge=1)]
    """Test images measured."""
    error: Error
    """errors / images, a fraction."""
    loss: float | None
    """Mean cross-entropy of the averaged probabilities, in nats; NULL where it is not finite."""
    member_error: Error
    """Mean error of its members, each by itself, a fraction."""
    disagreement: Error | None
    """Share of images that two members classify differently, mean over pairs of members; NULL for one member."""
