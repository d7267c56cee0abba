"""Errors, losses and batch-norm statistics against plain loops."""

import copy
import math

import pytest
import torch
from torch import Tensor, nn

from resdag.datasets.tensors import Images
from resdag.models.build import build
from resdag.models.inference import eval_mode
from resdag.models.network import Network
from resdag.training.evaluate import Score, batches, evaluate, finite, first, recalibrate, scaled


def noise(count: int = 23, seed: int = 0) -> Images:
    source = torch.Generator().manual_seed(seed)
    pixels = torch.randint(0, 256, (count, 3, 8, 8), generator=source).to(torch.uint8)
    labels = torch.randint(0, 4, (count,), generator=source)
    mean, std = torch.tensor([0.4, 0.45, 0.5]).double(), torch.tensor([0.2, 0.25, 0.3]).double()
    return Images(pixels, labels, ("a", "b", "c", "d"), mean, std)


def small(architecture: str = "preact_resnet", **options) -> Network:
    """A narrow network whose batch-norm statistics are not 0 and 1."""
    options = options or {"depth": 14, "width": 4}
    network = build(architecture, in_channels=3, classes=4, seed=1, **options)
    source = torch.Generator().manual_seed(2)
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.running_mean.copy_(0.3 * torch.randn(module.num_features, generator=source))
            module.running_var.copy_(0.5 + torch.rand(module.num_features, generator=source))
    return network


def normalised(images: Images) -> Tensor:
    shift, scale = images.mean.view(3, 1, 1), images.std.view(3, 1, 1)
    return ((images.pixels.double() / 255 - shift) / scale).float()


def test_errors_and_loss_are_those_of_a_loop_over_single_images() -> None:
    network, images = small().eval(), noise()
    score = evaluate(network, images, size=10)
    wrong, loss = 0, 0.0
    with torch.no_grad():
        for image, label in zip(normalised(images), images.labels.tolist(), strict=True):
            logits = network(image[None])[0].double()
            wrong += int(logits.argmax()) != label
            loss += math.log(sum(math.exp(value) for value in logits.tolist())) - float(logits[label])
    assert 0 < wrong < 23
    assert (score.errors, score.images) == (wrong, 23)
    assert score.loss == pytest.approx(loss / 23, rel=1e-5)
    assert score.row() == {"errors": wrong, "images": 23, "error": wrong / 23, "loss": score.loss}


def test_batches_cover_every_image_once_in_order() -> None:
    images = noise()
    found = list(batches(images, 10))
    assert [len(labels) for _, labels in found] == [10, 10, 3]
    assert torch.equal(torch.cat([labels for _, labels in found]), images.labels)
    assert torch.allclose(torch.cat([batch for batch, _ in found]), normalised(images), atol=1e-6)
    assert all(batch.is_contiguous(memory_format=torch.channels_last) for batch, _ in found)


@pytest.mark.parametrize("training", [True, False])
def test_the_mode_is_restored_and_nothing_of_the_network_changes(training: bool) -> None:
    network = small().train(training)
    before = copy.deepcopy(network.state_dict())
    evaluate(network, noise())
    assert network.training is training
    assert network.blocks[0].body.bn1.training is training
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())


def test_the_mode_is_restored_after_an_error() -> None:
    network = small().train()
    with pytest.raises(ZeroDivisionError), eval_mode(network):
        assert not network.training
        _ = 1 / 0
    assert network.training


def test_counts_can_be_worked_on_paper() -> None:
    score = Score(torch.tensor([0, 1, 2, 2]), torch.tensor([0, 1, 1, 2]), 0.5)
    assert score.right.tolist() == [True, True, False, True]
    assert score.row() == {"errors": 1, "images": 4, "error": 0.25, "loss": 0.5}


def test_a_loss_that_is_not_finite_is_none() -> None:
    assert [finite(value) for value in (1.5, math.inf, -math.inf, math.nan)] == [1.5, None, None, None]
    network = small()
    nn.init.constant_(network.head.linear.bias, math.nan)
    assert evaluate(network, noise()).loss is None


def test_the_first_images_keep_their_statistics() -> None:
    images = noise()
    some = first(images, 5)
    assert len(some) == 5
    assert torch.equal(some.pixels, images.pixels[:5])
    assert some.mean is images.mean
    assert len(first(images, 1000)) == 23


def test_scales_last_as_long_as_their_context() -> None:
    network, images = small().eval(), noise()
    network.blocks[0].scale = 0.5
    with pytest.raises(KeyError), scaled(network, [0.25, 0.5, 1, 0, 1, 1]):
        assert [block.scale for block in network.blocks] == [0.25, 0.5, 1, 0, 1, 1]
        inside = evaluate(network, images)
        raise KeyError
    assert [block.scale for block in network.blocks] == [0.5, 1, 1, 1, 1, 1]
    with torch.no_grad():
        x = network.stem(images.normalised(0, 23))
        for block, factor in zip(network.blocks, [0.25, 0.5, 1, 0, 1, 1], strict=True):
            x = block.skip(x) + factor * block.branch(x)
        assert torch.equal(network.head(x).argmax(1), inside.predicted)


def test_a_scale_for_each_block_is_wanted() -> None:
    with pytest.raises(ValueError, match="argument"), scaled(small(), [1.0]):
        pass


@pytest.mark.parametrize(
    ("architecture", "options"),
    [
        ("preact_resnet", {"depth": 14, "width": 4}),
        ("resnet", {"depth": 14, "width": 4, "shortcut": "projection"}),
        ("vgg", {"depth": 8, "channels": 5}),
    ],
)
def test_recalibrated_statistics_are_the_mean_over_batches(architecture: str, options: dict) -> None:
    network, images = small(architecture, **options).eval(), noise()
    entered: dict[str, list[Tensor]] = {}
    watched = copy.deepcopy(network).train()
    for name, module in watched.named_modules():
        if isinstance(module, nn.BatchNorm2d):
            module.register_forward_pre_hook(lambda _, x, name=name: entered.setdefault(name, []).append(x[0].double()))
    with torch.no_grad():
        for start in (0, 10, 20):
            watched(images.normalised(start, start + 10))
    recalibrate(network, images, size=10)
    norms = {name: module for name, module in network.named_modules() if isinstance(module, nn.BatchNorm2d)}
    assert norms.keys() == entered.keys()
    for name, norm in norms.items():
        means = torch.stack([x.mean((0, 2, 3)) for x in entered[name]]).mean(0)
        variances = torch.stack([x.var((0, 2, 3), unbiased=True) for x in entered[name]]).mean(0)
        assert torch.allclose(norm.running_mean.double(), means, rtol=1e-4, atol=1e-5)
        assert torch.allclose(norm.running_var.double(), variances, rtol=1e-4, atol=1e-5)


def test_recalibration_forgets_the_old_statistics_and_changes_nothing_else() -> None:
    network, images = small().eval(), noise()
    other = copy.deepcopy(network)
    for module in other.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.running_mean.fill_(math.nan)
    weights = [parameter.clone() for parameter in network.parameters()]
    recalibrate(network, images, size=10)
    recalibrate(other, images, size=10)
    assert all(torch.equal(value, other.state_dict()[name]) for name, value in network.state_dict().items())
    assert all(torch.equal(old, new) for old, new in zip(weights, network.parameters(), strict=True))
    norms = [module for module in network.modules() if isinstance(module, nn.BatchNorm2d)]
    assert {norm.momentum for norm in norms} == {0.1}
    assert not any(norm.training for norm in norms)


@pytest.mark.parametrize(("side", "together"), [(8, 500), (32, 500), (33, 470), (224, 10), (1024, 1)])
def test_large_images_are_measured_in_small_batches(side: int, together: int) -> None:
    from resdag.training.evaluate import batch_of

    pixels = torch.zeros(1, 3, side, side, dtype=torch.uint8)
    half = torch.full((3,), 0.5, dtype=torch.float64)
    assert batch_of(Images(pixels, torch.zeros(1, dtype=torch.int64), ("a",), half, half)) == together
