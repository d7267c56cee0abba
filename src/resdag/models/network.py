"""What is a network to the experiments?  A stem, a row of blocks, a head.

Everything that is done to a network (lesions, reorderings, paths, stochastic
depth) is written once against the two classes here.  A `Block` is

    y = join(skip(x) + scale * branch(x))                     Veit et al. 2016, eq. 1

where `branch` is the learned f, `skip` the identity or what replaces it where
the shape changes, and `join` the ReLU of a post-activation block and nothing in
a pre-activation one.  An architecture makes its blocks from parts and inherits
nothing: `shared` is what both ways read (a projection reads the activation of
its block; the gate of a highway block stands here), `shortcut` and `body` are the rest
of each way, `after` is the join.  `bypass` takes the place of a deleted block where that is not
the skip alone: where there is none, and where a gate is shut.

`plain` and `vgg` networks have blocks without a skip, so no paths: y = join(branch(x)).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from torch import Tensor, nn

from resdag.errors import NetworkError


@dataclass(frozen=True)
class Origin:
    """Where a block of a network that was taken apart comes from."""

    name: str  # of the model's own layer
    in_shape: tuple[int, ...]  # of one image's input: (C, H, W), or (T, C) of tokens
    out_shape: tuple[int, ...]
    changes_shape: bool  # whether its sum has another shape than what its ways read; what follows the sum aside
    fixed: str | None  # why it must keep its place; None where it may change places with blocks of its form


class Block(nn.Module):
    """A residual block, or a layer of a network without skips, in parts that can be taken apart.

    `scale` multiplies the branch in `forward`, and there alone: it is 1 but for
    networks that were trained with missing blocks and are tested with all of them.
    It is no parameter and is not saved with the weights.
    """

    def __init__(
        self,
        *,
        stage: int,
        in_channels: int,
        out_channels: int,
        body: nn.Module,
        shortcut: nn.Module | None = None,
        shared: nn.Module | None = None,
        after: nn.Module | None = None,
        bypass: nn.Module | None = None,
        changes_shape: bool = False,
        reorderable: bool | None = None,
        origin: Origin | None = None,
    ) -> None:
        super().__init__()
        self.stage = stage
        self.in_channels = in_channels
        self.out_channels = out_channels
        self.origin = origin
        if origin is not None:
            changes_shape, reorderable = origin.changes_shape, origin.fixed is None
        self.changes_shape = changes_shape
        self.reorderable = not changes_shape if reorderable is None else reorderable
        self.scale = 1.0
        self.shared = shared or nn.Identity()
        self.shortcut = shortcut
        self.body = body
        self.after = after or nn.Identity()
        self.bypass = bypass

    @property
    def takes(self) -> tuple[int, ...]:
        """The form of its input: channels, or the whole shape where it is known."""
        return (self.in_channels,) if self.origin is None else self.origin.in_shape

    @property
    def gives(self) -> tuple[int, ...]:
        """The form of its output."""
        return (self.out_channels,) if self.origin is None else self.origin.out_shape

    @property
    def has_skip(self) -> bool:
        """Whether there is a way around the branch."""
        return self.shortcut is not None

    @property
    def deletable(self) -> bool:
        """Whether the network can run without this block."""
        return self.has_skip or self.bypass is not None

    def skip(self, x: Tensor) -> Tensor:
        """The skip connection's part of the sum; NetworkError where there is none."""
        return self._shortcut(self.shared(x))

    def branch(self, x: Tensor) -> Tensor:
        """The learned part of the sum, before `scale`."""
        return self.body(self.shared(x))

    def join(self, total: Tensor) -> Tensor:
        """What follows the sum: ReLU in a post-activation block, nothing in a pre-activation one."""
        return self.after(total)

    def ways(self, x: Tensor) -> tuple[Tensor | None, Tensor]:
        """`skip(x)` (None where there is no skip) and `branch(x)`, what they share computed once."""
        shared = self.shared(x)
        return (self._shortcut(shared) if self.has_skip else None), self.body(shared)

    def forward(self, x: Tensor) -> Tensor:
        """The whole block: `join(skip(x) + scale * branch(x))`, bit for bit."""
        skip, branch = self.ways(x)
        if self.scale != 1:
            branch = self.scale * branch
        return self.join(branch if skip is None else skip + branch)

    def delete(self, x: Tensor) -> Tensor:
        """What is left of the block when it is deleted; a projection stays (Veit et al. 2016, section 4.1)."""
        if self.bypass is not None:
            return self.bypass(x)
        if not self.has_skip:
            raise NetworkError(cannot_delete("this block", self))
        return self.join(self.skip(x))

    def delete_skip(self, x: Tensor) -> Tensor:
        """What is left when the skip is deleted: `join(scale * branch(x))`; NetworkError where there is none."""
        if not self.has_skip:
            raise NetworkError("this block has no skip connection to delete; its branch is all of it")
        branch = self.branch(x)
        return self.join(branch if self.scale == 1 else self.scale * branch)

    def _shortcut(self, shared: Any) -> Tensor:
        if self.shortcut is None:
            raise NetworkError("this block has no skip connection: paths exist in networks whose every block has one")
        return self.shortcut(shared)


class Network(nn.Module):
    """A stem, blocks and a head: images (N, C, H, W) in, logits (N, classes) out."""

    def __init__(self, stem: nn.Module, blocks: Sequence[Block], head: nn.Module) -> None:
        super().__init__()
        self.stem = stem
        self.blocks: Sequence[Block] = nn.ModuleList(blocks)  # type: ignore[assignment]  # a list, to its readers
        self.head = head

    @property
    def has_paths(self) -> bool:
        """Whether every block has a skip and a branch, so that the network has 2^blocks paths."""
        return all(block.has_skip for block in self.blocks)

    def forward(self, x: Tensor, active: Sequence[bool] | None = None) -> Tensor:
        """Logits, with the blocks that `active` calls False deleted: nothing of their branches is computed.

        NetworkError where `active` has another length than `blocks`, or deletes a block that must stay.
        """
        if active is None:
            active = [True] * len(self.blocks)
        self.check_active(active)
        x = self.stem(x)
        for block, runs in zip(self.blocks, active, strict=True):
            x = block(x) if runs else block.delete(x)
        return self.head(x)

    def check_active(self, active: Sequence[bool]) -> None:
        """Raise NetworkError unless this network runs with only these blocks."""
        if len(active) != len(self.blocks):
            raise NetworkError(
                f"{len(active)} entries say which blocks run, for {len(self.blocks)} blocks: give each one"
            )
        for index, (block, runs) in enumerate(zip(self.blocks, active, strict=True)):
            if not runs and not block.deletable:
                raise NetworkError(cannot_delete(f"block {index}", block))

    def order_groups(self) -> tuple[tuple[int, ...], ...]:
        """Indices of the blocks that may exchange places: reorderable, of one form and one stage.

        A block that has nobody to change places with is in no group.
        """
        groups: dict[tuple[Any, ...], list[int]] = {}
        for index, block in enumerate(self.blocks):
            if block.reorderable:
                groups.setdefault((block.stage, *block.takes), []).append(index)
        return tuple(tuple(group) for group in groups.values() if len(group) > 1)


def cannot_delete(name: str, block: Block) -> str:
    """The sentence that says why a block must stay."""
    return (
        f"{name} cannot be deleted: it takes {block.in_channels} channels to {block.out_channels}, changes the shape "
        "and has no skip connection to hand its input on; delete only blocks that are `deletable`"
    )


def spoken(form: tuple[int, ...]) -> str:
    """What a block takes or gives, in words."""
    return f"{form[0]} channels" if len(form) == 1 else " x ".join(map(str, form))
