"""Whatever a job reads is what was written there: any bit that has flipped since is noticed, and the file set aside."""

import json
import random
from dataclasses import replace
from pathlib import Path

import pytest

from resdag.config.load import load_study
from resdag.errors import DamagedFileError
from resdag.execution import runner
from resdag.execution.task import Task
from resdag.execution.vouching import check_inputs, sums_of
from resdag.planning.handing import task
from resdag.planning.plan import plan_study
from workflow_tools import ROOT

STUDY = ROOT / "config/tiny.yaml"


@pytest.fixture
def reading(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Task:
    """A job that reads what two others wrote, which were run for it: how many paths there are of each length."""
    study = load_study(STUDY)
    monkeypatch.chdir(tmp_path)
    closed = plan_study(study).of_rule("count_paths")[:2]
    for job in closed:
        runner.run(task(study, job, STUDY))
    return replace(
        task(study, plan_study(study).of_rule("judge_claims")[0], STUDY),
        inputs={job.label: job.outputs for job in closed},
        records={job.label: task(study, job, STUDY).record for job in closed},
    )


def read(reading: Task) -> list[Path]:
    return [Path(path) for files in reading.inputs.values() for path in files.values()]


def check(reading: Task) -> list[str]:
    """What is said of inputs that are taken."""
    said: list[str] = []
    check_inputs(reading, said.append)
    return said


def test_files_as_they_were_written_are_taken_in_silence(reading: Task) -> None:
    assert len(read(reading)) == 4
    assert check(reading) == []


def test_any_flipped_bit_is_noticed(reading: Task) -> None:
    path = read(reading)[0]
    whole, places = path.read_bytes(), random.Random(0)
    for place in places.sample(range(8 * len(whole)), 200):
        content = bytearray(whole)
        content[place // 8] ^= 1 << place % 8
        path.write_bytes(content)
        with pytest.raises(DamagedFileError, match=f"^{path}: not what was written there, and set aside as "):
            check(reading)
        assert not path.exists()  # so its job runs again
        assert Path(f"{path}.damaged").read_bytes() == content
    path.write_bytes(whole)
    assert check(reading) == []


def test_all_that_is_damaged_is_named_at_once(reading: Task) -> None:
    first, _, third, _ = read(reading)
    for path in (first, third):
        path.write_bytes(b"")
    with pytest.raises(DamagedFileError, match=f"^{first}, {third}: not what was written there"):
        check(reading)


def test_a_job_that_reads_something_damaged_writes_nothing(reading: Task) -> None:
    read(reading)[2].write_bytes(b"")
    with pytest.raises(DamagedFileError, match="not what was written there"):
        runner.run(reading)
    assert not any(Path(path).exists() for path in reading.outputs.values())
    assert not Path(reading.record).exists()


def test_a_lost_record_is_said_and_a_damaged_one_vouches_for_nothing(reading: Task) -> None:
    label, record = next(iter(reading.records.items()))
    content = Path(record).read_text()
    Path(record).unlink()
    (said,) = check(reading)
    assert said == f"{record}: is not there, so nothing vouches for what {label} wrote; it is taken as it is"
    for damaged in ("", "{", "[]", "{}", '{"outputs": 1}', content.replace('.parquet": "', '.parquet": "0')):
        for path in read(reading)[:2]:
            if not path.exists():
                Path(f"{path}.damaged").rename(path)
        Path(record).write_text(damaged)
        with pytest.raises(DamagedFileError):
            check(reading)


def test_a_record_holds_the_sum_of_every_output(reading: Task) -> None:
    for label, files in reading.inputs.items():
        assert json.loads(Path(reading.records[label]).read_text())["outputs"] == sums_of(files.values())
