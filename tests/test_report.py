"""The report: one file that loads nothing, with each claim, each figure and computed numbers."""

import json
from html.parser import HTMLParser
from math import comb

import duckdb
import polars as pl
import pytest

from report_by_hand import CONFIG, DRAWN, NOT_DRAWN, network_row, pages, rows, with_rows_behind
from resdag.config.claim import declared
from resdag.errors import StudyError
from resdag.figures.modules import module_of
from resdag.figures.save import specification
from resdag.figures.theme import DARK, WHITE, Style
from resdag.figures.words import cells, interval, percent
from resdag.planning.figures import figure_names
from resdag.queries.spelling import number
from resdag.records.registry import class_of
from resdag.report.build import VERDICTS, write_report
from resdag.report.charts import carried_by_the_page, judged_by, label, shown_by_itself, shows, sizes
from resdag.report.choices import choices, dataset_note
from resdag.report.conclusion import EVIDENCE, conclusion
from resdag.report.glance import first_shown
from resdag.report.inks import inks
from resdag.report.judged import judged, under
from resdag.report.packed import brief, named_apart, packed, slim, unpacked
from resdag.report.remarks import blocks_kept, remarks
from resdag.report.template import STYLES, asset
from resdag.report.words import duration, p_value, plain, quantity
from resdag.store.read import connect, frame
from views_by_hand import STUDY, VIEWS

pytestmark = pytest.mark.workflow


@pytest.fixture(scope="module")
def folder(drawn):
    return drawn


@pytest.fixture(scope="module")
def page(folder):
    return write_report(folder / "results.duckdb", STUDY, pages(folder), folder / "report.html").read_text()


class Page(HTMLParser):
    """Text, what tags would load, links, and what is packed inside a page."""

    def __init__(self, text):
        super().__init__()
        self.words, self.loads, self.links, self.ids, self.labels, self.packed, self._in = [], [], [], [], [], {}, None
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        self._in = (tag, given.get("id")) if tag in ("script", "style", "svg") else self._in
        self.links += [given["href"]] if tag == "a" else []
        self.loads += [
            value for key, value in attributes if key in ("src", "xlink:href", "data", "href") and tag != "a"
        ]
        self.ids += [given["id"]] if "id" in given else []
        self.labels += [given["aria-label"]] if "aria-label" in given else []

    def handle_endtag(self, tag):
        self._in = None if self._in and tag == self._in[0] else self._in

    def handle_data(self, data):
        if self._in is None:
            self.words.append(data)
        elif self._in[0] == "script" and self._in[1]:
            self.packed[self._in[1]] = data

    @property
    def text(self):
        return " ".join(" ".join(self.words).split())


def test_the_page_loads_nothing(page):
    assert not Page(page).loads
    assert "@import" not in page.split("</style>")[0]
    assert "url(" not in page.split("</style>")[0]


def test_every_link_leads_somewhere(page, folder):
    read = Page(page)
    inside = {link[1:] for link in read.links if link.startswith("#")}
    beside = {link for link in read.links if not link.startswith(("#", "data:"))}
    assert inside <= set(read.ids)
    assert len(set(read.ids)) == len(read.ids)
    assert beside and all((folder / link).is_file() for link in beside)


def test_the_page_is_small_enough_to_send(page):
    assert len(page.encode()) < 6_000_000  # attached to a message


def test_each_claim_stands_with_its_verdict_and_symbol(page):
    text = Page(page).text
    for claim in rows()["claims"]:
        assert claim["statement"] in text
    for verdict in ("reproduced", "not reproduced", "inconclusive"):
        assert f"{VERDICTS[verdict]} {verdict}" in text and f"1 {verdict}" in text
    assert "0.42 % 0.10 to 0.80 %" in text
    assert "p = 0.00012" in text
    assert "11 blocks" in text
    assert "1 is reproduced, 1 is not reproduced and 1 is inconclusive." in text


def test_claims_that_a_study_does_not_run_are_one_folded_line(page):
    folded = page.split('<details id="not-run">')[1].split("</details>")[0]
    assert "1 claim that this study does not run" in folded
    assert 'id="claim-highway"' in folded and page.count('id="claim-highway"') == 1


def test_a_claim_and_the_figure_that_shows_it_link_to_each_other(page):
    claims, figure = (
        page.split('<section id="claims"')[1],
        page.split('<article id="figure_3"')[1].split("</article>")[0],
    )
    assert 'href="#figure_3"' in claims.split('id="claim-single"')[1].split("</tr>")[0]
    assert 'href="#claim-single"' in figure and 'href="#claim-vgg"' in figure


@pytest.mark.parametrize(
    ("figure", "place", "claim", "there"),
    [("figure_5a", "figures 5a and 7", "predicted_error", True), ("figure_5b", "figures 5a and 7", "x", False),
     ("figure_7", "figure 7, equation 8", "remaining_paths", True), ("figure_8", "figure 7, equation 8", "x", False),
     ("figure_highway", "equation 3", "highway_frozen", True), ("figure_depth", "section 5", "baseline_error", False)],
)  # fmt: skip
def test_figures_show_claims_of_the_paper_s_number_or_of_their_own_name(figure, place, claim, there):
    assert shows({"name": figure, "judged": judged_by(module_of(figure))}, {"claim": claim, "figure": place}) == there


@pytest.mark.parametrize("claim", declared(), ids=lambda claim: claim.name)
def test_every_claim_has_evidence_on_a_page_of_every_figure_and_they_link_to_each_other(claim):
    figures = [{"name": name, "label": name, "judged": judged_by(module_of(name))} for name in figure_names()]
    found = judged([{"claim": claim.name, "verdict": "reproduced", "figure": claim.figure}], figures)
    under(figures, found)
    links = [link["to"] for link in found["asked"][0]["links"]]
    assert links
    assert [figure["name"] for figure in figures if figure["claims"]] == [to for to in links if to != "errors"]


def test_every_claim_that_a_figure_names_is_one():
    named = {claim for name in figure_names() for claim in getattr(module_of(name), "CLAIMS", ())}
    assert named and named <= {claim.name for claim in declared()}


def test_a_figure_that_a_study_cannot_fill_is_not_in_the_page(page):
    read = Page(page)
    for name in figure_names():
        assert (f"chart-{name}" in read.ids) == (name not in NOT_DRAWN)
        assert (module_of(name).TITLE in read.text) == (name not in NOT_DRAWN)


def test_the_first_screen_has_the_paper_s_three_figures(page):
    first = page.split('<header id="summary">')[1].split("</header>")[0]
    assert [f'href="#{name}"' in first for name in ("figure_3", "figure_5a", "figure_6c")] == [True] * 3
    assert first.count("<svg") == 3


def test_a_picture_of_one_network_names_it(tmp_path, folder):
    whole = write_report(with_rows_behind(folder), STUDY, pages(folder), tmp_path / "whole.html").read_text()
    first = whole.split('<div class="three">')[1].split("</header>")[0]
    said = [text.split("</span>")[0] for text in first.split("<span>")[1:]]
    assert [text.endswith("(resnet110)") for text in said] == [False, True, True]  # figure 3 has two


def test_the_first_screen_shows_the_networks_that_are_judged_and_trained_gradients_at_the_input():
    rows = pl.DataFrame({
        "network": ["a", "a", "a", "b", "c"], "epoch": [0, 2, 2, 2, 2],
        "measured_at": ["input", "input", "first_block", "input", "input"],
    })  # fmt: skip
    assert first_shown(rows, {"claims": {"residual": "a"}}).rows() == [("a", 2, "input")]
    assert first_shown(rows, {"claims": None}).is_empty()  # of three networks none is named
    assert first_shown(rows.filter(pl.col("network") != "c"), {})["network"].to_list() == ["a", "b"]
    assert first_shown(rows.filter(measured_at="first_block"), {}).height == 1


def test_each_chart_has_a_text_for_those_who_do_not_see_it(page):
    labels = Page(page).labels
    for name in DRAWN:
        assert f"{module_of(name).TITLE}. {module_of(name).CAPTION}" in labels


def test_each_drawn_chart_carries_its_specification_rows_and_sql(page):
    read = Page(page)
    for name in DRAWN:
        assert "config" in json.loads(unpacked(read.packed[f"spec-{name}"]))
        names = unpacked(read.packed[f"rows-{name}"]).split("\n")[0].split(",")
        assert set(names) >= {*VIEWS[name]().columns} - {"study"}
        assert f"SELECT * FROM {name} WHERE study = '{STUDY}';" in read.text


def test_names_are_escaped(page):
    assert "<block>" not in page
    assert "<2 cores>" not in page
    assert "<2 cores> & no GPU" in Page(page).text


def test_digits_are_declared(page):
    assert "Digits were judged" in Page(page).text
    assert "Only 100 test images were used." in Page(page).text


def test_the_tables_hold_the_rows(page):
    text = Page(page).text
    assert "1,727,962" in text and "6.40 % 5.94 to 6.90 640 of 10,000" in text  # Wilson, 640 of 10,000
    assert "23 of 54" in text and "2,345 of 10,000" in text and "estimated anew" in text


def test_the_cost_is_added_up_by_rule(page):
    text = Page(page).text
    assert "3 jobs, 2.0 h in all" in text  # 4000 + 3200 + 2.5 seconds
    assert "train_network 2 2.0 h 1.1 h" in text


def test_choices_name_the_networks_that_make_them(page):
    text = Page(page).text
    assert "option A of He et al. 2015): resnet110 and resnet110-effective-paths." in text
    assert "a layer that goes leaves its pool behind: vgg15." in text
    assert "shares its first batch norm" not in text


def test_of_many_networks_a_choice_names_six():
    networks = pl.DataFrame([network_row(f"net{place}", 0) for place in range(9)])
    (said,) = [choice for choice in choices(networks) if "pads the new channels" in choice]
    assert said.endswith("net0, net1, net2, net3, net4, net5 and 3 more.")


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


def test_what_is_packed_comes_out_the_same() -> None:
    assert unpacked(packed("a − b\n")) == "a − b\n"
    assert packed("a") == packed("a")  # no time in it


def test_pictures_lose_digits_and_no_text() -> None:
    given = (
        '<path d="M1.23456,-0.0004L10000.125,2e-05" id="a"/><text x="3.14159">0.98765</text><g clip-path="url(#a)"/>'
    )
    assert slim(given) == (
        '<path d="M1.23,0L10000.12,2e-05" id="a"/><text x="3.14">0.98765</text><g clip-path="url(#a)"/>'
    )
    assert named_apart(given, "b-").count('"b-a"') == 1 and "url(#b-a)" in named_apart(given, "b-")


def test_numbers_of_a_chart_lose_digits_and_texts_none() -> None:
    text = r'"0.12345678901 \" 1.23456789"'
    given = f'{{"a":0.12345678901,"b":[-12345.6789012,1.5e-05,1.234567890123e-05,7,0.5],"c":{text}}}'
    assert brief(given) == f'{{"a":0.123457,"b":[-12345.7,1.5e-05,1.23457e-05,7,0.5],"c":{text}}}'
    assert json.loads(brief(given))["c"] == json.loads(given)["c"]


def test_the_largest_pictures_wait_where_all_would_be_too_much(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("resdag.report.charts.PICTURES", 10)
    rows = {"vconcat": [{"concat": [{}] * 13}, {}]}
    carried = {"spec": "s" * 3, "rows": None, "parquet": "p"}
    of = ((7, {}), (2, {}), (5, {}), (1, rows))

    def shown() -> list[tuple[bool, int]]:
        figures = [{"svg": "x" * length, "chart": chart} | carried for length, chart in of]
        shown_by_itself(figures)
        return [(figure["inline"], figure["panels"]) for figure in figures]

    assert shown() == [(False, 0), (True, 0), (True, 0), (False, 13)]
    # Specifications and rows take 16 bytes of the page: with the library 19, so that three are left for pictures.
    monkeypatch.setattr("resdag.report.charts.LIBRARY", 3)
    monkeypatch.setattr("resdag.report.charts.WHOLE", 22)
    assert shown() == [(False, 0), (True, 0), (False, 0), (False, 13)]


def test_the_largest_rows_stay_in_the_files_beside_the_page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("resdag.report.charts.ROWS", 10)
    figures = [{"rows": "r" * rows, "parquet": "p" * columns} for rows, columns in ((6, 2), (3, 4), (1, 9))]
    carried_by_the_page(figures)
    assert figures == [
        {"rows": None, "parquet": "pp"},
        {"rows": "rrr", "parquet": "pppp"},
        {"rows": "r", "parquet": None},
    ]


def test_sizes_say_what_rows_are_of() -> None:
    rows = pl.DataFrame({"network": ["a", "a", "b"], "seed": [0, 1, 0], "images": [360, 360, 360]})
    assert sizes(rows) == "3 rows: 2 networks, 2 seeds and 360 test images"


def test_numbers_are_written_as_a_reader_expects():
    assert percent(0.0637) == "6.37 %" and percent(None) == "–"
    assert interval(0.05, 0.07) == "5.00 to 7.00" and interval(None, 0.07) == ""
    assert quantity(-0.31, "points") == "−0.31 points" and quantity(0.25, "") == "0.25"
    assert [duration(seconds) for seconds in (2.5, 90, 5400)] == ["2.5 s", "1.5 min", "1.5 h"]


def test_colours_of_charts_stand_in_the_theme_alone_and_dark_charts_lie_on_the_page_s_dark():
    sheets = {name: asset(name) for name in STYLES}
    for colour in {value for paper in (WHITE, DARK) for value in vars(paper).values()} - {"white", DARK.background}:
        assert colour in inks() and not any(colour in sheet for sheet in sheets.values())
    dark = sheets["page.css"].split("prefers-color-scheme: dark")[1]
    assert f"--paper: {DARK.background};" in dark


def test_a_column_of_a_table_has_as_many_places_throughout_and_no_minus_before_nothing():
    rows = [("a", 94.0, 1, -0.0), ("b", 1092.15, 20, -1.0), ("c", None, 3, None)]
    assert cells(rows) == [("a", "94.00", "1", "0"), ("b", "1,092.15", "20", "−1"), ("c", "–", "3", "–")]
    assert cells([(0.00002,), (94.0,)]) == [("2e-05".replace("-", "−"),), ("94",)]  # orders apart: each as it is


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
    query = page.split('<pre id="hurt-most"><code>')[1].split(";")[0].replace("&#39;", "'")
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
    assert (quantity(0.256, "factor"), quantity(1, "falls"), quantity(2, "falls")) == ("0.256", "1 fall", "2 falls")
    assert (plain(-0.00001, "fraction"), percent(-0.00001), plain(-0.00001, "difference")) == (
        "0.00",
        "0.00 %",
        "+0.00",
    )
    assert (number(12_345.6), number(-0.9), number(0.25612)) == ("12,300", "−0.9", "0.256")
    assert (p_value(0.00001), p_value(0.0421), p_value(None)) == ("< 0.0001", "0.042", "–")
    assert (plain(-0.818, "correlation"), quantity(0.0125, "fraction")) == ("−0.818", "1.25 %")
    assert plain(0.0125, "fraction") == "1.25"
    assert (quantity(-0.0101, "difference"), plain(0.005, "difference")) == ("−1.01 points", "+0.50")


def test_claims_and_errors_come_out_as_markdown_tables() -> None:
    from resdag.report.markdown import claims_table, errors_table

    claim = {"statement": "It falls.", "figure": "figure 6b", "paper": "exponential", "ours": 0.25, "low": 0.2}
    claim |= {"high": 0.3, "unit": "factor", "verdict": "reproduced"}
    table = claims_table(pl.DataFrame([claim, claim | {"verdict": "not run"}]))
    assert table.splitlines()[2:] == ["| It falls. (figure 6b) | exponential | 0.25 (0.2 to 0.3) | reproduced |"]
    table = claims_table(pl.DataFrame([claim | {"unit": "difference", "low": -0.2}]))
    assert "| +25.00 points (−20.00 to +30.00) |" in table
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
        "neither": ["mean_field"],
        "open": ["highway_frozen"],
    }
    assert found["sides"]["against"][0]["number"] == "25.00 % (10.00 to 40.00)"
    assert "fewer paths do not bear deletions worse" in found["sides"]["against"][0]["text"]
    assert found["answer"].startswith("Of 5 findings that bear on the question, 1 speaks for")


def test_open_is_what_is_inconclusive_and_what_was_not_asked_is_only_counted() -> None:
    for evidence in EVIDENCE:
        for verdict in ("reproduced", "not reproduced", "inconclusive", "not run"):
            sides = conclusion([claim(evidence.claim, verdict)])["sides"]
            assert [side for side, found in sides.items() if found] != [] or verdict == "not run"
            assert bool(sides["open"]) == (verdict == "inconclusive")
    answer = conclusion([claim("depth", "reproduced"), claim("multiplicity", "not run")])["answer"]
    assert answer.startswith("Of 1 finding that") and answer.endswith("; 1 more was not asked here.")


def test_the_conclusion_says_of_the_median_block_and_of_every_block_what_each_was_judged_by() -> None:
    claims = [claim("single_deletion", "reproduced"), claim("single_deletion_every_block", "not reproduced")]
    sides = conclusion(claims)["sides"]
    assert sides["for"][0]["text"].startswith("The median block")
    assert sides["against"][0]["text"].startswith("Not any one block can go")


def test_a_study_that_judged_nothing_of_it_draws_no_conclusion() -> None:
    assert conclusion([claim("random_deletion", "not run", ours=None)])["answer"] == ""
    assert conclusion([claim("random_deletion", "inconclusive")])["answer"].endswith("too little to say.")


def test_every_piece_of_evidence_is_a_claim_that_is_judged() -> None:
    assert {evidence.claim for evidence in EVIDENCE} <= {claim.name for claim in declared()}
