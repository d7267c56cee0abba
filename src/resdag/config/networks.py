"""The `networks` section: architectures and their options, seeds, and weights from outside.

An architecture is a class here, and the module of its name in resdag.models.architectures that builds it; of another
package, a module of a class like these under the entry point `resdag.networks`, and one that builds it under
`resdag.architectures`.  Networks that others wrote stand in `sourced`.
"""

from collections.abc import Iterator, Mapping
from functools import reduce
from importlib import import_module
from operator import or_
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, get_args

from pydantic import Discriminator, Field, Tag, ValidationInfo, field_validator, model_validator

from resdag.bottlenecks import EXPANSION, STAGES
from resdag.config.base import NUMERIC, Shortcut
from resdag.config.network import Architecture, Convolutional
from resdag.config.sourced import Python, Sourced, Timm, Torchvision
from resdag.discovery import modules
from resdag.errors import ResdagError


class Staged(Convolutional):
    """Three stages of blocks of 3 x 3 convolutions, as in He et al. (2015)."""

    has_skips: ClassVar[bool] = True
    convolutions: Literal[2, 4, 6] = 2
    """Convolutions in each block: at equal depth, more of them make fewer blocks, so fewer paths."""
    depth: Annotated[int, Field(ge=1, le=10_000), NUMERIC]
    """Weighted layers: 3 stages of n blocks, a stem and a linear layer, so 3 x `convolutions` x n + 2."""
    width: Annotated[int, Field(ge=1, le=4096), NUMERIC] = 16
    """Channels of the first stage; the second and third have twice and four times as many."""

    @field_validator("depth")
    @classmethod
    def _whole_stages(cls, depth: int, info: ValidationInfo) -> int:
        if "convolutions" not in info.data:  # it was refused itself
            return depth
        per_stage = 3 * info.data["convolutions"]
        if depth < per_stage + 2 or (depth - 2) % per_stage:
            below = max(depth - 2, per_stage) // per_stage * per_stage + 2
            near = f"{below} or {below + per_stage}"
            raise ValueError(f"it does not fill three stages: allowed are {per_stage}n + 2, such as {near}")
        return depth

    @property
    def blocks(self) -> int:
        """Residual blocks of the network."""
        return (self.depth - 2) // self.convolutions

    @property
    def deletable(self) -> int:
        """Blocks that the network can run without: all that have a skip."""
        return self.blocks

    @property
    def exchangeable(self) -> tuple[int, ...]:
        """In each stage, the blocks that can change places: all that keep their shape, so not where one begins."""
        per_stage = self.blocks // 3
        return (per_stage, per_stage - 1, per_stage - 1)

    def layers(self, channels: int, side: int) -> Iterator[tuple[float, int]]:
        """Weights of each convolution, and the side of the map that it makes of images of this size."""
        yield 9.0 * channels * self.width, side
        entering = self.width
        for stage in range(3):
            side, channels = (side if stage == 0 else -(-side // 2)), self.width * 2**stage
            for layer in range((self.depth - 2) // 3):
                if layer % self.convolutions == 0:
                    yield from self.gates(entering, channels, side)
                yield 9.0 * entering * channels, side
                entering = channels

    def gates(self, entering: int, channels: int, side: int) -> Iterator[tuple[float, int]]:
        """What a block has besides its branch; nothing."""
        yield from ()


class PreactResNet(Staged):
    """Pre-activation CIFAR ResNet (He et al. 2016): the network of the paper."""

    may_drop: ClassVar[bool] = True
    architecture: Literal["preact_resnet"]
    shortcut: Shortcut = "subsample"
    """Skip where the shape changes: strided with zero channels on both sides, or a 1 x 1 convolution."""
    first_block: Literal["plain", "shared"] = "plain"
    """Whether the first block's activation is shared with its skip, as in He's code."""

    @property
    def exchangeable(self) -> tuple[int, ...]:
        """A shared first block needs the stem before it, so it stays too."""
        first, *others = super().exchangeable
        return (first - (self.first_block == "shared"), *others)


class ResNet(Staged):
    """The original CIFAR ResNet (He et al. 2015): y = ReLU(skip + branch)."""

    may_drop: ClassVar[bool] = True
    architecture: Literal["resnet"]
    shortcut: Shortcut = "subsample"
    """Skip where the shape changes: strided with zero channels on both sides, or 1 x 1 convolution and batch norm."""


class Highway(Staged):
    """Highway network (Srivastava et al. 2015; eq. 3 of the paper): y = H(x) T(x) + x (1 - T(x))."""

    architecture: Literal["highway"]
    gate: Literal["learned", "frozen"] = "learned"
    """Whether the gates T are learned, or 0.5 for ever (He et al. 2016, table 1)."""
    gate_bias: Annotated[float, Field(ge=-10, le=10), NUMERIC] = -2.0
    """Where the bias of learned gates starts; below 0, blocks first carry their input: -1 to -4 are usual."""

    @model_validator(mode="after")
    def _frozen_gates_have_no_bias(self) -> "Highway":
        if self.gate == "frozen" and "gate_bias" in self.model_fields_set:
            raise ValueError("gate is frozen, so gate_bias has no meaning: leave out either of them")
        return self

    def gates(self, entering: int, channels: int, side: int) -> Iterator[tuple[float, int]]:
        """A learned gate is a 1 x 1 convolution."""
        if self.gate == "learned":
            yield 1.0 * entering * channels, side


class Plain(Staged):
    """`resnet` with no skip connections (He et al. 2015)."""

    has_skips: ClassVar[bool] = False
    architecture: Literal["plain"]

    @property
    def deletable(self) -> int:
        """Blocks that the network can run without: those that keep their shape, all but two."""
        return self.blocks - 2


class PreactBottleneck(Convolutional):
    """Pre-activation bottleneck ResNet for ImageNet (He et al. 2016); of 200 layers, the paper's 66 blocks."""

    has_skips: ClassVar[bool] = True
    may_drop: ClassVar[bool] = True
    architecture: Literal["preact_bottleneck"]
    depth: Literal[50, 101, 152, 200]
    """Weighted layers: three in each block, a stem and a linear layer."""
    width: Annotated[int, Field(ge=1, le=1024), NUMERIC] = 64
    """Channels of the first stage's 3 x 3 convolutions; a block hands on four times as many."""

    @property
    def blocks(self) -> int:
        """Residual blocks of the network."""
        return sum(STAGES[self.depth])

    @property
    def deletable(self) -> int:
        """All: each has a skip."""
        return self.blocks

    @property
    def exchangeable(self) -> tuple[int, ...]:
        """In each stage all but the first, whose skip is a convolution."""
        return tuple(blocks - 1 for blocks in STAGES[self.depth])

    def layers(self, channels: int, side: int) -> Iterator[tuple[float, int]]:
        """Weights of each convolution, and the side of the map that it makes of images of this size."""
        side, entering = -(-side // 2), self.width
        yield 49.0 * channels * self.width, side
        side = -(-side // 2)
        for stage, blocks in enumerate(STAGES[self.depth]):
            for block in range(blocks):
                inner, before = self.width * 2**stage, side
                side, leaving = (-(-side // 2) if stage and block == 0 else side), inner * EXPANSION
                yield 1.0 * entering * inner, before
                yield 9.0 * inner * inner, side
                yield 1.0 * inner * leaving, side
                if block == 0:
                    yield 1.0 * entering * leaving, side
                entering = leaving


class Vgg(Convolutional):
    """The paper's VGG: equal channels in every layer, so that any layer can be taken out."""

    architecture: Literal["vgg"]
    depth: Annotated[int, Field(ge=6, le=100), NUMERIC] = 15
    """Weighted layers: depth - 1 convolutions in five groups, and a linear layer."""
    channels: Annotated[int, Field(ge=1, le=4096), NUMERIC] = 128
    """Channels of every convolution."""
    batch_norm: bool = True
    """Batch norm after each convolution."""

    @property
    def has_batch_norm(self) -> bool:
        """As it is asked for."""
        return self.batch_norm

    @property
    def blocks(self) -> int:
        """Layers that can be deleted: all but the linear one."""
        return self.depth - 1

    @property
    def deletable(self) -> int:
        """The same layers."""
        return self.blocks

    @property
    def exchangeable(self) -> tuple[int, ...]:
        """None: each is trained for the maps of its place, and has no skip to be told apart from."""
        return (0,)

    def layers(self, channels: int, side: int) -> Iterator[tuple[float, int]]:
        """Weights of each convolution, and the side of the map that it makes; a group that ends in a pool halves it."""
        for group in range(5):
            for _ in range(self.blocks // 5 + (group >= 5 - self.blocks % 5)):
                yield 9.0 * channels * self.channels, side
                channels = self.channels
            side = side // 2 if side > 2 else side


def _architectures() -> dict[str, Any]:
    """Name -> class of every architecture: those of this module, then those of other packages."""
    found = [each for each in globals().values() if _is_one(each)]
    found += [each for module in modules("networks").values() for each in vars(import_module(module)).values()
              if _is_one(each) and each not in found]  # fmt: skip
    for each in found:
        if lacking := sorted(each.__abstractmethods__):
            what = f"the architecture {each.__module__}.{each.__name__}"
            raise ResdagError(f"{what} has no {' and no '.join(lacking)}(channels, side), which `resdag plan` asks for")
    return {get_args(each.model_fields["architecture"].annotation)[0]: each for each in found}


def _is_one(each: object) -> bool:
    return isinstance(each, type) and issubclass(each, Architecture) and "architecture" in each.model_fields


def _which(value: object) -> str:
    sourced = isinstance(value, Sourced) or (isinstance(value, Mapping) and "source" in value)
    return "<others>" if sourced else "<ours>"


ARCHITECTURES = _architectures()
RESIDUAL_ARCHITECTURES = tuple(name for name, each in ARCHITECTURES.items() if each.has_skips)
# A branch scaled at test time stands for the mean over batches with and without it; of a highway block the gate, in the
# skip too, would have to be scaled.
DROPPING_ARCHITECTURES = tuple(name for name, each in ARCHITECTURES.items() if each.may_drop)

if TYPE_CHECKING:
    Network = PreactResNet | ResNet | Highway | Plain | PreactBottleneck | Vgg | Torchvision | Timm | Python
else:
    Ours = Annotated[reduce(or_, ARCHITECTURES.values()), Field(discriminator="architecture")]
    Others = Annotated[Torchvision | Timm | Python, Field(discriminator="source")]
    Network = Annotated[Annotated[Ours, Tag("<ours>")] | Annotated[Others, Tag("<others>")], Discriminator(_which)]
