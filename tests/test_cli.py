"""The verbs of the command line: rules by hand, from any folder, sentences instead of tracebacks, help at once."""

import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from importlib import import_module
from pathlib import Path

import pytest
import yaml

from resdag.cli import GROUPS, VERBS, main, parser
from resdag.verbs.rules import rules
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


def test_each_rule_has_its_words_and_its_place_in_the_workflow() -> None:
    text = "".join(path.read_text() for path in sorted((ROOT / "workflow/rules").glob("*.smk")))
    written = set(re.findall(r"exec resdag run (\w+)", text))
    (skipped,) = re.findall(r"declared_but\((.*?)\)", text, re.DOTALL)  # the loop makes all others
    assert set(re.findall(r'"(\w+)"', skipped)) == written
    assert written < set(rules())
    assert all(words and words[0].islower() and words[-1] != "." for words, _ in rules().values())


@pytest.mark.parametrize("verb", VERBS)
def test_help_of_each_verb_shows_examples_that_parse(verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main([verb, "--help"])
    assert end.value.code == 0
    said = capsys.readouterr().out
    examples = re.findall(rf"^  resdag {verb}(.*)$", said, re.MULTILINE)
    assert examples
    module = import_module(f"resdag.verbs.{verb}")
    for example in examples:
        words = shlex.split(re.split(r"\s{3,}|\s>\s", example)[0])
        assert parser(verb, module).parse_args(words)


@pytest.mark.parametrize("verb", VERBS)
def test_each_verb_is_a_module_with_a_sentence_of_its_own(verb: str) -> None:
    assert (import_module(f"resdag.verbs.{verb}").__doc__ or "").startswith(f"`resdag {verb}`: ")


def test_help_names_every_verb_once_in_its_group(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    out = capsys.readouterr().out
    assert [len(re.findall(rf"^  {verb}\s", out, re.MULTILINE)) for verb in VERBS] == [1] * len(VERBS)
    assert all(f"\n{group}:\n" in out for group in GROUPS)
    assert len(out.splitlines()) < 40  # one page


def test_help_of_run_names_every_rule(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["run", "--help"])
    out = capsys.readouterr().out
    assert all(re.search(rf"^  {rule}\s", out, re.MULTILINE) for rule in rules())


def test_the_version_is_that_of_the_package(capsys: pytest.CaptureFixture[str]) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"resdag {project['version']}\n"


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        (["paln", "digits"], "did you mean plan?"),
        (["delete-singel", "digits"], "did you mean run delete-single?"),
        (["run", "delete_singel", "digits"], "did you mean delete_single?"),
        (["check", "digts"], "did you mean digits?"),
        (["check", "config/digts.yaml"], "did you mean digits?"),
        (["frobnicate"], "there are check, plan,"),
    ],
)
def test_a_word_misspelt_is_told_what_was_meant(
    words: list[str], meant: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert meant in said(capsys, *words)


def test_a_study_is_found_by_the_name_of_its_file_and_by_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    own = yaml.safe_load((ROOT / "config/config.yaml").read_text())["study"]
    assert own != "config"
    for given in ("config", own, "config/config.yaml"):
        assert main(["check", given]) == 0
        assert capsys.readouterr().out.startswith(f"config/config.yaml: study {own} is valid")


@pytest.mark.parametrize("given", ["tiny", "config/tiny.yaml", "../config/tiny.yaml"])
def test_a_verb_works_from_any_folder_of_the_checkout_and_leaves_nothing_there(
    given: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    before = sorted(path.name for path in (ROOT / "docs").iterdir())
    monkeypatch.chdir(ROOT / "docs")
    assert main(["check", given]) == 0
    assert capsys.readouterr().out.startswith("config/tiny.yaml: study tiny is valid")
    assert main(["where", given]) == 0
    assert capsys.readouterr().out.splitlines()[0] == "database  ../results.duckdb"
    assert sorted(path.name for path in (ROOT / "docs").iterdir()) == before


def test_a_verb_works_from_a_studys_own_path_and_nowhere_else(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["check", TINY]) == 0
    assert capsys.readouterr().out.startswith("config/tiny.yaml: study tiny is valid")
    shutil.copy(TINY, "mine.yaml")
    assert "is in no checkout of resdag" in said(capsys, "check", "mine.yaml")
    assert [path.name for path in tmp_path.iterdir()] == ["mine.yaml"]


def test_a_verb_of_a_rule_as_it_once_was_is_the_rule_run_by_hand(capsys: pytest.CaptureFixture[str]) -> None:
    assert said(capsys, "load-network", TINY) == said(capsys, "run", "load_network", TINY)


def test_help_is_there_without_anything_heavy() -> None:
    code = (
        "import sys\nfrom resdag.cli import main\n"
        "main(['--help'])\n"
        f"print(sorted({HEAVY!r} & set(sys.modules)), file=sys.stderr)\n"
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
    assert "got 'x'; the study has resnet26, vgg8" in said(capsys, "run", "train_network", TINY, "--network", "x")
    assert "got '7'; the study has 0" in said(capsys, "train-network", TINY, "--seed", "7")
    assert "the study has no job of this rule" in said(capsys, "load-network", TINY)
    assert "told apart by network, seed" in said(capsys, "run", "delete_single", TINY, "--chunk", "0000")
    assert "told apart by nothing" in said(capsys, "run", "write_report", TINY, "--of", "size", "3")


def test_a_fingerprint_that_the_study_does_not_have_is_told_those_that_it_has(
    capsys: pytest.CaptureFixture[str],
) -> None:
    sentence = said(capsys, "run", "prepare_data", TINY, "--fingerprint", "0" * 12)
    assert re.fullmatch(r".* --fingerprint: got '0{12}'; the study has [0-9a-f]{12}", sentence)


def test_a_job_of_a_plan_that_is_gone_is_refused(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("resdag.execution.lifetime.end_with_parent", lambda: None)
    sentence = said(capsys, "run", "train_network", str(tmp_path / "gone.sqlite"), "--fingerprint", "0" * 12)
    assert "cannot be read as the plan of a workflow" in sentence and "start the same command again" in sentence


@pytest.mark.parametrize("threads", ["0", "-2", "many", "1.5"])
def test_threads_are_a_positive_number(threads: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(["train-network", TINY, f"--threads={threads}"])
    assert end.value.code == 2
    assert f"got '{threads}'; give a whole number from 1 on" in capsys.readouterr().err


def test_an_unknown_study_cannot_be_forgotten(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "results").mkdir()
    (tmp_path / "results/.workflow.lock").touch()  # a workflow has run here
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
