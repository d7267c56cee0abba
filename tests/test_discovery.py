"""Networks of others, taken apart, against hooks on the original modules, which know nothing of graphs."""

import copy
import math
from collections.abc import Sequence
from functools import cache

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional
from torchvision import models

from foreign_networks import CLASSES, FAMILIES, exchanged, gradient_along, images, original, silent, tails
from resdag.combinatorics import path_choice
from resdag.datasets.tensors import Images
from resdag.errors import NetworkError
from resdag.lesions.single import single
from resdag.models.discovery import carve, unravel
from resdag.models.network import Network
from resdag.paths.sampled import path_norms

pytestmark = pytest.mark.workflow
ALL = pytest.mark.parametrize("name", FAMILIES)


@cache
def carved(name: str) -> Network:
    """The family's network, taken apart."""
    return unravel(original(name), images()[0])


def layers(network: Network) -> list[str]:
    return [block.origin.name for block in network.blocks]


@ALL
def test_the_blocks_are_those_of_the_models_own_layers_and_nothing_is_lost(name: str) -> None:
    model, network = original(name), carved(name)
    assert len(network.blocks) == FAMILIES[name].blocks
    assert len(set(layers(network))) == len(network.blocks)
    assert all(model.get_submodule(layer) for layer in layers(network))
    count = [sum(parameter.numel() for parameter in each.parameters()) for each in (network, model)]
    assert count[0] == count[1]
    assert all(block.deletable and block.has_skip for block in network.blocks)


PROJECTION = {"resnet": "downsample", "bottleneck": "downsample", "wide_resnet": "downsample", "regnet": "proj"}
"""Where the code of a family has what its skips compute; other families add to nothing but what was given."""


@ALL
def test_a_block_changes_the_shape_where_its_skip_does_and_not_where_a_layer_between_blocks_does(name: str) -> None:
    model, network = original(name), carved(name)
    own = [getattr(model.get_submodule(layer), PROJECTION.get(name, ""), None) is not None for layer in layers(network)]
    assert [block.changes_shape for block in network.blocks] == own
    between = [index for index, block in enumerate(network.blocks) if block.takes != block.gives and not own[index]]
    assert not any(index in group for index in between for group in network.order_groups())
    assert bool(between) == (name in {"efficientnet", "efficientnet_v2", "mobilenet_v2", "mobilenet_v3", "mnasnet",
                                      "convnext", "swin"})  # fmt: skip


@ALL
@torch.no_grad()
def test_the_network_gives_the_models_own_bits_for_any_number_of_images(name: str) -> None:
    model, network = original(name), carved(name)
    for count in (1, 3, 5):
        pixels = images(count)[0]
        assert torch.equal(network(pixels), model(pixels))


@ALL
@torch.no_grad()
def test_a_deleted_block_is_a_branch_that_a_hook_silences(name: str) -> None:
    model, network, pixels = original(name), carved(name), images()[0]
    for index, tail in enumerate(tails(name, model, layers(network))):
        with silent(tail):
            expected = model(pixels)
        active = [block != index for block in range(len(network.blocks))]
        assert torch.equal(network(pixels, active), expected)
        assert not torch.equal(expected, model(pixels))


@ALL
@torch.no_grad()
def test_the_engine_scores_each_deletion_as_the_hooks_do(name: str) -> None:
    model, network, data = original(name), carved(name), noise()
    pixels = data.normalised(0, len(data))
    lesions, scores = single(network, data)
    assert [lesion["deleted"] for lesion in lesions] == [[index] for index in range(len(network.blocks))]
    for score, tail in zip(scores, tails(name, model, layers(network)), strict=True):
        with silent(tail):
            logits = model(pixels)
        assert score.loss == pytest.approx(float(functional.cross_entropy(logits.double(), data.labels)), rel=1e-4)
        clear = margin(logits) > 1e-3 * logits.abs().max()
        assert torch.equal(score.predicted[clear], logits.argmax(1)[clear])
        assert clear.float().mean() > 0.5


def noise(count: int = 12) -> Images:
    generator = torch.Generator().manual_seed(0)
    pixels = torch.randint(0, 256, (count, 3, 32, 32), generator=generator).to(torch.uint8)
    statistics = torch.tensor([0.5, 0.5, 0.5]).double()
    return Images(pixels, torch.arange(count) % CLASSES, tuple("abcd"), statistics, statistics / 2)


def margin(logits: Tensor) -> Tensor:
    two = logits.topk(2, dim=1).values
    return two[:, 0] - two[:, 1]


@ALL
@torch.no_grad()
def test_blocks_that_change_places_are_modules_that_change_places(name: str) -> None:
    model, network, pixels = original(name), carved(name), images()[0]
    one, other = FAMILIES[name].pair
    order = swapped(layers(network), (one, other))
    for index, place in enumerate(order):  # blocks that may, by their form
        assert index == place or any({index, place} <= set(group) for group in network.order_groups())
    x = network.stem(pixels)
    for index in order:
        x = network.blocks[index](x)
    expected = exchanged(model, one, other)(pixels)
    assert torch.equal(network.head(x), expected)
    assert one == other or not torch.equal(expected, network(pixels))


def swapped(names: Sequence[str], pair: tuple[str, str]) -> list[int]:
    """The order of blocks when the blocks of two modules change places."""
    first, second = ([index for index, name in enumerate(names) if f"{name}.".startswith(f"{each}.")] for each in pair)
    assert first and len(first) == len(second)
    order = list(range(len(names)))
    for here, there in zip(first, second, strict=True):
        order[here], order[there] = there, here
    return order


@ALL
def test_the_gradient_along_a_path_is_that_of_the_original_module(name: str) -> None:
    model, (pixels, labels) = copy.deepcopy(original(name)).double(), images(dtype=torch.float64)
    network, blocks = copy.deepcopy(carved(name)).double(), FAMILIES[name].blocks
    paths = [path_choice(blocks, length, 0) for length in (0, 1, blocks // 2, blocks - 1, blocks)]
    for path, ours in zip(paths, path_norms(network, pixels, labels, paths).at_input, strict=True):
        expected = gradient_along(name, model, path, pixels, labels).norm()
        assert ours == (pytest.approx(math.log10(expected), abs=1e-9) if expected else None)  # no attention, no image


@pytest.mark.parametrize("name", ["convnext", "swin", "vit"])
def test_the_structure_is_found_without_weights(name: str) -> None:
    network = carved(name)
    bare = carve(copy.deepcopy(original(name)).to("meta"), images()[0].to("meta"))
    assert [block.origin for block in bare.blocks] == [block.origin for block in network.blocks]
    assert list(bare.state_dict()) == list(network.state_dict())


def test_a_model_is_left_as_it_was_and_in_place_layers_overwrite_nothing() -> None:
    model = copy.deepcopy(original("resnet")).train()
    before = copy.deepcopy(model.state_dict())
    network = unravel(model, images()[0])
    assert model.training and model.relu.inplace
    assert all(torch.equal(value, before[key]) for key, value in model.state_dict().items())
    assert not any(getattr(module, "inplace", False) for module in network.modules())
    assert isinstance(network.blocks[-1].after, nn.ReLU)  # behind the last sum too


@pytest.mark.parametrize(
    ("model", "reason"),
    [
        (lambda: models.densenet121(num_classes=CLASSES), "concatenation, 62 times"),
        (lambda: models.shufflenet_v2_x0_5(num_classes=CLASSES), "concatenation, 16 times"),
        (lambda: models.googlenet(num_classes=CLASSES, init_weights=False, aux_logits=False), "concatenation, 9 times"),
        (lambda: models.vgg11(num_classes=CLASSES), "no residual blocks"),
    ],
    ids=["densenet", "shufflenet", "googlenet", "vgg"],
)
def test_networks_without_such_sums_are_refused_with_the_reason(model, reason: str) -> None:
    with torch.device("meta"):
        bare = model()
    with pytest.raises(NetworkError, match=reason):
        carve(bare, torch.empty(2, 3, 64, 64, device="meta"))


class Wrapped(nn.Module):
    """Four channels, one block whose branch is given, and a linear layer."""

    def __init__(self, branch: nn.Module) -> None:
        super().__init__()
        self.stem, self.branch, self.head = nn.Conv2d(3, 4, 3, padding=1), branch, nn.Linear(4, CLASSES)

    def forward(self, x: Tensor) -> Tensor:
        x = self.stem(x)
        x = x + self.branch(x)
        return self.head(x.mean((2, 3)))


class Choosing(nn.Conv2d):
    """A convolution that looks at its input: torch.fx cannot follow that."""

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x) if x.sum() > 0 else -super().forward(x)


class Counting(nn.Module):
    """Gives something else every time."""

    def __init__(self) -> None:
        super().__init__()
        self.calls = 0

    def forward(self, x: Tensor) -> Tensor:
        self.calls += 1
        return x * self.calls


def test_a_module_that_cannot_be_followed_is_one_layer() -> None:
    class Inside(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.one, self.choosing = nn.ReLU(inplace=True), Choosing(4, 4, 1)

        def forward(self, x: Tensor) -> Tensor:
            x = self.one(x * 2)
            return self.choosing(x + 1) if x.min() < 0 else self.choosing(x)

    model = Wrapped(nn.Sequential(nn.Conv2d(4, 4, 1), Inside()))
    network = unravel(model, images()[0])
    assert layers(network) == ["branch"]
    assert [type(part) for part in network.blocks[0].body] == [nn.Conv2d, Inside]


def test_a_network_that_does_not_say_what_the_model_says_is_refused() -> None:
    with pytest.raises(NetworkError, match="off by"):
        unravel(Wrapped(Counting()), images()[0])


def test_what_gives_no_logits_is_refused() -> None:
    with pytest.raises(NetworkError, match=r"gives a tensor of shape \(3, 3, 32, 32\)"):
        unravel(nn.Sequential(nn.ReLU()), images()[0])


class Preactivation(nn.Module):
    """A block whose projection reads the activation that the branch reads, as in He et al. 2016."""

    def __init__(self, channels: int, out: int) -> None:
        super().__init__()
        self.norm, self.conv = nn.BatchNorm2d(channels), nn.Conv2d(channels, out, 3, padding=1)
        self.project = nn.Conv2d(channels, out, 1) if channels != out else None

    def forward(self, x: Tensor) -> Tensor:
        active = functional.relu(self.norm(x), inplace=True)
        skip = x if self.project is None else self.project(active)
        return skip + self.conv(active)


def test_what_both_ways_read_is_shared_by_them_and_belongs_to_their_block() -> None:
    parts = [nn.Conv2d(3, 4, 3), Preactivation(4, 4), Preactivation(4, 4), Preactivation(4, 6), Preactivation(6, 6)]
    model = nn.Sequential(*parts, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(6, CLASSES))
    network = unravel(model, images()[0])
    assert layers(network) == ["1", "2", "3", "4"]
    assert network.order_groups() == ((0, 1),)
    assert [block.origin.fixed for block in network.blocks] == [None, None, "its skip is not the identity", None]
    assert isinstance(network.blocks[1].after, nn.Identity)
    assert [type(block.shared) is nn.Identity for block in network.blocks] == [True, True, False, True]


class Sized(nn.Module):
    """Two sums in one module, the second behind a size of what came before the first."""

    def __init__(self) -> None:
        super().__init__()
        self.stem, self.one, self.two = nn.Conv2d(3, 4, 8, stride=8), nn.Linear(4, 4), nn.Linear(4, 4)
        self.head = nn.Linear(4, CLASSES)

    def forward(self, x: Tensor) -> Tensor:
        x = self.stem(x).permute(0, 2, 3, 1)
        n, height, width, channels = x.shape[0], x.shape[1], x.shape[2], x.shape[3]
        x = x + self.one(x)
        x = x.reshape(n, height * width, channels)
        x = x + self.two(x)
        return self.head(x.reshape(n, height, width, channels).mean((1, 2)))


def test_sizes_of_what_came_before_a_block_are_known_for_any_number_of_images() -> None:
    model = Sized().eval().requires_grad_(False)  # linear layers that need a gradient round in another way
    network = unravel(model, images()[0])
    assert layers(network) == ["one", "two"]
    for count in (1, 4):
        with torch.no_grad():
            assert torch.equal(network(images(count)[0]), model(images(count)[0]))
