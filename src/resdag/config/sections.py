"""The whole of a study file: the study, and the sections that the experiments declare.

A section is asked for by its key, `KEY.of(study)`, so everyone but the readers of a file knows `Study` alone.
"""

from collections.abc import Mapping
from typing import Any

from pydantic import Field, create_model

from resdag.config.base import Section
from resdag.config.study import Study
from resdag.planning.experiment import Key
from resdag.planning.registry import keys

# What is said of the sections that hold several experiments: of the key, and of what can stand there.
GROUPS = {
    "lesions": (
        "Changes to trained networks at test time.",
        "Changes to trained networks at test time (section 4 of the paper). What is not named is not run.",
    ),
    "paths": (
        "Gradients along paths.",
        "Gradients along paths (section 5 of the paper). What is not named is not run.",
    ),
    "comparisons": (
        "Networks held against each other.",
        "Networks of the study held against each other, beyond the paper. What is not named is not run.",
    ),
}


def _declared() -> dict[str, Any]:
    """The sections of all experiments, as fields of a study: `lesions` holds those whose keys begin with it."""
    groups: dict[str, dict[str, Any]] = {}
    found: dict[str, Any] = {}
    for key in keys():
        group, _, name = key.path.partition(".")
        if not name:
            found[group] = _optional(key)
            continue
        groups.setdefault(group, {})[name] = _optional(key)
        found[group] = None  # holds its place
    return found | {group: _group(group, fields) for group, fields in groups.items()}


def _optional(key: Key[Any]) -> tuple[Any, Any]:
    return key.model | None, Field(None, description=key.says)


def _group(name: str, fields: Mapping[str, Any]) -> tuple[Any, Any]:
    says, what = GROUPS.get(name, (f"Experiments of `{name}`.", "What is not named is not run."))
    model = create_model(name.capitalize(), __base__=Section, __doc__=what, **fields)
    return model, Field(model(), description=says)


StudyFile: type[Study] = create_model("Study", __base__=Study, __doc__=Study.__doc__, **_declared())
