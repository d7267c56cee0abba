"""Networks of others in a study file: their blocks found once, their weights held against the model."""

import json
import subprocess
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torchvision import models

from foreign_networks import images
from resdag.cli import main
from resdag.config.load import parse_study
from resdag.config.study import Study
from resdag.config.weights import Address
from resdag.discovery import source_of
from resdag.errors import NetworkError, StudyError, WeightsError
from resdag.models import sources
from resdag.models.structure import answer, structure
from resdag.models.weights import load_weights, read_outside_weights, renamed, save_weights
from resdag.planning import structures
from resdag.provenance import Sources

pytestmark = pytest.mark.workflow

RESNET = {"source": "torchvision", "model": "resnet18", "arguments": {}, "image": [3, 32]}
FACTORY = """
import torch
from torchvision.models import VisionTransformer

def tokens(layers: int = 2, classes: int = 4):
    torch.manual_seed(0)
    model = VisionTransformer(32, 8, layers, 2, 16, 32, num_classes=classes)
    torch.nn.init.normal_(model.heads.head.weight)
    return model

def flat(): return torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(3072, 4))

def number(): return 4
"""


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a factory, and a tracer in this process: another takes seconds to import torch."""
    (tmp_path / "factories.py").write_text(FACTORY)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    structures._known.clear()
    structures._path.cache_clear()

    def run(command: list[str], *, input: str, **how: Any) -> subprocess.CompletedProcess[str]:
        said = json.dumps([answer(options) for options in json.loads(input)])
        return subprocess.CompletedProcess(command, 0, f"what a factory prints\n{said}\n", "")

    monkeypatch.setattr(structures.subprocess, "run", run)
    return tmp_path


def study(network: dict[str, Any], **more: Any) -> Study:
    dataset = {"kind": "image_folder", "root": "pictures", "image_size": 32} | more.pop("dataset", {})
    return parse_study({"study": "x", "dataset": dataset, "networks": {"a": network}} | more)


def test_a_study_knows_blocks_that_were_traced_and_a_warm_cache_needs_no_torch(
    checkout: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    entry = {"source": "torchvision", "model": "resnet18", "weights": "w.pth"}
    network = study(entry).networks["a"]
    assert (network.blocks, network.deletable, network.exchangeable) == (8, 8, (2,))
    assert network.weights_of_layers(3, 32) == sum(p.numel() for p in models.resnet18().parameters())
    assert "tracing torchvision:resnet18 for blocks, once" in capsys.readouterr().err
    structures._known.clear()
    structures._path.cache_clear()
    monkeypatch.setattr(structures.subprocess, "run", None)
    assert study(entry).networks["a"].blocks == 8
    assert capsys.readouterr().err == ""


def test_multiply_adds_are_those_that_are_published(checkout: Path) -> None:
    found = structure(RESNET | {"image": [3, 224]})
    published = models.ResNet18_Weights.DEFAULT.meta["_ops"]  # in 10^9
    assert found["multiply_adds"] == pytest.approx(published * 1e9, rel=0.01)


def test_weights_by_name_become_their_address_and_what_they_were_trained_on(checkout: Path) -> None:
    entry = {"source": "torchvision", "model": "resnet50", "weights": "DEFAULT"}
    network = study(entry, dataset={"image_size": 224, "resize": 232}).networks["a"]
    weights = models.ResNet50_Weights.DEFAULT
    assert network.weights == Address(url=weights.url, sha256="11ad3fa6")
    assert network.identity()["normalization"] == {"mean": [0.485, 0.456, 0.406], "std": [0.229, 0.224, 0.225]}
    # large images are given to each network in its own way, small ones have one size for all
    own = study(entry, dataset={"image_size": 224}).networks["a"].identity()
    assert own["square"] == {"side": 224, "resized": 232, "interpolation": "bilinear"}
    with pytest.raises(StudyError, match=r"dataset\.image_size: got 64, but 'a' was trained with crop 224: write im"):
        study(entry, dataset={"image_size": 64})


@pytest.mark.parametrize(
    ("network", "sentence"),
    [
        (
            {"source": "torchvision", "model": "resnet51"},
            r"networks\.a: torchvision has no model 'resnet51': is r",
        ),
        ({"source": "torchvision", "model": "vgg11"}, r"networks\.a: VGG has no residual blocks"),
        ({"source": "torchvision", "model": "resnet18", "arguments": {"deep": 1}}, r"cannot be made with {'deep': 1}"),
        ({"source": "torchvision", "model": "resnet18", "weights": "BEST"}, r"publishes no weights 'BEST' of resnet18"),
        ({"source": "torchvision", "model": "resnet18", "depth": 8}, r"networks\.a\.depth: is an unknown key"),
        (
            {"source": "torchhub", "model": "resnet18"},
            r"source: got 'torchhub', allowed are",
        ),
        ({"source": "python", "factory": "factories"}, r"networks\.a\.factory: got 'factories'"),
        (
            {"source": "python", "factory": "factories:none"},
            r"factory 'factories:none' cannot be imported",
        ),
        ({"source": "python", "factory": "nowhere:none"}, r"networks\.a: factory 'nowhere:none': nowhere is not inst"),
        ({"source": "python", "factory": "factories:number"}, r"gives a int, and a torch\.nn\.Module is wanted"),
        ({"source": "python", "factory": "factories:flat"}, r"networks\.a: Sequential has no residual blocks"),
        (
            {"source": "python", "factory": "factories:tokens", "preprocessing": "weights"},
            r"does not say what its",
        ),
    ],
)
def test_what_cannot_be_is_refused_in_a_sentence_that_names_the_key(
    checkout: Path, network: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(StudyError, match=sentence):
        study(network)


def test_what_a_network_of_tokens_lacks_is_refused_before_any_job(checkout: Path) -> None:
    tokens = {"source": "python", "factory": "factories:tokens"}
    lesions = {
        "single": {"networks": ["a"]},
        "recalibrated": {"networks": ["a"]},
        "random": {"networks": ["a"], "counts": [5]},
    }
    with pytest.raises(StudyError) as refused:
        study(tokens, lesions=lesions)
    assert "has 4 blocks that can be deleted: allowed are 1 to 4" in str(refused.value)
    assert "lesions.recalibrated.networks[0]: got 'a', which has no batch norm" in str(refused.value)


def test_a_factorys_own_code_is_part_of_what_its_results_are_made_of(checkout: Path) -> None:
    assert structures.modules_of({"source": "python", "factory": "factories:tokens"})[1] == "factories"


def test_weights_of_others_are_renamed_loaded_and_say_what_the_model_says(tmp_path: Path) -> None:
    model = models.resnet18(num_classes=4).eval()
    state = renamed({f"module.net.{name}": value for name, value in model.state_dict().items()}, {"module.net.": ""})
    pixels = images()[0]
    network = sources.load(RESNET, 4, state, pixels)
    with torch.no_grad():
        assert torch.equal(network(pixels), model(pixels))
    save_weights(network, tmp_path / "weights.safetensors")
    again = sources.build(RESNET, 4, seed=1)
    assert all(parameter.requires_grad for parameter in again.parameters())
    load_weights(again, tmp_path / "weights.safetensors")
    with torch.no_grad():
        assert torch.equal(again.eval()(pixels), model(pixels))


def test_a_seed_decides_the_initial_weights_and_the_global_state_stays() -> None:
    before = torch.get_rng_state()
    one, same, other = (sources.build(RESNET, 4, seed).head.fc.weight for seed in (0, 0, 1))
    assert torch.equal(one, same) and not torch.equal(one, other)
    assert torch.equal(before, torch.get_rng_state())


def test_a_factory_ships_its_weights_and_must_tell_as_many_classes_apart_as_there_are(checkout: Path) -> None:
    options = {"source": "python", "factory": "factories:tokens", "arguments": {"layers": 1}, "image": [3, 32]}
    network, pixels = sources.load(options, 4, None, images()[0]), images()[0]
    model = sources.make(options).eval()
    with torch.no_grad():
        assert torch.equal(network(pixels), model(pixels))
    with pytest.raises(NetworkError, match="tells 4 classes apart, and the images have 10"):
        sources.load(options, 10, None, pixels)


def test_weights_that_do_not_fit_are_refused() -> None:
    with pytest.raises(WeightsError, match=r"do not fit torchvision:resnet18: .*fc\.weight"):
        sources.load(RESNET, 4, models.resnet18(num_classes=5).state_dict(), images()[0])


def test_renaming_that_renames_nothing_or_two_to_one_is_refused() -> None:
    state: dict[str, Tensor] = nn.Linear(2, 2).state_dict()
    with pytest.raises(WeightsError, match=r"no tensor's name begins with 'net\.'; they are weight, bias"):
        renamed(state, {"net.": ""})
    with pytest.raises(WeightsError, match="gives two tensors the name 'x'"):
        renamed(state, {"weight": "x", "bias": "x"})


@pytest.mark.parametrize(
    ("saved", "rename"),
    [("module.", {}), ("module.", {"module.": ""}), ("module.net.", {"module.net.": ""}), ("module.net.", {"net.": ""}),
     ("net.", {"net.": ""})],
)  # fmt: skip
def test_a_rule_may_name_the_prefix_that_data_parallel_adds_or_leave_it_to_the_reader(tmp_path, saved, rename) -> None:
    state = nn.Linear(2, 2).state_dict()
    torch.save({f"{saved}{name}": value for name, value in state.items()}, tmp_path / "w.pt")
    found = renamed(read_outside_weights(tmp_path / "w.pt"), rename)
    assert found.keys() == state.keys() and torch.equal(found["weight"], state["weight"])


def test_the_blocks_verb_lists_layers_and_what_may_be_done_to_them(
    checkout: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["blocks", "torchvision:resnet18", "--size", "64"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("torchvision:resnet18: 8 blocks, 11,689,512 parameters")
    assert lines[3].split()[:6] == ["1", "layer1.1", "64", "x", "16", "x"]
    assert lines[3].endswith("yes      within 0 to 1")
    assert lines[4].endswith("no: its skip is not the identity")


@pytest.mark.parametrize("weights", ["mine.pt", {"url": "https://example.org/w.pth", "sha256": "abcdef12"}, None])
def test_weights_without_a_name_do_not_say_how_they_were_trained(checkout: Path, weights: Any) -> None:
    entry = {"source": "torchvision", "model": "resnet18", "weights": weights, "preprocessing": "weights"}
    with pytest.raises(StudyError, match=r"networks\.a.*under a name say it: give mean and std"):
        study(entry)


def test_networks_whose_weights_have_a_name_are_traced_together(
    checkout: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    networks = {model: {"source": "torchvision", "model": model, "weights": "DEFAULT"}
                for model in ("resnet18", "mobilenet_v3_small")}  # fmt: skip
    dataset = {"kind": "imagenet", "root": "pictures"}
    found = parse_study({"study": "x", "dataset": dataset, "networks": networks}).networks
    assert [network.blocks for network in found.values()] == [8, 6]
    (line,) = [line for line in capsys.readouterr().err.splitlines() if "tracing" in line]
    assert "torchvision:resnet18, torchvision:mobilenet_v3_small" in line


def test_code_that_a_factory_imports_from_the_checkout_counts_and_versions_of_what_it_imports_too(
    checkout: Path,
) -> None:
    (checkout / "nets").mkdir()
    (checkout / "nets/mine.py").write_text("import torchvision\nfrom parts import layer\ndef f(): ...\n")
    (checkout / "parts.py").write_text("import sklearn, json\nlayer = 1\n")
    found = Sources(find=source_of)
    assert {"nets.mine", "parts"} <= found.parts("nets.mine").keys()
    assert found.libraries("nets.mine") == {"torchvision", "sklearn"}
    of = {"source": "python", "factory": "nets.mine:f"}
    assert structures.versions_of(of) == {}  # its code counts
    assert structures.versions_of(of | {"factory": "sklearn.base:f"})["scikit-learn"] == version("scikit-learn")


def test_two_sets_of_statistics_are_refused(checkout: Path) -> None:
    statistics = {"mean": [0.5] * 3, "std": [0.5] * 3}
    entry = {"source": "torchvision", "model": "resnet18", "normalization": statistics, "preprocessing": statistics}
    with pytest.raises(StudyError, match="leave out either preprocessing or normalization"):
        study(entry)


@pytest.mark.skipif(find_spec("timm") is not None, reason="timm is installed")
def test_a_missing_extra_is_named_with_what_installs_it(checkout: Path) -> None:
    with pytest.raises(StudyError, match=r"networks\.a: timm:resnet18 needs timm, an extra .*\[timm\]"):
        study({"source": "timm", "model": "resnet18"})


def test_all_networks_of_a_study_are_traced_by_one_process_and_a_refusal_names_its_own(
    checkout: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tokens = {"source": "python", "factory": "factories:tokens"}
    networks = {"a": tokens | {"arguments": {"layers": 1}}, "b": tokens | {"factory": "factories:flat"}}
    with pytest.raises(StudyError, match=r"networks\.b: Sequential has no residual blocks"):
        parse_study({"study": "x", "dataset": {"kind": "image_folder", "root": "p"}, "networks": networks})
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("resdag: tracing python:factories:tokens, python:factories:flat for blocks, once")
