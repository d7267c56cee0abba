"""`resdag report`: what is measured so far, before a study of days has ended."""

import os
import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path

from resdag.verbs.run import positive

EXAMPLES = """examples:
  resdag report digits                      database, figures and report of the jobs that have run
  resdag report digits --cores 8            eight figures at once

Nothing is measured: the report, its claims and the table `missing` say which jobs have not run yet.  The next
`snakemake ... report` runs these, and makes the report of all.
"""


def options(parser: ArgumentParser) -> None:
    parser.add_argument("study", metavar="STUDY", help="a study file, or the name of one in config/")
    parser.add_argument("--cores", type=positive, default=os.cpu_count(), metavar="N", help="jobs at once (all cores)")


def run(arguments: Namespace) -> int:
    """Make the report, and say where it lies; BusyError beside a workflow, ResdagError where nothing is measured."""
    from resdag.config.load import load_study
    from resdag.execution.locks import take_lock
    from resdag.execution.rest import tell_so_far
    from resdag.planning.manifests import drop_manifests_if_changed
    from resdag.planning.plan import plan_study
    from resdag.verbs.places import enter_study, seen_from

    left = Path.cwd()
    file = enter_study(arguments.study)
    study = load_study(file)
    take_lock()
    happened = drop_manifests_if_changed()
    if happened:
        _say(happened)
    report = tell_so_far(plan_study(study, str(file)), str(file), file, arguments.cores, _say)
    if report:
        print(seen_from(left, report))
    return 0 if report else 1


def _say(line: str) -> None:
    print(f"resdag: {line}", file=sys.stderr)
