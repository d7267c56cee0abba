"""Images of 224 pixels stay in their files: does the lesion engine wait for them?"""

import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import torch

from benchmarks.measure import Pair, in_turn
from resdag.datasets.source import prepare
from resdag.datasets.tensors import Images, load
from resdag.lesions.engine import measure
from resdag.lesions.lesion import intact, single_deletions
from resdag.models.discovery import unravel
from resdag.models.network import Network

IMAGES, WIDTH, HEIGHT = 64, 500, 375  # pixels: ImageNet's mean
SIDE, RESIZED = 224, 256


def decoding(runs: int = 3) -> Pair:
    """All single deletions of a MobileNetV2, the lightest of torchvision's and so the quickest to want more images.

    Processor time of one thread, whatever else the machine does: on a CPU decoding takes its time from the engine.
    """
    what = "10 single deletions of MobileNetV2 at 224 pixels: images in files, against in memory, on one core"
    pair = Pair("decoding", what, "0.9x")
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        files = _photographs(Path(folder))
        held = replace(files, pixels=files.pixels[:])
        network = _mobilenet(held)
        lesions = [intact(len(network.blocks)), *single_deletions(len(network.blocks), range(len(network.blocks)))]
        decode = [_processor_seconds(lambda: files.first(None).pixels[:]) for _ in range(runs)]
        before, after = in_turn(
            pair,
            lambda: [score.errors for score in measure(network, held, lesions)],
            lambda: [score.errors for score in measure(network, files.first(None), lesions)],
            runs,
            clock=time.process_time,
        )
    torch.set_num_threads(threads)
    differ = max(abs(a - b) for a, b in zip(before, after, strict=True))
    a_second = {"decodes": IMAGES / median(decode), "measures": IMAGES / median(pair.plain_seconds)}
    pair.notes = {"images": IMAGES, "threads": 1, "clock": "processor time"} | a_second
    pair.same = (
        f"error counts differ by {differ} at most, of {IMAGES} images; a core decodes {a_second['decodes']:.0f} images "
        f"a second, and measures {a_second['measures']:.1f}"
    )
    return pair


def _photographs(folder: Path) -> Images:
    """JPEGs of a photograph's size and smoothness, as a study has them once they were checked."""
    from PIL import Image

    rng = np.random.default_rng(0)
    for number in range(IMAGES):
        path = folder / "train" / str(number % 4) / f"{number}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        coarse = rng.integers(0, 256, (HEIGHT // 5, WIDTH // 5, 3), dtype=np.uint8)
        Image.fromarray(coarse).resize((WIDTH, HEIGHT), Image.Resampling.BICUBIC).save(path, quality=92)
    (folder / "val").symlink_to("train")
    prepared = folder / "prepared"
    prepare("imagenet", root=folder, out=prepared, image_size=SIDE, resize=RESIZED, streamed=True, progress=_quiet)
    return load(prepared, split="test", root=folder)


def _quiet(_: str) -> None:
    """Nobody is told."""


def _mobilenet(images: Images) -> Network:
    from torchvision import models

    torch.manual_seed(0)
    return unravel(models.mobilenet_v2(num_classes=4), images.normalised(0, 2))


def _processor_seconds(work: Callable[[], Any]) -> float:
    started = time.process_time()
    work()
    return time.process_time() - started
