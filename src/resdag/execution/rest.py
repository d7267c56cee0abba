"""What can be told of a study where a measurement failed, or was not run yet?  All the rest, and what is missing.

Snakemake runs whatever needs nothing of a failed job, and ends.  Then the statistics, claims, database, figures and
report that would have needed it are planned again, without it, and run here, one wave of jobs after another.  The run
has failed all the same: its exit status says so, and the same command tries again what is missing.  Between two runs of
a study that takes days, the same is done of what is measured so far.
"""

import subprocess
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from resdag.errors import ResdagError
from resdag.execution.progress import last_line
from resdag.execution.task import plan_file, write_tasks
from resdag.planning.handing import tasks
from resdag.planning.job import Job, Plan
from resdag.planning.plan import plan_study
from resdag.planning.record import is_done
from resdag.records.tables.missing import NOT_RUN

ENDS = ("write_database", "write_report")  # without these there is nothing to tell
Say = Callable[[str], None]


def tell_the_rest(plan: Plan, failed: Collection[str], source: str, file: Path, at_once: int, say: Say) -> None:
    """Run what a plan can do without its failed jobs, given by fingerprint, and say what is missing.

    Nothing is done where that is not all that is left: a run that was ended, or asked for less than the report, has
    jobs that wait for no failed one.
    """
    waiting = {job.fingerprint: job for job in plan.jobs if not is_done(job)}
    missing = {job.fingerprint: _said(job) for job in waiting.values() if job.fingerprint in failed}
    if not missing or not _all_wait(waiting, missing):
        return
    say(f"{len(missing)} failed, so what needs them is missing: making the report of the rest")
    report = _tell(plan, missing, source, file, at_once, say)
    if report:
        say(f"{report}: has the rest; the same command tries again")


def tell_so_far(plan: Plan, source: str, file: Path, at_once: int, say: Say) -> Path | None:
    """Report what is measured of a study, and run no measurement; the report, None where it could not be made.

    ResdagError where nothing is measured yet.
    """
    measuring = [job for job in plan.jobs if job.kind.wing == "measuring"]
    waiting = {job.fingerprint: job for job in measuring if not is_done(job)}
    if len(waiting) == len(measuring):
        raise ResdagError(f"nothing is measured of study {plan.study.study} yet: run `snakemake ... report` first")
    say(f"{len(measuring) - len(waiting)} of {len(measuring)} measuring jobs have run: making the report of these")
    first = [job for job in waiting.values() if not any(above.fingerprint in waiting for above in job.upstream)]
    return _tell(plan, {job.fingerprint: NOT_RUN for job in first}, source, file, at_once, say)


def _tell(plan: Plan, missing: dict[str, str], source: str, file: Path, at_once: int, say: Say) -> Path | None:
    """Store and report all but what is missing, given with what is said of it; the report, None without one."""
    while not any(plan.find(rule, each) for rule in ENDS for each in missing):
        plan = plan_study(plan.study, source, missing)
        newly = _run(plan, file, at_once)
        if not newly:
            return Path(plan.of_rule("write_report")[0].outputs["report"])
        for job in newly:
            say(f"{job.label} failed: {_said(job)}; all of it: {job.log}")
        missing |= {job.fingerprint: _said(job) for job in newly}
    return None


def _all_wait(waiting: Mapping[str, Job], missing: Collection[str]) -> bool:
    """Whether every job that is not done has failed, or stands behind one that is not done."""
    return all(
        job.fingerprint in missing or any(above.fingerprint in waiting for above in job.upstream)
        for job in waiting.values()
    )


def _run(plan: Plan, file: Path, at_once: int) -> list[Job]:
    """Run the jobs of a plan that are not done; those that failed, none of those behind them is tried."""
    path = plan_file(plan.study.study, [job.fingerprint for job in plan.jobs], {"rest": str(file)})
    write_tasks(path, list(tasks(plan, file)))
    left = [job for job in plan.jobs if not is_done(job)]
    failed: list[Job] = []
    with ThreadPoolExecutor(max(1, at_once)) as threads:
        while wave := _ready(left):
            ended = threads.map(lambda job: _ends_well(job, path), wave)
            failed += [job for job, well in zip(wave, ended, strict=True) if not well]
            left = [job for job in left if job not in wave]
    path.unlink(missing_ok=True)
    return failed


def _ready(left: Sequence[Job]) -> list[Job]:
    return [job for job in left if all(is_done(above) for above in job.upstream)]


def _ends_well(job: Job, plan: Path) -> bool:
    command = ["resdag", "run", job.rule, str(plan), "--fingerprint", job.fingerprint, "--threads", "1"]
    Path(job.log).parent.mkdir(parents=True, exist_ok=True)
    done = subprocess.run([*command, "--log", job.log], stdin=subprocess.DEVNULL, capture_output=True, check=False)
    return done.returncode == 0 and is_done(job)


def _said(job: Job) -> str:
    """The last line of a job's log, without the program's name."""
    return last_line(job.log).removeprefix("resdag: ")
