"""Which rows does each view rest on?  Read from the files, without importing anything."""

import re
from collections.abc import Iterator
from pathlib import Path

from resdag.layout import EXPERIMENTS, LAYOUT, RECALIBRATED
from resdag.records.tables import BY_NAME

VIEWS = Path(__file__).parents[1] / "store" / "views"
MACROS = Path(__file__).parents[1] / "store" / "macros.sql"


def view_files() -> list[Path]:
    """The SQL of all views, sorted by name."""
    return sorted(VIEWS.glob("*.sql"))


def texts_of(package: str) -> list[Path]:
    """Files of a package that are code but not Python: templates, styles, scripts."""
    folder = Path(__file__).parents[1] / package
    return sorted(path for path in folder.iterdir() if path.suffix in {".html", ".css", ".js", ".svg", ".j2"})


def views_behind(view: str) -> list[Path]:
    """SQL files of a view and of the views that it reads."""
    path = VIEWS / f"{view}.sql"
    others = sorted({other.stem for other in view_files()} & sources(path) - {view})
    return [path, *(below for other in others for below in views_behind(other))]


def tables_behind(view: str) -> set[str]:
    """Tables that a view reads, through other views too, found in its SQL."""
    return {name for path in views_behind(view) for name in sources(path) if name in BY_NAME}


def rules_behind(view: str) -> set[str]:
    """Rules whose rows a view can show, through other views too, found in its SQL."""
    return {rule for path in views_behind(view) for rule in _rules(path)}


def _rules(path: Path) -> Iterator[str]:
    for table in sources(path) & set(BY_NAME):
        if table == "lesions":
            yield from _experiments(_code(path))
        else:
            yield from (rule for rule, files in LAYOUT.items() if table in files)


def _experiments(code: str) -> set[str]:
    """Rules of the experiments that SQL names; of all where it names none."""
    named = {rule for experiment, rule in EXPERIMENTS.items() if f"'{experiment}'" in code}
    if not named:
        return {*EXPERIMENTS.values(), RECALIBRATED}
    both = "recalibrated" in re.sub(r"\bNOT (\w+\.)?recalibrated\b", "", code)
    return named | ({RECALIBRATED} if both else set())


def sources(path: Path) -> set[str]:
    """Names behind FROM and JOIN: a column may have the name of a table, `blocks` for one."""
    return set(re.findall(r"\b(?:FROM|JOIN)\s+(\w+)", _code(path)))


def _code(path: Path) -> str:
    """SQL without comments."""
    return "\n".join(line.split("--")[0] for line in path.read_text(encoding="utf-8").splitlines())
