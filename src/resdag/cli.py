"""The command line: one verb for each rule of the workflow, and a few to look ahead and tidy up.

Nothing heavy is imported before a verb needs it, so that `--help` is there at once.
"""

import argparse
import os
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from resdag.errors import ResdagError

EXAMPLES = """examples:
  resdag check config/digits.yaml                     is this study valid, and what does it run?
  resdag plan config/config.yaml                      jobs, hours and disk, before anything runs
  resdag train-network config/digits.yaml --network resnet110 --seed 0
  resdag delete-single config/digits.yaml             every single-deletion job of the study
  resdag forget digits                                take a study's rows out of results.duckdb

Each verb of a rule runs the jobs of that rule whose inputs are there; without a choice
(--network, --seed, ...), all of them.  `snakemake --cores 8 --resources gpu=2 report` runs
everything in the right order.
"""

# verb -> (what it does, what tells its jobs apart)
RULES: dict[str, tuple[str, tuple[str, ...]]] = {
    "prepare-data": ("check or fetch the images, and write them as tensors", ()),
    "train-network": ("train a network, or go on where it was interrupted", ("network", "seed")),
    "load-network": ("take over a network that was trained elsewhere", ("network", "seed")),
    "evaluate-network": ("measure an intact network", ("network", "seed")),
    "measure-gates": ("how far open the gates of a highway network are", ("network", "seed")),
    "delete-single": ("delete each block by itself (figures 3, 4, 8)", ("network", "seed")),
    "delete-random": ("delete k random blocks (figure 5a)", ("network", "seed", "chunk")),
    "reorder-blocks": ("let blocks change places (figure 5b)", ("network", "seed", "chunk")),
    "delete-skips": ("delete each skip by itself, its branch kept", ("network", "seed")),
    "delete-recalibrated": ("delete each block by itself, then re-estimate batch norm", ("network", "seed")),
    "delete-pairs": ("delete every two blocks together", ("network", "seed")),
    "delete-runs": ("delete consecutive blocks together", ("network", "seed")),
    "average-ensembles": ("average networks trained from different seeds", ("network",)),
    "repeat-blocks": ("run each block several times in a row", ("network", "seed")),
    "sample-path-gradients": ("gradients along paths (figures 6b, 6c)", ("network", "seed", "epoch", "chunk")),
    "measure-path-spectrum": (
        "all paths of each length: their sum, exactly, and their energy",
        ("network", "seed", "epoch", "chunk"),
    ),
    "count-paths": ("path lengths and remaining paths in closed form (figures 6a, 7)", ("network", "seed")),
    "compare-networks": ("hold networks of other depth, multiplicity or blocks per batch against each other", ()),
    "iterate-mean-field": ("moments of infinitely wide random networks, by recursion", ("system",)),
    "simulate-mean-field": ("moments of random networks, simulated", ("system", "chunk")),
    "compute-lesion-tests": ("does a single deletion change the error?", ()),
    "compute-interactions": ("which pairs of blocks interact?", ()),
    "compute-path-norms": ("norms of sampled paths by length", ()),
    "compute-spectrum-norms": ("norms of all paths of each length", ()),
    "judge-claims": ("hold the numbers to each statement of the paper", ()),
    "write-database": ("put the study's rows into results.duckdb", ()),
    "draw-figure": ("draw a figure from its view", ("figure",)),
    "write-report": ("write report.html", ()),
}
Handler = Callable[[argparse.Namespace], int]


def parser() -> argparse.ArgumentParser:
    """The whole command line."""
    top = argparse.ArgumentParser(
        prog="resdag",
        description="What is a residual network? Veit, Wilber and Belongie (2016) as a Snakemake DAG.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    verbs = top.add_subparsers(dest="verb", required=True, metavar="VERB")
    _add(verbs, "check", "is a study file valid, and what does it run?", _check)
    _add(verbs, "plan", "jobs, hours, disk and devices, before anything runs", _plan)
    why = _add(verbs, "why", "why would a job run?", _why)
    why.add_argument("target", help="an output's path, a rule, or a rule with a network, seed or figure")
    why.epilog = "example: resdag why config/digits.yaml 'train_network resnet110'"
    for verb, (text, keys) in RULES.items():
        _add_rule(verbs, verb, text, keys)
    schema = verbs.add_parser("schema", help="print the JSON schema of study files")
    schema.set_defaults(handler=_schema)
    forget = verbs.add_parser("forget", help="take a study's rows out of results.duckdb")
    forget.add_argument("study", help="the study's name")
    forget.set_defaults(handler=_forget)
    clean = verbs.add_parser("clean", help="show files of earlier configs that no study in config/ uses; remove them")
    clean.add_argument("--remove", action="store_true", help="remove them, not just show them")
    clean.set_defaults(handler=_clean)
    _add(verbs, "where", "where are the database and the report of a study?", _where)
    devices = verbs.add_parser("devices", help="show the devices that jobs can have")
    devices.add_argument("--at-once", type=_positive, metavar="CORES", help="print only how many torch jobs can run")
    devices.set_defaults(handler=_devices)
    return top


def _add(verbs, verb: str, text: str, handler: Handler) -> argparse.ArgumentParser:  # type: ignore[no-untyped-def]
    added: argparse.ArgumentParser = verbs.add_parser(verb, help=text, description=text[0].upper() + text[1:] + ".")
    added.add_argument("file", type=Path, metavar="STUDY", help="a study file, such as config/digits.yaml")
    added.set_defaults(handler=handler)
    return added


def _add_rule(verbs, verb: str, text: str, keys: Sequence[str]) -> None:  # type: ignore[no-untyped-def]
    added = _add(verbs, verb, text, _run_rule)
    choice = "".join(f" --{key} ..." for key in keys)
    added.epilog = f"example: resdag {verb} config/digits.yaml{choice}"
    for key in keys:
        added.add_argument(f"--{key}", help=f"only jobs of this {key}")
    added.add_argument("--fingerprint", help="only the job with this fingerprint, as in the path of its output")
    added.add_argument("--threads", type=_positive, metavar="N", help="CPU threads (all cores)")
    added.add_argument("--log", type=Path, metavar="FILE", help="write what is said there too")


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"got {text!r}; give a whole number from 1 on")
    return int(text)


def _check(arguments: argparse.Namespace) -> int:
    from resdag.config.load import load_study
    from resdag.planning.plan import plan_study

    study = load_study(arguments.file)
    plan = plan_study(study, str(arguments.file))
    counts = {rule: len(plan.of_rule(rule)) for rule in dict.fromkeys(job.rule for job in plan.jobs)}
    print(f"{arguments.file}: study {study.study} is valid: {len(plan.jobs)} jobs")
    for rule, count in counts.items():
        print(f"  {count:5d}  {rule}")
    return 0


def _run_rule(arguments: argparse.Namespace) -> int:
    rule = arguments.verb.replace("-", "_")
    if arguments.fingerprint:  # a job of a workflow
        status = _run_job(rule)
        if status is not None:
            return status
    from resdag.config.load import load_study
    from resdag.execution.runner import run, select, write_benchmark
    from resdag.planning.plan import plan_study

    if arguments.log:
        _say_to(arguments.log)
    study = load_study(arguments.file, look_beside=not arguments.fingerprint)
    keys = RULES[arguments.verb][1]
    wanted = {key: getattr(arguments, key) for key in (*keys, "fingerprint")}
    plan = plan_study(study, str(arguments.file))
    jobs = select(list(plan.jobs), rule, wanted)
    if not jobs:
        raise ResdagError(_no_such_job(arguments.verb, wanted, [job.of for job in plan.of_rule(rule)]))
    for job in jobs:
        run(study, job, arguments.threads, arguments.file)
        if arguments.fingerprint:
            write_benchmark(job)
    return 0


def _run_job(rule: str) -> int | None:
    """Let a warm server run this very command: its exit status, or None where there is none."""
    from resdag.execution.lifetime import end_with_parent
    from resdag.execution.warm import run_warm
    from resdag.layout import MEASURING_RULES

    end_with_parent()
    return run_warm("measuring" if rule in MEASURING_RULES else "reading", sys.argv[1:])


def _no_such_job(verb: str, wanted: Mapping[str, Any], there: Sequence[Mapping[str, Any]]) -> str:
    """The first choice that fits no job, and what would."""
    if not there:
        return f"{verb}: the study has no job of this rule; `resdag check` says which rules it runs"
    for key, value in wanted.items():
        values = dict.fromkeys(str(of[key]) for of in there if key in of)
        if value is not None and value not in values:
            return f"{verb} --{key}: got {value!r}; the study has {', '.join(values)}"
    chosen = " ".join(f"--{key} {value}" for key, value in wanted.items() if value is not None)
    return f"{verb} {chosen}: the study has no one job with all of these; leave one of them out"


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


def _schema(arguments: argparse.Namespace) -> int:
    from resdag.config.schema import schema_text

    print(schema_text(), end="")
    return 0


def _forget(arguments: argparse.Namespace) -> int:
    from resdag.execution.workflow import take_lock
    from resdag.layout import DATABASE
    from resdag.planning.manifests import drop_manifests
    from resdag.store.build import forget, studies

    there = studies(DATABASE)
    if arguments.study not in there:
        raise ResdagError(f"{DATABASE} holds no study {arguments.study!r}; its studies: {', '.join(there) or 'none'}")
    take_lock()  # a database job under way would store the rows again
    drop_manifests({*studies(DATABASE)} - {arguments.study})
    forget(DATABASE, arguments.study)
    print(f"{DATABASE}: the rows of {arguments.study} are gone; its files are still in results/{arguments.study}")
    return 0


def _plan(arguments: argparse.Namespace) -> int:
    from resdag.config.load import load_study
    from resdag.planning.cost import estimate
    from resdag.planning.manifests import drop_manifests_if_lost
    from resdag.planning.plan import plan_study

    drop_manifests_if_lost()
    study = load_study(arguments.file)
    print("\n".join(estimate(study, plan_study(study, str(arguments.file)))))
    return 0


def _why(arguments: argparse.Namespace) -> int:
    from resdag.config.load import load_study
    from resdag.planning.manifests import drop_manifests_if_lost
    from resdag.planning.plan import plan_study
    from resdag.planning.why import why

    drop_manifests_if_lost()
    lines = why(plan_study(load_study(arguments.file), str(arguments.file)), arguments.target)
    if not lines:
        raise ResdagError(
            f"{arguments.target!r} is no output, rule or job of {arguments.file}; see `resdag check {arguments.file}`"
        )
    print("\n".join(lines))
    return 0


def _clean(arguments: argparse.Namespace) -> int:
    from resdag.planning.unused import forgotten, remove, unused

    files = unused()
    size = sum(path.stat().st_size for path in files)
    for path in files:
        print(path)
    if arguments.remove:
        remove(files)
    done = "removed" if arguments.remove else "can be removed with --remove"
    print(f"{len(files)} files, {size / 1e6:,.1f} MB, {done}")
    for name in forgotten():
        print(f"results/{name}: no study in config/ has this name; remove the folder if you do not want it")
    return 0


def _where(arguments: argparse.Namespace) -> int:
    from resdag.config.load import load_study
    from resdag.layout import DATABASE, base

    study = load_study(arguments.file).study
    print(f"database  {DATABASE}\nreport    {base(study)}/report.html\nfigures   {base(study)}/figures")
    return 0


def _devices(arguments: argparse.Namespace) -> int:
    from resdag.execution.devices import slots_per_device, visible_devices

    devices = visible_devices()
    if arguments.at_once:
        print(len(devices) * slots_per_device() or arguments.at_once)
    else:
        print("\n".join(devices) or "none: jobs run on the CPU")
    return 0


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a verb; 0 when done, 2 with a sentence when it could not be."""
    chosen = parser().parse_args(arguments)
    try:
        done = int(chosen.handler(chosen))
        sys.stdout.flush()
        return done
    except BrokenPipeError:  # whoever read, as in `| head`, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 128 + signal.SIGPIPE
    except ResdagError as error:
        print(f"resdag: {error}", file=sys.stderr)
        return 2
    except OSError as error:
        place = f"{error.filename}: " if error.filename else ""
        print(f"resdag: {place}{error.strerror or error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
