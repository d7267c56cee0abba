"""Images that stay in their files: the same numbers as in memory, each network's own preprocessing, nothing dropped."""

import os
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torchvision.models import ResNet50_Weights, ViT_B_16_Weights
from torchvision.transforms import InterpolationMode
from torchvision.transforms._presets import ImageClassification

from resdag.config.load import parse_study
from resdag.config.study import Study
from resdag.datasets import available, streamed, tensors
from resdag.datasets.decoding import Square, decoded
from resdag.datasets.source import prepare
from resdag.errors import DatasetError
from resdag.jobs import prepare_data
from resdag.jobs.context import Context
from resdag.lesions.engine import measure
from resdag.lesions.lesion import intact, single_deletions
from resdag.models.build import build
from resdag.training.checkpoint import describe

SIDE, RESIZED = 72, 80


def quiet(_: str) -> None:
    """No progress."""


def photograph(path: Path, seed: int) -> None:
    """A JPEG of noise on a gradient, of a size of its own."""
    rng = np.random.default_rng(seed)
    height, width = rng.integers(70, 200, 2)
    slope = np.linspace(0, 200, width)[None, :, None] + np.zeros((height, 1, 3))
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray((slope + rng.integers(0, 56, slope.shape)).astype(np.uint8)).save(path, "JPEG")


@pytest.fixture(scope="module")
def pristine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("imagenet")
    for place, name in enumerate(["n01", "n02", "n03"]):
        for image in range(4):
            photograph(root / "train" / name / f"{name}_{image}.JPEG", 100 * place + image)
        for image in range(3):
            photograph(root / "val" / name / f"ILSVRC2012_val_{image}.JPEG", 1000 + 100 * place + image)
    (root / "test").symlink_to("val")  # so that it is an image folder too
    return root


@pytest.fixture
def root(pristine: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(pristine, tmp_path / "photographs", symlinks=True))


def prepared(root: Path, out: Path, kind: str = "imagenet", **how: object) -> dict:
    how = {"image_size": SIDE, "resize": RESIZED, "streamed": True} | how
    return prepare(kind, root=root, out=out, progress=quiet, **how)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def both(pristine: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, tensors.Images]]:
    """Both splits, held as pixels and streamed."""
    folder = tmp_path_factory.mktemp("prepared")
    found = {}
    for name, of_files in {"held": False, "streamed": True}.items():
        prepared(pristine, folder / name, streamed=of_files)
        found[name] = {split: tensors.load(folder / name, split=split, root=pristine) for split in ("train", "test")}
    return found


@pytest.mark.parametrize("split", ["train", "test"])
def test_streamed_images_are_to_the_bit_those_that_are_held(both, split) -> None:
    held, streamed_ = both["held"][split], both["streamed"][split]
    assert isinstance(held.pixels, torch.Tensor) and not isinstance(streamed_.pixels, torch.Tensor)
    assert (held.classes, held.labels.tolist()) == (streamed_.classes, streamed_.labels.tolist())
    assert (held.mean.tolist(), held.std.tolist()) == (streamed_.mean.tolist(), streamed_.std.tolist())
    assert tuple(streamed_.pixels.shape) == tuple(held.pixels.shape) == (len(held), 3, SIDE, SIDE)
    indices = torch.tensor([5, 0, 5, 8])
    offsets, flips = tensors.draw_augmentation(4, 2, True, torch.Generator().manual_seed(0))
    streamed_.expect(indices)  # a hint that changes nothing
    for ask in (
        lambda images: images.normalised(0, 4),
        lambda images: images.normalised(4, 9),
        lambda images: images.chosen(indices),
        lambda images: images.augmented(indices, offsets, flips, 2),
        lambda images: images.first(3).normalised(0, 3),
        lambda images: images.normalised(len(images), len(images) + 5),
    ):
        assert torch.equal(ask(held), ask(streamed_))


def test_lesions_are_measured_on_files_as_on_pixels(both) -> None:
    network = build("resnet", in_channels=3, classes=3, depth=8, width=4).eval()
    lesions = [intact(3), *single_deletions(3, range(3))]
    held, files = (measure(network, both[name]["test"], lesions) for name in ("held", "streamed"))
    for one, other in zip(held, files, strict=True):
        assert torch.equal(one.predicted, other.predicted) and one.loss == other.loss


@pytest.mark.parametrize("weights", [ResNet50_Weights.IMAGENET1K_V2, ViT_B_16_Weights.IMAGENET1K_V1])
def test_a_network_sees_what_torchvisions_own_transforms_give(pristine, tmp_path, weights) -> None:
    theirs = weights.transforms()
    prepared(pristine, tmp_path / "out")
    square = {"side": theirs.crop_size[0], "resized": theirs.resize_size[0], "interpolation": "bilinear"}
    images = tensors.load(tmp_path / "out", split="test", root=pristine).seen_as(square)
    images = images.with_normalization(theirs.mean, theirs.std)
    paths = [pristine / path for path in images.pixels.paths]  # type: ignore[attr-defined]
    expected = torch.stack([theirs(Image.open(path).convert("RGB")) for path in paths])
    assert torch.equal(images.normalised(0, len(paths)), expected)


@pytest.mark.parametrize("how", ["bilinear", "bicubic"])
def test_images_of_every_form_are_resized_and_cut_as_torchvision_does_it(tmp_path, how) -> None:
    rng = np.random.default_rng(0)
    for number in range(20):
        path, resized = tmp_path / f"{number}.png", int(rng.integers(16, 80))
        Image.fromarray(rng.integers(0, 256, (*rng.integers(8, 200, 2), 3), dtype=np.uint8)).save(path)
        side = int(rng.integers(8, resized + 1))
        theirs = ImageClassification(crop_size=side, resize_size=resized, mean=(0.0,) * 3, std=(1.0,) * 3,
                                     interpolation=InterpolationMode(how))  # fmt: skip
        expected = theirs(Image.open(path)).mul(255).round().byte()
        ours = decoded(path.read_bytes(), path, Square(side, resized, how))
        assert np.array_equal(ours, expected.numpy())


def test_what_comes_next_is_decoded_ahead_and_no_more_than_may_wait(both, monkeypatch) -> None:
    monkeypatch.setattr(streamed, "AHEAD_BYTES", 3 * 3 * SIDE**2)
    files = both["streamed"]["train"].first(12).pixels
    assert files._waiting == {}
    files[0:2]
    assert list(files._waiting) == [2, 3, 4]
    kept = files._waiting[4]
    files[2:4]
    assert list(files._waiting) == [4, 5, 6] and files._waiting[4] is kept
    files[10:12]
    assert list(files._waiting) == []


@pytest.mark.parametrize("what", ["changed", "gone"])
def test_a_file_that_is_not_the_one_that_was_checked_is_refused_by_name(root, tmp_path, what) -> None:
    prepared(root, tmp_path / "out")
    images = tensors.load(tmp_path / "out", split="test", root=root)
    path = root / "val" / "n02" / "ILSVRC2012_val_0.JPEG"
    if what == "changed":
        photograph(path, 7)  # as good an image, and another
    else:
        path.unlink()
    said = "has changed" if what == "changed" else r"cannot be read \(No such file"
    with pytest.raises(DatasetError, match=f"n02/ILSVRC2012_val_0.JPEG {said}.* since the images were checked"):
        images.normalised(0, 3)


def test_files_may_lie_elsewhere_and_a_root_must_be_told(root, tmp_path) -> None:
    prepared(root, tmp_path / "out")
    before = tensors.load(tmp_path / "out", split="test", root=root).normalised(0, 2)
    root.rename(tmp_path / "moved")
    assert torch.equal(tensors.load(tmp_path / "out", split="test", root=tmp_path / "moved").normalised(0, 2), before)
    with pytest.raises(DatasetError, match="dataset.root, the folder that they are in, is missing"):
        tensors.load(tmp_path / "out", split="test")


# --- broken images ------------------------------------------------------------------------------------------------


def break_two(root: Path) -> None:
    (root / "train" / "n01" / "n01_0.JPEG").write_bytes(b"no image")
    cut = root / "val" / "n03" / "ILSVRC2012_val_1.JPEG"
    cut.write_bytes(cut.read_bytes()[:500])


@pytest.mark.parametrize("of_files", [True, False])
def test_all_broken_images_are_named_and_counted_before_anything_is_measured(root, tmp_path, of_files) -> None:
    break_two(root)
    sentence = (
        r"^2 of 21 images cannot be used: .*train/n01/n01_0.JPEG cannot be read .*val/n03/ILSVRC2012_val_1.JPEG cannot "
        r"be read .* Or let `broken: skip` in the dataset leave out such images.$"
    )
    with pytest.raises(DatasetError, match=sentence):
        prepared(root, tmp_path / "out", streamed=of_files)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("of_files", [True, False])
def test_broken_images_are_left_out_and_listed_where_the_study_says_so(root, tmp_path, of_files) -> None:
    break_two(root)
    said: list[str] = []
    context = Context(
        of={},
        spec={"kind": "imagenet", "image_size": SIDE, "resize": RESIZED, "streamed": of_files, "broken": "skip"},
        settings={"root": root, "archive": None, "download": False},
        inputs={},
        outputs={"images": str(tmp_path / "out")},
    )
    context.steps.line = said.append  # type: ignore[method-assign]
    rows = prepare_data.run(context)["broken_images"]
    assert [(row["split"], row["path"]) for row in rows] == [
        ("train", "train/n01/n01_0.JPEG"), ("test", "val/n03/ILSVRC2012_val_1.JPEG"),
    ]  # fmt: skip
    assert all("cannot be read as an image" in row["reason"] for row in rows)
    assert any("2 of 21 images cannot be used and are left out: " in line for line in said)
    train, test = (tensors.load(tmp_path / "out", split=split, root=root) for split in ("train", "test"))
    assert (train.labels.bincount().tolist(), test.labels.bincount().tolist()) == ([3, 4, 4], [3, 3, 2])
    assert len(train.normalised(0, 20)) == 11 and len(test.normalised(0, 20)) == 8


def test_only_so_many_training_images_are_looked_at_and_broken_ones_make_room_for_others(root, tmp_path) -> None:
    break_two(root)
    metadata = prepared(root, tmp_path / "out", train_limit=4, skip_broken=True)
    assert metadata["counts"] == {"train": 4, "test": 8}
    train = tensors.load(tmp_path / "out", split="train", root=root)
    assert train.pixels.paths == [  # type: ignore[attr-defined]  # the classes in turn, without the broken first of n01
        "train/n02/n02_0.JPEG", "train/n03/n03_0.JPEG", "train/n01/n01_1.JPEG", "train/n02/n02_1.JPEG",
    ]  # fmt: skip
    pixels = train.pixels[:].numpy() / 255
    assert train.mean.tolist() == pytest.approx(pixels.mean((0, 2, 3)).tolist(), rel=1e-12)


# --- ImageNet -----------------------------------------------------------------------------------------------------


def test_imagenet_is_known_by_names_and_sizes_and_a_second_look_reads_no_folder(root, tmp_path, monkeypatch) -> None:
    cache = tmp_path / "digests.json"

    def fingerprint() -> str:
        return available.content_fingerprint("imagenet", root, 224, cache)

    first = fingerprint()
    assert available.content_fingerprint("imagenet", root, 224) == first
    assert available.count_images("imagenet", root, cache) == {"train": 12, "test": 9}
    looked: list[str] = []
    scan = os.scandir
    monkeypatch.setattr(available.os, "scandir", lambda path: looked.append(Path(path).name) or scan(path))
    assert fingerprint() == first and sorted(looked) == ["train", "val"]
    extra = root / "train" / "n01" / "n01_9.JPEG"
    photograph(extra, 9)
    assert fingerprint() != first
    extra.unlink()
    assert fingerprint() == first
    moved = tmp_path / "moved"
    root.rename(moved)
    assert available.content_fingerprint("imagenet", moved, 224) == first


def test_what_imagenet_lacks_is_named_before_any_job(root) -> None:
    available.check_available("imagenet", root)
    shutil.rmtree(root / "train" / "n02")
    with pytest.raises(DatasetError, match=r"val has classes that .*train does not have: n02; training knows n01, n03"):
        available.check_available("imagenet", root)
    shutil.rmtree(root / "val")
    with pytest.raises(DatasetError, match=r"val is not there: ImageNet is ROOT/train/CLASS/\* and ROOT/val/CLASS/\*"):
        available.check_available("imagenet", root)


# --- preprocessing ------------------------------------------------------------------------------------------------

FACTORY = """
from torchvision.models import mobilenet_v2

def small(): return mobilenet_v2(num_classes=3)
"""
HALF = {"mean": [0.5] * 3, "std": [0.5] * 3}


def study(root: Path, networks: dict, **dataset: object) -> Study:
    given = {"kind": "imagenet", "root": str(root)} | dataset
    own = {name: {"source": "python", "factory": "streamed_factory:small", "weights": "w.pth"} | entry
           for name, entry in networks.items()}  # fmt: skip
    return parse_study({"study": "x", "dataset": given, "networks": own})


@pytest.fixture
def factory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A module of one's own; its blocks are given, since finding them is tested elsewhere."""
    (tmp_path / "streamed_factory.py").write_text(FACTORY)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    structure = {"blocks": [], "groups": [], "batch_norm": True, "published": None}
    monkeypatch.setattr("resdag.config.sourced.structure", lambda options: structure)


@pytest.mark.workflow
def test_networks_of_one_study_have_each_their_own_preprocessing(factory, root, tmp_path) -> None:
    found = study(root, {
        "plain": {},
        "lite": {"preprocessing": HALF | {"resize": 256, "crop": 96, "interpolation": "bicubic"}},
        "same": {"preprocessing": HALF | {"resize": 256}},
    }).networks  # fmt: skip
    identities = {name: network.identity() for name, network in found.items()}
    assert "square" not in identities["plain"] and "square" not in identities["same"]
    assert identities["lite"]["square"] == {"side": 96, "resized": 256, "interpolation": "bicubic"}
    assert [each["options"]["image"] for each in identities.values()] == [[3, 224], [3, 96], [3, 224]]
    assert identities["lite"]["normalization"] == HALF

    prepared(root, tmp_path / "out")
    images = tensors.load(tmp_path / "out", split="test", root=root)
    options = {"architecture": "resnet", "depth": 8, "width": 4}
    of = describe(options, HALF, images, None, identities["lite"]["square"])
    seen = images.seen_as(of.square).with_normalization(of.mean, of.std)
    assert seen.normalised(0, 2).shape == (2, 3, 96, 96) and images.normalised(0, 2).shape == (2, 3, SIDE, SIDE)


@pytest.mark.workflow
def test_small_images_have_one_size_for_all_networks(factory, root) -> None:
    with pytest.raises(ValueError, match=r"dataset.image_size: got 32, but 'a' was trained with crop 48"):
        study(root, {"a": {"preprocessing": HALF | {"crop": 48}}}, kind="image_folder", image_size=32)


def test_a_square_that_cannot_be_cut_is_refused(factory, root) -> None:
    with pytest.raises(ValueError, match="networks.a: preprocessing: a square of 300 cannot be cut from .* 256"):
        study(root, {"a": {"preprocessing": HALF | {"crop": 300}}})
