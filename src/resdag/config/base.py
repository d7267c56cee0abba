"""What the models of a study have in common: frozen, closed, strict about numbers."""

from typing import Annotated, Literal, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field


class Section(BaseModel):
    """A part of a study file: it cannot be changed once read, and unknown keys are refused."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", validate_default=True, use_attribute_docstrings=True, allow_inf_nan=False
    )


def _no_booleans(value: object) -> object:
    if isinstance(value, bool):
        raise ValueError("a number is wanted, not true or false")
    return value


# YAML 1.1 reads 1e-1 as a string, so numbers may come as text; `true` is never a number.
Number = Annotated[float, BeforeValidator(_no_booleans)]
Count = Annotated[int, BeforeValidator(_no_booleans), Field(ge=1)]
Index = Annotated[int, BeforeValidator(_no_booleans), Field(ge=0)]
Fraction = Annotated[Number, Field(ge=0, le=1)]
Seed = Annotated[int, BeforeValidator(_no_booleans), Field(ge=0, le=2**31 - 1)]

StudyName = Annotated[str, Field(pattern=r"^[a-z0-9-]+$", max_length=60)]
NetworkName = Annotated[str, Field(pattern=r"^[a-zA-Z0-9][a-zA-Z0-9._-]*$", max_length=60)]
Path = Annotated[str, Field(min_length=1)]

Shortcut = Literal["subsample", "projection"]


Value = TypeVar("Value")


def distinct(values: tuple[Value, ...]) -> tuple[Value, ...]:
    """The values, or ValueError if one of them stands there twice."""
    repeated = sorted({str(value) for value in values if values.count(value) > 1})
    if repeated:
        raise ValueError(f"each value once: {', '.join(repeated)} is repeated")
    return values
