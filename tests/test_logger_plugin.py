"""The plugin that every snakemake of the environment imports: our workflow is helped, any other is left alone."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from snakemake_logger_plugin_resdag import is_ours, study_files, targets_first

ROOT = Path(__file__).resolve().parents[1]
FOREIGN = """
rule made:
    output: "made.txt"
    params: told=config.get(1, "nothing"), also=config.get("word", "nothing")
    shell: "echo {params.told} {params.also} > {output}"
"""


def snakemake(folder: Path, *arguments: str) -> tuple[int, str]:
    environment = os.environ | {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    command = ["snakemake", "--cores", "1", *arguments]
    done = subprocess.run(command, cwd=folder, env=environment, text=True, capture_output=True)
    return done.returncode, done.stdout + done.stderr


@pytest.fixture
def foreign(tmp_path: Path) -> Path:
    """Somebody else's workflow, whose config has a number for a key, and one key twice: no study of ours."""
    (tmp_path / "Snakefile").write_text(FOREIGN)
    (tmp_path / "config.yaml").write_text("1: one\nword: a\nword: two\n")
    return tmp_path


@pytest.mark.workflow
def test_another_workflow_in_the_same_environment_is_left_alone(foreign: Path) -> None:
    status, said = snakemake(foreign, "--configfile", "config.yaml", "--", "made")
    assert status == 0, said
    assert (foreign / "made.txt").read_text() == "one two\n"
    assert "resdag" not in said


@pytest.mark.workflow
def test_another_workflow_keeps_the_errors_of_its_own_command_line(foreign: Path) -> None:
    status, said = snakemake(foreign, "--resources", "gpu=2", "made")
    assert status != 0
    assert "ValueError" in said  # Snakemake's own, of a target where resources are read
    assert not (foreign / "made.txt").exists()


@pytest.mark.workflow
def test_our_workflow_is_helped_wherever_its_snakefile_is_named_from(tmp_path: Path) -> None:
    (tmp_path / "bad.yaml").write_text("1: one\n")
    arguments = ("--snakefile", str(ROOT / "Snakefile"), "--configfile", "bad.yaml", "-n")
    status, said = snakemake(tmp_path, *arguments)
    assert status == 1
    assert said.strip() == "resdag: bad.yaml: line 1: the key 1 is not text: put it in quotes if it is a name"


@pytest.mark.parametrize(
    ("files", "arguments", "ours"),
    [
        ({}, [], False),
        ({"Snakefile": "rule a:\n"}, [], False),
        ({"Snakefile": "ours"}, [], True),
        ({"workflow/Snakefile": "ours"}, [], True),
        ({"Snakefile": "rule a:\n", "workflow/Snakefile": "ours"}, [], False),  # Snakemake takes the first
        ({"Snakefile": "rule a:\n", "other": "ours"}, ["-s", "other"], True),
        ({"Snakefile": "rule a:\n", "other": "ours"}, ["--snakefile=other"], True),
        ({"Snakefile": "rule a:\n", "other": "ours"}, ["-sother"], True),
        ({"Snakefile": "ours", "other": "rule a:\n"}, ["--snakefile", "other"], False),
        ({"Snakefile": "ours"}, ["--snakefile", "https://example.org/Snakefile"], False),
        ({"workflow/Snakefile": 'include: "../our.smk"\n', "our.smk": "ours"}, [], True),
        ({"Snakefile": 'module r:\n    snakefile:\n        "our.smk"\n', "our.smk": "ours"}, [], True),
        ({"Snakefile": "from resdag.models.build import build\n"}, [], False),  # a library of theirs
    ],
)
def test_whose_workflow_it_is_stands_in_the_snakefile(
    files: dict[str, str], arguments: list[str], ours: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text((ROOT / "Snakefile").read_text() if text == "ours" else text)
    assert is_ours(["--cores", "1", *arguments, "--resources", "gpu=2", "report"]) == ours


def test_the_snakefiles_of_this_checkout_are_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    assert is_ours([])
    assert is_ours(["--snakefile", "workflow/Snakefile"])


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("--cores 8 --resources gpu=2 report", "report --cores 8 --resources gpu=2"),
        ("--cores 8 --config a=1 b=2 lesions paths", "lesions paths --cores 8 --config a=1 b=2"),
        ("--configfile a.yaml b.yaml report", "report --configfile a.yaml b.yaml"),
        ("report --cores 8", "report --cores 8"),
        ("--resources gpu=2 -- report", "--resources gpu=2 -- report"),
        ("--resources base64//eA== -n", "--resources base64//eA== -n"),
    ],
)
def test_targets_go_before_options_that_would_swallow_them(given: str, expected: str) -> None:
    assert targets_first(given.split()) == expected.split()


def test_study_files_are_those_that_the_options_name() -> None:
    assert study_files(["--configfile", "a.yaml", "b.yaml", "--cores", "2", "--configfiles=c.yaml"]) == [
        "a.yaml",
        "b.yaml",
        "c.yaml",
    ]
