"""How far open are the gates of a highway network?  (Srivastava et al. 2015; Veit et al. 2016, eq. 3)

Every unit of every block has a gate T(x) in (0, 1) for every image.  One pass over the
images, in eval mode, gives for each block the mean gate of each image, and so its
mean and spread over images, and counts all single gates into equal bins of [0, 1],
from which their quantiles follow, to within a bin: there are up to 16,384 gates for an image
and block, too many to keep.
"""

from typing import Any

import torch
from torch import Tensor

from resdag.datasets.tensors import Images
from resdag.errors import NetworkError
from resdag.models.gates import Gate
from resdag.models.inference import eval_mode
from resdag.models.memory import DEFAULT_MEMORY_BYTES
from resdag.models.network import Network
from resdag.training.evaluate import batches, images_together

BINS = 1000  # of [0, 1]: quantiles of single gates are right to within 0.001
SHARES = (0.05, 0.25, 0.5, 0.75, 0.95)


@torch.inference_mode()
def gate_rows(
    network: Network, images: Images, size: int | None = None, *, memory_bytes: int = DEFAULT_MEMORY_BYTES
) -> list[dict[str, Any]]:
    """One row a block, from the input on: the columns of `gates` but for its keys; images within the bound at a time.

    Of a network that has diverged, whose gates are no numbers, all but the counts is None.
    NetworkError for a network without gates of its own: one that is no highway network, or whose gates are frozen.
    """
    if not all(isinstance(block.shared, Gate) for block in network.blocks):
        raise NetworkError("this network has no gates that were learned: give a highway network with learned gates")
    tallies = [_Tally() for _ in network.blocks]
    with eval_mode(network):
        for x, _ in batches(images, size or images_together(network, images, memory_bytes)):
            x = network.stem(x)
            for block, tally in zip(network.blocks, tallies, strict=True):
                _, gates = block.shared(x)
                tally.add(gates)
                x = block(x)
    return [{"block": index} | tally.row() for index, tally in enumerate(tallies)]


class _Tally:
    """What is kept of the gates of a block: each image's mean, and how many gates fell into each bin."""

    def __init__(self) -> None:
        self.means: list[Tensor] = []
        self.counts = torch.zeros(BINS, dtype=torch.int64)
        self.below_half = 0
        self.units = 0
        self.finite = True  # not of a network that has diverged

    def add(self, gates: Tensor) -> None:
        """Take in the gates (N, C, H, W) of some images."""
        flat = gates.flatten(1)
        self.units = flat.shape[1]
        self.finite &= bool(flat.isfinite().all())
        if not self.finite:
            flat = flat.nan_to_num()
        self.means.append(flat.mean(1, dtype=torch.float64).cpu())
        places = (flat * BINS).long().clamp(max=BINS - 1)
        self.counts += torch.bincount(places.flatten(), minlength=BINS).cpu()
        self.below_half += int((flat < 0.5).sum())

    def row(self) -> dict[str, Any]:
        means = torch.cat(self.means)
        quantiles = {f"q{100 * share:02.0f}": _quantile(self.counts, share) for share in SHARES}
        measured = {
            "mean": means.mean().item(),
            "sd_images": means.std(correction=1).item() if len(means) > 1 else 0.0,
            "image_q05": means.quantile(0.05).item(),
            "image_q95": means.quantile(0.95).item(),
            **quantiles,
            "below_half": self.below_half / (len(means) * self.units),
        }
        known = measured if self.finite else dict.fromkeys(measured)
        return {"images": len(means), "units": self.units} | known


def _quantile(counts: Tensor, share: float) -> float:
    """The middle of the bin in which so large a share of the gates is reached."""
    reached = counts.cumsum(0) >= share * counts.sum()
    return (int(reached.int().argmax()) + 0.5) / BINS
