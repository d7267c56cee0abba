"""The file results.duckdb: its declarations, and that it is always the old one or the new one, whole."""

import os
import shutil
import signal
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import get_args

import duckdb
import polars as pl
import pytest

from resdag.errors import BusyError, DamagedFileError
from resdag.jobs.write_database import is_gone
from resdag.records.base import Record
from resdag.records.registry import records
from resdag.records.tables.path_gradients import PathGradient
from resdag.store.build import build, forget, studies, study_files
from resdag.store.read import connect, frame
from resdag.store.schema import columns, create_table_sql, views
from resdag.store.tables_page import write_tables_page
from rows_by_hand import empty, insert, path_gradients, study

pytestmark = pytest.mark.workflow

ROOT = Path(__file__).resolve().parents[1]


def lengths(folder: Path, name: str, first: int = 0, count: int = 3, **changed: object) -> Path:
    """A Parquet file of the closed-form table, for the study `name`."""
    rows = [
        {"study": name, "network": "n", "seed": 0, "blocks": 9, "path_length": length, "paths": 1.0, "fraction": 0.5}
        for length in range(first, first + count)
    ]
    path = folder / f"{name}-{first}-{'-'.join(changed)}.parquet"
    pl.DataFrame([row | changed for row in rows]).write_parquet(path)
    return path


def shards_of(folder: Path, name: str, *files: Path) -> dict[str, list[Path]]:
    path = folder / f"{name}-studies.parquet"
    pl.DataFrame([study(name)]).write_parquet(path)
    return {"studies": [path], "path_lengths": list(files)}


def counts(database: Path) -> dict[str, int]:
    with connect(database) as con:
        return dict(frame(con, "SELECT study, count(*) FROM path_lengths GROUP BY study").iter_rows())


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("built")
    build(folder / "results.duckdb", "old", shards_of(folder, "old", lengths(folder, "old")))
    return folder / "results.duckdb"


@pytest.fixture
def database(built: Path, tmp_path: Path) -> Path:
    """A database that holds three rows of the study `old`."""
    return Path(shutil.copy(built, tmp_path))


def left_beside(database: Path) -> list[str]:
    return sorted(file.name for file in database.parent.iterdir() if file.suffix != ".parquet")


@pytest.mark.parametrize("record", records(), ids=lambda record: record.table)
def test_every_column_is_declared_and_no_key_can_be_null(record: type[Record]) -> None:
    declared = {column.name: column for column in columns(record)}
    assert list(declared) == list(record.model_fields)
    assert all(declared[name].required for name in record.key)
    assert ("PRIMARY KEY" in create_table_sql(record)) == (record.table != "predictions")


def test_every_table_view_and_column_has_a_comment() -> None:
    with empty() as con:
        silent = con.execute(
            "SELECT table_name, column_name FROM duckdb_columns() WHERE NOT internal AND coalesce(comment, '') = '' "
            "UNION ALL SELECT table_name, '' FROM duckdb_tables() WHERE coalesce(comment, '') = '' "
            "UNION ALL SELECT view_name, '' FROM duckdb_views() WHERE NOT internal AND coalesce(comment, '') = ''"
        ).fetchall()
    assert silent == []


def test_types_are_those_of_the_contract() -> None:
    with empty() as con:
        query = "SELECT table_name || '.' || column_name, data_type FROM duckdb_columns() WHERE NOT internal"
        types = dict(con.execute(query).fetchall())
    assert types["lesions.deleted"] == types["reorderings.permutation"] == "INTEGER[]"
    assert types["studies.config"] == "JSON"
    assert types["path_lengths.paths"] == "DOUBLE"  # C(67, 33) overflows 64 bits
    assert types["studies.finished_at"] == "TIMESTAMP"


@pytest.mark.parametrize(
    ("column", "value"),
    [("measured_at", "'output'"), ("norm", "-1.0"), ("norm", "'nan'::DOUBLE"), ("seed", "-1"), ("network", "NULL")],
)
def test_values_out_of_range_are_refused(column: str, value: str) -> None:
    assert column in PathGradient.model_fields
    with empty() as con:
        insert(con, "path_gradients", path_gradients(lambda *_: 0.0, range(1), 1))
        with pytest.raises(duckdb.ConstraintException):
            con.execute(f"UPDATE path_gradients SET {column} = {value}")


def test_literals_are_those_of_the_record() -> None:
    allowed = get_args(PathGradient.model_fields["measured_at"].annotation)
    (check,) = [column.checks[0] for column in columns(PathGradient) if column.name == "measured_at"]
    assert all(f"'{value}'" in check for value in allowed)


def test_the_tables_page_is_fresh() -> None:
    assert (ROOT / "docs" / "tables.md").read_text() == write_tables_page(), (
        "write it again: python -m resdag.store.tables_page > docs/tables.md"
    )


def test_todays_tools_can_open_the_file(database: Path) -> None:
    with connect(database) as con:
        query = "SELECT tags['storage_version'] FROM duckdb_databases() WHERE database_name = 'results'"
        assert con.execute(query).fetchall() == [("v1.0.0+",)]


@pytest.mark.workflow
def test_another_studys_rows_stay_and_its_own_are_replaced(database: Path, tmp_path: Path) -> None:
    build(database, "new", shards_of(tmp_path, "new", lengths(tmp_path, "new", 0, 5), lengths(tmp_path, "new", 5)))
    assert counts(database) == {"old": 3, "new": 8}
    build(database, "old", shards_of(tmp_path, "old", lengths(tmp_path, "old", 0, 1)))
    assert counts(database) == {"old": 1, "new": 8}
    assert studies(database) == ["new", "old"]
    assert left_beside(database) == ["results.duckdb"]


def test_rows_beyond_a_limit_are_not_loaded(tmp_path: Path) -> None:
    path = tmp_path / "results.duckdb"
    shards = shards_of(tmp_path, "new", lengths(tmp_path, "new", 0, 10))
    build(path, "new", shards, limits={"path_lengths": "path_length < 4"})
    assert counts(path) == {"new": 4}


def test_derivations_see_the_rows_and_those_before_them(tmp_path: Path) -> None:
    path, seen = tmp_path / "results.duckdb", []

    def jobs(con: duckdb.DuckDBPyConnection, name: str) -> dict[str, pl.DataFrame]:
        seen.append(
            con.execute("SELECT (SELECT count(*) FROM path_lengths), (SELECT count(*) FROM jobs)").fetchall()[0]
        )
        row = {
            "study": name,
            "rule": f"r{len(seen)}",
            "wildcards": "",
            "seconds": 1,
            "max_rss_mb": None,
            "device": None,
        }
        return {"jobs": pl.DataFrame([row])}

    build(path, "new", shards_of(tmp_path, "new", lengths(tmp_path, "new")), [jobs, jobs])
    assert seen == [(3, 0), (3, 1)]


def test_a_study_name_is_never_read_as_sql(tmp_path: Path) -> None:
    path, name = tmp_path / "results.duckdb", "it's; DROP TABLE studies"
    build(path, name, shards_of(tmp_path, name, lengths(tmp_path, name)))
    assert studies(path) == [name]
    assert forget(path, name)
    assert studies(path) == []


def test_forgetting_takes_one_study_and_says_whether_it_was_there(database: Path, tmp_path: Path) -> None:
    build(database, "new", shards_of(tmp_path, "new", lengths(tmp_path, "new")))
    assert forget(database, "old")
    assert counts(database) == {"new": 3}
    assert not forget(database, "old")
    assert not forget(tmp_path / "none.duckdb", "old")
    assert not (tmp_path / "none.duckdb").exists()


def test_studies_that_are_left_out_go_and_others_stay(database: Path, tmp_path: Path) -> None:
    for name, without in (("gone", []), ("new", ["gone", "never there"])):
        build(database, name, shards_of(tmp_path, name, lengths(tmp_path, name)), without=without)
    assert counts(database) == {"old": 3, "new": 3}
    assert study_files(database) == {"old": "config/old.yaml", "new": "config/new.yaml"}


@pytest.mark.parametrize(
    ("file", "there", "gone"),
    [
        ("config/s.yaml", ["t"], True),
        ("config/s.yaml", ["s", "t"], False),
        ("config/s.yaml", None, False),  # a file in config/ cannot be read
        ("elsewhere/s.yaml", ["t"], False),
        ("/elsewhere/config/s.yaml", ["t"], False),
        (None, ["t"], False),
    ],
)
def test_a_study_is_gone_when_its_file_has_left_config(file: str | None, there: list[str] | None, gone: bool) -> None:
    assert is_gone("s", file, there) is gone


def test_a_database_that_tells_no_files_of_its_studies_is_understood(database: Path, tmp_path: Path) -> None:
    with duckdb.connect(tmp_path / "older.duckdb") as con:
        con.execute("CREATE TABLE studies AS SELECT 'older' AS study")
    with duckdb.connect(tmp_path / "none.duckdb") as con:
        con.execute("CREATE TABLE jobs AS SELECT 'older' AS study")
    assert study_files(tmp_path / "older.duckdb") == {"older": None}
    assert study_files(tmp_path / "none.duckdb") == {}


def test_an_older_file_with_other_columns_is_taken_over_by_name(tmp_path: Path) -> None:
    path = tmp_path / "results.duckdb"
    with duckdb.connect(path) as con:
        con.execute("CREATE TABLE jobs (seconds DOUBLE, wildcards VARCHAR, study VARCHAR, rule VARCHAR, gone INTEGER)")
        con.execute("INSERT INTO jobs VALUES (2.5, 'w', 'older', 'r', 1)")
    build(path, "new", shards_of(tmp_path, "new", lengths(tmp_path, "new")))
    with connect(path) as con:
        assert con.execute("SELECT * FROM jobs").fetchall() == [("older", "r", "w", None, None, 2.5, None, None)]


def test_an_older_file_that_lacks_a_required_column_is_named_and_kept(tmp_path: Path) -> None:
    path = tmp_path / "results.duckdb"
    with duckdb.connect(path) as con:
        con.execute("CREATE TABLE jobs AS SELECT 'older' AS study, 'r' AS rule")
    before = path.read_bytes()
    with pytest.raises(DamagedFileError, match=r"results\.duckdb holds rows of another study"):
        build(path, "new", shards_of(tmp_path, "new", lengths(tmp_path, "new")))
    assert path.read_bytes() == before


def truncated(path: Path) -> Path:
    path.write_bytes(path.read_bytes()[:-20])
    return path


def scribbled(path: Path) -> Path:
    content = bytearray(path.read_bytes())
    content[4:200] = b"x" * 196
    path.write_bytes(content)
    return path


def missing(path: Path) -> Path:
    path.unlink()
    return path


def without_a_column(path: Path) -> Path:
    pl.read_parquet(path).drop("paths").write_parquet(path)
    return path


def with_fractions(path: Path) -> Path:
    pl.read_parquet(path).with_columns(blocks=pl.lit(3.5)).write_parquet(path)
    return path


@pytest.mark.parametrize("fault", [truncated, scribbled, missing, without_a_column, with_fractions])
def test_a_damaged_shard_is_named_and_the_old_file_kept(database: Path, tmp_path: Path, fault) -> None:
    before = database.read_bytes()
    good, bad = lengths(tmp_path, "new"), fault(lengths(tmp_path, "new", 5))
    with pytest.raises(DamagedFileError, match=bad.name):
        build(database, "new", shards_of(tmp_path, "new", good, bad))
    assert database.read_bytes() == before
    assert left_beside(database) == ["results.duckdb"]


@pytest.mark.parametrize(
    ("changed", "said"),
    [({"path_length": 1}, "duplicate key"), ({"fraction": 1.5}, "fraction <= 1"), ({"extra": 1}, "extra")],
)
def test_rows_that_do_not_fit_name_their_table(database: Path, tmp_path: Path, changed: dict, said: str) -> None:
    with pytest.raises(DamagedFileError, match=f"table path_lengths: .*{said}"):
        build(database, "new", shards_of(tmp_path, "new", lengths(tmp_path, "new", **changed)))
    assert counts(database) == {"old": 3}


def test_rows_of_another_study_among_the_shards_are_refused(database: Path, tmp_path: Path) -> None:
    with pytest.raises(DamagedFileError, match="rows of study stray, not new"):
        build(database, "new", shards_of(tmp_path, "new", lengths(tmp_path, "stray")))


def test_a_damaged_database_is_named_with_the_way_out(database: Path, tmp_path: Path) -> None:
    whole = database.read_bytes()
    for damaged in (whole[: len(whole) // 2], b"no database at all" * 1000):
        database.write_bytes(damaged)
        with pytest.raises(DamagedFileError, match=r"results\.duckdb cannot be read .* move it away"):
            build(database, "new", shards_of(tmp_path, "new", lengths(tmp_path, "new")))
        assert database.read_bytes() == damaged


def test_a_reader_keeps_its_rows_while_the_file_is_replaced(database: Path, tmp_path: Path) -> None:
    with connect(database) as reader:
        build(database, "new", shards_of(tmp_path, "new", lengths(tmp_path, "new")))
        assert frame(reader, "SELECT DISTINCT study FROM path_lengths")["study"].to_list() == ["old"]
    assert counts(database) == {"old": 3, "new": 3}


OTHER_PROGRAM = """
    import sys, duckdb
    con = duckdb.connect(sys.argv[1])
    print("open", flush=True)
    sys.stdin.readline()
    con.close()
"""


def test_a_shell_that_has_the_file_open_for_writing_does_not_stop_the_build(database: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-c", textwrap.dedent(OTHER_PROGRAM), str(database)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as shell:
        assert shell.stdout
        assert shell.stdout.readline() == "open\n"
        with pytest.raises(BusyError, match="open for writing in another program"):
            connect(database)
        build(database, "new", shards_of(tmp_path, "new", lengths(tmp_path, "new")))
        assert counts(database) == {"old": 3, "new": 3}
        shell.communicate("\n")
    assert counts(database) == {"old": 3, "new": 3}
    assert left_beside(database) == ["results.duckdb"]


KILLED = """
    import os, signal, sys
    from pathlib import Path
    from resdag.store.build import build

    def killed(con, study):
        os.kill(os.getpid(), signal.SIGKILL)

    build(Path(sys.argv[1]), "new", {}, [killed])
"""


@pytest.mark.workflow
def test_a_build_that_is_killed_leaves_the_old_file_and_the_next_one_succeeds(database: Path, tmp_path: Path) -> None:
    before = database.read_bytes()
    environment = os.environ | {"PYTHONPATH": str(ROOT / "src")}
    command = [sys.executable, "-c", textwrap.dedent(KILLED), str(database)]
    assert subprocess.run(command, env=environment, check=False).returncode == -signal.SIGKILL
    assert database.read_bytes() == before
    build(database, "new", shards_of(tmp_path, "new", lengths(tmp_path, "new")))
    assert counts(database) == {"old": 3, "new": 3}
    assert left_beside(database) == ["results.duckdb"]


def test_an_error_in_a_derivation_leaves_the_old_file(database: Path) -> None:
    before = database.read_bytes()

    def fails(con: duckdb.DuckDBPyConnection, name: str) -> dict[str, pl.DataFrame]:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        build(database, "new", {}, [fails])
    assert database.read_bytes() == before
    assert left_beside(database) == ["results.duckdb"]


def test_a_stale_write_ahead_log_goes_with_the_old_file(database: Path, tmp_path: Path) -> None:
    database.with_name("results.duckdb.wal").touch()
    build(database, "new", shards_of(tmp_path, "new", lengths(tmp_path, "new")))
    assert left_beside(database) == ["results.duckdb"]


def test_a_missing_database_is_said_to_be_missing(tmp_path: Path) -> None:
    with pytest.raises(DamagedFileError, match="is not there: run"):
        connect(tmp_path / "results.duckdb")


def test_views_stand_after_the_views_they_read() -> None:
    order = [view.name for view in views()]
    assert order.index("single_deletions") < order.index("figure_3")
    assert order.index("figure_1") < order.index("figure_2")
