"""The report: one file that loads nothing, with each claim, each figure and computed numbers."""

import json
from datetime import datetime
from html.parser import HTMLParser
from math import comb

import duckdb
import polars as pl
import pytest

from resdag.errors import StudyError
from resdag.figures.catalogue import CATALOGUE, module_of
from resdag.figures.save import save, specification
from resdag.figures.theme import Style
from resdag.queries.statements import STATEMENTS
from resdag.records.tables import BY_NAME
from resdag.report.build import VERDICTS, label, write_report
from resdag.report.choices import dataset_note
from resdag.report.conclusion import EVIDENCE, conclusion
from resdag.report.findings import finding
from resdag.report.methods import method
from resdag.report.remarks import blocks_kept, remarks
from resdag.report.words import duration, interval, percent, quantity
from resdag.store.read import connect, frame
from resdag.store.schema import create
from views_by_hand import STUDY, VIEWS

CONFIG = {
    "study": STUDY, "dataset": {"kind": "digits", "test_limit": 100},
    "training": {
        "epochs": 30, "batch_size": 128, "learning_rate": 0.1, "momentum": 0.9, "weight_decay": 1e-4,
    },
    "lesions": {
        "single": {"networks": ["resnet110", "vgg15"]},
        "random": {"networks": ["resnet110"], "counts": [1, 10], "draws": 50},
        "reorder": None,
    },
    "paths": {
        "gradients": {
            "networks": ["resnet110"], "samples": 1000, "batch_size": 128, "samples_per_batch": 10,
            "batch_norm": "eval", "epochs": ["first", 5, "last"],
        }
    },
}  # fmt: skip
NOT_DRAWN = ("figure_4", "figure_8")
STATEMENT = "Deleting one <block> & keeping 'the rest' changes little"


def _study():
    return {
        "study": STUDY, "config": json.dumps(CONFIG), "file": "config/s.yaml",
        "git_commit": "0123456789abcdef0123", "git_dirty": True,
        "versions": json.dumps({"python": "3.11", "torch": "2.15.0"}), "hardware": "<2 cores> & no GPU",
        "started_at": datetime(2024, 5, 1, 12), "finished_at": datetime(2024, 5, 1, 12, 9),
    }  # fmt: skip


def _network(name, seed, **changes):
    return {
        "study": STUDY, "network": name, "seed": seed, "architecture": "preact_resnet", "depth": 110, "blocks": 54,
        "convolutions": 2,
        "parameters": 1_727_962, "classes": 10, "shortcut": "subsample", "first_block": "plain", "options": "{}",
        "recipe": "{}", "stochastic_depth": None, "blocks_per_batch": None, "source": "trained",
        "checkpoint_sha256": "0" * 64, "device": "cpu", "train_seconds": 4000.0, "test_scale": "none",
        "test_errors": 640, "test_images": 10_000, "test_error": 0.064, "test_loss": 0.3, "train_errors": 5,
        "train_images": 50_000,
    } | changes  # fmt: skip


def _evaluation(name, scale, recalibrated, errors):
    return {
        "study": STUDY, "network": name, "seed": 0, "test_scale": scale, "recalibrated": recalibrated,
        "errors": errors, "images": 10_000, "error": errors / 10_000, "loss": None,
    }  # fmt: skip


def _claim(name, verdict, **values):
    return {
        "study": STUDY, "claim": name, "statement": f"{STATEMENT} ({name})", "figure": "figure 3", "paper": "no change",
        "ours": None, "low": None, "high": None, "unit": "fraction", "test": "Wilson", "p": None, "rule": "below 1 %",
        "verdict": verdict, "detail": "two seeds",
    } | values  # fmt: skip


def _job(rule, wildcards, seconds):
    return {
        "study": STUDY, "rule": rule, "wildcards": wildcards, "seconds": seconds, "max_rss_mb": 800.0, "device": "cpu",
    }  # fmt: skip


def rows():
    effective = {"test_scale": "m/n", "blocks_per_batch": 23, "test_errors": 700, "test_error": 0.07}
    vgg = {"architecture": "vgg", "depth": 15, "blocks": 14, "shortcut": None, "first_block": None}
    return {
        "studies": [_study()],
        "networks": [
            _network("resnet110", 0),
            _network("vgg15", 0, **vgg),
            _network("resnet110-effective-paths", 0, **effective),
        ],
        "evaluations": [
            _evaluation("resnet110", "none", False, 640),
            _evaluation("resnet110-effective-paths", "m/n", False, 700),
            _evaluation("resnet110-effective-paths", "none", True, 2_345),
        ],
        "claims": [
            _claim("single", "reproduced", ours=0.0042, low=0.001, high=0.008),
            _claim("vgg", "not reproduced", ours=0.61, p=0.00012),
            _claim("paths", "inconclusive", unit="blocks", ours=11.0),
            _claim("highway", "not run"),
        ],
        "jobs": [_job("train_network", "a", 4000.0), _job("train_network", "b", 3200.0), _job("draw", "c", 2.5)],
    }  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A database with the study's rows by hand, and its figures."""
    folder = tmp_path_factory.mktemp("report")
    with duckdb.connect(str(folder / "results.duckdb")) as con:
        create(con)
        for table, values in rows().items():
            con.register("given", pl.DataFrame(values, infer_schema_length=None))
            con.execute(f"INSERT INTO {table} BY NAME SELECT * FROM given")
    for name in CATALOGUE:
        frame, module = VIEWS[name](), module_of(name)
        frame = frame.clear() if name in NOT_DRAWN else frame
        chart = module.draw(frame, Style()) if frame.height else None
        save(chart, frame, folder / "figures", name, 0.5, title=module.TITLE, caption=module.CAPTION)
    return folder


@pytest.fixture(scope="module")
def page(folder):
    return write_report(folder / "results.duckdb", STUDY, folder / "figures", folder / "report.html").read_text()


class Page(HTMLParser):
    """Text, what tags would load, and JSON inside a page."""

    def __init__(self, text):
        super().__init__()
        self.words, self.loads, self.ids, self.labels, self.json, self._in = [], [], [], [], [], None
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        self._in = (tag, given.get("type")) if tag in ("script", "style", "svg") else self._in
        self.loads += [value for key, value in attributes if key in ("src", "href", "xlink:href", "data")]
        self.ids += [given["id"]] if "id" in given else []
        self.labels += [given["aria-label"]] if "aria-label" in given else []

    def handle_endtag(self, tag):
        self._in = None if self._in and tag == self._in[0] else self._in

    def handle_data(self, data):
        if self._in is None:
            self.words.append(data)
        elif self._in == ("script", "application/json"):
            self.json.append(data)

    @property
    def text(self):
        return " ".join(" ".join(self.words).split())


def test_the_page_loads_nothing(page):
    assert all(target.startswith("#") for target in Page(page).loads)
    assert "@import" not in page.split("</style>")[0]
    assert "url(" not in page.split("</style>")[0]


def test_every_link_leads_somewhere(page):
    read = Page(page)
    assert {target[1:] for target in read.loads} <= set(read.ids)
    assert len(set(read.ids)) == len(read.ids)


def test_the_page_is_small_enough_to_send(page):
    assert len(page.encode()) < 5_000_000  # attached to a message


def test_each_claim_stands_with_its_verdict_and_symbol(page):
    text = Page(page).text
    for claim in rows()["claims"]:
        assert claim["statement"] in text
        assert f"{VERDICTS[claim['verdict']]} {claim['verdict']}" in text
    assert "0.42 % 0.10 to 0.80 %" in text
    assert "p = 0.00012" in text
    assert "11 blocks" in text
    assert "Of 4 claims, 1 is reproduced, 1 is not reproduced, 1 is inconclusive, 1 is not run." in text


def test_each_figure_is_drawn_or_named_as_not_run(page):
    read = Page(page)
    for name in CATALOGUE:
        assert module_of(name).TITLE in read.text
        assert (f"chart-{name}" in read.ids) == (name not in NOT_DRAWN)
    assert "Not run in this study: Figure 4 (" in read.text


def test_each_chart_has_a_text_for_those_who_do_not_see_it(page):
    labels = Page(page).labels
    for name in set(CATALOGUE) - set(NOT_DRAWN):
        assert f"{module_of(name).TITLE}. {module_of(name).CAPTION}" in labels


def test_each_drawn_chart_carries_a_specification(page):
    specifications = [json.loads(text) for text in Page(page).json]
    assert len(specifications) == len(CATALOGUE) - len(NOT_DRAWN)
    assert all("config" in specification for specification in specifications)


def test_names_are_escaped(page):
    assert "<block>" not in page
    assert "<2 cores>" not in page
    assert "<2 cores> & no GPU" in Page(page).text


def test_digits_are_declared(page):
    assert "Digits were judged" in Page(page).text
    assert "Only 100 test images were used." in Page(page).text


def test_the_tables_hold_the_rows(page):
    text = Page(page).text
    assert "1,727,962" in text and "6.40 % 640 of 10,000" in text and "5.94 to 6.90" in text  # Wilson, 640 of 10,000
    assert "23 of 54" in text and "23.45 % 2,345 of 10,000" in text and "estimated anew" in text


def test_the_cost_is_added_up_by_rule(page):
    text = Page(page).text
    assert "3 jobs, 2.0 h in all" in text  # 4000 + 3200 + 2.5 seconds
    assert "train_network 2 2.0 h 1.1 h" in text


def test_choices_name_the_networks_that_make_them(page):
    text = Page(page).text
    assert "option A of He et al. 2015): resnet110 and resnet110-effective-paths." in text
    assert "a layer that goes leaves its pool behind: vgg15." in text
    assert "shares its first batch norm" not in text


def test_methods_come_from_the_config(page):
    assert "50 random choices for each number of blocks" in Page(page).text
    assert "1,000 random paths of each length" in Page(page).text
    assert "Measured: sampled paths at first, 5 and last; first is the initialisation" in Page(page).text
    assert method("figure_5b", CONFIG) == ""


def test_an_unknown_study_is_refused_with_those_that_are_there(folder):
    with pytest.raises(StudyError, match=f"no study 'other'; it holds {STUDY}"):
        write_report(folder / "results.duckdb", "other", folder / "figures", folder / "other.html")
    assert not (folder / "other.html").exists()


def test_remarks_compute_their_numbers():
    text = " ".join(remarks())
    assert f"{2**44 / 2**54:.2g}" == "0.00098" and "0.00098" in text
    assert blocks_kept() == pytest.approx(40.25)  # 54 - 1/2 x 55/2
    assert "40.25 of 54 blocks" in text and "enters 20.1 blocks" in text
    assert "12.35 %" in text and "6.61 %" in text


def test_the_paper_s_own_dataset_needs_no_note():
    assert dataset_note({"dataset": {"kind": "cifar10"}}) == ""
    assert (
        dataset_note({"dataset": {"kind": "cifar10", "train_limit": 5000}}) == "Only 5,000 training images were used."
    )


def test_figures_are_labelled_by_the_paper_s_numbers():
    assert [label(name) for name in ("figure_5a", "figure_training_paths", "figure_mean_field")] == [
        "Figure 5a", "Training paths", "Mean field",
    ]  # fmt: skip


def test_numbers_are_written_as_a_reader_expects():
    assert percent(0.0637) == "6.37 %" and percent(None) == "–"
    assert interval(0.05, 0.07) == "5.00 to 7.00" and interval(None, 0.07) == ""
    assert quantity(-0.31, "points") == "−0.31 points" and quantity(0.25, "") == "0.25"
    assert [duration(seconds) for seconds in (2.5, 90, 5400)] == ["2.5 s", "1.5 min", "1.5 h"]


def view(folder, name):
    with connect(folder / "results.duckdb") as con:
        return frame(con, f"SELECT * FROM {name} WHERE study = ?", [STUDY])


@pytest.mark.parametrize("name", CATALOGUE)
def test_the_views_have_the_columns_that_figures_are_drawn_from(folder, name):
    assert set(VIEWS[name]().columns) <= set(view(folder, name).columns)


@pytest.mark.parametrize("name", ["figure_1", "figure_2"])
def test_diagrams_are_drawn_from_the_real_views(folder, name):
    rows = view(folder, name)
    assert rows.height == VIEWS[name]().height
    assert specification(module_of(name).draw(rows, Style()))["vconcat"]


def test_the_query_on_the_page_runs(folder, page):
    query = Page(page).text.split("that hurt most: ")[1].split(";")[0]
    with duckdb.connect(str(folder / "results.duckdb"), read_only=True) as con:
        assert con.sql(query).columns == ["network", "seed", "block", "error", "p_holm"]


def test_the_columns_written_by_hand_are_those_of_the_records():
    for table, values in rows().items():
        assert set(values[0]) == set(BY_NAME[table].model_fields)


def test_the_share_of_short_paths_that_captions_quote_is_right():
    assert sum(comb(54, k) for k in range(5, 18)) / 2**54 == pytest.approx(0.0045, abs=5e-5)
    assert sum(comb(54, k) for k in range(19, 36)) / 2**54 > 0.95


def test_the_paragraph_on_the_spectrum_is_written_from_its_rows():
    text = finding("figure_spectrum", VIEWS["figure_spectrum"]())
    assert text.startswith("The paper adds up the norms of single paths.")
    first, last = text.split("resnet110, seed 0, ")[1:]
    assert first.startswith("at initialisation")
    assert "after 164 epochs: weighted by the norm of the sum, paths enter 1.2 to 9.4 blocks, " in last
    assert "where norms of single paths give 5.1 to 16.9" in last
    # 1 + 30 exp(-(k - 8)^2 / 20) over 2..9 blocks, where 8 and 9 are too uncertain: least at 2, most at 7
    assert "coherence is 6 to 30, largest at length 7: paths of one length align" in last
    assert "For 2 of these 8 lengths the energy is too uncertain to say" in last
    assert "coherence is 1 to 1, largest" in first and "as good as independent" in first
    assert "sampled paths give 0.96 of the root mean square" in last  # 1.25 / 1.3


def test_a_spectrum_without_sampled_paths_or_rows_is_still_a_paragraph_or_nothing():
    rows = VIEWS["figure_spectrum"]()
    empty = [name for name in rows.columns if name.startswith(("window", "sampled", "mean_norm"))]
    text = finding("figure_spectrum", rows.with_columns(pl.lit(None, dtype=pl.Float64).alias(name) for name in empty))
    assert "single paths give" not in text
    assert "As a check" not in text
    assert finding("figure_spectrum", rows.clear()) == finding("figure_3", VIEWS["figure_3"]()) == ""


def test_the_paragraph_on_control_lesions_is_written_from_its_rows():
    text = finding("figure_control", VIEWS["figure_control"]())
    assert "vgg15, seed 0, on average: one block deleted changes the error by +83.60 points" in text  # .9 - .064
    assert "with batch norm re-estimated afterwards changes the error by +23.40 points" in text  # .3 - .066
    assert "72% of the blocks' damage is shifted statistics" in text  # 1 - .234 / .836
    # .8 - block / 100 - .064 over 54 blocks: .736 - .265
    assert "resnet110, seed 1" in text and "one skip deleted changes the error by +47.10 points" in text


def test_the_paragraph_on_gates_is_written_from_its_rows():
    text = finding("figure_highway", VIEWS["figure_highway"]())
    # .15 + .04 block: .15 to .47, above .2 from block 2 on
    assert (
        "highway20, seed 1: mean gates of 0.15 to 0.47, below one half in 9 of 9 blocks; of single gates, 90% are"
        in text
    )
    assert "started at 0.20 to 0.20, and training opened them in 7 blocks and shut them further in 2." in text
    assert "with the change of error by its deletion is +1.00 (95% interval +1.00 to +1.00, 9 blocks)" in text
    assert "identity skip (resnet20, seed 0) 10.00 % and +8." in text  # .02 x 4, the mean block, and noise
    assert method("figure_highway", CONFIG | {"gates": {"networks": ["highway20"]}}).startswith("Gates of highway20,")
    assert method("figure_highway", CONFIG) == ""


def test_gates_of_a_network_from_elsewhere_without_deletions_are_still_a_paragraph():
    rows = VIEWS["figure_highway"]().filter(network="highway20")
    empty = ("gate_at_start", "error", "intact_error", "change")
    text = finding("figure_highway", rows.with_columns(pl.lit(None, dtype=pl.Float64).alias(name) for name in empty))
    assert "below one half in 9 of 9 blocks" in text
    assert not any(word in text for word in ("started at", "rank correlation", "Intact error"))


def test_the_paragraph_on_pairs_is_written_from_its_rows():
    text = finding("figure_pairs", VIEWS["figure_pairs"]())
    assert "Of 1,431 pairs " in text
    # .04 exp(-d / 4) - .01 is above .008 up to a distance of 3, 53 + 52 + 51, and below -.008 from 12 on, 42 x 43 / 2
    assert "1,059 interact: 156 hurt more than their sum, 903 less; of the other 372 the images do not decide." in text
    assert "The largest interaction is +2.12 points (+1.72 to +2.52 by itself), of blocks 0 and 1" in text
    undecided = VIEWS["figure_pairs"]().with_columns(significant=pl.lit(False))
    assert "none is known to interact" in finding("figure_pairs", undecided)


def test_the_paragraph_on_random_networks_is_written_from_its_rows():
    rows = VIEWS["figure_mean_field"]()
    text = finding("figure_mean_field", rows)
    # .43 exp(-l / 8) falls below 1 % of .47 at 8 ln(.43 / .0047) = 36.1
    assert "of a plain chain goes from 0.9 to 0.470 at layer 300 and is within 1% of that from layer 37 on" in text
    assert "by a factor of 10⁵ over 50 layers and of 10¹⁰ over 100" in text
    assert "residual chain goes from 0.9 to 0.202 at layer 300, where it still moves" in text  # .9 x 61^-.363 = .202
    assert "Of 900 means over 20 simulated networks, " in text
    assert "here 100 and 2,000" in text
    bare = rows.with_columns(pl.lit(None, dtype=pl.Float64).alias(name) for name in ("simulated", "deviation"))
    assert "simulated" not in finding("figure_mean_field", bare)


def test_the_paragraph_on_ensembles_is_written_from_its_rows():
    text = finding("figure_ensembles", VIEWS["figure_ensembles"]())
    assert "4 networks averaged have 5.00% error where single ones have 7.00%, so each halving costs +1.00" in text
    assert "two of them answer differently on 7.0% of the images" in text
    # .002 k^2 over k blocks: .2 points at one and 4 points each at twenty
    assert "costs +0.20 points at 1 deleted block and +4.00 points on average at 20" in text


def test_the_paragraph_on_the_prediction_is_written_from_its_rows():
    text = finding("figure_prediction", VIEWS["figure_prediction"]())
    off = {k: 0.836 * (1 - comb(54 - k, 5) / comb(54, 5)) - 0.002 * k**2 for k in range(1, 21)}
    assert f"by {100 * (sum(x * x for x in off.values()) / 20) ** 0.5:.1f} points with paths weighed by their" in text
    worst = max(off, key=lambda k: abs(off[k]))
    assert f"furthest off at {worst} blocks, seed 0: {comb(54 - worst, 5) / comb(54, 5):.1%} of the weight" in text
    assert f"{0.064 + 0.002 * worst**2:.1%} is measured, less than that" in text


def test_ensembles_and_predictions_of_one_kind_are_still_paragraphs():
    alone = VIEWS["figure_ensembles"]().filter(pl.col("log2_members") == 0)
    assert "only single networks were measured" in finding("figure_ensembles", alone)
    text = finding("figure_prediction", VIEWS["figure_prediction"]().filter(weights="norm"))
    assert "energy" not in text and "in figure 6c" in text
    assert method("figure_ensembles", CONFIG) == method("figure_prediction", CONFIG) == ""


def test_the_paragraph_on_runs_is_written_from_its_rows():
    text = finding("figure_runs", VIEWS["figure_runs"]())
    # lengths 2 and 4: 6.4 + 2 x length points, 10 more over a change of shape, and .01 points a block
    assert "resnet110, seed 1: 2 blocks in a row give a median error of 10.7 %, as many at random 14.0 %" in text
    assert "at worst 20.8 % from block 36 on" in text  # 6.4 + 4 + 10 + .36
    assert "With every block there but out of its place, the error is 70.0 % reversed" in text
    assert "and 50.0 % shuffled within them (median)." in text
    assert "vgg15, seed 0: 2 blocks in a row give a median error of 10.5 %, at worst 10.5 % from block 12 on; 4" in text


def test_the_paragraph_on_repetition_is_written_from_its_rows():
    text = finding("figure_repeat", VIEWS["figure_repeat"]())
    assert (
        "resnet110, seed 0, 52 blocks one by one: deleted, 51 of 52 change the error by less than a point, the " in text
    )
    assert "the median by +0.10 points, the worst, block 0, by +30.00; run twice, 51 of 52 change the error" in text
    assert "the median by +0.20 points, the worst, block 0, by +60.00; run 3 times, " in text


def test_the_paragraph_on_path_lengths_along_training_is_written_from_its_rows():
    rows = VIEWS["figure_training_paths"]()
    text = finding("figure_training_paths", rows)
    # 54 r / (1 + r) at r = .556 and .258, over 0 and 164 epochs: 19.3 and 11.1; sampled at epochs 0, 20 and 164
    lengths = "19.3 at initialisation, 11.5 after 20 epochs, 11.1 after 164 epochs (they become shorter)"
    assert f"mean path length in blocks: weighted by their number times the mean norm of one, {lengths}; " in text
    factors = "the root mean square over all paths by 0.556 at initialisation and by 0.258 after 164 epochs."
    assert f"0.258 after 164 epochs, and {factors}" in text
    wide = rows.with_columns(mean_length_low=pl.col("mean_length") - 9, mean_length_high=pl.col("mean_length") + 9)
    assert "no change that these batches show" in finding("figure_training_paths", wide)
    none = rows.with_columns(mean_length_low=pl.lit(None, pl.Float64))
    assert "too few batches for intervals" in finding("figure_training_paths", none)
    assert "become longer" in finding("figure_training_paths", rows.with_columns(epoch=164 - pl.col("epoch")))


def test_quantities_say_their_unit_once_and_r_squared_keeps_its_nines() -> None:
    from resdag.report.words import plain, quantity

    assert quantity(0.99964, "R^2") == "0.9996 R²"
    assert (plain(-0.818, "correlation"), quantity(0.0125, "fraction")) == ("−0.818", "1.25 %")
    assert plain(0.0125, "fraction") == "1.25"


def test_claims_and_errors_come_out_as_markdown_tables() -> None:
    from resdag.report.markdown import claims_table, errors_table

    claim = {"statement": "It falls.", "figure": "figure 6b", "paper": "exponential", "ours": 0.25, "low": 0.2}
    claim |= {"high": 0.3, "unit": "factor", "verdict": "reproduced"}
    table = claims_table(pl.DataFrame([claim, claim | {"verdict": "not run"}]))
    assert table.splitlines()[2:] == ["| It falls. (figure 6b) | exponential | 0.25 factor (0.2 to 0.3) | reproduced |"]
    error = {"network": "a", "seed": 0, "training": "loaded", "errors": 827, "images": 10_000, "error": 0.0827}
    table = errors_table(pl.DataFrame([error | {"low": 0.0775, "high": 0.0882}]))
    assert table.splitlines()[2:] == ["| a | 0 | loaded | 8.27 %, 827 of 10,000 | 7.75 to 8.82 |"]


# Depth or ensemble


def claim(name: str, verdict: str, **changes: object) -> dict[str, object]:
    """A row of claims."""
    row = {"claim": name, "statement": f"It is {name}.", "verdict": verdict, "ours": 0.25, "low": None, "high": None}
    return row | {"unit": "fraction"} | changes


def test_evidence_stands_on_the_side_that_its_verdict_speaks_for() -> None:
    claims = [
        claim("random_deletion", "reproduced"),
        claim("multiplicity", "not reproduced", low=0.1, high=0.4),
        claim("depth", "reproduced"),
        claim("mean_field", "not reproduced"),
        claim("highway_frozen", "inconclusive"),
        claim("baseline_error", "reproduced"),  # says nothing of the question
    ]
    found = conclusion(claims)
    assert {side: [each["claim"] for each in evidence] for side, evidence in found["sides"].items()} == {
        "for": ["random_deletion"],
        "against": ["multiplicity", "depth"],
        "open": ["highway_frozen", "mean_field"],
    }
    assert found["sides"]["against"][0]["number"] == "25.00 % (10.00 to 40.00)"
    assert "fewer paths do not bear deletions worse" in found["sides"]["against"][0]["text"]
    assert found["answer"].startswith("Of 5 findings that bear on the question, 1 speak for")


def test_a_study_that_judged_nothing_of_it_draws_no_conclusion() -> None:
    assert conclusion([claim("random_deletion", "not run", ours=None)])["answer"].endswith("too little to say.")


def test_every_piece_of_evidence_is_a_claim_that_is_judged() -> None:
    assert {evidence.claim for evidence in EVIDENCE} <= {statement.claim for statement in STATEMENTS}
