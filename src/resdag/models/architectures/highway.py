"""What if the network learns, unit by unit, how much of its input a block carries on?  A highway network.

y = H(x) T(x) + x (1 - T(x)), the gate T = sigmoid(1 x 1 convolution of x), its bias
below 0 at the start so that a block first carries its input (Srivastava et al. 2015;
Veit et al. 2016, eq. 3).  The stages are those of `resnet`, and H is its branch,
conv-BN-ReLU-conv-BN, with a ReLU: H has the non-linearity, as in Srivastava et al., and nothing
follows the sum.  H reads activations that are never negative, and hands on such.

The paper asks for branch and skip: the branch is H(x) T(x), the skip x (1 - T(x)), each
with the gate's own derivative, so that the gradients of all paths add up to the whole
one.  Deleting a block is another thing: its gate is shut, T = 0, and x goes on whole.

Where the shape changes, x is subsampled (option A of He et al. 2015) before it is gated,
and that is what is left of a deleted block; Srivastava et al. have a plain layer there.

With `gate="frozen"`, T = 0.5 everywhere and for ever: He et al. 2016, table 1, have such
a network, but for its ReLU, which follows the sum.  Its parameters are those of `resnet`.
"""

from torch import nn

from resdag.errors import NetworkError
from resdag.models.gates import Carried, Gate, Times, Transformed
from resdag.models.layers import (
    Place,
    Subsample,
    pooled_linear,
    post_activation_body,
    post_activation_stem,
    stage_plan,
)
from resdag.models.network import Block, Network

FROZEN = 0.5  # He et al. 2016, table 1: the shortcut and the branch, each halved


def build(
    *,
    in_channels: int,
    classes: int,
    depth: int,
    width: int = 16,
    gate: str = "learned",
    gate_bias: float = -2.0,
    convolutions: int = 2,
) -> Network:
    """A highway network of `depth` weighted layers, gates not counted; 110 layers are 54 blocks of two `convolutions`.

    `gate_bias` is where the bias of a learned gate starts: T = sigmoid(-2) = 0.12 for x = 0.
    """
    if gate not in ("learned", "frozen"):
        raise NetworkError(f"gate {gate!r} is not known: it is learned or frozen")
    bias = gate_bias if gate == "learned" else None
    blocks = [_block(place, convolutions, bias) for place in stage_plan(depth, width, convolutions)]
    head = nn.Sequential(pooled_linear(blocks[-1].out_channels, classes))
    return Network(post_activation_stem(in_channels, width), blocks, head)


def _block(place: Place, convolutions: int, bias: float | None) -> Block:
    """A block whose gate starts at `bias`; None for a frozen one."""
    transform = post_activation_body(place, convolutions)
    transform.add_module(f"relu{convolutions}", nn.ReLU())
    shared, shortcut, body = _frozen(place, transform) if bias is None else _gated(place, transform, bias)
    return Block(
        stage=place.stage,
        in_channels=place.in_channels,
        out_channels=place.out_channels,
        shared=shared,
        shortcut=shortcut,
        body=body,
        bypass=_reshape(place),
        changes_shape=place.changes_shape,
    )


def _gated(place: Place, transform: nn.Sequential, bias: float) -> tuple[Gate, Carried, Transformed]:
    """The gate, the skip and the branch."""
    gate = Gate(place.in_channels, place.out_channels, place.stride, bias)
    return gate, Carried(_reshape(place)), Transformed(transform)


def _frozen(place: Place, transform: nn.Sequential) -> tuple[None, nn.Module, nn.Module]:
    """No gate to compute; the skip and the branch."""
    transform.add_module("gate", Times(FROZEN))
    return None, nn.Sequential(_reshape(place), Times(1 - FROZEN)), transform


def _reshape(place: Place) -> nn.Module:
    return Subsample(place) if place.changes_shape else nn.Identity()
