"""What does a module of anyone's compute?  Its forward pass as a graph of layers and functions.

torch.fx follows the module in eval mode; a part that it cannot follow (a branch on a value,
say) is taken as one layer.  The graph is run on an example, so that every
node knows the shape of what it gives.  Nothing in it overwrites anything: in-place layers and
functions become the ones that make a new tensor, and layers that hand on what they are given
(dropout in eval mode) are left out.
"""

import copy
import operator
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, fx, nn

from resdag.errors import NetworkError

IN_PLACE: dict[Any, Callable[..., Any]] = {
    operator.iadd: operator.add,
    operator.isub: operator.sub,
    operator.imul: operator.mul,
    operator.itruediv: operator.truediv,
}
BATCH = "images"  # a size that is the number of images, or follows from it
IDLE_FUNCTIONS = ("dropout", "dropout1d", "dropout2d", "dropout3d", "alpha_dropout", "stochastic_depth", "drop_path")


class Tracer(fx.Tracer):
    """torch.fx's tracer, which takes a module that it cannot follow as one layer."""

    def call_module(self, m: nn.Module, forward: Callable[..., Any], args: Any, kwargs: Any) -> Any:
        nodes, modules = len(self.graph.nodes), len(self.module_stack)
        try:
            return super().call_module(m, forward, args, kwargs)
        except Exception:  # noqa: BLE001  code of anyone's, which was not written for proxies, raises anything
            for node in list(self.graph.nodes)[: nodes - 1 : -1]:
                self.graph.erase_node(node)
            while len(self.module_stack) > modules:
                self.module_stack.popitem()
            return self.create_proxy("call_module", self.path_of_module(m), args, kwargs)


def trace(model: nn.Module, example: Tensor) -> fx.GraphModule:
    """The graph of a copy of the model in eval mode, run on `example` (N, ...), with what each node gives.

    A node's `meta` has `shape` (None where it gives no tensor), `size` (a whole number that it gives, or BATCH where it
    moves with the images) and `owner`, the name of the module whose code it is.
    NetworkError where the model cannot be followed at all, or does not give one tensor.
    """
    model = copy.deepcopy(model).eval().requires_grad_(False)
    for module in model.modules():
        if getattr(module, "inplace", False) is True:
            module.inplace = False  # type: ignore[assignment]
    tracer = Tracer()
    try:
        traced = fx.GraphModule(model, tracer.trace(model))
    except Exception as error:  # noqa: BLE001  likewise
        raise NetworkError(
            f"{type(model).__name__} cannot be followed by torch.fx ({_first_line(error)}): its own `forward` must not "
            "depend on values; put such code into a module of its own, which is then taken as one layer"
        ) from None
    _nothing_in_place(traced.graph)
    output = _watched(traced, example)
    if not isinstance(output, Tensor) or output.ndim != 2:
        raise NetworkError(
            f"{type(model).__name__} gives a {_described(output)}, and logits of shape (N, classes) are wanted: "
            "wrap it in a module that returns them alone"
        )
    _without_idle(traced.graph)
    return traced


@torch.no_grad()
def _watched(traced: fx.GraphModule, example: Tensor) -> Any:
    """Run the graph with one more image, then as many as there are; what it gives for these.

    Without numbers where that can be done: nothing is computed, and only forms are wanted.
    """
    runs = torch.cat([example, example[:1]]), example
    try:
        bare = copy.deepcopy(traced).to("meta")
        *_, output = (_Watched(bare, graph=traced.graph).run(images.to("meta")) for images in runs)
    except Exception:
        if example.is_meta:
            raise
        *_, output = (_Watched(traced).run(images) for images in runs)
    return output


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]


def _described(output: object) -> str:
    return f"tensor of shape {tuple(output.shape)}" if isinstance(output, Tensor) else type(output).__name__


class _Watched(fx.Interpreter):
    """Runs a graph and writes down what each node gives."""

    def run_node(self, n: fx.Node) -> Any:
        result = super().run_node(n)
        n.meta["shape"] = tuple(result.shape) if isinstance(result, Tensor) else None
        if isinstance(result, int):
            n.meta["size"] = result if n.meta.get("size", result) in (result, None) else BATCH
        n.meta["tensor"] = _has_tensor(result)
        n.meta["idle"] = _may_be_idle(n) and any(self.env.get(given) is result for given in n.all_input_nodes[:1])
        stack = n.meta.get("nn_module_stack") or {"": ("", None)}
        n.meta["owner"] = n.target if n.op == "call_module" else list(stack.values())[-1][0]
        return result


def _has_tensor(result: Any) -> bool:
    return isinstance(result, Tensor) or (
        isinstance(result, (tuple, list)) and any(isinstance(each, Tensor) for each in result)
    )


def _may_be_idle(node: fx.Node) -> bool:
    """Whether the node, where it hands on its input once, does so always: layers, and what is called dropout."""
    name = getattr(node.target, "__name__", "")
    return node.op == "call_module" or (node.op == "call_function" and name in IDLE_FUNCTIONS)


def _nothing_in_place(graph: fx.Graph) -> None:
    for node in graph.nodes:
        if node.op == "call_function":
            node.target = IN_PLACE.get(node.target, node.target)
            if "inplace" in node.kwargs:
                node.kwargs = node.kwargs | {"inplace": False}
        elif node.op == "call_method" and _overwrites(node.target):
            node.target = node.target.removesuffix("_")


def _overwrites(method: str) -> bool:
    """Whether a method of tensors overwrites its tensor, and has a twin that does not."""
    twin = method.removesuffix("_")
    return method.endswith("_") and not method.endswith("__") and hasattr(Tensor, twin)


def _without_idle(graph: fx.Graph) -> None:
    for node in list(graph.nodes):
        if node.meta["idle"]:
            node.replace_all_uses_with(node.all_input_nodes[0])
            graph.erase_node(node)
