"""Table `influence`."""

from typing import Annotated, ClassVar

from pydantic import Field

from resdag.records.base import Count, OfNetwork


class Influence(OfNetwork):
    """How far one block turns what it is given, over test images: 0 where it hands on the direction as it is."""

    table: ClassVar[str] = "influence"
    place: ClassVar[int] = 75
    key: ClassVar[tuple[str, ...]] = ("study", "network", "seed", "block")
    block: Count
    """Index from the input, from 0."""
    images: Annotated[int, Field(ge=1)]
    """Test images measured."""
    positions: Count | None
    """Places of an image, or tokens, that have a vector each; NULL where input and output differ in form."""
    left_out: Count | None
    """Of positions x images, those at which input or output is zero and has no direction; NULL likewise."""
    influence: Annotated[float, Field(ge=-1e-6, le=2 + 1e-6)] | None
    """1 - mean cosine between input and output over the others (Men et al. 2024), 0 to 2; NULL where there is none."""
