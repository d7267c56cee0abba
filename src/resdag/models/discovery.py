"""Where are the residual blocks of a network that someone else wrote?

The model is traced (`tracing`), the additions that every way passes and whose operands share nothing are found
(`trunk`), and each becomes a `Block` of this package: its ways are cut out of the graph (`pieces`).  What stands
between two of them belongs to the join of the block before, or, where it is code of the next block's own module, is
what both of its ways read.  A carved network is given out only if it says what the model says.
"""

import copy
from collections import Counter
from collections.abc import Sequence

import torch
from torch import Tensor, fx, nn

from resdag.errors import NetworkError
from resdag.models.network import Block, Network, Origin, spoken
from resdag.models.pieces import piece
from resdag.models.tracing import trace
from resdag.models.trunk import Sum, Ways, parameters_of, residual_sums

BOUND = 1e-6  # of the largest logit; every family tried differs by 0


def unravel(model: nn.Module, example: Tensor) -> Network:
    """The model as blocks that can be deleted, exchanged and followed; the model itself is left as it was.

    `example` is a batch of normalised images, (N, C, H, W), N two or more.  In eval mode, parameters frozen.
    NetworkError where there are no residual blocks, or the carved network would not compute the same.
    """
    network = carve(model, example)
    check_same(model, network, example)
    return network


def carve(model: nn.Module, example: Tensor) -> Network:
    """The same, but not yet held against the model; of model and example on the device "meta", the structure alone."""
    traced = trace(model, example)
    ways = Ways(traced.graph)
    sums = residual_sums(ways, traced)
    if not sums:
        raise NetworkError(_no_blocks(model, traced.graph))
    return _carve(ways, sums, traced)


def _no_blocks(model: nn.Module, graph: fx.Graph) -> str:
    joined = sum(getattr(node.target, "__name__", "") in ("cat", "concat", "concatenate") for node in graph.nodes)
    how = f"; it joins ways by concatenation, {joined} times, which is no sum" if joined else ""
    return (
        f"{type(model).__name__} has no residual blocks: nowhere do two ways that part at one place and share nothing "
        f"meet in a sum that every way passes{how}; there is nothing to delete or to follow in it"
    )


def _carve(ways: Ways, sums: Sequence[Sum], root: nn.Module) -> Network:
    names = _names(ways, sums, root)
    ends = [_end(ways, one, following) for one, following in zip(sums, [*sums[1:], None], strict=True)]
    begins = [sums[0].start, *ends[:-1]]
    forms = list(dict.fromkeys(one.end.meta["shape"] for one in sums))
    blocks = []
    for name, begin, one, end in zip(names, begins, sums, ends, strict=True):
        owner = one.end.meta["owner"]
        axis = _channel_axis(ways, one, root)
        block = Block(
            stage=forms.index(one.end.meta["shape"]),
            in_channels=one.start.meta["shape"][axis],
            out_channels=one.end.meta["shape"][axis],
            shared=piece(ways, begin, one.start, root, owner),
            shortcut=piece(ways, one.start, one.skip, root, owner),
            body=piece(ways, one.start, one.branch, root, owner),
            after=piece(ways, one.end, end, root, owner),
            origin=_origin(name, begin, one, end),
        )
        blocks.append(block)
    stem = piece(ways, ways.order[0], begins[0], root)
    return Network(stem, blocks, piece(ways, ends[-1], ways.last, root)).eval()


def _end(ways: Ways, one: Sum, following: Sum | None) -> fx.Node:
    """The last node of a block's join: all but the next block's own code; of the last block, its own code alone."""
    owner = one.end.meta["owner"]
    if following is None:
        trunk = ways.trunk(one.end, ways.last)
        return trunk[_own_code(trunk[1:], owner)]
    trunk, theirs = ways.trunk(one.end, following.start), following.end.meta["owner"]
    return trunk[-1 if owner == theirs else -1 - _own_code(trunk[:0:-1], theirs)]


def _own_code(nodes: Sequence[fx.Node], owner: str) -> int:
    """How many of the first nodes are code within a module, which is not the whole model."""
    within = [bool(owner) and f"{node.meta['owner']}.".startswith(f"{owner}.") for node in nodes]
    return [*within, False].index(False)


def _names(ways: Ways, sums: Sequence[Sum], root: nn.Module) -> list[str]:
    """The model's own name of each block: of the module that adds; of its largest part, where it adds twice."""
    owners = [one.end.meta["owner"] for one in sums]
    return [
        owner if owner and owners.count(owner) == 1 else _largest_part(ways, one, root)
        for owner, one in zip(owners, sums, strict=True)
    ]


def _largest_part(ways: Ways, one: Sum, root: nn.Module) -> str:
    """The part of the adding module that has most of the branch's parameters."""
    owner, sizes = one.end.meta["owner"], Counter[str]()
    for node, size in parameters_of(ways.between(one.start, one.branch), root).items():
        part = node.meta["owner"].removeprefix(owner).strip(".").split(".")[0]
        sizes[f"{owner}.{part}".strip(".")] += size
    return sizes.most_common(1)[0][0] if sizes else one.end.name


def _channel_axis(ways: Ways, one: Sum, root: nn.Module) -> int:
    """Where channels stand in (N, ...): last for tokens and for maps whose branch begins with a layer for them."""
    layers = [root.get_submodule(str(node.target)) for node in ways.between(one.start, one.branch) if _is_layer(node)]
    of_maps = sum(isinstance(layer, (nn.Conv2d, nn.BatchNorm2d)) for layer in layers)
    return 1 if len(one.end.meta["shape"]) == 4 and of_maps else -1


def _is_layer(node: fx.Node) -> bool:
    return node.op == "call_module"


def _origin(name: str, begin: fx.Node, one: Sum, end: fx.Node) -> Origin:
    given, added, handed_on = (node.meta["shape"][1:] for node in (begin, one.end, end))
    fixed = None
    if one.skip is not one.start:
        fixed = "its skip is not the identity"
    elif given != added:
        fixed = f"what both of its ways read takes {spoken(given)} to {spoken(added)}"
    elif added != handed_on:
        fixed = f"what follows its sum takes {spoken(added)} to {spoken(handed_on)}"
    return Origin(name, given, handed_on, one.start.meta["shape"] != one.end.meta["shape"], fixed)


@torch.no_grad()
def check_same(model: nn.Module, network: Network, example: Tensor) -> None:
    """Raise NetworkError unless the carved network says what the model says, and overwrites nothing on the way.

    Compared on the whole example and on its first image; logits may differ by a millionth of the largest.
    """
    original = copy.deepcopy(model).eval()  # in eval mode, and what a forward pass may leave behind stays in the copy
    for images in (example, example[:1]):
        expected, found = original(images), network(images)
        off, largest = float((found - expected).abs().max()), float(expected.abs().max())
        if not off <= BOUND * largest:
            raise NetworkError(
                f"{type(model).__name__}, taken apart into blocks, gives logits that are off by {off:.1e}, where the "
                f"largest is {largest:.1e} and {BOUND:.0e} of it is allowed: tracing does not see all that it does"
            )
    x = network.stem(example)
    for block in network.blocks:
        before, version = x, x._version
        x = block(x)
        if before._version != version:
            raise NetworkError(f"{block.origin.name if block.origin else 'a block'} overwrites its own input")
