"""A study of networks that others wrote, from a file to its report: one of torchvision, one from a function here."""

from pathlib import Path

import numpy as np
import pytest
import torch
import yaml
from PIL import Image
from sklearn.datasets import load_digits
from torch import Tensor, nn
from torchvision import models

from foreign_networks import silent
from workflow_tools import complete, copy, dry_run, query, snakemake

pytestmark = pytest.mark.workflow
CLASSES, SIDE, TEST_IMAGES = 4, 32, 24
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
        "random": {"networks": ["mobile", "mine"], "counts": [1, 2], "draws": 2},
        "reorder": {"networks": ["mobile", "mine"], "swaps": [1, "shuffle"], "draws": 1},
        "recalibrated": {"networks": ["mobile"], "images": 16},
    },
    "paths": {
        "gradients": {"networks": ["mobile", "mine"], "samples": 2, "batch_size": 8, "samples_per_batch": 2},
        "spectrum": {"networks": ["mine"], "batches": 1, "batch_size": 8, "sign_draws": 2},
    },
}


def mobile() -> nn.Module:
    """A MobileNetV2 at random weights, with statistics that are not trivial."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(5)
        model = models.mobilenet_v2(num_classes=CLASSES, width_mult=0.25).eval()
        for layer in model.modules():
            if isinstance(layer, nn.BatchNorm2d):
                nn.init.normal_(layer.running_mean, std=0.3)
                nn.init.uniform_(layer.running_var, 0.5, 1.5)
        nn.init.normal_(model.classifier[1].weight, std=0.3)
    return model


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
    """A checkout in which the study has run to its report."""
    folder = copy(untouched, tmp_path_factory.mktemp("others") / "checkout")
    draw_pictures(folder / "pictures")
    (folder / "factories.py").write_text(FACTORY)
    (folder / "layers.py").write_text(LAYERS)
    torch.save({f"their.{name}": value for name, value in mobile().state_dict().items()}, folder / "mobile.pt")
    (folder / "config/others.yaml").write_text(yaml.safe_dump(STUDY, sort_keys=False))
    status, said = snakemake(folder, "report", "-n", "--quiet", "rules", "--configfile", "config/others.yaml")
    assert status == 0, said
    assert "torchvision:mobilenet_v2 is traced for its blocks, once" in said
    complete(folder, "report", "--configfile", "config/others.yaml")
    return folder


@torch.no_grad()
def test_a_study_of_networks_of_others_measures_what_hooks_on_the_models_say(others: Path) -> None:
    model, (pixels, labels) = mobile(), pictures(others / "pictures")
    blocks = query(others, "SELECT block, layer FROM blocks WHERE network = 'mobile' AND deletable ORDER BY block")
    own = [name for name, layer in model.named_modules() if getattr(layer, "use_res_connect", False)]
    assert [layer for _, layer in blocks] == own  # torchvision's own word for it
    expected = {"intact": wrong(model, pixels, labels)}
    for block, layer in blocks:
        with silent(model.get_submodule(f"{layer}.conv")):
            expected[f"single-{block:03d}"] = wrong(model, pixels, labels)
    found = query(others, "SELECT lesion, errors FROM lesions WHERE network = 'mobile' AND NOT recalibrated")
    assert expected.items() <= dict(found).items()
    assert len(set(expected.values())) > 1


def wrong(model: nn.Module, pixels: Tensor, labels: Tensor) -> int:
    return int((model(pixels).argmax(1) != labels).sum())


def test_every_experiment_has_rows_of_both_networks_and_a_report_stands(others: Path) -> None:
    for table, names in {
        "lesions": {"mobile", "mine"}, "reorderings": {"mobile", "mine"}, "path_gradients": {"mobile", "mine"},
        "path_spectrum": {"mine"}, "epochs": {"mine"},
    }.items():  # fmt: skip
        assert {name for (name,) in query(others, f"SELECT DISTINCT network FROM {table}")} == names
    assert query(others, "SELECT network, architecture, source, depth FROM networks ORDER BY network") == [
        ("mine", "python:factories:few", "trained", None),
        ("mobile", "torchvision:mobilenet_v2", "loaded", None),
    ]
    assert (others / "results/others/report.html").stat().st_size > 100_000


def test_an_edit_of_what_a_factory_imports_from_the_checkout_reruns_that_network_alone(others: Path) -> None:
    path = others / "layers.py"
    path.write_text(LAYERS.replace("nn.ReLU()", "nn.ELU()"))
    jobs = dry_run(others, "report", "--configfile", "config/others.yaml")
    assert (jobs["train_network"], jobs.get("load_network")) == (1, None)
    path.write_text(LAYERS)
    assert dry_run(others, "report", "--configfile", "config/others.yaml") == {}
