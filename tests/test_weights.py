"""Weights from here and from elsewhere: what is read, what is refused, what is never run."""

import os
import pickle
from collections import OrderedDict
from pathlib import Path

import numpy as np
import pytest
import safetensors.torch
import torch

from resdag.errors import DamagedFileError, WeightsError
from resdag.models.build import build
from resdag.models.network import Network
from resdag.models.weights import load_outside_weights, load_weights, our_name, read_outside_weights, save_weights


def network(seed: int = 0, **options) -> Network:
    return build("resnet", in_channels=3, classes=10, seed=seed, **({"depth": 8, "width": 4} | options))


def equal(ours: Network, theirs: Network) -> bool:
    there = theirs.state_dict()
    return all(torch.equal(value, there[name]) for name, value in ours.state_dict().items())


@pytest.mark.workflow
def test_the_published_resnet20_makes_827_errors_on_cifar10(published_resnet20, cifar10_root):
    resnet = network(depth=20, width=16).eval()
    load_outside_weights(resnet, published_resnet20)
    with open(cifar10_root / "cifar-10-batches-py" / "test_batch", "rb") as file:
        batch = pickle.load(file, encoding="bytes")
    pixels = torch.from_numpy(np.asarray(batch[b"data"])).reshape(-1, 3, 32, 32)
    labels = torch.tensor(batch[b"labels"])
    mean, std = (torch.tensor(v).reshape(3, 1, 1) for v in ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)))
    with torch.inference_mode():
        predicted = torch.cat([resnet((some / 255 - mean) / std).argmax(1) for some in pixels.split(500)])
    assert int((predicted != labels).sum()) == 827  # 8.27 %, as published with the checkpoint


def test_saved_weights_come_back_whole(tmp_path):
    first, other = network(0), network(1)
    save_weights(first, tmp_path / "a.safetensors")
    load_weights(other, tmp_path / "a.safetensors")
    assert equal(first, other)
    assert os.listdir(tmp_path) == ["a.safetensors"]


def test_weights_in_another_memory_format_are_saved_as_well(tmp_path):
    first = network(0).to(memory_format=torch.channels_last)
    save_weights(first, tmp_path / "a.safetensors")
    other = network(1)
    load_outside_weights(other, tmp_path / "a.safetensors")
    assert equal(first, other)


def test_a_failed_save_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "a.safetensors"
    save_weights(network(0), path)
    old = path.read_bytes()

    def full(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        save_weights(network(1), path)
    assert path.read_bytes() == old and os.listdir(tmp_path) == ["a.safetensors"]


@pytest.mark.parametrize("left", [0, 7, 100, -1])
def test_a_truncated_file_of_ours_is_damaged_and_named(tmp_path, left):
    path = tmp_path / "a.safetensors"
    save_weights(network(), path)
    path.write_bytes(path.read_bytes()[:left])
    with pytest.raises(DamagedFileError, match="a.safetensors"):
        load_weights(network(), path)
    with pytest.raises(WeightsError, match="a.safetensors are damaged"):
        read_outside_weights(path)


def test_a_file_of_ours_that_is_missing_is_named(tmp_path):
    with pytest.raises(DamagedFileError, match="a.safetensors"):
        load_weights(network(), tmp_path / "a.safetensors")


def test_weights_of_another_depth_are_not_loaded(tmp_path):
    save_weights(network(depth=14), tmp_path / "a.safetensors")
    with pytest.raises(WeightsError, match="do not fit the network"):
        load_weights(network(), tmp_path / "a.safetensors")


# The names that others use


def copied_names(ours: Network) -> dict[str, torch.Tensor]:
    """A state dict with the names of the widely copied implementation, for one block a stage."""
    state = {}
    for name, value in ours.state_dict().items():
        for old, new in (
            ("stem.", ""),
            ("blocks.0.body", "layer1.0"),
            ("blocks.1.body", "layer2.0"),
            ("blocks.2.body", "layer3.0"),
            ("blocks.1.shortcut.conv", "layer2.0.shortcut.0"),
            ("blocks.1.shortcut.bn", "layer2.0.shortcut.1"),
            ("blocks.2.shortcut.conv", "layer3.0.shortcut.0"),
            ("blocks.2.shortcut.bn", "layer3.0.shortcut.1"),
            ("head.linear", "linear"),
        ):
            name = new + name.removeprefix(old) if name.startswith(old) else name
        state[name] = value
    return state


@pytest.mark.parametrize("wrapper", [None, "state_dict", "model", "net"])
@pytest.mark.parametrize("prefix", ["", "module."])
def test_wrappers_prefixes_and_copied_names_are_understood(tmp_path, wrapper, prefix):
    first, other = network(0, shortcut="projection"), network(1, shortcut="projection")
    state = OrderedDict((prefix + name, value) for name, value in copied_names(first).items())
    assert f"{prefix}layer2.0.shortcut.1.running_var" in state
    torch.save({wrapper: state, "best_prec1": 91.7} if wrapper else state, tmp_path / "a.th")
    load_outside_weights(other, tmp_path / "a.th")
    assert equal(first, other)


def test_files_without_batch_counters_are_complete(tmp_path):
    first, other = network(0), network(1)
    state = {name: value for name, value in copied_names(first).items() if not name.endswith("num_batches_tracked")}
    safetensors.torch.save_file(state, tmp_path / "a.safetensors")
    load_outside_weights(other, tmp_path / "a.safetensors")
    assert equal(first, other)


def test_names_are_counted_over_the_stages():
    resnet = network(depth=20)
    assert our_name("layer3.2.bn2.bias", resnet) == "blocks.8.body.bn2.bias"
    assert our_name("layer3.3.bn2.bias", resnet) == "layer3.3.bn2.bias"  # there is no such block: left to be refused
    assert our_name("layer2.0.downsample.1.weight", resnet) == "blocks.3.shortcut.bn.weight"
    assert our_name("fc.bias", resnet) == "head.linear.bias"
    preact = build("preact_resnet", in_channels=3, classes=10, depth=8, shortcut="projection")
    assert our_name("layer2.0.bn1.weight", preact) == "blocks.1.shared.bn1.weight"
    assert our_name("layer2.0.bn2.weight", preact) == "blocks.1.body.bn2.weight"


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"depth": 14}, "they lack blocks.1.body.conv1.weight, .* and .* more"),
        ({"width": 8}, r"another shape of stem.conv1.weight \(4, 3, 3, 3\), not \(8, 3, 3, 3\)"),
        ({"shortcut": "projection"}, "they lack blocks.1.shortcut.conv.weight"),
    ],
)
def test_weights_that_do_not_fit_are_refused_by_their_first_names(tmp_path, change, sentence):
    torch.save(copied_names(network()), tmp_path / "a.th")
    with pytest.raises(WeightsError, match=sentence):
        load_outside_weights(network(**change), tmp_path / "a.th")


def test_a_refused_file_leaves_the_network_as_it_was(tmp_path):
    ours, before = network(0), network(0)
    state = copied_names(network(1))
    state.pop("linear.bias")
    torch.save(state | {"extra": torch.ones(1)}, tmp_path / "a.th")
    with pytest.raises(WeightsError, match="lack head.linear.bias; they have the unknown extra;"):
        load_outside_weights(ours, tmp_path / "a.th")
    assert equal(ours, before)


# Files that must not be trusted


class Trap:
    """Unpickled, it makes a folder."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self):
        return os.mkdir, (str(self.path),)


def zipped(trap, path):
    torch.save({"state_dict": {"conv1.weight": trap}}, path)


def legacy(trap, path):
    torch.save({"state_dict": {"conv1.weight": trap}}, path, _use_new_zipfile_serialization=False)


def bare(protocol):
    def write(trap, path):
        path.write_bytes(pickle.dumps(trap, protocol=protocol))

    return write


@pytest.mark.parametrize(
    "write", [zipped, legacy, *map(bare, range(6))], ids=["zip", "legacy", *(f"pickle-{n}" for n in range(6))]
)
def test_code_in_a_pickle_is_refused_and_does_not_run(tmp_path, write):
    write(Trap(tmp_path / "sprung"), tmp_path / "a.th")
    with pytest.raises(WeightsError, match=r"a\.th .*refused, not run"):
        load_outside_weights(network(), tmp_path / "a.th")
    assert not (tmp_path / "sprung").exists()


def test_the_trap_would_have_sprung(tmp_path):
    pickle.loads(pickle.dumps(Trap(tmp_path / "sprung")))
    assert (tmp_path / "sprung").exists()


@pytest.mark.parametrize("share", [0, 0.01, 0.5, 0.99])
@pytest.mark.parametrize("zipfile", [True, False])
def test_a_truncated_state_dict_is_damaged_and_named(tmp_path, share, zipfile):
    path = tmp_path / "a.th"
    torch.save(copied_names(network()), path, _use_new_zipfile_serialization=zipfile)
    whole = path.read_bytes()
    path.write_bytes(whole[: int(share * len(whole))])
    with pytest.raises(WeightsError, match="a.th are damaged"):
        read_outside_weights(path)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ([torch.ones(2)], "are no state dict, but a list"),
        ({}, "are no state dict"),
        ({"conv1.weight": torch.ones(2), "epoch": 3}, "hold entries that are no tensors, epoch"),
    ],
)
def test_what_is_no_state_dict_is_refused(tmp_path, content, sentence):
    torch.save(content, tmp_path / "a.th")
    with pytest.raises(WeightsError, match=sentence):
        read_outside_weights(tmp_path / "a.th")


@pytest.mark.parametrize(
    ("weight", "sentence"),
    [
        (torch.full((10,), float("nan")), r"linear\.bias \(not finite\)"),
        (torch.full((10,), -float("inf")), r"linear\.bias \(not finite\)"),
        (torch.ones(10, dtype=torch.int8), r"linear\.bias \(int8\)"),
        (torch.ones(10, dtype=torch.bool), r"linear\.bias \(bool\)"),
        (torch.ones(10, dtype=torch.complex64), r"linear\.bias \(complex64\)"),
        (torch.ones(10).to_sparse(), r"linear\.bias \(not dense\)"),
        (torch.ones(10, device="meta"), r"linear\.bias \(no values\)"),
        (torch.ones(10, dtype=torch.int64), r"hold whole numbers as head\.linear\.bias"),
    ],
    ids=["nan", "infinite", "int8", "bool", "complex", "sparse", "meta", "int64"],
)
def test_numbers_that_no_network_computes_with_are_refused(tmp_path, weight, sentence):
    torch.save(copied_names(network()) | {"linear.bias": weight}, tmp_path / "a.th")
    ours = network(1)
    with pytest.raises(WeightsError, match=f"a.th (hold|do not fit).* {sentence}"):
        load_outside_weights(ours, tmp_path / "a.th")
    assert equal(ours, network(1))


@pytest.mark.parametrize("dtype", [torch.float64, torch.bfloat16])
def test_other_floating_numbers_are_taken(tmp_path, dtype):
    state = {name: value.to(dtype) for name, value in copied_names(network()).items() if value.is_floating_point()}
    torch.save(state, tmp_path / "a.th")
    load_outside_weights(network(1), tmp_path / "a.th")


def test_a_path_without_a_file_is_named(tmp_path):
    for path in (tmp_path / "none.th", tmp_path):
        with pytest.raises(WeightsError, match=str(path)):
            read_outside_weights(path)
