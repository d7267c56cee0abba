"""Figures: every encoded field exists, text is drawn, numbers are finite, files are whole.  No pixels."""

import csv
import itertools
import json
from functools import cache
from html.parser import HTMLParser
from math import exp, isfinite, log, nan, pi
from typing import Any
from xml.etree import ElementTree

import polars as pl
import pytest
import vl_convert

from resdag.errors import DamagedFileError
from resdag.figures.job import draw_figure
from resdag.figures.modules import module_of
from resdag.figures.save import SUFFIXES, drop_others, read_figure, save, specification
from resdag.figures.theme import DARK, OKABE_ITO, WHITE, Style, ceiling, config, finite, font_list
from resdag.planning.figures import figure_names
from views_by_hand import VIEWS

STYLE = Style()
# Of the paths through 1, 5, 11, 17 and 27 of 54 blocks, after 1, 10 and 20 deletions: C(54 - d, x) / C(54, x).
REMAIN = [".981", ".907", ".796", ".685", ".500", ".815", ".343", ".080", ".015", ".630", ".088"]


def drawn(name, frame=None):
    """The specification of a figure; of the rows by hand, drawn once."""
    return by_hand(name) if frame is None else specification(module_of(name).draw(frame, STYLE))


@cache
def by_hand(name):
    return specification(module_of(name).draw(VIEWS[name](), STYLE))


def units(spec, datasets, data=None):
    """Every single chart inside a specification, with the rows that it draws."""
    data = spec.get("data", data)
    for key in ("layer", "concat", "hconcat", "vconcat"):
        for part in spec.get(key, ()):
            yield from units(part, datasets, data)
    if "mark" in spec:
        yield spec, datasets.get((data or {}).get("name"), [])


def fields(encoding):
    for channel in encoding.values():
        for definition in channel if isinstance(channel, list) else [channel]:
            if "field" in definition:
                yield definition["field"]


def leaves(value):
    if isinstance(value, dict | list):
        for part in value.values() if isinstance(value, dict) else value:
            yield from leaves(part)
    else:
        yield value


def svg_texts(name):
    root = ElementTree.fromstring(vl_convert.vegalite_to_svg(drawn(name)))
    return [element.text for element in root.iter("{http://www.w3.org/2000/svg}text") if element.text]


@pytest.mark.parametrize("name", figure_names())
def test_every_encoded_field_is_in_the_rows_that_are_drawn(name):
    spec = drawn(name)
    found = list(units(spec, spec["datasets"]))
    assert found
    for unit, rows in found:
        columns = {column for row in rows for column in row}
        assert not set(fields(unit["encoding"])) - columns if rows else True


@pytest.mark.parametrize("name", figure_names())
def test_every_number_in_a_specification_is_finite(name):
    assert all(isfinite(leaf) for leaf in leaves(drawn(name)) if isinstance(leaf, float))


@pytest.mark.parametrize("name", figure_names())
def test_a_figure_names_its_view(name):
    module = module_of(name)
    assert name == module.VIEW
    assert module.TITLE and module.CAPTION.endswith(".")


@pytest.mark.parametrize("name", figure_names())
def test_fonts_end_in_sans_serif(name):
    assert drawn(name)["config"]["font"].endswith("sans-serif")


@pytest.mark.parametrize(
    "name, titles",
    {
        "figure_3": ["test error", "index of the deleted block", "change (points)", "resnet110", "vgg15", "seed"],
        "figure_4": ["test error", "index of the deleted block", "change (points)"],
        "figure_5a": ["test error", "blocks deleted", "draws that hit a severe block"],
        "figure_5b": [
            "test error",
            "Kendall's tau with the trained order",
            "the paper's axis ends",
            "shuffled, τ = 0.70",
        ],
        "figure_6a": [
            "share of all paths",
            "54 blocks: 2⁵⁴ paths",
            "19 to 35 blocks: 98.0 %",
            "5 to 17 blocks: 0.45 %",
        ],
        "figure_6b": ["gradient norm of a path (log10)", "n = 1,000 sampled paths of each length"],
        "figure_6c": ["share of the gradient", "all paths", "n = 1,000 sampled paths of each length"],
        "figure_spectrum": ["gradient norm (log10)", "share by length", "coherence", "sum of all paths"],
        "figure_control": ["test error", "index of the block", "resnet110", "branch, batch norm re-estimated", "skip"],
        "figure_mean_field": [
            "cosine of two inputs",
            "layer",
            "growth of squared gradient (log10)",
            "plain",
            "full",
            "σw = 2, σb = 0.5, σv = 1, σa = 1; 20 simulated networks of each system, width 2,000",
        ],
        "figure_highway": [
            "mean gate T",
            "test error, block deleted",
            "learned gate",
            "gate frozen at 0.5",
            "identity skip",
        ],
        "figure_ensembles": [
            "test error",
            "members (log2)",
            "resnet110: networks",
            "change of test error (points)",
        ],
        "figure_prediction": ["test error", "blocks deleted", "paths left", "paths by their energy", "all alike"],
        "figure_pairs": ["earlier block", "later block", "interaction (points)"],
        "figure_depth": ["depth (layers)", "training error", "test error", "plain", "resnet", "110"],
        "figure_multiplicity": [
            "paths (log2)",
            "layers deleted in a row",
            "share of layers deleted at random",
            "path length (layers)",
            "change of error (points)",
            "blocks-of-6",
            "test error",
        ],
        "figure_blocks_per_batch": [
            "blocks computed in each batch, of 54 (mean length of the paths trained)",
            "error",
            "23 (11.5)",
            "54 (27)",
        ],
        "figure_runs": ["first block of the run", "2 in a row", "4 at random", "shuffled", "reversed", "vgg15"],
        "figure_influence": ["index of the block", "influence of the block", "ρ = +0.90 [+0.80, +0.95]", "by damage"],
        "figure_repeat": ["index of the block", "deleted", "run twice", "run 3 times"],
        "figure_training_paths": ["epochs of training", "path length (blocks)", "factor r per block", "energy", "164"],
        "figure_7": [
            "paths that remain",
            "10 blocks deleted",
            ".981",
            ".907",
            ".796",
            ".685",
            ".500",
            ".815",
            ".343",
            ".080",
            ".630",
            ".088",
        ],
        "figure_8": ["test error", "change (points)", "stochastic depth", "all blocks always"],
        "figure_other_deletions": ["plain20", "resnet56", "change (points)"],
        "figure_redundancy": ["change of error (points)", "9 blocks", "54 blocks", "blocks"],
        "figure_training": ["error", "epochs of training"],
        "figure_1": ["input", "output", "length 1: 3 paths", "length 3: 1 path"],
        "figure_2": ["4 of 8 paths left", "0 of 1 path left"],
    }.items(),
)
def test_axis_titles_and_labels_are_drawn_as_text(name, titles):
    assert set(titles) <= set(svg_texts(name))


# Any study


@pytest.mark.workflow
@pytest.mark.parametrize("name", figure_names())
def test_one_network_with_one_seed_is_enough(name):
    frame = VIEWS[name]()
    if "network" in frame.columns and name != "figure_2":
        frame = frame.filter(network=frame["network"][-1])
    if "seed" in frame.columns:
        frame = frame.filter(seed=frame["seed"][0])
    spec = drawn(name, frame)
    assert not [param for param in spec.get("params", ()) if param["name"] == "picked_seed"]
    vl_convert.vegalite_to_svg(spec)


@pytest.mark.workflow
@pytest.mark.parametrize("name", figure_names())
def test_numbers_that_were_not_measured_leave_the_figure_standing(name):
    frame = VIEWS[name]()
    optional = {"low", "high", "p_holm", "r", "r_low", "r_high", "r_squared", "severe_block", "severe_change",
                "energy_relative_se", "disagreement", "contribution_low", "contribution_high", "random_median",
                "reversed_error", "shuffled_error", "gate_at_start", "sampled_rms_norm", "swaps"}  # fmt: skip
    empty = sorted(optional & set(frame.columns))
    bare = frame.with_columns(pl.lit(None, dtype=frame.schema[column]).alias(column) for column in empty)
    vl_convert.vegalite_to_svg(drawn(name, bare))
    assert module_of(name).table(bare).height


# What a reader can do


def params(name, frame=None):
    return {param["name"]: param for param in drawn(name, frame).get("params", ())}


def test_every_legend_of_names_picks_and_what_is_not_picked_fades():
    spec = drawn("figure_3")
    picked = params("figure_3")
    assert {"picked_network", "picked_seed", "block"} == picked.keys()
    assert picked["picked_network"]["bind"] == "legend"
    lines = [unit for unit, _ in units(spec, spec["datasets"]) if unit["mark"]["type"] == "line"]
    for line in lines:
        opacity = line["encoding"]["opacity"]
        assert {each["param"] for each in opacity["condition"]["test"]["and"]} == {"picked_network", "picked_seed"}
        assert opacity["value"] == pytest.approx(0.1 * opacity["condition"]["value"], rel=1e-2)


@pytest.mark.parametrize("name", figure_names())
def test_a_selection_stands_in_one_unit_of_each_plane_that_there_is(name):
    spec = drawn(name)
    named = [unit["name"] for unit, _ in units(spec, spec["datasets"]) if "name" in unit]
    assert len(named) == len(set(named))
    for param in params(name).values():
        assert set(param.get("views", ())) <= set(named)
    assert len(params(name)) == len(spec.get("params", ()))


@pytest.mark.parametrize("name", [name for name in figure_names() if "block" in VIEWS[name]().columns][2:])
def test_every_chart_of_blocks_selects_the_block_that_one_points_at(name):
    pointed = params(name)["block"]
    assert pointed["select"] == {"type": "point", "fields": ["block"], "on": "pointerover", "clear": "pointerout"}
    assert pointed["views"]


def test_the_column_over_a_block_says_what_every_curve_is_there():
    rows = VIEWS["figure_3"]()
    spec = drawn("figure_3")
    wanted = [
        unit for unit, _ in units(spec, spec["datasets"]) if unit["encoding"].get("opacity", {}).get("value") == 0
    ]
    assert len(wanted) == 2  # of the errors, and of the close-up
    titles = [each["title"] for each in wanted[0]["encoding"]["tooltip"][1:]]
    assert titles == [f"{curve}, {what}" for curve in ("resnet110, seed 0", "resnet110, seed 1", "vgg15, seed 0")
                      for what in ("error", "change")]  # fmt: skip
    data = spec["datasets"][wanted[0]["data"]["name"]]
    assert [row["error_2"] for row in data][:14] == pytest.approx(
        rows.filter(network="vgg15").sort("block")["error"].to_list(), rel=1e-5
    )


def test_ink_stands_in_the_config_alone_so_that_dark_paper_is_another_config():
    dark = config(STYLE, DARK)
    assert dark.keys() == config(STYLE, WHITE).keys() and dark["background"] != WHITE.background
    for name in figure_names():
        spec = drawn(name)
        expected = config(STYLE, WHITE)
        expected["view"] |= {"continuousWidth": 300, "continuousHeight": 300}  # Altair's own
        assert spec["config"] == json.loads(json.dumps(expected))
        inks = {WHITE.ink, WHITE.pale, WHITE.grid, "black", "white", "#000000", "#ffffff"}
        assert not inks & set(leaves({key: value for key, value in spec.items() if key != "config"})), name


def test_files_of_figures_that_a_study_no_longer_draws_go_and_all_others_stay(tmp_path):
    kept = ["figure_3.svg", "figure_3.csv", "notes.csv", "figure_3.svg.part", "stamps/figure_3-0a"]
    gone = ["figure_8.svg", "figure_8.png", "figure_8.html", "figure_8.csv", "stamps/figure_8-0b"]
    (tmp_path / "stamps").mkdir()
    for name in (*kept, *gone):
        (tmp_path / name).write_text("")
    drop_others(tmp_path, {"figure_3"})
    assert sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*.*")) == sorted(kept[:-1])
    assert [path.name for path in (tmp_path / "stamps").iterdir()] == ["figure_3-0a"]


# Single figures


def test_what_is_off_the_scale_stands_on_the_edge_with_its_value():
    rows = VIEWS["figure_3"]().filter(network="resnet110").with_columns(
        change=pl.when(pl.col("block") == 7).then(0.3 + 0.01 * pl.col("seed")).otherwise(0.001)
    )  # fmt: skip
    spec = drawn("figure_3", rows)
    close_up = spec["vconcat"][1]
    shown = [row["shown"] for unit, data in units(close_up, spec["datasets"]) for row in data if "shown" in row]
    assert max(shown) == 0.05
    (label,) = [data for unit, data in units(close_up, spec["datasets"]) if unit["mark"]["type"] == "text"]
    assert [(row["block"], row["text"], row["edge"]) for row in label] == [(7, "30 to 31", 0.05)]
    assert max(unit["encoding"]["y"]["scale"]["domain"][1] for unit, _ in units(close_up, spec["datasets"])
               if "scale" in unit["encoding"].get("y", {})) > 0.05  # fmt: skip


def test_a_band_that_is_wider_than_the_close_up_ends_at_its_edges():
    rows = VIEWS["figure_3"]().filter(network="resnet110").with_columns(low=0.0, high=1.0)
    spec = drawn("figure_3", rows)
    marks = list(units(spec["vconcat"][1], spec["datasets"]))
    places = [unit["encoding"]["y"] for unit, _ in marks if "scale" in unit["encoding"].get("y", {})]
    low, high = places[0]["scale"]["domain"]
    (band,) = [data for unit, data in marks if unit["mark"]["type"] == "area"]
    assert {row["low"] for row in band} == {low} and {row["high"] for row in band} == {0.05}
    assert low < 0 < 0.05 <= high


def test_values_off_the_scale_do_not_stand_upon_each_other():
    rows = VIEWS["figure_3"]().filter(network="resnet110", seed=0).with_columns(change=0.1 + 0.001 * pl.col("block"))
    spec = drawn("figure_3", rows)
    (label,) = [data for unit, data in units(spec["vconcat"][1], spec["datasets"]) if unit["mark"]["type"] == "text"]
    blocks = [row["block"] for row in label]
    assert 53 in blocks  # the largest has its value
    assert min(b - a for a, b in itertools.pairwise(blocks)) * 560 / 54 >= 11  # pixels


def test_figure_3_is_drawn_of_two_studies_together():
    rows = VIEWS["figure_3"]()
    published = rows.filter(network="resnet110", seed=0).with_columns(study=pl.lit("published"))
    together = pl.concat([published, rows.filter(network="vgg15").with_columns(study=pl.lit("paper"))])
    assert {"resnet110", "vgg15"} <= set(leaves(drawn("figure_3", together)))


def test_boxes_of_figure_5a_are_over_the_draws_of_all_seeds():
    frame = VIEWS["figure_5a"]().filter(network="resnet110")
    spec = drawn("figure_5a", frame)
    boxes = next(data for _, data in units(spec, spec["datasets"]) if data and "q05" in data[0])
    errors = sorted(frame.filter(count=7)["error"])
    at = 0.25 * (len(errors) - 1)  # linear interpolation, by hand
    quartile = errors[int(at)] + (at % 1) * (errors[int(at) + 1] - errors[int(at)])
    assert next(row["q25"] for row in boxes if row["count"] == 7) == pytest.approx(quartile, rel=1e-5)
    marked = next(data for _, data in units(spec, spec["datasets"]) if data and "severe_block" in data[0])
    assert len(marked) == frame["severe_block"].count()


def test_shuffles_and_reversals_stand_apart_from_the_axis_of_tau():
    swaps, margin = drawn("figure_5b")["hconcat"]
    datasets = drawn("figure_5b")["datasets"]
    assert {row["experiment"] for _, data in units(swaps, datasets) for row in data if "experiment" in row} == {"swaps"}
    kinds = {row["experiment"] for _, data in units(margin, datasets) for row in data if "experiment" in row}
    assert kinds == {"shuffle", "reversal"}


@pytest.mark.parametrize(("blocks", "most", "effective"), [(54, (19, 35), (5, 17)), (9, (1, 8), (0, 4))])
def test_the_shaded_lengths_are_the_paper_s_or_as_many_standard_deviations(blocks, most, effective):
    from resdag.figures.figure_6a import effective_lengths, most_lengths

    # 9 blocks: 4.5 ± 2.18 x 1.5, and 9 x .204 ± 2 x 1.21
    assert (most_lengths(blocks), effective_lengths(blocks)) == (most, effective)


@pytest.mark.workflow
def test_the_spectrum_shows_one_network_at_a_time():
    frame = VIEWS["figure_spectrum"]()
    small = frame.filter(pl.col("path_length") <= 9).with_columns(network=pl.lit("another"))
    spec = drawn("figure_spectrum", pl.concat([frame, small]))
    (shown,) = [param for param in spec["params"] if param["name"] == "network_shown"]
    assert shown["value"] == "resnet110"  # the one with most blocks
    assert shown["bind"]["options"] == ["resnet110", "another"]
    assert not [param for param in drawn("figure_spectrum")["params"] if param["name"] == "network_shown"]
    for unit, _ in units(spec, spec["datasets"]):
        assert {"filter": "datum.network === network_shown"} in unit["transform"]
    both, one = vl_convert.vegalite_to_svg(spec), vl_convert.vegalite_to_svg(drawn("figure_spectrum"))
    assert both.count("<path") - one.count("<path") < 20  # the marks of one network, not of both


def test_two_depths_are_two_medians_with_intervals_and_no_line():
    rows = VIEWS["figure_redundancy"]().filter(pl.col("blocks").is_in([9, 54])).with_columns(
        change=0.01 * (pl.col("block") + 1)
    )  # fmt: skip
    spec = drawn("figure_redundancy", rows)
    marks = [(unit["mark"]["type"], data) for unit, data in units(spec["hconcat"][1], spec["datasets"])]
    assert [kind for kind, _ in marks] == ["rule", "point", "point"]
    nine, all_54 = sorted(marks[0][1], key=lambda row: row["blocks"])
    # of 9 values 0.01 to 0.09 the 2nd to the 8th: P(Binomial(9, 1/2) in 2..7) = 0.961, and in 3..6 0.820
    assert (nine["low"], nine["median"], nine["high"]) == pytest.approx((0.02, 0.05, 0.08))
    # of 54 the 20th to the 35th: 0.960, and the 21st to the 34th 0.924
    assert (all_54["low"], all_54["median"], all_54["high"]) == pytest.approx((0.20, 0.275, 0.35))


def test_what_deletions_cost_by_depth_is_the_median_over_blocks():
    rows = VIEWS["figure_redundancy"]().with_columns(change=1 / pl.col("blocks"))
    spec = drawn("figure_redundancy", rows)
    assert "line" in [unit["mark"]["type"] for unit, _ in units(spec["hconcat"][1], spec["datasets"])]
    medians = next(data for _, data in units(spec["hconcat"][1], spec["datasets"]) if data)
    assert {row["blocks"]: row["median"] for row in medians} == pytest.approx(
        {n: 1 / n for n in (9, 15, 21, 27, 54)}, rel=1e-5
    )


def test_the_fit_of_figure_6b_is_written_from_the_rows():
    assert "r = 0.256 [0.252, 0.261], R² = 0.9970" in svg_texts("figure_6b")


def test_dead_paths_are_counted_on_figure_6b():
    # 1,000 at length 54 and 3 at length 53, of 2 moments x 55 lengths x 1,000 paths
    assert "× 1,003 of 110,000 sampled paths are dead" in svg_texts("figure_6b")


def test_the_window_of_figure_6c_is_written_from_the_rows():
    # Binomial(54, .256 / 1.256): mean 11.0 and sd 2.96, so mean - 2 sd = 5.1 and mean + 2 sd = 16.9
    assert "5.1 to 16.9 blocks: 0.45 % of all paths" in svg_texts("figure_6c")


def test_gates_are_drawn_alone_where_no_deletion_was_measured():
    rows = VIEWS["figure_highway"]().with_columns(
        pl.lit(None, dtype=pl.Float64).alias(name) for name in ("error", "low", "high", "intact_error", "change")
    )
    texts = json.dumps(drawn("figure_highway", rows.drop_nulls("gate")))
    assert "mean gate T" in texts and "block deleted" not in texts


def test_interactions_are_coloured_around_zero():
    (unit,) = [unit for unit, _ in units(drawn("figure_pairs"), drawn("figure_pairs")["datasets"])]
    low, middle, high = unit["encoding"]["color"]["scale"]["domain"]
    assert (low, middle) == (-high, 0)
    assert high == pytest.approx(0.04 * exp(-1 / 4) - 0.01, rel=1e-5)
    assert len(next(iter(drawn("figure_pairs")["datasets"].values()))) == 54 * 53 // 2


def test_a_comparison_of_multiplicity_draws_the_panels_that_were_measured():
    frame = VIEWS["figure_multiplicity"]()
    assert len(drawn("figure_multiplicity")["concat"]) == 4
    assert len(drawn("figure_multiplicity", frame.filter(pl.col("panel").is_in(["error", "random"])))["concat"]) == 2


def test_a_recursion_without_simulation_is_drawn():
    frame = VIEWS["figure_mean_field"]()
    empty = {name: frame.schema[name] for name in ("simulated", "standard_error", "deviation", "draws", "width")}
    bare = frame.filter(system="plain").with_columns(
        pl.lit(None, dtype=kind).alias(name) for name, kind in empty.items()
    )
    assert drawn("figure_mean_field", bare)["title"]["text"] == "σw = 2, σb = 0.5"


def test_the_guide_of_the_cosine_falls_by_the_limiting_power():
    spec = drawn("figure_mean_field")
    guide = next(rows for unit, rows in units(spec, spec["datasets"]) if rows and "law" in rows[0])
    (first, last) = guide[0], guide[-1]
    assert log(first["law"] / last["law"]) / log(first["layer"] / last["layer"]) == pytest.approx(2 / pi - 1, abs=1e-4)


def test_runs_held_against_nothing_are_drawn_alone():
    frame = VIEWS["figure_runs"]().filter(network="vgg15")
    assert "hconcat" not in drawn("figure_runs", frame)
    assert len(drawn("figure_runs")["vconcat"][0]["hconcat"]) == 2


def test_no_line_joins_blocks_over_one_that_cannot_be_repeated():
    marks = {unit["mark"]["type"]: unit["encoding"] for unit, _ in units(drawn("figure_repeat"), {})}
    assert {"field": "stage", "type": "nominal"} in marks["line"]["detail"]


def test_epochs_measured_are_the_steps_of_the_axis_with_the_weightings_side_by_side():
    spec = drawn("figure_training_paths")
    for unit, rows in units(spec, spec["datasets"]):
        assert unit["encoding"]["x"]["sort"] == [0, 5, 20, 164]
        assert {row["weighting"] for row in rows} <= set(unit["encoding"]["xOffset"]["scale"]["domain"])


def test_coherence_is_hollow_where_the_energy_is_uncertain():
    spec = drawn("figure_spectrum")
    panels = spec["vconcat"][2]["hconcat"]
    assert len(panels) == 2  # at initialisation, and after 164 epochs
    marks = {unit["mark"]["filled"]: unit["transform"] for unit in panels[1]["layer"] if "filled" in unit["mark"]}
    assert marks == {True: [{"filter": "datum.coherence_known"}], False: [{"filter": "!datum.coherence_known"}]}


@pytest.mark.workflow
def test_the_legends_of_a_spectrum_without_sampled_paths_do_not_name_them():
    frame = VIEWS["figure_spectrum"]()
    empty = [name for name in frame.columns if name.startswith(("mean_norm", "sampled")) or name == "contribution"]
    without = frame.with_columns(pl.lit(None, dtype=pl.Float64).alias(name) for name in empty)
    sampled = {"one path, mean over sampled", "number × mean norm (figure 6c)"}
    assert sampled <= _listed(drawn("figure_spectrum", frame))
    assert _listed(drawn("figure_spectrum", without)) == _listed(drawn("figure_spectrum", frame)) - sampled


def _listed(spec: dict[str, Any]) -> set[str]:
    """What the legends of colours name."""
    found = [unit["encoding"].get("color", {}).get("legend", {}) for unit, _ in units(spec, spec["datasets"])]
    return {name for legend in found for name in legend.get("values", ())}


def test_figure_1_draws_a_box_wherever_a_path_enters_a_branch():
    spec = drawn("figure_1")["vconcat"][1]
    datasets = drawn("figure_1")["datasets"]
    boxes = [rows for unit, rows in units(spec, datasets) if unit["mark"]["type"] == "rect"]
    assert [len(rows) for rows in boxes] == [12]  # 0 x 1 + 1 x 3 + 2 x 3 + 3 x 1


def test_numbers_that_are_not_finite_are_not_drawn():
    frame = VIEWS["figure_3"]().with_columns(
        error=pl.when(pl.col("block") == 5).then(nan).otherwise("error"), p_holm=pl.lit(float("inf"))
    )
    assert all(isfinite(leaf) for leaf in leaves(drawn("figure_3", frame)) if isinstance(leaf, float))


@pytest.mark.workflow
@pytest.mark.parametrize("name", ["figure_6b", "figure_6c", "figure_spectrum"])
def test_intervals_may_be_missing(name):
    empty = [column for column in VIEWS[name]().columns if column.endswith(("_low", "_high")) and column[0] != "w"]
    frame = VIEWS[name]().with_columns(pl.lit(None, dtype=pl.Float64).alias(column) for column in empty)
    assert drawn(name, frame)


@pytest.mark.workflow
@pytest.mark.parametrize(
    "name", ["figure_5a", "figure_5b", "figure_6b", "figure_6c", "figure_other_deletions", "figure_training"]
)
def test_many_networks_get_a_panel_each(name):
    frame = VIEWS[name]()
    first = frame.filter(network=frame["network"][0])
    three = pl.concat(first.with_columns(network=pl.lit(f"network-{number}")) for number in range(3))
    spec = drawn(name, three)
    panels = spec["concat"] if "concat" in spec else spec["vconcat"]
    assert len(panels) == 3 * (2 if name in ("figure_6b", "figure_6c") else 1)  # a panel for each place of measurement


@pytest.mark.workflow
@pytest.mark.parametrize("name", figure_names())
def test_the_order_of_rows_does_not_matter(name):
    assert drawn(name) == drawn(name, VIEWS[name]().sample(fraction=1, shuffle=True, seed=1))


@pytest.mark.workflow
def test_four_files_are_written_and_the_csv_is_the_frame(tmp_path):
    frame = VIEWS["figure_7"]()
    module = module_of("figure_7")
    paths = save(module.draw(frame, STYLE), frame, tmp_path, "figure_7", title=module.TITLE, caption=module.CAPTION)
    assert sorted(tmp_path.iterdir()) == sorted(paths)
    assert [path.suffix for path in paths] == list(SUFFIXES)
    assert pl.read_csv(tmp_path / "figure_7.csv").equals(frame)
    assert (tmp_path / "figure_7.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.workflow
def test_lists_are_written_to_csv_as_text(tmp_path):
    frame = pl.DataFrame({"study": ["s"], "deleted": [[3, 14]]})
    save(None, frame, tmp_path, "lists")
    assert list(csv.reader((tmp_path / "lists.csv").read_text().splitlines())) == [
        ["study", "deleted"],
        ["s", "[3, 14]"],
    ]


def test_the_page_of_a_figure_carries_its_specification_and_loads_nothing(tmp_path):
    frame, module = VIEWS["figure_6a"](), module_of("figure_6a")
    save(module.draw(frame, STYLE), frame, tmp_path, "figure_6a", title=module.TITLE, caption=module.CAPTION)
    figure = read_figure(tmp_path / "figure_6a.html")
    assert figure["drawn"] and figure["title"] == module.TITLE
    assert figure["spec"] == json.loads(json.dumps(drawn("figure_6a")))
    assert addresses((tmp_path / "figure_6a.html").read_text()) == []


def addresses(page):
    """What the tags of a page would load."""
    found = []

    class Tags(HTMLParser):
        def handle_starttag(self, tag, attributes):
            found.extend(value for name, value in attributes if name in ("src", "href") and not value.startswith("#"))

    Tags().feed(page)
    return found


def test_an_empty_frame_gives_all_files_and_says_so(tmp_path):
    module = module_of("figure_5a")
    frame = VIEWS["figure_5a"]().clear()
    save(None, frame, tmp_path, "figure_5a", title=module.TITLE, caption=module.CAPTION)
    assert {path.suffix for path in tmp_path.iterdir()} == set(SUFFIXES)
    assert "no rows in this study" in (tmp_path / "figure_5a.svg").read_text()
    assert not read_figure(tmp_path / "figure_5a.html")["drawn"]
    assert pl.read_csv(tmp_path / "figure_5a.csv").columns == frame.columns


def test_a_damaged_page_is_named(tmp_path):
    (tmp_path / "figure_3.html").write_text("<html>")
    with pytest.raises(DamagedFileError, match="figure_3.html"):
        read_figure(tmp_path / "figure_3.html")


def test_a_figure_comes_with_the_rows_of_its_view(tmp_path):
    rows = VIEWS["figure_7"]()
    files = draw_figure(module_of("figure_7"), rows, tmp_path / "figures")
    assert {path.suffix for path in files} == set(SUFFIXES)
    assert pl.read_csv(tmp_path / "figures" / "figure_7.csv").height == rows.height


def test_titles_with_markup_are_escaped(tmp_path):
    save(None, pl.DataFrame({"study": []}), tmp_path, "x", title="<b>&", caption='"<script>')
    page = (tmp_path / "x.html").read_text()
    assert "<b>" not in page and '"<script>' not in page
    assert read_figure(tmp_path / "x.html")["title"] == "<b>&"


@pytest.mark.parametrize(
    "given, full",
    [
        ("Helvetica", "Helvetica, sans-serif"),
        ("sans-serif, Arial", "Arial, sans-serif"),
        ("", "sans-serif"),
        ("Helvetica, Arial, sans-serif", "Helvetica, Arial, sans-serif"),
    ],
)
def test_a_font_list_always_ends_in_sans_serif(given, full):
    assert font_list(given) == full


def test_finite_drops_rows_without_a_required_number():
    frame = pl.DataFrame({"a": [1.0, nan, 2.0], "b": [1.0, 2.0, float("inf")]})
    assert finite(frame, "a")["b"].to_list() == [1.0, None]


def test_axes_end_at_a_round_number_above_the_data():
    assert ceiling(pl.DataFrame({"error": [0.064, 0.13]}), "error") == 0.15
    assert ceiling(pl.DataFrame({"error": [0.97]}), "error") == 1.0


def test_the_colours_differ_from_each_other():
    assert len(set(OKABE_ITO)) == len(OKABE_ITO) == 7
