"""The verbs of the command line: one for each rule, sentences instead of tracebacks, and help at once."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from resdag.cli import RULES, main, parser
from resdag.layout import KEYS, LAYOUT
from workflow_tools import trainings

ROOT = Path(__file__).resolve().parents[1]
TINY = str(ROOT / "config/tiny.yaml")
HEAVY = {"torch", "pydantic", "duckdb", "polars", "altair", "scipy", "numpy", "snakemake", "yaml", "pyarrow"}


@pytest.fixture(autouse=True)
def _in_the_checkout(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)


def said(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """What a verb that cannot run says; it ends with 2."""
    assert main(arguments) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    return captured.err.strip()


def test_each_verb_of_a_rule_has_its_rule_its_module_and_its_layout() -> None:
    verbs = {verb.replace("-", "_") for verb in RULES}
    text = "".join(path.read_text() for path in sorted((ROOT / "workflow/rules").glob("*.smk")))
    named = set(re.findall(r"^rule (\w+):", text, re.MULTILINE)) | set(re.findall(r"exec resdag ([a-z-]+)", text))
    modules = {
        path.stem for path in (ROOT / "src/resdag/jobs").glob("*.py")
        if re.search(r"^def run\(", path.read_text(), re.MULTILINE)
    }  # fmt: skip
    assert {name.replace("-", "_") for name in named} == verbs
    assert modules == verbs
    assert set(LAYOUT) == verbs
    assert {verb.replace("-", "_"): keys for verb, (_, keys) in RULES.items() if keys} == KEYS


@pytest.mark.parametrize("verb", RULES)
def test_help_of_each_rule_shows_an_example_that_parses(verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main([verb, "--help"])
    assert end.value.code == 0
    (example,) = re.findall(r"example: resdag (.+)", " ".join(capsys.readouterr().out.split()))
    chosen = parser().parse_args(example.split())
    assert chosen.verb == verb
    assert chosen.file.is_file()


def test_help_names_every_verb(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--help"])
    out = capsys.readouterr().out
    assert all(re.search(rf"^    {verb}\s", out, re.MULTILINE) for verb in (*RULES, "check", "schema", "forget"))


def test_help_is_there_without_anything_heavy() -> None:
    code = (
        "import sys\nfrom resdag.cli import main\n"
        "try:\n    main(['--help'])\nexcept SystemExit:\n    pass\n"
        f"print(sorted({HEAVY!r} & set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "[]"


def test_check_counts_the_jobs_of_each_rule(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", TINY]) == 0
    head, *lines = capsys.readouterr().out.splitlines()
    counts = {line.split()[1]: int(line.split()[0]) for line in lines}
    assert counts["train_network"] == trainings()
    assert counts["delete_single"] == 3
    assert head.endswith(f"study tiny is valid: {sum(counts.values())} jobs")


def test_the_schema_is_printed_as_it_stands_in_config(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["schema"]) == 0
    assert capsys.readouterr().out == (ROOT / "config/schema.json").read_text()


def test_a_study_that_is_not_there_is_a_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    assert re.fullmatch(r"resdag: nowhere\.yaml: cannot be read .*", said(capsys, "check", "nowhere.yaml"))


def test_a_choice_that_fits_no_job_is_told_what_there_is(capsys: pytest.CaptureFixture[str]) -> None:
    assert "got 'x'; the study has resnet26, vgg8" in said(capsys, "train-network", TINY, "--network", "x")
    assert "got '7'; the study has 0" in said(capsys, "train-network", TINY, "--seed", "7")
    assert "the study has no job of this rule" in said(capsys, "load-network", TINY)


def test_a_fingerprint_of_another_study_or_time_is_refused(capsys: pytest.CaptureFixture[str], monkeypatch) -> None:
    monkeypatch.setattr("resdag.execution.lifetime.end_with_parent", lambda: None)
    sentence = said(capsys, "train-network", TINY, "--fingerprint", "0" * 12)
    assert "changed after this workflow was planned" in sentence


@pytest.mark.parametrize("threads", ["0", "-2", "many", "1.5"])
def test_threads_are_a_positive_number(threads: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(["train-network", TINY, f"--threads={threads}"])
    assert end.value.code == 2
    assert f"got '{threads}'; give a whole number from 1 on" in capsys.readouterr().err


def test_an_unknown_study_cannot_be_forgotten(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert said(capsys, "forget", "nothing") == "resdag: results.duckdb holds no study 'nothing'; its studies: none"


def test_a_log_that_cannot_be_written_is_a_sentence(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    sentence = said(capsys, "count-paths", TINY, "--log", str(tmp_path / "file" / "log"))
    assert re.fullmatch(r"resdag: .*file: (File exists|Not a directory)", sentence)


def test_a_reader_that_has_seen_enough_is_no_error() -> None:
    command = f"{sys.executable} -m resdag.cli schema | head -1"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, cwd=ROOT)
    assert (done.stdout, done.stderr) == ("{\n", "")
