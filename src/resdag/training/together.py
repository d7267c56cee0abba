"""How do several processes train one network as one would?  Data parallel, within one job, on one machine.

Each process (rank) has the whole network and a contiguous share of every batch.  The loss of a share is its sum over
the number of images of the whole batch, so that gradients add up to the gradient of the batch's mean loss, however
unequal the shares; then every rank takes the same step.  What a rank would find otherwise than one process alone are
the statistics of batch norm.  They are `synchronised`, those of the whole batch, and the training is that of one
process but for rounding; or `local`, each rank's own, as is usual on ImageNet, and the running statistics, with which
a network is tested, are averaged over the ranks after each epoch.

torch's layer for synchronised statistics runs on CUDA alone, so on the CPU there is one here, of the same formulas.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.modules.batchnorm import _BatchNorm as BatchNorm

Statistics = Literal["local", "synchronised"]
PATIENCE = timedelta(minutes=30)  # of a rank with the others; a rank that ends is noticed at once, and by another


class Together:
    """One of several ranks, in a process group that is open: see `resdag.training.ranks.Ranks`."""

    def __init__(self, device: torch.device, batch_norm: Statistics) -> None:
        self.rank, self.count = dist.get_rank(), dist.get_world_size()
        self.device, self.batch_norm = device, batch_norm

    def prepare(self, network: nn.Module) -> None:
        """Give the batch norms of the network the statistics of whole batches, where they are to be synchronised."""
        if self.batch_norm == "synchronised":
            synchronise(network, self.device)

    def share(self, start: int, stop: int) -> slice:
        """Shares differ by one image at most."""
        images = stop - start
        return slice(start + self.rank * images // self.count, start + (self.rank + 1) * images // self.count)

    def loss(self, logits: Tensor, labels: Tensor, whole: int) -> Tensor:
        return functional.cross_entropy(logits, labels, reduction="sum") / whole

    def add_gradients(self, network: nn.Module) -> None:
        """In one message; every rank has a gradient for each parameter, since all compute the same blocks."""
        gradients = [parameter.grad for parameter in network.parameters() if parameter.grad is not None]
        message = torch.cat([gradient.reshape(-1) for gradient in gradients])
        dist.all_reduce(message)
        sums = message.split([gradient.numel() for gradient in gradients])
        torch._foreach_copy_(gradients, [each.view(to.shape) for each, to in zip(sums, gradients, strict=True)])

    def total(self, *values: Tensor) -> tuple[Tensor, ...]:
        message = torch.stack([value.to(self.device, torch.float64) for value in values])
        dist.all_reduce(message)
        return message.unbind()

    def settle(self, network: nn.Module) -> None:
        """Local statistics become their mean over the ranks; synchronised ones are the same already."""
        if self.batch_norm == "local":
            for statistics in (each for each in network.buffers() if each.is_floating_point()):
                dist.all_reduce(statistics)
                statistics /= self.count


@contextmanager
def process_group(rank: int, count: int, device: torch.device, meeting: Path) -> Iterator[None]:
    """The group of all ranks, which find each other by a file that none of them has made before.

    A rank that fails leaves it open: closing it would wait for the others.
    """
    store = dist.FileStore(str(meeting), count)
    backend = "nccl" if device.type == "cuda" else "gloo"
    own = device if device.type == "cuda" else None
    dist.init_process_group(backend, store=store, rank=rank, world_size=count, timeout=PATIENCE, device_id=own)
    yield
    dist.barrier()
    dist.destroy_process_group()


# Batch norm


def synchronise(network: nn.Module, device: torch.device) -> None:
    """Let every batch norm of the network, in training, take the statistics of the batches of all ranks."""
    if device.type == "cuda":
        nn.SyncBatchNorm.convert_sync_batchnorm(network)
        return
    for module in network.modules():
        if isinstance(module, BatchNorm):
            module.__class__ = Synchronised  # parameters, statistics and names stay


class Synchronised(BatchNorm):
    """Batch norm with the statistics of the batches of all ranks; any number of axes, channels in the second."""

    def _check_input_dim(self, x: Tensor) -> None:
        """Every shape will do."""

    def forward(self, x: Tensor) -> Tensor:
        if not self.training:
            return super().forward(x)
        y, mean, variance, count = _Normalise.apply(x, self.weight, self.bias, self.eps)
        self._follow(mean, variance * count / (count - 1))
        return y

    @torch.no_grad()
    def _follow(self, mean: Tensor, variance: Tensor) -> None:
        """Move the running statistics; their variance is the unbiased one, as torch has it."""
        assert self.running_mean is not None
        assert self.running_var is not None
        assert self.momentum is not None
        self.running_mean.lerp_(mean.to(self.running_mean.dtype), self.momentum)
        self.running_var.lerp_(variance.to(self.running_var.dtype), self.momentum)
        if self.num_batches_tracked is not None:
            self.num_batches_tracked += 1


class _Normalise(torch.autograd.Function):
    """y = (x - mean) / sd * weight + bias by the mean and biased variance over all ranks; and both, and the count.

    Sums of squares are taken around each rank's own mean, and then moved to the common one.
    """

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, bias: Tensor, eps: float) -> tuple[Tensor, ...]:
        wide = x.to(weight.dtype)
        own = wide.numel() // wide.shape[1]
        mean = wide.sum(_others(x)) / max(own, 1)
        squares = (wide - _along(mean, x)).square().sum(_others(x))
        counts, means, spreads = _gathered(torch.cat([mean.new_tensor([own]), mean, squares])).split(
            [1, len(mean), len(mean)], dim=1
        )
        count = counts.sum()
        mean = (counts * means).sum(0) / count
        variance = (spreads + counts * (means - mean).square()).sum(0) / count
        factor = (variance + eps).rsqrt()
        normed = (wide - _along(mean, x)) * _along(factor, x)
        ctx.save_for_backward(normed, weight, factor, count)
        ctx.mark_non_differentiable(mean, variance, count)
        return (normed * _along(weight, x) + _along(bias, x)).to(x.dtype), mean, variance, count

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, Tensor, Tensor, None]:
        """The gradients of weight and bias are this rank's own; `add_gradients` adds those of the others."""
        normed, weight, factor, count = ctx.saved_tensors
        dy = gradients[0].to(weight.dtype)
        of_weight, of_bias = (dy * normed).sum(_others(dy)), dy.sum(_others(dy))
        message = torch.cat([of_weight, of_bias])
        dist.all_reduce(message)
        along, straight = (_along(each, dy) for each in (message / count).chunk(2))
        dx = _along(weight * factor, dy) * (dy - straight - normed * along)
        return dx.to(gradients[0].dtype), of_weight, of_bias, None


def _others(x: Tensor) -> list[int]:
    """All axes but that of the channels."""
    return [axis for axis in range(x.dim()) if axis != 1]


def _along(values: Tensor, x: Tensor) -> Tensor:
    """A value for each channel, (C,), in the shape of x."""
    return values.view(1, -1, *[1] * (x.dim() - 2))


def _gathered(own: Tensor) -> Tensor:
    """What every rank has, stacked: (ranks, ...)."""
    found = [torch.empty_like(own) for _ in range(dist.get_world_size())]
    dist.all_gather(found, own)
    return torch.stack(found)
