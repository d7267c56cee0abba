"""What all records share: their configuration, the study and network that a row is of, errors measured."""

from typing import Annotated, ClassVar

from pydantic import BaseModel, ConfigDict, Field

Count = Annotated[int, Field(ge=0)]
Error = Annotated[float, Field(ge=0, le=1)]
Positive = Annotated[float, Field(ge=0)]


class Record(BaseModel):
    """A row of a table; `table` names it, `key` its columns that tell rows apart, `place` where people read of it.

    `provenance` names columns that say how a row came about, not what was found: two runs of one study differ in them.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True, allow_inf_nan=False)
    table: ClassVar[str]
    place: ClassVar[int] = 1000
    key: ClassVar[tuple[str, ...]]
    provenance: ClassVar[tuple[str, ...]] = ()


class OfStudy(Record):
    study: str
    """The study's name."""


class OfNetwork(OfStudy):
    network: str
    """The network's name in the study file."""
    seed: Count
    """Seed of the network's initialisation, batches and augmentation."""


class Measured(OfNetwork):
    errors: Count
    """Test images that were misclassified."""
    images: Annotated[int, Field(ge=1)]
    """Test images measured."""
    error: Error
    """errors / images, a fraction."""
    loss: float | None
    """Mean cross-entropy over the images, in nats; NULL where it is not finite."""
