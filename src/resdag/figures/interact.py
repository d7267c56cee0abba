"""What can a reader do with a chart besides looking at it?  Pick in its legends, and point at a block.

Both are worked into the finished specification, the same for all figures.  Every legend of names picks: what is clicked
on stays, all else fades, until a click beside it.  Pointing at a block selects it under the name `block`, in every
figure that has blocks, so that a page can light one up in all of its charts at once.
"""

from collections.abc import Iterator
from typing import Any

Spec = dict[str, Any]
POINTED = "block"
"""Name of the selection, and of the field that it selects."""
LEGENDS = ("color", "fill", "stroke", "shape", "strokeDash", "opacity")
FADED = 0.1
"""What is left of the opacity of what is not picked."""
PARTS = ("layer", "concat", "hconcat", "vconcat")


def interactive(spec: Spec) -> Spec:
    """The specification with its selections, changed in place: one for each legend of names, and `block`."""
    groups = [list(_units(group)) for group in _groups(spec)]
    everything = [unit for group in groups for unit in group]
    listed = sorted({field for unit in everything for field in _listed(unit)})
    for unit in everything:
        _fade(unit, [field for field in listed if field in _fields(unit)])
    params = [_picked(field, groups) for field in listed]
    if any(_has_block(unit) for unit in everything):
        params.append(_pointed(groups))
    if params:
        spec["params"] = [*spec.get("params", []), *params]
    return spec


def _groups(spec: Spec) -> Iterator[Spec]:
    """The single charts and layered charts of a specification: each draws in a plane of its own."""
    parts = [part for key in PARTS[1:] for part in spec.get(key, ())]
    if not parts:
        yield spec
    for part in parts:
        yield from _groups(part)


def _units(spec: Spec) -> Iterator[Spec]:
    if "mark" in spec:
        yield spec
    for part in spec.get("layer", ()):
        yield from _units(part)


def _definitions(unit: Spec) -> Iterator[tuple[str, Spec]]:
    for channel, definition in unit.get("encoding", {}).items():
        for each in definition if isinstance(definition, list) else [definition]:
            yield channel, each


def _fields(unit: Spec) -> set[str]:
    return {each["field"] for channel, each in _definitions(unit) if "field" in each and channel != "tooltip"}


def _has_block(unit: Spec) -> bool:
    return POINTED in _fields(unit)


def _listed(unit: Spec) -> set[str]:
    """Fields whose names a legend lists."""
    return {
        each["field"] for channel, each in _definitions(unit)
        if channel in LEGENDS and each.get("type") in ("nominal", "ordinal") and each.get("legend", {}) is not None
    }  # fmt: skip


def _fade(unit: Spec, fields: list[str]) -> None:
    """The unit's opacity, less where a row is not picked; a unit whose opacity says something else stays."""
    if not fields or "opacity" in unit["encoding"]:
        return
    opacity = unit["mark"].pop("opacity", 1)
    test: Any = {"and": [{"param": f"picked_{field}"} for field in fields]}
    unit["encoding"]["opacity"] = {"condition": {"test": test, "value": opacity}, "value": round(FADED * opacity, 4)}


def _picked(field: str, groups: list[list[Spec]]) -> Spec:
    """The selection by clicks on the legend of a field, in one unit of each plane that has this legend."""
    views = _views(groups, lambda unit: field in _listed(unit))
    return {"name": f"picked_{field}", "select": {"type": "point", "fields": [field]}, "bind": "legend", "views": views}


def _pointed(groups: list[list[Spec]]) -> Spec:
    """The selection of the block under the pointer, in one unit of each plane that has blocks."""
    select = {"type": "point", "fields": [POINTED], "on": "pointerover", "clear": "pointerout"}
    return {"name": POINTED, "select": select, "views": _views(groups, _has_block)}


def _views(groups: list[list[Spec]], wanted: Any) -> list[str]:
    """Names of the first unit of each plane that is wanted; given where it has none."""
    found = []
    for number, group in enumerate(groups):
        for place, unit in enumerate(group):
            if wanted(unit):
                found.append(unit.setdefault("name", f"plane_{number}_{place}"))
                break
    return found
