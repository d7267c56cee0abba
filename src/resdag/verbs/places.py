"""Where does a verb act?  In the checkout that one stands in, or that the study file lies in; nowhere else.

Results, the database and the studies of config/ are places of a checkout.  A verb finds it upwards from
the folder that it was typed in, goes there, and says paths as seen from where it was typed.
"""

import os
import re
from collections.abc import Iterator
from difflib import get_close_matches
from pathlib import Path

from resdag.errors import ResdagError, StudyError

CONFIG = "config"
_SUFFIXES = (".yaml", ".yml")
_NAME = re.compile(r"^study:\s*[\"']?([a-z0-9-]+)", re.MULTILINE)


def checkout_above(folder: Path) -> Path | None:
    """The checkout that a folder is in: where the Snakefile and the package lie, or where a workflow has run."""
    for place in (folder, *folder.parents):
        if (place / "Snakefile").is_file() and (place / "src/resdag").is_dir():
            return place
        if (place / "results/.workflow.lock").is_file():  # snakemake --directory
            return place
    return None


def enter_checkout(near: Path | None = None) -> Path:
    """Go to the checkout of the working folder, or else to that of a path `near`; the folder left behind.

    ResdagError where neither is in one: what a verb leaves behind would lie about anywhere.
    """
    left = Path.cwd()
    root = checkout_above(left) or (checkout_above(near.resolve().parent) if near else None)
    if root is None:
        raise ResdagError(
            f"{left} is in no checkout of resdag: change to one, or to a folder in it"
            + ("" if near else ", or name a study file that lies in one")
        )
    os.chdir(root)
    return left


def enter_study(given: str) -> Path:
    """Go to the checkout of a study; its file as seen from there.

    `given` is a path from the working folder or from the checkout, or the name of a file or study in config/.
    StudyError with the nearest name where there is no such file.
    """
    left = enter_checkout(Path(given) if Path(given).exists() else None)
    for path in (left / given, Path(given), *_named(given)):
        if path.is_file():
            return from_here(path)
    raise StudyError(_no_such_study(given))


def study_name(given: str, left: Path) -> str:
    """The name of a study, given as such or by its file: a path from the folder `left`, or a file's name in config/."""
    for path in (left / given, Path(given), *_named(given)):
        if path.suffix in _SUFFIXES and path.is_file():
            return (_names_in(path) or [given])[0]
    return given


def database_of(given: str | None) -> Path:
    """A database: a file from the working folder, or else results.duckdb of the checkout, which is entered."""
    if given:
        return absolute(given)
    from resdag.layout import DATABASE

    enter_checkout()
    return DATABASE


def absolute(given: str) -> Path:
    """A path that holds from whichever folder one goes to."""
    return Path(os.path.abspath(given))


def from_here(path: Path) -> Path:
    """The path relative to the working folder if it lies in it, or else whole."""
    whole, here = absolute(str(path)), Path.cwd()
    return whole.relative_to(here) if whole.is_relative_to(here) else whole


def seen_from(folder: Path, path: Path | str) -> str:
    """A path of the checkout as one types it in another folder."""
    return os.path.relpath(path, folder)


def studies() -> dict[str, Path]:
    """The studies of config/ by the names of their files, and then by their own."""
    files = [path for path in sorted(Path(CONFIG).glob("*.y*ml")) if path.suffix in _SUFFIXES]
    own = {name: path for path in files for name in _names_in(path)}
    return own | {path.stem: path for path in files}


def _named(given: str) -> Iterator[Path]:
    found = studies().get(given)
    if found:
        yield found


def _names_in(path: Path) -> list[str]:
    """The study's name as the text has it: its file may not be valid, which is said when it is read."""
    try:
        return _NAME.findall(path.read_text(encoding="utf-8-sig"))[:1]
    except (OSError, UnicodeDecodeError):
        return []


def _no_such_study(given: str) -> str:
    there = studies()
    near = get_close_matches(Path(given).stem, there, n=1)
    meant = f"did you mean {near[0]}? " if near else ""
    return (
        f"{given}: cannot be read (No such file), and no study in {CONFIG}/ has this name; "
        f"{meant}there are {', '.join(sorted(there)) or 'none'}"
    )
