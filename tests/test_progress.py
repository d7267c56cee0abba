"""While it runs: how far, how long yet, and what failed, in a few lines."""

import io
import logging
from pathlib import Path
from typing import Any

import pytest
from snakemake_interface_logger_plugins.common import LogEvent

from resdag.execution import progress
from resdag.execution.progress import Progress, last_line
from snakemake_logger_plugin_resdag.living import Living


@pytest.fixture
def expected(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten jobs of ten seconds, and what a run leads to."""
    monkeypatch.setattr(progress, "_EXPECTED", {f"f{number}": 10.0 for number in range(10)})
    monkeypatch.setattr(progress, "_RULES", {"rule": [10.0] * 10})
    monkeypatch.setattr(progress, "_PLACES", {})


class Clock:
    """Seconds that pass when they are told to."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_the_time_left_follows_from_what_was_expected_and_what_it_took(expected: None) -> None:
    clock = Clock()
    run = Progress(clock=clock)
    run.begin({"rule": 10})
    assert run.left() is None  # nothing is known yet
    for number in range(4):  # two at a time, each twice as slow as expected: 10 expected seconds take 10 seconds
        run.start(number, "rule", {"fingerprint": f"f{number}"}, None)
        if number % 2:
            clock.now += 20
            run.finish(number - 1)
            run.finish(number)
    assert run.left() == pytest.approx(60)  # six more, two at a time, 20 seconds each
    run.start(4, "rule", {"fingerprint": "f4"}, None)
    clock.now += 5
    assert run.left() == pytest.approx((60 - 5) * 45 / 45)
    assert run.line() == "4 of 10 jobs, 45 s, about 55 s left"


def test_what_is_not_asked_for_takes_no_time(expected: None) -> None:
    """`snakemake --configfile STUDY one_file`: the study has hours of other jobs, none of which run."""
    clock = Clock()
    run = Progress(clock=clock)
    run.begin({"train": 2, "draw": 1})  # nothing is known of what drawing takes
    progress.expect({"a": 100.0, "b": 300.0, "c": 9000.0}, {"a": "train", "b": "train", "c": "measure"})  # onstart
    run.start(1, "train", {"fingerprint": "a"}, None)
    clock.now += 200
    run.finish(1)
    assert run.left() == pytest.approx(600)  # twice as slow as expected


def test_jobs_are_named_by_what_they_are_of_and_say_how_far_they_are(tmp_path: Path, expected: None) -> None:
    log = tmp_path / "a.log"
    log.write_text("train_network a 0: epoch 1 of 9, 8 s left\n\rtrain_network a 0: epoch 2 of 9, 7 s left\n\n")
    run = Progress()
    run.begin({"train_network": 1, "write_report": 1})
    run.start(1, "train_network", {"network": "a", "seed": "0", "fingerprint": "f1"}, str(log))
    run.start(2, "write_report", {"fingerprint": "f2"}, str(tmp_path / "none.log"))
    assert run.jobs() == ["train_network a 0: epoch 2 of 9, 7 s left", "write_report"]


def test_the_last_line_of_a_long_log_is_found_at_its_end(tmp_path: Path) -> None:
    log = tmp_path / "long.log"
    log.write_text("x" * 100_000 + "\nthe end\n")
    assert last_line(str(log)) == "the end"


def record(event: LogEvent | None, text: str = "", level: int = logging.INFO, **said: Any) -> logging.LogRecord:
    """A record as Snakemake makes them."""
    made = logging.LogRecord("snakemake", level, "", 0, text, None, None)
    made.__dict__.update(said, event=event)
    return made


def start(number: int, log: str | None = None) -> logging.LogRecord:
    """The record of a job that starts."""
    of = {"network": "a", "fingerprint": f"f{number}"}
    return record(LogEvent.JOB_INFO, jobid=number, rule_name="rule", wildcards=of, log=[log] if log else [])


def test_a_pipe_gets_a_line_for_each_tenth_and_the_places_at_the_end(
    tmp_path: Path, expected: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "report.html").touch()
    there = {"report": str(tmp_path / "report.html"), "figures": str(tmp_path / "none")}
    monkeypatch.setattr(progress, "_PLACES", there)
    stream = io.StringIO()
    living = Living(stream)
    assert living.take(record(LogEvent.RUN_INFO, "a table", stats={"rule": 10, "total": 10}))
    assert living.take(record(None, "Select jobs to execute..."))
    assert not living.take(record(None, "something that nobody foresaw"))
    for number in range(10):
        assert living.take(start(number))
        assert living.take(record(LogEvent.JOB_FINISHED, job_id=number))
    living.close()
    lines = stream.getvalue().splitlines()
    assert [line.split(" jobs")[0] for line in lines[:-1]] == [f"{number} of 10" for number in range(1, 11)]
    assert lines[-1] == f"report    {tmp_path / 'report.html'}"


def test_a_job_that_fails_is_named_with_its_last_words_and_no_place_is_promised(
    tmp_path: Path, expected: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress, "_PLACES", {"report": str(tmp_path)})
    log = tmp_path / "a.log"
    log.write_text("resdag: weights.th: is damaged\n")
    stream = io.StringIO()
    living = Living(stream)
    living.take(record(LogEvent.RUN_INFO, stats={"rule": 2, "total": 2}))
    living.take(start(1, str(log)))
    failed = record(LogEvent.JOB_ERROR, level=logging.ERROR, jobid=1, rule_name="rule", log=[str(log)])
    assert living.take(failed)
    living.close()
    lines = stream.getvalue().splitlines()
    assert lines[:3] == ["rule a failed", "    resdag: weights.th: is damaged", f"    all of it: {log}"]
    assert not any(line.startswith("report") for line in lines)
