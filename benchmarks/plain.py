"""The plain way of doing each thing: correct, readable, and with nothing shared."""

import time
from collections.abc import Iterable, Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.utils.data import DataLoader, Dataset
from torchvision import transforms

from resdag.lesions.lesion import Lesion
from resdag.models.network import Network

WORKERS = 2


@torch.inference_mode()
def errors_under(network: Network, images: Tensor, labels: Tensor, lesions: Iterable[Lesion], size: int) -> list[int]:
    """Errors under each lesion: the whole network for every lesion, deleted branches not computed."""
    batches = list(zip(images.split(size), labels.split(size), strict=True))
    return [
        sum(int((_lesioned(network, batch, lesion).argmax(1) != target).sum()) for batch, target in batches)
        for lesion in lesions
    ]


def _lesioned(network: Network, x: Tensor, lesion: Lesion) -> Tensor:
    x = network.stem(x)
    for index in lesion.order:
        block = network.blocks[index]
        x = block.delete(x) if index in lesion.deleted else block(x)
    return network.head(x)


def path_norm(network: Network, images: Tensor, labels: Tensor, path: Sequence[int]) -> float:
    """Norm of the gradient through one path: a forward pass with one way detached at each block, and a backward one."""
    images = images.clone().requires_grad_(True)
    entered, x = set(path), network.stem(images)
    for index, block in enumerate(network.blocks):
        skip, branch = block.skip(x), block.branch(x)
        x = block.join(skip.detach() + branch if index in entered else skip + branch.detach())
    functional.cross_entropy(network.head(x), labels).backward()
    assert images.grad is not None
    return float(images.grad.double().norm())


class _Cifar(Dataset[tuple[Tensor, int]]):
    """uint8 images with torchvision's transforms, image by image, as most training scripts have it."""

    def __init__(self, pixels: Tensor, labels: Tensor) -> None:
        self.pixels, self.labels = pixels.numpy().transpose(0, 2, 3, 1), labels.tolist()
        self.transform = transforms.Compose(
            [
                transforms.ToPILImage(),
                transforms.RandomCrop(32, padding=4),
                transforms.RandomHorizontalFlip(),
                transforms.ToTensor(),
                transforms.Normalize((0.4914, 0.4822, 0.4465), (0.2470, 0.2435, 0.2616)),
            ]
        )

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, index: int) -> tuple[Tensor, int]:
        return self.transform(self.pixels[index]), self.labels[index]


def train_steps(network: nn.Module, pixels: Tensor, labels: Tensor, batch_size: int) -> list[float]:
    """Seconds of each step of one pass: DataLoader with workers, transforms per image, NCHW, float32.

    The first steps have the start of the workers in them, or batches that were made meanwhile.
    """
    loader = DataLoader(_Cifar(pixels, labels), batch_size, shuffle=True, num_workers=WORKERS, prefetch_factor=1)
    optimizer = torch.optim.SGD(network.parameters(), lr=0.1, momentum=0.9, weight_decay=1e-4)
    network.train()
    times = [time.perf_counter()]
    for batch, target in loader:
        optimizer.zero_grad()
        functional.cross_entropy(network(batch), target).backward()
        optimizer.step()
        times.append(time.perf_counter())
    return [later - earlier for earlier, later in pairwise(times)]
