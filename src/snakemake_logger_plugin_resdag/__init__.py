"""Let `snakemake --cores 8 --resources gpu=2 report` mean what it says.

Snakemake's `--resources` takes several values and swallows a target that stands
behind them; the parser then refuses `report`, which is no NAME=INT, before it has read
any Snakefile.  `--config` and `--configfile` do the same.  Logger plugins are imported
while the command line is built, before it is parsed: this one moves what can be no
value of such an option to the front, where targets are understood.  It also
looks at the study files, which Snakemake opens before the Snakefile could.  As a logger,
which the profile asks for, it says how far a run is.

Every snakemake of the environment imports it, so it first looks whose workflow is
asked for: it touches nothing unless the Snakefile, or one that it includes or takes
as a module, is resdag's.
"""

import re
import sys
from contextlib import suppress
from logging import LogRecord
from pathlib import Path

from snakemake_interface_logger_plugins.base import LogHandlerBase

_PAIRS = ("--resources", "--res", "--config", "-C")
_FILES = ("--configfile", "--configfiles")
_ENCODED = "base64//"  # as snakemake writes values when it calls itself, on a cluster
_SUFFIXES = (".yaml", ".yml", ".json")
_SNAKEFILES = ("Snakefile", "snakefile", "workflow/Snakefile", "workflow/snakefile")  # where Snakemake looks
_OURS = "from resdag.execution.workflow import open_workflow"
_OTHERS = re.compile(r"""^\s*(?:include|snakefile):\s*["']([^"']+)["']""", re.MULTILINE)


def is_ours(arguments: list[str]) -> bool:
    """Whether the workflow that these arguments ask for is resdag's, or is built upon it."""
    named = _value_of(arguments, "--snakefile", "-s")
    found = [Path(named)] if named else [path for path in map(Path, _SNAKEFILES) if path.exists()]
    return bool(found) and _leads_to_us(found[0])


def _value_of(arguments: list[str], long: str, short: str) -> str | None:
    """The value of an option, where it stands last; None where it is not given."""
    found = None
    for argument, value in zip(arguments, [*arguments[1:], ""], strict=False):
        option, equals, attached = argument.partition("=")
        if option in (long, short):
            found = attached if equals else value
        elif re.match(rf"{short}[^-]", argument):
            found = argument[2:]
    return found


def _leads_to_us(snakefile: Path) -> bool:
    """Whether a Snakefile opens our workflow, or the files that it names do."""
    text = _text_of(snakefile)
    named = (snakefile.parent / each for each in _OTHERS.findall(text))
    return _OURS in text or any(_OURS in _text_of(path) for path in named)


def _text_of(path: Path) -> str:
    with suppress(OSError, UnicodeDecodeError):  # Snakemake says what it cannot read
        return path.read_text(encoding="utf-8")
    return ""


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
    """Says how a run of a study goes (`living`); whatever is no run looks as Snakemake has it."""

    def __post_init__(self) -> None:
        from snakemake.logging import ColorizingTextHandler, DefaultFilter, DefaultFormatter

        from snakemake_logger_plugin_resdag.living import Living, is_run, stream_of

        asked, stream = self.common_settings, stream_of(self.common_settings)
        shown = DefaultFilter(asked.quiet, asked.debug_dag, asked.verbose, asked.dryrun, asked.printshellcmds)
        words = DefaultFormatter(asked.quiet, asked.show_failed_logs)
        self._plain = ColorizingTextHandler(asked.nocolor, stream, formatter=words, filter=shown)
        self._living = Living(stream) if is_run(asked) else None

    def emit(self, record: LogRecord) -> None:
        """Say what a record has to say."""
        if self._living is None:
            self._plain.handle(record)
        elif not self._living.take(record) and self._plain.filter(record):
            self._living.say(self._plain.format(record))

    def close(self) -> None:
        """The run is over."""
        if self._living is not None:
            self._living.close()
            self._living = None
        super().close()

    @property
    def writes_to_stream(self) -> bool:
        return True

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


def _prepare() -> None:
    """Before Snakemake parses its command line: what it would not survive, or not understand."""
    from snakemake_logger_plugin_resdag.places import prepare_places

    sys.argv[1:] = targets_first(sys.argv[1:])
    refuse_unreadable(study_files(sys.argv[1:]))
    prepare_places(Path(_value_of(sys.argv[1:], "--directory", "-d") or "."))


_CALLED = Path(sys.argv[0]).name == "snakemake" or sys.argv[0].endswith(("snakemake/__main__.py", "snakemake/cli.py"))
if _CALLED and is_ours(sys.argv[1:]):
    _prepare()
