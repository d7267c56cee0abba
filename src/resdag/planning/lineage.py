"""Which rules measure the rows that a view can show?  Read from its SQL."""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from resdag.discovery import folder_of, modules
from resdag.planning.registry import rules
from resdag.planning.views import code_of, sources, texts_behind


@cache
def texts_of(package: str) -> list[Path]:
    """Files of a package that are code but not Python: templates, styles, scripts."""
    folder = folder_of(f"resdag.{package}")
    return sorted(path for path in folder.iterdir() if path.suffix in {".html", ".css", ".js", ".svg", ".j2"})


def rules_behind(view: str) -> set[str]:
    """Rules whose rows a view can show, through other views too, found in its SQL."""
    return {rule for path in texts_behind(view) for rule in _rules(path)}


def _rules(path: Path) -> Iterator[str]:
    for table in sources(path) & modules("tables").keys():
        if table == "lesions":
            yield from _experiments(code_of(path))
        else:
            yield from (name for name, rule in rules().items() if table in rule.writes)


def _experiments(code: str) -> set[str]:
    """Rules of the experiments that SQL names; of all where it names none."""
    writing = [rule for rule in rules().values() if rule.lesions]
    known = {experiment for rule in writing for experiment in rule.lesions}
    named = {experiment for experiment in known if f"'{experiment}'" in code} or known
    both = named == known or "recalibrated" in re.sub(r"\bNOT (\w+\.)?recalibrated\b", "", code)
    return {rule.name for rule in writing if named & {*rule.lesions} and (both or not rule.recalibrated)}
