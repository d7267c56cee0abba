"""Networks against published parameter counts, closed forms, and arithmetic on paper."""

import math
from itertools import pairwise

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter
from torch import Tensor, nn

from resdag.config.networks import Network as NetworkEntry
from resdag.errors import NetworkError
from resdag.models.architectures.vgg import group_sizes
from resdag.models.build import architectures, block_rows, build, count_parameters, initialise
from resdag.models.network import Block, Network

VARIANTS = [
    ("preact_resnet", {"shortcut": shortcut, "first_block": first})
    for shortcut in ("subsample", "projection")
    for first in ("plain", "shared")
] + [
    ("resnet", {"shortcut": "subsample"}),
    ("resnet", {"shortcut": "projection"}),
    ("highway", {"gate": "learned"}),
    ("highway", {"gate": "frozen"}),
    ("plain", {}),
    ("preact_bottleneck", {"depth": 50, "width": 4}),
    ("vgg", {"batch_norm": True}),
    ("vgg", {"batch_norm": False}),
]
every_variant = pytest.mark.parametrize(
    ("architecture", "options"), VARIANTS, ids=[f"{name}-{'-'.join(map(str, o.values()))}" for name, o in VARIANTS]
)


def small(architecture: str, in_channels: int = 3, **options) -> Network:
    sizes = {"depth": 8, "channels": 12} if architecture == "vgg" else {"depth": 14, "width": 8}
    return build(architecture, in_channels=in_channels, classes=10, **(sizes | options))


def unsettled(network: Network) -> Network:
    """The network in eval mode with batch norms that do something: none of their numbers 0 or 1."""
    generator = torch.Generator().manual_seed(1)
    for layer in network.modules():
        if isinstance(layer, nn.BatchNorm2d):
            for values in (layer.weight.data, layer.bias.data, layer.running_mean, layer.running_var):
                values.copy_(0.5 + torch.rand(values.shape, generator=generator))
    return network.eval()


def images(count: int = 2, channels: int = 3, size: int = 16) -> Tensor:
    return torch.randn(count, channels, size, size, generator=torch.Generator().manual_seed(2))


# Sizes


@pytest.mark.parametrize(
    ("depth", "shortcut", "parameters"),
    [
        (20, "subsample", 269_722),
        (110, "subsample", 1_727_962),
        (20, "projection", 272_474),
        (110, "projection", 1_730_714),
    ],
)
def test_resnet_has_the_published_number_of_parameters(depth, shortcut, parameters):
    assert count_parameters(build("resnet", in_channels=3, classes=10, depth=depth, shortcut=shortcut)) == parameters


def test_preact_resnet_110_has_1_7_million_parameters_as_the_formula_says():
    n, widths = 18, (16, 32, 64)
    full = sum(2 * n * w * w for w in widths)
    convolutions = 9 * (3 * 16 + full - 16 * 32 - 32 * 64)  # the first of a stage reads w / 2 channels, not w
    batch_norms = 2 * (sum(2 * n * w for w in widths) - 16 - 32 + 64)  # a block's first is as wide as its input
    linear = 64 * 10 + 10
    network = build("preact_resnet", in_channels=3, classes=10, depth=110)
    assert count_parameters(network) == convolutions + batch_norms + linear
    assert round(count_parameters(network) / 1e6, 1) == 1.7  # He et al. 2016, table 4


def test_the_bottleneck_network_has_66_blocks_and_the_parameters_of_torchvisions_but_for_batch_norms_of_skips():
    # torchvision's is post-activation: as many batch norms in its branches and one in each of four skips. Of the 200
    # layers that it lacks, 16 blocks more than 152 have stand in the second stage, on 512 channels.
    with torch.device("meta"):
        ours = {depth: build("preact_bottleneck", in_channels=3, classes=1000, depth=depth) for depth in (50, 152, 200)}
    counts = {depth: count_parameters(network) for depth, network in ours.items()}
    of_skips = 2 * (256 + 512 + 1024 + 2048)
    assert counts[50] == 25_557_032 - of_skips and counts[152] == 60_192_808 - of_skips  # as torchvision states them
    assert counts[200] - counts[152] == 16 * (2 * 512 * 128 + 9 * 128**2 + 2 * (512 + 128 + 128))
    assert [len(network.blocks) for network in ours.values()] == [16, 50, 66]


def test_preact_resnet_110_multiplies_and_adds_253_million_times_for_an_image_of_32_pixels():
    network = build("preact_resnet", in_channels=3, classes=10, depth=110).eval()
    counted = []

    def count(layer, _, output):  # convolutions and the linear layer; batch norm and sums are not multiply-adds
        counted.append(output.numel() * layer.weight[0].numel())

    for layer in network.modules():
        if isinstance(layer, (nn.Conv2d, nn.Linear)):
            layer.register_forward_hook(count)
    with torch.inference_mode():
        network(torch.zeros(1, 3, 32, 32))
    stage = 36 * 9 * 16 * 16 * 32 * 32  # twice the channels on a quarter of the map: every stage costs the same,
    fewer = 9 * 16 * 16 * 32 * 32 // 2  # but the first convolution of the second and third has half the input
    assert sum(counted) == 9 * 3 * 16 * 32 * 32 + 3 * stage - 2 * fewer + 640
    assert round(sum(counted) / 1e6) == 253


@pytest.mark.parametrize("architecture", ["preact_resnet", "resnet", "plain"])
@pytest.mark.parametrize(("convolutions", "blocks"), [(2, 54), (4, 27), (6, 18)])
def test_longer_blocks_make_fewer_paths_of_the_same_parameters(architecture, convolutions, blocks):
    network = build(architecture, in_channels=3, classes=10, depth=110, convolutions=convolutions)
    assert (len(network.blocks), count_parameters(network)) == (blocks, 1_727_962)


@pytest.mark.parametrize(
    ("architecture", "options"),
    [("resnet", {"shortcut": "projection"}), ("preact_resnet", {"shortcut": "projection", "first_block": "shared"})],
)
def test_longer_blocks_have_as_many_parameters_whatever_their_skips(architecture, options):
    counts = {count_parameters(build(architecture, in_channels=3, classes=10, depth=38, convolutions=convolutions,
                                     **options)) for convolutions in (2, 4, 6)}  # fmt: skip
    assert len(counts) == 1


@pytest.mark.parametrize(("depth", "sizes"), [(15, [2, 3, 3, 3, 3]), (9, [1, 1, 2, 2, 2]), (14, [2, 2, 3, 3, 3])])
def test_layers_of_a_vgg_spread_over_five_groups(depth, sizes):
    network = build("vgg", in_channels=3, classes=10, depth=depth, channels=4)
    assert [sum(block.stage == group for block in network.blocks) for group in range(5)] == sizes


@given(st.integers(5, 99))
def test_groups_of_a_vgg_differ_by_one_layer_at_most_and_never_shrink(layers):
    sizes = group_sizes(layers)
    assert sum(sizes) == layers and max(sizes) - min(sizes) <= 1 and sizes == sorted(sizes)


def test_vgg15_has_the_parameters_of_13_wide_layers_and_one_that_reads_the_image():
    network = build("vgg", in_channels=3, classes=10)
    assert count_parameters(network) == 9 * 128 * (3 + 13 * 128) + 14 * 2 * 128 + 1290


@pytest.mark.parametrize(("size", "maps"), [(32, [16, 8, 4, 4, 2, 2, 2]), (8, [4, 2, 2, 2, 2, 2, 2])])
def test_pools_of_a_vgg_stop_at_a_map_of_two_by_two(size, maps):
    network = small("vgg").eval()  # seven layers in groups of 1, 1, 1, 2, 2
    seen = []
    for block in network.blocks:
        block.register_forward_hook(lambda layer, inputs, output: seen.append(output.shape[-1]))
    network(images(size=size))
    assert seen == maps


@every_variant
@pytest.mark.parametrize(("channels", "size"), [(1, 8), (3, 32), (1, 28), (3, 33)])
def test_every_network_takes_images_of_any_size(architecture, options, channels, size):
    network = small(architecture, in_channels=channels, **options).eval()
    assert network(images(channels=channels, size=size)).shape == (2, 10)


# The algebra of a block


@every_variant
def test_a_block_is_join_of_skip_plus_branch_bit_for_bit(architecture, options):
    network = unsettled(small(architecture, **options))
    x = network.stem(images())
    for block in network.blocks:
        total = block.skip(x) + block.branch(x) if block.has_skip else block.branch(x)
        assert torch.equal(block(x), block.join(total))
        x = block(x)
    assert torch.equal(network.head(x), network(images()))


@every_variant
def test_activating_every_block_changes_nothing(architecture, options):
    network = unsettled(small(architecture, **options))
    assert torch.equal(network(images(), [True] * len(network.blocks)), network(images()))


class Times(nn.Module):
    def __init__(self, factor: float) -> None:
        super().__init__()
        self.factor, self.calls = factor, 0

    def forward(self, x: Tensor) -> Tensor:
        self.calls += 1
        return self.factor * x


def on_paper(*factors: float) -> Network:
    """y = x + factor * x in every block."""
    blocks = [
        Block(stage=0, in_channels=1, out_channels=1, body=Times(factor), shortcut=nn.Identity()) for factor in factors
    ]
    return Network(nn.Identity(), blocks, nn.Identity())


@given(st.lists(st.booleans(), min_size=3, max_size=3))
def test_deleted_blocks_leave_the_product_and_are_not_computed(active):
    network = on_paper(1, 2, 4)
    result = network(torch.ones(1), active)
    assert result.item() == math.prod(1 + factor for factor, runs in zip((1, 2, 4), active, strict=True) if runs)
    assert [block.body.calls for block in network.blocks] == [int(runs) for runs in active]


def test_scale_multiplies_the_branch_alone():
    network = on_paper(1, 2, 4)
    for block, scale in zip(network.blocks, (1, 0.5, 0.25), strict=True):
        block.scale = scale
    assert network(torch.ones(1)).item() == (1 + 1) * (1 + 1) * (1 + 1)
    assert network.blocks[2].branch(torch.ones(1)).item() == 4


def subsampled(x: Tensor) -> Tensor:
    """Every other pixel between zero channels, a quarter of the output's on both sides."""
    count, channels, height, width = x.shape
    y = torch.zeros(count, 2 * channels, (height + 1) // 2, (width + 1) // 2)
    y[:, channels // 2 : channels // 2 + channels] = x[:, :, ::2, ::2]
    return y


@pytest.mark.parametrize("size", [6, 7])
def test_a_deleted_preact_block_hands_on_its_input_subsampled_where_the_shape_changes(size):
    network = unsettled(small("preact_resnet"))
    x = images(channels=8, size=size)
    assert network.blocks[0].delete(x) is x
    assert torch.equal(network.blocks[2].delete(x), subsampled(x))


@pytest.mark.parametrize("size", [6, 7])
def test_a_deleted_resnet_block_keeps_the_relu_behind_the_sum(size):
    network = unsettled(small("resnet"))
    x = images(channels=8, size=size)
    assert torch.equal(network.blocks[0].delete(x), x.clamp(min=0))
    assert torch.equal(network.blocks[2].delete(x), subsampled(x).clamp(min=0))


def normalised(x: Tensor, bn: nn.BatchNorm2d) -> Tensor:
    return F.batch_norm(x, bn.running_mean, bn.running_var, bn.weight, bn.bias)


def test_a_deleted_block_keeps_its_projection_and_the_activation_that_it_reads():
    x = images(channels=8)
    block = unsettled(small("preact_resnet", shortcut="projection")).blocks[2]
    activation = normalised(x, block.shared.bn1).relu()
    assert torch.equal(block.delete(x), F.conv2d(activation, block.shortcut.conv.weight, stride=2))
    block = unsettled(small("resnet", shortcut="projection")).blocks[2]
    projected = normalised(F.conv2d(x, block.shortcut.conv.weight, stride=2), block.shortcut.bn)
    assert torch.equal(block.delete(x), projected.relu())


def test_a_deleted_plain_block_hands_on_its_input_and_one_that_changes_shape_must_stay():
    network = unsettled(small("plain"))
    x = images(channels=8)
    assert network.blocks[0].delete(x) is x
    assert [block.deletable for block in network.blocks] == [True, True, False, True, False, True]
    with pytest.raises(NetworkError, match="takes 8 channels to 16, changes the shape and has no skip"):
        network.blocks[2].delete(x)
    with pytest.raises(NetworkError, match="block 4 cannot be deleted: .* 16 channels to 32"):
        network(images(), [True, True, True, True, False, True])


def test_a_deleted_vgg_layer_leaves_its_pool_and_layer_0_the_image_before_zero_channels():
    network = unsettled(small("vgg", depth=15))  # groups of 2, 3, 3, 3, 3
    x = images(channels=12)
    assert torch.equal(network.blocks[2].delete(x), x)
    assert torch.equal(network.blocks[1].delete(x), F.max_pool2d(x, 2))
    padded = network.blocks[0].delete(images())
    assert torch.equal(padded[:, :3], images()) and padded.shape[1] == 12 and not padded[:, 3:].any()
    assert network(images(), [False] * 14).shape == (2, 10)


def test_vgg_layer_0_alone_in_its_group_leaves_the_pool_too():
    block = small("vgg", depth=6).blocks[0]
    padded = torch.cat([images(), torch.zeros(2, 9, 16, 16)], dim=1)
    assert torch.equal(block.delete(images()), F.max_pool2d(padded, 2))


def reference_preact(network: Network, x: Tensor, projects: bool, shared: bool) -> Tensor:
    """A pre-activation ResNet, depth 8, written out once more, its weights taken in the order of the forward pass."""
    convolutions = iter(m for m in network.modules() if isinstance(m, nn.Conv2d) and m.kernel_size == (3, 3))
    projections = iter(m for m in network.modules() if isinstance(m, nn.Conv2d) and m.kernel_size == (1, 1))
    norms = iter([m for m in network.modules() if isinstance(m, nn.BatchNorm2d)])
    x = F.conv2d(x, next(convolutions).weight, padding=1)
    for stage in range(3):
        stride = 1 if stage == 0 else 2
        active = normalised(x, next(norms)).relu()
        if stage == 0:
            skip = active if shared else x
        else:
            skip = F.conv2d(active, next(projections).weight, stride=2) if projects else subsampled(x)
        branch = F.conv2d(active, next(convolutions).weight, stride=stride, padding=1)
        x = skip + F.conv2d(normalised(branch, next(norms)).relu(), next(convolutions).weight, padding=1)
    x = normalised(x, next(norms)).relu().mean(dim=(2, 3))
    return F.linear(x, network.head.linear.weight, network.head.linear.bias)


@pytest.mark.parametrize("shortcut", ["subsample", "projection"])
@pytest.mark.parametrize("first_block", ["plain", "shared"])
def test_preact_resnet_is_the_one_of_he_et_al_written_out(shortcut, first_block):
    network = unsettled(small("preact_resnet", depth=8, shortcut=shortcut, first_block=first_block))
    expected = reference_preact(network, images(), shortcut == "projection", first_block == "shared")
    torch.testing.assert_close(network(images()), expected)


def test_plain_is_resnet_without_its_skips():
    resnet, plain = unsettled(small("resnet")), small("plain").eval()
    plain.load_state_dict(resnet.state_dict())
    x = expected = resnet.stem(images())
    for ours, theirs in zip(plain.blocks, resnet.blocks, strict=True):
        x, expected = ours(x), theirs.branch(expected).relu()
    assert torch.equal(x, expected)


# Batch norm in training


def test_a_batch_norm_that_both_ways_read_sees_each_batch_once():
    network = small("preact_resnet", shortcut="projection").train()
    network(images())
    network(images(), [True, True, False, False, True, True])
    seen = {name: int(count) for name, count in network.state_dict().items() if name.endswith("num_batches_tracked")}
    assert seen.pop("blocks.2.shared.bn1.num_batches_tracked") == 2  # the projection of a deleted block runs
    assert {int(name.split(".")[1]) for name, count in seen.items() if count == 1} == {2, 3}
    assert set(seen.values()) == {1, 2}


@pytest.mark.parametrize("architecture", ["preact_resnet", "resnet"])
def test_inactive_blocks_keep_their_running_statistics_and_get_no_gradient(architecture):
    network = small(architecture).train()
    active = [True, False, True, False, False, True]
    before = {name: value.clone() for name, value in network.state_dict().items()}
    network(images(), active).sum().backward()
    for index, (block, runs) in enumerate(zip(network.blocks, active, strict=True)):
        after = block.state_dict(prefix=f"blocks.{index}.")
        moved = {name for name in after if "running" in name and not torch.equal(after[name], before[name])}
        assert len(moved) == (4 if runs else 0)  # mean and variance of two batch norms
        assert all((parameter.grad is not None) == runs for parameter in block.parameters())


# Orders


@pytest.mark.parametrize("architecture", ["preact_resnet", "resnet"])
def test_54_blocks_have_425_pairs_that_may_change_places(architecture):
    groups = build(architecture, in_channels=3, classes=10, depth=110).order_groups()
    assert [len(group) for group in groups] == [18, 17, 17]
    assert sum(math.comb(len(group), 2) for group in groups) == 425
    assert not {18, 36} & {index for group in groups for index in group}  # the blocks that change shape


def test_a_first_block_without_its_own_activation_keeps_its_place():
    network = small("preact_resnet", depth=20, first_block="shared")
    assert network.order_groups() == ((1, 2), (4, 5), (7, 8))
    x = network.stem(images())
    assert network.blocks[0].skip(x) is x and x.min() == 0


def test_vgg_layers_that_read_the_image_or_carry_a_pool_keep_their_place():
    assert build("vgg", in_channels=3, classes=10, channels=4).order_groups() == ((2, 3), (5, 6), (8, 9), (11, 12))


@settings(max_examples=20, deadline=None)
@given(st.sampled_from(["preact_resnet", "resnet", "plain", "highway"]), st.randoms(use_true_random=False))
def test_any_exchange_within_a_group_fits(architecture, random):
    network = small(architecture, depth=20, width=2).eval()
    order = list(range(9))
    for group in network.order_groups():
        for place, block in zip(group, random.sample(group, len(group)), strict=True):
            order[place] = block
    x = network.stem(images(size=8))
    for index in order:
        x = network.blocks[index](x)
    assert network.head(x).shape == (2, 10)


def test_block_rows_say_what_each_block_is():
    rows = block_rows(small("plain"))
    assert [row["block"] for row in rows] == list(range(6))
    assert rows[2] == {
        "block": 2,
        "stage": 1,
        "channels": 16,
        "changes_shape": True,
        "deletable": False,
        "reorderable": False,
        "layer": None,
        "parameters": 9 * 8 * 16 + 9 * 16 * 16 + 2 * 2 * 16,
        "fixed": None,
    }


@every_variant
def test_only_networks_with_skips_have_paths(architecture, options):
    network = small(architecture, **options)
    assert network.has_paths == (architecture not in ("plain", "vgg"))
    if not network.has_paths:
        with pytest.raises(NetworkError, match="no skip connection"):
            network.blocks[1].skip(images(channels=8))


# Building and its refusals


def test_weights_follow_from_the_seed_and_the_global_generator_stays():
    state = torch.get_rng_state()
    first, again, other = (small("resnet", seed=seed) for seed in (3, 3, 4))
    assert torch.equal(torch.get_rng_state(), state)
    weights = [network.stem.conv1.weight for network in (first, again, other)]
    assert torch.equal(weights[0], weights[1]) and not torch.equal(weights[0], weights[2])
    initialise(other, 3)
    assert all(torch.equal(a, b) for a, b in pairwise([first.head.linear.weight, other.head.linear.weight]))


def test_convolutions_start_he_normal_by_fan_out_and_the_rest_as_said():
    network = build("preact_resnet", in_channels=3, classes=10, depth=8, width=64)
    weight = network.blocks[1].body.conv1.weight  # 64 channels to 128: fan-out 9 * 128, so 73,728 numbers
    assert weight.std().item() == pytest.approx(math.sqrt(2 / (9 * 128)), rel=0.02)
    assert abs(weight.mean().item()) < 5e-4
    linear = network.head.linear
    assert linear.weight.abs().max().item() == pytest.approx(1 / math.sqrt(256), rel=0.01)
    assert not linear.bias.any()
    norm = network.head.bn
    assert norm.weight.eq(1).all() and not norm.bias.any()


@pytest.mark.parametrize(
    ("architecture", "options", "sentence"),
    [
        ("lenet", {}, "architecture 'lenet' is not known: it is one of highway, plain, preact_bottleneck, preact_r"),
        ("network", {}, "architecture 'network' is not known"),
        ("resnet", {"depth": 21}, r"depth 21 does not fill three stages of equal size: it is 6n \+ 2"),
        ("resnet", {"depth": 20, "shortcut": "identity"}, "shortcut 'identity' is not known"),
        ("preact_resnet", {"depth": 20, "first_block": "odd"}, "first_block 'odd' is not known"),
        ("vgg", {"depth": 5}, "depth 5 is too small"),
        ("vgg", {"width": 5}, "'width'.*its options are depth, channels, batch_norm"),
        ("plain", {}, "'depth'.*its options are depth, width"),
    ],
)
def test_what_cannot_be_built_is_refused_in_a_sentence(architecture, options, sentence):
    with pytest.raises(NetworkError, match=sentence):
        build(architecture, in_channels=3, classes=10, **options)


@pytest.mark.parametrize("sizes", [{"depth": 20}, {"depth": 32, "width": 4}])
@pytest.mark.parametrize("architecture", architectures())
def test_the_options_of_a_study_file_build_its_network(architecture, sizes):
    if architecture == "vgg":
        sizes = {"depth": sizes["depth"]}
    elif architecture == "preact_bottleneck":
        sizes = {"depth": 50, "width": 4}
    entry = TypeAdapter(NetworkEntry).validate_python({"architecture": architecture, **sizes})
    network = build(in_channels=3, classes=10, **entry.options())
    assert len(network.blocks) == entry.blocks


def test_a_layer_of_unknown_kind_is_not_left_uninitialised():
    with pytest.raises(NetworkError, match="a PReLU has no initialisation"):
        initialise(nn.Sequential(nn.PReLU()), 0)


def test_a_mask_of_the_wrong_length_is_refused():
    with pytest.raises(NetworkError, match="2 entries say which blocks run, for 3 blocks"):
        on_paper(1, 2, 4)(torch.ones(1), [True, True])


def test_every_architecture_is_tried_here():
    assert {name for name, _ in VARIANTS} == set(architectures())
