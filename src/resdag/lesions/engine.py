"""Run one network under many lesions, computing what they share once.

Lesions are sequences of steps, so a set of them is a trie: two lesions that
begin alike share their activations up to where they part.  The engine walks
the trie depth first, once for each batch of images.  At a fork it keeps the
activation until the last child, and takes the child that keeps fewest
activations alive first; so at most `alive` of them exist at a time, a number
known beforehand, from which the batch size follows for any memory bound.

The arithmetic of each lesion is that of running it alone: the same operations
on the same numbers, in another order of lesions.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor
from torch.nn import functional

from resdag.datasets.tensors import Images
from resdag.errors import NetworkError
from resdag.lesions.lesion import Lesion, Step
from resdag.models.network import Network, cannot_delete
from resdag.training.evaluate import EVALUATION_BATCH, Score, finite

DEFAULT_MEMORY_BYTES = 2 * 2**30
# Besides the activations kept at forks, a block holds about this many of the size of its input while it runs:
# its normalised input, the convolution's output, the sum, and the convolution's workspace.
WORKING_ACTIVATIONS = 6


@dataclass
class Node:
    """A place in the trie: what may come next, and which lesions end here."""

    children: dict[Step, "Node"] = field(default_factory=dict)
    ends: list[int] = field(default_factory=list)
    alive: int = 1  # activations that exist at most while this node's subtree runs, its own included


def trie(lesions: Sequence[Lesion]) -> Node:
    """The lesions as a trie, each node's children in the order that keeps fewest activations alive."""
    root = Node()
    for index, lesion in enumerate(lesions):
        node = root
        for step in lesion.steps():
            node = node.children.setdefault(step, Node())
        node.ends.append(index)
    for node in reversed(_nodes(root)):  # children before parents
        ordered = sorted(node.children.items(), key=lambda item: item[1].alive)
        node.children = dict(ordered)
        last = len(ordered) - 1
        node.alive = max([1, *(child.alive + (place != last) for place, (_, child) in enumerate(ordered))])
    return root


def _nodes(root: Node) -> list[Node]:
    found, waiting = [], [root]
    while waiting:
        node = waiting.pop()
        found.append(node)
        waiting.extend(node.children.values())
    return found


def block_evaluations(lesions: Sequence[Lesion]) -> int:
    """Blocks that the engine runs for one batch, deleted ones not counted."""
    return sum(step[1] for node in _nodes(trie(lesions)) for step in node.children)


def check(network: Network, lesions: Sequence[Lesion]) -> None:
    """Raise NetworkError unless the network can run under each of the lesions."""
    for lesion in lesions:
        if len(set(lesion.order)) != len(lesion.order) or not set(lesion.order) <= set(range(len(network.blocks))):
            raise NetworkError(f"{lesion.name}: the order {lesion.order} is none of blocks 0 to {len(network.blocks) - 1}")
        for block in sorted(lesion.deleted):
            if not network.blocks[block].deletable:
                raise NetworkError(f"{lesion.name}: {cannot_delete(f'block {block}', network.blocks[block])}")


@torch.inference_mode()
def measure(
    network: Network, images: Images, lesions: Sequence[Lesion], *, memory_bytes: int = DEFAULT_MEMORY_BYTES
) -> list[Score]:
    """Score of the network under each lesion, in eval mode, on unaugmented images.

    Holds no more than about `memory_bytes` of activations, whatever the network
    and the number of images; NetworkError where a lesion does not fit the network.
    """
    check(network, lesions)
    network.eval()
    root = trie(lesions)
    size = batch_size(network, images, root.alive, memory_bytes)
    predicted = torch.empty(len(lesions), len(images), dtype=torch.int64, device=images.labels.device)
    losses = torch.zeros(len(lesions), dtype=torch.float64, device=images.labels.device)
    for start in range(0, len(images), size):
        here = slice(start, start + size)
        labels = images.labels[here]
        for index, logits in _run(network, root, images.normalised(here.start, here.stop)):
            predicted[index, here] = logits.argmax(1)
            losses[index] += functional.cross_entropy(logits.double(), labels, reduction="sum")
    means = (losses / len(images)).tolist()
    return [Score(row, images.labels, finite(mean)) for row, mean in zip(predicted, means, strict=True)]


def _run(network: Network, root: Node, batch: Tensor):  # type: ignore[no-untyped-def]
    """Logits of each lesion of the trie, as (index of the lesion, logits), depth first."""
    waiting: list[tuple[Node, Tensor]] = [(root, network.stem(batch))]
    del batch
    pending: list[tuple[Node, Step, Tensor]] = []
    while waiting or pending:
        if not waiting:
            node, step, x = pending.pop()
            block = network.blocks[step[0]]
            waiting.append((node, block(x) if step[1] else block.delete(x)))
            del x
            continue
        node, x = waiting.pop()
        if node.ends:
            logits = network.head(x)
            for index in node.ends:
                yield index, logits
        # The stack gives the first child back first.
        pending.extend((child, step, x) for step, child in reversed(node.children.items()))
        del x


@torch.inference_mode()
def batch_size(network: Network, images: Images, alive: int, memory_bytes: int) -> int:
    """Images per batch so that the activations alive at one time stay within the bound; at least one."""
    largest = _largest_activation(network, images)
    return max(1, min(EVALUATION_BATCH, memory_bytes // (largest * (alive + WORKING_ACTIVATIONS))))


def _largest_activation(network: Network, images: Images) -> int:
    """Bytes of the largest activation between blocks, for one image."""
    x = network.stem(images.normalised(0, 1))
    largest = x.nbytes
    for block in network.blocks:
        x = block(x)
        largest = max(largest, x.nbytes)
    return largest
