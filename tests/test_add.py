"""A reference that grows: rows measured in parts are, added up, the rows measured at once."""

import json
import shutil
from pathlib import Path

import duckdb
import polars as pl
import pytest

from resdag.cli import main
from resdag.config.load import parse_study, read_yaml
from resdag.records.registry import class_of
from resdag.report.add import together
from resdag.report.kept import judged
from resdag.store.build import build
from resdag.store.reference import _joined
from resdag.store.sides import in_folder

PUBLISHED = Path(__file__).resolve().parents[1] / "data/reference/cifar10-published"
STUDY, LATER = "cifar10-published", "resnet110-published"


def part(of: dict[str, pl.DataFrame], *, later: bool) -> dict[str, pl.DataFrame]:
    """The rows of one network, or those of the others; rows of no network in both."""
    chosen = ((pl.col("network") == LATER) == later) | pl.col("network").is_null()
    return {table: rows.filter(chosen) if "network" in rows.columns else rows for table, rows in of.items()}


@pytest.fixture
def whole() -> dict[str, pl.DataFrame]:
    """Every kept row but the answers of single images, of which there are hundreds of thousands."""
    return {name: rows for name, rows in in_folder(PUBLISHED)[1].items() if name != "predictions"}


@pytest.fixture
def folder(whole: dict[str, pl.DataFrame], tmp_path: Path) -> Path:
    """A reference without the ResNet-110."""
    folder = tmp_path / STUDY
    folder.mkdir()
    for name in (f"{STUDY}.yaml", "manifest.json"):
        shutil.copy(PUBLISHED / name, folder)
    for table, rows in part(whole, later=False).items():
        rows.write_parquet(folder / f"{table}.parquet")
    return folder


@pytest.fixture
def database(whole: dict[str, pl.DataFrame], tmp_path: Path) -> Path:
    """A database with the ResNet-110 alone, measured on another machine, later."""
    rows = part(whole, later=True)
    last = pl.lit("2027-01-01").str.to_datetime(time_unit="us")
    rows["studies"] = rows["studies"].with_columns(pl.lit("another").alias("hardware"), last.alias("finished_at"))
    build(tmp_path / "results.duckdb", STUDY, {}, [lambda *_: rows])
    return tmp_path / "results.duckdb"


def add(folder: Path, database: Path) -> int:
    return main(["export", STUDY, str(folder), "--reference", "--add", "--database", str(database)])


@pytest.mark.workflow
def test_what_failed_in_one_part_and_ended_well_in_another_is_not_missing(
    folder: Path, database: Path, whole: dict[str, pl.DataFrame]
) -> None:
    def failed(of: str) -> dict[str, object]:
        return {"study": STUDY, "job": f"{rule} {of}".strip(), "rule": rule, "network": None, "seed": None,
                "said": "no memory", "waiting": 2}  # fmt: skip

    theirs = part(whole, later=True)["jobs"]
    rule, wildcards = theirs.filter(pl.col("network") == LATER).select("rule", "wildcards").row(0)
    pl.DataFrame([failed(wildcards), failed("network=other seed=0")]).write_parquet(folder / "missing.parquet")
    assert add(folder, database) == 0
    assert in_folder(folder)[1]["missing"]["job"].to_list() == [f"{rule} network=other seed=0"]


@pytest.mark.workflow
def test_parts_added_up_are_what_was_measured_at_once(
    folder: Path, database: Path, whole: dict[str, pl.DataFrame], capsys: pytest.CaptureFixture[str]
) -> None:
    asked = (folder / f"{STUDY}.yaml").read_text()
    assert add(folder, database) == 0
    assert capsys.readouterr().out.startswith(f"{folder}: {len(whole)} tables of {STUDY}")
    found = in_folder(folder)[1]
    whole = dict(judged(parse_study(read_yaml(folder / f"{STUDY}.yaml"), to_run=False), whole))  # without the answers
    for table in whole.keys() - {"studies"}:
        key = list(class_of(table).key)
        ours, theirs = found[table].sort(key), whole[table].sort(key)
        assert ours.select(theirs.columns).equals(theirs), table
    (row,) = found["studies"].to_dicts()
    assert row["hardware"] == f"{whole['studies']['hardware'][0]}; another"
    assert row["config"] == whole["studies"]["config"][0]
    assert row["started_at"] == whole["studies"]["started_at"][0] and row["finished_at"].year == 2027
    assert (folder / f"{STUDY}.yaml").read_text() == asked
    manifest, before = (json.loads((each / "manifest.json").read_text()) for each in (folder, PUBLISHED))
    assert manifest["tables"]["lesions"]["rows"] == whole["lesions"].height
    makers = {maker["file"] for maker in before["tables"]["lesions"]["made_by"]}
    assert {maker["file"] for maker in manifest["tables"]["lesions"]["made_by"]} == makers


@pytest.mark.workflow
def test_what_is_added_twice_is_there_once(folder: Path, database: Path) -> None:
    assert add(folder, database) == add(folder, database) == 0
    assert not in_folder(folder)[1]["lesions"].select(class_of("lesions").key).is_duplicated().any()


@pytest.mark.workflow
def test_rows_of_other_weights_or_of_a_network_that_nobody_asked_for_are_refused_and_all_stays(
    folder: Path, database: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = (folder / f"{STUDY}.yaml").read_text()
    (folder / f"{STUDY}.yaml").write_text(asked.replace(LATER, "renamed"))
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert add(folder, database) != 0
    assert f"names no network {LATER}: write there" in capsys.readouterr().err
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before

    (folder / f"{STUDY}.yaml").write_text(asked)
    assert add(folder, database) == 0
    with duckdb.connect(database) as con:
        con.execute("UPDATE networks SET checkpoint_sha256 = 'trained again'")
    assert add(folder, database) != 0
    assert f"{LATER}, seed 0, has other weights than its kept rows" in capsys.readouterr().err


def test_of_two_rows_with_one_key_the_new_one_stays() -> None:
    kept = pl.DataFrame({"study": "s", "network": "a", "seed": 0, "lesion": ["single-0", "single-1"], "errors": [5, 6]})
    new = pl.DataFrame({"study": "s", "network": "a", "seed": 0, "lesion": ["single-1", "single-2"], "errors": [7, 8]})
    found = together("lesions", kept, new).sort("lesion")
    assert dict(found.select("lesion", "errors").iter_rows()) == {"single-0": 5, "single-1": 7, "single-2": 8}


def test_a_job_that_ran_again_is_named_once_and_the_others_stay() -> None:
    earlier = [{"file": f"lesions/a/seed0-draws{draw}-0123.parquet", "fingerprint": "0123"} for draw in (0, 2)]
    now = [{"file": "lesions/a/seed0-draws2-4567.parquet", "fingerprint": "4567"}]
    assert sorted(maker["file"] for maker in _joined(earlier, now)) == [
        "lesions/a/seed0-draws0-0123.parquet", "lesions/a/seed0-draws2-4567.parquet",
    ]  # fmt: skip


@pytest.mark.parametrize(("arguments", "reason"), [
    (["--add"], "--add belongs to --reference"),
    (["--reference", "--add", "--tables", "lesions"], "adds all tables"),
    (["--reference", "--add"], "keeps no cifar10-published to add to"),
])  # fmt: skip
@pytest.mark.workflow
def test_what_cannot_be_added_is_refused(
    arguments: list[str], reason: str, database: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["export", STUDY, str(tmp_path / "nothing"), "--database", str(database), *arguments]) != 0
    assert reason in capsys.readouterr().err
    assert not (tmp_path / "nothing").exists()


def test_a_database_of_something_else_is_refused_in_a_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    of_others = tmp_path / "results.duckdb"
    duckdb.connect(str(of_others)).execute("CREATE TABLE lesions (patient INTEGER)")
    for words in (["export", STUDY, str(tmp_path / "rows")], ["compare", f"{of_others}:{STUDY}", str(PUBLISHED)]):
        assert main([*words, *(["--database", str(of_others)] if words[0] == "export" else [])]) == 2
        assert "but none of resdag: it has no table `studies`" in capsys.readouterr().err
