"""Let `snakemake --cores 8 --resources gpu=2 report` mean what it says.

Snakemake's `--resources` takes several values and swallows a target that stands
behind them; the parser then refuses `report`, which is no NAME=INT, before it has read
any Snakefile.  Logger plugins are imported while the command line is built, before it
is parsed: this one moves bare words behind `--resources` to the front, where targets
are understood.  It is a logger plugin in name; asked for as one, it logs nothing.
"""

import sys
from logging import LogRecord
from pathlib import Path

from snakemake_interface_logger_plugins.base import LogHandlerBase

_OPTIONS = ("--resources", "--res")


def targets_first(arguments: list[str]) -> list[str]:
    """The arguments with bare words that `--resources` would swallow moved to the front."""
    if "--" in arguments:
        cut = arguments.index("--")
        return targets_first(arguments[:cut]) + arguments[cut:]
    kept: list[str] = []
    targets: list[str] = []
    within = False
    for argument in arguments:
        if argument.startswith("-"):
            within = argument in _OPTIONS
        elif within and "=" not in argument:
            targets.append(argument)
            continue
        kept.append(argument)
    return targets + kept


class LogHandler(LogHandlerBase):
    """The handler that the plugin interface asks for; it writes nothing."""

    def __post_init__(self) -> None:
        """Nothing to prepare."""

    def emit(self, record: LogRecord) -> None:
        """Nothing to write."""

    @property
    def writes_to_stream(self) -> bool:
        return False

    @property
    def writes_to_file(self) -> bool:
        return False

    @property
    def has_filter(self) -> bool:
        return True

    @property
    def has_formatter(self) -> bool:
        return True

    @property
    def needs_rulegraph(self) -> bool:
        return False


if Path(sys.argv[0]).name == "snakemake" or sys.argv[0].endswith(("snakemake/__main__.py", "snakemake/cli.py")):
    sys.argv[1:] = targets_first(sys.argv[1:])
