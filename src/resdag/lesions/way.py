"""How is a network measured: within which memory, judged by what, and who is told how far it is?

The jobs of a workflow choose the memory alone; whoever measures from Python may choose the rest.
"""

from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor

from resdag.models.memory import DEFAULT_MEMORY_BYTES

Metric = Callable[[Tensor, Tensor], Tensor]
"""One number an image, (n,), from its outputs, (n, ...), and labels (n, ...): more is worse; bool: wrong or not."""


def nobody(images: float) -> None:
    """Is told and says nothing."""


@dataclass(frozen=True)
class Way:
    """Bound on activations; what judges answers in place of wrong classes; and who is told of images done.

    Of several lesions that go together, an image under one of them is as much less of an image.
    """

    memory_bytes: int = DEFAULT_MEMORY_BYTES
    metric: Metric | None = None
    told: Callable[[float], None] = nobody


AS_JOBS_DO = Way()
"""Classification error, within the usual memory."""
