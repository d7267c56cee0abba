"""`import resdag`: what it costs, and its frames against plain hooks and against the rows that jobs write."""

import ast
import io
import json
import subprocess
import sys
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import polars as pl
import pytest
import torch
from polars.testing import assert_frame_equal
from torch import Tensor, nn
from torch.nn import functional
from torch.utils.data import DataLoader, TensorDataset

import resdag
from foreign_networks import original
from resdag.api.names import HOMES
from resdag.combinatorics import random_deletion
from resdag.datasets.tensors import Images
from resdag.errors import NetworkError, ResdagError
from resdag.jobs import measure_path_spectrum, sample_path_gradients
from resdag.jobs.context import Context
from resdag.lesions import random, reorder, single
from resdag.models.build import build
from resdag.models.network import Network
from resdag.records.parquet import write_rows
from resdag.records.registry import class_of

COUNT = 20


@cache
def network() -> Network:
    """Six blocks, with batch-norm statistics that are not 0 and 1."""
    found = build("preact_resnet", in_channels=3, classes=4, depth=14, width=4, seed=1)
    source = torch.Generator().manual_seed(2)
    for module in found.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.running_mean.copy_(0.3 * torch.randn(module.num_features, generator=source))
            module.running_var.copy_(0.5 + torch.rand(module.num_features, generator=source))
    return found.eval()


@cache
def stored() -> Images:
    """Images as jobs have them."""
    source = torch.Generator().manual_seed(0)
    pixels = torch.randint(0, 256, (COUNT, 3, 8, 8), generator=source).to(torch.uint8)
    labels = torch.randint(0, 4, (COUNT,), generator=source)
    mean, std = torch.tensor([0.4, 0.45, 0.5]).double(), torch.tensor([0.2, 0.25, 0.3]).double()
    return Images(pixels, labels, ("a", "b", "c", "d"), mean, std)


def tensors() -> tuple[Tensor, Tensor]:
    """The same images, as a caller has them."""
    return stored().normalised(0, COUNT), stored().labels


@dataclass
class Job:
    """A job on the network and the images here, whose rows are written and read as those of a workflow are."""

    monkeypatch: pytest.MonkeyPatch
    folder: Path
    of: dict = field(default_factory=dict)

    def rows(self, module: object, table: str, **spec: object) -> pl.DataFrame:
        steps = Context({}, {}, {}, {}, {}).steps
        context = Context({}, spec, {"memory_bytes": 2**31}, {}, {}, "cpu", steps)
        for name, value in {
            "network_and_test_images": lambda _: (network(), stored()), "description": lambda _: None,
            "network_at": lambda *_: (network(), 1), "images": lambda *_: stored(),
        }.items():  # fmt: skip
            if hasattr(module, name):
                self.monkeypatch.setattr(module, name, value)
        keys = {"study": "python", "network": "network", "seed": 0}
        written = [keys | row for row in module.run(context)[table]]
        write_rows(self.folder / "rows.parquet", class_of(table), written)
        return pl.read_parquet(self.folder / "rows.parquet")


@pytest.fixture
def job(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Job:
    return Job(monkeypatch, tmp_path)


# What it costs


def test_importing_resdag_imports_nothing_that_costs() -> None:
    code = "import json, sys, resdag; dir(resdag); print(json.dumps(sorted(sys.modules)))"
    found = json.loads(subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout)
    assert not {"torch", "duckdb", "polars", "altair", "pyarrow", "pydantic", "numpy", "snakemake"} & set(found)
    assert [name for name in found if name.startswith("resdag.")] == ["resdag.api", "resdag.api.names"]


@pytest.mark.workflow
def test_drawing_imports_no_torch() -> None:
    code = "import sys, resdag; resdag.draw; print('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout == b"False\n"


def test_the_types_say_what_is_offered() -> None:
    stub = ast.parse(Path(resdag.__file__).with_suffix(".pyi").read_text(encoding="utf-8"))
    said = {each.names[0].asname: each.module for each in stub.body if isinstance(each, ast.ImportFrom)}
    assert said == HOMES
    assert set(HOMES) <= set(dir(resdag))
    assert all(getattr(resdag, name).__name__ == name for name in HOMES)
    with pytest.raises(AttributeError, match="no attribute 'delete_all'; it offers unravel, "):
        resdag.delete_all  # noqa: B018


# The rows of jobs, to the last bit


def test_lesions_are_the_rows_that_jobs_write(job: Job) -> None:
    assert resdag.delete_single(network(), *tensors()).equals(job.rows(single, "lesions", predictions=False))
    found = resdag.delete_random(network(), *tensors(), counts=[1, 3], draws=2)
    assert found.equals(job.rows(random, "lesions", counts=[1, 3], draws=[0, 1]))
    assert found["error"].n_unique() > 1
    found = resdag.reorder(network(), *tensors(), swaps=[1, "shuffle", "reversal"], draws=2)
    assert found.equals(job.rows(reorder, "reorderings", swaps=[1, "shuffle", "reversal"], draws=[0, 1]))


def test_path_gradients_are_the_rows_that_jobs_write(job: Job) -> None:
    found = resdag.path_gradients(network(), *tensors(), samples=4, samples_per_batch=2, batch_size=8)
    spec = {"batches": [0, 1], "batch_size": 8, "samples_per_batch": 2, "batch_norm": "eval"}
    assert found.equals(job.rows(sample_path_gradients, "path_gradients", **spec))
    found = resdag.path_spectrum(network(), *tensors(), batches=2, batch_size=8, sign_draws=3)
    spec = {"batches": [0, 1], "batch_size": 8, "sign_draws": 3}
    assert found.equals(job.rows(measure_path_spectrum, "path_spectrum", **spec))


# Plain hooks on a model of someone else


@cache
def pictures() -> tuple[Tensor, Tensor]:
    source = torch.Generator().manual_seed(3)
    return torch.randn(12, 3, 32, 32, generator=source), torch.randint(0, 4, (12,), generator=source)


@cache
def taken_apart() -> Network:
    return resdag.unravel(original("resnet"), pictures()[0][:2])


@torch.no_grad()
def without(names: list[str]) -> Tensor:
    """Logits of torchvision's own model, the last layers of some branches giving zeros by a hook."""
    model = original("resnet")
    hooks = [
        model.get_submodule(f"{name}.bn2").register_forward_hook(lambda _, __, output: torch.zeros_like(output))
        for name in names
    ]
    try:
        return model(pictures()[0])
    finally:
        for hook in hooks:
            hook.remove()


def test_deletions_are_those_of_hooks_on_the_model() -> None:
    images, labels = pictures()
    names = [block.origin.name for block in taken_apart().blocks]
    rows = resdag.delete_single(taken_apart(), images, labels, name="resnet", seed=2)
    assert rows["lesion"].to_list() == [f"single-{block:03d}" for block in range(6)]
    assert rows.select("study", "network", "seed").unique().row(0) == ("python", "resnet", 2)
    wrong = without([]).argmax(1) != labels
    for row, name in zip(rows.iter_rows(named=True), names, strict=True):
        logits = without([name])
        found = logits.argmax(1) != labels
        assert (row["errors"], row["broken"], row["repaired"]) == (
            int(found.sum()), int((found & ~wrong).sum()), int((~found & wrong).sum()),
        )  # fmt: skip
        assert row["loss"] == pytest.approx(functional.cross_entropy(logits, labels).item(), rel=1e-4)
    for row in resdag.delete_random(taken_apart(), images, labels, counts=[3], draws=2).iter_rows(named=True):
        chosen = random_deletion(6, range(6), 3, row["draw"])
        logits = without([names[block] for block in chosen])
        assert (tuple(row["deleted"]), row["errors"]) == (chosen, int((logits.argmax(1) != labels).sum()))


def test_a_loader_gives_the_counts_of_the_same_images_as_tensors() -> None:
    images, labels = pictures()
    loader = DataLoader(TensorDataset(images, labels), batch_size=5)
    whole, parts = (resdag.delete_single(taken_apart(), *data) for data in ((images, labels), (loader,)))
    assert parts.drop("loss").equals(whole.drop("loss"))
    assert parts["loss"].to_list() == pytest.approx(whole["loss"].to_list(), rel=1e-6)
    found = resdag.path_gradients(taken_apart(), loader, samples=2, samples_per_batch=1)
    one = resdag.path_gradients(taken_apart(), *next(iter(loader)), samples=1, samples_per_batch=1)
    assert_frame_equal(found.filter(batch=0), one, rel_tol=1e-4, abs_tol=0)  # kernels may round as memory lies
    assert found.filter(batch=1).height == one.height


# A metric of one's own


def second_best_is_good_enough(outputs: Tensor, labels: Tensor) -> Tensor:
    return (outputs.topk(2).indices != labels[:, None]).all(1)


def test_a_metric_of_bool_is_counted_as_errors() -> None:
    images, labels = pictures()
    rows = resdag.delete_single(taken_apart(), images, labels, metric=second_best_is_good_enough)
    before = second_best_is_good_enough(without([]), labels)
    for row, block in zip(rows.iter_rows(named=True), taken_apart().blocks, strict=True):
        after = second_best_is_good_enough(without([block.origin.name]), labels)
        assert (row["errors"], row["error"]) == (int(after.sum()), int(after.sum()) / 12)
        assert (row["broken"], row["repaired"]) == (int((after & ~before).sum()), int((~after & before).sum()))
    assert rows["loss"].null_count() == 6
    assert rows.columns == resdag.delete_single(taken_apart(), images, labels).columns


@pytest.mark.workflow
def test_a_metric_of_numbers_has_its_mean_in_a_column_of_its_own() -> None:
    """Regression, say: labels are three numbers an image, and the metric a squared distance."""
    images, target = pictures()[0], torch.randn(12, 4, generator=torch.Generator().manual_seed(5))

    def distance(outputs: Tensor, target: Tensor) -> Tensor:
        return (outputs - target).square().sum(1)

    rows = resdag.delete_single(taken_apart(), images, target, metric=distance)
    loader = DataLoader(TensorDataset(images, target), batch_size=5)
    parts = resdag.delete_single(taken_apart(), loader, metric=distance)
    before = distance(without([]), target)
    for row, part, block in zip(rows.to_dicts(), parts.to_dicts(), taken_apart().blocks, strict=True):
        after = distance(without([block.origin.name]), target)
        assert row["metric"] == pytest.approx(after.mean().item(), rel=1e-4)
        assert part["metric"] == pytest.approx(row["metric"], rel=1e-6)
        assert row["broken"] + row["repaired"] == int((~torch.isclose(after, before, rtol=1e-5)).sum())
    assert rows["error"].null_count() == rows["errors"].null_count() == 6
    with pytest.raises(ResdagError, match="judged by a metric of numbers"):
        resdag.draw("figure_3", rows)
    with pytest.raises(NetworkError, match=r"says of no image whether it is right or wrong.* dtype bool"):
        resdag.delete_pairs(taken_apart(), images, target, metric=distance)
    with pytest.raises(NetworkError, match=r"the metric gives shape \(\) for 12 images: give one number for each"):
        resdag.delete_single(taken_apart(), images, target, metric=lambda *of: distance(*of).mean())


# Figures


@pytest.fixture(scope="module")
def deletions() -> pl.DataFrame:
    return resdag.delete_single(taken_apart(), *pictures())


@pytest.mark.workflow
def test_a_figure_is_drawn_from_a_frame_alone(deletions: pl.DataFrame) -> None:
    drawn = json.dumps(resdag.draw("figure_3", deletions).to_dict())
    for row in deletions.iter_rows(named=True):
        assert f'"block": {row["deleted"][0]}, ' in drawn
    intact = int((without([]).argmax(1) != pictures()[1]).sum()) / 12
    assert f'"intact_error": {round(intact, 6)}' in drawn
    assert '"changes_shape": true' not in drawn
    svg = io.StringIO()
    resdag.draw("figure_3", deletions).save(svg, "svg")  # what pointing at a block selects is in it too
    assert "<svg" in svg.getvalue() and '"name": "block"' in drawn
    drawn = json.dumps(resdag.draw("figure_3", deletions, resdag.blocks(taken_apart())).to_dict())
    assert drawn.count('"changes_shape": true') >= 3  # the first blocks of the last three stages


@pytest.mark.workflow
def test_figures_of_random_deletions_reorderings_and_paths_are_drawn_too(deletions: pl.DataFrame) -> None:
    network, images, labels = taken_apart(), *pictures()
    chance = resdag.delete_random(network, images, labels, counts=[1, 2], draws=3)
    drawn = json.dumps(resdag.draw("figure_5a", chance, deletions).to_dict())
    assert '"draws": 3' in drawn
    orders = resdag.reorder(network, images, labels, swaps=[1, "reversal"], draws=2)
    assert '"kendall_tau": 1.0' in json.dumps(resdag.draw("figure_5b", orders).to_dict())
    gradients = resdag.path_gradients(network, images, labels, samples=2, samples_per_batch=1, batch_size=8)
    for figure in ("figure_6a", "figure_6b", "figure_6c"):
        assert '"path_length": 6' in json.dumps(resdag.draw(figure, gradients).to_dict())
    spectrum = resdag.path_spectrum(network, images, labels, batches=1, batch_size=8, sign_draws=3)
    assert '"path_length": 6' in json.dumps(resdag.draw("figure_spectrum", spectrum, gradients).to_dict())


@pytest.mark.workflow
def test_networks_named_apart_stand_in_one_figure(deletions: pl.DataFrame) -> None:
    other = resdag.delete_skips(taken_apart(), *pictures(), name="other")
    assert other["lesion"].to_list() == [f"skip-{block:03d}" for block in range(6)]
    both = resdag.draw(
        "figure_control", deletions, other, resdag.delete_single(taken_apart(), *pictures(), name="other")
    )
    assert '"kind": "skip"' in json.dumps(both.to_dict())
    with pytest.raises(ResdagError, match="lesions: .*; frames of several networks need a `name` or `seed` each"):
        resdag.draw("figure_3", deletions, deletions)
    elsewhere = resdag.delete_single(taken_apart(), pictures()[0][:5], pictures()[1][:5])
    with pytest.raises(ResdagError, match="rows of 'network' are not of one network on the same images"):
        resdag.draw("figure_3", deletions.head(3), elsewhere.tail(3))


# What cannot be


def _single(*data: object) -> pl.DataFrame:
    return resdag.delete_single(network(), *data)


REFUSED = {
    "no figure": (lambda: resdag.draw("figure_33"), "no figure 'figure_33': it is one of figure_1, "),
    "part of a table": (
        lambda: resdag.draw("figure_3", pl.DataFrame({"error": [0.5]})), "columns error is of no table",
    ),
    "nothing to show": (
        lambda: resdag.draw("figure_7", resdag.blocks(network()).head(0)), "figure_7 shows nothing of these",
    ),
    "a model": (lambda: resdag.delete_single(nn.Linear(2, 2), *pictures()), "give `resdag.unravel"),
    "bytes": (lambda: _single(stored().pixels, stored().labels), "images are torch.uint8: give"),
    "labels missing": (lambda: _single(tensors()[0]), "labels are None: give a tensor"),
    "labels short": (lambda: _single(tensors()[0], tensors()[1][:3]), "20 images and 3 labels"),
    "labels twice": (lambda: _single([tensors()], tensors()[1]), "labels were given beside a list"),
    "no pairs": (lambda: _single([tensors()[0]]), "the loader gives a Tensor: it must give pairs"),
    "an empty loader": (lambda: _single([]), "there is no image to measure"),
    "samples": (lambda: resdag.path_gradients(network(), *tensors(), samples=5), "samples 5 must be a multiple"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_is_refused_in_a_sentence(name: str) -> None:
    call, sentence = REFUSED[name]
    with pytest.raises((ResdagError, ValueError), match=sentence):
        call()


def test_a_bar_is_drawn_where_it_is_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    resdag.delete_single(network(), *tensors())
    assert capsys.readouterr().err == ""
    resdag.delete_single(network(), *tensors(), progress=True)
    assert "single: 100%" in capsys.readouterr().err
