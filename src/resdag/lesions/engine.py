"""Run one network under many lesions, computing what they share once.

Lesions are sequences of steps, so a set of them is a trie: two lesions that
begin alike share their activations up to where they part.  The engine walks
the trie depth first, once for each batch of images.  At a fork it keeps the
activation until the last child, and takes the child that keeps fewest
activations alive first; so at most `alive` of them exist at a time, a number
known beforehand, from which the batch size follows for any memory bound.

The arithmetic of each lesion is that of running it alone: the same operations
on the same numbers, in another order of lesions.  All single deletions of 54 blocks
and the intact network cost 1,485 blocks instead of 2,916.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import torch
from torch import Tensor

from resdag.datasets.tensors import Images
from resdag.errors import NetworkError
from resdag.lesions.answers import Answers, Classes, Judgements, joined
from resdag.lesions.lesion import Lesion, Part, Step
from resdag.lesions.way import Metric, nobody
from resdag.models.inference import folded
from resdag.models.memory import DEFAULT_MEMORY_BYTES, WORKING_TENSORS, largest_activation
from resdag.models.network import Block, Network, cannot_delete, spoken
from resdag.training.evaluate import EVALUATION_BATCH

Layer = Callable[[Tensor], Tensor]

# On a CPU, activations of a batch that stay in the cache go through a layer about 1.4 times faster; below some images a
# convolution has too little to do.
CACHE_BYTES = 4 * 2**20
LEAST_BATCH = 16


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
    for node in reversed(nodes(root)):  # children before parents
        ordered = sorted(node.children.items(), key=lambda item: item[1].alive)
        node.children = dict(ordered)
        last = len(ordered) - 1
        node.alive = max([1, *(child.alive + (place != last) for place, (_, child) in enumerate(ordered))])
    return root


def nodes(root: Node) -> list[Node]:
    """All nodes of a trie, parents before children."""
    found, waiting = [], [root]
    while waiting:
        node = waiting.pop()
        found.append(node)
        waiting.extend(node.children.values())
    return found


def block_evaluations(lesions: Sequence[Lesion]) -> int:
    """Branches that the engine runs for one batch of images; what is left of deleted blocks is not counted."""
    return sum(part is not Part.SKIP for node in nodes(trie(lesions)) for _, part in node.children)


def check(network: Network, lesions: Sequence[Lesion]) -> None:
    """Raise NetworkError unless the network can run under each of the lesions."""
    for lesion in lesions:
        _check_order(network, lesion)
        _check_deletions(network, lesion)


def _check_order(network: Network, lesion: Lesion) -> None:
    """Every block has a place, or several, at each of which it is given as many channels as it reads."""
    last = len(network.blocks) - 1
    if set(lesion.order) != set(range(last + 1)):
        raise NetworkError(
            f"{lesion.name}: order {list(lesion.order)} must name each of the blocks 0 to {last}, and no other"
        )
    for index in lesion.repeated:
        if not network.blocks[index].reorderable:
            raise NetworkError(
                f"{lesion.name}: block {index} cannot run more than once: what it gives has another form than what "
                "it takes; repeat only blocks that are `reorderable`"
            )
    form = network.blocks[0].takes
    for index in lesion.order:
        block = network.blocks[index]
        if block.takes != form:
            raise NetworkError(
                f"{lesion.name}: block {index} reads {spoken(block.takes)}, and the order hands it {spoken(form)}: "
                "exchange only blocks of one of the network's `order_groups`"
            )
        form = block.gives


def _check_deletions(network: Network, lesion: Lesion) -> None:
    last = len(network.blocks) - 1
    for index in sorted(lesion.deleted):
        if not 0 <= index <= last:
            raise NetworkError(f"{lesion.name}: there is no block {index} to delete: blocks are 0 to {last}")
        if not network.blocks[index].deletable:
            raise NetworkError(f"{lesion.name}: {cannot_delete(f'block {index}', network.blocks[index])}")
    for index in sorted(lesion.skipless):
        if not 0 <= index <= last:
            raise NetworkError(f"{lesion.name}: there is no skip {index} to delete: blocks are 0 to {last}")
        if not network.blocks[index].has_skip:
            raise NetworkError(f"{lesion.name}: block {index} has no skip connection to delete")
        if index in lesion.deleted:
            raise NetworkError(f"{lesion.name}: nothing is left of block {index}: delete its branch or its skip")


Told = Callable[[float], None]


@torch.inference_mode()
def measure(
    network: Network,
    images: Images | Iterable[Images],
    lesions: Sequence[Lesion],
    *,
    memory_bytes: int = DEFAULT_MEMORY_BYTES,
    metric: Metric | None = None,
    told: Told = nobody,
) -> list[Any]:
    """Score of the network under each lesion, in their order, in eval mode, on unaugmented images.

    Runs a copy of the network that has batch norm folded into its convolutions: the
    same answers but for rounding, and the network is left as it was.  Holds no more than about
    `memory_bytes` of activations, whatever the network and the number of images, down to
    a batch of one image; images may come in parts, one after another.
    A `metric` judges the outputs in place of wrong classes; `told` hears of images done, as they are.
    NetworkError where a lesion does not fit the network.
    """
    check(network, lesions)
    faster = folded(network)
    parts = [images] if isinstance(images, Images) else images
    found = [_measure(faster, part, lesions, memory_bytes, metric, told) for part in parts]
    if not found:
        raise NetworkError("there is no image to measure the network on: give one at least")
    return [joined(scores) for scores in zip(*found, strict=True)]


def _measure(
    network: Network,
    images: Images,
    lesions: Sequence[Lesion],
    memory_bytes: int,
    metric: Metric | None = None,
    told: Told = nobody,
) -> list[Any]:
    root = trie(lesions)
    size = batch_size(network, images, root.alive, memory_bytes)
    answers = collector(len(lesions), images, metric)
    return scores(len(lesions), images, size, lambda here: _run(network, root, images, here), answers, told)


Run = Callable[[slice], Iterator[tuple[int, Tensor]]]


def collector(lesions: int, images: Images, metric: Metric | None = None) -> Answers:
    """What takes in the outputs of so many lesions."""
    return Classes(lesions, images) if metric is None else Judgements(lesions, images, metric)


def scores(lesions: int, images: Images, size: int, run: Run, answers: Answers, told: Told = nobody) -> list[Any]:
    """Scores of so many lesions from their outputs, which `run` gives batch by batch."""
    for start in range(0, len(images), size):
        here = slice(start, start + size)
        for index, outputs in run(here):
            answers.add(index, here, outputs)
            told(len(outputs) / lesions)
    return answers.scores()


def _run(network: Network, root: Node, images: Images, here: slice) -> Iterator[tuple[int, Tensor]]:
    """Index and logits (n, classes) of each lesion of the trie on images `here`."""
    parts = Parts(network.stem, lambda _, step: layer(network.blocks[step[0]], step), lambda _: network.head)
    return walk(root, parts, [images.normalised(here.start, here.stop)])


class Parts(NamedTuple):
    """What runs at the root of a trie, at each other node, and where a lesion ends."""

    stem: Layer
    layer: Callable[[Node, Step], Layer]
    head: Callable[[Node], Layer]


def walk(root: Node, parts: Parts, batch: list[Tensor]) -> Iterator[tuple[int, Tensor]]:
    """Index and logits (n, classes) of each lesion of the trie on the one batch in the list, depth first.

    The stack holds the only lasting references to activations: one is freed as soon as its last child has read it.
    """
    stack: list[tuple[Node, Layer, Tensor]] = [(root, parts.stem, batch.pop())]
    while stack:
        node, layer, x = stack.pop()
        x = layer(x)
        if node.ends:
            logits = parts.head(node)(x)
            for index in node.ends:
                yield index, logits
        # The stack gives the first child back first.
        stack += [(child, parts.layer(child, step), x) for step, child in reversed(node.children.items())]


def layer(block: Block, step: Step) -> Layer:
    """What a step does to an activation."""
    layers: dict[Part, Layer] = {Part.WHOLE: block, Part.SKIP: block.delete, Part.BRANCH: block.delete_skip}
    return layers[step[1]]


@torch.inference_mode()
def batch_size(network: Network, images: Images, alive: int, memory_bytes: int) -> int:
    """Images per batch so that the activations alive at one time stay within the bound; at least one."""
    largest = largest_activation(network, images.normalised(0, 1))
    wanted = max(LEAST_BATCH, CACHE_BYTES // largest) if images.pixels.device.type == "cpu" else EVALUATION_BATCH
    return max(1, min(EVALUATION_BATCH, wanted, memory_bytes // (largest * (alive + WORKING_TENSORS))))
