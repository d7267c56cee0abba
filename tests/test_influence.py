"""Influence of blocks: closed forms, plain hooks, and its rank correlation with damage held against scipy."""

from collections.abc import Sequence
from itertools import pairwise
from math import atanh, cos, sin, sqrt, tanh

import polars as pl
import pytest
import torch
from scipy.stats import norm, spearmanr
from torch import Tensor, nn

import resdag
from foreign_networks import original
from resdag.models.network import Block, Network
from resdag.store.read import frame
from rows_by_hand import block, emptied, insert, lesion, network, single, study
from rows_by_hand import influence as row_of

ANGLE = 0.4


class Turned(nn.Module):
    """What turns every vector of two channels by an angle, when it is added to them."""

    def forward(self, x: Tensor) -> Tensor:
        turn = torch.tensor([[cos(ANGLE) - 1, -sin(ANGLE)], [sin(ANGLE), cos(ANGLE) - 1]])
        return torch.einsum("ij,njhw->nihw", turn, x)


class Scaled(nn.Module):
    def __init__(self, factor: float) -> None:
        super().__init__()
        self.factor = factor

    def forward(self, x: Tensor) -> Tensor:
        return self.factor * x


class Wider(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([x, x], 1)


def of_two_channels(*bodies: nn.Module) -> Network:
    """A network whose blocks read maps of two channels: the convolution says so, and is run by nobody."""
    blocks = [Block(stage=0, in_channels=2, out_channels=2, shortcut=nn.Identity(), body=body) for body in bodies]
    for each in blocks:
        each.unused = nn.Conv2d(2, 2, 1)
    return Network(nn.Identity(), blocks, nn.Flatten())


def images(count: int = 7) -> tuple[Tensor, Tensor]:
    source = torch.Generator().manual_seed(0)
    return torch.randn(count, 2, 3, 3, generator=source), torch.zeros(count, dtype=torch.int64)


def test_influence_is_one_less_the_cosine_of_the_angle_and_scaling_has_none() -> None:
    bodies = (Turned(), Scaled(0.0), Scaled(2.5), Scaled(-3.0), Turned())
    rows = resdag.block_influence(of_two_channels(*bodies), *images())
    assert rows["influence"].to_list() == pytest.approx([1 - cos(ANGLE), 0, 0, 2, 1 - cos(ANGLE)], abs=1e-6)
    assert rows.select("images", "positions", "left_out").unique().rows() == [(7, 9, 0)]


def test_vectors_of_no_direction_are_left_out_and_blocks_that_change_the_form_have_none() -> None:
    network = of_two_channels(Turned(), Scaled(-1.0), Scaled(1.0))
    network.blocks[0].shortcut, network.blocks[0].body = Wider(), Wider()
    pixels, labels = images()
    pixels[0, :, 1, 1] = 0
    rows = resdag.block_influence(network, pixels, labels)
    assert rows["influence"].to_list() == [None, None, None]
    assert rows["left_out"].to_list() == [None, 63, 63]  # behind a block that takes its input away, nothing is left
    rows = resdag.block_influence(of_two_channels(Turned()), pixels, labels)
    assert rows.select("left_out", "positions").row(0) == (1, 9)
    assert rows["influence"].item() == pytest.approx(1 - cos(ANGLE), abs=1e-6)


@torch.no_grad()
def seen(model: nn.Module, names: Sequence[str], pixels: Tensor) -> list[Tensor]:
    """What modules of the original are given, by hooks."""
    found: list[Tensor] = []
    hooks = [model.get_submodule(name).register_forward_pre_hook(lambda _, given: found.append(given[0]) or None)
             for name in names]  # fmt: skip
    model(pixels)
    for hook in hooks:
        hook.remove()
    return found


def one_less_cosine(x: Tensor, y: Tensor, axis: int) -> float:
    return 1 - nn.functional.cosine_similarity(x.double(), y.double(), dim=axis, eps=0).nanmean().item()


def test_influence_of_maps_is_that_of_hooks_on_the_model() -> None:
    """Two blocks of each of the first two stages of torchvision's ResNet: what a block gives, the next is given."""
    pixels = torch.randn(6, 3, 32, 32, generator=torch.Generator().manual_seed(1))
    network = resdag.unravel(original("resnet"), pixels[:2])
    given = seen(original("resnet"), ["layer1.0", "layer1.1", "layer2.0", "layer2.1", "layer3.0"], pixels)
    rows = resdag.block_influence(network, [(pixels[:4], torch.zeros(4)), (pixels[4:], torch.zeros(2))])
    expected = [one_less_cosine(given[place], given[place + 1], 1) for place in (0, 1, 3)]
    found = rows["influence"].to_list()
    assert (found.pop(2), found[:3]) == (None, pytest.approx(expected, rel=1e-5))
    assert rows["positions"].to_list()[:4] == [64, 64, None, 16]


def test_influence_of_tokens_is_that_of_hooks_on_the_model() -> None:
    """In a vision transformer attention and MLP are blocks: each is given what the norm in front of it is given."""
    pixels = torch.randn(3, 3, 32, 32, generator=torch.Generator().manual_seed(1))
    layers = [f"encoder.layers.encoder_layer_{layer}.ln_{part}" for layer in range(3) for part in (1, 2)]
    given = seen(original("vit"), [*layers, "encoder.ln"], pixels)
    rows = resdag.block_influence(resdag.unravel(original("vit"), pixels[:2]), pixels)  # labels are not looked at
    expected = [one_less_cosine(x, y, -1) for x, y in pairwise(given)]
    assert rows["influence"].to_list() == pytest.approx(expected, rel=1e-5)
    assert rows["positions"].to_list() == [17] * 6  # 16 patches and the class


def view(influences: Sequence[float | None], errors: Sequence[int]) -> pl.DataFrame:
    """The view, on blocks of such influence whose deletions leave so many errors."""
    con = emptied()
    insert(con, "studies", [study()])
    insert(con, "networks", [network()])
    insert(con, "blocks", [block(index) for index in range(len(errors))])
    insert(con, "lesions", [lesion("intact", 600), *(single(index, wrong) for index, wrong in enumerate(errors))])
    insert(con, "influence", [row_of(index, value) for index, value in enumerate(influences)])
    return frame(con, "FROM figure_influence")


def test_the_rank_correlation_is_scipys_ties_and_all_and_its_interval_that_of_the_formula() -> None:
    influences, errors = [0.9, 0.3, None, 0.3, 0.1, 0.2, 0.05], [900, 700, 650, 720, 650, 650, 610]
    rows = view(influences, errors)
    kept = [place for place, value in enumerate(influences) if value is not None]
    assert rows["block"].to_list() == kept
    rho = spearmanr([influences[place] for place in kept], [errors[place] for place in kept]).statistic
    assert rows["spearman"].unique().item() == pytest.approx(rho, abs=1e-12)
    half = norm.ppf(0.975) * sqrt((1 + rho**2 / 2) / (6 - 3))
    assert rows.select("spearman_low", "spearman_high").row(0) == pytest.approx(
        (tanh(atanh(rho) - half), tanh(atanh(rho) + half)), abs=1e-6
    )
    assert rows.select("rank_influence", "rank_change", "ranked").rows() == [
        (1, 1, 6), (2.5, 3, 6), (2.5, 2, 6), (5, 4.5, 6), (4, 4.5, 6), (6, 6, 6),
    ]  # fmt: skip


def test_what_cannot_be_ranked_has_no_correlation_and_few_blocks_no_interval() -> None:
    assert view([0.3, 0.2, 0.1], [700, 700, 700])["spearman"].to_list() == [None] * 3
    few = view([0.3, 0.2, 0.1], [700, 690, 720])
    assert few["spearman"].to_list() == [pytest.approx(-0.5)] * 3
    assert few["spearman_low"].to_list() == [None] * 3


@pytest.mark.workflow
def test_figure_influence_is_drawn_from_two_frames() -> None:
    pixels = torch.randn(12, 3, 32, 32, generator=torch.Generator().manual_seed(1))
    labels = torch.arange(12) % 4
    network = resdag.unravel(original("resnet"), pixels[:2])
    frames = resdag.delete_single(network, pixels, labels), resdag.block_influence(network, pixels, labels)
    assert "influence of the block" in resdag.draw("figure_influence", *frames).to_json()
