"""Which figures are there, and what does each say of itself?  Read from the files, without importing anything.

A figure is two files: its module, `figure_NAME.py` in resdag/figures or wherever another package's entry point
under `resdag.figures` leads, and its view.  The module's literals say what a plan has to know: TITLE and CAPTION;
ORDER, its place on the page; ESSENTIAL, the rules of which one at least must have jobs in a study, or the figure
would be empty; and STUDY_HAS, what must stand in the study file besides.

A rule is named alone, `delete_random`, or with how many networks of what kind its jobs must be of:
`delete_single of 2: architecture=vgg, !training.stochastic_depth`; or of how many depths of one architecture,
`delete_single of 2 depth`.
"""

import ast
import re
from collections.abc import Collection, Iterator, Mapping
from functools import cache
from typing import Any

from resdag.discovery import modules, source_of


@cache
def figure_modules() -> dict[str, str]:
    """Name of each figure and its module's, in the order of the page: our own, and those of other packages."""
    found = modules("figures")
    return dict(sorted(found.items(), key=lambda figure: (literals(figure[1])["ORDER"], figure[0])))


def figure_names() -> list[str]:
    """The figures that there are, in the order of the page."""
    return list(figure_modules())


@cache
def literals(module: str) -> Mapping[str, Any]:
    """Literals that a figure's module assigns to names in capitals; ModuleNotFoundError if there is no such module."""
    found: dict[str, Any] = {}
    path = source_of(module)
    if path is None:
        raise ModuleNotFoundError(f"{module}: a figure's module that is not there")
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and node.targets[0].id.isupper():
            try:
                found[node.targets[0].id] = ast.literal_eval(node.value)
            except ValueError:
                continue  # computed: nothing that a plan asks for
    return found


def words_of(figure: str) -> dict[str, str]:
    """`title` and `caption` of a figure, as its module states them."""
    said = literals(figure_modules()[figure])
    return {"title": said["TITLE"], "caption": said["CAPTION"]}


def can_be_filled(figure: str, jobs: Collection[tuple[str, Any]], study: Mapping[str, Any]) -> bool:
    """Whether a study has rows for a figure; of its jobs it takes the rule, and the network or nothing."""
    said = literals(figure_modules()[figure])
    essential = said["ESSENTIAL"]
    runs = not essential or any(_runs(rule, jobs, study) for rule in essential)
    return runs and all(_holds(study, condition) for condition in said.get("STUDY_HAS", ()))


def _runs(essential: str, jobs: Collection[tuple[str, Any]], study: Mapping[str, Any]) -> bool:
    """Whether a rule has jobs, of so many networks of a kind, or values of a key of theirs, where that is said."""
    asked, _, kind = essential.partition(": ")
    rule, _, least = asked.partition(" of ")
    networks = {network for name, network in jobs if name == rule}
    if not least:
        return bool(networks)
    conditions = kind.split(", ") if kind else []
    fitting = [name for name in networks if all(_holds(study["networks"][name], each) for each in conditions)]
    number, _, key = least.partition(" ")
    return (_different([study["networks"][name] for name in fitting], key) if key else len(fitting)) >= int(number)


def _different(networks: Collection[Mapping[str, Any]], key: str) -> int:
    """How many values of a key networks of one architecture have, of that which has most."""
    found: dict[Any, set[Any]] = {}
    for network in networks:
        found.setdefault(network.get("architecture"), set()).add(network.get(key))
    return max(map(len, found.values()), default=0)


def _holds(section: Mapping[str, Any], condition: str) -> bool:
    """`a.b` is set, `!a.b` is not, `a.b=x|y` is x or y, `a.b!=x|y` neither, `a.b>1` is a longer list; `*`: any key."""
    if condition.startswith("!"):
        return not _holds(section, condition[1:])
    key, relation, other = (*re.split(r"(!=|=|>)", condition), "", "")[:3]
    found = [value for value in _values(section, key.split(".")) if value is not None and value is not False]
    if relation == ">":
        return any(len(value) > int(other) for value in found)
    if relation:
        return bool({*other.split("|")} & {*map(str, found)}) == (relation == "=")
    return bool(found)


def _values(study: Any, parts: list[str]) -> Iterator[Any]:
    """Every value under a key."""
    if not parts:
        yield study
    elif isinstance(study, Mapping):
        for name in study if parts[0] == "*" else [parts[0]]:
            yield from _values(study.get(name), parts[1:])
