"""How much memory does a network take for one image?  From it follows how many images go together within a bound.

What a measurement holds are activations, or gradients of their size.  The largest that any
layer gives is found by running one image; each engine knows how many of that size it holds.
"""

from typing import Any

import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

DEFAULT_MEMORY_BYTES = 2 * 2**30
# A block holds about this many tensors of the size of its largest while it runs: its input, the normalised one, the
# convolution's output, the sum, the convolution's workspace, a highway block's gates.
WORKING_TENSORS = 8
# Images that go through a layer together: on a CPU they stay in a core's cache, on a device they fill it.
CACHE_BYTES, DEVICE_BYTES = 2**20, 2**26


def piece_bytes(tensor: Tensor) -> int:
    """Bytes of the tensor's kind that go through a layer together."""
    return DEVICE_BYTES if tensor.is_cuda else CACHE_BYTES


@torch.no_grad()
def largest_activation(network: nn.Module, image: Tensor) -> int:
    """Bytes of the largest tensor that the network makes for one image, (1, C, H, W), or of the image."""
    weights = {each.untyped_storage().data_ptr() for each in (*network.parameters(), *network.buffers())}
    with _Largest(weights) as seen:
        network(image)
    return max(image.nbytes, seen.largest)


class _Largest(TorchDispatchMode):
    """Sees every tensor that any operation gives, within layers too, but for views of weights."""

    def __init__(self, weights: set[int]) -> None:
        super().__init__()
        self.weights = weights
        self.largest = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        given = func(*args, **(kwargs or {}))
        for each in tree_leaves(given):
            if isinstance(each, Tensor) and each.untyped_storage().data_ptr() not in self.weights:
                self.largest = max(self.largest, each.nbytes)
        return given
