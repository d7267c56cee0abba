"""The `training` section: the recipe that all networks share, and what one network may change of it."""

from typing import Annotated, Any, Literal

from pydantic import Field, create_model, field_validator, model_validator

from resdag.config.base import NUMERIC, STRONGEST, Count, Index, Section, distinct


class Training(Section):
    """SGD as He et al. 2016 (Identity Mappings, appendix) describe it; the defaults are their CIFAR recipe."""

    epochs: Annotated[int, Field(ge=1, le=1_000_000), NUMERIC] = 164
    """Passes over the training set: 164 of 391 steps are the paper's 64k iterations."""
    batch_size: Count = 128
    """Images in a step; the last, partial batch of an epoch is kept."""
    learning_rate: Annotated[float, Field(gt=0, le=STRONGEST), NUMERIC] = 0.1
    """Learning rate before the first drop."""
    drop_epochs: tuple[Count, ...] = (82, 123)
    """Epochs after which the learning rate is multiplied by `drop_factor`: 32k and 48k iterations."""
    drop_factor: Annotated[float, Field(gt=0, le=1), NUMERIC] = 0.1
    """What each drop multiplies the learning rate by."""
    warmup_steps: Index = 0
    """Steps at `warmup_learning_rate` before the recipe starts; 400 for the post-activation ResNet-110."""
    warmup_learning_rate: Annotated[float, Field(gt=0, le=STRONGEST), NUMERIC] = 0.01
    """Learning rate during the warm-up."""
    momentum: Annotated[float, Field(ge=0, lt=1), NUMERIC] = 0.9
    """Momentum of SGD (not Nesterov's)."""
    weight_decay: Annotated[float, Field(ge=0, le=STRONGEST), NUMERIC] = 1e-4
    """L2 penalty, on all parameters."""
    crop_padding: Annotated[int, Field(ge=0, le=1024), NUMERIC] | None = None
    """Zero pixels around an image before its random crop; by default the dataset's: CIFAR 4, digits 1, folders 0."""
    flip: bool | None = None
    """Whether each image is mirrored with probability 1/2; by default the dataset's: CIFAR, folders yes; digits no."""
    precision: Literal["float32", "bfloat16", "auto"] = "float32"
    """Arithmetic of convolutions and sums of blocks in training, and there alone; `auto`: bfloat16 where it is fast."""
    stochastic_depth: Annotated[float, Field(gt=0, le=1), NUMERIC] | None = None
    """Survival probability of the last block (Huang et al. 2016, linear decay); nothing: all blocks always."""
    blocks_per_batch: Count | None = None
    """Effective-path training (Veit et al. 2016, section 5): so many blocks, drawn for each batch; nothing: all."""
    test_scale: Literal["none", "m/n"] | None = None
    """How branches are scaled at test time after `blocks_per_batch`; m/n by default, the other is measured too."""
    test_images: Index | None = None
    """Test images behind the test error of each epoch; all where nothing is said, 0 for none."""
    keep_epochs: tuple[Count, ...] = ()
    """Epochs after which the weights are kept as well, so that `paths` can be measured there; all before the last."""
    devices: Annotated[int, Field(ge=1, le=64), NUMERIC] = 1
    """GPUs of one machine that train a network together, each with its share of every batch; on the CPU, processes."""
    batch_norm: Literal["synchronised", "local"] = "synchronised"
    """With several devices, batch norm's statistics: of the whole batch, as one device has them, or of each's share."""

    @field_validator("drop_epochs", "keep_epochs")
    @classmethod
    def _rising(cls, epochs: tuple[int, ...]) -> tuple[int, ...]:
        if list(distinct(epochs)) != sorted(epochs):
            raise ValueError("they must rise")
        return epochs

    @model_validator(mode="after")
    def _consistent(self) -> "Training":
        if self.stochastic_depth is not None and self.blocks_per_batch is not None:
            raise ValueError("stochastic_depth and blocks_per_batch exclude each other: each chooses the blocks")
        if self.test_scale is not None and self.blocks_per_batch is None:
            raise ValueError("test_scale needs blocks_per_batch: nothing else leaves it open")
        if self.devices > self.batch_size:
            raise ValueError(f"{self.devices} devices share batches of {self.batch_size}: each needs an image or more")
        return self

    @property
    def of_no_account(self) -> set[str]:
        """Keys by which a result differs in its rounding alone, as it does by the device that computes it.

        Several devices make another training only where each has batch-norm statistics of its own.
        """
        return set() if self.devices > 1 and self.batch_norm == "local" else {"devices", "batch_norm"}


# What a network may say of its own training: the same keys, none of them required, no defaults.
_OPTIONAL: Any = {name: (field.rebuild_annotation() | None, None) for name, field in Training.model_fields.items()}
TrainingOverride: Any = create_model(
    "TrainingOverride",
    __base__=Section,
    __doc__="What one network changes of the study's recipe; every key of `training`, each optional.",
    **_OPTIONAL,
)
