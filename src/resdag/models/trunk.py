"""Which nodes of a graph does every way from input to output pass?  Its trunk, and the additions on it.

A node dominates another if every way from the input to the other passes it; the nearest one is its
immediate dominator.  In a graph without circles that is the nearest common ancestor, in the tree of
dominators, of the nodes that it reads (Cooper, Harvey, Kennedy 2001).  Ways are those of tensors
that depend on the image: parameters and sizes are on none.

An addition on the trunk is residual where its two operands part at one dominator and share nothing
behind it.  The smaller of the two ways (nodes, then parameters) is the skip.
"""

import operator
from collections.abc import Iterable
from dataclasses import dataclass
from operator import attrgetter

import torch
from torch import fx, nn

ADDITIONS = (operator.add, torch.add, "add")


class Ways:
    """The ways of images through a traced graph."""

    def __init__(self, graph: fx.Graph) -> None:
        self.order: list[fx.Node] = []
        self.parent: dict[fx.Node, fx.Node] = {}
        self._depth: dict[fx.Node, int] = {}
        for node in graph.nodes:
            if node.op == "placeholder" and not self.order:
                self.order.append(node)
                self._depth[node] = 0
            elif node.op != "output" and node.meta["tensor"] and self.read_by(node):
                self.order.append(node)
                self.parent[node] = self._common(self.read_by(node))
                self._depth[node] = self._depth[self.parent[node]] + 1
            elif node.op == "output":
                (self.last,) = node.all_input_nodes

    def __contains__(self, node: fx.Node) -> bool:
        return node in self._depth

    def read_by(self, node: fx.Node) -> list[fx.Node]:
        """What a node reads that depends on the image."""
        return [each for each in node.all_input_nodes if each in self]

    def sources(self, node: fx.Node) -> set[fx.Node]:
        """The nearest nodes that depend on the image and that a node, which may be a size, is computed from."""
        if node in self:
            return {node}
        return set().union(*(self.sources(read) for read in node.all_input_nodes))

    def _common(self, nodes: Iterable[fx.Node]) -> fx.Node:
        first, *others = nodes
        for other in others:
            while first is not other:
                if self._depth[first] < self._depth[other]:
                    first, other = other, first
                first = self.parent[first]
        return first

    def trunk(self, start: fx.Node | None = None, end: fx.Node | None = None) -> list[fx.Node]:
        """Nodes that every way from `start` to `end` passes, both included; of the whole graph, where none is given."""
        node = end or self.last
        found = [node]
        while node in self.parent and node is not start:
            node = self.parent[node]
            found.append(node)
        return found[::-1]

    def between(self, start: fx.Node, end: fx.Node) -> set[fx.Node]:
        """Nodes on the ways from `start`, which dominates `end`, to it; `end` included, `start` not."""
        found: set[fx.Node] = set()
        waiting = [end]
        while waiting:
            node = waiting.pop()
            if node is not start and node not in found:
                found.add(node)
                waiting += self.read_by(node)
        return found


@dataclass(frozen=True)
class Sum:
    """A residual addition: where its two ways part, the last node of each, and itself."""

    start: fx.Node
    skip: fx.Node
    branch: fx.Node
    end: fx.Node


def residual_sums(ways: Ways, root: nn.Module) -> list[Sum]:
    """The residual additions of a graph, from the input on."""
    return [found for node in ways.trunk() if (found := _residual(ways, node, root))]


def _residual(ways: Ways, node: fx.Node, root: nn.Module) -> Sum | None:
    operands = [each for each in node.args if isinstance(each, fx.Node)]
    if node.target not in ADDITIONS or node.kwargs or len(set(operands)) != 2 or len(ways.read_by(node)) != 2:
        return None
    start = ways.parent[node]
    one, other = (ways.between(start, each) for each in operands)
    if one & other or any(each.meta["shape"] != node.meta["shape"] for each in operands):
        return None
    skip, branch = sorted(operands, key=lambda each: _size(ways, start, each, root))
    return Sum(start, skip, branch, node)


def _size(ways: Ways, start: fx.Node, end: fx.Node, root: nn.Module) -> tuple[int, int]:
    """Nodes of a way, and its parameters."""
    nodes = ways.between(start, end)
    return len(nodes), sum(parameters_of(nodes, root).values())


def parameters_of(nodes: Iterable[fx.Node], root: nn.Module) -> dict[fx.Node, int]:
    """Parameters of the layers that these nodes call, and those that functions read, at the node that names them."""
    found = {}
    for node in nodes:
        for each in (node, *(read for read in node.all_input_nodes if read.op == "get_attr")):
            if each.op == "call_module":
                layer = root.get_submodule(str(each.target))
                found[each] = sum(parameter.numel() for parameter in layer.parameters())
            elif each.op == "get_attr":
                value = attrgetter(str(each.target))(root)
                found[each] = value.numel() if isinstance(value, nn.Parameter) else 0
    return found
