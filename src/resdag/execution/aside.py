"""What a killed process was writing aside goes with the next run: such a name holds the process that it is of."""

import re
from pathlib import Path

import psutil

from resdag.layout import RESULTS

NAME = re.compile(r"\..+\.(\d+)\.part")  # of `atomic.whole_file`


def sweep() -> list[Path]:
    """Remove the files under results/ that processes which have ended were writing; which they were.

    To be called by who holds the lock of a workflow, on the machine that jobs run on.
    """
    found = [path for path in RESULTS.rglob(".*.part") if _is_left(path.name)]
    for path in found:
        path.unlink(missing_ok=True)
    return found


def _is_left(name: str) -> bool:
    process = NAME.fullmatch(name)
    return process is not None and not psutil.pid_exists(int(process[1]))
