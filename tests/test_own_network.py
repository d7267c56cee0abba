"""The report of one network of one's own: about it and its blocks, and silent on what was not asked."""

from pathlib import Path

import duckdb
import polars as pl
import pytest

from resdag.config.claim import declared
from resdag.config.load import parse_study
from resdag.report.build import write_report
from resdag.report.ranking import OF_THE_PAPER, question, ranked
from resdag.store.schema import create
from rows_by_hand import block, insert, lesion, network, single, study
from test_report import Page

pytestmark = pytest.mark.workflow

ERRORS = (700, 620, 1900, 615, 600)  # without each block, of 10,000; 600 intact


@pytest.fixture
def database(tmp_path: Path) -> Path:
    with duckdb.connect(str(tmp_path / "results.duckdb")) as con:
        create(con)
        insert(con, "studies", [study("hand")])
        insert(con, "networks", [network(600, blocks=len(ERRORS))])
        insert(con, "blocks", [block(index, changes_shape=index == 2) for index in range(len(ERRORS))])
        insert(con, "lesions", [lesion("intact", 600), *(single(*each) for each in enumerate(ERRORS))])
        insert(con, "claims", [
            {
                "study": "hand", "claim": each.name, "statement": each.statement, "figure": each.figure,
                "paper": each.paper, "unit": each.unit, "test": "", "rule": "", "verdict": "not run", "detail": "",
            }
            for each in declared()
        ])  # fmt: skip
    return tmp_path / "results.duckdb"


def test_the_report_of_one_network_is_about_it_and_leads_with_its_blocks_by_damage(database: Path) -> None:
    page = write_report(database, "hand", [], database.with_name("report.html")).read_text()
    read = Page(page)
    assert "<h1>Which blocks does resdag" not in page and "<h1>Which blocks does resnet110 need?</h1>" in page
    assert "Block 2 is missed most: without it the error is 19.00 %, +13.00 points from 6.00 % intact." in read.text
    assert "Of 5 blocks that can be deleted, 3 change it by less than one point." in read.text
    table = page.split('<div id="ranking">')[1].split("</table>")[0]
    order = [line.split("</th>")[0] for line in table.split('<th scope="row" class="num">')[1:]]
    assert order == ["2", "0", "1", "3", "4"]
    assert {link[1:] for link in read.links if link.startswith("#")} <= set(read.ids)


def test_what_was_not_asked_is_one_folded_line(database: Path) -> None:
    page = write_report(database, "hand", [], database.with_name("report.html")).read_text()
    outside = page.split('<details id="not-run">')[0] + page.split('<details id="not-run">')[1].split("</details>")[1]
    assert f"{len(declared())} claims that this study does not run" in page
    assert not [claim.name for claim in declared() if claim.statement in Page(outside).text]
    assert "Depth or ensemble" not in page and "0 statements" not in page


def test_blocks_are_ranked_by_their_mean_over_seeds_with_the_least_and_the_most() -> None:
    changes = {0: (0.01, 0.03), 1: (0.05, -0.03), 2: (0.0, 0.3)}
    deletions = pl.DataFrame([
        {"network": "a", "seed": seed, "block": index, "changes_shape": False, "error": 0.1 + change,
         "change": change, "intact_error": 0.1, "p_holm": None}
        for index, pair in changes.items() for seed, change in enumerate(pair)
    ], schema_overrides={"p_holm": pl.Float64})  # fmt: skip
    blocks = deletions.select("network", "seed", "block", layer=pl.format("layer1.{}", "block"))
    rows = ranked(deletions, blocks)
    assert rows["block"].to_list() == [2, 0, 1]
    assert rows["layer"].to_list() == ["layer1.2", "layer1.0", "layer1.1"]
    assert rows.select("change", "least", "most").row(1) == pytest.approx((0.02, 0.01, 0.03))


def test_a_study_of_several_networks_asks_the_paper_s_question() -> None:
    two = pl.DataFrame([network(), network(network="vgg15")], infer_schema_length=None)
    assert question(two, None) == OF_THE_PAPER


def judged(**networks: dict) -> str:
    content = {"study": "own", "dataset": {"kind": "digits"}, "networks": networks}
    return parse_study(content).claims.residual


def test_the_only_residual_network_of_a_study_is_the_one_judged() -> None:
    own, vgg = {"architecture": "resnet", "depth": 8}, {"architecture": "vgg", "depth": 8}
    partly = own | {"training": {"blocks_per_batch": 2}}
    assert judged(mine=own, other=vgg, mine_partly=partly) == "mine"
    assert judged(mine=own, yours=own) == "resnet110"  # which of them, the study file has to say
    assert judged(mine=own, resnet110=own) == "resnet110"


def test_a_network_that_the_study_names_is_judged_and_no_other() -> None:
    content = {
        "study": "own", "dataset": {"kind": "digits"}, "networks": {"mine": {"architecture": "resnet", "depth": 8}},
        "claims": {"residual": "resnet110"},
    }  # fmt: skip
    assert parse_study(content).claims.residual == "resnet110"
