"""Jobs end with the workflow that started them, however it ends.

SIGKILL of snakemake leaves its jobs running; the next run would then start the same
jobs beside them.  So a job asks the kernel to end it with its parent (Linux), and
looks whether the workflow still lives, which may have ended while the job was starting.
"""

import ctypes
import os
import signal
import sys
from pathlib import Path

WORKFLOW = "RESDAG_WORKFLOW"  # process id of the snakemake that starts the jobs
PR_SET_PDEATHSIG = 1


def announce() -> None:
    """Let the jobs that this process will start know it."""
    os.environ[WORKFLOW] = str(os.getpid())


def end_with_parent() -> None:
    """End this process when its parent ends, or now if that has happened."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    workflow = os.environ.get(WORKFLOW, "")
    if workflow.isdecimal() and not _is_alive(int(workflow)):
        sys.exit(128 + signal.SIGTERM)


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # there, and another user's
        return True
    return not _is_zombie(process)


def _is_zombie(process: int) -> bool:
    """Whether a process has ended, and nobody has asked how yet; on Linux."""
    try:
        state = Path(f"/proc/{process}/stat").read_bytes().rpartition(b")")[2].split()[0]
    except OSError:
        return False
    return state in (b"Z", b"X")
