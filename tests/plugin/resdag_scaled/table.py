"""Table `scaled`."""

from typing import Annotated, ClassVar

from pydantic import Field

from resdag.records.base import Count, Measured


class Scaled(Measured):
    """One network with one branch turned down."""

    table: ClassVar[str] = "scaled"
    key: ClassVar[tuple[str, ...]] = ("study", "network", "seed", "block", "factor")
    block: Count
    """Index of the block, from the input, from 0."""
    factor: Annotated[float, Field(ge=0, le=2)]
    """What its branch is multiplied by."""
