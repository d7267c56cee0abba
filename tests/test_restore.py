"""A report out of rows that were kept: nothing is measured, verdicts are today's."""

import shutil
from pathlib import Path

import duckdb
import polars as pl
import pytest
import yaml

from resdag.cli import main
from resdag.config.load import load_study, parse_study, read_yaml
from resdag.errors import UnmadeError
from resdag.report.kept import judged
from resdag.store.sides import in_folder

pytestmark = pytest.mark.workflow

PUBLISHED = Path(__file__).resolve().parents[1] / "data/reference/cifar10-published"
TABLES = "studies", "networks", "evaluations", "blocks", "lesions"


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    """The single deletions of the published networks, and their study file."""
    folder = tmp_path / "kept"
    folder.mkdir()
    for name in (*(f"{table}.parquet" for table in TABLES), "cifar10-published.yaml", "manifest.json"):
        shutil.copy(PUBLISHED / name, folder)
    return folder


def test_verdicts_are_made_anew_from_rows_that_have_none(kept: Path) -> None:
    study = load_study(kept / "cifar10-published.yaml")
    rows = judged(study, in_folder(kept)[1])
    of = pl.read_parquet(kept / "lesions.parquet").filter(pl.col("network") == "resnet110-published")
    wrong = of.filter(pl.col("experiment") == "single").filter(~pl.col("lesion").is_in(["single-018", "single-036"]))
    claims = {row["claim"]: row for row in rows["claims"].to_dicts()}
    assert claims["single_deletion"]["ours"] == pytest.approx((wrong["errors"].median() - 632) / 10_000)
    assert claims["baseline_error"]["ours"] == 0.0632
    assert rows["lesion_tests"].height == 54 + 9 + 14 + 54  # of all networks: computed, since no file has them


@pytest.mark.workflow
def test_a_report_is_made_where_nothing_was_measured(
    kept: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    assert main(["restore", str(kept), str(out)]) == 0
    assert capsys.readouterr().out == f"{out / 'report.html'}\n"
    page = (out / "report.html").read_text()
    assert "resnet110-published" in page
    assert 'id="figure_3"' in page
    assert (out / "figures/figure_3.svg").exists()
    assert not (out / "figures/figure_5b.svg").exists()  # nothing was reordered: nothing to see
    with duckdb.connect(out / "results.duckdb", read_only=True) as con:
        rows = pl.read_parquet(kept / "lesions.parquet").height
        assert con.sql("SELECT count(*) FROM lesions").fetchall() == [(rows,)]


def test_rows_of_networks_whose_package_is_not_installed_are_read_all_the_same(kept: Path) -> None:
    file = kept / "cifar10-published.yaml"
    entry = {"source": "python", "factory": "nobody_has_this:network", "weights": "DEFAULT"}
    names = ("resnet110-published", "resnet20-published")
    file.write_text(yaml.safe_dump(read_yaml(file) | {"networks": dict.fromkeys(names, entry)}))
    with pytest.raises(UnmadeError, match="nobody_has_this"):
        load_study(file)
    study = parse_study(read_yaml(file), to_run=False)
    claims = {row["claim"]: row for row in judged(study, in_folder(kept)[1])["claims"].to_dicts()}
    assert claims["baseline_error"]["ours"] == 0.0632


def test_a_folder_that_does_not_say_what_was_asked_is_refused(
    kept: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (kept / "studies.parquet").unlink()
    assert main(["restore", str(kept), str(tmp_path / "out")]) != 0
    assert "no studies.parquet" in capsys.readouterr().err


def test_the_database_of_a_checkout_is_left_to_its_own_studies(kept: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["restore", str(kept), str(PUBLISHED.parents[2])]) == 2
    assert "is a checkout, whose own studies write its results.duckdb" in capsys.readouterr().err
