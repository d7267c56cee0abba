"""The workflow on a cluster, through a real SLURM: a part of config/tiny.yaml with jobs of each kind.

Every job is a process that begins with nothing in memory, on half a machine: all of tiny takes ten minutes.  All of
config/digits.yaml goes through SLURM in test_digits.
"""

from pathlib import Path

import pytest

from slurm_tools import complete_on
from workflow_tools import complete, copy, edit_study, rows

pytestmark = pytest.mark.workflow


NOT_HERE = ("comparisons", "mean_field", "influence", "gates", "ensembles")
LESIONS = {
    "single": {"networks": ["resnet26"], "predictions": True},
    "random": {"networks": ["resnet26"], "counts": [1, 2], "draws": 4},
}


def test_the_study_runs_through_slurm_on_the_devices_that_it_assigns(
    fresh: Path, cluster: Path, plugin: Path, tmp_path: Path
) -> None:
    others = {f"networks__{name}": None for name in ("vgg8", "highway8", "resnet8", "resnet26-blocks-of-4")}
    claims = {"residual": "resnet26", "effective_paths": "resnet26-effective-paths"}
    edit_study(fresh, lesions=LESIONS, paths__spectrum=None, claims=claims, **others, **dict.fromkeys(NOT_HERE))
    here = copy(fresh, tmp_path / "here")
    complete_on(cluster, plugin, fresh, timeout=1500)
    assert (fresh / "results/tiny/report.html").exists()
    complete(here)
    assert rows(fresh) == rows(here)
