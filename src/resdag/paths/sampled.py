"""How large is the gradient through a single path?  (Veit et al. 2016, section 5, figure 6b)

For a path of length k, k blocks pass the gradient through their branch only and
the others through their skip only; its norm is taken over the whole batch.  Many
paths share one forward pass, and go backward side by side: at each block those
that enter the branch form one batch, those that skip it another.

Norms fall by about a third of a decade a block, some 32 decades over 54 blocks, so
each path's gradient is scaled by a power of two after every block, and the scale
kept as a logarithm: nothing underflows in float32.  A path that dies (all its
ReLUs are shut) has norm exactly 0 and no logarithm.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from resdag.models.network import Network
from resdag.paths.forward import Forward, run_forward, stem_way_back, ways_back

DEFAULT_MEMORY_BYTES = 2 * 2**30
# Copies of a block's gradients that exist while it is passed: in, out, two parts, and the branch's inner ones.
WORKING_GRADIENTS = 8
Path = Sequence[int]  # the blocks whose branch the path enters


@dataclass(frozen=True)
class PathNorms:
    """Base-10 logarithms of gradient norms, one per path; None for a path of norm 0."""

    at_input: list[float | None]
    at_first_block: list[float | None]


@dataclass
class _Bundle:
    """Gradients of some paths, (P, N, C, H, W), each stored divided by 2^exponent, (P,)."""

    gradients: Tensor
    exponents: Tensor

    def rescaled(self) -> "_Bundle":
        """The same gradients with the largest entry of each in [0.5, 1)."""
        largest = self.gradients.abs().amax(dim=tuple(range(1, self.gradients.dim())))
        _, exponents = torch.frexp(largest)
        shape = (-1,) + (1,) * (self.gradients.dim() - 1)
        scaled = torch.ldexp(self.gradients, -exponents.to(self.gradients.dtype).view(shape))
        return _Bundle(scaled, self.exponents + exponents.double())

    def log10_norms(self) -> list[float | None]:
        squares = self.gradients.double().flatten(1).square().sum(1)
        logs = 0.5 * torch.log10(squares) + self.exponents * math.log10(2)
        return [log if square > 0 else None for log, square in zip(logs.tolist(), squares.tolist(), strict=True)]


def path_norms(
    network: Network,
    images: Tensor,
    labels: Tensor,
    paths: Sequence[Path],
    *,
    batch_norm: str = "eval",
    memory_bytes: int = DEFAULT_MEMORY_BYTES,
) -> PathNorms:
    """Gradient norms of the mean loss along each path, at the images and at the first block's input.

    `images` are normalised, (N, C, H, W), `labels` (N,).  `batch_norm` chooses the
    statistics of the forward pass: the network's running ones (`eval`) or the batch's
    own (`train`, where the running ones do not move).  NetworkError where the
    network has no paths.
    """
    with _statistics(network, batch_norm == "train"):
        forward = run_forward(network, images, labels)
        largest = max(entered.nbytes for entered in forward.entered)
        size = max(1, memory_bytes // (largest * WORKING_GRADIENTS))
        at_input: list[float | None] = []
        at_first: list[float | None] = []
        for start in range(0, len(paths), size):
            norms = _norms(network, forward, paths[start : start + size])
            at_input += norms.at_input
            at_first += norms.at_first_block
    return PathNorms(at_input, at_first)


@torch.no_grad()
def _norms(network: Network, forward: Forward, paths: Sequence[Path]) -> PathNorms:
    enters = torch.zeros(len(paths), len(network.blocks), dtype=torch.bool)
    for row, path in enumerate(paths):
        enters[row, list(path)] = True
    enters = enters.to(forward.images.device)
    shared = forward.end.unsqueeze(0).expand(len(paths), *forward.end.shape)
    bundle = _Bundle(shared, torch.zeros(len(paths), dtype=torch.float64, device=shared.device)).rescaled()
    for index in range(len(network.blocks) - 1, -1, -1):
        back = ways_back(network.blocks[index], forward.entered[index])
        joined = back.join(bundle.gradients)
        branch, skip = enters[:, index].nonzero()[:, 0], (~enters[:, index]).nonzero()[:, 0]
        passed = joined.new_empty(len(paths), *forward.entered[index].shape)
        for chosen, way in ((branch, back.branch), (skip, back.skip)):
            if len(chosen):
                passed[chosen] = way(joined[chosen])
        bundle = _Bundle(passed, bundle.exponents).rescaled()
    at_input = _Bundle(stem_way_back(network, forward.images)(bundle.gradients), bundle.exponents)
    return PathNorms(at_input.log10_norms(), bundle.log10_norms())


class _statistics:
    """Batch norm with the batch's own statistics, or with the running ones; left as it was."""

    def __init__(self, network: Network, of_batch: bool) -> None:
        self.network, self.of_batch = network, of_batch

    def __enter__(self) -> None:
        self.before = self.network.training
        self.network.train(self.of_batch)
        self.norms = [module for module in self.network.modules() if isinstance(module, torch.nn.BatchNorm2d)]
        if self.of_batch:
            for norm in self.norms:
                norm.track_running_stats = False
                norm._saved = (norm.running_mean, norm.running_var)  # type: ignore[assignment]
                norm.running_mean = norm.running_var = None

    def __exit__(self, *_: object) -> None:
        if self.of_batch:
            for norm in self.norms:
                norm.track_running_stats = True
                norm.running_mean, norm.running_var = norm.__dict__.pop("_saved")
        self.network.train(self.before)
