"""The command line: a dozen verbs, of which `run` does any rule of the workflow by hand.

A verb is one module of `resdag.verbs` and one line of `GROUPS`.  Only the module of the verb that was
asked for is imported, and nothing heavy before it is needed, so that `--help` is there at once.
"""

import argparse
import os
import signal
import sys
from collections.abc import Callable, Sequence
from contextlib import chdir
from difflib import get_close_matches
from importlib import import_module
from types import ModuleType

from resdag.errors import ResdagError

GROUPS: dict[str, dict[str, str]] = {
    "before a run": {
        "check": "is a study file valid, and what does it run?",
        "plan": "jobs, hours, disk and devices, before anything runs",
        "devices": "the devices that jobs can have",
        "blocks": "the blocks of a network, of ours or of others, and what may be done to them",
        "schema": "the JSON schema of study files",
    },
    "run": {
        "run": "run the jobs of one rule by hand",
        "why": "why would jobs run?  Each cause once",
        "report": "database, figures and report of what is measured so far",
    },
    "read what came out": {
        "where": "where are the database and the report of a study?",
        "tables": "the tables and views of results.duckdb, and what their columns mean",
        "sql": "one question to the rows, in SQL, which can change nothing",
        "compare": "which rows differ between two studies, and which verdicts?",
        "export": "the rows of a study as Parquet or CSV files, or to be kept as a reference",
        "restore": "figures and report of rows that were kept, without measuring",
    },
    "tidy up": {
        "clean": "show files of earlier configs that no study in config/ uses; remove them",
        "forget": "take a study's rows out of results.duckdb",
    },
}
VERBS = {verb: words for group in GROUPS.values() for verb, words in group.items()}
EXAMPLES = """examples:
  resdag plan digits                      hours and disk of config/digits.yaml, before anything runs
  resdag why digits                       what would run, and what has changed since it last did
  resdag run delete_single digits         every single-deletion job of the study, by hand

STUDY is a study file, or the name of one in config/.  Each verb has its own --help, with examples.
`snakemake --cores 8 --resources gpu=2 report` runs everything in the right order.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a verb; its exit status: 0 when done, 2 with a sentence when it could not be."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    return _guarded(lambda: _main(words))


def _main(words: list[str]) -> int:
    if not words:
        print(_page(), file=sys.stderr)
        return 2
    if words[0] in ("-h", "--help", "help"):
        print(_page())
        return 0
    if words[0] == "--version":
        print(f"resdag {_version()}")
        return 0
    verb, rest = _verb(words)
    module = import_module(f"resdag.verbs.{verb}")
    arguments = parser(verb, module, "-h" in rest or "--help" in rest).parse_args(rest)
    with chdir("."):  # a verb goes to its checkout, and back
        return int(module.run(arguments))


def _verb(words: list[str]) -> tuple[str, list[str]]:
    """The verb and its arguments; `train-network STUDY`, as verbs once were, is `run train-network STUDY`."""
    if words[0] in VERBS:
        return words[0], words[1:]
    from resdag.verbs.rules import rules

    spelt = {rule.replace("_", "-") for rule in rules()}
    if words[0].replace("_", "-") in spelt:
        return "run", words
    near = get_close_matches(words[0], [*VERBS, *spelt], n=1)
    meant = f"did you mean {'run ' * (near[0] in spelt)}{near[0]}?" if near else f"there are {', '.join(VERBS)}"
    raise ResdagError(f"{words[0]!r} is no verb: {meant}; `resdag --help` shows them all")


def parser(verb: str, module: ModuleType, helping: bool = False) -> argparse.ArgumentParser:
    """The arguments of a verb; what only its help says is made when that is asked for."""
    made = argparse.ArgumentParser(
        prog=f"resdag {verb}",
        description=f"{VERBS[verb][0].upper()}{VERBS[verb][1:]}{'' if VERBS[verb][-1] in '.?' else '.'}",
        epilog=module.EXAMPLES + (module.more() if helping and hasattr(module, "more") else ""),
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    module.options(made)
    return made


def _page() -> str:
    """What `resdag --help` says: the verbs by what they are for."""
    lines = ["usage: resdag VERB ...   (resdag VERB --help, resdag --version)", ""]
    lines += ["What is a residual network? Veit, Wilber and Belongie (2016) as a Snakemake DAG.", ""]
    for group, verbs in GROUPS.items():
        lines += [f"{group}:", *(f"  {verb:10} {words}" for verb, words in verbs.items()), ""]
    return "\n".join(lines) + "\n" + EXAMPLES.rstrip()


def _version() -> str:
    from importlib.metadata import version

    return version("resdag")


def _guarded(run: Callable[[], int]) -> int:
    """The exit status of what may fail: a sentence for a person, never a traceback but for a bug."""
    try:
        done = run()
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
