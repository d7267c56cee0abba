"""The report: one file that loads nothing, with each claim, each figure and computed numbers."""

import json
from datetime import datetime
from html.parser import HTMLParser
from math import comb

import duckdb
import polars as pl
import pytest

from resdag.errors import StudyError
from resdag.figures.job import draw_figure
from resdag.figures.modules import module_of
from resdag.figures.save import specification
from resdag.figures.theme import Style
from resdag.figures.words import interval, percent
from resdag.planning.figures import figure_names
from resdag.queries.statements import STATEMENTS
from resdag.records.registry import class_of
from resdag.report.build import VERDICTS, label, write_report
from resdag.report.choices import dataset_note
from resdag.report.conclusion import EVIDENCE, conclusion
from resdag.report.remarks import blocks_kept, remarks
from resdag.report.words import duration, plain, quantity
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
DRAWN = [name for name in figure_names() if name not in NOT_DRAWN]
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
        "study": STUDY, "rule": rule, "wildcards": wildcards, "network": None, "seed": None, "seconds": seconds,
        "max_rss_mb": 800.0, "device": "cpu",
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
    for name in DRAWN:
        draw_figure(module_of(name), VIEWS[name](), folder / "figures", png_scale=0.5)
    return folder


def pages(folder):
    return [folder / "figures" / f"{name}.html" for name in DRAWN]


@pytest.fixture(scope="module")
def page(folder):
    return write_report(folder / "results.duckdb", STUDY, pages(folder), folder / "report.html").read_text()


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
    for name in figure_names():
        assert module_of(name).TITLE in read.text
        assert (f"chart-{name}" in read.ids) == (name not in NOT_DRAWN)
    assert "Not run in this study: Figure 4 (" in read.text


def test_each_chart_has_a_text_for_those_who_do_not_see_it(page):
    labels = Page(page).labels
    for name in DRAWN:
        assert f"{module_of(name).TITLE}. {module_of(name).CAPTION}" in labels


def test_each_drawn_chart_carries_a_specification(page):
    specifications = [json.loads(text) for text in Page(page).json]
    assert len(specifications) == len(DRAWN)
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
    assert module_of("figure_5b").method(CONFIG) == ""


def test_an_unknown_study_is_refused_with_those_that_are_there(folder):
    with pytest.raises(StudyError, match=f"no study 'other'; it holds {STUDY}"):
        write_report(folder / "results.duckdb", "other", pages(folder), folder / "other.html")
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
    names = {"figure_5a": "figure 5a", "figure_training_paths": None, "figure_mean_field": None}
    assert [label(*each) for each in names.items()] == ["Figure 5a", "Training paths", "Mean field"]


def test_numbers_are_written_as_a_reader_expects():
    assert percent(0.0637) == "6.37 %" and percent(None) == "–"
    assert interval(0.05, 0.07) == "5.00 to 7.00" and interval(None, 0.07) == ""
    assert quantity(-0.31, "points") == "−0.31 points" and quantity(0.25, "") == "0.25"
    assert [duration(seconds) for seconds in (2.5, 90, 5400)] == ["2.5 s", "1.5 min", "1.5 h"]


def view(folder, name):
    with connect(folder / "results.duckdb") as con:
        return frame(con, f"SELECT * FROM {name} WHERE study = ?", [STUDY])


@pytest.mark.parametrize("name", figure_names())
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
        assert set(values[0]) == set(class_of(table).model_fields)


def test_the_share_of_short_paths_that_captions_quote_is_right():
    assert sum(comb(54, k) for k in range(5, 18)) / 2**54 == pytest.approx(0.0045, abs=5e-5)
    assert sum(comb(54, k) for k in range(19, 36)) / 2**54 > 0.95


def test_each_figure_s_finding_and_small_table_stand_under_it(page):
    read = Page(page)
    for name in DRAWN:
        assert module_of(name).finding(VIEWS[name]()) in read.text
    assert "largest change (points) at block" in read.text  # columns of a table


def test_quantities_say_their_unit_once_and_r_squared_keeps_its_nines() -> None:
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
