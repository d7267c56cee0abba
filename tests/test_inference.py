"""Networks for measuring compute what they were made from."""

import pytest
import torch
from torch import nn

from resdag.models.build import build
from resdag.models.inference import folded

OPTIONS = [
    {"architecture": "preact_resnet", "depth": 20, "width": 4},
    {"architecture": "preact_resnet", "depth": 14, "width": 4, "shortcut": "projection", "first_block": "shared"},
    {"architecture": "resnet", "depth": 20, "width": 4},
    {"architecture": "resnet", "depth": 14, "width": 4, "shortcut": "projection"},
    {"architecture": "plain", "depth": 14, "width": 4},
    {"architecture": "highway", "depth": 14, "width": 4},
    {"architecture": "highway", "depth": 14, "width": 4, "gate": "frozen"},
    {"architecture": "vgg", "depth": 15, "channels": 8},
    {"architecture": "vgg", "depth": 8, "channels": 8, "batch_norm": False},
]


def lived_in(**options: object) -> nn.Module:
    """A network in float64 whose batch norms have statistics and weights of their own."""
    network = build(in_channels=3, classes=5, **options).double().eval()
    generator = torch.Generator().manual_seed(0)
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            for values in (module.running_mean, module.running_var, module.weight.data, module.bias.data):
                values.copy_(0.5 + torch.rand(values.shape, generator=generator))
    return network


@pytest.mark.parametrize("options", OPTIONS, ids=lambda options: " ".join(map(str, options.values())))
def test_folding_changes_no_number_of_any_block_whole_or_deleted(options: dict[str, object]) -> None:
    network = lived_in(**options)
    faster = folded(network)
    images = torch.randn(3, 3, 16, 16, dtype=torch.float64)
    before = images.clone()
    with torch.no_grad():
        assert torch.allclose(faster(images), network(images), rtol=1e-10, atol=1e-12)
        x = network.stem(images)
        for block, other in zip(network.blocks, faster.blocks, strict=True):
            entered = x.clone()
            assert torch.allclose(other(x), block(x), rtol=1e-10, atol=1e-12)
            if block.deletable:
                assert torch.allclose(other.delete(x), block.delete(x), rtol=1e-10, atol=1e-12)
            assert torch.equal(x, entered), "a block overwrote its input"
            x = block(x)
    assert torch.equal(images, before)


def test_the_network_itself_is_left_as_it_was_and_scales_come_along() -> None:
    network = lived_in(**OPTIONS[0])
    network.blocks[2].scale = 0.5
    state = {name: value.clone() for name, value in network.state_dict().items()}
    faster = folded(network)
    assert all(torch.equal(value, state[name]) for name, value in network.state_dict().items())
    assert not any(module.inplace for module in network.modules() if isinstance(module, nn.ReLU))
    assert [block.scale for block in faster.blocks] == [block.scale for block in network.blocks]


def test_only_batch_norms_that_follow_a_sum_are_left() -> None:
    def norms(architecture: str) -> int:
        network = folded(build(architecture, in_channels=3, classes=5, depth=20, width=4))
        return sum(isinstance(module, nn.BatchNorm2d) for module in network.modules())

    assert norms("resnet") == norms("highway") == 0
    assert norms("preact_resnet") == 9 + 1  # the first of each block, and the head's
