"""Stochastic gradient descent with momentum and weight decay, as torch.optim.SGD does it, bit for bit.

The class of that name imports the compiler when it is made, which takes as long as torch
itself does, for every training; the function behind it does not.  Weight decay is added to
the gradient, and a momentum buffer starts as the first gradient: the recipe of He et al. (2015).
"""

from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor
from torch.optim.sgd import sgd


class Sgd:
    """Parameters and their momentum buffers; parameters without a gradient are passed over."""

    def __init__(self, parameters: Iterable[Tensor], *, momentum: float, weight_decay: float) -> None:
        self.parameters = list(parameters)
        self.momentum, self.weight_decay = momentum, weight_decay
        self.buffers: list[Tensor | None] = [None] * len(self.parameters)

    @torch.no_grad()
    def step(self, rate: float) -> None:
        """One step along the gradients, at this learning rate."""
        moved = [index for index, parameter in enumerate(self.parameters) if parameter.grad is not None]
        parameters = [self.parameters[index] for index in moved]
        gradients = [parameter.grad for parameter in parameters]
        buffers = [self.buffers[index] for index in moved]
        sgd(
            parameters, gradients, buffers, lr=rate, momentum=self.momentum, weight_decay=self.weight_decay,  # type: ignore[arg-type]
            dampening=0.0, nesterov=False, maximize=False,
        )  # fmt: skip
        for index, buffer in zip(moved, buffers, strict=True):
            self.buffers[index] = buffer

    def momenta(self) -> list[Tensor]:
        """The momentum buffers of all parameters; zero where no step has made one, from which a step goes alike."""
        for index, (parameter, buffer) in enumerate(zip(self.parameters, self.buffers, strict=True)):
            if buffer is None:
                self.buffers[index] = torch.zeros_like(parameter)
        return [buffer for buffer in self.buffers if buffer is not None]

    def zero_grad(self, set_to_none: bool) -> None:
        """Forget the gradients, or set those that are there to zero."""
        gradients = [parameter.grad for parameter in self.parameters if parameter.grad is not None]
        if gradients and not set_to_none:
            torch._foreach_zero_(gradients)  # one kernel, not one for each of some 330
        elif set_to_none:
            for parameter in self.parameters:
                parameter.grad = None

    def state_dict(self) -> dict[str, Any]:
        """The momentum buffers, by the place of their parameter."""
        return {str(index): buffer for index, buffer in enumerate(self.buffers) if buffer is not None}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take over buffers that were saved, on the devices and in the layouts of their parameters."""
        self.buffers = [None] * len(self.parameters)
        for place, buffer in state.items():
            parameter = self.parameters[int(place)]
            self.buffers[int(place)] = torch.empty_like(parameter).copy_(buffer)
