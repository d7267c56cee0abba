"""Which files of earlier configs does no study use any more?  `resdag clean` shows and removes them."""

import time
from collections.abc import Iterator
from pathlib import Path

from resdag.config.load import load_study, studies_in
from resdag.errors import StudyError, UnmadeError
from resdag.layout import CONFIG, RESULTS, base
from resdag.planning.plan import plan_study
from resdag.planning.record import record_of
from resdag.planning.registry import rules

HOUR = 3600.0  # seconds; what is written aside is put in place in a few


def unused(config: Path = CONFIG) -> list[Path]:
    """Files under results/ of known studies that no job of any study in the folder writes, sorted.

    StudyError where a study file cannot be read: what it uses is not known then.  A study that cannot be
    planned, since weights that it names or a package of its networks are missing, keeps everything.  The
    state of a training under way counts as used with its network.  What a killed job was writing aside, and
    nobody has touched for an hour, is unused wherever it lies; so is what was damaged and set aside.
    """
    used: set[Path] = set()
    folders: set[Path] = set()
    for file in sorted(config.glob("*.y*ml")):
        try:
            study = load_study(file)
        except UnmadeError:
            continue
        try:
            jobs = plan_study(study).jobs
        except StudyError:
            continue
        folders.add(Path(base(study.study)))
        for job in jobs:
            used |= {Path(path) for path in (*job.outputs.values(), job.log, job.benchmark)} | {record_of(job)}
    kept = {path.parent for path in used if path.name == "weights.safetensors"}
    old = {path for path in _files(folders) if path not in used and path.parent not in kept}
    aside = {path for folder in (*folders, RESULTS / ".cache") for path in folder.rglob(".*.part")}
    damaged = {path for folder in folders for path in folder.rglob("*.damaged")}
    return sorted(old | damaged | {path for path in aside if _age(path) > HOUR})


def _age(path: Path) -> float:
    return time.time() - path.stat().st_mtime


def _files(folders: set[Path]) -> Iterator[Path]:
    """Everything in the folders of results/STUDY whose files carry fingerprints; figures and the report stay."""
    written = {path for rule in rules().values() for path in rule.writes.values() if "{fingerprint}" in path}
    names = {"logs", "benchmarks", "provenance"} | {path.split("/")[0] for path in written}
    for folder in folders:
        for name in names - {"figures", "report-stamps"}:
            found = (folder / name).rglob("*")
            yield from (path for path in found if path.is_file() and path.suffix != ".part")


def remove(files: list[Path]) -> None:
    """Delete the files, and the folders that become empty."""
    for path in files:
        path.unlink(missing_ok=True)
        for folder in path.parents:
            if folder == RESULTS or any(folder.iterdir()):
                break
            folder.rmdir()


def forgotten(config: Path = CONFIG) -> list[str]:
    """Folders of results/ that belong to no study in the folder."""
    names = studies_in(config)
    if names is None:
        return []
    return sorted(path.name for path in RESULTS.glob("[a-z0-9]*") if path.is_dir() and path.name not in names)
