"""Rows as files, rows kept as a reference, and what differs between two sides: all against numbers made by hand."""

import csv
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import duckdb
import polars as pl
import pyarrow.parquet as pq
import pytest
import yaml

from report_by_hand import claim_row
from resdag.cli import main
from resdag.errors import ResdagError
from resdag.queries.differences import table_difference
from resdag.records.parquet import write_rows
from resdag.records.registry import by_name, records
from resdag.records.tables.lesions import Lesion
from resdag.records.tables.networks import Network
from resdag.report.difference import as_json, as_markdown, as_text
from resdag.store import reference
from resdag.store.build import build
from resdag.store.export import export
from resdag.store.read import connect, frame
from resdag.store.sides import in_database, in_folder
from rows_by_hand import block, insert, lesion, network, single, study
from test_old_duckdb import con, written  # noqa: F401  (fixtures: rows by hand that fill every view)
from test_report import Page

pytestmark = pytest.mark.workflow

Edit = Callable[[duckdb.DuckDBPyConnection], object]


def frames(*rows: dict) -> pl.DataFrame:
    return pl.DataFrame(list(rows), infer_schema_length=None)


# What differs


def test_rows_are_matched_by_key_and_moves_are_those_of_subtraction() -> None:
    a = frames(lesion("intact", 600), single(0, 650), single(1, 900), single(2, 640), single(3, 630))
    b = frames(lesion("intact", 600), single(4, 610), single(2, 700), single(1, 890), single(0, 650))
    found = table_difference(Lesion, a, b.with_columns(study=pl.lit("other")))
    assert (found.rows, found.only, found.equal, found.moved) == ((5, 5), (1, 1), 2, 2)
    assert [row["lesion"] for side in found.examples for row in side] == ["single-003", "single-004"]
    moves = {move.column: move for move in found.moves}
    assert set(moves) == {"errors", "error"}
    assert (moves["errors"].rows, moves["errors"].largest, moves["errors"].median) == (2, 60.0, 35.0)
    farthest = moves["error"].worst[0]
    assert (farthest["lesion"], farthest["a"], farthest["b"]) == ("single-002", 0.064, 0.07)


def test_nothing_differs_from_itself_in_another_order() -> None:
    a = frames(lesion("intact", 600), *(single(index, 700, loss=index / 7) for index in range(5)))
    found = table_difference(Lesion, a, a.reverse())
    assert (found.equal, found.moved, found.only, found.moves, found.differs) == (6, 0, (0, 0), [], False)


def test_a_list_that_differs_moves_its_row() -> None:
    found = table_difference(Lesion, frames(single(0, 700)), frames(single(0, 700) | {"deleted": [1]}))
    assert [(move.column, move.rows, move.largest) for move in found.moves] == [("deleted", 1, None)]
    assert found.moves[0].worst[0]["b"] == [1]


def test_null_is_equal_to_null_and_to_nothing_else() -> None:
    a, b = frames(single(0, 700, loss=1.0), single(1, 700)), frames(single(0, 700), single(1, 700, loss=None))
    b = b.with_columns(pl.col("loss").cast(pl.Float64))
    found = table_difference(Lesion, a, b)
    assert (found.moved, found.equal) == (1, 1)
    assert found.moves[0].worst[0]["b"] is None


def test_how_a_row_came_about_moves_nothing() -> None:
    a, b = frames(network()), frames(network(device="another", train_seconds=7.0, checkpoint_sha256="1" * 64))
    found = table_difference(Network, a, b)
    assert not found.differs
    assert {move.column for move in found.provenance} == {"checkpoint_sha256", "device", "train_seconds"}


@pytest.mark.parametrize(("tolerance", "moved"), [(0.0, 2), (1e-6, 1), (0.2, 0)])
def test_floats_within_the_tolerance_are_equal(tolerance: float, moved: int) -> None:
    a = frames(single(0, 700, loss=1.0), single(1, 700, loss=1.0), single(2, 700, loss=1.0))
    b = frames(single(0, 700, loss=1.0), single(1, 700, loss=1.0 + 1e-7), single(2, 700, loss=1.1))
    assert table_difference(Lesion, a, b, tolerance).moved == moved


def test_a_column_that_one_side_lacks_moves_nothing_and_is_named() -> None:
    a = frames(single(0, 700))
    found = table_difference(Lesion, a.drop("broken"), a)
    assert (found.moved, found.columns_only) == (0, ([], ["broken"]))


def test_every_column_of_provenance_is_one_and_no_key() -> None:
    for record in records():
        assert set(record.provenance) <= set(record.model_fields) - set(record.key), record.table


# Rows as files


@pytest.mark.parametrize("form", ["parquet", "csv"])
def test_what_is_exported_reads_back_as_the_studys_rows(form: str, written: Path, tmp_path: Path) -> None:  # noqa: F811
    with connect(written) as db:
        files = export(db, "hand", tmp_path, form)
        counts = {name: frame(db, f"SELECT count(*) FROM {name} WHERE study = 'hand'").item() for name in by_name()}
        expected = frame(db, "SELECT * FROM lesions WHERE study = 'hand' ORDER BY network, seed, lesion")
    assert {name for name, count in counts.items() if count} == set(files)
    if form == "parquet":
        assert {name: pq.read_metadata(path).num_rows for name, path in files.items()} == {
            name: count for name, count in counts.items() if count
        }
        assert pl.read_parquet(files["lesions"]).rows() == expected.rows()
    else:
        with open(files["lesions"], newline="") as file:
            rows = list(csv.DictReader(file))
        assert [json.loads(row["deleted"]) for row in rows] == expected["deleted"].to_list()


def test_views_are_exported_by_name_and_unknown_names_are_refused(written: Path, tmp_path: Path) -> None:  # noqa: F811
    with connect(written) as db:
        assert list(export(db, "hand", tmp_path, names=["figure_3"])) == ["figure_3"]
        with pytest.raises(ResdagError, match="'figure_33' is no table or view .*did you mean figure_3"):
            export(db, "hand", tmp_path, names=["figure_33"])


# Rows kept


@pytest.fixture
def checkout(made_once: Path, tmp_path: Path) -> Path:
    """A checkout with a database of one study, the file that its lesions came from, and its study file."""
    return Path(shutil.copytree(made_once, tmp_path / "checkout"))


@pytest.fixture(scope="module")
def made_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What every checkout here is a copy of."""
    folder = tmp_path_factory.mktemp("compared") / "checkout"
    shard = folder / "results/hand/lesions/single/x.parquet"
    rows = [lesion("intact", 600), *(single(index, 610 + index, loss=0.1 * index) for index in range(9))]
    made = {"rule": "delete_single", "fingerprint": "0123456789ab", "device": "cpu", "commit": "c" * 40}
    write_rows(shard, Lesion, [row | {"repeated": None} for row in rows], made | {"started_at": "2026-01-02T03:04:05"})
    (folder / "results/hand/database").mkdir(parents=True)
    manifest = {"lesions": [str(shard.relative_to(folder))], "claims": ["results/hand/gone.parquet"]}
    (folder / "results/hand/database/abc.json").write_text(json.dumps(manifest))
    (folder / "config").mkdir()
    (folder / "config/hand.yaml").write_text("study: hand  # with a comment\n")
    database(folder / "results.duckdb", rows)
    return folder


def database(path: Path, lesions: list[dict], **of_study: object) -> Path:
    claims = [claim_row("depth", "reproduced", ours=0.1) | {"study": "hand"}]
    rows = {"studies": frames(study("hand") | of_study), "lesions": frames(*lesions), "claims": frames(*claims)}
    build(path, "hand", {}, [lambda *_: rows])
    return path


def keep(folder: Path, **changes: object) -> dict:
    with connect(folder / "results.duckdb") as db:
        return reference.keep(db, "hand", folder / "data/reference/hand", folder, **changes)  # type: ignore[arg-type]


def test_a_reference_tells_how_its_rows_came_about(checkout: Path) -> None:
    manifest, folder = keep(checkout), checkout / "data/reference/hand"
    assert json.loads((folder / "manifest.json").read_text()) == manifest
    (maker,) = manifest["tables"]["lesions"]["made_by"]
    assert maker == {
        "file": "results/hand/lesions/single/x.parquet", "rule": "delete_single", "fingerprint": "0123456789ab",
        "commit": "c" * 40, "device": "cpu", "started_at": "2026-01-02T03:04:05",
    }  # fmt: skip
    assert manifest["tables"]["lesions"]["rows"] == 10
    assert manifest["tables"]["claims"]["made_by"] == []
    assert manifest["database"]["hardware"] == "two cores"
    assert (folder / "hand.yaml").read_text() == "study: hand  # with a comment\n"
    said = (folder / "README.md").read_text()
    assert "| `lesions.parquet` | 10 |" in said and "resdag compare hand data/reference/hand" in said
    assert {path.name for path in folder.parent.iterdir()} == {"hand"}


def test_what_was_kept_is_the_same_as_where_it_came_from(checkout: Path) -> None:
    keep(checkout)
    a, b = in_database(checkout / "results.duckdb", "hand"), in_folder(checkout / "data/reference/hand")
    assert set(a[1]) == set(b[1]) == {"studies", "lesions", "claims"}
    for name in a[1]:
        assert a[1][name].sort(pl.all()).equals(b[1][name].sort(pl.all())), name


def test_a_table_that_has_no_rows_any_more_leaves_the_reference(checkout: Path) -> None:
    keep(checkout)
    keep(checkout, names=["lesions", "studies"])
    found = {path.name for path in (checkout / "data/reference/hand").iterdir()}
    assert found == {"README.md", "manifest.json", "hand.yaml", "lesions.parquet", "studies.parquet"}


def test_a_reference_that_is_too_large_is_refused_and_leaves_nothing(
    checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reference, "LIMIT_BYTES", 1000)
    with pytest.raises(ResdagError, match="a reference may take 0: name fewer tables"):
        keep(checkout)
    assert list((checkout / "data/reference").iterdir()) == []


def test_an_older_database_gives_a_reference_whose_new_columns_are_null_and_not_compared(
    checkout: Path, tmp_path: Path
) -> None:
    with duckdb.connect(str(tmp_path / "older.duckdb")) as db:
        db.execute("ATTACH ? AS now (READ_ONLY)", [str(checkout / "results.duckdb")])
        db.execute("CREATE TABLE studies AS FROM now.studies")
        db.execute("CREATE TABLE lesions AS SELECT * EXCLUDE (broken, repaired), 7 AS gone FROM now.lesions")
    shutil.move(tmp_path / "older.duckdb", checkout / "results.duckdb")
    manifest = keep(checkout)
    assert manifest["tables"]["lesions"]["not_kept"] == ["broken", "repaired"]
    kept = pl.read_parquet(checkout / "data/reference/hand/lesions.parquet")
    assert kept["broken"].null_count() == len(kept) == 10
    assert kept["gone"].to_list() == [7] * 10
    found = table_difference(
        Lesion,
        in_database(database(tmp_path / "new.duckdb", kept_lesions()), "hand")[1]["lesions"],
        in_folder(checkout / "data/reference/hand")[1]["lesions"],
    )
    assert (found.moved, found.columns_only) == (0, (["broken", "repaired"], ["gone"]))


def kept_lesions() -> list[dict]:
    return [lesion("intact", 600), *(single(index, 610 + index, loss=0.1 * index) for index in range(9))]


def test_a_folder_of_something_else_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ResdagError, match="holds no TABLE.parquet"):
        in_folder(tmp_path)


# The verbs


def edited(checkout: Path, edit: Edit) -> Path:
    other = checkout / "other.duckdb"
    shutil.copyfile(checkout / "results.duckdb", other)
    with duckdb.connect(other) as db:
        edit(db)
    return other


def test_compare_ends_with_0_where_all_is_the_same_and_with_1_where_a_row_differs(
    checkout: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (checkout / "results/.workflow.lock").touch()
    monkeypatch.chdir(checkout / "config")
    assert main(["export", "hand", "../data/reference/hand", "--reference"]) == 0
    assert capsys.readouterr().out.startswith(f"{checkout}/data/reference/hand: 3 tables of hand, 0.0")
    assert main(["compare", "hand.yaml", "../data/reference/hand"]) == 0
    assert "The same: 11 rows of 2 tables." in capsys.readouterr().out
    other = edited(checkout, lambda db: db.execute("UPDATE lesions SET errors = 0, error = 0 WHERE lesion = 'intact'"))
    assert main(["compare", "hand", f"{other}:hand"]) == 1
    assert "1 rows moved, 0 only in a, 0 only in b, 10 equal." in capsys.readouterr().out


def test_compare_names_verdicts_rows_columns_and_what_was_asked(
    checkout: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def edit(db: duckdb.DuckDBPyConnection) -> None:
        db.execute("UPDATE claims SET verdict = 'inconclusive'")
        db.execute("UPDATE lesions SET errors = errors + 2 WHERE lesion IN ('single-003', 'single-004')")
        db.execute("DELETE FROM lesions WHERE lesion = 'single-008'")
        db.execute("""UPDATE studies SET config = '{"study": "hand", "dataset": {"kind": "digits"}}', hardware = 'x'""")

    sides = str(checkout / "results.duckdb"), str(edited(checkout, edit))
    assert main(["compare", *sides, "--format", "json"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert found["verdicts"] == [
        {"claim": "depth", "before": "reproduced", "after": "inconclusive", "ours": [0.1, 0.1]}
    ]
    assert found["asked"] == ["dataset.kind: cifar10 -> digits"]
    tables = {table["table"]: table for table in found["tables"]}
    assert (tables["lesions"]["moved"], tables["lesions"]["only"]) == (2, [1, 0])
    (move,) = tables["lesions"]["moves"]
    assert (move["column"], move["largest"], move["worst"][0]["lesion"]) == ("errors", 2.0, "single-003")
    for form in ("text", "markdown"):
        assert main(["compare", *sides, "--format", form]) == 1
        said = capsys.readouterr().out
        for words in ("dataset.kind: cifar10 -> digits", "inconclusive", "single-003", "3 rows moved, 1 only in a"):
            assert words in said


def test_a_file_of_several_studies_asks_which(written: Path, capsys: pytest.CaptureFixture[str]) -> None:  # noqa: F811
    assert main(["compare", str(written), str(written)]) == 2
    assert "holds 2 studies, so say which" in capsys.readouterr().err


def test_the_study_of_a_reference_is_written_from_the_database_where_its_file_is_gone(checkout: Path) -> None:
    (checkout / "config/hand.yaml").unlink()
    keep(checkout)
    kept = yaml.safe_load((checkout / "data/reference/hand/hand.yaml").read_text())
    assert kept == {"study": "hand", "dataset": {"kind": "cifar10"}}


def test_formats_agree_on_the_sentence(checkout: Path) -> None:
    from resdag.queries.differences import difference
    from resdag.report.difference import summary

    side = in_database(checkout / "results.duckdb", "hand")
    found = difference(side, side, [])
    assert all(summary(found) in form(found) for form in (as_text, as_markdown))
    assert json.loads(as_json(found))["differs"] is False


# The page


@pytest.fixture
def two(checkout: Path) -> tuple[Path, Path]:
    """Two databases: in the second a verdict changed, two deletions moved and one is gone."""

    def edit(db: duckdb.DuckDBPyConnection) -> None:
        db.execute("UPDATE claims SET verdict = 'inconclusive', low = 0.05, high = 0.2")
        db.execute("UPDATE lesions SET errors = 900, error = 0.09 WHERE lesion IN ('single-003', 'single-004')")
        db.execute("DELETE FROM lesions WHERE lesion = 'single-008'")
        db.execute("""UPDATE studies SET config = '{"study": "hand", "dataset": {"kind": "digits"}}'""")

    with duckdb.connect(checkout / "results.duckdb") as db:
        for table, rows in {"networks": [network()], "blocks": [block(index) for index in range(9)]}.items():
            insert(db, table, rows)
    return checkout / "results.duckdb", edited(checkout, edit)


def test_the_page_of_a_comparison_says_which_verdicts_changed_and_how_far_rows_moved(
    two: tuple[Path, Path], tmp_path: Path
) -> None:
    page = tmp_path / "page.html"
    assert main(["compare", *map(str, two), "--html", str(page)]) == 1
    read = Page(page.read_text())
    assert "3 rows moved, 1 only in A, 0 only in B" in read.text and "; 1 verdict not the same." in read.text
    assert "✓ reproduced" in read.text and "? inconclusive" in read.text and "10.00 % (5.00 to 20.00)" in read.text
    assert "lesions 10 9 1 0 7 2" in read.text  # in A, in B, only there, equal, moved
    assert "network=resnet110 seed=0 lesion=single-003 0.0613 0.09" in read.text
    assert "dataset.kind: cifar10 -> digits" in read.text
    assert {link[1:] for link in read.links if link.startswith("#")} <= set(read.ids) and not read.loads


def test_figure_3_of_both_sides_has_every_deletion_of_either(two: tuple[Path, Path]) -> None:
    from resdag.report.compare_page import overlay

    sides = [in_database(path, "hand")[1] for path in two]
    rows = overlay(*sides)
    assert rows.group_by("side").len().sort("side").rows() == [("resnet110 in A", 9), ("resnet110 in B", 8)]
    moved = rows.filter(block=3).sort("side")
    assert moved["change"].to_list() == pytest.approx([0.0013, 0.03])  # 613 and 900 of 10,000, from 600
    assert overlay({}, {}).is_empty()


def test_the_page_of_two_sides_that_are_the_same_says_so(two: tuple[Path, Path], tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    assert main(["compare", str(two[0]), str(two[0]), "--html", str(page)]) == 0
    assert "Nothing differs" in page.read_text() and "No verdict differs." in page.read_text()
