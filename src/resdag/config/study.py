"""A study: the whole of one config file, as a frozen value.

What experiments are asked for stands in sections that the experiments declare (`sections`); the rest is written here.
"""

from typing import Self

from pydantic import Field, model_validator

from resdag.config.base import NetworkName, Section, StudyName
from resdag.config.claims import Claims, Figures
from resdag.config.dataset import Dataset
from resdag.config.jobs import Jobs
from resdag.config.networks import Network
from resdag.config.training import Training, TrainingOverride


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
    jobs: Jobs = Jobs()
    """How measurements are gathered into jobs."""
    claims: Claims = Claims()
    """The rules that turn numbers into verdicts."""
    figures: Figures = Figures()
    """How figures look."""

    @model_validator(mode="after")
    def _judged_on_the_only_residual_network(self) -> Self:
        """Where `claims.residual` is not said: a network of one's own need not be called resnet110."""
        residual = [name for name, each in self.networks.items() if each.has_skips and not _drops(each.training)]
        unsaid = "residual" not in self.claims.model_fields_set and self.claims.residual not in self.networks
        if unsaid and len(residual) == 1:
            object.__setattr__(self, "claims", self.claims.model_copy(update={"residual": residual[0]}))
        return self

    def recipe(self, network: str) -> Training:
        """The training recipe of one network: the study's, with the network's own entries over it."""
        own = self.networks[network].training
        changes = {name: getattr(own, name) for name in own.model_fields_set}
        return Training.model_validate(self.training.model_dump() | changes)


def _drops(training: TrainingOverride) -> bool:
    """Whether blocks are missing in a network's own training."""
    own = training.model_dump()
    return bool(own["stochastic_depth"] or own["blocks_per_batch"])
