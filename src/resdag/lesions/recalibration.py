"""How much of the damage of a deletion is shifted statistics?  Re-estimate batch norm after each lesion.

What follows a deleted block was normalised with statistics of activations that had the
block's branch in them.  Here each lesioned network gets statistics of its own, from
training images, in the way of `evaluate.recalibrate`: the mean over batches.  What is
deleted is not run.

Lesions that begin alike have the same statistics there, so they share the blocks of the engine's
trie: one copy of a block for each place in it, with the parameters of the network and
statistics of its own.  Nothing is folded: there would be a copy of all parameters for each place.
"""

import copy
from collections.abc import Sequence
from typing import Any, TypeVar

import torch
from torch import nn

from resdag.datasets.tensors import Images
from resdag.errors import NetworkError
from resdag.lesions.engine import Parts, batch_size, check, collector, layer, nodes, scores, trie, walk
from resdag.lesions.lesion import Lesion
from resdag.lesions.way import Metric
from resdag.models.inference import batch_norms, eval_mode
from resdag.models.memory import DEFAULT_MEMORY_BYTES
from resdag.models.network import Network
from resdag.training.evaluate import batch_of

T = TypeVar("T", bound=nn.Module)


@torch.no_grad()
def measure_recalibrated(
    network: Network,
    train: Images,
    test: Images,
    lesions: Sequence[Lesion],
    *,
    memory_bytes: int = DEFAULT_MEMORY_BYTES,
    metric: Metric | None = None,
) -> list[Any]:
    """Score of the network under each lesion, after its batch-norm statistics were re-estimated on `train`.

    The network is left as it was.  NetworkError where a lesion does not fit the network.
    """
    check(network, lesions)
    if not batch_norms(network):
        raise NetworkError("this network has no batch norm, so it has no statistics that could be re-estimated")
    root = trie(lesions)
    stem = _own(network.stem)
    blocks = {id(child): _own(network.blocks[step[0]]) for node in nodes(root) for step, child in node.children.items()}
    heads = {id(node): _own(network.head) for node in nodes(root) if node.ends}
    parts = Parts(stem, lambda node, step: layer(blocks[id(node)], step), lambda node: heads[id(node)])
    for start in range(0, len(train), batch_of(train)):
        for _ in walk(root, parts, [train.normalised(start, start + batch_of(train))]):
            pass
    for part in (stem, *blocks.values(), *heads.values()):
        part.eval()
    with eval_mode(network):
        size = batch_size(network, test, root.alive, memory_bytes)
    answers = collector(len(lesions), test, metric)
    return scores(
        len(lesions), test, size, lambda here: walk(root, parts, [test.normalised(here.start, here.stop)]), answers
    )


def _own(part: T) -> T:
    """A copy with the same parameters, its batch norm in training mode, and statistics of its own that begin anew."""
    shared = {id(parameter): parameter for parameter in part.parameters()}
    own = copy.deepcopy(part, dict(shared))
    own.eval()
    for norm in batch_norms(own):
        norm.reset_running_stats()
        norm.momentum = None  # torch's word for a cumulative mean
        norm.train()
    return own
