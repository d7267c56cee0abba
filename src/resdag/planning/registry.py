"""Which experiments and rules are there?  Those declared in resdag.experiments, and those of other packages."""

from collections import Counter
from functools import cache
from importlib import import_module

from resdag.config.base import OfNetworks
from resdag.config.study import Study
from resdag.discovery import modules
from resdag.errors import ResdagError
from resdag.planning.experiment import Experiment, Key, Limit, Rule


@cache
def experiments() -> tuple[Experiment, ...]:
    """All experiments, in their places; ResdagError where two of them declare one rule or one key."""
    named = [(_declared(module), name) for name, module in modules("experiments").items()]
    found = tuple(each for each, _ in sorted(named, key=lambda pair: (pair[0].place, pair[1])))
    _refuse_repeated("rule", [rule.name for each in found for rule in each.rules])
    _refuse_repeated("key", [key.path for each in found for key in each.keys])
    return found


def _declared(module: str) -> Experiment:
    found = getattr(import_module(module), "EXPERIMENT", None)
    if not isinstance(found, Experiment):
        raise ResdagError(f"{module}: declares no experiment: give it EXPERIMENT, see docs/extending.md")
    return found


def _refuse_repeated(what: str, names: list[str]) -> None:
    repeated = [name for name, count in Counter(names).items() if count > 1]
    if repeated:
        raise ResdagError(f"the {what} {repeated[0]!r} is declared by two experiments: give one of them another name")


@cache
def rules() -> dict[str, Rule]:
    """Rule by name, in the order of the workflow."""
    return {rule.name: rule for experiment in experiments() for rule in experiment.rules}


def rules_of(target: str) -> list[str]:
    """Names of the rules whose jobs belong to a target of the workflow."""
    return [rule.name for rule in rules().values() if rule.target == target]


def keys() -> list[Key]:
    """Every key of the study file that an experiment declares."""
    return [key for experiment in experiments() for key in experiment.keys]


def asked(study: Study) -> dict[str, OfNetworks]:
    """The experiments of networks that a study names, by their key's path."""
    found = {key.path: key.of(study) for key in keys()}
    return {path: section for path, section in found.items() if isinstance(section, OfNetworks)}


def limits() -> list[Limit]:
    """Every limit on rows."""
    return [limit for experiment in experiments() for limit in experiment.limits]
