"""Let `snakemake --cores 8 --resources gpu=2 report` mean what it says.

Snakemake's `--resources` takes several values and swallows a target that stands
behind them; the parser then refuses `report`, which is no NAME=INT, before it has read
any Snakefile.  `--config` and `--configfile` do the same.  Logger plugins are imported
while the command line is built, before it is parsed: this one moves what can be no
value of such an option to the front, where targets are understood.  It also
looks at the study files, which Snakemake opens before the Snakefile could.  It is a
logger plugin in name; asked for as one, it logs nothing.
"""

import sys
from logging import LogRecord
from pathlib import Path

from snakemake_interface_logger_plugins.base import LogHandlerBase

_PAIRS = ("--resources", "--res", "--config", "-C")
_FILES = ("--configfile", "--configfiles")
_ENCODED = "base64//"  # as snakemake writes values when it calls itself, on a cluster
_SUFFIXES = (".yaml", ".yml", ".json")


def targets_first(arguments: list[str]) -> list[str]:
    """The arguments with bare words that an option of several values would swallow moved to the front."""
    if "--" in arguments:
        cut = arguments.index("--")
        return targets_first(arguments[:cut]) + arguments[cut:]
    kept: list[str] = []
    targets: list[str] = []
    option = ""
    for argument in arguments:
        if argument.startswith("-"):
            option = argument
        elif _is_target(argument, option, first=kept[-1:] == [option]):
            targets.append(argument)
            continue
        kept.append(argument)
    return targets + kept


def _is_target(argument: str, option: str, first: bool) -> bool:
    """Whether an argument behind an option of several values can be none of its values."""
    if argument.startswith(_ENCODED):
        return False
    if option in _PAIRS:
        return "=" not in argument
    return option in _FILES and not first and not argument.endswith(_SUFFIXES)


def study_files(arguments: list[str]) -> list[str]:
    """The study files that the arguments name."""
    files: list[str] = []
    option = ""
    for argument in arguments:
        if argument.startswith("-"):
            option, _, value = argument.partition("=")
            files += [value] if value and option in _FILES else []
        elif option in _FILES:
            files.append(argument)
    return files


def refuse_unreadable(files: list[str]) -> None:
    """End with a sentence where a study file is no YAML: Snakemake, which reads it next, would end with a traceback."""
    from resdag.config.load import read_yaml
    from resdag.errors import StudyError

    for file in files:
        try:
            read_yaml(Path(file))
        except StudyError as error:
            sys.exit(f"resdag: {error}")


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
    refuse_unreadable(study_files(sys.argv[1:]))
