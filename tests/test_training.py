"""Training against a plain PyTorch loop, schedules and draws on paper, and what an interruption must not change."""

import copy
import math
from dataclasses import replace
from statistics import mean, stdev

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from resdag.config.training import Training
from resdag.datasets.source import prepare
from resdag.datasets.tensors import Images, load
from resdag.errors import NetworkError, WeightsError
from resdag.models.build import build
from resdag.models.network import Network
from resdag.training import checkpoint
from resdag.training.checkpoint import describe
from resdag.training.evaluate import evaluate, scaled
from resdag.training.recipe import Recipe, recipe_from
from resdag.training.state import load_state, settled
from resdag.training.train import generator, train

PAPER = recipe_from(Training().model_dump(), "cifar10")
QUICK = replace(PAPER, epochs=1, batch_size=8, drop_epochs=(1, 3), warmup_steps=2, crop_padding=2, flip=True)
KINDS = {
    "all blocks": QUICK,
    "stochastic depth": replace(QUICK, stochastic_depth=0.5),
    "effective paths": replace(QUICK, blocks_per_batch=4),
}


def toy(count: int = 22, seed: int = 0) -> Images:
    """Noise of 8 x 8 pixels whose class is the channel that is brighter: learnable in a few steps."""
    source = torch.Generator().manual_seed(seed)
    labels = torch.randint(0, 3, (count,), generator=source)
    pixels = torch.randint(0, 160, (count, 3, 8, 8), generator=source)
    pixels[torch.arange(count), labels] += 60
    mean, std = (torch.tensor(v, dtype=torch.float64) for v in ([0.4, 0.45, 0.5], [0.2, 0.25, 0.3]))
    return Images(pixels.to(torch.uint8), labels, ("red", "green", "blue"), mean, std)


def small(architecture: str = "preact_resnet", depth: int = 20, **options) -> Network:
    return build(architecture, in_channels=3, classes=3, depth=depth, width=4, seed=5, **options)


def same_bits(ours: nn.Module, theirs: nn.Module) -> bool:
    there = theirs.state_dict()
    return all(torch.equal(value, there[name]) for name, value in ours.state_dict().items())


# The schedule


def test_the_papers_recipe_is_64k_steps_of_391_an_epoch() -> None:
    assert PAPER.steps_per_epoch(50_000) == 391  # 390 whole batches of 128, and one of 80
    assert PAPER.epochs * 391 == 64_124
    assert (PAPER.momentum, PAPER.weight_decay, PAPER.crop_padding, PAPER.flip) == (0.9, 1e-4, 4, True)


@pytest.mark.parametrize(("epoch", "rate"), [(0, 0.1), (81, 0.1), (82, 0.01), (122, 0.01), (123, 0.001), (163, 0.001)])
def test_the_learning_rate_falls_after_82_and_123_epochs(epoch: int, rate: float) -> None:
    for step in (epoch * 391, epoch * 391 + 390):
        assert PAPER.learning_rate_at(epoch, step) == pytest.approx(rate, rel=1e-12)


def test_the_warm_up_lasts_400_steps() -> None:
    warm = replace(PAPER, warmup_steps=400)
    rates = [warm.learning_rate_at(step // 391, step) for step in range(402)]
    assert rates == [0.01] * 400 + [0.1] * 2


def test_datasets_bring_their_own_augmentation_unless_the_study_says_otherwise() -> None:
    digits = recipe_from(Training().model_dump(), "digits")
    assert (digits.crop_padding, digits.flip) == (1, False)
    said = recipe_from(Training(crop_padding=0, flip=True).model_dump(), "digits")
    assert (said.crop_padding, said.flip) == (0, True)


def test_branches_are_scaled_by_how_often_they_were_computed() -> None:
    depth, paths = replace(PAPER, stochastic_depth=0.5), replace(PAPER, blocks_per_batch=23)
    assert depth.scales("survival", 4) == [0.875, 0.75, 0.625, 0.5]  # 1 - l/4 * (1 - 1/2)
    assert depth.scales("none", 4) == [1.0] * 4
    assert paths.scales("m/n", 54) == [pytest.approx(0.42592592592592593)] * 54
    assert sum(depth.scales("survival", 54)) == pytest.approx(40.25)  # STUDY, section 7


@pytest.mark.parametrize(
    ("changes", "names"),
    [
        ({}, ("none",)),
        ({"stochastic_depth": 0.5}, ("survival", "none")),
        ({"blocks_per_batch": 23}, ("m/n", "none")),
        ({"blocks_per_batch": 23, "test_scale": "m/n"}, ("m/n", "none")),
        ({"blocks_per_batch": 23, "test_scale": "none"}, ("none", "m/n")),
    ],
)
def test_every_way_of_scaling_is_measured_the_networks_own_first(changes: dict, names: tuple[str, ...]) -> None:
    recipe = replace(PAPER, **changes)
    assert recipe.scale_names() == names
    assert recipe.scale_name == names[0]


# One epoch, step by step


def augmented(images: Images, index: int, offset: Tensor, flip: Tensor, padding: int) -> Tensor:
    """One image, normalised, padded with zeros, cropped and mirrored, with slices."""
    shift, scale = images.mean.float().view(3, 1, 1), images.std.float().view(3, 1, 1)
    padded = functional.pad((images.pixels[index].float() / 255 - shift) / scale, (padding,) * 4)
    down, right = offset.tolist()
    crop = padded[:, down : down + 8, right : right + 8]
    return crop.flip(-1) if flip else crop


def plain_training(network: Network, images: Images, recipe: Recipe, seed: int) -> list[tuple[float, float]]:
    """Two epochs of three steps as anybody would write them: mean training loss, and error, of each."""
    sgd = torch.optim.SGD(network.parameters(), lr=0.1, momentum=0.9, weight_decay=1e-4)
    rates = [0.01, 0.01, 0.1, 0.01, 0.01, 0.01]  # two steps of warm-up, and a drop after the first epoch
    return [plain_epoch(network, sgd, images, recipe, seed, epoch, rates[3 * epoch :]) for epoch in (0, 1)]


def plain_epoch(network, sgd, images, recipe, seed, epoch, rates) -> tuple[float, float]:
    draws = generator(seed, epoch)
    order = torch.randperm(len(images), generator=draws)
    offsets = torch.randint(0, 2 * recipe.crop_padding + 1, (len(images), 2), generator=draws)
    flips = torch.randint(0, 2, (len(images),), generator=draws, dtype=torch.bool)
    network.train()
    losses, wrong = [], 0
    for step, start in enumerate(range(0, len(images), 8)):
        chosen = range(start, min(start + 8, len(images)))
        crops = [augmented(images, int(order[i]), offsets[i], flips[i], recipe.crop_padding) for i in chosen]
        x = network.stem(torch.stack(crops).contiguous(memory_format=torch.channels_last))
        active = recipe.active(len(network.blocks), seed, 3 * epoch + step) or [True] * len(network.blocks)
        for block, runs in zip(network.blocks, active, strict=True):
            x = block.join(block.skip(x) + block.branch(x)) if runs else block.join(block.skip(x))
        logits, labels = network.head(x), images.labels[order[start : start + 8]]
        loss = functional.cross_entropy(logits, labels)
        sgd.zero_grad()
        loss.backward()
        for parameter in network.parameters():
            parameter.grad = torch.zeros_like(parameter) if parameter.grad is None else parameter.grad
        sgd.param_groups[0]["lr"] = rates[step]
        sgd.step()
        losses += [loss.item()] * len(labels)
        wrong += int((logits.argmax(1) != labels).sum())
    return sum(losses) / len(images), wrong / len(images)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("architecture", ["preact_resnet", "resnet"])
def test_two_epochs_give_the_bits_of_a_plain_loop(kind: str, architecture: str) -> None:
    ours, images, recipe = small(architecture), toy(), replace(KINDS[kind], epochs=2)
    theirs = copy.deepcopy(ours)
    rows = train(ours, images, None, recipe, seed=3)
    expected = plain_training(theirs, images, recipe, seed=3)
    assert same_bits(ours, theirs)
    assert not same_bits(ours, small(architecture))
    assert [row["train_loss"] for row in rows[1:]] == [pytest.approx(loss, rel=1e-12) for loss, _ in expected]
    assert [row["train_error"] for row in rows[1:]] == [error for _, error in expected]
    assert [row["learning_rate"] for row in rows] == [None, 0.1, pytest.approx(0.01)]
    assert [row["epoch"] for row in rows] == [0, 1, 2]
    assert rows[0]["train_loss"] is rows[1]["test_error"] is None


def test_the_seed_alone_decides_the_result() -> None:
    networks = [small() for _ in range(3)]
    for network, seed in zip(networks, (1, 1, 2), strict=True):
        torch.rand(1)  # the global state moves, and does not matter
        train(network, toy(), None, QUICK, seed=seed)
    assert same_bits(networks[0], networks[1])
    assert not same_bits(networks[0], networks[2])


def test_epochs_draw_other_orders() -> None:
    orders = {tuple(torch.randperm(50, generator=generator(0, epoch)).tolist()) for epoch in range(20)}
    assert len(orders) == 20


def test_a_toy_task_is_learnt() -> None:
    recipe = replace(QUICK, epochs=8, batch_size=16, drop_epochs=(6,), warmup_steps=0, crop_padding=1)
    rows = train(small(depth=8), toy(96), toy(60, seed=1), recipe, seed=0)
    assert rows[8]["train_loss"] < 0.3 * rows[1]["train_loss"]
    assert rows[8]["test_error"] < 0.2 < 0.5 < rows[0]["test_error"]


def test_bfloat16_trains_and_keeps_float32_weights() -> None:
    network = small(depth=8)
    rows = train(network, toy(), None, replace(QUICK, precision="bfloat16"), seed=0)
    assert {parameter.dtype for parameter in network.parameters()} == {torch.float32}
    assert rows[1]["train_loss"] == pytest.approx(
        train(small(depth=8), toy(), None, QUICK, seed=0)[1]["train_loss"], rel=0.05
    )


@pytest.mark.workflow
def test_bfloat16_costs_no_more_error_on_digits_than_seeds_differ_by(tmp_path) -> None:
    prepare("digits", out=tmp_path / "digits.safetensors", progress=lambda line: None)
    images, test = (load(tmp_path / "digits.safetensors", split=split, device="cpu") for split in ("train", "test"))
    recipe = recipe_from(Training(epochs=3, drop_epochs=(2,)).model_dump(), "digits")

    def errors(precision: str) -> list[float]:
        networks = [build("preact_resnet", in_channels=1, classes=10, depth=8, width=8, seed=seed) for seed in range(3)]
        own = replace(recipe, precision=precision)
        return [train(each, images, test, own, seed=seed)[-1]["test_error"] for seed, each in enumerate(networks)]

    precise, fast = errors("float32"), errors("bfloat16")
    assert precise != fast
    assert mean(fast) - mean(precise) < stdev(precise)


@pytest.mark.parametrize(("begun", "fast"), [("bfloat16", "float32"), ("float32", "bfloat16")])
def test_auto_is_what_the_device_does_fast_and_a_training_goes_on_as_it_was_begun(begun, fast, tmp_path) -> None:
    path = tmp_path / "state.pt"
    assert settled("auto", fast, path) == fast
    assert settled(begun, fast, path) == begun
    train(small(depth=8), toy(), None, replace(QUICK, precision=begun), seed=0, state=path)
    assert settled("auto", fast, path) == begun


def test_a_training_does_not_guess_what_auto_stands_for() -> None:
    with pytest.raises(ValueError, match="settle it first"):
        train(small(depth=8), toy(), None, replace(QUICK, precision="auto"), seed=0)


def test_a_training_that_diverges_has_no_loss_rather_than_nan() -> None:
    recipe = replace(QUICK, learning_rate=1e30, warmup_steps=0)
    assert train(small(depth=8), toy(), None, recipe, seed=0)[1]["train_loss"] is None


@pytest.mark.parametrize("kind", KINDS)
def test_the_test_error_of_an_epoch_is_that_of_the_network_scaled_as_at_test_time(kind: str) -> None:
    network, recipe, test = small(), KINDS[kind], toy(60, seed=1)
    rows = train(network, toy(), test, recipe, seed=0)
    assert [block.scale for block in network.blocks] == [1.0] * 9
    factors = {
        "all blocks": [1] * 9,
        "stochastic depth": [1 - (i + 1) / 18 for i in range(9)],
        "effective paths": [4 / 9] * 9,
    }
    network.eval()
    with torch.no_grad():
        x = network.stem(test.normalised(0, 60))
        for block, factor in zip(network.blocks, factors[kind], strict=True):
            x = block.skip(x) + factor * block.branch(x)
        wrong = int((network.head(x).argmax(1) != test.labels).sum())
    assert rows[1]["test_error"] == wrong / 60


# Which blocks a batch computes


def undrawn(recipe: Recipe, blocks: int, seed: int, steps: int) -> list[int]:
    """Blocks that none of the first steps computes."""
    masks = [recipe.active(blocks, seed, step) for step in range(steps)]
    return [block for block in range(blocks) if not any(mask[block] for mask in masks)]


def test_exactly_m_blocks_are_computed_forward_and_backward_in_each_batch() -> None:
    network, forward, backward = small(), [], []
    for index, block in enumerate(network.blocks):
        block.body.register_forward_hook(lambda *_, index=index: forward.append(index))
        block.body.register_full_backward_hook(lambda *_, index=index: backward.append(index))
    train(network, toy(), None, KINDS["effective paths"], seed=3)
    assert len(forward) == len(backward) == 4 * 3  # 22 images are three batches of at most 8
    for step in range(3):
        drawn = forward[4 * step : 4 * step + 4]
        assert drawn == sorted(set(drawn))
        assert backward[4 * step : 4 * step + 4] == drawn[::-1]
        assert [block in drawn for block in range(9)] == KINDS["effective paths"].active(9, 3, step)


def test_blocks_are_drawn_uniformly_m_of_n() -> None:
    recipe, steps = replace(PAPER, blocks_per_batch=23), 3000
    masks = torch.tensor([recipe.active(54, 0, step) for step in range(steps)])
    assert bool((masks.sum(1) == 23).all())
    share = 23 / 54
    deviations = (masks.double().mean(0) - share) / math.sqrt(share * (1 - share) / steps)
    assert deviations.abs().max() < 4.5
    # m of n without replacement: the squares sum to n / (n - 1) times a chi-square of n - 1 degrees, of sd 10.3
    assert abs(deviations.square().sum() - 54) < 4 * 10.5


def test_stochastic_depth_keeps_block_l_with_probability_p_l() -> None:
    recipe, steps = replace(PAPER, stochastic_depth=0.5), 3000
    masks = torch.tensor([recipe.active(54, 0, step) for step in range(steps)]).double()
    expected = 1 - torch.arange(1, 55).double() / 108
    deviations = (masks.mean(0) - expected) / (expected * (1 - expected) / steps).sqrt()
    assert deviations.abs().max() < 4.5
    assert masks.sum(1).mean() == pytest.approx(40.25, abs=0.3)


def test_without_such_a_recipe_every_block_is_computed() -> None:
    assert PAPER.active(54, 0, 0) is None


def test_blocks_not_drawn_have_gradient_zero_and_are_still_moved_by_decay_and_momentum() -> None:
    recipe = replace(
        QUICK, epochs=2, batch_size=22, blocks_per_batch=1, warmup_steps=0, weight_decay=0.1, drop_epochs=()
    )
    network, seed = small(depth=20), 0
    idle = undrawn(recipe, 9, seed, steps=2)
    assert idle
    before = [parameter.clone() for parameter in network.blocks[idle[0]].parameters()]
    train(network, toy(), None, recipe, seed=seed)
    for start, after in zip(before, network.blocks[idle[0]].parameters(), strict=True):
        assert after.grad is not None
        assert not after.grad.any()
        velocity = 0.1 * start  # the gradient is that of the penalty alone
        once = start - 0.1 * velocity
        velocity = 0.9 * velocity + 0.1 * once
        assert torch.allclose(after, once - 0.1 * velocity, rtol=1e-6, atol=1e-7)


def test_nothing_of_a_block_that_is_not_drawn_is_computed() -> None:
    recipe = replace(QUICK, batch_size=22, blocks_per_batch=3)
    network, reference = small(), small()
    idle = undrawn(recipe, 9, 0, steps=1)
    assert len(idle) == 6
    with torch.no_grad():
        for parameter in network.blocks[idle[0]].parameters():
            parameter.fill_(torch.nan)
    rows = train(network, toy(), None, recipe, seed=0)
    expected = train(reference, toy(), None, recipe, seed=0)
    assert rows[1]["train_loss"] == expected[1]["train_loss"]
    assert all(not parameter.grad.any() for parameter in network.blocks[idle[0]].parameters())
    for index in set(range(9)) - {idle[0]}:
        assert same_bits(network.blocks[index], reference.blocks[index])
    assert same_bits(network.stem, reference.stem)
    assert same_bits(network.head, reference.head)


@pytest.mark.parametrize("kind", ["stochastic depth", "effective paths"])
def test_batch_norm_statistics_of_blocks_not_drawn_do_not_move(kind: str) -> None:
    recipe, network = replace(KINDS[kind], batch_size=22), small()
    idle = undrawn(recipe, 9, 1, steps=1)
    assert 0 < len(idle) < 9
    train(network, toy(), None, recipe, seed=1)
    for index, block in enumerate(network.blocks):
        for name, buffer in block.named_buffers():
            initial = float(name.endswith("running_var"))
            assert bool((buffer == initial).all()) == (index in idle)


def test_a_network_without_skips_refuses_to_drop_the_blocks_that_it_needs() -> None:
    with pytest.raises(NetworkError, match="block 3 cannot be deleted"):
        train(small("plain"), toy(), None, replace(QUICK, epochs=20, blocks_per_batch=1), seed=0)


# Interruptions


class Killed(Exception):
    pass


def interrupted(network: Network, recipe: Recipe, state, after: int) -> None:
    def report(row) -> None:
        if row["epoch"] == after:
            raise Killed

    with pytest.raises(Killed):
        train(network, toy(), toy(30, seed=1), recipe, seed=4, state=state, report=report)


def without_seconds(rows: list[dict]) -> list[dict]:
    return [{key: value for key, value in row.items() if key != "seconds"} for row in rows]


def go(network: Network, recipe: Recipe, state=None, report=lambda row: None) -> list[dict]:
    return without_seconds(train(network, toy(), toy(30, seed=1), recipe, seed=4, state=state, report=report))


@pytest.mark.parametrize("kind", KINDS)
def test_weights_are_kept_as_shorter_trainings_end_with_them(kind: str) -> None:
    recipe, kept = replace(KINDS[kind], epochs=4, keep_epochs=(1, 3)), {}
    train(small(), toy(), None, recipe, seed=4, kept=kept)
    assert list(kept) == [1, 3]
    for epoch, weights in kept.items():
        shorter = small()
        train(shorter, toy(), None, replace(recipe, epochs=epoch, keep_epochs=()), seed=4)
        assert weights.keys() == shorter.state_dict().keys()
        assert all(torch.equal(weights[name], value) for name, value in shorter.state_dict().items())


@pytest.mark.parametrize("after", [1, 2, 3])
def test_a_training_that_was_killed_keeps_the_same_bits_on_the_way(after: int, tmp_path) -> None:
    recipe, straight, again = replace(QUICK, epochs=4, keep_epochs=(1, 3)), {}, {}
    train(small(), toy(), toy(30, seed=1), recipe, seed=4, kept=straight)
    interrupted(small(), recipe, tmp_path / "state.pt", after=after)
    train(small(), toy(), toy(30, seed=1), recipe, seed=4, state=tmp_path / "state.pt", kept=again)
    assert list(again) == list(straight) == [1, 3]
    assert all(torch.equal(again[epoch][name], value) for epoch in (1, 3) for name, value in straight[epoch].items())


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_training_that_was_killed_ends_with_the_same_bits(kind: str, precision: str, tmp_path) -> None:
    recipe, straight, reported = replace(KINDS[kind], epochs=4, precision=precision), small(), []
    expected = go(straight, recipe, tmp_path / "straight.pt")
    interrupted(small(), recipe, tmp_path / "state.pt", after=2)
    again = small()
    assert go(again, recipe, tmp_path / "state.pt", reported.append) == expected
    assert same_bits(again, straight)
    assert [row["epoch"] for row in reported] == [3, 4]
    ours, theirs = (load_state(tmp_path / name)["optimizer"] for name in ("state.pt", "straight.pt"))
    assert len(ours) == len(list(straight.parameters()))
    assert all(torch.equal(ours[place], theirs[place]) for place in ours)


def test_a_training_that_had_ended_computes_nothing_more(tmp_path) -> None:
    recipe, reported = replace(QUICK, epochs=2), []
    expected, again = go(small(), recipe, tmp_path / "state.pt"), small()
    assert go(again, recipe, tmp_path / "state.pt", reported.append) == expected
    assert reported == []
    assert not same_bits(again, small())


def test_a_training_killed_in_its_first_epoch_starts_anew(tmp_path) -> None:
    recipe, straight, again = replace(QUICK, epochs=2), small(), small()
    expected = go(straight, recipe)
    interrupted(small(), recipe, tmp_path / "state.pt", after=0)
    assert not (tmp_path / "state.pt").exists()
    assert go(again, recipe, tmp_path / "state.pt") == expected
    assert same_bits(again, straight)


@pytest.mark.parametrize("damage", ["half", "a byte", "nothing", "text", "other", "one bit"])
def test_a_damaged_state_is_named_set_aside_and_training_starts_anew(damage: str, tmp_path, capsys) -> None:
    recipe, path, straight, again = replace(QUICK, epochs=3), tmp_path / "state.pt", small(), small()
    expected = go(straight, recipe)
    interrupted(small(), recipe, path, after=1)
    whole = path.read_bytes()
    torch.save([1, 2], tmp_path / "list.pt")
    broken = {"half": whole[: len(whole) // 2], "a byte": whole[:1], "nothing": b"", "text": b"hello" * 99}
    weight = load_state(path)["network"]["head.linear.weight"].numpy().tobytes()
    place = whole.index(weight) + 5
    broken["one bit"] = whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :]  # a file that torch reads well
    path.write_bytes(broken.get(damage, (tmp_path / "list.pt").read_bytes()))
    assert go(again, recipe, path) == expected
    assert same_bits(again, straight)
    assert f"{path}: is damaged and was set aside as state.pt.damaged; training starts anew" in capsys.readouterr().err
    assert path.with_name("state.pt.damaged").exists()


def test_a_crash_while_the_state_is_written_leaves_the_one_before(tmp_path, monkeypatch) -> None:
    recipe, path, straight, again = replace(QUICK, epochs=3), tmp_path / "state.pt", small(), small()
    expected = go(straight, recipe)
    interrupted(small(), recipe, path, after=1)
    real = torch.save

    def full(state, file) -> None:
        real(state, file)
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(torch, "save", full)
        with pytest.raises(OSError, match="No space left"):
            go(small(), recipe, path)
    assert load_state(path)["epoch"] == 1
    assert go(again, recipe, path) == expected
    assert same_bits(again, straight)


# What is kept of it


@pytest.mark.parametrize(
    ("kind", "scale"), [("all blocks", "none"), ("stochastic depth", "survival"), ("effective paths", "m/n")]
)
def test_a_saved_network_comes_back_frozen_and_scaled_as_at_test_time(kind: str, scale: str, tmp_path) -> None:
    recipe, images = KINDS[kind], toy()
    options = {"architecture": "preact_resnet", "depth": 20, "width": 4}
    description = describe(options, None, images, recipe)
    assert description.scale == scale
    assert description.mean == [0.4, 0.45, 0.5]
    assert description.std == [0.2, 0.25, 0.3]
    network = description.build(seed=5)
    train(network, images, None, recipe, seed=0)
    checkpoint.save(network, tmp_path / "new" / "weights.safetensors")
    loaded = checkpoint.load(description, tmp_path / "new" / "weights.safetensors", "cpu")
    assert same_bits(loaded, network)
    assert not loaded.training
    assert not any(parameter.requires_grad for parameter in loaded.parameters())
    assert [block.scale for block in loaded.blocks] == recipe.scales(scale, 9)
    with scaled(network, recipe.scales(scale, 9)):
        assert evaluate(network, images).loss == pytest.approx(evaluate(loaded, images).loss, rel=1e-5)


def test_weights_of_several_epochs_lie_in_one_file_and_come_back_by_their_epoch(tmp_path) -> None:
    recipe, kept = replace(KINDS["stochastic depth"], epochs=3, keep_epochs=(1, 2)), {}
    description = describe({"architecture": "preact_resnet", "depth": 20, "width": 4}, None, toy(), recipe)
    network, path = description.build(seed=5), tmp_path / "new" / "kept.safetensors"
    train(network, toy(), None, recipe, seed=0, kept=kept)
    checkpoint.save_kept(kept, path)
    for epoch in (1, 2):
        loaded = checkpoint.load(description, path, "cpu", epoch)
        assert all(torch.equal(value, kept[epoch][name]) for name, value in loaded.state_dict().items())
        assert [block.scale for block in loaded.blocks] == recipe.scales("survival", 9)
        assert not loaded.training
    assert not same_bits(loaded, network)
    checkpoint.save_kept({}, path)  # a training that keeps none writes its output as well
    with pytest.raises(WeightsError, match="they lack"):
        checkpoint.load(description, path, "cpu", 1)


def test_a_network_trained_elsewhere_brings_its_normalisation_and_no_scaling() -> None:
    statistics = {"mean": [0.485, 0.456, 0.406], "std": [0.229, 0.224, 0.225]}
    description = describe({"architecture": "resnet", "depth": 20}, statistics, toy(), None)
    assert (description.mean, description.std) == (statistics["mean"], statistics["std"])
    assert (description.scale, description.scales) == ("none", {"none": [1.0] * 9})
    assert (description.in_channels, description.classes) == (3, 3)
