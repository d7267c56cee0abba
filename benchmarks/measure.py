"""Time two sides in turn, and write down what came out, with the machine and the versions."""

import json
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

from resdag.execution.machine import git_state, hardware, versions

RESULTS = Path(__file__).parent / "results"
DOCS = Path(__file__).parent.parent / "docs"


@dataclass
class Pair:
    """Seconds of both sides, run by run, in turn, and what else is known of the comparison."""

    name: str
    what: str
    least: str  # what was asked for
    plain_seconds: list[float] = field(default_factory=list)
    ours_seconds: list[float] = field(default_factory=list)
    same: str = ""  # how the answers of both sides compare
    notes: dict[str, Any] = field(default_factory=dict)

    @property
    def gain(self) -> float:
        """Median of the ratios, run by run."""
        return median(a / b for a, b in zip(self.plain_seconds, self.ours_seconds, strict=True))

    def row(self) -> str:
        """The comparison as a row of docs/benchmarks.md."""
        sides = f"{median(self.plain_seconds):.3g} s | {median(self.ours_seconds):.3g} s"
        return f"| {self.what} | {sides} | {self.gain:.2f}x | {self.least} | {self.same} |"


def in_turn(
    pair: Pair,
    plain: Callable[[], Any],
    ours: Callable[[], Any],
    runs: int,
    clock: Callable[[], float] = time.perf_counter,
) -> tuple[Any, Any]:
    """Run both sides once unmeasured and `runs` times measured, A B A B ...; their last answers."""
    answers = plain(), ours()
    for _ in range(runs):
        for side, seconds in ((plain, pair.plain_seconds), (ours, pair.ours_seconds)):
            started = clock()
            answer = side()
            seconds.append(clock() - started)
            answers = (answer, answers[1]) if side is plain else (answers[0], answer)
    return answers


def write(pair: Pair) -> None:
    """benchmarks/results/NAME.json, with the machine, the versions and the commit."""
    commit, dirty = git_state()
    found = asdict(pair) | {"gain": pair.gain} if pair.plain_seconds else asdict(pair)
    found |= {"hardware": hardware(), "versions": versions(), "commit": commit, "dirty": dirty}
    found |= {"at": datetime.now(UTC).isoformat(timespec="seconds")}
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"{pair.name}.json").write_text(json.dumps(found, indent=1, sort_keys=True) + "\n", encoding="utf-8")
