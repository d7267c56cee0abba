"""The path engine against enumeration: autograd with one way detached at every block."""

import itertools
import math

import numpy as np
import pytest
import torch
from torch import nn
from torch.func import vjp
from torch.nn import functional

import resdag.paths.sampled as engine
from resdag.combinatorics import path_choice
from resdag.errors import NetworkError
from resdag.models.build import build
from resdag.models.gates import Carried, Gate, Times, Transformed
from resdag.models.layers import Place, Subsample
from resdag.models.network import Block
from resdag.paths.adjoint import linearise
from resdag.paths.forward import ways_back
from resdag.paths.sampled import path_norms
from resdag.paths.tree import branch_passes
from small_networks import NETWORKS, all_paths, batch, gradient_of_path, gradients_of_all_paths, scaled, small


@pytest.mark.parametrize("name", NETWORKS)
def test_the_gradients_of_all_paths_sum_to_the_ordinary_gradient(name: str) -> None:
    network, (images, labels) = scaled(name), batch()
    assert len(network.blocks) == 9
    total = sum(at_input for at_input, _ in gradients_of_all_paths(name).values())
    images.requires_grad_(True)
    (ordinary,) = torch.autograd.grad(functional.cross_entropy(network(images), labels), images)
    assert (total - ordinary).norm() < 1e-13 * ordinary.norm()


@pytest.mark.parametrize("name", NETWORKS)
def test_detaching_the_other_ways_and_walking_the_tree_of_paths_are_one(name: str) -> None:
    network, (images, labels) = scaled(name), batch()
    for path in all_paths(9)[::73]:
        walked = gradients_of_all_paths(name)[frozenset(path)]
        for one, other in zip(gradient_of_path(network, images, labels, path), walked, strict=True):
            assert (one - other).norm() < 1e-12 * one.norm()


@pytest.mark.parametrize("least_bytes", [1, engine.LEAST_BYTES])  # each gradient alone, as on real images; many as one
@pytest.mark.parametrize("name", NETWORKS)
def test_the_engine_gives_every_path_the_norm_that_autograd_gives_it(
    name: str, least_bytes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "LEAST_BYTES", least_bytes)
    network, (images, labels) = scaled(name), batch()
    paths = all_paths(9)
    norms = path_norms(network, images, labels, [sorted(path) for path in paths])
    for path, at_input, at_first in zip(paths, norms.at_input, norms.at_first_block, strict=True):
        expected = gradients_of_all_paths(name)[frozenset(path)]
        for ours, gradient in zip((at_input, at_first), expected, strict=True):
            assert ours == pytest.approx(math.log10(gradient.norm()), abs=1e-11)


def test_train_mode_uses_the_statistics_of_the_batch_and_leaves_the_running_ones() -> None:
    network, (images, labels) = small("pre-activation"), batch()
    before = {name: value.clone() for name, value in network.state_dict().items()}
    paths = [[], [0, 4], [1, 2, 3, 8]]
    norms = path_norms(network, images, labels, paths, batch_norm="train").at_input
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())
    assert not network.training
    network.train()
    for path, ours in zip(paths, norms, strict=True):
        expected = gradient_of_path(network, images, labels, set(path))[0]
        assert ours == pytest.approx(math.log10(expected.norm()), abs=1e-11)
    assert norms != path_norms(network.eval(), images, labels, paths).at_input


def test_a_small_memory_bound_gives_the_same_norms() -> None:
    network, (images, labels) = small("pre-activation"), batch()
    paths = [path_choice(9, length, sample) for length in range(10) for sample in range(2)]
    whole = path_norms(network, images, labels, paths)
    one_by_one = path_norms(network, images, labels, paths, memory_bytes=1)
    assert one_by_one.at_input == pytest.approx(whole.at_input, abs=1e-12)
    assert one_by_one.at_first_block == pytest.approx(whole.at_first_block, abs=1e-12)


@pytest.mark.parametrize("count", [1, 7, 40])
def test_each_distinct_beginning_of_a_way_back_passes_a_branch_once(
    count: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    network, (images, labels) = small("pre-activation"), batch()
    paths = [path_choice(9, sample % 10, sample) for sample in range(count)] + [[], [8], [8]]
    passed, linearised = [], []

    def counted(block: Block, entered: torch.Tensor) -> engine.WaysBack:
        back = ways_back(block, entered)
        linearised.append(len(entered))
        return engine.WaysBack(
            back.join, back.skip, lambda gradients: passed.append(len(gradients)) or back.branch(gradients)
        )

    monkeypatch.setattr(engine, "ways_back", counted)
    path_norms(network, images, labels, paths)
    beginnings = {tuple(block for block in path if block >= first) for path in paths for first in path}
    assert sum(passed) == len(beginnings) == branch_passes(paths, 9)
    assert linearised == [5] * 9  # each block once, on all five images


def test_a_skip_that_is_the_identity_hands_on_the_gradient_itself() -> None:
    network = small("pre-activation")
    x = network.stem(batch()[0])
    back, gradients = ways_back(network.blocks[0], x.detach()), [x.detach().clone()]
    assert engine._pass(back, gradients, np.array([0, 0]), np.array([False, True]))[0] is gradients[0]


def test_norms_survive_where_float32_would_underflow() -> None:
    network, (images, labels) = small("pre-activation", depth=56), batch()
    for block in network.blocks:
        block.scale = 1e-3
    path = [list(range(27))]
    ours = path_norms(network.float(), images.float(), labels, path).at_input[0]
    expected = gradient_of_path(network.double(), images, labels, set(path[0]))[0].norm()
    assert expected < 1e-60  # nothing that float32 can hold
    assert ours == pytest.approx(math.log10(expected), abs=1e-4)


def test_a_dead_path_has_no_logarithm() -> None:
    network, (images, labels) = small("pre-activation"), batch()
    network.blocks[3].body.bn2.weight.data.zero_()
    network.blocks[3].body.bn2.bias.data.fill_(-1)  # its second ReLU is shut everywhere
    norms = path_norms(network, images, labels, [[3], [2], [2, 3]])
    assert norms.at_input[0] is None
    assert norms.at_input[2] is None
    assert norms.at_input[1] is not None


@pytest.mark.parametrize("name", ["pre-activation", "post-activation, projection"])
def test_the_samplers_mean_for_each_length_agrees_with_enumeration(name: str) -> None:
    network, (images, labels) = small(name), batch()
    everything = {length: [sorted(path) for path in all_paths(9) if len(path) == length] for length in range(10)}
    draws = 300
    for length in (0, 1, 4, 8, 9):
        true = 10 ** np.array(path_norms(network, images, labels, everything[length]).at_input)
        sampled = [path_choice(9, length, sample) for sample in range(draws)]
        norms = 10 ** np.array(path_norms(network, images, labels, sampled).at_input)
        standard_error = true.std() / math.sqrt(draws)
        assert abs(norms.mean() - true.mean()) <= 4 * standard_error + 1e-12
        if 0 < length < 9:
            assert {tuple(path) for path in sampled} <= {tuple(path) for path in everything[length]}


def test_a_network_of_scalars_can_be_worked_on_paper() -> None:
    # y = x + w x at each block, w = 1, 2, 4: the path through blocks S has gradient prod(w in S) of the loss's.
    network = build(in_channels=1, classes=2, architecture="preact_resnet", depth=8, width=4).double().eval()
    for weight, block in zip((1.0, 2.0, 4.0), network.blocks, strict=True):
        block.shared, block.shortcut, block.after = nn.Identity(), nn.Identity(), nn.Identity()
        block.body = nn.Conv2d(4, 4, 1, bias=False).double()
        block.body.weight.data.copy_(weight * torch.eye(4)[:, :, None, None])
    network.head = nn.Sequential(nn.Flatten(), nn.Linear(4 * 64, 2).double())
    images, labels = torch.randn(3, 1, 8, 8, dtype=torch.float64), torch.tensor([0, 1, 1])
    paths = [list(path) for length in range(4) for path in itertools.combinations(range(3), length)]
    norms = path_norms(network, images, labels, paths).at_input
    ratios = [10 ** (norm - norms[0]) for norm in norms]
    assert ratios == pytest.approx([1, 1, 2, 4, 2, 4, 8, 8])


def test_networks_without_skips_have_no_paths() -> None:
    network = build(in_channels=3, classes=4, architecture="vgg", depth=6, channels=4).double().eval()
    with pytest.raises(NetworkError, match="without a skip connection"):
        path_norms(network, *batch(), [[0]])


LAYERS = {
    "convolution": nn.Conv2d(3, 6, 3, stride=2, padding=1),
    "convolution on a map of odd size": nn.Conv2d(3, 2, 1, stride=2),
    "grouped convolution": nn.Conv2d(3, 6, 3, groups=3, dilation=2),
    "circular convolution": nn.Conv2d(3, 6, 3, padding=1, padding_mode="circular"),
    "subsample": Subsample(Place(1, 3, 8, 2)),
    "relu": nn.ReLU(),
    "relu in place": nn.ReLU(inplace=True),
    "layer without a rule": nn.GELU(),
    "sequence": nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.MaxPool2d(2)),
    "half": Times(0.5),
    "branch of a highway block": nn.Sequential(Gate(3, 4, 2, -1.0), Transformed(nn.Conv2d(3, 4, 3, 2, 1))),
    "skip of a highway block": nn.Sequential(Gate(3, 8, 2, -1.0), Carried(Subsample(Place(1, 3, 8, 2)))),
}


@pytest.mark.parametrize("name", LAYERS)
@pytest.mark.parametrize("size", [7, 8])
def test_the_rule_of_each_layer_is_what_autograd_computes(name: str, size: int) -> None:
    layer = LAYERS[name].double().eval()
    x = torch.randn(2, 3, size, size, dtype=torch.float64)
    with torch.no_grad():
        y, adjoint = linearise(layer, x)
        expected, pull = vjp(lambda x: layer(x.clone()), x)
        gradients = torch.randn(4, *expected.shape, dtype=torch.float64)
        assert torch.equal(y, expected)
        assert torch.allclose(adjoint(gradients), torch.stack([pull(g)[0] for g in gradients]), rtol=1e-12, atol=1e-12)
