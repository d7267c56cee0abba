"""What is asked of the machine that results are made on: git says a commit, and runs nothing that others name."""

import os
import subprocess
from pathlib import Path

import pytest

from resdag.execution.machine import git_state


def git(*arguments: str) -> str:
    environment = os.environ | dict.fromkeys(("GIT_AUTHOR_NAME", "GIT_COMMITTER_NAME"), "t")
    environment |= dict.fromkeys(("GIT_AUTHOR_EMAIL", "GIT_COMMITTER_EMAIL"), "t@example.org")
    return subprocess.run(["git", *arguments], env=environment, check=True, capture_output=True, text=True).stdout


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    git("init", "--quiet")
    (tmp_path / "file").write_text("as committed")
    git("add", "file")
    git("commit", "--quiet", "--message", "one")
    return tmp_path


def test_a_change_of_a_tracked_file_makes_a_checkout_dirty(checkout: Path) -> None:
    commit = git("rev-parse", "HEAD").strip()
    assert git_state() == (commit, False)
    (checkout / "untracked").write_text("new")
    assert git_state() == (commit, False)
    (checkout / "file").write_text("changed")
    assert git_state() == (commit, True)


def test_outside_a_repository_there_is_no_commit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert git_state() == (None, None)


@pytest.mark.parametrize("where", ["variables", "home", "checkout"])
def test_no_program_that_a_configuration_names_looks_for_changes(
    checkout: Path, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    trap = checkout / ".git" / "trap"
    trap.write_text("#!/bin/sh\ntouch sprung\n")
    trap.chmod(0o755)
    home = checkout / "home"
    home.mkdir()
    if where == "variables":
        monkeypatch.setenv("GIT_CONFIG_COUNT", "1")
        monkeypatch.setenv("GIT_CONFIG_KEY_0", "core.fsmonitor")
        monkeypatch.setenv("GIT_CONFIG_VALUE_0", str(trap))
    elif where == "home":
        monkeypatch.setenv("HOME", str(home))
        git("config", "--global", "core.fsmonitor", str(trap))
    else:
        git("config", "core.fsmonitor", str(trap))
    git("status", "--porcelain")
    assert (checkout / "sprung").exists()  # a plain git would have run it
    (checkout / "sprung").unlink()
    git_state()
    assert not (checkout / "sprung").exists()


def test_variables_do_not_lead_git_elsewhere(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = git_state()
    monkeypatch.setenv("GIT_DIR", str(checkout / "nowhere"))
    assert git_state() == before
