"""What every entry of `networks` has: seeds, its share of the recipe, weights from outside, statistics of its own."""

from abc import abstractmethod
from collections.abc import Iterator
from typing import Annotated, Any, ClassVar

from pydantic import Field, field_validator, model_validator

from resdag.config.base import NUMERIC, Section, Seed, distinct
from resdag.config.training import TrainingOverride
from resdag.config.weights import Weights
from resdag.discovery import modules

Mean = Annotated[float, Field(ge=-1000, le=1000), NUMERIC]
Deviation = Annotated[float, Field(ge=1e-6, le=1000), NUMERIC]  # 1/255 is the finest step between two pixels


class Normalization(Section):
    """Per-channel statistics that pixels in [0, 1] are normalised with: (pixel - mean) / std."""

    mean: Annotated[tuple[Mean, ...], Field(min_length=1, max_length=4)]
    """One mean per channel, of pixels in [0, 1]."""
    std: Annotated[tuple[Deviation, ...], Field(min_length=1, max_length=4)]
    """One standard deviation per channel, of pixels in [0, 1]."""

    @model_validator(mode="after")
    def _as_many(self) -> "Normalization":
        if len(self.mean) != len(self.std):
            raise ValueError(f"mean has {len(self.mean)} channels and std {len(self.std)}")
        return self


class Architecture(Section):
    """What all networks have: seeds, their own training, or weights from outside."""

    has_skips: ClassVar[bool] = False  # every block has a skip connection
    may_drop: ClassVar[bool] = False  # blocks may be missing in training
    seeds: Annotated[tuple[Seed, ...], Field(min_length=1)] = (0,)
    """One training for each; a network that is loaded has one."""
    training: TrainingOverride = Field(default_factory=TrainingOverride)
    """What this network changes of the study's `training`."""
    weights: Weights | None = None
    """A safetensors file, or a PyTorch state dict, to load instead of training: its path, or an address and a sum."""
    normalization: Normalization | None = None
    """Overrides the dataset's own statistics; for weights trained with others."""

    @field_validator("seeds")
    @classmethod
    def _distinct(cls, seeds: tuple[int, ...]) -> tuple[int, ...]:
        return distinct(seeds)

    @model_validator(mode="after")
    def _loaded_is_not_trained(self) -> "Architecture":
        if self.weights is not None and len(self.seeds) > 1:
            raise ValueError(f"weights are one network, so one seed, not {list(self.seeds)}")
        if self.weights is not None and self.training.model_fields_set:
            raise ValueError("weights are loaded, not trained: leave out either weights or training")
        return self

    @property
    def has_batch_norm(self) -> bool:
        """Whether it has statistics of batches that could be re-estimated."""
        return True

    @property
    def modules(self) -> list[str]:
        """Modules whose code makes the network."""
        return [modules("architectures")[self.architecture]]  # type: ignore[attr-defined]  # each class has its own

    @abstractmethod
    def multiply_adds(self, channels: int, side: int) -> float:
        """Of one forward pass of one image of this size, from which `resdag plan` has the network's cost."""

    @abstractmethod
    def weights_of_layers(self, channels: int, side: int) -> float:
        """Weights of the layers: nearly all that a network has."""

    def options(self) -> dict[str, Any]:
        """What builds the network: everything that is not about seeds, training or where weights come from."""
        return self.model_dump(mode="json", exclude={"seeds", "training", "weights", "normalization"})

    def traced_by(self) -> dict[str, Any]:
        """What its blocks are found from."""
        return self.options()

    def identity(self) -> dict[str, Any]:
        """What makes the network what it is, before its weights: its options, and statistics of its own."""
        normalization = self.normalization.model_dump(mode="json") if self.normalization else None
        return {"options": self.options(), "normalization": normalization}


class Convolutional(Architecture):
    """A network whose convolutions are known from its options."""

    @abstractmethod
    def layers(self, channels: int, side: int) -> Iterator[tuple[float, int]]:
        """Weights of each convolution, and the side of the map that it makes, of images of this size."""

    def multiply_adds(self, channels: int, side: int) -> float:
        """Of the convolutions, in one forward pass of one image of this size."""
        return sum(weights * map_side**2 for weights, map_side in self.layers(channels, side))

    def weights_of_layers(self, channels: int, side: int) -> float:
        """Weights of the convolutions."""
        return sum(weights for weights, _ in self.layers(channels, side))
