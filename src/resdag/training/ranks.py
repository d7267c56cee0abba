"""Who trains this network?  One process, or several (ranks), each with a device and its share of every batch.

The training loop is written once, against the few questions below: which part of a batch is this process's, what is
its loss worth, what do the gradients of all add up to.  `Alone` answers for one device, and changes nothing; for one
of several processes `resdag.training.together` does.  What is drawn, order, crops, blocks, all draw for whole batches.
"""

from typing import Protocol

from torch import Tensor, nn
from torch.nn import functional


class Ranks(Protocol):
    """The processes that train one network together, as one of them sees them."""

    rank: int
    count: int

    def prepare(self, network: nn.Module) -> None:
        """Let the network's layers do what they need the other processes for."""

    def share(self, start: int, stop: int) -> slice:
        """The part of images start..stop-1 that is this process's; it may be empty."""

    def loss(self, logits: Tensor, labels: Tensor, whole: int) -> Tensor:
        """This process's part of the mean cross-entropy of a batch of `whole` images."""

    def add_gradients(self, network: nn.Module) -> None:
        """Make each gradient the sum of all processes' gradients."""

    def total(self, *values: Tensor) -> tuple[Tensor, ...]:
        """The sum of each scalar over all processes."""

    def settle(self, network: nn.Module) -> None:
        """After an epoch: let what each process has estimated for itself become the same in all."""


class Alone:
    """One process, whose share is everything."""

    rank, count = 0, 1

    def prepare(self, network: nn.Module) -> None:
        pass

    def share(self, start: int, stop: int) -> slice:
        return slice(start, stop)

    def loss(self, logits: Tensor, labels: Tensor, whole: int) -> Tensor:
        return functional.cross_entropy(logits, labels)

    def add_gradients(self, network: nn.Module) -> None:
        pass

    def total(self, *values: Tensor) -> tuple[Tensor, ...]:
        return values

    def settle(self, network: nn.Module) -> None:
        pass


ALONE = Alone()
