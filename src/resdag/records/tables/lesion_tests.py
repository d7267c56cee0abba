"""Table `lesion_tests`."""

from typing import Annotated, ClassVar

from pydantic import Field

from resdag.records.base import OfNetwork


class LesionTest(OfNetwork):
    """Whether one single deletion changed the network's answers: intact against lesioned on the same images."""

    table: ClassVar[str] = "lesion_tests"
    place: ClassVar[int] = 180
    key: ClassVar[tuple[str, ...]] = ("study", "network", "seed", "lesion")
    lesion: str
    """Name of the lesion, as in `lesions`."""
    p: Annotated[float, Field(ge=0, le=1)]
    """Exact McNemar test of broken against repaired images, two-sided."""
    p_holm: Annotated[float, Field(ge=0, le=1)]
    """p after Holm's correction over the single deletions of this network."""
