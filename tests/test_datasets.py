"""Datasets: what is read, what is refused and in which words, and every image's own crop and mirror."""

import hashlib
import io
import json
import os
import pickle
import shutil
import subprocess
import sys
import tarfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

import resdag
from resdag.datasets import available, cifar, listing, prepared, published, tensors
from resdag.datasets.source import prepare
from resdag.errors import DamagedFileError, DatasetError
from served import served


def quiet(_: str) -> None:
    """No progress."""


# --- digits -------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def digits(tmp_path_factory) -> Path:
    out = tmp_path_factory.mktemp("digits") / "digits.safetensors"
    prepare("digits", out=out, progress=quiet)
    return out


def test_a_stratified_fifth_of_the_digits_tests(digits):
    from sklearn.datasets import load_digits

    train, test = (tensors.load(digits, split=split) for split in ("train", "test"))
    assert (len(train), len(test)) == (1437, 360)
    assert train.pixels.shape[1:] == test.pixels.shape[1:] == (1, 8, 8)
    whole = np.bincount(load_digits().target)
    assert (train.labels.bincount() + test.labels.bincount()).tolist() == whole.tolist()
    assert np.abs(test.labels.bincount().numpy() - whole * 360 / 1797).max() < 1


def test_the_split_of_the_digits_is_pinned(digits):
    # another split would be another test set: every error measured on digits rests on this one
    labels = [tensors.load(digits, split=split).labels.numpy().tobytes() for split in ("train", "test")]
    pixels = [tensors.load(digits, split=split).pixels.numpy().tobytes() for split in ("train", "test")]
    assert (
        hashlib.sha256(b"".join(labels + pixels)).hexdigest()
        == "a143963411901d1b0efad0ffa4ba34b1aac1e112360c567005cdab4b59a9c195"
    )


def test_digits_are_scaled_from_16_to_255(digits):
    pixels = tensors.load(digits, split="train").pixels
    assert set(pixels.unique().tolist()) == {round(value * 255 / 16) for value in range(17)}


def test_statistics_are_those_of_the_training_images_as_numpy_computes_them(digits):
    train = tensors.load(digits, split="train")
    values = train.pixels.numpy() / 255
    assert train.mean.tolist() == pytest.approx(values.mean((0, 2, 3)).tolist(), rel=1e-12)
    assert train.std.tolist() == pytest.approx(values.std((0, 2, 3)).tolist(), rel=1e-12)
    normal = train.normalised(0, len(train), torch.float64)
    assert normal.mean() == pytest.approx(0, abs=1e-12) and normal.std(unbiased=False) == pytest.approx(1)


def test_the_same_data_are_the_same_bytes(digits, tmp_path):
    prepare("digits", out=tmp_path / "again.safetensors", progress=quiet)
    assert (tmp_path / "again.safetensors").read_bytes() == digits.read_bytes()
    assert os.listdir(tmp_path) == ["again.safetensors"]


def test_a_limit_takes_the_first_images_and_is_no_demand(digits):
    whole = tensors.load(digits, split="test")
    part = tensors.load(digits, split="test", limit=7)
    assert torch.equal(part.pixels, whole.pixels[:7]) and torch.equal(part.labels, whole.labels[:7])
    assert len(tensors.load(digits, split="test", limit=10_000)) == 360


@pytest.mark.parametrize("damage", ["truncated", "changed", "empty", "missing"])
def test_a_damaged_file_is_named(digits, tmp_path, damage):
    content = bytearray(digits.read_bytes())
    content[-1] ^= 1
    damaged = {"truncated": bytes(content[:-100]), "changed": bytes(content), "empty": b""}
    path = tmp_path / f"{damage}.safetensors"
    if damage in damaged:
        path.write_bytes(damaged[damage])
    with pytest.raises(DamagedFileError, match=f"{damage}.safetensors is damaged .*the data job writes it again"):
        for split in ("train", "test"):
            tensors.load(path, split=split)


def test_nothing_is_left_of_a_file_that_could_not_be_written(tmp_path):
    grey = np.full((7, 1, 8, 8), 77, np.uint8)
    contents = prepared.Contents(["a"], grey, np.zeros(7, np.int64), grey, np.zeros(7, np.int64))
    with pytest.raises(DatasetError, match="channel 0 of the training images has the same value everywhere"):
        prepared.write("image_folder", contents, tmp_path / "out.safetensors")
    assert os.listdir(tmp_path) == []


# --- batches ------------------------------------------------------------------------------------------------------


def some_images(count: int = 12, channels: int = 3, height: int = 8, width: int = 6) -> tensors.Images:
    pixels = torch.randint(0, 256, (count, channels, height, width), generator=torch.Generator().manual_seed(1))
    statistics = torch.linspace(0.3, 0.5, channels, dtype=torch.float64)
    return tensors.Images(pixels.to(torch.uint8), torch.arange(count), ("a", "b"), statistics, statistics / 2)


def one_by_one(images: torch.Tensor, offsets: torch.Tensor, flips: torch.Tensor, padding: int) -> torch.Tensor:
    """The plain loop: pad one image with zeros, cut one window, mirror it."""
    height, width = images.shape[2:]
    crops = []
    for image, (down, right), flip in zip(images, offsets.tolist(), flips.tolist(), strict=True):
        padded = torch.nn.functional.pad(image, (padding,) * 4)
        crop = padded[:, down : down + height, right : right + width]
        crops.append(crop.flip(-1) if flip else crop)
    return torch.stack(crops)


@pytest.mark.parametrize("padding", [0, 1, 4, 7])
@pytest.mark.parametrize("flip", [True, False])
def test_a_batch_is_augmented_as_a_loop_over_its_images_does_it(padding, flip):
    images = some_images()
    indices = torch.tensor([3, 3, 0, 11, 5, 7])
    offsets, flips = tensors.draw_augmentation(6, padding, flip, torch.Generator().manual_seed(2))
    crops, inside = tensors.augment(images.pixels[indices], offsets, flips, padding)
    assert crops.dtype == torch.uint8
    assert torch.equal(crops, one_by_one(images.pixels[indices], offsets, flips, padding))
    assert torch.equal(inside, one_by_one(torch.ones(6, 1, 8, 6), offsets, flips, padding).bool())
    # the border is 0 after normalisation: the loop pads the normalised image
    expected = one_by_one(images.chosen(indices), offsets, flips, padding)
    assert torch.equal(images.augmented(indices, offsets, flips, padding), expected)


def test_every_crop_and_mirror_occurs_and_each_image_has_its_own():
    offsets, flips = tensors.draw_augmentation(4000, 4, True, torch.Generator().manual_seed(0))
    counts = torch.bincount(offsets[:, 0] * 9 + offsets[:, 1], minlength=81)
    # chi-square with 80 degrees of freedom: 124.8 at .001
    assert ((counts - 4000 / 81) ** 2 / (4000 / 81)).sum() < 124.8
    assert abs(int(flips.sum()) - 2000) < 4 * 4000**0.5 / 2
    down, right = offsets.double().T
    assert abs(torch.corrcoef(torch.stack([down, right, flips.double()])).triu(1)).max() < 4 / 4000**0.5


def test_crops_do_not_depend_on_whether_images_are_mirrored():
    with_flip = tensors.draw_augmentation(50, 4, True, torch.Generator().manual_seed(0))
    without = tensors.draw_augmentation(50, 4, False, torch.Generator().manual_seed(0))
    assert torch.equal(with_flip[0], without[0])
    assert with_flip[1].any() and not without[1].any()


def test_the_middle_crop_without_a_mirror_is_the_image():
    images = some_images()
    middle, straight = torch.full((12, 2), 3), torch.zeros(12, dtype=torch.bool)
    assert torch.equal(images.augmented(torch.arange(12), middle, straight, 3), images.normalised(0, 12))


def test_normalised_pixels_are_what_the_formula_says():
    images = some_images()
    batch = images.normalised(2, 5)
    assert batch.dtype == torch.float32 and batch.is_contiguous(memory_format=torch.channels_last)
    pixel = images.pixels[3, 1, 4, 2].item()
    assert batch[1, 1, 4, 2].item() == pytest.approx((pixel / 255 - 0.4) / 0.2, rel=1e-5)
    assert images.normalised(0, 3, torch.float64).dtype == torch.float64
    assert torch.equal(images.normalised(0, 3, torch.bfloat16), images.normalised(0, 3).bfloat16())
    assert torch.equal(images.chosen([2, 3, 4]), batch)


def test_other_statistics_replace_the_datasets_own_if_they_fit_its_channels():
    images = some_images()
    other = images.with_normalization([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])
    expected = (images.pixels[0, 2, 0, 0].item() / 255 - 0.406) / 0.225
    assert other.normalised(0, 1)[0, 2, 0, 0].item() == pytest.approx(expected, rel=1e-5)
    with pytest.raises(DatasetError, match="3 means and 3 stds, and the images 1 channels"):
        some_images(channels=1).with_normalization([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])


# --- CIFAR --------------------------------------------------------------------------------------------------------


def test_the_published_sums_are_those_that_torchvision_knows():
    from torchvision import datasets

    for kind, known in {"cifar10": datasets.CIFAR10, "cifar100": datasets.CIFAR100}.items():
        ours = published.CIFAR[kind]
        assert (ours.folder, ours.archive, ours.archive_md5) == (known.base_folder, known.filename, known.tgz_md5)
        assert ours.address == known.url
        sums = dict([*known.train_list, *known.test_list, (known.meta["filename"], known.meta["md5"])])
        assert {file.name: file.md5 for file in ours.files} == sums


@pytest.mark.workflow
def test_cifar10_is_read_whole(cifar10_root, tmp_path):
    out = tmp_path / "cifar10.safetensors"
    metadata = prepare("cifar10", root=cifar10_root, download=False, out=out, progress=quiet)
    train, test = (tensors.load(out, split=split) for split in ("train", "test"))
    out.unlink()  # 184 MB that pytest would keep
    assert train.pixels.shape == (50_000, 3, 32, 32) and test.pixels.shape == (10_000, 3, 32, 32)
    assert train.labels.bincount().tolist() == [5000] * 10
    assert test.labels.bincount().tolist() == [1000] * 10
    assert train.classes[0] == "airplane" and train.classes[3] == "cat"
    assert test.labels[:4].tolist() == [3, 8, 8, 0]  # a cat, two ships, an airplane: the well-known first images
    # the statistics that CIFAR-10 code carries about
    assert [round(mean, 4) for mean in metadata["mean"]] == [0.4914, 0.4822, 0.4465]
    assert [round(std, 4) for std in metadata["std"]] == [0.2470, 0.2435, 0.2616]


def test_rows_of_a_cifar_image_are_rows_and_channels_are_red_green_blue(cifar10_root):
    # from the layout that the authors describe: 1024 bytes of red, row by row, then green, then blue
    with open(cifar10_root / "cifar-10-batches-py" / "test_batch", "rb") as file:
        first = pickle.load(file, encoding="bytes")[b"data"][0]
    test = cifar._contents("cifar10", cifar10_root).test_images[0]
    for channel, row, column in [(0, 0, 0), (0, 0, 31), (1, 5, 7), (2, 31, 0)]:
        assert test[channel, row, column] == first[channel * 1024 + row * 32 + column]


def test_a_changed_batch_is_refused_with_its_name_and_both_sums(cifar10_root, tmp_path):
    folder = tmp_path / "cifar-10-batches-py"
    folder.mkdir()
    for file in (cifar10_root / folder.name).iterdir():
        (folder / file.name).symlink_to(file)
    target = folder / "data_batch_1"
    target.unlink()
    shutil.copyfile(cifar10_root / folder.name / target.name, target)
    with open(target, "r+b") as file:
        file.seek(1_000_000)
        byte = file.read(1)[0]
        file.seek(1_000_000)
        file.write(bytes([byte ^ 1]))
    found = hashlib.md5(target.read_bytes()).hexdigest()
    with pytest.raises(DatasetError, match=f"data_batch_1 .*c99cafc152244af753f735de768cd75f and is {found}"):
        prepare("cifar10", root=tmp_path, out=tmp_path / "out.safetensors", progress=quiet)
    assert not (tmp_path / "out.safetensors").exists()
    target.unlink()


def test_a_truncated_batch_is_refused_before_any_job(tmp_path):
    (tmp_path / "cifar-100-python").mkdir()
    for name in ("train", "test", "meta"):
        (tmp_path / "cifar-100-python" / name).write_bytes(b"short")
    with pytest.raises(DatasetError, match="train is truncated: it has 5 bytes and needs at least 153600000"):
        available.check_available("cifar100", tmp_path)


THREE_WAYS = (
    r"Either put its files \(data_batch_1, .*batches.meta\) into .*cifar-10-batches-py, "
    r"or name a local copy of cifar-10-python.tar.gz as dataset.archive, "
    r"or name there another address"
)


@pytest.mark.parametrize(
    ("archive", "download", "first"),
    [
        (None, False, "cifar10 is not in .* and dataset.download is false"),
        ("http://127.0.0.1:9/cifar.tar.gz", False, "dataset.download is false"),
        ("nowhere/cifar.tar.gz", True, "dataset.archive nowhere/cifar.tar.gz is no file"),
    ],
)
def test_missing_data_are_refused_before_any_job_with_all_three_ways(tmp_path, archive, download, first):
    with pytest.raises(DatasetError, match=f"{first}.*{THREE_WAYS}"):
        available.check_available("cifar10", tmp_path / "none", archive, download)
    with pytest.raises(DatasetError, match=THREE_WAYS):
        out = tmp_path / "out.safetensors"
        prepare("cifar10", root=tmp_path / "none", archive=archive, download=download, out=out, progress=quiet)
    assert os.listdir(tmp_path) == []


def test_data_that_can_be_had_are_not_refused(tmp_path):
    available.check_available("digits")
    available.check_available("cifar10", tmp_path)
    available.check_available("cifar10", tmp_path, "https://example.org/cifar.tar.gz")
    (tmp_path / "cifar-10-python.tar.gz").touch()
    available.check_available("cifar10", tmp_path, download=False)
    available.check_available("cifar10", tmp_path / "none", str(tmp_path / "cifar-10-python.tar.gz"), download=False)


def test_an_unknown_kind_or_a_missing_root_is_refused_in_a_sentence():
    with pytest.raises(DatasetError, match="'mnist' is not one of digits, cifar10, cifar100, image_folder"):
        available.check_available("mnist")
    with pytest.raises(DatasetError, match="dataset.root is missing: cifar10 needs the folder"):
        available.check_available("cifar10")


def pack(files: dict[str, bytes], archive: Path) -> Path:
    with tarfile.open(archive, "w:gz", compresslevel=1) as tar:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return archive


def test_a_local_archive_that_is_not_the_published_one_is_refused(cifar10_root, tmp_path):
    # the published files in another archive: other bytes, so another sum, though the contents may be right
    folder = cifar10_root / "cifar-10-batches-py"
    archive = pack({"cifar-10-batches-py/batches.meta": (folder / "batches.meta").read_bytes()}, tmp_path / "a.tar.gz")
    found = hashlib.md5(archive.read_bytes()).hexdigest()
    with pytest.raises(DatasetError, match=f"a.tar.gz .*should be c58f30108f718f92721af3b95e74349a and is {found}"):
        out = tmp_path / "out.safetensors"
        prepare("cifar10", root=tmp_path / "data", archive=str(archive), out=out, progress=quiet)
    assert not (tmp_path / "data" / "cifar-10-batches-py").exists()


@pytest.fixture
def tiny(tmp_path, monkeypatch) -> Path:
    """An archive of CIFAR-10's form with four images a batch, and tables of sums that go with it.

    The real archive is 170 MB of one gzip stream that nothing but a download reproduces, so the ways that end
    well need sums of their own: ours, and those of torchvision, which checks again.
    """
    from torchvision.datasets import CIFAR10

    rng = np.random.default_rng(0)
    contents = {}
    for index, file in enumerate(published.CIFAR["cifar10"].files[:-1]):
        data = rng.integers(0, 256, (4, 3072), np.uint8)
        contents[file.name] = pickle.dumps({"data": data, "labels": [index, 1, 2, 3]})
    contents["batches.meta"] = pickle.dumps({"label_names": list("abcdefghij")})
    packed = {"cifar-10-batches-py/readme.html": b"not wanted"}
    packed |= {f"cifar-10-batches-py/{name}": content for name, content in contents.items()}
    archive = pack(packed | {"../outside": b"not followed"}, tmp_path / "tiny.tar.gz")

    sums = {name: hashlib.md5(content).hexdigest() for name, content in contents.items()}
    files = tuple(published.File(name, md5, 0) for name, md5 in sums.items())
    archive_md5 = hashlib.md5(archive.read_bytes()).hexdigest()
    ours = replace(published.CIFAR["cifar10"], archive_md5=archive_md5, files=files)
    monkeypatch.setitem(published.CIFAR, "cifar10", ours)
    monkeypatch.setattr(CIFAR10, "train_list", [[f"data_batch_{n}", sums[f"data_batch_{n}"]] for n in range(1, 6)])
    monkeypatch.setattr(CIFAR10, "test_list", [["test_batch", sums["test_batch"]]])
    monkeypatch.setattr(CIFAR10, "meta", CIFAR10.meta | {"md5": sums["batches.meta"]})
    return archive


def assert_tiny(root: Path, **where) -> None:
    """The tiny data come out, from `where`, and nothing else is left under the root."""
    metadata = prepare("cifar10", root=root, **where, out=root.parent / "out.safetensors", progress=quiet)
    assert metadata["counts"] == {"train": 20, "test": 4}
    assert tensors.load(root.parent / "out.safetensors", split="train").labels[::4].tolist() == [0, 1, 2, 3, 4]
    names = [file.name for file in published.CIFAR["cifar10"].files]
    assert sorted(os.listdir(root / "cifar-10-batches-py")) == sorted(names)
    assert set(os.listdir(root)) <= {"cifar-10-batches-py", "cifar-10-python.tar.gz"}
    assert not (root.parent / "outside").exists()


def test_a_local_archive_is_unpacked_and_only_the_files_that_belong_there(tiny, tmp_path):
    assert_tiny(tmp_path / "data", archive=str(tiny), download=False)


def test_an_archive_that_lies_in_the_root_is_unpacked(tiny, tmp_path):
    (tmp_path / "data").mkdir()
    shutil.copyfile(tiny, tmp_path / "data" / "cifar-10-python.tar.gz")
    assert_tiny(tmp_path / "data", download=False)


def test_files_already_there_need_no_archive(tiny, tmp_path):
    assert_tiny(tmp_path / "data", archive=str(tiny))
    tiny.unlink()
    assert_tiny(tmp_path / "data", archive=str(tiny), download=False)


def test_a_truncated_archive_is_refused_in_a_sentence(tiny, tmp_path, monkeypatch):
    # with the sum of the truncated file, so that unpacking itself must find out
    tiny.write_bytes(tiny.read_bytes()[:-5000])
    md5 = hashlib.md5(tiny.read_bytes()).hexdigest()
    monkeypatch.setitem(published.CIFAR, "cifar10", replace(published.CIFAR["cifar10"], archive_md5=md5))
    with pytest.raises(DatasetError, match="tiny.tar.gz cannot be unpacked .*replace it by a whole copy"):
        assert_tiny(tmp_path / "data", archive=str(tiny))
    assert os.listdir(tmp_path / "data" / "cifar-10-batches-py") == []


@pytest.fixture
def no_proxy(monkeypatch):
    monkeypatch.setenv("no_proxy", "127.0.0.1")


def test_an_archive_is_fetched_from_another_address(tiny, tmp_path, no_proxy):
    with served(tiny.read_bytes(), breaks_after=20_000) as server:
        assert_tiny(tmp_path / "data", archive=server.address)
    assert server.asked[:2] == [None, "bytes=20000-"]


def test_what_an_address_serves_is_held_to_the_published_sum(tmp_path, no_proxy):
    with served(b"<html>not found</html>") as server:
        expected = f"what {server.address} serves was refused.*should be c58f30108f718f92721af3b95e74349a.*{THREE_WAYS}"
        with pytest.raises(DatasetError, match=expected):
            assert_tiny(tmp_path / "data", archive=server.address)
    assert os.listdir(tmp_path / "data") == []


def test_an_address_that_nobody_answers_is_refused_with_all_three_ways(tmp_path, no_proxy):
    with served(b"") as server:
        pass  # closed again: the port is free
    with pytest.raises(DatasetError, match=f"{server.address} could not be fetched .*{THREE_WAYS}"):
        assert_tiny(tmp_path / "data", archive=server.address)


# --- image folders ------------------------------------------------------------------------------------------------


RED, GREEN, BLUE = (255, 0, 0), (0, 255, 80), (0, 0, 255)


def picture(path: Path, size: tuple[int, int], colour: tuple[int, int, int], mode: str = "RGB") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", size, colour).convert(mode).save(path)


@pytest.fixture
def folder(tmp_path) -> Path:
    root = tmp_path / "pictures"
    picture(root / "train" / "cat" / "b.png", (40, 20), RED)
    picture(root / "train" / "cat" / "a.PNG", (16, 16), RED, "P")
    picture(root / "train" / "cat" / "more" / "z.png", (9, 30), RED, "RGBA")
    picture(root / "train" / "dog" / "a.png", (100, 70), GREEN)
    picture(root / "test" / "dog" / "x.png", (17, 31), BLUE)
    (root / "train" / "dog" / "notes.txt").write_text("no image")
    (root / "train" / "index.csv").write_text("no class")
    return root


def test_images_of_any_size_become_squares_of_one_size(folder, tmp_path):
    metadata = prepare("image_folder", root=folder, image_size=16, out=tmp_path / "out.safetensors", progress=quiet)
    train, test = (tensors.load(tmp_path / "out.safetensors", split=split) for split in ("train", "test"))
    assert metadata["classes"] == ["cat", "dog"] and metadata["size"] == 16
    assert train.pixels.shape == (4, 3, 16, 16) and test.pixels.shape == (1, 3, 16, 16)
    assert train.labels.tolist() == [0, 1, 0, 0] and test.labels.tolist() == [1]  # the classes in turn
    assert (train.pixels[0] == torch.tensor(RED).view(3, 1, 1)).all()
    assert (train.pixels[1] == torch.tensor(GREEN).view(3, 1, 1)).all()
    assert (test.pixels[0] == torch.tensor(BLUE).view(3, 1, 1)).all()


def test_the_centre_of_a_wide_image_is_kept(folder, tmp_path):
    # 96 x 32: red, green and blue thirds; its centre square is the green one
    wide = Image.new("RGB", (96, 32), RED)
    wide.paste(GREEN, (32, 0, 64, 32))
    wide.paste(BLUE, (64, 0, 96, 32))
    wide.save(folder / "test" / "dog" / "x.png")
    prepare("image_folder", root=folder, image_size=32, out=tmp_path / "out.safetensors", progress=quiet)
    pixels = tensors.load(tmp_path / "out.safetensors", split="test").pixels
    assert (pixels[0] == torch.tensor(GREEN).view(3, 1, 1)).all()


def test_files_and_classes_are_those_of_torchvisions_image_folder(folder):
    from torchvision.datasets import ImageFolder

    theirs = ImageFolder(str(folder / "train"))
    assert listing.classes_of(folder / "train") == theirs.classes
    ours = [(str(sample.path), theirs.class_to_idx[sample.name]) for sample in listing.samples_of(folder / "train")]
    assert ours == theirs.samples


def refused(root: Path, tmp_path: Path, sentence: str) -> None:
    with pytest.raises(DatasetError, match=sentence):
        available.check_available("image_folder", root)
    with pytest.raises(DatasetError, match=sentence):
        prepare("image_folder", root=root, out=tmp_path / "out.safetensors", progress=quiet)
    assert not (tmp_path / "out.safetensors").exists()


def test_what_an_image_folder_lacks_is_named(folder, tmp_path):
    refused(tmp_path / "none", tmp_path, "none/train is not there: an image folder is ROOT/train/CLASS")
    shutil.rmtree(folder / "test" / "dog")
    refused(folder, tmp_path, "test has no class folders")
    picture(folder / "test" / "bird" / "x.png", (8, 8), RED)
    refused(folder, tmp_path, "has classes that .*train does not have: bird; training knows cat, dog")
    (folder / "train" / "dog" / "a.png").unlink()
    refused(folder, tmp_path, "train/dog holds no images: each class needs at least one file ending in .jpg")


@pytest.mark.parametrize("content", [b"no image at all", "truncated"])
def test_an_unreadable_image_is_named(folder, tmp_path, content):
    path = folder / "train" / "dog" / "a.png"
    Image.effect_noise((64, 64), 50).save(path)
    path.write_bytes(path.read_bytes()[:1000] if content == "truncated" else content)
    with pytest.raises(DatasetError, match="train/dog/a.png cannot be read as an image"):
        prepare("image_folder", root=folder, out=tmp_path / "out.safetensors", progress=quiet)


@pytest.mark.parametrize(
    ("name", "make", "sentence"),
    [
        (
            "dog/b.png",
            lambda path: path.symlink_to("nothing.png"),
            "dog/b.png has an image's name, but is a link to no",
        ),
        ("bird", lambda path: path.symlink_to("nothing"), "train/bird is a link to nothing"),
        ("dog/b.png", os.mkfifo, "dog/b.png has an image's name, but is no file"),
        ("dog/again", lambda path: path.symlink_to("."), "dog/again is a link to a folder that it lies in"),
        ("dog/again", lambda path: path.symlink_to("../.."), "again/train/dog.* is a link to a folder that it lies in"),
    ],
    ids=["link to nothing", "class to nothing", "pipe", "link to its folder", "link to a folder above"],
)
def test_what_has_an_images_name_and_is_none_is_named_at_once(folder, tmp_path, name, make, sentence):
    make(folder / "train" / name)
    refused(folder, tmp_path, sentence)
    with pytest.raises(DatasetError, match=sentence):
        available.content_fingerprint("image_folder", folder, 32)


def test_links_to_images_and_to_folders_elsewhere_are_followed(folder, tmp_path):
    picture(tmp_path / "elsewhere" / "e.png", (8, 8), RED)
    (folder / "train" / "dog" / "more").symlink_to(tmp_path / "elsewhere")
    (folder / "train" / "dog" / "b.png").symlink_to(tmp_path / "elsewhere" / "e.png")
    names = [sample.path.name for sample in listing.samples_of(folder / "train") if sample.name == "dog"]
    assert names == ["a.png", "b.png", "e.png"]


def test_grey_values_of_16_bits_keep_their_order(folder, tmp_path):
    # 16 columns from black to white; clipped at 255, as a plain conversion does, all but the first would be white
    values = np.linspace(0, 65535, 16).round().astype(np.uint16)
    Image.fromarray(np.tile(values, (16, 1))).save(folder / "test" / "dog" / "x.png")
    prepare("image_folder", root=folder, image_size=16, out=tmp_path / "out.safetensors", progress=quiet)
    pixels = tensors.load(tmp_path / "out.safetensors", split="test").pixels[0]
    assert (pixels == torch.arange(0, 256, 17)).all()  # 65535 / 15 = 4369 = 17 x 257


@pytest.mark.parametrize(("dtype", "kind"), [(np.float32, "floating-point"), (np.int32, "32-bit whole")])
def test_values_without_a_range_are_refused(folder, tmp_path, dtype, kind):
    Image.fromarray(np.eye(16, dtype=dtype)).save(folder / "train" / "dog" / "b.tiff")
    with pytest.raises(DatasetError, match=f"b.tiff holds {kind} numbers, whose range is not known"):
        prepare("image_folder", root=folder, out=tmp_path / "out.safetensors", progress=quiet)


@pytest.mark.parametrize("size", [(1, 3_000_000), (3_000_000, 1)])
def test_a_strip_that_would_fill_the_memory_is_refused(folder, tmp_path, size):
    Image.new("1", size).save(folder / "train" / "dog" / "b.png")
    assert (folder / "train" / "dog" / "b.png").stat().st_size < 10_000_000
    with pytest.raises(
        DatasetError, match=f"b.png has {size[0]} x {size[1]} pixels: its longer side may be at most 100"
    ):
        prepare("image_folder", root=folder, out=tmp_path / "out.safetensors", progress=quiet)


# --- fingerprints -------------------------------------------------------------------------------------------------


def test_a_folder_s_fingerprint_is_of_contents_and_size_and_not_of_the_place(folder, tmp_path):
    def fingerprint(root=folder, size=32):
        return available.content_fingerprint("image_folder", root, size)

    first = fingerprint()
    shutil.copytree(folder, tmp_path / "elsewhere")
    (tmp_path / "elsewhere" / "train" / "dog" / "notes.txt").write_text("other notes")
    assert fingerprint(tmp_path / "elsewhere") == first
    assert fingerprint(size=16) != first
    picture(tmp_path / "elsewhere" / "train" / "dog" / "a.png", (100, 70), BLUE)
    assert fingerprint(tmp_path / "elsewhere") != first
    (folder / "train" / "cat" / "b.png").rename(folder / "train" / "dog" / "b.png")
    assert fingerprint() != first
    assert fingerprint(tmp_path / "none") == "absent"


def test_a_second_fingerprint_reads_only_what_changed(folder, tmp_path):
    def fingerprint():
        return available.content_fingerprint("image_folder", folder, 32, cache)

    cache = tmp_path / "made" / "digests.json"
    first = fingerprint()
    assert available.content_fingerprint("image_folder", folder, 32) == first == fingerprint()
    known = json.loads(cache.read_text())
    assert len(known) == 5
    known[str(folder / "test" / "dog" / "x.png")][-1] = "remembered"  # believed, so the file was not read
    cache.write_text(json.dumps(known))
    assert fingerprint() != first
    os.utime(folder / "test" / "dog" / "x.png")
    assert fingerprint() == first
    state = (folder / "test" / "dog" / "x.png").stat()
    changed = bytearray((folder / "test" / "dog" / "x.png").read_bytes())
    changed[-1] ^= 1
    (folder / "test" / "dog" / "x.png").write_bytes(changed)
    os.utime(folder / "test" / "dog" / "x.png", ns=(state.st_atime_ns, state.st_mtime_ns))  # size and time as they were
    assert fingerprint() != first
    changed[-1] ^= 1
    (folder / "test" / "dog" / "x.png").write_bytes(changed)
    cache.write_text("{damaged")
    assert fingerprint() == first


def test_fingerprints_of_the_other_kinds_need_no_files(tmp_path):
    marks = {kind: available.content_fingerprint(kind, tmp_path / "none") for kind in ("cifar10", "cifar100")}
    assert marks["cifar10"] == available.content_fingerprint("cifar10", "elsewhere")
    marks["digits"] = available.content_fingerprint("digits")
    assert len(set(marks.values())) == 3


def test_looking_for_data_imports_neither_torch_nor_scikit_learn():
    code = (
        "import sys; from resdag.datasets.available import check_available, content_fingerprint; "
        "check_available('digits'); content_fingerprint('cifar10', 'data'); "
        "print({'torch', 'torchvision', 'sklearn', 'numpy', 'PIL'} & set(sys.modules))"
    )
    source = str(Path(resdag.__path__[0]).parent)
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | {"PYTHONPATH": source},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "set()"
