"""Bytes that measurements really hold, against the study's bound: at 1,202 layers, and at images of 224 pixels."""

import numpy as np
import pytest
import torch
from torchvision import models

from resdag.lesions.engine import _measure, trie
from resdag.lesions.lesion import deletion, intact
from resdag.models.build import build
from resdag.models.discovery import unravel
from resdag.models.inference import folded
from resdag.models.memory import CACHE_BYTES, WORKING_TENSORS, largest_activation
from resdag.models.network import Network
from resdag.paths import sampled, spectrum
from resdag.paths.signs import random_signs
from resdag.paths.spectrum import path_spectrum
from resdag.training.evaluate import evaluate
from test_lesions import Peak, noise

pytestmark = pytest.mark.workflow

SIZES = pytest.mark.parametrize(("depth", "pixels"), [(1202, 16), (20, 224)])
PIECE = WORKING_TENSORS * CACHE_BYTES  # what is within a block of the path engines


def narrow(depth: int) -> Network:
    network = build("preact_resnet", in_channels=3, classes=4, depth=depth, width=4).eval().requires_grad_(False)
    for block in network.blocks:
        block.scale = 0.1  # 600 branches of an untrained network would add up to more than float32 holds
    return network


def one_activation(pixels: int) -> int:
    """Bytes of 4 channels of float32, the widest map of the narrow network."""
    return 4 * 4 * pixels**2


@SIZES
def test_the_largest_activation_is_that_of_the_first_stage(depth: int, pixels: int) -> None:
    assert largest_activation(narrow(depth), noise(1, pixels).normalised(0, 1)) == one_activation(pixels)


@SIZES
def test_lesions_hold_no_more_than_the_bound(depth: int, pixels: int) -> None:
    network, images = folded(narrow(depth)), noise(5, pixels)
    blocks = len(network.blocks)
    some = ([blocks // 2], [blocks - 2, blocks - 1], [blocks - 1])
    lesions = [intact(blocks), *(deletion("", blocks, each) for each in some)]
    memory = 3 * one_activation(pixels) * (trie(lesions).alive + WORKING_TENSORS)
    with Peak() as peak:
        scores = _measure(network, images, lesions, memory)
    assert len(scores) == 4
    assert 0.3 * memory < peak.most < memory


@SIZES
def test_evaluation_holds_no_more_than_the_bound(depth: int, pixels: int) -> None:
    network, images = narrow(depth), noise(5, pixels)
    memory = 3 * one_activation(pixels) * WORKING_TENSORS
    with Peak() as peak:
        score = evaluate(network, images, memory_bytes=memory)
    assert 0.3 * memory < peak.most < memory
    assert torch.equal(score.predicted, evaluate(network, images, size=3).predicted)


@SIZES
def test_path_gradients_hold_no_more_than_the_bound(depth: int, pixels: int, monkeypatch: pytest.MonkeyPatch) -> None:
    network, images = folded(narrow(depth)), noise(5, pixels)
    monkeypatch.setattr(sampled, "folded", lambda network: network)  # weights are no activations
    blocks = len(network.blocks)
    paths = [[], [0], list(range(0, blocks, 2))]
    each = 3 * sampled.WORKING_GRADIENTS + blocks + WORKING_TENSORS  # of three paths, blocks' inputs, and within one
    memory = PIECE + 3 * each * one_activation(pixels)
    with Peak() as peak:
        norms = sampled.path_norms(network, images.normalised(0, 5), images.labels, paths, memory_bytes=memory)
    assert None not in norms.at_input
    assert 0.2 * (memory - PIECE) < peak.most < memory


@pytest.mark.parametrize(("depth", "pixels"), [(56, 64), (20, 224)])
def test_the_spectrum_holds_no_more_than_the_bound(depth: int, pixels: int) -> None:
    network, images = narrow(depth), noise(4, pixels)
    blocks = len(network.blocks)
    signs = np.stack([random_signs(blocks, 4, 0, draw) for draw in range(2)])
    stacks = 3 * 2 * (blocks + 1)  # three rows of signs, before a block and behind it
    memory = PIECE + 2 * one_activation(pixels) * (stacks + blocks + 2 * WORKING_TENSORS)
    batch = images.normalised(0, 4)
    with Peak() as peak:
        path_spectrum(network, batch, images.labels, signs, memory_bytes=memory)
    assert 0.2 * (memory - PIECE) < peak.most < memory


def hooked(network: Network, image: torch.Tensor) -> int:
    """The largest output of any layer, seen from outside."""
    sizes = [image.nbytes]
    for module in network.modules():
        module.register_forward_hook(lambda layer, given, output: sizes.append(_bytes(output)))
    with torch.no_grad():
        network(image)
    return max(sizes)


def _bytes(output: object) -> int:
    return output.nbytes if isinstance(output, torch.Tensor) else 0


@pytest.mark.parametrize("architecture", ["preact_resnet", "resnet", "highway", "plain"])
def test_what_operations_make_within_layers_is_no_larger_than_what_layers_give(architecture: str) -> None:
    network = build(architecture, in_channels=3, classes=4, depth=20, width=4).eval()
    image = noise(1, 32).normalised(0, 1)
    assert largest_activation(network, image) == hooked(network, image)


FOREIGN = {
    "tokens": lambda: models.VisionTransformer(224, 16, 2, 3, 48, 96, num_classes=4),
    "windows": lambda: models.SwinTransformer([4, 4], 24, [2, 2], [2, 4], [7, 7], num_classes=4),
    "maps": lambda: models.mobilenet_v2(num_classes=4, width_mult=0.25),
}


@pytest.mark.parametrize("name", FOREIGN)
def test_networks_of_others_stay_within_the_bound_at_224_pixels(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    images = noise(4, 224)
    network = folded(unravel(FOREIGN[name](), images.normalised(0, 2)))
    for module in (sampled, spectrum):
        monkeypatch.setattr(module, "folded", lambda network: network)  # weights are no activations
    one, blocks = largest_activation(network, images.normalised(0, 1)), len(network.blocks)
    lesions = [intact(blocks), deletion("", blocks, [0]), deletion("", blocks, [1, 2])]
    memory = 2 * one * (trie(lesions).alive + WORKING_TENSORS)
    with Peak() as peak:
        _measure(network, images, lesions, memory)
    assert 0.2 * memory < peak.most < memory
    memory = PIECE + 2 * one * (3 * sampled.WORKING_GRADIENTS + blocks + WORKING_TENSORS)
    batch, paths = images.normalised(0, 4), [[], [0], list(range(0, blocks, 2))]
    with Peak() as peak:
        sampled.path_norms(network, batch, images.labels, paths, memory_bytes=memory)
    assert peak.most < memory
    memory = PIECE + 2 * one * (3 * 2 * (blocks + 1) + blocks + 2 * WORKING_TENSORS)
    signs = np.stack([random_signs(blocks, 4, 0, draw) for draw in range(2)])
    with Peak() as peak:
        path_spectrum(network, batch, images.labels, signs, memory_bytes=memory)
    assert peak.most < memory
