"""Where does Snakemake itself write?  Into .snakemake here, and under HOME, where it keeps copies of sources.

Where it cannot, it ends with a traceback.  Of HOME that is the rule in many containers, whose user has none, or shares
one that is read-only: a folder in the checkout takes its place, in which torch keeps what it compiles and fetches too.
"""

import os
import sys
from pathlib import Path

from snakemake.common import get_appdirs

OWN = ".snakemake"


def prepare_places(folder: Path) -> None:
    """Let Snakemake, which is to run in a folder, write elsewhere what it cannot under HOME, and say so.

    Ends with a sentence where it cannot write into that folder.
    """
    here = folder.absolute() / OWN
    refused = _refusal(here)
    if refused is not None:
        sys.exit(
            f"resdag: {here} cannot be written to ({refused}), and Snakemake needs it even for a dry run: "
            "copy the checkout, or ask `resdag plan` and `resdag why`, which write nothing"
        )
    theirs, own = Path(get_appdirs().user_cache_dir), here / "cache"
    refused = _refusal(theirs)
    if refused is not None:
        os.environ["XDG_CACHE_HOME"] = str(own)
        print(f"resdag: {theirs} cannot be written to ({refused}): {own} takes its place", file=sys.stderr, flush=True)


def _refusal(folder: Path) -> str | None:
    """Why nothing can be written to a folder; None where it can."""
    probe = folder / f".probe-{os.getpid()}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe.touch()
        probe.unlink()
    except OSError as error:
        return error.strerror or str(error)
    return None
