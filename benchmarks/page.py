"""docs/benchmarks.md, from the JSON files in benchmarks/results/."""

import json
from statistics import median
from typing import Any

from benchmarks import scaling
from benchmarks.measure import DOCS, RESULTS

PAGE = DOCS / "benchmarks.md"
HEAD = """# Benchmarks

Written by `make bench`. Each pair runs in one process, in turn, several times; seconds are medians, the gain the median
of the ratios run by run. The other side is the plain way, written plainly in `benchmarks/plain.py`.

| what | plain | resdag | gain | asked for | the same numbers? |
|---|---|---|---|---|---|
"""


def write_page() -> None:
    """Write the page from what has been measured so far."""
    found = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(RESULTS.glob("*.json"))]
    paired = [one for one in found if one["plain_seconds"]]
    sized = [one for one in found if "rows" in one["notes"]]
    alone = [one for one in found if not one["plain_seconds"] and one not in sized]
    text = HEAD + "".join(_row(one) for one in paired)
    if alone:
        text += "\n| what | measured | asked for |\n|---|---|---|\n" + "".join(_alone(one) for one in alone)
    text += "".join(scaling.section(one["notes"]["rows"]) for one in sized)
    PAGE.write_text(text + "\n" + _machine(found), encoding="utf-8")


def _row(one: dict[str, Any]) -> str:
    sides = f"{median(one['plain_seconds']):.3g} s | {median(one['ours_seconds']):.3g} s"
    return f"| {one['what']} | {sides} | {one['gain']:.2f}x | {one['least']} | {one['same']} |\n"


def _alone(one: dict[str, Any]) -> str:
    measured = ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in one["notes"].items())
    return f"| {one['what']} | {measured} | {one['least']} |\n"


def _machine(found: list[dict[str, Any]]) -> str:
    lines = sorted({f"{one['hardware']}; torch {one['versions'].get('torch')}, duckdb {one['versions'].get('duckdb')}; "
                    f"{one['at'][:10]}" for one in found})  # fmt: skip
    return "Machine: " + "; ".join(lines) + ".\n" if lines else ""
