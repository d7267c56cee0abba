"""A study of networks that others wrote, from a file to its rows: one of torchvision, one from a function here."""

import copy
from pathlib import Path

import numpy as np
import pytest
import torch
import yaml
from PIL import Image
from sklearn.datasets import load_digits
from torch import Tensor, nn
from torch.nn import functional

import workflow_tools
from foreign_networks import CLASSES, original, silent
from workflow_tools import complete, dry_run, query

pytestmark = pytest.mark.workflow
SIDE, TEST_IMAGES = 32, 24
WANTED = ("database", "--configfile", "config/others.yaml")
STATISTICS = {"mean": [0.3, 0.3, 0.3], "std": [0.4, 0.4, 0.4]}
FACTORY = """
from torch import Tensor, nn
from layers import Residual

def few(classes: int) -> nn.Module:
    blocks = [Residual(8) for _ in range(3)]
    return nn.Sequential(nn.Conv2d(3, 8, 4, 4), *blocks, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, classes))
"""
LAYERS = """
from torch import Tensor, nn

class Residual(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.branch = nn.Sequential(nn.BatchNorm2d(channels), nn.ReLU(), nn.Conv2d(channels, channels, 3, padding=1))

    def forward(self, x: Tensor) -> Tensor:
        return x + self.branch(x)
"""
STUDY = {
    "study": "others",
    "dataset": {"kind": "image_folder", "root": "pictures", "image_size": SIDE},
    "training": {"epochs": 1, "batch_size": 16, "drop_epochs": []},
    "networks": {
        "mobile": {
            "source": "torchvision",
            "model": "mobilenet_v2",
            "arguments": {"width_mult": 0.25},
            "weights": "mobile.pt",
            "rename": {"their.": ""},
            "preprocessing": STATISTICS,
        },
        "mine": {"source": "python", "factory": "factories:few", "arguments": {"classes": CLASSES}},
    },
    "lesions": {
        "single": {"networks": ["mobile", "mine"]},
        "random": {"networks": ["mine"], "counts": [1, 2], "draws": 2},
        "reorder": {"networks": ["mobile"], "swaps": [1, "shuffle"], "draws": 1},
        "recalibrated": {"networks": ["mobile"], "images": 16},
    },
    "paths": {
        "gradients": {"networks": ["mobile"], "samples": 2, "batch_size": 8, "samples_per_batch": 2},
        "spectrum": {"networks": ["mine"], "batches": 1, "batch_size": 8, "sign_draws": 2},
    },
}


def mobile(pixels: Tensor) -> nn.Module:
    """A MobileNetV2 at random weights, whose batch norms know these images: its answers differ by block and image."""
    model = copy.deepcopy(original("mobilenet_v2")).train()
    for layer in model.modules():
        if isinstance(layer, nn.BatchNorm2d):
            layer.momentum = None  # statistics are means over all batches seen from now on: this one
            layer.reset_running_stats()
    with torch.no_grad():
        model(pixels)
    return model.eval()


def draw_pictures(folder: Path) -> None:
    """Forty real digits, zero to three, as pictures of three colours."""
    digits = load_digits()
    for digit in range(CLASSES):
        for index, picture in enumerate(digits.images[digits.target == digit][:10]):
            split = "test" if index < TEST_IMAGES // CLASSES else "train"
            path = folder / split / str(digit) / f"{index}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            grey = Image.fromarray((picture * 15).astype(np.uint8)).resize((SIDE, SIDE))
            grey.convert("RGB").save(path)


def pictures(folder: Path) -> tuple[Tensor, Tensor]:
    """The test images as they lie there, normalised; their classes."""
    paths = sorted((folder / "test").glob("*/*.png"))
    pixels = torch.stack([torch.from_numpy(np.array(Image.open(path))).permute(2, 0, 1) for path in paths]) / 255
    mean, std = (torch.tensor(STATISTICS[key])[:, None, None] for key in ("mean", "std"))
    return (pixels - mean) / std, torch.tensor([int(path.parent.name) for path in paths])


@pytest.fixture(scope="module")
def others(untouched: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkout in which the study has run to its database."""
    folder = workflow_tools.copy(untouched, tmp_path_factory.mktemp("others") / "checkout")
    draw_pictures(folder / "pictures")
    (folder / "factories.py").write_text(FACTORY)
    (folder / "layers.py").write_text(LAYERS)
    state = mobile(pictures(folder / "pictures")[0]).state_dict()
    torch.save({f"their.{name}": value for name, value in state.items()}, folder / "mobile.pt")
    (folder / "config/others.yaml").write_text(yaml.safe_dump(STUDY, sort_keys=False))
    said = complete(folder, *WANTED)
    assert "tracing torchvision:mobilenet_v2, python:factories:few for blocks, once" in said
    return folder


@torch.no_grad()
def test_a_study_of_networks_of_others_measures_what_hooks_on_the_models_say(others: Path) -> None:
    pixels, labels = pictures(others / "pictures")
    model = mobile(pixels)
    blocks = query(others, "SELECT block, layer FROM blocks WHERE network = 'mobile' AND deletable ORDER BY block")
    own = [name for name, layer in model.named_modules() if getattr(layer, "use_res_connect", False)]
    assert [layer for _, layer in blocks] == own  # torchvision's own word for it
    expected = {"intact": score(model, pixels, labels)}
    for block, layer in blocks:
        with silent(model.get_submodule(f"{layer}.conv")):
            expected[f"single-{block:03d}"] = score(model, pixels, labels)
    rows = query(others, "SELECT lesion, errors, loss FROM lesions WHERE network = 'mobile' AND NOT recalibrated")
    found = {lesion: [errors, loss] for lesion, errors, loss in rows}
    assert {lesion: found[lesion] for lesion in expected} == {
        lesion: pytest.approx(values, rel=1e-4) for lesion, values in expected.items()
    }
    assert len({round(loss, 3) for _, loss in expected.values()}) == 12  # every block matters


def score(model: nn.Module, pixels: Tensor, labels: Tensor) -> list[float]:
    """Wrong answers, and the mean loss."""
    logits = model(pixels)
    return [int((logits.argmax(1) != labels).sum()), float(functional.cross_entropy(logits, labels))]


def test_every_experiment_has_rows_and_the_networks_say_where_they_come_from(others: Path) -> None:
    for table in ("reorderings", "path_gradients", "path_spectrum", "epochs"):
        assert query(others, f"SELECT count(*) > 0 FROM {table}") == [(True,)]
    kinds = "SELECT DISTINCT experiment FROM lesions WHERE recalibrated = {} ORDER BY experiment"
    assert query(others, kinds.format("false")) == [("intact",), ("random",), ("single",)]
    assert query(others, kinds.format("true")) == [("intact",), ("single",)]
    assert query(others, "SELECT network, architecture, source, depth FROM networks ORDER BY network") == [
        ("mine", "python:factories:few", "trained", None),
        ("mobile", "torchvision:mobilenet_v2", "loaded", None),
    ]


def test_an_edit_of_what_a_factory_imports_from_the_checkout_reruns_that_network_alone(others: Path) -> None:
    path = others / "layers.py"
    path.write_text(LAYERS.replace("nn.ReLU()", "nn.ELU()"))
    jobs = dry_run(others, *WANTED)
    assert (jobs["train_network"], jobs.get("load_network")) == (1, None)
    path.write_text(LAYERS)
    assert dry_run(others, *WANTED) == {}
