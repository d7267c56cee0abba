"""The spectrum engine against enumeration of all 2^9 paths, against autograd, and against itself."""

import math
from math import comb

import numpy as np
import pytest
import torch
from torch.nn import functional

import resdag.paths.spectrum as engine
from resdag.errors import NetworkError
from resdag.models.build import build
from resdag.paths.sampled import path_norms
from resdag.paths.signs import random_signs
from resdag.paths.spectrum import Spectra, path_spectrum
from small_networks import NETWORKS, batch, gradients_of_all_paths, scaled, small

PLACES = (0, 1)  # at the images, at the first block's input


def drawn(draws: int, images: int = 5, blocks: int = 9) -> np.ndarray:
    return np.stack([random_signs(blocks, images, 0, draw) for draw in range(draws)])


def spectrum_of(name: str, draws: int = 2, **options) -> Spectra:
    return path_spectrum(scaled(name), *batch(), drawn(draws), **options)


def enumerated(name: str, place: int) -> tuple[list[torch.Tensor], np.ndarray]:
    """The sum of gradients and the sum of squared norms over all paths of each length."""
    pairs = gradients_of_all_paths(name).items()
    gradients = [torch.stack([pair[place] for path, pair in pairs if len(path) == k]) for k in range(10)]
    return [each.sum(0) for each in gradients], np.array([float(each.square().sum()) for each in gradients])


@pytest.mark.parametrize("name", NETWORKS)
def test_every_length_is_the_sum_over_all_paths_of_that_length(name: str) -> None:
    found = spectrum_of(name)
    for place, ours in enumerate((found.at_input, found.at_first_block)):
        sums, _ = enumerated(name, place)
        assert ours.norm_of_sum == pytest.approx([float(total.norm()) for total in sums], rel=1e-12)
        ordinary = sum(sums)
        shares = [float((total * ordinary).sum() / ordinary.square().sum()) for total in sums]
        assert ours.share == pytest.approx(shares, rel=1e-11, abs=1e-14)


@pytest.mark.parametrize("name", NETWORKS)
def test_the_lengths_sum_to_the_ordinary_gradient(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    stacks = []
    monkeypatch.setattr(engine.Stack, "along_sum", lambda stack: stacks.append(stack) or torch.zeros(10, 5))
    spectrum_of(name)
    network, (images, labels) = scaled(name), batch()
    images.requires_grad_(True)
    first = network.stem(images)
    x = first
    for block in network.blocks:
        x = block(x)
    ordinary = torch.autograd.grad(functional.cross_entropy(network.head(x), labels), [images, first])
    for stack, expected in zip(stacks, ordinary, strict=True):
        lengths = torch.ldexp(stack.gradients[0], stack.exponents[0, :, :, None, None, None])
        assert (lengths.sum(0) - expected).norm() < 1e-13 * expected.norm()


@pytest.mark.parametrize("name", NETWORKS)
def test_the_shortest_and_the_longest_length_are_single_paths(name: str) -> None:
    found, network = spectrum_of(name), scaled(name)
    single = path_norms(network, *batch(), [[], range(9)])
    for ours, logs in ((found.at_input, single.at_input), (found.at_first_block, single.at_first_block)):
        assert ours.norm_of_sum[[0, 9]] == pytest.approx([10**log for log in logs], rel=1e-12)
        assert ours.energy[[0, 9]] == pytest.approx(ours.norm_of_sum[[0, 9]] ** 2, rel=1e-12)
        assert ours.energy_se[[0, 9]] == pytest.approx(0, abs=1e-14 * ours.energy[0])  # no sign changes the norm of one
        assert [ours.coherence[0], ours.coherence[9]] == pytest.approx([1, 1])


@pytest.mark.workflow
@pytest.mark.parametrize("name", NETWORKS)
def test_energy_is_within_its_standard_error_of_the_sum_over_all_paths(name: str) -> None:
    found = spectrum_of(name, draws=400)
    for place, ours in enumerate((found.at_input, found.at_first_block)):
        _, energy = enumerated(name, place)
        inner = slice(1, 9)
        off = np.abs(ours.energy - energy)[inner] / ours.energy_se[inner]
        assert (off < 4).all()
        assert ours.energy[inner].sum() == pytest.approx(energy[inner].sum(), rel=0.01)


@pytest.mark.workflow
def test_the_standard_error_is_the_spread_of_repeated_estimates() -> None:
    network, (images, labels) = small("pre-activation", depth=8), batch()
    estimates = [path_spectrum(network, images, labels, part).at_input for part in np.split(drawn(240, 5, 3), 60)]
    spread = np.std([each.energy[2] for each in estimates], ddof=1)
    claimed = math.sqrt(np.mean([each.energy_se[2] ** 2 for each in estimates]))
    assert claimed == pytest.approx(spread, rel=0.3)  # 60 values know their spread to about 10 %


def test_degrees_of_freedom_and_the_largest_share_are_those_of_the_images_one_by_one() -> None:
    """Each image alone, scaled to the mean loss of five, has an energy and an error of its own: Satterthwaite adds."""
    network, (images, labels) = small("pre-activation", depth=8), batch()
    signs = drawn(6, len(images), 3)
    whole = path_spectrum(network, images, labels, signs).at_input
    alone = [
        path_spectrum(network, images[i : i + 1], labels[i : i + 1], signs[:, i : i + 1]).at_input
        for i in range(len(images))
    ]
    energies = np.array([each.energy for each in alone]) / len(images) ** 2
    variances = np.array([each.energy_se**2 for each in alone]) / len(images) ** 4
    assert whole.energy == pytest.approx(energies.sum(0))
    assert whole.largest_image_share == pytest.approx(energies.max(0) / energies.sum(0))
    inner = slice(1, 3)  # of lengths 0 and 3 there is one path, which no sign changes
    expected = variances.sum(0) ** 2 / (variances**2 / (len(signs) - 1)).sum(0)
    assert whole.energy_df[inner] == pytest.approx(expected[inner])


@pytest.mark.parametrize("memory_bytes", [1, 20_000, 200_000])
def test_a_small_memory_bound_gives_the_same_numbers(memory_bytes: int) -> None:
    whole, parts = spectrum_of("pre-activation", 3), spectrum_of("pre-activation", 3, memory_bytes=memory_bytes)
    for ours, expected in ((parts.at_input, whole.at_input), (parts.at_first_block, whole.at_first_block)):
        for name in ("norm_of_sum", "share", "energy", "energy_se", "largest_image_share"):
            assert getattr(ours, name) == pytest.approx(getattr(expected, name), rel=1e-12, abs=1e-14)


@pytest.mark.parametrize("name", ["pre-activation", "post-activation, projection"])
def test_float32_agrees_with_float64_where_norms_differ_by_sixty_decades(name: str) -> None:
    network, (images, labels) = small(name, depth=56), batch(3)
    for block in network.blocks:
        block.scale = 1e-3
    signs = drawn(2, 3, 27)
    exact = path_spectrum(network.double(), images, labels, signs).at_input
    single = path_spectrum(network.float(), images.float(), labels, signs).at_input
    assert exact.norm_of_sum[0] / exact.norm_of_sum[-1] > 1e60  # more than float32 can hold
    assert single.norm_of_sum == pytest.approx(exact.norm_of_sum, rel=2e-4)
    assert single.energy == pytest.approx(exact.energy, rel=4e-4)


def test_an_image_whose_loss_is_all_but_zero_does_no_harm() -> None:
    # A softmax so sure that float32 holds the image's gradient as a denormal number, or as 0.
    network, (images, _), labels = small("pre-activation"), batch(4), torch.tensor([0, 1, 0, 0])
    network.head.linear.bias.data.copy_(torch.tensor([0.0, -90.0, -100.0, -110.0]))
    for push in (0.0, 5.0, 50.0):
        network.head.linear.bias.data[0] += push
        exact = path_spectrum(network.double(), images, labels, drawn(2, 4)).at_input
        single = path_spectrum(network.float(), images.float(), labels, drawn(2, 4)).at_input
        assert single.norm_of_sum == pytest.approx(exact.norm_of_sum, rel=1e-4)
        assert single.energy == pytest.approx(exact.energy, rel=1e-4)


def test_the_branches_are_passed_once_for_each_length_there_is(monkeypatch: pytest.MonkeyPatch) -> None:
    passed = []

    def counted(block, entered):
        back = engine_ways_back(block, entered)
        passed.append(0)

        def branch(gradients):
            passed[-1] += len(gradients)
            return back.branch(gradients)

        return engine.WaysBack(back.join, back.skip, branch)

    engine_ways_back = engine.ways_back
    monkeypatch.setattr(engine, "ways_back", counted)
    spectrum_of("pre-activation", draws=2)
    assert passed == [3 * lengths for lengths in range(1, 10)]  # the exact sums, and two sign draws
    assert sum(passed) == 3 * 9 * 10 / 2


@pytest.mark.workflow
def test_blocks_that_are_alike_align_and_the_coherence_is_the_number_of_paths() -> None:
    # y = x + x at each block: all C(3, k) paths of a length have one and the same gradient.
    network = build(in_channels=1, classes=2, architecture="preact_resnet", depth=8, width=4).double().eval()
    for block in network.blocks:
        block.shared, block.shortcut, block.after = torch.nn.Identity(), torch.nn.Identity(), torch.nn.Identity()
        block.body = torch.nn.Identity()
    network.head = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(4 * 64, 2).double())
    images = torch.randn(3, 1, 8, 8, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    found = path_spectrum(network, images, torch.tensor([0, 1, 1]), drawn(4000, 3, 3)).at_input
    assert found.norm_of_sum / found.norm_of_sum[0] == pytest.approx([1, 3, 3, 1])
    assert found.share == pytest.approx(np.array([1, 3, 3, 1]) / 8)
    assert found.coherence == pytest.approx([comb(3, k) for k in range(4)], rel=0.05)


def test_a_dead_branch_leaves_no_gradient_for_the_longest_path() -> None:
    network = small("pre-activation")
    network.blocks[3].body.bn2.weight.data.zero_()
    network.blocks[3].body.bn2.bias.data.fill_(-1)  # its second ReLU is shut everywhere
    found = path_spectrum(network, *batch(), drawn(2)).at_input
    assert (found.norm_of_sum[9], found.energy[9], found.coherence[9]) == (0, 0, None)
    assert (found.norm_of_sum[:9] > 0).all()
    for block in network.blocks:
        block.scale = 0.0
    only_skips = path_spectrum(network, *batch(), drawn(2)).at_input
    assert only_skips.share == pytest.approx([1] + [0] * 9)


def test_a_network_in_training_mode_is_measured_in_eval_mode_and_left_as_it_was() -> None:
    network = scaled("pre-activation")
    expected = path_spectrum(network, *batch(), drawn(2)).at_input
    found = path_spectrum(network.train(), *batch(), drawn(2)).at_input
    assert network.training
    assert np.array_equal(found.norm_of_sum, expected.norm_of_sum)


def test_signs_are_fair_independent_and_do_not_move() -> None:
    signs = drawn(40, 64, 54)
    assert set(np.unique(signs)) == {-1, 1}
    assert abs(signs.mean()) < 4 / math.sqrt(signs.size)
    assert np.array_equal(random_signs(54, 10, 0, 3), random_signs(54, 64, 0, 3)[:10])
    assert not np.array_equal(random_signs(54, 64, 1, 3), random_signs(54, 64, 0, 3))
    assert random_signs(70, 2, 0, 0).shape == (2, 70)  # more blocks than a word has bits


def test_signs_that_do_not_fit_and_networks_without_skips_are_refused() -> None:
    with pytest.raises(NetworkError, match=r"give \(draws, 5, 9\), draws 2 or more"):
        spectrum_of("pre-activation", draws=1)
    network = build(in_channels=3, classes=4, architecture="vgg", depth=6, channels=4).double().eval()
    with pytest.raises(NetworkError, match="without a skip connection"):
        path_spectrum(network, *batch(), drawn(2, 5, len(network.blocks)))
