"""One device for each job: leases that never overlap, and that die with their holder."""

import os
import signal
import subprocess
import sys
import time
from contextlib import ExitStack
from itertools import combinations
from pathlib import Path
from threading import Timer

import pytest

from resdag.errors import DeviceError
from resdag.execution import arithmetic, devices
from resdag.execution.arithmetic import prepare_torch
from workflow_tools import ROOT, wait_until

HOLD = """
import sys, time
from resdag.execution.devices import lease
with lease(int(sys.argv[2])) as device:
    print(device, time.monotonic(), flush=True)
    time.sleep(float(sys.argv[1]))
    print(device, time.monotonic(), flush=True)
"""


@pytest.fixture
def leases(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder for leases, and an environment that names no device."""
    for name in [*os.environ]:
        if name.startswith(("RESDAG_", "SLURM_")) or name == "CUDA_VISIBLE_DEVICES":
            monkeypatch.delenv(name)
    monkeypatch.setenv(devices.FOLDER, str(tmp_path))
    return tmp_path


def hold(seconds: float, count: int = 1, **changes: str) -> subprocess.Popen[str]:
    """A process that holds a lease for so long, and prints its devices and when it came and went."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src"), **changes}
    command = [sys.executable, "-c", HOLD, str(seconds), str(count)]
    return subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, start_new_session=True
    )


def held(processes: list[subprocess.Popen[str]]) -> list[tuple[str, float, float]]:
    """Device, start and end of each lease."""
    found = []
    for process in processes:
        said, _ = process.communicate(timeout=60)
        (device, start), (_, end) = (line.split() for line in said.splitlines())
        found.append((device, float(start), float(end)))
    return found


def at_once(spans: list[tuple[str, float, float]]) -> int:
    """The most leases at one time."""
    return max(sum(start <= moment < end for _, start, end in spans) for _, moment, _ in spans)


@pytest.mark.workflow
def test_many_processes_never_share_a_device(leases: Path) -> None:
    spans = held([hold(0.1, RESDAG_PRETENDED_DEVICES="2") for _ in range(16)])
    assert {device for device, _, _ in spans} == {"pretended-0", "pretended-1"}
    for one, other in combinations(spans, 2):
        assert one[0] != other[0] or one[2] <= other[1] or other[2] <= one[1]


@pytest.mark.workflow
def test_jobs_per_gpu_packs_so_many_on_a_device_and_no_more(leases: Path) -> None:
    spans = held([hold(0.5, RESDAG_PRETENDED_DEVICES="2", RESDAG_JOBS_PER_GPU="2") for _ in range(8)])
    on_first = [span for span in spans if span[0] == "pretended-0"]
    assert at_once(spans) <= 4
    assert at_once(on_first) == 2


def test_every_device_gets_a_job_before_any_gets_two(leases: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(devices.PRETENDED, "2")
    monkeypatch.setenv(devices.SLOTS, "2")
    with devices.lease() as first, devices.lease() as second, devices.lease() as third, devices.lease() as fourth:
        assert [first, second, third, fourth] == ["pretended-0", "pretended-1"] * 2
        with pytest.raises(DeviceError, match=r"no more `--resources gpu=` than 4"), devices.lease(wait_seconds=0):
            pass


def test_a_job_of_several_devices_has_a_slot_of_each(leases: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(devices.PRETENDED, "3")
    with devices.lease() as one, devices.lease(2) as two:
        assert (one, two) == ("pretended-0", "pretended-1,pretended-2")
        with pytest.raises(DeviceError, match="no free slot"), devices.lease(wait_seconds=0):
            pass
    with devices.lease(3) as all_of_them:
        assert all_of_them == "pretended-0,pretended-1,pretended-2"
    monkeypatch.delenv(devices.PRETENDED)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "5,3,4")
    with devices.lease(2) as device:
        assert (device, os.environ["CUDA_VISIBLE_DEVICES"]) == ("cuda:0", "5,3")
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    with devices.lease(2) as device:
        assert device == "cpu"


@pytest.mark.workflow
def test_jobs_of_several_devices_never_wait_for_each_other_in_a_ring(leases: Path) -> None:
    spans = held([hold(0.2, count, RESDAG_PRETENDED_DEVICES="3") for count in (2, 1, 2, 3, 1, 2)])
    for one, other in combinations(spans, 2):
        shared = {*one[0].split(",")} & {*other[0].split(",")}
        assert not shared or one[2] <= other[1] or other[2] <= one[1]


def test_more_devices_than_there_are_is_refused_in_a_sentence(leases: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said = "computes on 3 devices at once, and there are 2, .*lower training.devices"
    monkeypatch.setenv(devices.PRETENDED, "2")
    with pytest.raises(DeviceError, match=said), devices.lease(3):
        pass
    monkeypatch.setenv("SLURM_JOB_ID", "7")
    monkeypatch.setenv("SLURM_JOB_GPUS", "0,1")
    with pytest.raises(DeviceError, match=said), devices.lease(3):
        pass
    with devices.lease(2) as both:
        assert both == "pretended-0,pretended-1"
    assert not list(leases.glob("device-*"))


def test_who_waits_says_so_now_and_then_and_has_no_limit(
    leases: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(devices.PRETENDED, "1")
    monkeypatch.setattr(devices, "SAY_SECONDS", 0.05)
    with ExitStack() as held:
        held.enter_context(devices.lease())
        Timer(0.7, held.close).start()
        with devices.lease() as device:
            assert device == "pretended-0"
    said = capsys.readouterr().err.splitlines()
    assert len(said) > 1
    assert set(said) == {"waiting for a free slot on devices pretended-0: other jobs of this user hold all 1"}


def test_a_device_that_torch_cannot_use_is_no_reason_to_take_the_cpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    with pytest.raises(DeviceError, match=r"cuda:0 was leased, but torch .*or set CUDA_VISIBLE_DEVICES='' to run on"):
        prepare_torch("cuda:0", 1)
    assert prepare_torch("cpu", 1) == "cpu"


@pytest.mark.parametrize(
    ("flags", "precision"),
    [("fpu avx512f avx512_bf16", "bfloat16"), ("amx_bf16 amx_tile", "bfloat16"), ("avx2 avx512f bf16x", "float32")],
)
def test_auto_is_bfloat16_where_the_processor_multiplies_it(
    flags: str, precision: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "cpuinfo").write_text(f"processor\t: 0\nmodel name\t: avx512_bf16 amx_bf16\nflags\t\t: {flags}\n")
    monkeypatch.setattr(arithmetic, "PROCESSOR", tmp_path / "cpuinfo")
    assert arithmetic.fast_precision("cpu") == precision
    (tmp_path / "cpuinfo").unlink()
    assert arithmetic.fast_precision("cpu") == "float32"


def test_a_killed_holder_frees_its_device(leases: Path) -> None:
    holder = hold(60, RESDAG_PRETENDED_DEVICES="1")
    assert holder.stdout is not None
    assert holder.stdout.readline().startswith("pretended-0")
    waiting = hold(0, RESDAG_PRETENDED_DEVICES="1")
    time.sleep(0.5)
    assert waiting.poll() is None
    os.kill(holder.pid, signal.SIGKILL)
    holder.communicate()
    killed = time.monotonic()
    ((_, start, _),) = held([waiting])
    assert killed - 0.5 < start < killed + 5


def test_an_inherited_choice_of_devices_is_respected(leases: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "3,GPU-8932f937")
    with devices.lease() as device:
        assert (device, os.environ["CUDA_VISIBLE_DEVICES"]) == ("cuda:0", "3")
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "3,GPU-8932f937")
        with devices.lease() as other:
            assert (other, os.environ["CUDA_VISIBLE_DEVICES"]) == ("cuda:0", "GPU-8932f937")
    names = sorted(path.name for path in leases.iterdir())
    assert names == ["device-3-slot-0.lock", "device-GPU-8932f937-slot-0.lock"]


@pytest.mark.parametrize("nothing", ["", "-1", "NoDevFiles", "-1,0"])
def test_no_visible_device_means_the_cpu(leases: Path, monkeypatch: pytest.MonkeyPatch, nothing: str) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", nothing)
    with devices.lease() as device:
        assert device == "cpu"


def test_a_machine_without_devices_computes_on_the_cpu(leases: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(leases))
    monkeypatch.setattr(devices, "DEVICE_FILES", leases)
    with devices.lease() as device:
        assert device == "cpu"


def test_without_nvidia_smi_the_device_files_are_counted(leases: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(leases))
    monkeypatch.setattr(devices, "DEVICE_FILES", leases)
    for name in ("nvidia0", "nvidia1", "nvidia10", "nvidiactl", "nvidia-uvm"):
        (leases / name).touch()
    assert devices.visible_devices() == ["0", "1", "2"]


def test_nvidia_smi_is_believed(leases: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tool = leases / "nvidia-smi"
    tool.write_text("#!/bin/sh\necho 'GPU 0: One (UUID: GPU-1)'\necho 'GPU 1: Two (UUID: GPU-2)'\necho '  MIG 1g'\n")
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", str(leases))
    assert devices.visible_devices() == ["0", "1"]


def test_under_slurm_the_scheduler_has_assigned_the_device(leases: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLURM_JOB_ID", "7")
    monkeypatch.setenv("SLURM_JOB_GPUS", "1")
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "1")
    with devices.lease() as device, devices.lease() as same:
        assert device == same == "cuda:0"
        assert os.environ["CUDA_VISIBLE_DEVICES"] == "1"
    assert not list(leases.iterdir())


@pytest.mark.parametrize(("name", "value"), [(devices.SLOTS, "0"), (devices.SLOTS, "two"), (devices.PRETENDED, "-1")])
def test_a_number_that_is_none_is_refused_in_a_sentence(
    leases: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(devices.PRETENDED, "1")
    monkeypatch.setenv(name, value)
    with pytest.raises(DeviceError, match=f"{name}: got '{value}'"), devices.lease():
        pass


def test_a_job_ends_with_the_workflow_that_started_it(tmp_path: Path) -> None:
    job = (
        "import time; from resdag.execution.lifetime import *; "
        "end_with_parent(); print('on', flush=True); time.sleep(60)"
    )
    parent = (
        "import subprocess, sys, time\n"
        f"print(subprocess.Popen([sys.executable, '-c', {job!r}]).pid, flush=True)\n"
        "time.sleep(60)"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    process = subprocess.Popen([sys.executable, "-c", parent], stdout=subprocess.PIPE, env=environment, text=True)
    assert process.stdout is not None
    child = int(process.stdout.readline())
    assert process.stdout.readline() == "on\n"
    process.kill()
    process.communicate()
    wait_until(lambda: not _lives(child), 5, "the job ends")


def test_a_job_whose_workflow_is_gone_before_it_starts_does_not_start() -> None:
    gone = subprocess.run([sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, text=True)
    assert _started_by(int(gone.stdout)) == (143, "")


def test_a_workflow_that_ended_and_that_nobody_waited_for_is_gone() -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    wait_until(lambda: not _lives(ended.pid), 10, "a process ends")
    os.kill(ended.pid, 0)  # still there, for its parent to ask
    try:
        assert _started_by(ended.pid) == (143, "")
    finally:
        ended.wait()


def _started_by(workflow: int) -> tuple[int, str]:
    """Exit status and output of a job that a workflow with this process id starts."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src"), "RESDAG_WORKFLOW": str(workflow)}
    job = "from resdag.execution.lifetime import end_with_parent; end_with_parent(); print('on')"
    done = subprocess.run([sys.executable, "-c", job], env=environment, capture_output=True, text=True)
    return done.returncode, done.stdout


def _lives(process: int) -> bool:
    """Whether a process runs; one that ended and was not waited for does not."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.parametrize("kind", ["a link", "of another user", "a file"])
def test_leases_are_taken_in_a_folder_of_ones_own_alone(
    leases: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.delenv(devices.FOLDER)
    monkeypatch.setattr(devices.tempfile, "gettempdir", lambda: str(leases))
    if kind == "of another user":
        own = os.getuid()
        monkeypatch.setattr(devices.os, "getuid", lambda: own + 1)
    folder = leases / f"resdag-leases-{os.getuid()}"
    if kind == "a link":
        (leases / "elsewhere").mkdir()
        folder.symlink_to(leases / "elsewhere")
    elif kind == "a file":
        folder.write_text("")
    else:
        folder.mkdir()
    monkeypatch.setenv(devices.PRETENDED, "1")
    with (
        pytest.raises(DeviceError, match=f"resdag-leases-{os.getuid()}: .*name (another|one) in RESDAG_LEASES"),
        devices.lease(),
    ):
        pass
