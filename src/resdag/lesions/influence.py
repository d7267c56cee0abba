"""How far does a block turn what it is given?  The influence of Men et al. (2024, ShortGPT, eq. 1), beyond Veit et al.

Of each token, or each place of a map, input and output of a block are vectors over channels; the influence is one less
the mean of their cosines, over tokens and images.  A block that only scales has none.  It needs one pass and no label,
and is often taken for what a deletion costs.

Where a block changes the form there is no cosine.  Behind a ReLU a vector may be zero, and has no direction: such
places are left out and counted.
"""

from collections.abc import Iterable

import torch
from torch import Tensor, nn

from resdag.datasets.tensors import Images
from resdag.jobs.context import Context, Tables
from resdag.jobs.opening import network_and_test_images
from resdag.lesions.rows import Pictures, Row
from resdag.lesions.way import AS_JOBS_DO, Way
from resdag.models.inference import eval_mode
from resdag.models.network import Block, Network
from resdag.training.evaluate import batches, finite, images_together

OF_MAPS = {4: (nn.Conv2d, nn.BatchNorm2d), 3: (nn.Conv1d, nn.BatchNorm1d)}
"""By the number of axes, layers that read channels behind the axis of images; all others read them last."""


@torch.inference_mode()
def influence(network: Network, images: Pictures, way: Way = AS_JOBS_DO) -> list[Row]:
    """Rows of `influence`, one a block, from the input on; in eval mode, and the network is left as it was."""
    parts: Iterable[Images] = [images] if isinstance(images, Images) else images
    tallies = [_Tally(block) for block in network.blocks]
    with eval_mode(network):
        for part in parts:
            for x, _ in batches(part, images_together(network, part, way.memory_bytes)):
                _through(network, x, tallies)
                way.told(len(x))
    return [{"block": index} | tally.row() for index, tally in enumerate(tallies)]


def _through(network: Network, images: Tensor, tallies: "list[_Tally]") -> None:
    x = network.stem(images)
    for block, tally in zip(network.blocks, tallies, strict=True):
        y = block(x)
        tally.add(x, y)
        x = y


class _Tally:
    """What is kept of one block: the sum of cosines, and how many there are."""

    def __init__(self, block: Block) -> None:
        self.layers = list(block.modules())
        self.images = self.left_out = self.count = 0
        self.total = 0.0
        self.positions: int | None = None

    def add(self, x: Tensor, y: Tensor) -> None:
        """Input and output of the block, (N, ...), on some images."""
        self.images += len(x)
        if x.shape != y.shape:
            return
        axis = self._channels(x)
        one, other = x.double(), y.double()
        lengths = torch.linalg.vector_norm(one, dim=axis) * torch.linalg.vector_norm(other, dim=axis)
        alive = lengths != 0
        self.positions = lengths[0].numel()
        self.left_out += int((~alive).sum())
        self.count += int(alive.sum())
        self.total += float(((one * other).sum(axis)[alive] / lengths[alive]).sum())

    def _channels(self, x: Tensor) -> int:
        kinds = OF_MAPS.get(x.ndim, ())
        return 1 if any(isinstance(layer, kinds) for layer in self.layers) else -1

    def row(self) -> Row:
        """Columns of `influence` but for its keys."""
        found = finite(1 - self.total / self.count) if self.count else None
        left_out = None if self.positions is None else self.left_out
        return {"images": self.images, "positions": self.positions, "left_out": left_out, "influence": found}


def run(context: Context) -> Tables:
    """Job: rows of `influence`."""
    return {"influence": influence(*network_and_test_images(context), Way(context.memory_bytes))}
