"""What is between a highway block's input and its two ways?  A gate T(x) that says how much of each goes on.

y = H(x) T(x) + x (1 - T(x)), T = sigmoid(gate(x)), one number in (0, 1) for each unit of
the block's output (Srivastava et al. 2015; Veit et al. 2016, eq. 3).  Both ways read
the gate, so a block computes it once: `Gate` hands on the pair (x, T), `Transformed` and
`Carried` each make their part of the sum from it.
"""

from collections import OrderedDict

from torch import Tensor, nn

Gated = tuple[Tensor, Tensor]  # a block's input, and its gates, in the shape of its output


class Gate(nn.Module):
    """The input and the gates that it opens: x -> (x, sigmoid(conv(x)))."""

    def __init__(self, in_channels: int, out_channels: int, stride: int, bias: float) -> None:
        super().__init__()
        conv = nn.Conv2d(in_channels, out_channels, 1, stride=stride)
        conv.bias_at_start = bias  # type: ignore[assignment]  # a float, which resdag.models.build reads
        self.opening = nn.Sequential(OrderedDict(conv=conv, sigmoid=nn.Sigmoid()))

    def forward(self, x: Tensor) -> Gated:
        return x, self.opening(x)


class Transformed(nn.Module):
    """H(x) T(x): the branch of a highway block."""

    def __init__(self, transform: nn.Module) -> None:
        super().__init__()
        self.transform = transform

    def forward(self, gated: Gated) -> Tensor:
        x, gates = gated
        return self.transform(x) * gates


class Carried(nn.Module):
    """x (1 - T(x)): the skip of a highway block; `reshape` makes x fit where the block changes shape."""

    def __init__(self, reshape: nn.Module) -> None:
        super().__init__()
        self.reshape = reshape

    def forward(self, gated: Gated) -> Tensor:
        x, gates = gated
        return self.reshape(x) * (1 - gates)


class Times(nn.Module):
    """The input times a constant: what a gate that nothing opens or closes does to either way."""

    def __init__(self, factor: float) -> None:
        super().__init__()
        self.factor = factor

    def forward(self, x: Tensor) -> Tensor:
        return self.factor * x
