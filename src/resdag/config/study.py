"""A study: the whole of one config file, as a frozen value."""

from pydantic import Field

from resdag.config.base import NetworkName, Section, StudyName
from resdag.config.claims import Claims, Figures
from resdag.config.comparisons import Comparisons
from resdag.config.dataset import Dataset
from resdag.config.ensembles import Ensembles
from resdag.config.experiments import Experiment, Gates, Jobs, Lesions, Paths
from resdag.config.mean_field import MeanField
from resdag.config.networks import Network
from resdag.config.training import Training


class Study(Section):
    """A resdag study. Required: study, dataset, networks. What is not named is not run."""

    study: StudyName
    """The study's name: the folder of its results and the key of its rows."""
    dataset: Dataset
    """Which images, from where, how many."""
    training: Training = Training()
    """The recipe that all networks share; by default the paper's."""
    networks: dict[NetworkName, Network] = Field(min_length=1)
    """Each is trained once per seed, or loaded."""
    lesions: Lesions = Lesions()
    """Changes to trained networks at test time."""
    paths: Paths = Paths()
    """Gradients along paths."""
    comparisons: Comparisons = Comparisons()
    """Networks held against each other."""
    mean_field: MeanField | None = None
    """Random networks at initialisation, against the recursion of their moments."""
    gates: Gates | None = None
    """Gates of highway networks, beyond the paper."""
    ensembles: Ensembles | None = None
    """Networks trained apart and averaged, beyond the paper: what is an explicit ensemble worth?"""
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

    def experiments(self) -> dict[str, Experiment]:
        """The experiments that this study names, by their key's path."""
        sections = {"lesions": self.lesions, "paths": self.paths, "comparisons": self.comparisons}
        found = {f"{name}.{key}": each for name, section in sections.items() for key, each in section}
        found |= {"gates": self.gates, "ensembles": self.ensembles}
        return {key: experiment for key, experiment in found.items() if experiment is not None}
