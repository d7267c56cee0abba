"""What did a network say under each lesion, and how bad is it?  Collected batch by batch.

A job keeps classes and the cross-entropy.  A metric of one's own gives one number an image instead.  Of bool, whether
the answer is wrong, it is counted as wrong classes are; of any other numbers the mean is kept, which is no error
and does not stand in that column.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import torch
from torch import Tensor
from torch.nn import functional

from resdag.datasets.tensors import Images
from resdag.errors import NetworkError
from resdag.lesions.way import Metric
from resdag.training.evaluate import Score, finite


@dataclass(frozen=True)
class Judged:
    """What a metric said of some images: (N,) bool, wrong or not, or numbers of which more is worse."""

    values: Tensor
    labels: Tensor

    @property
    def right(self) -> Tensor:
        """Which images were answered rightly; NetworkError where the metric does not say so."""
        if self.values.dtype != torch.bool:
            raise NetworkError(
                f"the metric gives {self.values.dtype}, which says of no image whether it is right or wrong, as is "
                "needed here: give a metric of dtype bool, True where the answer is wrong"
            )
        return ~self.values

    @property
    def images(self) -> int:
        return len(self.values)

    def row(self) -> dict[str, Any]:
        """Columns errors, images, error, loss; and of numbers their mean, `metric`, in place of errors."""
        images = self.images
        if self.values.dtype == torch.bool:
            errors = int(self.values.sum())
            return {"errors": errors, "images": images, "error": errors / images, "loss": None}
        mean = finite(self.values.double().mean().item())
        return {"errors": None, "images": images, "error": None, "loss": None, "metric": mean}

    def against(self, before: "Judged") -> dict[str, Any]:
        """How many images fare worse than before, and how many better."""
        return {
            "broken": int((self.values > before.values).sum()),
            "repaired": int((self.values < before.values).sum()),
        }


class Answers(Protocol):
    """Takes in the outputs of each lesion on each batch, and gives its scores."""

    def add(self, lesion: int, here: slice, outputs: Tensor) -> None:
        """Outputs of one lesion on images `here`."""

    def scores(self) -> list[Any]:
        """One score a lesion."""


class Classes:
    """Predicted classes and the mean cross-entropy of each lesion."""

    def __init__(self, lesions: int, images: Images) -> None:
        device = images.labels.device
        self.labels = images.labels
        self.predicted = torch.empty(lesions, len(images), dtype=torch.int64, device=device)
        self.losses = torch.zeros(lesions, dtype=torch.float64, device=device)

    def add(self, lesion: int, here: slice, outputs: Tensor) -> None:
        """Logits (n, classes) of one lesion on images `here`."""
        self.predicted[lesion, here] = outputs.argmax(1)
        self.losses[lesion] += functional.cross_entropy(outputs.double(), self.labels[here], reduction="sum")

    def scores(self) -> list[Score]:
        """One score a lesion."""
        means = (self.losses / len(self.labels)).tolist()
        return [Score(row, self.labels, finite(mean)) for row, mean in zip(self.predicted, means, strict=True)]


class Judgements:
    """What a metric says of each image under each lesion."""

    def __init__(self, lesions: int, images: Images, metric: Metric) -> None:
        self.labels, self.metric = images.labels, metric
        self.values: list[list[Tensor]] = [[] for _ in range(lesions)]

    def add(self, lesion: int, here: slice, outputs: Tensor) -> None:
        """Outputs (n, ...) of one lesion on images `here`."""
        values = self.metric(outputs, self.labels[here])
        if not isinstance(values, Tensor) or values.shape != outputs.shape[:1]:
            given = f"shape {tuple(values.shape)}" if isinstance(values, Tensor) else f"a {type(values).__name__}"
            raise NetworkError(
                f"the metric gives {given} for {len(outputs)} images: give one number for each, a tensor of shape "
                f"({len(outputs)},), so without a mean over them"
            )
        self.values[lesion].append(values)

    def scores(self) -> list[Judged]:
        """One score a lesion."""
        return [Judged(torch.cat(values), self.labels) for values in self.values]


def joined(parts: Sequence[Score | Judged]) -> Any:
    """One score of the scores on parts of the images; that of a single part as it is."""
    first, *others = parts
    if not others:
        return first
    labels = torch.cat([part.labels for part in parts])
    if isinstance(first, Judged):
        return Judged(torch.cat([part.values for part in parts if isinstance(part, Judged)]), labels)
    scores = [part for part in parts if isinstance(part, Score)]
    losses = [score.loss for score in scores]
    total = None if None in losses else sum(score.images * (score.loss or 0.0) for score in scores)
    loss = None if total is None else total / len(labels)
    return Score(torch.cat([score.predicted for score in scores]), labels, loss)
