"""Single deletions of a network that others trained, against a ResNet-20 written here from its raw tensors."""

import pickle

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn import functional

from resdag.datasets.tensors import Images
from resdag.lesions.engine import measure
from resdag.lesions.lesion import deletion, intact, single_deletions
from resdag.models.build import build
from resdag.models.weights import load_outside_weights

pytestmark = pytest.mark.workflow

IMAGES = 1000
MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)  # what the checkpoint was trained with


@pytest.fixture(scope="module")
def images(cifar10_root) -> Images:
    with open(cifar10_root / "cifar-10-batches-py" / "test_batch", "rb") as file:
        batch = pickle.load(file, encoding="bytes")
    pixels = torch.from_numpy(np.array(batch[b"data"][:IMAGES])).reshape(-1, 3, 32, 32)
    labels = torch.tensor(batch[b"labels"][:IMAGES])
    return Images(pixels, labels, tuple("0123456789"), torch.tensor(MEAN).double(), torch.tensor(STD).double())


def raw_logits(state: dict[str, Tensor], x: Tensor, deleted: set[int]) -> Tensor:
    """He et al. 2015, section 4.2, with shortcuts A: three stages of three blocks, some of them ReLU(skip(x)) only."""

    def conv_bn(x: Tensor, where: str, number: int, stride: int = 1) -> Tensor:
        x = functional.conv2d(x, state[f"{where}conv{number}.weight"], stride=stride, padding=1)
        mean, var, weight, bias = (
            state[f"{where}bn{number}.{name}"] for name in ("running_mean", "running_var", "weight", "bias")
        )
        return functional.batch_norm(x, mean, var, weight, bias)

    x = functional.relu(conv_bn(x, "", 1))
    for index in range(9):
        where, stride = f"layer{index // 3 + 1}.{index % 3}.", 2 if index in (3, 6) else 1
        total = x
        if stride == 2:
            zeros = torch.zeros_like(x[:, : x.shape[1] // 2, ::2, ::2])
            total = torch.cat([zeros, x[:, :, ::2, ::2], zeros], dim=1)
        if index not in deleted:
            total = total + conv_bn(functional.relu(conv_bn(x, where, 1, stride)), where, 2)
        x = functional.relu(total)
    return x.mean((2, 3)) @ state["linear.weight"].T + state["linear.bias"]


@torch.inference_mode()
def raw_errors(state: dict[str, Tensor], images: Images, deleted: set[int]) -> int:
    mean, std = torch.tensor(MEAN).view(3, 1, 1), torch.tensor(STD).view(3, 1, 1)
    wrong = 0
    for start in range(0, IMAGES, 250):
        x = (images.pixels[start : start + 250] / 255 - mean) / std
        x = x.contiguous(memory_format=torch.channels_last)  # faster, and nothing else
        wrong += int((raw_logits(state, x, deleted).argmax(1) != images.labels[start : start + 250]).sum())
    return wrong


def test_lesions_of_the_published_resnet20_make_the_errors_that_its_raw_tensors_make(
    published_resnet20, images
) -> None:
    content = torch.load(published_resnet20, map_location="cpu", weights_only=True)["state_dict"]
    state = {name.removeprefix("module."): value for name, value in content.items()}
    network = build("resnet", in_channels=3, classes=10, depth=20).eval()
    load_outside_weights(network, published_resnet20)
    lesions = [intact(9), *single_deletions(9, range(9)), deletion("all", 9, range(9))]
    errors = [score.errors for score in measure(network, images, lesions)]
    assert errors == [raw_errors(state, images, set(lesion.deleted)) for lesion in lesions]
    assert errors[0] == min(errors)
    assert errors[-1] > 700
