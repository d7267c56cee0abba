"""A job as it is handed to the process that runs it: plain values, from the plan that the workflow made.

A workflow writes all of its jobs into one file, results/.plans/HASH.sqlite, before the first of them starts; each
job looks itself up there by rule and fingerprint, whatever their number.  It reads no study and plans nothing.
What it checks is its code: see `refuse_other_code`.
"""

import json
import os
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from resdag.atomic import whole_file
from resdag.digests import fingerprint
from resdag.errors import StaleStudyError
from resdag.layout import RESULTS

PLANS = RESULTS / ".plans"
AGAIN = "start the same command again"


@dataclass(frozen=True)
class Task:
    """One job, and what its process needs to know of it."""

    rule: str
    label: str
    fingerprint: str
    module: str
    wing: str
    device: bool
    devices: int  # at once
    of: Mapping[str, Any]
    keys: Mapping[str, Any]  # columns of every row that it writes
    spec: Mapping[str, Any]
    settings: Mapping[str, Any]  # what does not change the result: places, memory
    inputs: Mapping[str, Mapping[str, str]]  # outputs of each job upstream
    records: Mapping[str, str]  # and the record that it left
    outputs: Mapping[str, str]
    tables: tuple[str, ...]
    benchmark: str
    record: str  # where it leaves what it was made from
    identity: Mapping[str, Any]
    upstream: Mapping[str, str]  # label -> fingerprint
    modules: tuple[str, ...]
    texts: tuple[str, ...]


def refuse_other_code(task: Task) -> None:
    """Raise StaleStudyError where the code of a job is no longer what it was when the job was planned."""
    from resdag.provenance import code_digest

    if code_digest(*task.modules, texts=[Path(text) for text in task.texts]) != task.identity["code"]:
        raise StaleStudyError(f"{task.label}: its code changed after this workflow was planned; {AGAIN}")


def plan_file(study: str, fingerprints: list[str], settings: Mapping[str, Any]) -> Path:
    """Where the jobs of a plan are written: the same plan has the same file."""
    return PLANS / f"{study}-{fingerprint([fingerprints, settings])}.sqlite"


def write_tasks(path: Path, tasks: list[Task]) -> None:
    """Write the jobs of a plan, whole or not at all; nobody else may look: an address may hold a password."""
    PLANS.mkdir(mode=0o700, parents=True, exist_ok=True)
    rows = [(task.rule, task.fingerprint, json.dumps(asdict(task))) for task in tasks]
    with closing(sqlite3.connect(":memory:")) as con:
        con.execute("CREATE TABLE tasks (rule TEXT, fingerprint TEXT, task TEXT, PRIMARY KEY (rule, fingerprint))")
        con.executemany("INSERT INTO tasks VALUES (?, ?, ?)", rows)
        con.commit()
        content = con.serialize()
    with whole_file(path) as file:
        file.write(content)


def read_task(path: Path, rule: str, fingerprint: str) -> Task:
    """The job of a rule with this fingerprint; StaleStudyError where the plan is gone or does not have it."""
    query = "SELECT task FROM tasks WHERE rule = ? AND fingerprint = ?"
    try:
        # Nobody writes to it any more, so no locks: network file systems have them or not.
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro&immutable=1", uri=True)) as con:
            found = con.execute(query, (rule, fingerprint)).fetchone()
    except sqlite3.Error as error:
        raise StaleStudyError(f"{path}: cannot be read as the plan of a workflow ({error}); {AGAIN}") from None
    if found is None:
        raise StaleStudyError(f"{rule} {fingerprint}: is no job of the plan {path}; {AGAIN}")
    values = json.loads(found[0])
    return Task(**values | {name: tuple(values[name]) for name in ("tables", "modules", "texts")})


def in_checkout(file: Path) -> str:
    """A file's path: relative to the checkout if it lies in it, or else whole."""
    whole, here = Path(os.path.abspath(file)), Path.cwd()
    return str(whole.relative_to(here) if whole.is_relative_to(here) else whole)
