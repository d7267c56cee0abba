"""The JSON schema of study files, for editors; config/schema.json is this, written down.

What a key means stands under it in the models, as a string.  Pydantic would read those from
the source whenever the models are made, which is in every job; they are wanted here alone.
"""

import ast
import inspect
import json
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

from resdag.config.base import Section
from resdag.config.sections import StudyFile
from resdag.config.training import Training, TrainingOverride


def study_schema() -> dict[str, Any]:
    """The schema of a study file, every key with its sentence."""
    found = StudyFile.model_json_schema(mode="validation")
    models = {model.__name__: model for model in _models(Section)}
    for name, definition in [("Study", found), *found["$defs"].items()]:
        if name in models:
            for key, sentence in sentences(models[name]).items():
                if key in definition["properties"]:
                    definition["properties"][key].setdefault("description", sentence)
    return found


def schema_text() -> str:
    """config/schema.json as it should be."""
    found = study_schema() | {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "A resdag study"}
    return json.dumps(found, indent=1, sort_keys=True) + "\n"


def sentences(model: type[Section]) -> dict[str, str]:
    """Key -> the sentence under it, of a model and those above it."""
    if model is TrainingOverride:  # made from its fields, not written
        return sentences(Training)
    found: dict[str, str] = {}
    for each in reversed([each for each in model.__mro__ if issubclass(each, Section)]):
        found |= _of_module(Path(inspect.getfile(each))).get(each.__name__, {})
    return found


def _models(model: type[Section]) -> Iterator[type[Section]]:
    for each in model.__subclasses__():
        yield each
        yield from _models(each)


@cache
def _of_module(path: Path) -> dict[str, dict[str, str]]:
    """Class -> key -> the string that stands under it."""
    tree = ast.parse(path.read_bytes())
    classes = [node for node in tree.body if isinstance(node, ast.ClassDef)]
    return {each.name: dict(_of_class(each)) for each in classes}


def _of_class(node: ast.ClassDef) -> Iterator[tuple[str, str]]:
    for key, under in pairwise(node.body):
        text = under.value.value if isinstance(under, ast.Expr) and isinstance(under.value, ast.Constant) else None
        if isinstance(key, ast.AnnAssign) and isinstance(key.target, ast.Name) and isinstance(text, str):
            yield key.target.id, inspect.cleandoc(text)
