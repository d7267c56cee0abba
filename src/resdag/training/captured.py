"""One training step as a CUDA graph: a deep network of small layers is bound by the launching of its kernels.

A step is captured whole (forward, loss, backward, update) and then replayed; batches are copied
into the tensors that it was captured on.  The learning rate is a number in the graph, so a new
rate, like a new shape, is a new capture: four in the recipe of He et al. (2016).  Capturing runs
the step a few times to let libraries choose their kernels; what these runs change is put back, so
that a training captured and one not captured take the same steps.

Only steps that compute every block can be captured: a network whose blocks are drawn anew for
each batch launches its kernels one by one, and compiles nothing either.
"""

from collections.abc import Callable, Iterable

import torch
from torch import Tensor

WARM_UPS = 3  # runs before a capture, as PyTorch's notes on CUDA graphs ask for
Step = Callable[[Tensor, Tensor, float], tuple[Tensor, Tensor]]


class Captured:
    """A step `(batch, labels, rate) -> (logits, loss)` that is replayed where it can be.

    `state` gives every tensor that a step changes, and none that a step replaces by another;
    `forget` drops the gradients, so that a capture makes its own.
    """

    def __init__(self, step: Step, state: Callable[[], Iterable[Tensor]], forget: Callable[[], None]) -> None:
        self.step, self.state, self.forget = step, state, forget
        self.captures = 0
        self._of: tuple[torch.Size, float] | None = None

    def __call__(self, batch: Tensor, labels: Tensor, rate: float) -> tuple[Tensor, Tensor]:
        """Take the step; the logits and the loss are overwritten by the next one."""
        if self._of != (batch.shape, rate):
            self._capture(batch, labels, rate)
        self._batch.copy_(batch)
        self._labels.copy_(labels)
        self._graph.replay()
        return self._logits, self._loss

    def _capture(self, batch: Tensor, labels: Tensor, rate: float) -> None:
        self._of, self._graph = None, torch.cuda.CUDAGraph()  # the graph before frees its memory
        self._batch, self._labels = batch.clone(), labels.clone()
        saved = [tensor.detach().clone() for tensor in self.state()]
        aside, here = torch.cuda.Stream(batch.device), torch.cuda.current_stream(batch.device)
        aside.wait_stream(here)
        with torch.cuda.stream(aside):
            for _ in range(WARM_UPS):
                self.step(self._batch, self._labels, rate)
        here.wait_stream(aside)
        self.forget()
        with torch.cuda.graph(self._graph):
            self._logits, self._loss = self.step(self._batch, self._labels, rate)
        with torch.no_grad():
            for tensor, before in zip(self.state(), saved, strict=True):
                tensor.copy_(before)
        self._of = batch.shape, rate
        self.captures += 1
