"""What is an explicit ensemble worth?  Networks trained apart, their class probabilities averaged.

Each network says once what it thinks of every test image: a softmax over the
classes.  An ensemble of M is the plain mean of M such answers, and its class
is the largest of the mean.  The paper calls a residual network an ensemble of
its paths; this is the thing itself, which it does not measure.
"""

from collections.abc import Sequence
from itertools import combinations
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from resdag.combinatorics import ensemble_members
from resdag.datasets.tensors import Images
from resdag.models.inference import eval_mode
from resdag.training.evaluate import Score, batches, finite

Row = dict[str, Any]


@torch.inference_mode()
def probabilities(network: nn.Module, images: Images) -> Tensor:
    """Class probabilities of unaugmented images, (N, classes) float64 on their device; the network in eval mode."""
    with eval_mode(network):
        logits = [network(batch) for batch, _ in batches(images)]
    return functional.softmax(torch.cat(logits).double(), dim=1)


def ensemble_rows(
    answers: Sequence[Tensor], seeds: Sequence[int], labels: Tensor, members: Sequence[int], draws: int
) -> list[Row]:
    """Rows of `ensembles`, from the probabilities (N, classes) of the network of each seed: every M, every set."""
    classes = torch.stack([answer.argmax(1) for answer in answers])
    alone = (classes != labels).double().mean(1).tolist()
    rows = []
    for count in members:
        for draw, chosen in enumerate(ensemble_members(len(answers), count, draws)):
            mean = torch.stack([answers[index] for index in chosen]).mean(0)
            row = {"members": count, "draw": draw, "seeds": [seeds[index] for index in chosen]}
            row |= score(mean, labels).row()
            row["member_error"] = sum(alone[index] for index in chosen) / count
            rows.append(row | {"disagreement": _disagreement(classes[list(chosen)])})
    return rows


def score(mean: Tensor, labels: Tensor) -> Score:
    """Score of averaged probabilities (N, classes)."""
    loss = functional.nll_loss(mean.log(), labels).item()
    return Score(mean.argmax(1), labels, finite(loss))


def _disagreement(classes: Tensor) -> float | None:
    """Share of images to which two members give different classes, mean over pairs; None without a pair."""
    pairs = [(one != other).double().mean().item() for one, other in combinations(classes, 2)]
    return sum(pairs) / len(pairs) if pairs else None
