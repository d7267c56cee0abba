"""Rows kept in data/reference, measured again: the published networks' answers to single deletions, image by image."""

import json
import pickle
from contextlib import suppress
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import torch
import yaml

from conftest import test_data
from resdag.config.load import load_study
from resdag.datasets.tensors import Images
from resdag.digests import file_sha256
from resdag.errors import UnmadeError
from resdag.lesions.engine import measure
from resdag.lesions.lesion import intact, single_deletions
from resdag.models.build import build
from resdag.models.weights import load_outside_weights
from resdag.store.reference import LIMIT_BYTES, MANIFEST

ROOT = Path(__file__).resolve().parents[1]
KEPT = sorted(path.parent for path in (ROOT / "data/reference").glob(f"*/{MANIFEST}"))
PUBLISHED = ROOT / "data/reference/cifar10-published"
OF_CIFAR10 = {"mean": (0.4914, 0.48216, 0.44653), "std": (0.24703, 0.24349, 0.26159)}
"""Of its 50,000 training images, which a study takes where it says nothing else."""
IMAGES = 200
TIES = 1e-3
"""Share of answers that may differ: where two classes are as good as equal, other processors round otherwise."""


@pytest.fixture(scope="module")
def kept() -> pl.DataFrame:
    """The answers that are kept, on the first images."""
    return pl.read_parquet(PUBLISHED / "predictions.parquet").filter(pl.col("image") < IMAGES)


@pytest.fixture(scope="module")
def images(cifar10_root: Path) -> Images:
    with open(cifar10_root / "cifar-10-batches-py" / "test_batch", "rb") as file:
        batch = pickle.load(file, encoding="bytes")
    pixels = torch.from_numpy(np.array(batch[b"data"][:IMAGES])).reshape(-1, 3, 32, 32)
    labels = torch.tensor(batch[b"labels"][:IMAGES])
    zero, one = torch.zeros(3, dtype=torch.float64), torch.ones(3, dtype=torch.float64)
    return Images(pixels, labels, tuple("0123456789"), zero, one)


@pytest.mark.workflow
# Of 54 blocks every ninth, with the two that change the shape: a sixth of the time of all.
@pytest.mark.parametrize(
    ("name", "step"),
    [("resnet20-published", 1), ("resnet110-published", 9), ("vgg15-short", 4), ("resnet110-preact-short", 9)],
)
def test_the_kept_answers_are_those_of_the_kept_weights(
    name: str, step: int, kept: pl.DataFrame, images: Images
) -> None:
    entry = yaml.safe_load((PUBLISHED / "cifar10-published.yaml").read_text())["networks"][name]
    file = Path(entry.pop("weights"))
    weights = ROOT / file if file.parts[1] == "reference" else test_data(f"checkpoints/{file.name}")
    normalization = entry.pop("normalization", OF_CIFAR10)
    network = build(entry.pop("architecture"), in_channels=3, classes=10, **entry).eval()
    load_outside_weights(network, weights)
    blocks = len(network.blocks)
    lesions = [intact(blocks), *single_deletions(blocks, range(0, blocks, step))]
    normalised = images.with_normalization(*normalization.values())
    scores = {lesion.name: score for lesion, score in zip(lesions, measure(network, normalised, lesions), strict=True)}
    of_network = kept.filter(pl.col("network") == name).sort("lesion", "image")
    assert of_network["lesion"].n_unique() == blocks
    chosen = of_network.filter(pl.col("lesion").is_in([lesion.name for lesion in lesions]))
    found = chosen.group_by("lesion", maintain_order=True).agg("label", "predicted")
    assert len(found) == len(lesions) - 1
    different = 0
    for lesion, labels, predicted in found.iter_rows():
        assert labels == scores[lesion].labels.tolist()
        different += sum(one != other for one, other in zip(predicted, scores[lesion].predicted.tolist(), strict=True))
    assert different <= TIES * IMAGES * len(found)


@pytest.mark.workflow
@pytest.mark.parametrize("folder", [pytest.param(folder, id=folder.name) for folder in KEPT])
def test_what_is_kept_is_what_its_manifest_says(folder: Path) -> None:
    manifest = json.loads((folder / MANIFEST).read_text())
    assert manifest["study"] == folder.name
    files = sorted(folder.glob("*.parquet"))
    assert {path.stem for path in files} == set(manifest["tables"])
    for path in files:
        said = manifest["tables"][path.stem]
        assert (pl.read_parquet(path).height, path.stat().st_size, file_sha256(path)) == (
            said["rows"], said["bytes"], said["sha256"],
        )  # fmt: skip
    assert sum(path.stat().st_size for path in files) <= LIMIT_BYTES
    with suppress(UnmadeError):  # networks of a package that is not installed
        assert load_study(folder / f"{folder.name}.yaml").study == folder.name
