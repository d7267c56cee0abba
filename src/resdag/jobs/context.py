"""What every job of the workflow is given, and how it says how far it is."""

import json
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from resdag.durations import spoken
from resdag.errors import DamagedFileError

Row = dict[str, Any]
Tables = dict[str, list[Row]]


@dataclass(frozen=True)
class Context:
    """One job: what it is of, what determines it, what it reads and writes, and what it runs on.

    `of` tells the rule's jobs apart (network, seed, chunk); `spec` holds all that
    determines the result; `settings` what does not (where files lie, memory);
    `inputs` has the output paths of the jobs upstream, by rule and name.
    """

    of: Mapping[str, Any]
    spec: Mapping[str, Any]
    settings: Mapping[str, Any]
    inputs: Mapping[str, Mapping[str, str]]
    outputs: Mapping[str, str]
    device: str = "cpu"
    steps: "Steps" = field(default_factory=lambda: Steps("job"))

    def input(self, name: str) -> str:
        """Path of the one input of this name."""
        (path,) = [files[name] for files in self.inputs.values() if name in files]
        return path

    @property
    def memory_bytes(self) -> int:
        """Bound on the activations of a measurement."""
        return int(self.settings["memory_bytes"])


class Steps:
    """Progress of a job: a bar where there is a terminal, and lines with the time left everywhere."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.started = time.monotonic()

    def line(self, text: str) -> None:
        """Say something, above the bar if there is one."""
        from tqdm import tqdm

        tqdm.write(f"{self.name}: {text}", file=sys.stderr)
        sys.stderr.flush()

    def time_left(self, done: float, total: float) -> str:
        """`3 min 20 s left`, from the pace since the start."""
        seconds = (time.monotonic() - self.started) * (total - done) / max(done, 1e-9)
        return f"{spoken(seconds)} left"

    @contextmanager
    def bar(self, total: int, unit: str, done: int = 0) -> Iterator[Any]:
        """A progress bar, drawn only on a terminal."""
        from tqdm import tqdm

        with tqdm(total=total, initial=done, unit=unit, desc=self.name, file=sys.stderr, disable=None) as bar:
            yield bar


def read_json(path: str | Path) -> dict[str, Any]:
    """What a job upstream wrote as JSON; DamagedFileError if it is not whole."""
    try:
        content = json.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise DamagedFileError(f"{path}: is damaged or missing; delete it and give the same command again") from None
    if not isinstance(content, dict):
        raise DamagedFileError(f"{path}: holds no mapping; delete it and give the same command again")
    return content
