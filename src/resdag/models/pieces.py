"""A stretch of a traced graph as a module of its own.

What stands in a row becomes an `nn.Sequential`: a layer that reads the one before it is taken as it is, so that the
engines see its kind; what lies between such layers (functions, ways that part and meet) becomes a
small graph.  Layers keep their parameters, and in their names the model's own.
"""

import copy
from collections import OrderedDict
from collections.abc import Iterable
from itertools import pairwise
from typing import Any

from torch import fx, nn

from resdag.errors import NetworkError
from resdag.models.tracing import BATCH
from resdag.models.trunk import Ways


def piece(ways: Ways, start: fx.Node, end: fx.Node, root: nn.Module, owner: str = "") -> nn.Module:
    """The module that makes what `end` gives from what `start` gives, which dominates it: the identity if they are one.

    Its layers have their names within the module `owner`.  NetworkError where something else is read that depends on
    the image.
    """
    parts: OrderedDict[str, nn.Module] = OrderedDict()
    for first, last in _steps(ways.trunk(start, end)):
        layer = _layer(first, last, root) or _graph(ways, first, last, root)
        parts[_name(last, owner, parts)] = layer
    if len(parts) == 1:
        return next(iter(parts.values()))
    return nn.Sequential(parts) if parts else nn.Identity()


def _steps(trunk: list[fx.Node]) -> Iterable[tuple[fx.Node, fx.Node]]:
    """From where to where each part goes: layers one by one, and whole what lies between two of them."""
    begun = trunk[0]
    for first, last in pairwise(trunk):
        if _stands_alone(first, last):
            if begun is not first:
                yield begun, first
            yield first, last
            begun = last
    if begun is not trunk[-1]:
        yield begun, trunk[-1]


def _stands_alone(first: fx.Node, last: fx.Node) -> bool:
    return last.op == "call_module" and last.args == (first,) and not last.kwargs


def _layer(first: fx.Node, last: fx.Node, root: nn.Module) -> nn.Module | None:
    """The layer itself, one without parameters as a copy: models use one ReLU at many places."""
    if not _stands_alone(first, last):
        return None
    layer = root.get_submodule(str(last.target))
    return layer if layer.state_dict() else copy.deepcopy(layer)


def _name(node: fx.Node, owner: str, taken: Iterable[str]) -> str:
    if node.op != "call_module":
        return node.name
    name = str(node.target).removeprefix(f"{owner}.").replace(".", "_")
    return node.name if name in taken or hasattr(nn.Sequential, name) else name


def _graph(ways: Ways, first: fx.Node, last: fx.Node, root: nn.Module) -> fx.GraphModule:
    """The nodes behind `first` up to `last`, and all that they read which does not depend on the image."""
    graph, within = fx.Graph(), ways.between(first, last)
    copies: dict[fx.Node, Any] = {first: graph.placeholder("x")}

    def copied(node: fx.Node) -> Any:
        if node in copies:
            return copies[node]
        if node in ways and node not in within:
            raise NetworkError(
                f"{last.meta['owner'] or last.name} reads {node.name}, which is made before the block that it is in: "
                "such a way around blocks cannot be taken apart"
            )
        if node.meta.get("size") is not None and not ways.sources(node) <= within | {first}:
            copies[node] = _size(node.meta["size"], graph, copies[first])
        else:
            for read in node.all_input_nodes:
                copied(read)
            copies[node] = graph.node_copy(node, copies.__getitem__)
        return copies[node]

    graph.output(copied(last))
    return fx.GraphModule(root, graph)


def _size(size: int | str, graph: fx.Graph, x: fx.Node) -> int | fx.Node:
    """A whole number of another tensor's shape: the number of images, or what it is for every image."""
    return graph.call_method("size", (x, 0)) if size == BATCH else int(size)
