"""docs/your-network.md, done literally: its files written, its commands typed, its Python run."""

import re
import shlex
import sys
from importlib.util import find_spec
from pathlib import Path

import polars as pl
import pytest
import torch
from torch import nn
from torchvision import models

import workflow_tools
from test_networks_of_others import TEST_IMAGES, draw_pictures, pictures
from workflow_tools import complete_command, query, run

pytestmark = pytest.mark.workflow
PAGE = Path(__file__).resolve().parents[1] / "docs/your-network.md"
FENCED = re.compile(r'^```(\w+)(?: title="([^"]+)")?\n(.*?)^```$', re.MULTILINE | re.DOTALL)
BLOCKS = FENCED.findall(PAGE.read_text(encoding="utf-8"))
FILES = {title: text for _, title, text in BLOCKS if title}
COMMANDS = [line.split("  #")[0].strip() for language, _, text in BLOCKS if language == "sh"
            for line in text.splitlines()]  # fmt: skip
SCRIPTS = ("figure.py", "paths.py")


def knowing(model: nn.Module, pixels: torch.Tensor) -> dict[str, torch.Tensor]:
    """Random weights with batch norms that know these images, so that answers differ by image and by block."""
    for layer in model.modules():
        if isinstance(layer, nn.BatchNorm2d):
            layer.momentum = None  # statistics are means over all batches seen: this one
            layer.reset_running_stats()
    with torch.no_grad():
        model.train()(pixels)
    return model.state_dict()


@pytest.fixture(scope="module")
def checkout(untouched: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkout with the page's files, pictures and weights."""
    folder = workflow_tools.copy(untouched, tmp_path_factory.mktemp("yours") / "checkout")
    draw_pictures(folder / "pictures")
    for path, text in FILES.items():
        (folder / path).write_text(text)
    torch.manual_seed(0)
    weights = folder / "data/checkpoints"
    weights.mkdir(parents=True)
    pixels, _ = pictures(folder / "pictures")
    torch.save(knowing(models.resnet18(num_classes=4), pixels), weights / "theirs.pt")
    own = knowing(_made(FILES["own_networks.py"]), pixels)
    torch.save({f"model.{name}": value for name, value in own.items()}, weights / "own.pt")
    return folder


def _made(source: str) -> nn.Module:
    names: dict = {}
    exec(compile(source, "own_networks.py", "exec"), names)
    model: nn.Module = names["small"](blocks=4)
    return model


@pytest.fixture(scope="module")
def said(checkout: Path) -> dict[str, str]:
    """What each command of the page said."""
    return {command: complete_command(checkout, *_words(command)) for command in COMMANDS}


def _words(command: str) -> list[str]:
    return shlex.split(command)


def test_the_commands_of_the_page_do_what_it_says(checkout: Path, said: dict[str, str]) -> None:
    assert "theirs: 8 blocks" in said["resdag blocks mine"] and "layer4.1" in said["resdag blocks mine"]
    assert "torchvision:convnext_tiny: 18 blocks" in said["resdag blocks torchvision:convnext_tiny"]
    assert "study published-here is valid" in said["resdag check config/published-here.yaml"]
    assert str(checkout / "results/mine/report.html").endswith(_report(said["resdag where mine"]))
    asked = next(answer for command, answer in said.items() if command.startswith("resdag sql"))
    assert "costs" in asked and len(re.findall("theirs|own", asked)) == 3
    page = next(line for line in PAGE.read_text().splitlines() if "figure 3's question" in line)
    drawn = {path.stem for path in (checkout / "results/mine/figures").glob("*.svg")}
    assert drawn >= {"figure_1", "figure_2", "figure_4", "figure_5a", "figure_6b", "figure_7"}, page


def _report(where: str) -> str:
    return next(line.split()[-1] for line in where.splitlines() if line.startswith("report"))


@pytest.fixture(scope="module")
def frames(checkout: Path, said: dict[str, str]) -> dict[str, pl.DataFrame]:
    """Frames that the page's Python leaves, after the study has run."""
    found: dict = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(checkout)
        patch.syspath_prepend(str(checkout))
        for name in SCRIPTS:
            exec(compile(FILES[name], name, "exec"), found)
        sys.modules.pop("own_networks", None)
    return found


def test_the_pages_python_gives_the_rows_that_its_study_gives(checkout: Path, frames: dict) -> None:
    for frame, experiment in ((frames["single"], "single"), (frames["several"], "random")):
        rows = query(checkout, "SELECT lesion, errors, images, broken, repaired, loss FROM lesions WHERE "
                     f"network = 'theirs' AND experiment = '{experiment}' ORDER BY lesion")  # fmt: skip
        own = frame.sort("lesion").select("lesion", "errors", "images", "broken", "repaired", "loss").rows()
        assert [row[:5] for row in own] == [row[:5] for row in rows]
        assert [row[5] for row in own] == pytest.approx([row[5] for row in rows], rel=1e-4)
        assert {row[2] for row in own} == {TEST_IMAGES}
    assert frames["single"]["errors"].n_unique() > 1


def test_the_pages_figures_are_drawn(checkout: Path, frames: dict) -> None:
    for figure in ("figure_3", "figure_5a", "figure_6b"):
        assert "<svg" in (checkout / f"{figure}.svg").read_text()[:300]
    assert set(frames["gradients"]["path_length"]) == {0, 1, 2, 3, 4}
    assert frames["influence"].height == 4


def test_timm_is_an_extra_and_the_refusal_says_how_to_get_it(checkout: Path) -> None:
    status, said = run(checkout, "resdag", "check", "config/of-timm.yaml")
    line = re.search(r"`(\S*uv pip install [^`]*)`", PAGE.read_text())
    assert line is not None
    if find_spec("timm"):
        assert status == 0 and "study of-timm is valid" in said
    else:
        assert status != 0 and line[1] in said
