"""All paths of networks of others, maps and tokens alike: against enumeration on the original modules, and autograd."""

import copy
import math
from functools import cache

import numpy as np
import pytest
import torch
from torch import nn
from torch.func import vjp
from torch.nn import functional

import resdag.paths.spectrum as engine
from foreign_networks import FAMILIES, gradient_along, images, original
from resdag.models.discovery import unravel
from resdag.models.network import Network
from resdag.paths.adjoint import linearise
from resdag.paths.sampled import path_norms
from resdag.paths.signs import random_signs
from resdag.paths.spectrum import path_spectrum
from small_networks import all_paths

SOME = pytest.mark.parametrize("name", ["vit", "convnext", "swin", "mobilenet_v2", "efficientnet", "bottleneck"])


@cache
def carved(name: str) -> Network:
    """The family's network in float64."""
    return unravel(copy.deepcopy(original(name)).double(), images(dtype=torch.float64)[0])


def drawn(name: str, draws: int) -> np.ndarray:
    return np.stack([random_signs(FAMILIES[name].blocks, 3, 0, draw) for draw in range(draws)])


@pytest.mark.workflow
@SOME
def test_the_sum_over_all_paths_is_the_gradient_of_the_original_module(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    stacks = []
    lengths, (pixels, labels) = FAMILIES[name].blocks + 1, images(dtype=torch.float64)
    monkeypatch.setattr(engine.Stack, "along_sum", lambda stack: stacks.append(stack) or torch.zeros(lengths, 3))
    path_spectrum(carved(name), pixels, labels, drawn(name, 2))
    pixels.requires_grad_(True)
    model = copy.deepcopy(original(name)).double()
    (expected,) = torch.autograd.grad(functional.cross_entropy(model(pixels), labels), pixels)
    at_input = stacks[0]
    total = torch.ldexp(at_input.gradients[0], at_input.exponents[0, :, :, None, None, None]).sum(0)
    assert (total - expected).norm() < 1e-10 * expected.norm()


@pytest.mark.workflow
@pytest.mark.parametrize("name", ["vit", "convnext"])
def test_every_path_has_the_norm_and_every_length_the_sum_that_enumeration_gives(name: str) -> None:
    pixels, labels = images(dtype=torch.float64)
    model, blocks, paths = copy.deepcopy(original(name)).double(), FAMILIES[name].blocks, all_paths(6)
    assert blocks == 6
    gradients = [gradient_along(name, model, sorted(path), pixels, labels) for path in paths]
    norms = path_norms(carved(name), pixels, labels, [sorted(path) for path in paths]).at_input
    for gradient, ours in zip(gradients, norms, strict=True):
        norm = float(gradient.norm())
        assert ours == (pytest.approx(math.log10(norm), abs=1e-9) if norm else None)
    found = path_spectrum(carved(name), pixels, labels, drawn(name, 400)).at_input
    for length in range(blocks + 1):
        of_length = [gradient for path, gradient in zip(paths, gradients, strict=True) if len(path) == length]
        assert found.norm_of_sum[length] == pytest.approx(float(sum(of_length).norm()), rel=1e-9)
        energy = sum(float(gradient.square().sum()) for gradient in of_length)
        assert abs(found.energy[length] - energy) <= 4 * found.energy_se[length] + 1e-12 * energy


@pytest.mark.workflow
@SOME
@pytest.mark.parametrize("memory_bytes", [1, 3_000_000])
def test_a_small_memory_bound_gives_the_same_norms_and_spectrum(name: str, memory_bytes: int) -> None:
    (pixels, labels), blocks = images(dtype=torch.float64), FAMILIES[name].blocks
    paths = [[], [0], list(range(0, blocks, 2)), list(range(blocks))]
    network = carved(name)
    whole, parts = (path_norms(network, pixels, labels, paths, memory_bytes=each) for each in (2**31, memory_bytes))
    assert parts.at_first_block == pytest.approx(whole.at_first_block, abs=1e-11)
    signs = drawn(name, 2)
    whole, parts = (path_spectrum(network, pixels, labels, signs, memory_bytes=each) for each in (2**31, memory_bytes))
    assert parts.at_input.energy == pytest.approx(whole.at_input.energy, rel=1e-9, abs=1e-14)
    assert parts.at_input.norm_of_sum == pytest.approx(whole.at_input.norm_of_sum, rel=1e-9, abs=1e-14)


class Doubling(nn.Conv2d):
    """Computes something else than the class that it inherits from."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return 2 * super().forward(x)


LAYERS = {
    "linear": nn.Linear(6, 4),
    "layer norm": nn.LayerNorm(6),
    "layer norm over two axes": nn.LayerNorm((5, 6)),
    "layer norm without weights": nn.LayerNorm(6, elementwise_affine=False),
    "gelu": nn.GELU(),
    "silu": nn.SiLU(),
    "relu6": nn.ReLU6(),
    "hardswish": nn.Hardswish(),
    "hardsigmoid": nn.Hardsigmoid(),
    "layer without a rule": nn.Softmax(-1),
    "layer that gives a view": nn.Flatten(),
    "layer that gives one number to many places": nn.AdaptiveAvgPool1d(1),
    "sequence": nn.Sequential(nn.Linear(6, 4), nn.GELU(), nn.Linear(4, 6), nn.Flatten(), nn.Tanh()),
    "what inherits from a convolution": nn.Sequential(nn.Unflatten(1, (5, 1)), Doubling(5, 3, 1)),
}


@pytest.mark.parametrize("name", LAYERS)
def test_the_rule_of_each_layer_of_tokens_is_what_autograd_computes_and_gradients_stay_as_they_are(name: str) -> None:
    layer = LAYERS[name].double().eval()
    generator = torch.Generator().manual_seed(0)
    for parameter in layer.parameters():
        parameter.data.normal_(generator=generator)
    x = 3 * torch.randn(2, 5, 6, dtype=torch.float64, generator=generator)
    with torch.no_grad():
        y, adjoint = linearise(layer, x)
        expected, pull = vjp(layer, x)
        gradients = torch.randn(4, *expected.shape, dtype=torch.float64, generator=generator)
        before = gradients.clone()
        passed = adjoint(gradients)
        assert torch.equal(y, expected)
        assert torch.allclose(passed, torch.stack([pull(g)[0] for g in gradients]), rtol=1e-12, atol=1e-12)
        passed.mul_(2)  # it is nobody else's
        assert torch.equal(gradients, before)
