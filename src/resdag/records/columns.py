"""What is a column?  One walk over the annotations of a record, from which Arrow's types and the DDL both follow."""

from collections.abc import Iterator
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, NamedTuple, Union, get_args, get_origin

from annotated_types import Ge, Gt, Le, Lt
from pydantic.fields import FieldInfo

from resdag.records.base import Record

_SIGNS: dict[type, tuple[str, str]] = {Ge: (">=", "ge"), Gt: (">", "gt"), Le: ("<=", "le"), Lt: ("<", "lt")}


class Column(NamedTuple):
    """One column of a table: `kind` is int, float, str, bool, datetime, list (of int) or dict (kept as JSON)."""

    name: str
    kind: type
    optional: bool
    allowed: tuple[str, ...]  # the only texts that may stand there; none where any may
    bounds: tuple[tuple[str, float], ...]  # (">=", 0)
    words: str


@cache
def columns_of(record: type[Record]) -> tuple[Column, ...]:
    """The columns of a table, in the order in which its record declares them."""
    return tuple(_column(name, field) for name, field in record.model_fields.items())


def _column(name: str, field: FieldInfo) -> Column:
    bare, optional, metadata = _unfolded(field.annotation, tuple(field.metadata))
    allowed = get_args(bare) if get_origin(bare) is Literal else ()
    kind = str if allowed else get_origin(bare) or bare
    bounds = [(*_SIGNS[type(bound)], bound) for bound in metadata if type(bound) in _SIGNS]
    limits = tuple((sign, getattr(bound, attribute)) for sign, attribute, bound in bounds)
    return Column(name, kind, optional, allowed, limits, field.description or "")


def _unfolded(annotation: Any, metadata: tuple[Any, ...]) -> tuple[Any, bool, tuple[Any, ...]]:
    """The bare type, whether None is allowed, and all metadata, from however deep pydantic keeps them."""
    if get_origin(annotation) is Annotated:
        bare, *more = get_args(annotation)
        return _unfolded(bare, (*metadata, *_flat(more)))
    if get_origin(annotation) in (Union, UnionType):
        (bare,) = [argument for argument in get_args(annotation) if argument is not NoneType]
        inner, _, found = _unfolded(bare, metadata)
        return inner, True, found
    return annotation, False, metadata


def _flat(metadata: list[Any]) -> Iterator[Any]:
    for item in metadata:
        if isinstance(item, FieldInfo):
            yield from item.metadata
        else:
            yield item
