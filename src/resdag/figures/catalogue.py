"""Which figures are there, and which module draws each?

Names and module paths only: a figure's job imports its own module and no other, so an
edit of one figure redraws that figure alone.  No figure module imports this file.
"""

from importlib import import_module
from types import ModuleType

CATALOGUE: dict[str, str] = {
    "figure_1": "resdag.figures.figure_1",
    "figure_2": "resdag.figures.figure_2",
    "figure_3": "resdag.figures.figure_3",
    "figure_4": "resdag.figures.figure_4",
    "figure_5a": "resdag.figures.figure_5a",
    "figure_5b": "resdag.figures.figure_5b",
    "figure_6a": "resdag.figures.figure_6a",
    "figure_6b": "resdag.figures.figure_6b",
    "figure_6c": "resdag.figures.figure_6c",
    "figure_7": "resdag.figures.figure_7",
    "figure_8": "resdag.figures.figure_8",
    "figure_blocks_per_batch": "resdag.figures.figure_blocks_per_batch",
    "figure_control": "resdag.figures.figure_control",
    "figure_depth": "resdag.figures.figure_depth",
    "figure_multiplicity": "resdag.figures.figure_multiplicity",
    "figure_mean_field": "resdag.figures.figure_mean_field",
    "figure_highway": "resdag.figures.figure_highway",
    "figure_ensembles": "resdag.figures.figure_ensembles",
    "figure_pairs": "resdag.figures.figure_pairs",
    "figure_prediction": "resdag.figures.figure_prediction",
    "figure_repeat": "resdag.figures.figure_repeat",
    "figure_runs": "resdag.figures.figure_runs",
    "figure_spectrum": "resdag.figures.figure_spectrum",
    "figure_training": "resdag.figures.figure_training",
    "figure_training_paths": "resdag.figures.figure_training_paths",
}
"""Name of each figure, in the paper's order, and the module that draws it."""


def module_of(name: str) -> ModuleType:
    """The module of one figure; KeyError for a name that is not in the catalogue."""
    return import_module(CATALOGUE[name])
