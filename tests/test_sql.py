"""Questions to the rows: what is answered, in which forms, and what is refused."""

import csv
import io
import json
import re
import time
from pathlib import Path

import polars as pl
import pytest

from resdag.cli import main
from resdag.errors import ResdagError
from resdag.store.ask import ask
from resdag.store.described import describe, overview
from resdag.store.formats import as_csv, as_json, as_markdown, as_table
from resdag.store.read import connect, frame
from test_old_duckdb import con, written  # noqa: F401  (fixtures: rows by hand that fill every view)

ROOT = Path(__file__).resolve().parents[1]
QUERIES = re.findall(r"```sql\n(.*?)```", (ROOT / "docs/queries.md").read_text(), re.DOTALL)


def test_a_question_of_a_study_is_answered_with_its_rows_alone(written: Path) -> None:  # noqa: F811
    every = ask(written, "SELECT DISTINCT study FROM lesions ORDER BY study")
    assert every["study"].to_list() == ["folder", "hand"]
    for source in ("lesions", "single_deletions", "(SELECT * FROM lesions JOIN networks USING (study, network, seed))"):
        found = ask(written, f"SELECT DISTINCT study FROM {source}", "folder")
        assert found["study"].to_list() == ["folder"]


def test_a_studys_name_is_never_read_as_sql(written: Path) -> None:  # noqa: F811
    assert ask(written, "FROM lesions", "x'; DROP TABLE lesions; --").is_empty()


@pytest.mark.parametrize(
    ("sql", "reason"),
    [
        ("DELETE FROM lesions", "got DELETE; only SELECT"),
        ("CREATE TABLE t (a INTEGER)", "got CREATE; only SELECT"),
        ("CREATE TEMP TABLE t AS SELECT 1", "got CREATE; only SELECT"),
        ("ATTACH '{other}' AS other", "got ATTACH; only SELECT"),
        ("COPY lesions TO '{other}'", "got COPY; only SELECT"),
        ("EXPORT DATABASE '{other}'", "got EXPORT; only SELECT"),
        ("SET threads = 1", "got SET; only SELECT"),
        ("INSTALL httpfs", "got LOAD; only SELECT"),
        ("FROM lesions; FROM networks", "got 2 statements; give one"),
        ("", "got 0 statements; give one"),
        ("FROM read_text('/etc/hostname')", "file system operations are disabled"),
        ("FROM read_csv('{other}')", "file system operations are disabled"),
        ("FROM '{other}'", "file system operations are disabled"),
        ("FROM glob('/*')", "file system operations are disabled"),
        ("EXPLAIN ANALYZE DELETE FROM lesions", "read-only"),
        ("SELECT nothing FROM lesions", "nothing"),
        ("SELEC 1", "syntax error"),
    ],
)
def test_what_is_no_question_is_refused_in_a_sentence(sql: str, reason: str, written: Path, tmp_path: Path) -> None:  # noqa: F811
    other = tmp_path / "other.csv"
    other.write_text("a\n1\n")
    before = written.read_bytes()
    with pytest.raises(ResdagError, match=re.escape(reason)):
        ask(written, sql.format(other=other))
    assert written.read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["other.csv"]


def test_a_question_without_end_is_stopped(written: Path) -> None:  # noqa: F811
    began = time.monotonic()
    with pytest.raises(ResdagError, match="took longer than 0.3 s and was stopped"):
        ask(written, "SELECT count(*) FROM range(1000000) a, range(1000000) b WHERE a.range < b.range", seconds=0.3)
    assert time.monotonic() - began < 20


def test_a_question_ends_before_its_time_is_up(written: Path) -> None:  # noqa: F811
    began = time.monotonic()
    assert ask(written, "SELECT 1 AS one", seconds=3600)["one"].to_list() == [1]
    assert time.monotonic() - began < 60


FRAME = pl.DataFrame({"name": ["a|b", 'say "x"'], "error": [0.1, None], "deleted": [[1, 2], []], "n": [10, 2]})


def test_csv_and_json_read_back_as_they_were() -> None:
    rows = list(csv.DictReader(io.StringIO(as_csv(FRAME))))
    assert [row["name"] for row in rows] == ["a|b", 'say "x"']
    assert [row["error"] for row in rows] == ["0.1", ""]
    assert [json.loads(row["deleted"]) for row in rows] == [[1, 2], []]
    assert json.loads(as_json(FRAME)) == FRAME.to_dicts()
    assert json.loads(as_json(pl.DataFrame({"x": [float("nan")]}))) == [{"x": None}]


def test_a_markdown_table_has_a_row_for_each_row_and_no_pipe_of_a_text() -> None:
    lines = as_markdown(FRAME).splitlines()
    assert len(lines) == 2 + len(FRAME)
    assert {len(re.findall(r"(?<!\\)\|", line)) for line in lines} == {len(FRAME.columns) + 1}


def test_a_table_for_people_is_cut_and_says_so() -> None:
    long = pl.DataFrame({"n": range(1000)})
    said = as_table(long).splitlines()
    assert said[-2:] == ["... and 800 more rows; the other formats have all", "(1000 rows)"]
    assert len(as_csv(long).splitlines()) == 1001
    assert as_table(pl.DataFrame({"n": [1]})).endswith("(1 row)")


def test_the_verb_prints_what_was_asked(written: Path, capsys: pytest.CaptureFixture[str]) -> None:  # noqa: F811
    query = "SELECT count(*) AS lesions FROM lesions WHERE study = 'folder'"
    assert main(["sql", str(written), query, "--format", "json"]) == 0
    (row,) = json.loads(capsys.readouterr().out)
    with connect(written) as db:
        assert row["lesions"] == frame(db, query).item()


def test_the_verb_says_which_studies_there_are(
    written: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch  # noqa: F811
) -> None:  # fmt: skip
    (tmp_path / "results").mkdir()
    (tmp_path / "results/.workflow.lock").touch()
    (tmp_path / "results.duckdb").write_bytes(written.read_bytes())
    monkeypatch.chdir(tmp_path)
    assert main(["sql", "hnad", "FROM lesions"]) == 2
    assert "holds no study 'hnad'; did you mean hand? Its studies: folder, hand" in capsys.readouterr().err
    assert main(["sql", "hand", "SELECT DISTINCT study FROM lesions", "--format", "csv"]) == 0
    assert capsys.readouterr().out == "study\nhand\n"


@pytest.mark.workflow
def test_tables_describes_every_table_view_and_column(capsys: pytest.CaptureFixture[str]) -> None:
    with connect_memory() as db:
        there = frame(db, "SELECT table_name, column_name FROM duckdb_columns() WHERE NOT internal").rows()
    text = "\n".join(overview())
    names = {name for name, _ in there}
    assert all(re.search(rf"^  {name}\s+\S", text, re.MULTILINE) for name in names)
    for name in ("lesions", "figure_3", "seed_agreement"):
        assert main(["tables", name]) == 0
        said = capsys.readouterr().out
        assert all(re.search(rf"^  {column} ", said, re.MULTILINE) for table, column in there if table == name)
    assert describe("nothing") == []
    assert main(["tables", "lesion"]) == 2
    assert "did you mean lesions?" in capsys.readouterr().err


def connect_memory():
    from rows_by_hand import empty

    return empty()


def test_the_page_of_queries_asks_ten_questions() -> None:
    assert len(QUERIES) == 10


@pytest.mark.parametrize("query", QUERIES, ids=range(len(QUERIES)))
def test_every_question_of_the_page_has_an_answer(query: str, written: Path) -> None:  # noqa: F811
    assert not ask(written, query.replace("'digits'", "'hand'")).is_empty()
