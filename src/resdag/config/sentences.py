"""Turn what pydantic found into sentences: the key's path, what it got, what is allowed."""

from difflib import get_close_matches
from typing import Annotated, Any, get_args, get_origin

from pydantic import BaseModel

from resdag.config.study import Study

# Tags of discriminated unions and names of validators stand in pydantic's path, but not in the file.
_TAGS = {
    "digits", "cifar10", "cifar100", "image_folder", "preact_resnet", "resnet", "plain", "vgg",
    "constrained-int", "constrained-str", "int", "str",
}  # fmt: skip
_TEXT_LENGTH = 60


def key_path(location: tuple[str | int, ...]) -> str:
    """`networks.resnet110.depth` from pydantic's location, without the tags of unions."""
    path = ""
    for index, part in enumerate(location):
        if isinstance(part, int):
            path += f"[{part}]"
        elif part == "[key]" or _is_tag(location, index):
            continue
        else:
            path += f".{part}" if path else part
    return path or "the study"


def _is_tag(location: tuple[str | int, ...], index: int) -> bool:
    part = str(location[index])
    if part.startswith(("literal[", "function-", "nullable[", "constrained-")) or part in {"int", "str", "float"}:
        return True
    after_dataset = index == 1 and location[0] == "dataset"
    after_network = index == 2 and location[0] == "networks"
    return part in _TAGS and (after_dataset or after_network)


def shown(value: object) -> str:
    """The value as a person wrote it, cut where it is long."""
    text = repr(value) if isinstance(value, str) else str(value)
    text = " ".join(text.split())
    return text if len(text) <= _TEXT_LENGTH else text[:_TEXT_LENGTH] + "..."


def sentence(details: Any) -> str:
    """One sentence for one of pydantic's errors."""
    path, kind, context = key_path(details["loc"]), details["type"], details.get("ctx", {})
    got = shown(details["input"])
    if kind == "extra_forbidden":
        return f"{path}: is an unknown key{_meant(details['loc'])}"
    if kind == "missing":
        return f"{path}: is required and missing"
    if kind in {"union_tag_invalid", "union_tag_not_found"}:
        key = str(context["discriminator"]).strip("'")
        tag = shown(context["tag"]) if "tag" in context else "nothing"
        return f"{path}.{key}: got {tag}, allowed are {context.get('expected_tags') or _tags(path)}"
    if kind == "value_error":
        return f"{path}: {context['error']} (got {got})"
    return f"{path}: got {got}, but {_lowered(details['msg'])}"


def _tags(path: str) -> str:
    kinds = ("digits", "cifar10", "cifar100", "image_folder")
    return ", ".join(kinds if path == "dataset" else ("preact_resnet", "resnet", "plain", "vgg"))


_PLAINER = {
    "Tuple should": "it should", "Dictionary should": "it should", "Input should": "it should", "after validation, ": "",
    "a valid dictionary or object to extract fields from": "a mapping", "a valid dictionary": "a mapping",
    "String should": "it should", "valid tuple": "list",
}  # fmt: skip


def _lowered(message: str) -> str:
    for theirs, plainer in _PLAINER.items():
        message = message.replace(theirs, plainer)
    return message[0].lower() + message[1:]


def _meant(location: tuple[str | int, ...]) -> str:
    """The keys that are allowed at this place, and the nearest of them."""
    model = _model_at(location[:-1])
    if model is None:
        return ""
    allowed = sorted(model.model_fields)
    near = get_close_matches(str(location[-1]), allowed, n=1)
    return (f"; did you mean {near[0]}?" if near else ";") + f" allowed are {', '.join(allowed)}"


def _model_at(location: tuple[str | int, ...]) -> type[BaseModel] | None:
    """The model that stands at a place of the study, by walking annotations and tags."""
    here: Any = Study
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
    return arguments[-1] if arguments and not models == [] else None


def _tag_of(model: type[BaseModel]) -> str | None:
    for name in ("kind", "architecture"):
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
