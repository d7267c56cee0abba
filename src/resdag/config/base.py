"""What the models of a study have in common: frozen, closed, strict about numbers.

Numbers have an upper end too: a slip such as a zero too many is refused, where the
plan of a billion jobs, or the memory for a million layers, would only end in a crash.
"""

from typing import Annotated, Literal, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator

LARGEST = 2**31 - 1  # of a 32-bit integer: seeds, and the indices in Parquet files
STRONGEST = 1e6  # of a learning rate and the like: far beyond any use, and far below the end of float32


class Section(BaseModel):
    """A part of a study file: it cannot be changed once read, and unknown keys are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True, allow_inf_nan=False)


def _no_booleans(value: object) -> object:
    if isinstance(value, bool):
        raise ValueError("neither true nor false can stand here")
    return value


# YAML's `yes`, `on` and `true` are no 1, though pydantic would take them for one.  It stands last in an annotation:
# pydantic leaves a range that stands behind it out of the JSON schema.  YAML 1.1 reads 1e-1 as a string, so numbers
# may come as text.
NUMERIC = BeforeValidator(_no_booleans)

Number = Annotated[float, NUMERIC]
Count = Annotated[int, Field(ge=1, le=LARGEST), NUMERIC]
Index = Annotated[int, Field(ge=0, le=LARGEST), NUMERIC]
Fraction = Annotated[float, Field(ge=0, le=1), NUMERIC]
Seed = Index

StudyName = Annotated[str, Field(pattern=r"^[a-z0-9-]+$", max_length=60)]
NetworkName = Annotated[str, Field(pattern=r"^[a-zA-Z0-9][a-zA-Z0-9._-]*$", max_length=60)]
# No control characters: the system refuses the NUL, and no file that one means has the others in its name.
Path = Annotated[str, Field(pattern=r"^[^\x00-\x1f\x7f]+$", max_length=4000)]

Shortcut = Literal["subsample", "projection"]


Value = TypeVar("Value")


def distinct(values: tuple[Value, ...]) -> tuple[Value, ...]:
    """The values, or ValueError if one of them stands there twice."""
    repeated = sorted({str(value) for value in values if values.count(value) > 1})
    if repeated:
        raise ValueError(f"each may stand there once: {', '.join(repeated)} is repeated")
    return values


Moments = Annotated[tuple[Count | Literal["first", "last"], ...], Field(min_length=1, max_length=1000)]
"""When in training: before it, after it, or after so many epochs."""


class OfNetworks(Section):
    """A measurement of some of the study's networks."""

    networks: Annotated[tuple[NetworkName, ...], Field(min_length=1)]
    """Names of entries of the study's `networks`; every seed of each is measured."""

    @field_validator("networks")
    @classmethod
    def _distinct(cls, networks: tuple[str, ...]) -> tuple[str, ...]:
        return distinct(networks)
