"""Small networks of torchvision's families, and what is done to them by hooks on the original modules alone.

Nothing here knows of graphs: a branch is deleted by a hook that makes its last layer give zeros, blocks change places
by exchanging modules, and a path is followed by detaching one operand of each sum of two tensors of one shape.
"""

import copy
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, partial
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.overrides import TorchFunctionMode
from torchvision import models
from torchvision.models.convnext import CNBlockConfig, ConvNeXt
from torchvision.models.efficientnet import EfficientNet, FusedMBConvConfig, MBConvConfig
from torchvision.models.regnet import BlockParams, RegNet
from torchvision.models.resnet import BasicBlock, Bottleneck, ResNet

CLASSES = 4


@dataclass(frozen=True)
class Family:
    """A small network, its number of residual blocks, and where its code has what.

    `tail` is the last layer of a branch within a block; `branch_first` whether the branch is the first operand of its
    sum, for each of the sums of a module in turn; `pair` are two modules that may change places.
    """

    make: Callable[[], nn.Module]
    blocks: int
    tail: str
    branch_first: tuple[bool, ...]
    pair: tuple[str, str]


def _mbconv(kind: Any, expansion: int, stride: int, channels: int, out: int, layers: int) -> Any:
    return kind(expansion, 3, stride, channels, out, layers)


def _efficientnet() -> EfficientNet:
    setting = [
        _mbconv(MBConvConfig, 1, 1, 8, 8, 2),
        _mbconv(MBConvConfig, 4, 2, 8, 16, 1),
        _mbconv(MBConvConfig, 4, 2, 16, 24, 4),
    ]
    return EfficientNet(setting, dropout=0.2, last_channel=32, num_classes=CLASSES)


def _efficientnet_v2() -> EfficientNet:
    setting = [
        _mbconv(FusedMBConvConfig, 1, 1, 8, 8, 2),
        _mbconv(FusedMBConvConfig, 4, 2, 8, 16, 2),
        _mbconv(MBConvConfig, 4, 2, 16, 24, 3),
    ]
    return EfficientNet(setting, dropout=0.2, last_channel=32, num_classes=CLASSES)


def _regnet() -> RegNet:
    sizes = BlockParams.from_init_params(depth=7, w_0=16, w_a=8.0, w_m=2.2, group_width=8, se_ratio=0.25)
    return RegNet(sizes, num_classes=CLASSES)


def _convnext() -> ConvNeXt:
    setting = [CNBlockConfig(8, 16, 2), CNBlockConfig(16, 24, 2), CNBlockConfig(24, None, 2)]
    return ConvNeXt(setting, layer_scale=0.3, stochastic_depth_prob=0.1, num_classes=CLASSES)


# fmt: off
FAMILIES = {
    "resnet": Family(
        partial(ResNet, BasicBlock, [2, 2, 1, 1], CLASSES, width_per_group=64),
        6, "bn2", (True,), ("layer1.0", "layer1.1")),
    "bottleneck": Family(
        partial(ResNet, Bottleneck, [1, 3, 1, 1], CLASSES, groups=4, width_per_group=4),
        6, "bn3", (True,), ("layer2.1", "layer2.2")),
    "wide_resnet": Family(
        partial(ResNet, Bottleneck, [3, 1, 1, 1], CLASSES, width_per_group=128),
        6, "bn3", (True,), ("layer1.1", "layer1.2")),
    "regnet": Family(
        _regnet, 7, "f", (False,), ("trunk_output.block2.block2-1", "trunk_output.block2.block2-2")),
    "convnext": Family(
        _convnext, 6, "block", (True,), ("features.5.0", "features.5.1")),
    "efficientnet": Family(
        _efficientnet, 5, "block", (True,), ("features.3.1", "features.3.2")),
    "efficientnet_v2": Family(
        _efficientnet_v2, 5, "block", (True,), ("features.1.0", "features.1.0")),
    "mobilenet_v2": Family(
        partial(models.mobilenet_v2, num_classes=CLASSES, width_mult=0.25),
        11, "conv", (False,), ("features.8", "features.9")),
    "mobilenet_v3": Family(
        partial(models.mobilenet_v3_small, num_classes=CLASSES),
        6, "block", (True,), ("features.10", "features.11")),
    "mnasnet": Family(
        partial(models.MNASNet, 0.25, CLASSES),
        11, "layers", (True,), ("layers.12.1", "layers.12.2")),
    "swin": Family(
        partial(models.SwinTransformer, [2, 2], 8, [2, 2], [2, 4], [4, 4], num_classes=CLASSES),
        8, "", (False,), ("features.3.0", "features.3.1")),
    "vit": Family(
        partial(models.VisionTransformer, 32, 8, 3, 4, 16, 32, num_classes=CLASSES),
        6, "", (True, False), ("encoder.layers.encoder_layer_0", "encoder.layers.encoder_layer_2")),
}
# fmt: on


@cache
def original(name: str) -> nn.Module:
    """The family's network in eval mode, with weights and statistics that are not trivial; copy it to change it."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(1)
        model = FAMILIES[name].make()
        for module in model.modules():
            if isinstance(module, (nn.BatchNorm2d, nn.LayerNorm)):
                nn.init.uniform_(module.weight, 0.5, 1.5)
                nn.init.normal_(module.bias, std=0.3)
            if isinstance(module, nn.BatchNorm2d):
                nn.init.normal_(module.running_mean, std=0.3)
                nn.init.uniform_(module.running_var, 0.5, 1.5)
        last = [module for module in model.modules() if isinstance(module, nn.Linear)][-1]
        nn.init.normal_(last.weight, std=0.3)
    return model.eval()


def images(count: int = 3, dtype: torch.dtype = torch.float32) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(3)
    pixels = torch.randn(count, 3, 32, 32, generator=generator, dtype=torch.float64).to(dtype)
    return pixels, torch.randint(0, CLASSES, (count,), generator=generator)


def tails(name: str, model: nn.Module, layers: Sequence[str]) -> list[nn.Module]:
    """The last layer of each block's branch, by the model's own name of the block."""
    return [model.get_submodule(f"{layer}.{FAMILIES[name].tail}".strip(".")) for layer in layers]


@contextmanager
def silent(layer: nn.Module) -> Iterator[None]:
    """The layer gives zeros."""

    def zeros(module: nn.Module, given: Any, output: Any) -> Any:
        return tuple(map(_zeros, output)) if isinstance(output, tuple) else _zeros(output)

    handle = layer.register_forward_hook(zeros)
    try:
        yield
    finally:
        handle.remove()


def _zeros(output: Tensor | None) -> Tensor | None:
    return None if output is None else torch.zeros_like(output)


def exchanged(model: nn.Module, one: str, other: str) -> nn.Module:
    """A copy of the model in which two modules have changed places."""
    model = copy.deepcopy(model)
    first, second = model.get_submodule(one), model.get_submodule(other)
    for place, module in ((one, second), (other, first)):
        owner, _, last = place.rpartition(".")
        setattr(model.get_submodule(owner), last, module)
    return model


class OnlyAlong(TorchFunctionMode):
    """Of every sum of two different tensors of one shape, the gradient goes to one operand alone: along one path."""

    def __init__(self, path: Sequence[int], branch_first: tuple[bool, ...]) -> None:
        super().__init__()
        self.path, self.branch_first, self.sums = set(path), branch_first, 0

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if getattr(func, "__name__", "") not in ("add", "__add__", "__iadd__", "add_") or not _alike(args):
            return func(*args, **(kwargs or {}))
        first = self.branch_first[self.sums % len(self.branch_first)]
        kept = first if self.sums in self.path else not first
        self.sums += 1
        one, other = args
        return torch.add(one, other.detach()) if kept else torch.add(one.detach(), other)


def _alike(args: Sequence[Any]) -> bool:
    return len(args) == 2 and all(isinstance(each, Tensor) for each in args) and args[0].shape == args[1].shape


def gradient_along(name: str, model: nn.Module, path: Sequence[int], pixels: Tensor, labels: Tensor) -> Tensor:
    """Autograd's gradient of the mean loss at the images, along one path of the original module."""
    pixels = pixels.clone().requires_grad_(True)
    with OnlyAlong(path, FAMILIES[name].branch_first) as mode:
        loss = functional.cross_entropy(model(pixels), labels)
    assert mode.sums == FAMILIES[name].blocks
    return torch.autograd.grad(loss, pixels)[0]
