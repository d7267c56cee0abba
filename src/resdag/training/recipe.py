"""How a network is trained, as plain values: SGD with steps, and which blocks each batch computes.

The schedule is that of He et al. 2016 (Identity Mappings, appendix): a constant
learning rate that falls by a factor at given epochs, with an optional warm-up.
"""

from dataclasses import dataclass
from typing import Any, Literal

from resdag.combinatorics import active_blocks, survival, surviving_blocks


@dataclass(frozen=True)
class Recipe:
    """SGD, its schedule, the augmentation, and which blocks each batch computes."""

    epochs: int
    batch_size: int
    learning_rate: float
    drop_epochs: tuple[int, ...]
    drop_factor: float
    warmup_steps: int
    warmup_learning_rate: float
    momentum: float
    weight_decay: float
    crop_padding: int
    flip: bool
    precision: str
    stochastic_depth: float | None
    blocks_per_batch: int | None
    test_scale: str | None
    test_images: int | None
    keep_epochs: tuple[int, ...]
    devices: int = 1
    batch_norm: Literal["local", "synchronised"] = "synchronised"  # whose statistics, where several devices train

    def steps_per_epoch(self, images: int) -> int:
        """Batches in an epoch, the last, partial one included."""
        return -(-images // self.batch_size)

    def learning_rate_at(self, epoch: int, step: int) -> float:
        """Learning rate of a step, counted from 0 over all epochs; `epoch` counts completed epochs."""
        if step < self.warmup_steps:
            return self.warmup_learning_rate
        drops = sum(epoch >= drop for drop in self.drop_epochs)
        return self.learning_rate * self.drop_factor**drops

    def active(self, blocks: int, seed: int, step: int) -> list[bool] | None:
        """Which blocks the batch of a step computes; None for all of them."""
        if self.blocks_per_batch is not None:
            chosen = active_blocks(blocks, self.blocks_per_batch, seed, step)
        elif self.stochastic_depth is not None:
            chosen = surviving_blocks(survival(blocks, self.stochastic_depth), seed, step)
        else:
            return None
        return [block in chosen for block in range(blocks)]

    @property
    def scale_name(self) -> str:
        """How the trained network's branches are scaled at test time: none, survival or m/n."""
        if self.stochastic_depth is not None:
            return "survival"
        return (self.test_scale or "m/n") if self.blocks_per_batch is not None else "none"

    def scale_names(self) -> tuple[str, ...]:
        """Every way of scaling that this recipe leaves open; the network's own first."""
        ways = ["none"]
        if self.stochastic_depth is not None:
            ways.append("survival")
        if self.blocks_per_batch is not None:
            ways.append("m/n")
        own = self.scale_name
        return (own, *(name for name in ways if name != own))

    def scales(self, name: str, blocks: int) -> list[float]:
        """The factor of each block's branch at test time.

        `survival` is Huang et al. 2016, eq. 5; `m/n` gives each branch the share of batches that computed it.
        """
        if name == "survival":
            assert self.stochastic_depth is not None
            return survival(blocks, self.stochastic_depth)
        if name == "m/n":
            assert self.blocks_per_batch is not None
            return [self.blocks_per_batch / blocks] * blocks
        return [1.0] * blocks


# What a dataset's images are augmented with where a study says nothing (STUDY, section 2).
AUGMENTATION = {
    "digits": (1, False), "cifar10": (4, True), "cifar100": (4, True), "image_folder": (0, True), "imagenet": (0, True),
}  # fmt: skip


def recipe_from(values: dict[str, Any], kind: str) -> Recipe:
    """The recipe of a study's section, what it leaves open filled in with the dataset's own."""
    padding, flip = AUGMENTATION[kind]
    values = dict(values) | {
        "crop_padding": padding if values["crop_padding"] is None else values["crop_padding"],
        "flip": flip if values["flip"] is None else values["flip"],
        "drop_epochs": tuple(values["drop_epochs"]),
        "keep_epochs": tuple(values["keep_epochs"]),
    }
    return Recipe(**values)
