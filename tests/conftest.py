"""Real data for the tests: a published checkpoint and CIFAR-10, where they are to be had.

Both are looked for under the folder that RESDAG_TEST_DATA names, then in `shared` beside
the checkout.  Where they are not, the tests that need them are skipped, with the reason.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

if "PYTEST_XDIST_WORKER" in os.environ:  # workers share the cores: a thread each, before torch counts them
    os.environ.setdefault("OMP_NUM_THREADS", "1")

pytest_plugins = ["workflow_tools", "slurm_tools", "report_by_hand", "browser_tools"]
"""Fixtures: a finished workflow, a cluster, drawn figures, a browser."""
ROOT = Path(__file__).resolve().parents[1]
LONGEST = ("test_slurm", "test_workflow", "test_faults", "test_warm")
"""Files of minutes each: they come first, so that no worker is alone with one at the end."""
CIFAR10_FILES = ("batches.meta", *(f"data_batch_{number}" for number in range(1, 6)), "test_batch")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: LONGEST.index(item.path.stem) if item.path.stem in LONGEST else len(LONGEST))


def test_data(name: str) -> Path:
    """The first existing file or folder of that name; without one, the test is skipped."""
    folders = [Path(os.environ["RESDAG_TEST_DATA"])] if os.environ.get("RESDAG_TEST_DATA") else []
    folders.append(ROOT.parent / "shared")
    for folder in folders:
        if (folder / name).exists():
            return folder / name
    pytest.skip(f"{name} is neither under RESDAG_TEST_DATA nor in shared/ beside the checkout")


test_data.__test__ = False  # type: ignore[attr-defined]  # no test, whatever its name says to pytest


@pytest.fixture(scope="session")
def published_resnet20() -> Path:
    """Weights of a ResNet-20, option A, trained by others; they make 827 errors on CIFAR-10's test set."""
    return test_data("checkpoints/resnet20-12fca82f.th")


@pytest.fixture(scope="session")
def cifar10_root() -> Path:
    """A folder that holds cifar-10-batches-py, written once and kept for later sessions of this user."""
    source = test_data("cifar10/unpack.py")
    size = sum(file.stat().st_size for file in source.parent.iterdir())
    root = Path(tempfile.gettempdir()) / f"resdag-cifar10-{os.getuid()}-{size}"
    if not _complete(root):
        with tempfile.TemporaryDirectory(prefix="resdag-cifar10-") as aside:
            subprocess.run([sys.executable, source, aside], check=True, stdout=subprocess.DEVNULL)
            _move(Path(aside), root)
    return root


def _complete(root: Path) -> bool:
    return all((root / "cifar-10-batches-py" / name).is_file() for name in CIFAR10_FILES)


def _move(aside: Path, root: Path) -> None:
    """Put what is in `aside` in place file by file: sessions side by side write the same bytes."""
    folder = root / "cifar-10-batches-py"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for name in CIFAR10_FILES:
        os.replace(aside / "cifar-10-batches-py" / name, folder / name)
