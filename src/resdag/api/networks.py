"""A network of anyone's, taken apart into its residual blocks."""

import polars as pl
from torch import Tensor, nn

from resdag.api.frames import Named, frame_of
from resdag.models import discovery
from resdag.models.build import block_rows
from resdag.models.network import Network


def unravel(model: nn.Module, example: Tensor) -> Network:
    """The model as a stem, residual blocks and a head, found by following it on `example`; the model is left as it was.

    `example` is a batch of normalised images, (N, C, H, W), N two or more, on the model's device.
    `network.blocks` are its blocks, from the input on: `block.origin.name` is the model's own name of each.
    NetworkError where there are none, or where the network taken apart would not say what the model says.
    """
    return discovery.unravel(model, example)


def blocks(network: Network, *, name: str = "network", seed: int = 0) -> pl.DataFrame:
    """One row a block, from the input on, with the columns of the table `blocks`."""
    return frame_of("blocks", Named(name, seed), block_rows(network))
