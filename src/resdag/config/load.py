"""Read a study file, or say in a sentence why it cannot be run.

Every refusal names the path of the key, what it got and what is allowed, and
comes before any job starts.  Two kinds of check: those of a single value
stand in the models, those that compare parts of a study in `consistency.py`.
"""

from collections.abc import Hashable, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from resdag.config.consistency import contradictions, unmade
from resdag.config.sections import StudyFile
from resdag.config.sentences import key_path, sentences, shown
from resdag.config.study import Study
from resdag.errors import StudyError, UnmadeError
from resdag.layout import CONFIG

DEFAULT_STUDY = CONFIG / "config.yaml"


_MERGE = "tag:yaml.org,2002:merge"
# What PyYAML raises for text that is no YAML; besides its own, what escapes from it where a tag does not fit a value.
_YAML_ERRORS = (yaml.YAMLError, ValueError, TypeError, LookupError, AttributeError, ArithmeticError, RecursionError)


_DEEPEST = 10  # networks.NAME.normalization.mean is a list at level 4
_MOST_ENTRIES = 10_000  # of one mapping: a study has some thousand networks


class _Loader(yaml.SafeLoader):
    """YAML as PyYAML reads it, but a key that stands twice in one mapping is an error, and a merge has its limit."""

    def flatten_mapping(self, node: yaml.MappingNode) -> None:
        """Put in what `<<` names; refused where it is more than any study has.

        Merges of merges copy their entries: nine in each of twenty lines would be 9^20 of them.
        """
        entries = 0
        for key, value in node.value:
            if key.tag == _MERGE:
                for source in value.value if isinstance(value, yaml.SequenceNode) else [value]:
                    entries += self._entries(source)
                    if entries > _MOST_ENTRIES:
                        problem = f"`<<` puts more than {_MOST_ENTRIES:,} entries into one mapping"
                        raise yaml.constructor.ConstructorError(None, None, problem, key.start_mark)
        super().flatten_mapping(node)

    def _entries(self, source: yaml.Node) -> int:
        """Entries of what is merged, itself flattened first; what is no mapping is PyYAML's to refuse."""
        if not isinstance(source, yaml.MappingNode):
            return 0
        self.flatten_mapping(source)
        return len(source.value)


def _mapping_without_repeats(loader: _Loader, node: yaml.MappingNode) -> dict[Hashable, Any]:
    own = [key.value for key, _ in node.value if isinstance(key, yaml.ScalarNode) and key.tag != _MERGE]
    loader.flatten_mapping(node)  # `<<: *shared` puts the shared entries first, so that own ones replace them
    mapping: dict[Hashable, Any] = {}
    for key_node, value_node in node.value:
        key = loader.construct_object(key_node, deep=True)
        line = key_node.start_mark.line + 1
        if not isinstance(key, str):
            raise StudyError(f"line {line}: the key {shown(key)} is not text: put it in quotes if it is a name")
        if key in mapping and own.count(key) > 1:
            raise StudyError(f"line {line}: the key {key!r} stands twice in one mapping: leave one of them out")
        mapping[key] = loader.construct_object(value_node, deep=True)
    return mapping


_Loader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping_without_repeats)


def read_yaml(path: Path) -> dict[str, Any]:
    """The mapping that a study file holds, not yet checked; StudyError if it is none."""
    try:
        text = path.read_text(encoding="utf-8-sig")  # editors on Windows put a mark before the text
        content = yaml.load(text, Loader=_Loader)  # noqa: S506  (a SafeLoader)
    except OSError as error:
        raise StudyError(f"{path}: cannot be read ({error.strerror}); give the path of a study file") from None
    except UnicodeDecodeError:
        raise StudyError(f"{path}: is not a UTF-8 text, so not a study file") from None
    except StudyError as error:
        raise StudyError(f"{path}: {error}") from None
    except _YAML_ERRORS as error:
        raise StudyError(f"{path}: is not valid YAML: {_yaml_problem(error)}") from None
    if not isinstance(content, dict):
        held = "nothing" if content is None else shown(content)
        raise StudyError(f"{path}: holds {held}, but it should be a mapping with study, dataset and networks")
    return content


def _yaml_problem(error: Exception) -> str:
    mark = getattr(error, "problem_mark", None)
    place = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
    return place + " ".join(str(getattr(error, "problem", None) or error).split())


def merged(content: Mapping[str, Any], overrides: Mapping[str, Any]) -> dict[str, Any]:
    """The content with overrides laid over it, mapping by mapping; other values are replaced."""
    result = dict(content)
    for key, value in overrides.items():
        below = result.get(key)
        both = isinstance(value, Mapping) and isinstance(below, Mapping)
        result[key] = merged(below, value) if both else value  # type: ignore[arg-type]
    return result


def parse_study(content: Mapping[str, Any], source: str = "study", *, to_run: bool = True) -> Study:
    """A checked study from a mapping; StudyError with one sentence for each thing that is wrong.

    One whose rows are there already need not be run here: packages that its networks come from may be missing.
    """
    _refuse_depth(content, source)
    try:
        study = StudyFile.model_validate(content)
    except ValidationError as error:
        raise StudyError(_sourced(source, sentences(error.errors(), content))) from None
    if not to_run:
        return study
    if lacking := unmade(study):
        raise UnmadeError(_sourced(source, lacking))
    if problems := contradictions(study):
        raise StudyError(_sourced(source, problems))
    return study


def _refuse_depth(content: Mapping[str, Any], source: str) -> None:
    """Refuse what is nested deeper than any study, which pydantic could not even print; or what holds itself.

    Level by level, and each value once a level: with anchors, a short file stands for any number of values.
    """
    level: list[tuple[tuple[str | int, ...], Any]] = [((), content)] if isinstance(content, Mapping) else []
    for _ in range(_DEEPEST):
        below: dict[int, tuple[tuple[str | int, ...], Any]] = {}
        for place, value in level:
            items = value.items() if isinstance(value, Mapping) else enumerate(value)
            inner = [((*place, key), each) for key, each in items if isinstance(each, Mapping | list | tuple)]
            below |= {id(each): (place, each) for place, each in inner}
        level = list(below.values())
    if level:
        raise StudyError(f"{source}: {key_path(level[0][0], content)}: is nested deeper than any key of a study")


def _sourced(source: str, problems: list[str]) -> str:
    return "\n".join(f"{source}: {problem}" for problem in problems)


def load_study(
    path: Path, *further: Path, overrides: Mapping[str, Any] | None = None, look_beside: bool = True
) -> Study:
    """The study of a file, with further files and then overrides laid over it; StudyError where it cannot be run.

    That no file beside it has the same name is not asked again by the jobs of a workflow, which has looked.
    """
    files = (path, *further)
    content: dict[str, Any] = {}
    for file in files:
        content = merged(content, read_yaml(file))
    study = parse_study(merged(content, overrides or {}), " + ".join(map(str, files)))
    if look_beside:
        _refuse_another_file(files, study.study)
    return study


def _refuse_another_file(files: Sequence[Path], name: str) -> None:
    """Two files with one name would overwrite each other's results."""
    own = {file.resolve() for file in files}
    for other in sorted(files[0].parent.glob("*.y*ml")):
        if other.resolve() not in own and _name_in(other) == name:
            raise StudyError(f"{files[0]}: study: the name {name!r} is also that of {other}: rename one of them")


def studies_in(folder: Path) -> dict[str, Path] | None:
    """Names and files of the studies in a folder, valid or not; None where a file there cannot be read."""
    try:
        named = [(read_yaml(file).get("study"), file) for file in sorted(folder.glob("*.y*ml"))]
    except StudyError:
        return None
    return {name: file for name, file in named if isinstance(name, str)}


def _name_in(path: Path) -> object:
    try:
        return read_yaml(path).get("study")
    except StudyError:  # another file's mistakes are none of this study's
        return None
