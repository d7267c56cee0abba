"""Every view on a few rows written by hand; the numbers are worked on paper."""

import json
from math import comb, log, log10, sqrt
from random import Random as shuffled  # `random` is a lesion here

import polars as pl
import pytest
from scipy.stats import norm, spearmanr

from resdag.queries.interactions import interactions
from resdag.queries.rows import as_frame
from resdag.queries.statistics import wilson
from resdag.records.tables.interactions import Interaction
from resdag.store.read import frame
from resdag.store.schema import views
from rows_by_hand import (
    OF,
    STUDY,
    block,
    comparison,
    emptied,
    empty,
    ensemble,
    evaluation,
    gates,
    influence,
    insert,
    lesion,
    mean_field,
    mean_field_theory,
    network,
    pair_answers,
    path_gradients,
    path_spectrum,
    random,
    reordering,
    repeat,
    single,
    study,
)

# Key columns and columns of each view: the grain and what figures are drawn from.
EXPECTED = {
    "figure_1": ("study path block", "choice path_length"),
    "figure_2": ("study network path block", "choice path_length alive deleted_block"),
    "figure_3": (
        "study network seed block",
        "architecture stage changes_shape errors images error low high intact_error change p_holm",
    ),
    "figure_4": (
        "study network seed block",
        "architecture stage changes_shape errors images error low high intact_error change p_holm",
    ),
    "figure_other_deletions": (
        "study network seed block",
        "architecture stage changes_shape errors images error low high intact_error change p_holm",
    ),
    "figure_redundancy": (
        "study network seed block",
        "architecture depth blocks position stage changes_shape error low high intact_error change",
    ),
    "figure_5a": (
        "study network seed count draw",
        "error intact_error severe_block severe_change draws q05 q25 median q75 q95",
    ),
    "random_deletions": (
        "study network seed count", "draws minimum q05 q25 median q75 q95 maximum mean intact_error"
    ),
    "figure_5b": (
        "study network seed reordering",
        "experiment swaps kendall_tau error intact_error tau_bin bin_median bin_q25 bin_q75 bin_size",
    ),
    "figure_6a": ("study blocks path_length", "paths fraction"),
    "figure_6b": (
        "study network seed epoch measured_at path_length",
        "samples dead mean_norm mean_norm_low mean_norm_high mean_log10_norm sd_log10_norm fit_log10_norm "
        "r r_low r_high r_squared",
    ),
    "figure_6c": (
        "study network seed epoch measured_at path_length",
        "samples contribution contribution_low contribution_high fraction mean_length window_low window_high "
        "window_share",
    ),
    "figure_blocks_per_batch": (
        "study network",
        "computed whole blocks mean_path_length convolutions seeds test_error test_error_low test_error_high "
        "train_error train_error_low train_error_high",
    ),
    "figure_depth": (
        "study network",
        "architecture depth seeds test_error test_error_low test_error_high train_error train_error_low "
        "train_error_high",
    ),
    "figure_multiplicity": (
        "study network panel x", "blocks convolutions log2_paths share mean median low high size"
    ),
    "figure_control": (
        "study network seed block kind",
        "architecture stage changes_shape errors images error low high intact_error change",
    ),
    "figure_mean_field": (
        "study system quantity layer",
        "theory simulated standard_error deviation draws width matrices sigma_w sigma_b sigma_v sigma_a",
    ),
    "figure_highway": (
        "study network seed block",
        "kind stage changes_shape gate gate_at_start gate_low gate_high below_half error low high intact_error change",
    ),
    "figure_ensembles": (
        "study network kind log2_members", "halvings sets mean q05 q95 whole disagreement"
    ),
    "figure_prediction": (
        "study network seed count weights", "draws q05 q95 mean intact_error chance share predicted"
    ),
    "figure_influence": (
        "study network seed block",
        "architecture stage changes_shape influence error intact_error change rank_influence rank_change ranked "
        "spearman spearman_low spearman_high",
    ),
    "figure_repeat": (
        "study network seed block times", "kind architecture stage errors images error low high intact_error change"
    ),
    "figure_runs": (
        "study network seed length first",
        "changes_shape errors images error low high intact_error change random_median random_q25 random_q75 "
        "reversed_error shuffled_error",
    ),
    "figure_training_paths": (
        "study network seed epoch measured_at weighting",
        "mean_length mean_length_low mean_length_high window_low window_high r r_low r_high",
    ),
    "figure_pairs": (
        "study network seed first second",
        "errors images error intact_error change change_first change_second interaction low high p_holm significant",
    ),
    "figure_spectrum": (
        "study network seed epoch measured_at path_length",
        "batches mean_norm mean_norm_low mean_norm_high sampled_rms_norm rms_norm rms_norm_low rms_norm_high "
        "norm_of_sum norm_of_sum_low norm_of_sum_high contribution summed_contribution summed_contribution_low "
        "summed_contribution_high share share_low share_high coherence coherence_low coherence_high "
        "energy_df largest_image_share "
        "energy_relative_se coherence_known window_low window_high summed_low summed_high",
    ),
    "figure_7": ("study blocks deleted path_length", "fraction"),
    "figure_8": (
        "study network seed block", "trained stage changes_shape error low high intact_error change"
    ),
    "figure_training": ("study network seed epoch", "learning_rate train_loss train_error test_error"),
    "lesion_blocks": (
        "study network seed lesion block",
        "experiment count draw recalibrated errors images error loss broken repaired change",
    ),
    "interval_levels": ("study", "confidence z"),
    "seed_agreement": ("study network first_seed second_seed", "blocks spearman"),
    "table_errors": (
        "study network seed",
        "architecture depth blocks parameters source training test_scale errors images error low high "
        "train_error seconds",
    ),
    "table_effective_paths": (
        "study network seed test_scale recalibrated", "blocks_per_batch blocks errors images error low high"
    ),
    "single_deletions": (
        "study network seed block",
        "architecture depth blocks convolutions stochastic_depth blocks_per_batch dataset stage changes_shape errors "
        "images error low high intact_error change p_holm",
    ),
}  # fmt: skip


RECURSION = (lambda layer: 1.0 + layer, lambda layer: 0.8 / (1 + layer), lambda layer: 100.0 * layer)


@pytest.fixture(scope="module")
def con():
    with empty() as con:
        insert(con, "studies", [study(), study("folder", "image_folder")])
        insert(
            con,
            "networks",
            [
                network(),
                network(network="dropping", stochastic_depth=0.5, errors=525, test_scale="survival"),
                network(network="effective", blocks_per_batch=23, errors=596, test_scale="m/n"),
                network(network="shallow", depth=20, blocks=9),
                network(network="longer", blocks=18, convolutions=6),
                network(network="loaded", source="loaded", depth=20, blocks=9, train_seconds=None),
                network(study="folder"),
                *(network(network=name, options=options, **columns) for name, columns, options in GATED),
            ],
        )
        for of in ({}, {"network": "dropping"}, {"network": "effective"}, {"network": "shallow"}, {"study": "folder"}):
            insert(con, "blocks", [block(0, **of), block(1, changes_shape=True, **of)])
            insert(
                con,
                "lesions",
                [
                    lesion("intact", 600, **of),
                    single(0, 650, **of),
                    single(1, 900, **of),
                    lesion("single-001+bn", 700, [1], recalibrated=True, **of),
                ],
            )
        insert(con, "influence", [influence(0, 0.3), influence(1, None)])
        insert(con, "blocks", [block(0, network="longer")])
        insert(
            con,
            "lesions",
            [each | {"network": "longer"} for each in (lesion("intact", 600), single(0, 900), random(1, 0, 900))],
        )
        for name, _, _ in GATED:
            insert(con, "blocks", [block(index, network=name) for index in range(2)])
            insert(con, "lesions", [lesion("intact", 700, network=name), single(0, 1700, network=name)])
        opened = [gates(0, 0.12, 0), gates(1, 0.13, 0), gates(0, 0.2), gates(1, 0.6)]
        insert(con, "gates", [row | {"network": "open"} for row in opened])
        damage = (300, 0, 0, 5, 900), (280, 5, 0, 1, 40)  # of two seeds, with ties
        twice = [
            single(index, 600 + broken, network="twice", seed=seed, broken=broken + 3, repaired=3)
            for seed, of_seed in enumerate(damage)
            for index, broken in enumerate(of_seed)
        ]
        insert(
            con, "lesions", [*twice, single(0, 700, network="thrice", seed=0), single(0, 700, network="thrice", seed=1)]
        )
        beyond = [lesion("intact+bn", 640, recalibrated=True, experiment="intact"), lesion("skip-000", 8000, [0])]
        runs = [lesion("run-000-002", 2500, [0, 1]), lesion("run-000-001", 650, [0], network="shallow")]
        insert(con, "lesions", [*runs, repeat(0, 2, 620), repeat(0, 3, 700), repeat(0, 2, 640, network="shallow")])
        insert(con, "lesions", [*beyond, lesion("skip-001", 9000, [1])])
        insert(con, "pair_answers", [pair_answers(errors=1100)])
        insert(con, "interactions", as_frame(Interaction, interactions(con, STUDY, 0.95)))
        insert(con, "lesion_tests", [OF | {"lesion": "single-001", "p": 0.001, "p_holm": 0.002}])
        insert(con, "lesions", [random(2, draw, errors) for draw, errors in enumerate((1000, 2000, 3000, 4000, 5000))])
        insert(con, "ensembles", [ensemble([0], 600), ensemble([1], 800, 1), ensemble([0, 1], 500)])
        insert(
            con,
            "reorderings",
            [reordering("identity", 1.0, 600)]
            + [reordering(f"swaps-01-d{draw:03d}", 0.88, 700 + 100 * draw, swaps=1, draw=draw) for draw in range(3)]
            + [reordering(f"shuffle-d{draw:03d}", 0.7, 900 + 100 * draw, draw=draw) for draw in range(3)]
            + [reordering("reversal", 0.41, 8000)],
        )
        insert(
            con,
            "evaluations",
            [
                evaluation("none", 610),
                evaluation("none", 640, network="effective"),
                evaluation("m/n", 596, network="effective"),
                evaluation("m/n", 590, True, network="effective"),
                evaluation("survival", 525, network="dropping"),
                evaluation("none", 800, network="shallow"),
                evaluation("none", 700, network="longer"),
            ],
        )
        epoch = {"learning_rate": 0.1, "train_loss": 1.0, "train_error": 0.5, "test_error": None, "seconds": 2.0}
        insert(con, "epochs", [OF | epoch | {"epoch": 0, "learning_rate": None}, OF | epoch | {"epoch": 1}])
        for name, seed in (("resnet110", 0), ("resnet110", 1), ("dropping", 0)):
            of = OF | {"network": name, "seed": seed, "blocks": 54}
            all_paths = [
                of | {"path_length": k, "paths": comb(54, k), "fraction": comb(54, k) / 2**54} for k in range(55)
            ]
            insert(con, "path_lengths", all_paths)
            left = [
                of | {"deleted": d, "path_length": x, "fraction": comb(54 - d, x) / comb(54, x)}
                for d in (1, 2, 10, 20)
                for x in range(55)
            ]
            insert(con, "paths_remaining", left)
        longer = {"convolutions": 6, "blocks": 18, "log2_paths": 18.0}
        insert(con, "comparisons", [
            comparison("depth", "resnet110"), comparison("multiplicity", "resnet110"),
            comparison("multiplicity", "dropping", 0.07, **longer), comparison("blocks_per_batch", "resnet110"),
            comparison("blocks_per_batch", "effective", blocks_per_batch=23, mean_path_length=11.5),
        ])  # fmt: skip
        insert(con, "mean_field_theory", theory := mean_field_theory("residual", 3, *RECURSION))
        insert(con, "mean_field", mean_field(theory, 2, lambda _, draw: (-0.1, 0.3)[draw], depth=2))
        derived(con)
        yield con


def at(epoch: int) -> dict:
    return {"network": "dropping", "epoch": epoch}


def derived(con) -> None:
    from resdag.queries.derived import derive

    insert(con, "path_gradients", path_gradients(lambda k, _: k * log10(0.256) - 1, range(55), network="dropping"))
    insert(con, "path_gradients", path_gradients(lambda k, _: None if k else 0.0, range(2)))

    def energy(k: int) -> float:  # of C(54, k) paths, each of norm .256^k / 10; their sum as if they were independent
        return comb(54, k) * 0.256 ** (2 * k) / 100

    # half way through training, every block less multiplies a path's norm by one half
    insert(con, "path_spectrum", path_spectrum(54, lambda k: 2.0**-k, lambda k: comb(54, k) / 4**k, **at(80)))
    insert(con, "path_spectrum", path_spectrum(54, lambda k: 1.0, lambda k: 1.0, **at(40)))
    for name, se in (("dropping", 0.05), ("shallow", 0.3)):
        spectrum = path_spectrum(54, lambda k: sqrt(energy(k)), energy, 2, se, network=name)
        insert(con, "path_spectrum", spectrum)
    for length, epoch in ((5, 164), (1, 0)):  # all energy at one length, after training and before
        insert(
            con,
            "path_spectrum",
            path_spectrum(54, lambda k, x=length: float(k == x), lambda k, x=length: float(k == x), epoch=epoch),
        )
    tables = derive(con, STUDY, 0.95)
    for table in ("path_norms", "path_fits", "spectrum_norms", "spectrum_windows"):
        insert(con, table, tables[table])


# Networks of one size and of others: the learned gates, and what they are and are not held against.
_HIGHWAY, _RESNET = ({"architecture": name, "depth": 8, "blocks": 2} for name in ("highway", "resnet"))
GATED = [
    ("open", _HIGHWAY, '{"width": 4, "gate": "learned"}'), ("frozen", _HIGHWAY, '{"width": 4, "gate": "frozen"}'),
    ("identity", _RESNET, '{"width": 4}'), ("wider", _RESNET, '{"width": 8}'),
    ("dropped", _RESNET | {"blocks_per_batch": 1}, '{"width": 4}'),
]  # fmt: skip


def rows(con, view: str, where: str = "true") -> pl.DataFrame:
    return frame(con, f"SELECT * FROM {view} WHERE study = ? AND ({where})", [STUDY])


def test_every_view_is_expected_here() -> None:
    assert {view.name for view in views()} == EXPECTED.keys()


@pytest.mark.parametrize("view", EXPECTED)
def test_a_view_has_its_columns_its_grain_and_its_order(con, view: str) -> None:
    key, others = (text.split() for text in EXPECTED[view])
    found = frame(con, f"SELECT * FROM {view}")
    assert sorted(found.columns) == sorted(key + others)
    assert found.height or view in {"figure_4", "figure_redundancy"}
    assert not found.select(key).is_duplicated().any()
    if view != "figure_2":  # there the residual network stands before the plain one
        assert found.select(key).equals(found.select(key).sort(key))


@pytest.mark.parametrize("view", EXPECTED)
def test_a_view_of_nothing_is_empty(view: str) -> None:
    assert frame(emptied(), f"SELECT * FROM {view}").height == 0


def test_three_blocks_have_eight_paths_by_length(con) -> None:
    paths = rows(con, "figure_1").group_by("path").agg("choice", pl.col("path_length").first()).sort("path")
    assert paths["path_length"].to_list() == [0, 1, 1, 1, 2, 2, 2, 3]
    assert paths["choice"].to_list()[:2] == [["skip"] * 3, ["branch", "skip", "skip"]]
    assert paths["choice"].n_unique() == 8
    assert all(row["choice"].count("branch") == row["path_length"] for row in paths.to_dicts())


def test_deleting_a_block_kills_half_of_the_paths_and_the_only_one_of_a_plain_network(con) -> None:
    paths = rows(con, "figure_2")
    alive = paths.group_by("network", "path").agg(pl.col("alive").unique()).explode("alive")
    assert alive.filter(network="residual")["alive"].sum() == 4
    assert alive.filter(network="plain")["alive"].to_list() == [False]
    assert not paths.filter(block=1, choice="branch")["alive"].any()


def test_single_deletions_stand_beside_the_intact_network(con) -> None:
    found = rows(con, "figure_3", "network = 'resnet110'").sort("block")
    assert found["error"].to_list() == [0.065, 0.09]
    assert found["change"].to_list() == pytest.approx([0.005, 0.03])
    assert found["p_holm"].to_list() == [None, 0.002]
    assert found["changes_shape"].to_list() == [False, True]


def test_wilson_in_sql_is_wilson(con) -> None:
    row = rows(con, "figure_3", "network = 'resnet110' AND block = 0").row(0, named=True)
    p, n, z = 0.065, 10_000, 1.959963984540054
    centre, half = (
        (p + z * z / (2 * n)) / (1 + z * z / n),
        z * sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / (1 + z * z / n),
    )
    assert (row["low"], row["high"]) == pytest.approx((centre - half, centre + half))


@pytest.mark.parametrize("confidence", [0.5, 0.8, 0.9, 0.95, 0.99, 0.9999])
def test_intervals_in_sql_have_the_coverage_of_the_study_file(confidence: float) -> None:
    """Of the study's own rules, as those of the claims: the normal quantile to seven digits, then Wilson's ends."""
    con = emptied()
    config = json.dumps({"claims": {"confidence": confidence}})
    insert(con, "studies", [study() | {"config": config}, study("other")])
    insert(con, "networks", [network(650), network(650, study="other")])
    z = con.sql("SELECT z FROM interval_levels ORDER BY study").fetchall()
    assert [row[0] for row in z] == pytest.approx([norm.ppf((1 + confidence) / 2), norm.ppf(0.975)], rel=2e-7)
    found = con.sql("SELECT low, high FROM table_errors ORDER BY study").fetchall()
    for ends, at in zip(found, (confidence, 0.95), strict=True):
        assert ends == pytest.approx(wilson(650, 10_000, at)[1:], rel=1e-6)
    insert(con, "blocks", [block(0)])
    insert(con, "lesions", [lesion("intact", 610), single(0, 650)])
    assert con.sql("SELECT low, high FROM single_deletions").fetchall() == [found[0]]


def test_figure_3_has_one_residual_network_and_one_vgg_and_the_others_have_a_figure_of_their_own(con) -> None:
    assert rows(con, "figure_3")["network"].unique().to_list() == ["resnet110"]
    others = ["dropped", "effective", "frozen", "identity", "longer", "open", "shallow", "wider"]
    assert rows(con, "figure_other_deletions")["network"].unique().sort().to_list() == others


def test_the_network_of_figure_3_is_the_paper_s_or_the_one_with_most_blocks() -> None:
    with empty() as con:
        insert(con, "studies", [study()])
        sizes = {"small": 9, "deep": 66, "deeper": 66, "vgg": 14, "vgg-deeper": 20}
        kinds = {"vgg": "vgg", "vgg-deeper": "vgg", "deep": "resnet", "deeper": "resnet", "small": "resnet"}
        for name, blocks in sizes.items():
            insert(con, "networks", [network(network=name, architecture=kinds[name], blocks=blocks)])
            insert(con, "blocks", [block(0, network=name)])
            insert(con, "lesions", [lesion("intact", 600, network=name), single(0, 700, network=name)])
        assert rows(con, "figure_3")["network"].to_list() == ["deep", "vgg-deeper"]
        con.execute("UPDATE networks SET architecture = 'preact_resnet' WHERE network = 'small'")
        assert rows(con, "figure_3")["network"].to_list() == ["small", "vgg-deeper"]
        assert rows(con, "figure_other_deletions")["network"].to_list() == ["deep", "deeper", "vgg"]
        con.execute('UPDATE studies SET config = json_merge_patch(config, \'{"claims": {"residual": "deeper"}}\')')
        assert rows(con, "figure_3")["network"].to_list() == ["deeper", "vgg-deeper"]  # what the claims are about


def test_depths_of_one_architecture_stand_together_from_two_on() -> None:
    with empty() as con:
        insert(con, "studies", [study()])
        insert(con, "networks", [network(network="of15", blocks=15)])
        insert(con, "blocks", [block(index, network="of15") for index in (0, 14)])
        deleted = [single(index, 700, network="of15") for index in (0, 14)]
        insert(con, "lesions", [lesion("intact", 600, network="of15"), *deleted])
        assert rows(con, "figure_redundancy").is_empty()
        insert(con, "networks", [network(network="of54", blocks=54)])
        insert(con, "blocks", [block(18, network="of54")])
        insert(con, "lesions", [lesion("intact", 600, network="of54"), single(18, 700, network="of54")])
        found = rows(con, "figure_redundancy")
        assert found["position"].to_list() == [0, 1, pytest.approx(18 / 53)]
        assert found["network"].to_list() == ["of15", "of15", "of54"]


def test_image_folders_have_a_figure_of_their_own(con) -> None:
    assert frame(con, "SELECT DISTINCT study FROM figure_4")["study"].to_list() == ["folder"]
    assert frame(con, "SELECT DISTINCT study FROM figure_3")["study"].to_list() == [STUDY]


def test_a_study_of_imagenet_has_figure_4_and_its_numbers_are_those_of_50_000_images() -> None:
    of = {"study": "imagenet", "network": "resnet50"}
    theirs = {"architecture": "torchvision:resnet50", "depth": None, "convolutions": None, "source": "loaded"}
    ours = {"architecture": "preact_bottleneck", "depth": 200, "blocks": 66, "convolutions": None}
    with empty() as con:
        insert(con, "studies", [study("imagenet", "imagenet")])
        insert(con, "networks", [network(9_800, 50_000, **of, **theirs, blocks=16),
                                 network(10_500, 50_000, **of | {"network": "resnet200"}, **ours)])  # fmt: skip
        for own, intact in ((of, 9_800), (of | {"network": "resnet200"}, 10_500)):
            insert(con, "blocks", [block(0, True, **own), block(1, **own)])
            insert(con, "lesions", [lesion("intact", intact, images=50_000, **own),
                                    single(0, intact + 2_500, images=50_000, **own),
                                    single(1, intact - 50, images=50_000, **own)])  # fmt: skip
        found = frame(con, "SELECT * FROM figure_4")
        assert frame(con, "SELECT * FROM figure_3").is_empty() and frame(con, "SELECT * FROM figure_8").is_empty()
    assert found.select("network", "block").rows() == [
        ("resnet200", 0), ("resnet200", 1), ("resnet50", 0), ("resnet50", 1),
    ]  # fmt: skip
    assert found["change"].to_list() == pytest.approx([0.05, -0.001] * 2)
    assert found["error"].to_list() == pytest.approx([0.26, 0.209, 0.246, 0.195])
    half = 1.96 * (0.246 * 0.754 / 50_000) ** 0.5  # of so many images Wilson's interval is the normal one
    assert (found["high"][2], found["low"][2]) == pytest.approx((0.246 + half, 0.246 - half), abs=2e-5)


def test_random_deletion_has_quantiles_and_the_intact_network_at_zero(con) -> None:
    intact, two = rows(con, "random_deletions").to_dicts()
    assert (intact["count"], intact["draws"], intact["median"], intact["network"]) == (0, 1, 0.06, "resnet110")
    assert (two["count"], two["draws"], two["minimum"], two["maximum"]) == (2, 5, 0.1, 0.5)
    assert [two[name] for name in ("q05", "q25", "median", "q75", "q95", "mean")] == pytest.approx(
        [0.12, 0.2, 0.3, 0.4, 0.48, 0.3]
    )
    assert two["intact_error"] == 0.06
    drawn = rows(con, "figure_5a")
    assert drawn["draw"].to_list() == [None, 0, 1, 2, 3, 4]
    assert drawn["error"].to_list() == [0.06, 0.1, 0.2, 0.3, 0.4, 0.5]
    assert drawn["median"].to_list() == [0.06, *[pytest.approx(0.3)] * 5]
    assert drawn["severe_block"].null_count() == 6  # alone, blocks 0 and 1 cost .5 and 3 points


def test_a_draw_that_hits_a_block_of_large_damage_names_the_worst_it_hits() -> None:
    with empty() as con:
        insert(con, "networks", [network()])
        alone = [single(0, 1100), single(1, 1099), single(2, 7000)]  # 5 points, almost, and 64
        insert(con, "lesions", [lesion("intact", 600), *alone, *(random(count, 0, 8000) for count in (1, 2, 3))])
        again = lesion("single-000+bn", 9000, [0], recalibrated=True)
        insert(con, "lesions", [again, lesion("random-k01-d001", 1000, [1], draw=1)])
        found = rows(con, "figure_5a").select("count", "draw", "severe_block", "severe_change").rows()
        assert found == [
            (0, None, None, None), (1, 0, 0, pytest.approx(0.05)), (1, 1, None, None),
            (2, 0, 0, pytest.approx(0.05)), (3, 0, 2, pytest.approx(0.64)),
        ]  # fmt: skip


def test_reorderings_are_binned_by_tau(con) -> None:
    found = rows(con, "figure_5b").sort("reordering")
    swaps = found.filter(experiment="swaps")
    assert swaps["tau_bin"].to_list() == pytest.approx([0.88] * 3)
    assert swaps.select("bin_q25", "bin_median", "bin_q75", "bin_size").unique().rows() == [
        (pytest.approx(0.075), pytest.approx(0.08), pytest.approx(0.085), 3)
    ]
    assert found.filter(experiment="identity")["tau_bin"].to_list() == [1.0]
    assert found["intact_error"].unique().to_list() == [0.06]


def test_path_lengths_stand_once_for_each_number_of_blocks(con) -> None:
    found = rows(con, "figure_6a")
    assert len(found) == 55
    assert found["fraction"].sum() == pytest.approx(1)


def test_the_fitted_line_runs_through_the_norms(con) -> None:
    found = rows(con, "figure_6b", "network = 'dropping'")
    assert found["fit_log10_norm"].to_list() == pytest.approx(found["mean_log10_norm"].to_list())
    assert found["r"].unique().to_list() == pytest.approx([0.256])


def test_dead_lengths_have_a_row_and_no_line(con) -> None:
    found = rows(con, "figure_6b", "network = 'resnet110'")
    assert found["dead"].to_list() == [0, 4]
    assert found["fit_log10_norm"].to_list() == [None, None]


def test_contributions_stand_beside_the_share_of_all_paths(con) -> None:
    found = rows(con, "figure_6c", "network = 'dropping'")
    assert found["contribution"].sum() == pytest.approx(1)
    assert found["fraction"].sum() == pytest.approx(1)
    assert found["window_share"].first() == pytest.approx(0.004537, abs=1e-6)


def test_the_spectrum_gives_the_norm_of_one_path_back_where_all_are_alike(con) -> None:
    found = rows(con, "figure_spectrum", "network = 'dropping' AND epoch = 164")
    assert found["rms_norm"].to_list() == pytest.approx([0.256**k / 10 for k in range(55)])
    assert found["rms_norm"].to_list() == pytest.approx(found["sampled_rms_norm"].to_list())
    assert found["coherence"].to_list() == pytest.approx([1.0] * 55)
    assert found["coherence_low"].to_list() == pytest.approx(found["coherence_high"].to_list())  # batches alike
    assert found["summed_contribution"].sum() == pytest.approx(1)
    # two batches, each with a standard error of 5 %: the mean's is 5 % over the root of 2
    assert found["energy_relative_se"].to_list() == pytest.approx([0.05 / sqrt(2)] * 55)


def test_what_was_deleted_of_a_block_is_held_against_the_intact_network_of_the_same_statistics(con) -> None:
    found = rows(con, "figure_control", "network = 'resnet110'")
    assert found.select("block", "kind", "intact_error").rows() == [
        (0, "branch", 0.06), (0, "skip", 0.06),
        (1, "branch", 0.06), (1, "branch, batch norm re-estimated", 0.064), (1, "skip", 0.06),
    ]  # fmt: skip
    assert found["change"].to_list() == pytest.approx([0.005, 0.74, 0.03, 0.006, 0.84])


def test_gates_stand_beside_the_deletion_of_their_block_and_the_networks_of_their_size(con) -> None:
    found = rows(con, "figure_highway")
    assert found.select("network", "block", "kind", "gate", "gate_at_start", "error").rows() == [
        ("frozen", 0, "gate frozen at 0.5", None, None, 0.17), ("identity", 0, "identity skip", None, None, 0.17),
        ("open", 0, "learned gate", 0.2, 0.12, 0.17), ("open", 1, "learned gate", 0.6, 0.13, None),
    ]  # fmt: skip
    last = found.row(3, named=True)
    assert (last["gate_low"], last["gate_high"], last["below_half"]) == pytest.approx((0.58, 0.63, 0))
    assert found["change"].to_list() == pytest.approx([0.1, 0.1, 0.1, None])


def test_the_interaction_of_a_pair_is_what_it_does_beyond_the_sum_of_both(con) -> None:
    (pair,) = rows(con, "figure_pairs").to_dicts()
    assert (pair["first"], pair["second"], pair["errors"]) == (0, 1, 1100)
    # intact 600, without block 0 650, without block 1 900, without both 1100 of 10,000
    assert pair["change"] == pytest.approx(0.05)
    assert (pair["change_first"], pair["change_second"]) == pytest.approx((0.005, 0.03))
    assert pair["interaction"] == pytest.approx(0.015)
    # z is 1 for 170 images and -1 for 20: .014997 +- 1.96 sqrt((191 / 10,002 - .014997^2) / 10,002)
    assert (pair["low"], pair["high"]) == pytest.approx((0.012305, 0.017689), abs=1e-6)
    assert pair["significant"] and pair["p_holm"] < 1e-20


def test_simulated_means_stand_beside_the_recursion_and_gradients_are_averaged_before_their_logarithm(con) -> None:
    found = rows(con, "figure_mean_field")
    assert found["layer"].to_list() == [0, 1, 2, 3] * 3
    at = {row["quantity"]: row for row in found.filter(layer=2).to_dicts()}
    # two networks, .9 and 1.3 times the recursion: mean 1.1, standard error .2, so half a standard error away
    assert (at["power"]["theory"], at["power"]["simulated"]) == pytest.approx((3, 3.3))
    assert at["cosine"]["standard_error"] == pytest.approx(0.2 * 0.8 / 3)
    assert [at[name]["deviation"] for name in ("power", "cosine")] == pytest.approx([0.5, 0.5])
    assert at["log10_gradient"]["simulated"] == pytest.approx(200 + log10(1.1))
    assert at["log10_gradient"]["standard_error"] == pytest.approx(0.2 / 1.1 / log(10))
    assert found.filter(layer=0)["deviation"].to_list() == [None] * 3
    assert found.filter(layer=3).select("simulated", "draws", "deviation").rows() == [(None,) * 3] * 3


def test_the_window_of_the_spectrum_is_weighted_by_the_norm_of_the_sum(con) -> None:
    found = rows(con, "figure_spectrum", "network = 'dropping' AND epoch = 164")
    weight = [sqrt(comb(54, k)) * 0.256**k for k in range(55)]
    mean = sum(k * w for k, w in enumerate(weight)) / sum(weight)
    sd = sqrt(sum((k - mean) ** 2 * w for k, w in enumerate(weight)) / sum(weight))
    assert found.select("summed_low", "summed_high").row(0) == pytest.approx((mean - 2 * sd, mean + 2 * sd))


def test_coherence_is_not_known_where_the_energy_is_uncertain_and_needs_no_sampled_paths(con) -> None:
    found = rows(con, "figure_spectrum", "network = 'shallow'")
    assert found["energy_relative_se"].to_list() == pytest.approx([0.3 / sqrt(2)] * 55)
    assert found["coherence_known"].all()  # two batches bring 30 % down to 21 %
    assert found["energy_df"].to_list() == pytest.approx([80.0] * 55)  # 40 degrees of freedom of each batch
    assert found["largest_image_share"].to_list() == pytest.approx([0.05] * 55)  # a tenth of either batch
    assert found["mean_norm"].null_count() == found["contribution"].null_count() == 55


def test_deletions_of_compared_networks_are_counted_in_layers(con) -> None:
    found = rows(con, "figure_multiplicity").select("network", "panel", "x", "share", "mean", "median", "low", "size")
    consecutive = found.filter(panel="consecutive").drop("panel")
    alone = {row[0]: row[1:] for row in consecutive.filter(size=2).iter_rows()}
    # 650 and 900 of 10,000 against 600, of one block: two layers of 108, or six; quartiles of .005 and .03
    assert alone["resnet110"] == pytest.approx((2, 1 / 54, 0.0175, 0.0175, 0.01125, 2))
    assert alone["dropping"] == pytest.approx((6, 1 / 18, 0.0175, 0.0175, 0.01125, 2))
    (run,) = consecutive.filter(size=1).rows()  # two blocks of two layers: 2,500 errors
    assert run == ("resnet110", 4, 1 / 27, *[pytest.approx(0.19)] * 3, 1)
    random = found.filter(panel="random")
    assert random["network"].unique().to_list() == ["resnet110"]
    assert random["x"].to_list() == [0, 4]  # the intact network, and two blocks of two layers
    assert random["median"].to_list() == pytest.approx([0.06, 0.3])


def test_the_gradient_of_compared_networks_lies_along_path_lengths_in_layers(con) -> None:
    found = rows(con, "figure_multiplicity", "network = 'dropping'")
    spectrum = found.filter(panel="spectrum")
    of = rows(con, "figure_spectrum", "network = 'dropping' AND epoch = 164")
    assert spectrum["x"].to_list() == [6 * k for k in range(55)]
    assert (6 * spectrum["mean"].to_numpy()).tolist() == pytest.approx(of["summed_contribution"].to_list())
    (window,) = found.filter(panel="window").to_dicts()
    assert (window["low"], window["high"]) == pytest.approx((6 * max(of["summed_low"][0], 0), 6 * of["summed_high"][0]))


def test_all_blocks_in_every_batch_are_as_many_as_the_network_has(con) -> None:
    found = rows(con, "figure_blocks_per_batch").select("network", "computed", "whole", "mean_path_length")
    assert found.rows() == [("effective", 23, False, 11.5), ("resnet110", 54, True, 27.0)]


def test_lengths_along_training_are_weighted_three_ways(con) -> None:
    networks = rows(con, "figure_training_paths")["network"].unique().sort().to_list()
    assert networks == ["dropping", "resnet110"]  # the third was measured at one epoch only
    found = rows(con, "figure_training_paths", "network = 'dropping'")
    assert found.select("epoch", "weighting").rows() == [
        (epoch, weighting)
        for epoch in (40, 80, 164)
        for weighting in ("energy", "norm of the sum", "number x mean norm")
        if epoch == 164 or weighting != "number x mean norm"
    ]
    values = found.select("mean_length", "window_low", "window_high", "r").rows()
    # energy C(54, k) 4^-k is Binomial(54, 1/5): mean 10.8, sd sqrt(8.64); of norms that halve, r is 1/2
    assert values[2] == pytest.approx((10.8, 10.8 - 2 * sqrt(8.64), 10.8 + 2 * sqrt(8.64), 0.5))
    # the norm of the sum, 2^-k over 0..54, is geometric: mean 1, sd sqrt(2), no factor of a path
    assert values[3][:3] == pytest.approx((1, 1 - 2 * sqrt(2), 1 + 2 * sqrt(2)))
    assert values[3][3] is None
    p, q = 0.256 / 1.256, 0.256**2 / (1 + 0.256**2)
    assert (values[4][0], values[4][3]) == pytest.approx((54 * q, 0.256))
    assert (values[6][0], values[6][3]) == pytest.approx((54 * p, 0.256))
    assert found["mean_length_low"].to_list() == pytest.approx(found["mean_length_high"].to_list())  # batches alike


def test_the_spectrum_is_shown_at_the_first_and_the_last_epoch_measured(con) -> None:
    found = rows(con, "figure_spectrum", "network = 'dropping'")
    assert found["epoch"].unique().sort().to_list() == [40, 164]


def test_runs_stand_beside_as_many_random_deletions_and_other_orders(con) -> None:
    ours, other = rows(con, "figure_runs").to_dicts()
    assert (ours["length"], ours["first"], ours["changes_shape"], ours["errors"]) == (2, 0, True, 2500)
    assert (ours["random_median"], ours["random_q25"], ours["random_q75"]) == pytest.approx((0.3, 0.2, 0.4))
    assert (ours["reversed_error"], ours["shuffled_error"]) == pytest.approx((0.8, 0.1))
    assert (ours["intact_error"], ours["change"]) == pytest.approx((0.06, 0.19))
    assert (other["network"], other["changes_shape"]) == ("shallow", False)
    assert other["random_median"] is other["reversed_error"] is other["shuffled_error"] is None


def test_a_repeated_block_stands_beside_its_deletion(con) -> None:
    found = rows(con, "figure_repeat").select("network", "block", "times", "kind", "error")
    assert found.rows() == [
        ("resnet110", 0, 0, "deleted", 0.065), ("resnet110", 0, 2, "run twice", 0.062),
        ("resnet110", 0, 3, "run 3 times", 0.07), ("shallow", 0, 0, "deleted", 0.065),
        ("shallow", 0, 2, "run twice", 0.064),
    ]  # fmt: skip
    assert rows(con, "figure_repeat")["change"].to_list() == pytest.approx([0.005, 0.002, 0.01, 0.005, 0.004])


def test_remaining_paths_are_those_of_equation_8(con) -> None:
    found = rows(con, "figure_7", "path_length IN (1, 5, 11, 17, 27)")
    assert found["deleted"].unique().sort().to_list() == [1, 10, 20]
    published = {1: [0.981, 0.907, 0.796, 0.685, 0.500], 10: [0.815, 0.343, 0.080], 20: [0.630, 0.088, 0.003]}
    for deleted, shares in published.items():
        here = found.filter(deleted=deleted)["fraction"].to_list()
        assert [round(share, 3) for share in here[: len(shares)]] == shares


def test_figure_8_pairs_stochastic_depth_with_its_like(con) -> None:
    found = rows(con, "figure_8").group_by("network", "trained").len().sort("network")
    assert found.rows() == [("dropping", "stochastic depth", 2), ("resnet110", "all blocks always", 2)]


def test_errors_say_how_each_network_was_trained(con) -> None:
    assert dict(rows(con, "table_errors").select("network", "training").iter_rows()) == {
        "resnet110": "all blocks always", "shallow": "all blocks always", "dropping": "stochastic depth 0.5",
        "effective": "23 of 54 blocks", "loaded": "loaded", "dropped": "1 of 2 blocks",
        **dict.fromkeys(("open", "frozen", "identity", "wider", "longer"), "all blocks always"),
    }  # fmt: skip


def test_effective_paths_stand_beside_the_full_network_of_their_size(con) -> None:
    found = rows(con, "table_effective_paths").select("network", "test_scale", "recalibrated", "blocks_per_batch")
    assert found.rows() == [
        ("effective", "m/n", False, 23), ("effective", "m/n", True, 23), ("effective", "none", False, 23),
        ("resnet110", "none", False, None),
    ]  # fmt: skip


def test_members_are_halved_alike_whether_they_are_networks_or_paths(con) -> None:
    found = rows(con, "figure_ensembles")
    assert found.select("kind", "log2_members", "halvings", "sets", "whole").rows() == [
        ("networks", 0, 1, 2, 0.05), ("networks", 1, 0, 1, 0.05), ("paths", 52, 2, 5, 0.06), ("paths", 54, 0, 1, 0.06),
    ]  # fmt: skip
    assert found["mean"].to_list() == pytest.approx([0.07, 0.05, 0.3, 0.06])
    assert found["q95"].to_list() == pytest.approx([0.079, 0.05, 0.48, 0.06])
    assert found["disagreement"].to_list() == [None, 0.05, None, None]


def test_where_all_energy_is_at_one_length_equation_8_alone_predicts_the_error(con) -> None:
    found = {row["weights"]: row for row in rows(con, "figure_prediction", "network = 'resnet110'").to_dicts()}
    assert found.keys() == {"energy", "norm", "alike"}  # two blocks deleted, the one number that was measured
    left = (49 * 48) / (54 * 53)  # C(52, 5) / C(54, 5)
    assert found["energy"]["share"] == pytest.approx(left)
    assert found["energy"]["predicted"] == pytest.approx(0.06 + 0.84 * (1 - left))
    assert found["energy"]["mean"] == pytest.approx(0.3)
    # the sampled paths of length 1 are dead, so all the paper's weight is at length 0, which no deletion touches
    assert (found["norm"]["share"], found["norm"]["predicted"]) == pytest.approx((1, 0.06))
    assert found["alike"]["share"] == pytest.approx(1 / 4)


def test_seeds_agree_as_far_as_the_ranks_of_their_damage_do(con) -> None:
    found = frame(con, "SELECT * EXCLUDE (study) FROM seed_agreement WHERE network IN ('twice', 'thrice')")
    (thrice, twice) = found.sort("network").rows()
    assert thrice == ("thrice", 0, 1, 1, None)  # one block has no rank correlation
    # Ranks 4 1.5 1.5 3 5 and 5 3 1 2 4: sums of products of deviations 7, of squares 9.5 and 10.
    assert twice == ("twice", 0, 1, 5, pytest.approx(7 / sqrt(9.5 * 10)))


def test_the_agreement_of_seeds_does_not_hang_on_the_order_of_rows() -> None:
    # Threads deliver rows in any order; sums of squares of deviations then differed in the last bit.
    broken = {seed: shuffled(seed).choices(range(300), k=54) for seed in (0, 1)}
    lesions = [single(at, 610, seed=seed, broken=broken[seed][at]) for seed in (0, 1) for at in range(54)]
    found = set()
    for order in range(8):
        con = emptied()
        insert(con, "lesions", shuffled(order).sample(lesions, len(lesions)))
        found.add(frame(con, "SELECT spearman FROM seed_agreement").item())
    assert len(found) == 1
    assert found.pop() == pytest.approx(spearmanr(broken[0], broken[1]).statistic, abs=1e-12)


def test_a_lesion_of_two_blocks_has_a_row_for_each(con) -> None:
    found = frame(con, "SELECT block, change FROM lesion_blocks WHERE lesion = 'run-000-002'")
    assert found.rows() == [(0, 0.0), (1, 0.0)]
    assert frame(con, "SELECT count(*) FROM lesion_blocks WHERE experiment IN ('intact', 'repeat')").item() == 0
    assert (
        frame(con, "SELECT change FROM lesion_blocks WHERE network = 'twice' AND seed = 0 AND block = 4").item() == 0.09
    )
