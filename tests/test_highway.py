"""Highway networks against equation 3 worked out on raw tensors, and their gates against plain loops."""

import math

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from resdag.datasets.tensors import Images
from resdag.errors import NetworkError
from resdag.models.build import build, count_parameters
from resdag.models.network import Block, Network
from resdag.training.gates import BINS, gate_rows
from small_networks import batch, small

QUANTILES = {"q05": 0.05, "q25": 0.25, "q50": 0.5, "q75": 0.75, "q95": 0.95}


def normalised(x: Tensor, state: dict[str, Tensor], name: str) -> Tensor:
    mean, variance, weight, bias = (
        state[f"{name}.{what}"].view(-1, 1, 1) for what in ("running_mean", "running_var", "weight", "bias")
    )
    return (x - mean) / torch.sqrt(variance + 1e-5) * weight + bias


def gates_of(block: Block, x: Tensor) -> Tensor | float:
    """T(x) from the raw weights of a 1 x 1 convolution; a half where there is none."""
    state = block.state_dict()
    if "shared.opening.conv.weight" not in state:
        return 0.5
    weight, bias = state["shared.opening.conv.weight"][:, :, 0, 0], state["shared.opening.conv.bias"]
    stride = x.shape[-1] // (x.shape[-1] if block.in_channels == block.out_channels else x.shape[-1] // 2)
    z = torch.einsum("oc,nchw->nohw", weight, x[:, :, ::stride, ::stride]) + bias[:, None, None]
    return 1 / (1 + torch.exp(-z))


def transformed(block: Block, x: Tensor) -> Tensor:
    """H(x) from the raw weights: two convolutions, each followed by batch norm and a ReLU."""
    state = block.state_dict()
    prefix = "body.transform" if "body.transform.conv1.weight" in state else "body"
    stride = 1 if block.in_channels == block.out_channels else 2
    x = F.conv2d(x, state[f"{prefix}.conv1.weight"], stride=stride, padding=1)
    x = normalised(x, state, f"{prefix}.bn1").clamp(min=0)
    x = F.conv2d(x, state[f"{prefix}.conv2.weight"], padding=1)
    return normalised(x, state, f"{prefix}.bn2").clamp(min=0)


def carried(block: Block, x: Tensor) -> Tensor:
    """x, or every other pixel of it between zero channels."""
    if block.in_channels == block.out_channels:
        return x
    count, channels, height, width = x.shape
    y = x.new_zeros(count, 2 * channels, height // 2, width // 2)
    y[:, channels // 2 : channels // 2 + channels] = x[:, :, ::2, ::2]
    return y


@pytest.mark.parametrize("name", ["highway", "highway, frozen"])
def test_every_block_is_equation_3_and_without_its_gate_the_input(name: str) -> None:
    network, (images, _) = small(name), batch()
    x = network.stem(images)
    for block in network.blocks:
        gates, h, skip = gates_of(block, x), transformed(block, x), carried(block, x)
        y = h * gates + skip * (1 - gates)
        torch.testing.assert_close(block(x), y, rtol=1e-12, atol=1e-14)
        torch.testing.assert_close(block.branch(x), h * gates, rtol=1e-12, atol=1e-14)
        torch.testing.assert_close(block.skip(x), skip * (1 - gates), rtol=1e-12, atol=1e-14)
        assert torch.equal(block.delete(x), skip)  # T = 0, bit for bit
        x = y
    assert x.min() >= 0  # so that the ReLU of `resnet` behind a sum would change nothing


def test_a_frozen_gate_has_the_parameters_of_resnet_and_a_learned_one_those_of_its_convolutions() -> None:
    kinds = ("frozen", "learned")
    frozen, learned = (build("highway", in_channels=3, classes=10, depth=20, gate=gate) for gate in kinds)
    assert count_parameters(frozen) == 269_722  # He et al. 2015, option A
    widths = [(16, 16)] * 3 + [(16, 32)] + [(32, 32)] * 2 + [(32, 64)] + [(64, 64)] * 2
    gates = sum(before * after + after for before, after in widths)
    assert count_parameters(learned) == 269_722 + gates


@pytest.mark.parametrize("bias", [-1.0, -4.0])
def test_gates_start_at_the_bias_and_all_else_as_in_resnet(bias: float) -> None:
    network = build("highway", in_channels=3, classes=10, depth=8, gate_bias=bias)
    for block in network.blocks:
        _, gates = block.shared(torch.zeros(1, block.in_channels, 4, 4))
        assert gates.flatten().tolist() == pytest.approx([1 / (1 + math.exp(-bias))] * gates.numel())
    assert not network.head.linear.bias.any()


def test_an_unknown_gate_is_refused() -> None:
    with pytest.raises(NetworkError, match="gate 'open' is not known: it is learned or frozen"):
        build("highway", in_channels=3, classes=10, depth=8, gate="open")


# Gates measured


def some_images(count: int = 7) -> Images:
    source = torch.Generator().manual_seed(0)
    pixels = torch.randint(0, 256, (count, 3, 8, 8), generator=source).to(torch.uint8)
    mean, std = torch.tensor([0.4, 0.45, 0.5]).double(), torch.tensor([0.2, 0.25, 0.3]).double()
    return Images(pixels, torch.zeros(count, dtype=torch.int64), ("a", "b"), mean, std)


def all_gates(network: Network, images: Images) -> list[Tensor]:
    """T of every block, each image by itself: (images, units)."""
    found: list[list[Tensor]] = [[] for _ in network.blocks]
    for image in range(len(images)):
        x = network.stem(images.normalised(image, image + 1))
        for index, block in enumerate(network.blocks):
            found[index].append(gates_of(block, x).flatten())
            x = block(x)
    return [torch.stack(each) for each in found]


@pytest.mark.parametrize("size", [2, 500])
def test_gates_are_counted_as_by_a_loop_over_images(size: int) -> None:
    network, images = small("highway").float(), some_images()
    with torch.no_grad():
        expected = all_gates(network, images)
    found = gate_rows(network, images, size)
    assert [row["block"] for row in found] == list(range(9))
    for row, gates in zip(found, expected, strict=True):
        means = gates.double().mean(1)
        assert (row["images"], row["units"]) == gates.shape
        assert row["mean"] == pytest.approx(means.mean().item(), rel=1e-6)
        assert row["sd_images"] == pytest.approx(means.std().item(), rel=1e-4)
        for name, share in {"image_q05": 0.05, "image_q95": 0.95}.items():
            assert row[name] == pytest.approx(means.quantile(share).item(), rel=1e-6)
        for name, share in QUANTILES.items():
            near = gates.flatten().quantile(share, interpolation="nearest").item()
            assert row[name] == pytest.approx(near, abs=1 / BINS + 0.02 * near)  # some hundred gates: steps of a rank
        assert row["below_half"] == (gates < 0.5).double().mean().item()


def test_gates_of_a_constant_are_that_constant() -> None:
    network = small("highway").float()
    for index, block in enumerate(network.blocks):
        block.shared.opening.conv.weight.data.zero_()
        block.shared.opening.conv.bias.data.fill_(index - 4.0)
    for index, row in enumerate(gate_rows(network, some_images())):
        expected = 1 / (1 + math.exp(4 - index))
        assert row["mean"] == pytest.approx(expected, rel=1e-6)
        assert row["sd_images"] == pytest.approx(0, abs=1e-7)
        assert [row[name] for name in QUANTILES] == pytest.approx([expected] * 5, abs=1 / BINS)
        assert row["below_half"] == float(index < 4)


@pytest.mark.parametrize("name", ["highway, frozen", "post-activation"])
def test_a_network_without_learned_gates_has_none_to_measure(name: str) -> None:
    with pytest.raises(NetworkError, match="no gates that were learned"):
        gate_rows(small(name).float(), some_images())


def test_measuring_leaves_the_network_in_its_mode_and_its_statistics_alone() -> None:
    network = small("highway").float().train()
    before = {name: value.clone() for name, value in network.state_dict().items()}
    gate_rows(network, some_images())
    assert network.training
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())
