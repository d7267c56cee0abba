"""Turn what pydantic found into sentences: the key's path, what it got, what is allowed.

pydantic's locations hold more than the file does: tags of unions and names of validators.
A path is therefore what a location has in common with the content that was read.
"""

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Annotated, Any, get_args, get_origin

from pydantic import BaseModel

from resdag.config.networks import ARCHITECTURES
from resdag.config.sections import StudyFile
from resdag.config.words import TEXT_LENGTH, plainer, shown

Location = tuple[str | int, ...]

# Behind these the location names the alternative that was tried, not a key: dataset.CIFAR10, networks.NAME.VGG.
_UNIONS = {("dataset", 1), ("networks", 3)}


def sentences(errors: Iterable[Any], content: Mapping[str, Any]) -> list[str]:
    """One sentence for each key that pydantic refused; alternatives of one key stand in one sentence."""
    found: dict[str, list[str]] = {}
    for details in errors:
        subject, reason = _subject_and_reason(details, content)
        found.setdefault(subject, []).append(reason)
    return [f"{subject}{', or '.join(dict.fromkeys(reasons))}" for subject, reasons in found.items()]


def key_path(location: Location, content: Any) -> str:
    """`networks.resnet110.depth` from pydantic's location: the parts of it that stand in the content, and the last."""
    path, here = "", content
    for index, part in enumerate(location):
        if _is_mark(part) or ((location[0], index) in _UNIONS and not (isinstance(here, Mapping) and part in here)):
            continue
        if isinstance(here, Mapping):
            path += f"{'.' * bool(path)}{_plain(part)}"
            here = here.get(part)
        elif isinstance(here, list | tuple) and isinstance(part, int):
            path += f"[{part}]"
            here = here[part] if part < len(here) else None
    return path or "the study"


def _is_mark(part: str | int) -> bool:
    """Whether a part of a location is no key in the file: `[key]`, or an alternative of ours, `<path>`."""
    return part == "[key]" or (isinstance(part, str) and part.startswith("<"))


def _plain(key: object) -> str:
    """A key as it stands in the file; one that a terminal would act on, or would not end, in quotes."""
    text = str(key)
    return text if text.isprintable() and 0 < len(text) <= TEXT_LENGTH else shown(text)


def _subject_and_reason(details: Any, content: Mapping[str, Any]) -> tuple[str, str]:
    """`PATH: got VALUE, but ` and why that cannot be; together a sentence."""
    path, kind, context = key_path(details["loc"], content), details["type"], details.get("ctx", {})
    value = details["input"]
    if kind == "extra_forbidden":
        return f"{path}: ", f"is an unknown key{_meant(details['loc'])}"
    if kind == "missing":
        return f"{path}: ", "is required and missing"
    if kind in {"union_tag_invalid", "union_tag_not_found"}:
        key = str(context["discriminator"]).strip("'")
        tag = value.get(key) if isinstance(value, Mapping) else None
        return f"{path}.{key}: ", f"got {shown(tag)}, allowed are {context.get('expected_tags') or _tags(path)}"
    if kind == "value_error" and isinstance(value, Mapping):  # the reason names the keys
        return f"{path}: ", str(context["error"])
    reason = str(context["error"]) if kind == "value_error" else plainer(details["msg"])
    return f"{path}: got {shown(value)}, but ", reason


def _tags(path: str) -> str:
    kinds = ("digits", "cifar10", "cifar100", "image_folder", "imagenet")
    if path.endswith(".source"):
        return "torchvision, timm, python"
    return ", ".join(kinds if path == "dataset" else ARCHITECTURES)


def _meant(location: tuple[str | int, ...]) -> str:
    """The keys that are allowed at this place, and the nearest of them."""
    model = _model_at(tuple(part for part in location[:-1] if not _is_mark(part)))
    if model is None:
        return ""
    allowed = sorted(model.model_fields)
    near = get_close_matches(str(location[-1]), allowed, n=1)
    return (f"; did you mean {near[0]}?" if near else ";") + f" allowed are {', '.join(allowed)}"


def _model_at(location: tuple[str | int, ...]) -> type[BaseModel] | None:
    """The model that stands at a place of the study, by walking annotations and tags."""
    here: Any = StudyFile
    for part in location:
        while get_origin(here) is Annotated:
            here = get_args(here)[0]
        if isinstance(here, type) and issubclass(here, BaseModel):
            field = here.model_fields.get(str(part))
            here = field.rebuild_annotation() if field else None
        else:
            here = _inside(here, part)
    return here if isinstance(here, type) and issubclass(here, BaseModel) else _only_model(here)


def _inside(annotation: Any, part: str | int) -> Any:
    models = _models(annotation)
    tagged = [model for model in models if _tag_of(model) == part]
    if tagged:
        return tagged[0]
    if len(models) == 1 and str(part) in models[0].model_fields:
        return models[0].model_fields[str(part)].rebuild_annotation()
    arguments = get_args(annotation)
    return arguments[-1] if arguments and models else None


def _tag_of(model: type[BaseModel]) -> str | None:
    for name in ("kind", "architecture", "source"):
        if name in model.model_fields:
            arguments = get_args(model.model_fields[name].annotation)
            return arguments[0] if arguments else None
    return None


def _models(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for argument in get_args(annotation) for model in _models(argument)]


def _only_model(annotation: Any) -> type[BaseModel] | None:
    models = _models(annotation)
    return models[0] if len(models) == 1 else None
