"""How much memory does a network take for one image?  From it follows how many images go together within a bound.

What a measurement holds are activations, or gradients of their size.  The largest that any
layer gives is found by running one image; each engine knows how many of that size it holds.
"""

import torch
from torch import Tensor, nn

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
    """Bytes of the largest tensor that a layer of the network gives for one image, (1, C, H, W), or of the image."""
    largest = image.nbytes

    def see(layer: nn.Module, given: object, output: object) -> None:
        nonlocal largest
        if isinstance(output, Tensor):
            largest = max(largest, output.nbytes)

    handles = [module.register_forward_hook(see) for module in network.modules()]
    try:
        network(image)
    finally:
        for handle in handles:
            handle.remove()
    return largest
