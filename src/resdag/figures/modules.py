"""The modules of all figures, for those who show them all; what draws one is told its module."""

from importlib import import_module
from types import ModuleType

from resdag.planning.figures import figure_modules


def module_of(name: str) -> ModuleType:
    """The module of one figure; KeyError for a figure that is not there."""
    return import_module(figure_modules()[name])
