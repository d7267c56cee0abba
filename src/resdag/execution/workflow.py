"""What the Snakefile needs: the study of this run, its plan, and the checks before the first job.

The study is one file and no other: the one that `--configfile` names, or
config/config.yaml.  `--config` entries are laid over it.  Jobs do not read it again: each
finds what it is in the plan that is written before the first of them starts.
"""

import math
import os
import sys
from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from resdag.config.load import DEFAULT_STUDY, load_study
from resdag.config.study import Study
from resdag.errors import ResdagError
from resdag.execution.aside import sweep
from resdag.execution.devices import SLOTS
from resdag.execution.lifetime import announce
from resdag.execution.outside import check_images, have_weights
from resdag.execution.progress import expect, lead_to
from resdag.execution.rest import tell_the_rest
from resdag.execution.task import plan_file, write_tasks
from resdag.execution.warm import start_servers
from resdag.layout import base, pattern
from resdag.planning import registry
from resdag.planning.cost import seconds_of
from resdag.planning.experiment import Rule
from resdag.planning.handing import tasks
from resdag.planning.manifests import drop_manifests_if_changed
from resdag.planning.plan import Job, Plan, plan_study
from resdag.planning.record import is_done, unlike_the_lock

CLUSTER_THREADS = 2  # of a torch job on a cluster, where --set-threads does not say otherwise
WHOLE = ("report", "figures", "database")  # targets that hold everything before them


# What can stand in a wildcard of a path; any other, as of an experiment of another package, is like a network's name.
NAME = r"[a-zA-Z0-9][a-zA-Z0-9._-]*"
WILDCARDS = {
    "seed": r"\d+",
    "chunk": r"\d+",
    "epoch": r"first|last|\d+",
    "figure": r"figure_\w+",
    "fingerprint": r"[0-9a-f]{12}",
}


@dataclass(frozen=True)
class Workflow:
    """One run of the workflow: the study, the file that it was read from, and its plan."""

    study: Study
    file: Path
    name: str  # of the study in what is said of it: the files that it was read from
    cores: int
    gpus: int | None
    remote: bool = False  # jobs run on other machines

    @cached_property
    def plan(self) -> Plan:
        return plan_study(self.study, self.name)

    @cached_property
    def plan_file(self) -> str:
        """Where jobs find what they are: a resource, not a param, since no result depends on where it lies."""
        places = {"study": self.study.model_dump(mode="json"), "file": str(self.file)}
        return str(plan_file(self.study.study, [job.fingerprint for job in self.plan.jobs], places))

    def tidy_up(self) -> None:
        """Remove what killed jobs of this machine were writing; on others they may still run."""
        if not self.remote:
            sweep()

    def hand_over(self) -> None:
        """Write every job of the plan where its process looks for it; plans of this study before it go."""
        path = Path(self.plan_file)
        write_tasks(path, list(tasks(self.plan, self.file)))
        for old in path.parent.glob("*.sqlite"):
            if old != path and old.stem.rpartition("-")[0] == self.study.study:
                old.unlink(missing_ok=True)

    @property
    def threads(self) -> int:
        """Threads of a job that computes with torch: the cores, shared among the jobs that may run side by side."""
        return max(1, self.cores // max(1, self.gpus or 1))

    # What the rules of experiments are made from

    def declared_but(self, *rules: str) -> list[Rule]:
        """The rules that experiments declare, but for some that are written out."""
        return [rule for rule in registry.rules().values() if rule.name not in rules]

    def outputs(self, rule: str) -> dict[str, str]:
        """Output patterns of a rule."""
        return {name: f"{base(self.study.study)}/{path}" for name, path in registry.rules()[rule].writes.items()}

    def log(self, rule: str) -> str:
        """Pattern of the log files of a rule."""
        return pattern(rule, registry.rules()[rule].wildcards, self.study.study, "logs", ".log")

    def threads_of(self, rule: str) -> Any:
        """Threads of a job: one where it takes no device; of several devices so many times those of one."""
        if not registry.rules()[rule].device:
            return 1
        most = math.inf if self.remote else self.cores
        return self._by_devices(rule, lambda devices: min(devices * self.threads, most))

    def resources(self, rule: str) -> dict[str, Any]:
        """What a job takes, and the plan that it finds itself in; its devices and their memory are of one machine."""
        declared = registry.rules()[rule]
        found: dict[str, Any] = {"plan": self.plan_file}
        found["mem_mb"] = self._by_devices(rule, lambda devices: devices * declared.memory_mb)
        if declared.device:
            found["gpu"] = self._by_devices(rule, lambda devices: devices)
        return found | ({"nodes": 1} if self._takes_several(rule) else {})

    def _by_devices(self, rule: str, value: Callable[[int], int | float]) -> Any:
        """A value that follows from a job's devices: a number where all jobs of the rule have one."""
        if not self._takes_several(rule):
            return value(1)
        return lambda wildcards: value(self.job(rule, wildcards).devices)

    def _takes_several(self, rule: str) -> bool:
        return any(job.devices > 1 for job in self.plan.of_rule(rule))

    def wildcards(self) -> dict[str, str]:
        """What can stand in each wildcard."""
        names = {name for rule in registry.rules().values() for name in rule.wildcards}
        return {name: WILDCARDS.get(name, NAME) for name in sorted({*names, "fingerprint"})}

    def describe(self, snakemake: Any, rule: str) -> None:
        """Give a rule that was made in a loop its words, for `snakemake --list-rules`."""
        snakemake.get_rule(rule).docstring = registry.rules()[rule].says

    # Jobs

    def job(self, rule: str, wildcards: Any) -> Job:
        """The job behind a rule's wildcards; ResdagError for a fingerprint that the study does not have."""
        found = self.plan.find(rule, wildcards.fingerprint)
        if found is None:
            raise ResdagError(f"{rule}: study {self.study.study} has no job of fingerprint {wildcards.fingerprint}")
        return found

    def inputs(self, rule: str) -> Callable[[Any], list[str]]:
        """Input function of a rule."""
        return lambda wildcards: self.job(rule, wildcards).inputs()

    def only(self, rule: str) -> Job:
        """The one job of a rule that has no wildcards."""
        (job,) = self.plan.of_rule(rule)
        return job

    def identity(self, rule: str) -> Callable[[Any], dict[str, Any]]:
        """Function of the one param of a rule: everything that its result depends on, as plain values."""
        return lambda wildcards: self.job(rule, wildcards).param

    # Targets

    def targets(self) -> list[str]:
        """Outputs of all jobs."""
        return self.plan.outputs()

    def targets_but(self, *rules: str) -> list[str]:
        """Outputs of all jobs but those of some rules: a target that lists every stage sees what was lost of any."""
        return [path for job in self.plan.jobs if job.rule not in rules for path in job.outputs.values()]

    def stages(self) -> dict[str, list[str]]:
        """The targets that rules belong to, but for those that hold all before them, and the outputs of their jobs."""
        names = dict.fromkeys(rule.target for rule in registry.rules().values())
        return {name: self.plan.outputs(*registry.rules_of(name)) for name in names if name not in WHOLE}

    def warm_up(self) -> None:
        """Start servers that jobs fork from, for the wings that have something to do on this machine."""
        if not self.remote:
            waiting = {job.kind.wing for job in self.plan.jobs if not is_done(job)}
            start_servers(sorted(waiting))

    def foresee(self) -> None:
        """Say what the jobs that have to run should take, so that a run can say how long it will."""
        waiting = [job for job in self.plan.jobs if not is_done(job)]
        expect(seconds_of(self.study, waiting, self.cores), {job.fingerprint: job.rule for job in waiting})

    def compare_packages(self) -> None:
        """Say which packages of the jobs that will run are not the locked ones, by which results are named."""
        said = unlike_the_lock(job for job in self.plan.jobs if not is_done(job))
        if said:
            _say(said)

    def tell_the_rest(self, failed: Collection[Any]) -> None:
        """After a run in which jobs failed, as Snakemake knows them: report what can do without them."""
        if not self.remote:
            fingerprints = {job.params.job["fingerprint"] for job in failed}
            tell_the_rest(self.plan, fingerprints, self.name, self.file, self.cores, _say)

    def check_data(self) -> None:
        """Return when images and weights are there, or can be had; weights by address are fetched here.

        So a run without a network fails before its first job; ResdagError names the file, the address, the way out.
        """
        if not is_done(self.only("prepare_data")):
            check_images(self.study)
        waiting = [str(job.of["network"]) for job in self.plan.of_rule("load_network") if not is_done(job)]
        have_weights(self.study, waiting, _say)


def open_workflow(snakemake: Any) -> Workflow:
    """The workflow of a run, from what Snakemake calls `workflow`; StudyError where the study cannot be run."""
    if snakemake.is_main_process:
        happened = drop_manifests_if_changed()
        if happened:
            _say(happened)
    files = [Path(file) for file in snakemake.overwrite_configfiles] or [DEFAULT_STUDY]
    overrides = dict(snakemake.config_settings.config)
    study = load_study(*files, overrides=overrides)
    cores, gpus = _cores_and_gpus(snakemake)
    _tell_jobs(_value(snakemake.global_resources.get("jobs_per_gpu")))
    name = " + ".join(map(str, files))
    lead_to(study.study)
    return Workflow(study, files[0], name, cores or 1, gpus, _is_remote(snakemake))


def _cores_and_gpus(snakemake: Any) -> tuple[int | None, int | None]:
    """Cores, and how many jobs that compute with torch share them; None without a limit.

    On a cluster each of these jobs has cores of its own.  Their number is the same where the job is
    submitted and where it runs, though the cores of both differ: SLURM refuses a step larger than its job.
    """
    if _is_remote(snakemake):
        return CLUSTER_THREADS, 1
    return snakemake.resource_settings.cores, _value(snakemake.global_resources.get("gpu"))


def _is_remote(snakemake: Any) -> bool:
    """Whether an executor submits the jobs to other machines, or this is such a machine."""
    return bool(snakemake.remote_exec or snakemake.resource_settings.nodes is not None)


def _tell_jobs(jobs_per_gpu: int | None) -> None:
    """What jobs learn from their environment: the process to end with, and how many share a device."""
    announce()
    if jobs_per_gpu is not None:
        os.environ[SLOTS] = str(jobs_per_gpu)


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _value(resource: Any) -> int | None:
    """The number behind one of Snakemake's resources; None where it has no limit."""
    value = getattr(resource, "value", resource)
    return value if isinstance(value, int) else None
