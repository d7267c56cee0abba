"""`resdag run`: the jobs of one rule, by hand or as a job of the workflow.

A job of the workflow is told its fingerprint; it runs in the folder that it is started in, and a server that
has its libraries in memory runs it if there is one.
"""

import sys
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any

from resdag.errors import ResdagError

if TYPE_CHECKING:
    from resdag.config.study import Study
    from resdag.planning.job import Job

PLAN = ".sqlite"  # of a workflow: its jobs as they are handed to their processes
EXAMPLES = """examples:
  resdag run train_network digits --network resnet110 --seed 0
  resdag run delete_random config/digits.yaml --chunk 0000     the first draws of every network and seed
  resdag run draw_figure digits --figure figure_3

The jobs of the rule whose inputs are there are run, one after another; without a choice, all of them.
"""
CHOICES = ("network", "seed", "chunk", "epoch", "system", "figure")


def more() -> str:
    """The rules, for `--help`."""
    from resdag.verbs.rules import rules

    lines = [f"  {rule:24} {words}\n{'':27}{_spelt(keys)}\n" for rule, (words, keys) in rules().items()]
    return "\nrules, and what tells the jobs of each apart:\n" + "".join(lines)


def _spelt(keys: Sequence[str]) -> str:
    return " ".join(f"--{key} ..." for key in keys) or "(one job)"


def options(parser: ArgumentParser) -> None:
    parser.add_argument("rule", metavar="RULE", help="a rule of the workflow, such as delete_single")
    parser.add_argument("study", metavar="STUDY", help="a study file, or the name of one in config/")
    for key in CHOICES:
        parser.add_argument(f"--{key}", help=f"only jobs of this {key}")
    parser.add_argument("--of", nargs=2, action="append", default=[], metavar=("KEY", "VALUE"),
                        help="only jobs of this value, whatever a rule tells its jobs apart by")  # fmt: skip
    parser.add_argument("--fingerprint", help="only the job with this fingerprint, as in the path of its output")
    parser.add_argument("--threads", type=positive, metavar="N", help="CPU threads (all cores)")
    parser.add_argument("--log", metavar="FILE", help="write what is said there too")


def positive(text: str) -> int:
    """A whole number from 1 on."""
    if not text.isdecimal() or int(text) < 1:
        raise ArgumentTypeError(f"got {text!r}; give a whole number from 1 on")
    return int(text)


def run(arguments: Namespace) -> int:
    """Run the jobs of a rule that fit the choices."""
    rule = arguments.rule.replace("-", "_")
    if arguments.study.endswith(PLAN):
        return _run_planned(rule, arguments)
    from resdag.config.load import load_study
    from resdag.execution.locks import take_lock_of_steps
    from resdag.planning.plan import plan_study
    from resdag.planning.record import unlike_the_lock
    from resdag.verbs.places import absolute, enter_study

    wanted = _wanted(rule, arguments)
    log = arguments.log and absolute(arguments.log)
    file = enter_study(arguments.study)
    if log:
        _say_to(log)
    study = load_study(file)
    of_rule = plan_study(study, str(file)).of_rule(rule)
    jobs = [job for job in of_rule if all(str(_values(job)[key]) == str(value) for key, value in wanted.items())]
    if not jobs:
        raise ResdagError(_no_such_job(rule, wanted, [_values(job) for job in of_rule]))
    take_lock_of_steps()
    other = unlike_the_lock(jobs)
    if other:
        print(other, file=sys.stderr)
    for job in jobs:
        by_hand(study, job, file, arguments.threads)
    return 0


def by_hand(study: "Study", job: "Job", file: Path, threads: int | None = None) -> None:
    """Run one job of a study that was read from a file, here and now; weights by address are fetched first."""
    from resdag.execution import runner
    from resdag.execution.outside import have_weights
    from resdag.jobs.context import Steps
    from resdag.planning.handing import task

    if job.rule == "load_network":
        have_weights(study, [str(job.of["network"])], Steps(job.rule).line)
    runner.run(task(study, job, file), threads)


def _values(job: "Job") -> dict[str, Any]:
    """What a job may be chosen by."""
    return {**job.of, "fingerprint": job.fingerprint}


def _run_planned(rule: str, arguments: Namespace) -> int:
    """Run one job of a workflow, as its plan describes it: by the warm server of its wing, if there is one."""
    from resdag.execution.lifetime import end_with_parent
    from resdag.execution.task import read_task
    from resdag.execution.warm import run_warm

    end_with_parent()
    task = read_task(Path(arguments.study), rule, str(arguments.fingerprint))
    status = run_warm(task.wing, sys.argv[1:])
    if status is not None:
        return status
    from resdag.execution import runner

    if arguments.log:
        _say_to(Path(arguments.log))
    runner.run(task, arguments.threads)
    runner.write_benchmark(task)
    return 0


def _wanted(rule: str, arguments: Namespace) -> dict[str, Any]:
    """What the jobs are chosen by; ResdagError for a rule that is none, or a choice that it does not have."""
    from resdag.verbs.rules import rules

    known = rules()
    if rule not in known:
        near = get_close_matches(rule, known, n=1)
        meant = f"did you mean {near[0]}?" if near else f"there are {', '.join(known)}"
        raise ResdagError(f"run: {arguments.rule!r} is no rule: {meant}")
    keys = known[rule][1]
    chosen = {key: getattr(arguments, key) for key in CHOICES if getattr(arguments, key) is not None}
    chosen |= dict(arguments.of)
    for key in chosen:
        if key not in keys:
            raise ResdagError(f"run {rule} --{key}: its jobs are told apart by {', '.join(keys) or 'nothing'}")
    return chosen | ({"fingerprint": arguments.fingerprint} if arguments.fingerprint else {})


def _no_such_job(rule: str, wanted: Mapping[str, Any], there: Sequence[Mapping[str, Any]]) -> str:
    """The first choice that fits no job, and what would."""
    if not there:
        return f"run {rule}: the study has no job of this rule; `resdag check` says which rules it runs"
    for key, value in wanted.items():
        values = dict.fromkeys(str(of[key]) for of in there if key in of)
        if value is not None and value not in values:
            return f"run {rule} --{key}: got {value!r}; the study has {', '.join(values)}"
    chosen = " ".join(f"--{key} {value}" for key, value in wanted.items() if value is not None)
    return f"run {rule} {chosen}: the study has no one job with all of these; leave one of them out"


class _Both:
    """Writes what goes to the terminal to a log file too."""

    def __init__(self, terminal, log) -> None:  # type: ignore[no-untyped-def]
        self.terminal, self.log = terminal, log

    def write(self, text: str) -> int:
        self.log.write(text)
        self.log.flush()
        return int(self.terminal.write(text))

    def __getattr__(self, name: str):  # type: ignore[no-untyped-def]
        return getattr(self.terminal, name)


def _say_to(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    sys.stderr = _Both(sys.stderr, open(path, "w", encoding="utf-8"))  # noqa: SIM115  (until the process ends)
