"""A study: the whole of one config file, as a frozen value.

What experiments are asked for stands in sections that the experiments declare; the rest is written here.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pydantic import Field, create_model

from resdag.config.base import NetworkName, OfNetworks, Section, StudyName
from resdag.config.claims import Claims, Figures
from resdag.config.dataset import Dataset
from resdag.config.jobs import Jobs
from resdag.config.networks import Network
from resdag.config.training import Training
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


class _Studied(Section):
    study: StudyName
    """The study's name: the folder of its results and the key of its rows."""
    dataset: Dataset
    """Which images, from where, how many."""
    training: Training = Training()
    """The recipe that all networks share; by default the paper's."""
    networks: dict[NetworkName, Network] = Field(min_length=1)
    """Each is trained once per seed, or loaded."""


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


if TYPE_CHECKING:  # sections are asked for by their keys: `KEY.of(study)`
    _Experiments = _Studied
else:
    _Experiments = create_model("_Experiments", __base__=_Studied, **_declared())


class Study(_Experiments):
    """A resdag study. Required: study, dataset, networks. What is not named is not run."""

    jobs: Jobs = Jobs()
    """How measurements are gathered into jobs."""
    claims: Claims = Claims()
    """The rules that turn numbers into verdicts."""
    figures: Figures = Figures()
    """How figures look."""

    def recipe(self, network: str) -> Training:
        """The training recipe of one network: the study's, with the network's own entries over it."""
        own = self.networks[network].training
        changes = {name: getattr(own, name) for name in own.model_fields_set}
        return Training.model_validate(self.training.model_dump() | changes)

    def experiments(self) -> dict[str, OfNetworks]:
        """The experiments of networks that this study names, by their key's path."""
        found = {key.path: key.of(self) for key in keys()}
        return {path: section for path, section in found.items() if isinstance(section, OfNetworks)}
