"""Lesions, path gradients and training steps of ResNet-110 at CIFAR's size, against the plain way."""

import copy
import itertools
import math
import time
from collections.abc import Callable
from dataclasses import replace
from statistics import mean

import torch

from benchmarks import plain
from benchmarks.measure import Pair, in_turn
from resdag.combinatorics import path_choice, random_deletion, random_swaps
from resdag.datasets.tensors import Images
from resdag.execution.arithmetic import BFLOAT16_FLAGS, processor_flags
from resdag.experiments.path_gradients import PathGradients
from resdag.lesions.engine import block_evaluations, measure
from resdag.lesions.lesion import Lesion, deletion, reordering, single_deletions
from resdag.models.build import build
from resdag.models.network import Network
from resdag.paths.sampled import path_norms
from resdag.paths.tree import branch_passes
from resdag.training.recipe import Recipe
from resdag.training.train import train

BLOCKS = 54
# In each run of a training; the first ones start workers, and use batches that the workers made meanwhile.
STEPS, WARM_STEPS = 7, 3
RECIPE = Recipe(
    epochs=1, batch_size=128, learning_rate=0.1, drop_epochs=(), drop_factor=0.1, warmup_steps=0,
    warmup_learning_rate=0.01, momentum=0.9, weight_decay=1e-4, crop_padding=4, flip=True, precision="float32",
    stochastic_depth=None, blocks_per_batch=None, test_scale=None, test_images=0, keep_epochs=(),
)  # fmt: skip


def synthetic(count: int, seed: int = 0) -> Images:
    """Images of CIFAR's size and statistics of noise: time does not depend on what they show."""
    generator = torch.Generator().manual_seed(seed)
    pixels = torch.randint(0, 256, (count, 3, 32, 32), generator=generator, dtype=torch.uint8)
    labels = torch.randint(0, 10, (count,), generator=generator)
    half = torch.full((3,), 0.5, dtype=torch.float64)
    return Images(pixels, labels, tuple("0123456789"), half, half / 2)


def resnet110() -> Network:
    """A ResNet-110 whose batch norms have seen data, so that its answers differ between images."""
    network = build("preact_resnet", in_channels=3, classes=10, depth=110)
    network.train()
    with torch.no_grad():
        for start in range(0, 256, 64):
            network(synthetic(256).normalised(start, start + 64))
    return network.eval().requires_grad_(False)


def _lesions(pair: Pair, lesions: list[Lesion], count: int, runs: int) -> Pair:
    network, images = resnet110(), synthetic(count)
    # The plain loop gets batches that it likes: NCHW, 100 at a time.
    batch = images.normalised(0, count).contiguous()
    before, after = in_turn(
        pair,
        lambda: plain.errors_under(network, batch, images.labels, lesions, size=100),
        lambda: [score.errors for score in measure(network, images, lesions)],
        runs,
    )
    differ = max(abs(a - b) for a, b in zip(before, after, strict=True))
    pair.same = f"error counts differ by {differ} at most, of {count} images"
    ours = block_evaluations(lesions)
    pair.notes = {"images": count, "lesions": len(lesions), "block_evaluations": ours,
                  "plain_block_evaluations": sum(BLOCKS - len(lesion.deleted) for lesion in lesions)}  # fmt: skip
    return pair


def single(runs: int = 5) -> Pair:
    pair = Pair("single", "54 single deletions, 100 images", "3x")
    return _lesions(pair, single_deletions(BLOCKS, range(BLOCKS)), 100, runs)


def random(runs: int = 3) -> Pair:
    keys = itertools.product(range(1, 21), range(50))
    lesions = [deletion(f"{k}-{d}", BLOCKS, random_deletion(BLOCKS, range(BLOCKS), k, d)) for k, d in keys]
    return _lesions(Pair("random", "1,000 random deletions (20 counts x 50 draws), 8 images", "1.7x"), lesions, 8, runs)


def reorder(runs: int = 3) -> Pair:
    groups = resnet110().order_groups()
    keys = itertools.product((1, 2, 4, 8, 16, 32, 64), range(50))
    lesions = [reordering(f"{s}-{d}", random_swaps(groups, BLOCKS, s, d)) for s, d in keys]
    return _lesions(Pair("reorder", "350 reorderings (swaps 1 to 64 x 50 draws), 16 images", "1.3x"), lesions, 16, runs)


def pairs(runs: int = 1) -> Pair:  # each takes minutes
    lesions = [deletion(f"{i}-{j}", BLOCKS, [i, j]) for i, j in itertools.combinations(range(BLOCKS), 2)]
    return _lesions(Pair("pairs", "all 1,431 pairs, 32 images", "2.8x"), lesions, 32, runs)


def paths(runs: int = 2) -> Pair:
    """As many paths to a batch as a study has unless it says otherwise.

    Plain sees a few, of all lengths: its seconds for each path do not depend on how many there are.
    """
    each = PathGradients.model_fields["samples_per_batch"].default
    pair = Pair("paths", f"sampled path gradients, 54 blocks, {each} of each length, for each path", "5x")
    network, images = resnet110(), synthetic(32)
    batch, labels = images.normalised(0, 32), images.labels
    few = [path_choice(BLOCKS, length, 0) for length in range(0, BLOCKS + 1, 6)]
    many = [path_choice(BLOCKS, length, sample) for length in range(BLOCKS + 1) for sample in range(each)]
    own = path_norms(network, batch, labels, few).at_input
    before, _ = in_turn(
        pair,
        lambda: [plain.path_norm(network, batch.contiguous(), labels, path) for path in few],
        lambda: path_norms(network, batch, labels, many),
        runs,
    )
    pair.plain_seconds = [seconds / len(few) for seconds in pair.plain_seconds]
    pair.ours_seconds = [seconds / len(many) for seconds in pair.ours_seconds]
    apart = max(abs(math.log10(a) - b) for a, b in zip(before, own, strict=True) if a > 1e-30 and b is not None)
    pair.same = f"log10 norms differ by {apart:.0e} at most"
    thawed = copy.deepcopy(network).requires_grad_(True)  # as after training: weights get gradients as well
    started = time.perf_counter()
    for path in few:
        plain.path_norm(thawed, batch.contiguous(), labels, path)
    pair.notes = {"plain_paths": len(few), "ours_paths": len(many), "batch": 32,
                  "plain_with_gradients_of_weights": (time.perf_counter() - started) / len(few),
                  "branch_passes_each": branch_passes(many, BLOCKS) / len(many)}  # fmt: skip
    return pair


def step(runs: int = 2) -> Pair:
    pair = Pair("step", "training ResNet-110, a step of 128 images", "1.2x")
    images, start = synthetic(STEPS * 128), build("preact_resnet", in_channels=3, classes=10, depth=110)
    pixels = images.pixels[:]
    plainly = lambda: plain.train_steps(copy.deepcopy(start), pixels, images.labels, 128)  # noqa: E731
    _steps_in_turn(pair, plainly, lambda: _step_seconds(start, RECIPE), runs)
    pair.same = "the same algorithm; other draws"
    return pair


def effective(runs: int = 2) -> Pair:
    pair = Pair("effective", "effective-path step, 23 of 54, against the full step", "2x")
    start = build("preact_resnet", in_channels=3, classes=10, depth=110)
    recipe = replace(RECIPE, blocks_per_batch=23)
    _steps_in_turn(pair, lambda: _step_seconds(start, RECIPE), lambda: _step_seconds(start, recipe), runs)
    pair.same = "blocks not drawn are not computed"
    return pair


def precision(runs: int = 2) -> Pair:
    """Processor time of one thread, whatever else the machine does: what is compared is arithmetic."""
    pair = Pair(
        "precision", "training ResNet-110 in bfloat16 against float32, a step of 128 images on one core", "1.5x"
    )
    start = build("preact_resnet", in_channels=3, classes=10, depth=110)
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    for _ in range(runs):
        pair.plain_seconds.append(_processor_seconds(start, RECIPE))
        pair.ours_seconds.append(_processor_seconds(start, replace(RECIPE, precision="bfloat16")))
    torch.set_num_threads(threads)
    flags = sorted(BFLOAT16_FLAGS & processor_flags())
    pair.notes = {"bfloat16_instructions": flags, "steps": STEPS, "threads": 1, "clock": "processor time"}
    pair.same = f"errors differ less than seeds (a test); {', '.join(flags) or 'no instructions for bfloat16 here'}"
    if not flags:
        pair.least = "nothing without avx512_bf16 or amx_bf16"
    return pair


def _processor_seconds(start: Network, recipe: Recipe) -> float:
    """Processor time of a step, all threads together."""
    started = time.process_time()
    train(_fresh(start), synthetic(128), None, replace(recipe, epochs=STEPS), seed=0)
    return (time.process_time() - started) / STEPS


def _steps_in_turn(pair: Pair, plain: Callable[[], list[float]], ours: Callable[[], list[float]], runs: int) -> None:
    """Mean seconds of a step that has nothing of a start in it, both sides in turn."""
    for _ in range(runs):
        pair.plain_seconds.append(mean(plain()[WARM_STEPS:]))
        pair.ours_seconds.append(mean(ours()[WARM_STEPS:]))
    pair.notes = {"steps": STEPS - WARM_STEPS, "after_steps": WARM_STEPS}


def _step_seconds(start: Network, recipe: Recipe) -> list[float]:
    """Seconds of our steps: epochs of one batch, whose rows say how long each took."""
    rows = train(_fresh(start), synthetic(128), None, replace(recipe, epochs=STEPS), seed=0)
    return [row["seconds"] for row in rows[1:]]


def _fresh(network: Network) -> Network:
    return copy.deepcopy(network).to(memory_format=torch.channels_last)
