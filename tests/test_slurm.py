"""The workflow on a cluster: config/tiny.yaml through a real SLURM."""

from pathlib import Path

import pytest

from slurm_tools import complete_on
from workflow_tools import rows

pytestmark = pytest.mark.workflow


def test_the_study_runs_through_slurm_on_the_devices_that_it_assigns(
    fresh: Path, finished: Path, cluster: Path, plugin: Path
) -> None:
    complete_on(cluster, plugin, fresh, timeout=1500)
    assert (fresh / "results/tiny/report.html").exists()
    assert rows(fresh) == rows(finished)
