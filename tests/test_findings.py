"""What figures say in words: one sentence and a small table each, from the rows of their views alone."""

from math import comb

import polars as pl
import pytest

from resdag.figures.modules import module_of
from resdag.figures.words import MOST_ROWS, Config, shown, spoken
from resdag.planning.figures import figure_names
from views_by_hand import VIEWS


def finding(name: str, rows: pl.DataFrame | None = None) -> str:
    said = module_of(name).finding(VIEWS[name]() if rows is None else rows)
    assert said is not None
    return said


def table(name: str, rows: pl.DataFrame | None = None) -> pl.DataFrame:
    return module_of(name).table(VIEWS[name]() if rows is None else rows)


def method(name: str, config: Config) -> str:
    return module_of(name).method(config)


def without(rows: pl.DataFrame, *columns: str) -> pl.DataFrame:
    return rows.with_columns(pl.lit(None, dtype=pl.Float64).alias(name) for name in columns)


@pytest.mark.parametrize("name", figure_names())
def test_a_finding_is_one_sentence(name: str) -> None:
    said = finding(name)
    assert said.endswith(".")
    assert ". " not in said
    assert said[0].isupper() or said[0].isdigit()


@pytest.mark.parametrize("name", figure_names())
def test_a_table_is_small_and_its_columns_are_words(name: str) -> None:
    rows = table(name)
    assert 1 <= rows.height <= MOST_ROWS
    assert not [column for column in rows.columns if "_" in column]


@pytest.mark.parametrize("name", figure_names())
def test_words_do_not_depend_on_the_order_of_rows(name: str) -> None:
    shuffled = VIEWS[name]().sample(fraction=1, shuffle=True, seed=1)
    assert finding(name, shuffled) == finding(name)
    assert table(name, shuffled).equals(table(name))


@pytest.mark.parametrize("name", [name for name in figure_names() if "network" in VIEWS[name]().columns])
def test_one_network_and_one_seed_are_enough_for_words(name: str) -> None:
    rows = VIEWS[name]()
    first = rows.filter(network=rows["network"][0])
    first = first.filter(seed=first["seed"][0]) if "seed" in first.columns else first
    assert table(name, first).height
    if name != "figure_2":  # holds two diagrams against each other
        assert module_of(name).finding(first) is None or finding(name, first).endswith(".")


def test_cells_are_written_as_a_reader_expects() -> None:
    assert [shown(value) for value in (None, -0.5, 1431, "a", 6.4, 1234.5)] == [
        "–",
        "−0.5",
        "1,431",
        "a",
        "6.4",
        "1,234.5",
    ]


# The paper's figures


def test_single_deletions_name_the_median_and_the_worst_block() -> None:
    rows = VIEWS["figure_3"]().with_columns(change=0.001 * pl.col("block"), error=0.5 + 0.01 * pl.col("block"))
    said = finding("figure_3", rows)
    # blocks 0 to 53: median 26.5, so +2.65 points; layers 0 to 13
    assert (
        "resnet110 (54 blocks) changes its error by +2.65 points in the median and +5.30 points at most (block 53)"
        in said
    )
    assert "vgg15 (14 layers) goes from 7.10 % to between 50.00 % and 63.00 %." in said
    first = table("figure_3", rows).row(0, named=True)
    assert (first["network"], first["seeds"], first["at block"]) == ("resnet110", 2, 53)
    assert first["below one point (% of deletions)"] == 18.5  # blocks 0 to 9 of 54


def test_random_deletions_are_said_at_the_paper_s_count_and_at_the_largest() -> None:
    rows = VIEWS["figure_5a"]().filter(network="resnet110").with_columns(error=pl.col("count") / 100)
    said = (
        "Deleted at random, 10 blocks leave 10.0 % and 20 blocks leave 20.0 % median error of resnet110 (intact 6.4 %)."
    )
    assert finding("figure_5a", rows) == said
    hits = VIEWS["figure_5a"]().filter(network="resnet110", count=20)["severe_block"].count()
    last = table("figure_5a", rows).row(-1, named=True)
    assert (last["draws"], last["hit a severe block"], last["median (%)"]) == (100, hits, 20.0)


def test_the_factor_and_the_window_of_path_gradients_are_said() -> None:
    assert "by 0.256 in resnet110 (R² of the line at least 0.9970)" in finding("figure_6b")
    assert "5.1 to 16.9 blocks in resnet110 (0.45 % of its paths)" in finding("figure_6c")
    assert module_of("figure_6b").finding(without(VIEWS["figure_6b"](), "r")) is None


def test_other_networks_and_depths_are_said_from_the_best_to_the_worst() -> None:
    rows = VIEWS["figure_other_deletions"]().with_columns(change=pl.when(network="plain20").then(0.7).otherwise(0.01))
    assert finding("figure_other_deletions", rows) == (
        "The median change of error by one block runs from +1.00 points in resnet20 to +70.00 points in plain20, of 3 "
        "networks."
    )
    deep = VIEWS["figure_redundancy"]().with_columns(change=1 / pl.col("blocks"))
    assert finding("figure_redundancy", deep) == (
        "The median change of error by one block goes from +11.11 points with 9 blocks to +1.85 points with 54."
    )


def test_path_lengths_are_said_of_the_paper_s_number_of_blocks_or_the_largest() -> None:
    assert finding("figure_6a") == "Of the paths through 54 blocks, 98.0 % enter 19 to 35, and 0.45 % enter 5 to 17."
    nine = VIEWS["figure_6a"]().filter(blocks=9)
    # mean 4.5, sd 1.5: 19 to 35 of 54 are 8 / 3.67 = 2.18 of these to either side; C(9, k) / 512 for k of 1 to 8
    assert finding("figure_6a", nine).startswith("Of the paths through 9 blocks, 99.6 % enter 1 to 8, ")
    # C(53, 11) / C(54, 11) = 43 / 54
    assert finding("figure_7").startswith("Of the paths through 11 of 54 blocks, 79.6 % after 1 deletion, 8.0 % ")


def test_stochastic_depth_is_held_against_its_like() -> None:
    rows = VIEWS["figure_8"]().with_columns(change=pl.when(trained="stochastic depth").then(0.001).otherwise(0.003))
    assert finding("figure_8", rows) == (
        "Deleting one block changes the error on average by +0.30 points (at most +0.30 points) after training with "
        "all blocks always and +0.10 points (at most +0.10 points) after training with stochastic depth."
    )


# Beyond the paper


def test_the_spectrum_says_where_the_gradient_lies_and_how_paths_stand() -> None:
    said = finding("figure_spectrum")
    # Binomial(54, .256 / 1.256) between 5 and 17
    inside = sum(comb(54, k) * (0.256 / 1.256) ** k * (1 / 1.256) ** (54 - k) for k in range(5, 18))
    held = f"where the paper's 5 to 17 hold {100 * inside:.0f} % of the summed norms"
    assert f"1.2 to 9.4 blocks in resnet110, {held}" in said
    # 1 + 30 exp(-(k - 8)^2 / 20) over 2..9 blocks, where 8 and 9 are too uncertain: least at 2, most at 7
    assert said.endswith("and there paths of one length align (coherence 5.96 to 29.5).")
    early = finding("figure_spectrum", VIEWS["figure_spectrum"]().filter(epoch=0))
    assert early.endswith("are as good as independent (coherence 1 to 1).")
    assert table("figure_spectrum").columns[-1].startswith("root mean square")
    assert table("figure_spectrum")[:, -1].to_list() == [0.96, 0.96]  # 1.25 / 1.3


def test_a_spectrum_without_sampled_paths_still_has_words() -> None:
    rows = VIEWS["figure_spectrum"]()
    empty = [name for name in rows.columns if name.startswith(("window", "sampled", "mean_norm"))]
    assert finding("figure_spectrum", without(rows, *empty)) == finding("figure_spectrum")
    unknown = rows.with_columns(coherence_known=pl.lit(False))
    assert "coherence" not in finding("figure_spectrum", unknown)


def test_control_lesions_are_compared_by_their_means() -> None:
    said = finding("figure_control")
    # .9 - .064, .3 - .066; .8 - block / 100 - .064 over 54 blocks: .736 - .265
    assert "vgg15, +83.60 points one branch deleted and +23.40 points with batch norm re-estimated afterwards" in said
    assert "+47.10 points one skip deleted" in said


def test_gates_are_said_with_their_start() -> None:
    # .15 + .04 block over 9 blocks: .31 on average
    assert finding("figure_highway") == (
        "Gates are open by 0.31 on average in highway20, where they were 0.20 before training, and below one half in "
        "18 of 18 blocks."
    )
    gates = VIEWS["figure_highway"]().filter(network="highway20")
    assert "before training" not in finding("figure_highway", without(gates, "gate_at_start"))
    assert table("figure_highway", without(gates, "gate_at_start", "error", "intact_error", "change")).height == 1
    assert table("figure_highway")["rank correlation with the gate"].to_list() == [1.0, None, None]
    assert method("figure_highway", {"gates": {"networks": ["highway20"]}}).startswith("Gates of highway20,")
    assert method("figure_highway", {}) == ""


def test_pairs_are_counted_by_what_they_do_together() -> None:
    # .04 exp(-d / 4) - .01 is above .008 up to a distance of 3, 53 + 52 + 51, and below -.008 from 12 on, 42 x 43 / 2
    assert finding("figure_pairs") == (
        "Deleted together, of 1,431 pairs in resnet110, 156 hurt more than their sum, 903 less, and of 372 the images "
        "do not decide."
    )
    row = table("figure_pairs").row(0, named=True)
    assert (row["largest interaction (points)"], row["of blocks"]) == (2.12, "0 and 1")


def test_random_networks_are_said_at_their_last_layer() -> None:
    rows = VIEWS["figure_mean_field"]()
    said = finding("figure_mean_field")
    assert "at layer 300, 0.470 in a plain chain, 0.202 in a residual chain" in said  # .9 x 61^-.363 = .202
    assert "of 900 simulated means lie within three standard errors of the recursion." in said
    assert "simulated" not in finding("figure_mean_field", without(rows, "simulated", "deviation"))
    assert table("figure_mean_field")["growth of the squared gradient (log10)"][0] == 30.0  # 300 layers / 10


def test_of_many_networks_a_sentence_speaks_of_three_and_says_where_the_others_are() -> None:
    row = VIEWS["figure_6b"]()
    many = pl.concat(row.with_columns(network=pl.lit(f"net{place:02d}")) for place in range(24))
    said = module_of("figure_6b").finding(many)
    assert said.count(" in net") == 3 and said.endswith(
        "net02 (R² of the line at least 0.9970); 21 more are in the rows."
    )
    assert spoken("abcd") == "a; b; c; d" and spoken("abcde") == "a; b; c; 2 more are in the rows"


def test_what_half_of_an_ensemble_is_worth_is_said_of_both_kinds() -> None:
    assert finding("figure_ensembles") == (
        "In test error, to halve the number of members once costs the networks of resnet110 +1.00 points and the paths "
        "of resnet110 +0.20 points."
    )
    alone = VIEWS["figure_ensembles"]().filter(pl.col("log2_members") == 0).with_columns(halvings=pl.lit(0.0))
    assert module_of("figure_ensembles").finding(alone) is None


def test_the_prediction_is_held_against_what_was_measured() -> None:
    off = {k: 0.836 * (1 - comb(54 - k, 5) / comb(54, 5)) - 0.002 * k**2 for k in range(1, 21)}
    worst = max(off, key=lambda k: abs(off[k]))
    said = finding("figure_prediction")
    assert f"by {100 * (sum(x * x for x in off.values()) / 20) ** 0.5:.1f} points in resnet110, paths by their" in said
    assert f"furthest at {worst} blocks, where it says {100 * (0.064 + 0.002 * worst**2 + off[worst]):.1f} %" in said
    norm = VIEWS["figure_prediction"]().filter(weights="norm")
    assert "by number × mean norm" in finding("figure_prediction", norm)
    assert method("figure_ensembles", {}) == method("figure_prediction", {}) == ""


def test_runs_stand_beside_as_many_blocks_at_random() -> None:
    # 6.4 + 2 x length points, 10 more over a change of shape, and .01 points a block; at random 7 x length
    said = finding("figure_runs")
    assert "4 blocks of resnet110 in a row leave 14.7 % median error and as many at random 28.0 %" in said
    assert said.endswith("4 blocks of vgg15 in a row leave 14.5 % median error.")
    worst = table("figure_runs").row(0, named=True)
    assert (worst["largest (%)"], worst["from block"]) == (20.76, 36)  # 6.4 + 4 + 10 + .36


def test_repetition_stands_beside_deletion() -> None:
    assert finding("figure_repeat") == (
        "Median change of error by one block: resnet110, +0.10 points deleted, +0.20 points run twice and "
        "+0.30 points run 3 times."
    )
    rows = table("figure_repeat").to_dicts()
    assert [row["largest change (points)"] for row in rows] == [30.0, 60.0, 90.0]
    assert {row["below one point"] for row in rows} == {102}  # 51 of 52 blocks, two seeds


def test_path_lengths_along_training_are_said_first_and_last() -> None:
    # .8 x 54 r / (1 + r) at r = .556 and .258: 15.4 and 8.9
    assert "goes from 15.4 at initialisation to 8.9 after 164 epochs in resnet110 (weighted by norm of" in finding(
        "figure_training_paths"
    )
    config = {"paths": {"gradients": {"epochs": ["first", 5, "last"]}, "spectrum": None}}
    assert method("figure_training_paths", config).startswith("Measured: sampled paths at first, 5 and last;")


def test_depth_is_said_at_both_ends() -> None:
    # .09 + .001 x depth: 11 % at 20 and 20 % at 110, ± a tenth
    assert "plain networks from 11.00 % at 20 layers to 20.00 % (18.00 to 22.00) at 110" in finding("figure_depth")
    assert "one seed" not in finding("figure_depth")
    single = VIEWS["figure_depth"]().with_columns(seeds=1)
    assert "each network has one seed" in finding("figure_depth", single)


def test_multiplicity_is_said_by_paths_and_at_equal_layers() -> None:
    said = finding("figure_multiplicity")
    assert "6.20 % with 2⁵⁴ paths, 6.40 % with 2²⁷ paths and 6.60 % with 2¹⁸ paths" in said
    # 2, 4, 6, 12; 4, 8, 12, 24; 6, 12, 18, 36: all have 12 layers; .002 x 12
    assert "deleting 12 layers in a row costs +2.40 points, +2.40 points and +2.40 points on average" in said
    assert table("figure_multiplicity")["gradient from (layers)"].to_list() == [10.0] * 3


def test_blocks_per_batch_are_said_from_all_to_the_fewest() -> None:
    said = finding("figure_blocks_per_batch")
    assert said.startswith("Test error is 6.01 % (5.41 to 6.61) with all 54 blocks in every batch and 10.72 % ")
    assert said.endswith("with 6 (mean path length 3 blocks).")


@pytest.mark.parametrize("name", ["depth", "multiplicity", "blocks_per_batch"])
def test_the_method_of_a_comparison_names_its_networks(name: str) -> None:
    config = {"comparisons": {name: {"networks": ["one", "two"]}}}
    assert "one and two" in method(f"figure_{name}", config)
    assert method(f"figure_{name}", {}) == ""
