"""docs/limits.md, from what benchmarks/scale.py measured."""
# ruff: noqa: E501  (lines of the page, where a number is shorter than its place)

import json
from pathlib import Path
from typing import Any

from benchmarks.measure import DOCS

MEASURED = Path(__file__).with_name("scale.json")
PAGE = DOCS / "limits.md"
TEXT = """# How large a study may be

Nothing counts jobs, rows or networks: what limits a study is time and memory. This page is written by
`python -m benchmarks.scale`, which measured on {plan[hardware]}. Seconds are the processor's, memory is the most that
a process held.

| what | of how many | seconds | memory |
|---|---|---|---|
| a plan, as every dry run makes it | {plan[jobs]:,} jobs: {plan[networks]:,} networks, {plan[seeds]} seeds each \
| {plan[cpu_seconds]:.1f} | {plan[memory_mb]:,} MB |
| `snakemake -n report` | {less[jobs]:,} jobs | {less[cpu_seconds]:.0f} | {less[memory_mb]:,} MB |
| `snakemake -n report` | {dry_run[jobs]:,} jobs | {dry_run[cpu_seconds]:.0f} | {dry_run[memory_mb]:,} MB |
| `snakemake -n report` | {more[jobs]:,} jobs | {more[cpu_seconds]:.0f} | {more[memory_mb]:,} MB |
| a new `results.duckdb`, of {rows[mb]} MB | {rows[rows]:,} rows of `lesions` | {rows[cpu_seconds]:.0f} \
| {rows[memory_mb]:,} MB |
| all {figures[figures]} figures | {figures[networks]} networks | {figures[cpu_seconds]:.0f} | {figures[memory_mb]:,} MB |
| their report, of {report[mb]:.1f} MB | {report[networks]} networks | {report[cpu_seconds]:.0f} | {report[memory_mb]:,} MB |

**Jobs.** What takes time is Snakemake's graph, before the first job starts: {few:.1f} ms and {few_kb:.0f} KB for each job of
{less[jobs]:,}, {many:.1f} ms and {many_kb:.0f} KB of {more[jobs]:,}. So large a study is better made several, of some networks
each: their rows stand in one `results.duckdb`, and `resdag sql` asks them together. The lesions of a network are few
jobs, since each measures a whole chunk of draws.

**Rows.** A median over all {rows[rows]:,} lesions is there after {rows[query_seconds]:.1f} s. Each run builds the database anew
beside the old one: the disk needs room for both.

**Networks.** A figure draws all networks up to {most}; of more the first {first} by name, which its caption says, and its CSV
and its view hold all. The tallest picture, {figures[tallest_px][0]}, then has {figures[tallest_px][1]:,} pixels, and {figures[slowest][0]} takes the
longest, {figures[slowest][1]:.0f} s. In the report a figure of more than {panels} panels shows one at a time, which the reader chooses. The
page carries {carried:.0f} MB of rows, compressed, and as many pictures as let it stay below {whole:.1f} MB; others are drawn when they
are asked for, and the rows of the largest figures stand in the files beside the page. Other networks are drawn where their names come
first, or in a study of their own.
"""


def measured() -> dict[str, Any]:
    """Every measurement, by name; none where nothing has been measured."""
    found: dict[str, Any] = json.loads(MEASURED.read_text(encoding="utf-8")) if MEASURED.exists() else {}
    return found


def page(found: dict[str, Any]) -> str:
    """The page; KeyError where something has not been measured yet."""
    # Here, since what draws takes more memory than a plan.
    from resdag.figures.job import FIRST, MOST
    from resdag.report.charts import PANELS, ROWS, WHOLE

    less, more = found["dry_run_of_a_fifth"], found["dry_run_of_four_times"]
    # A job's milliseconds and kilobytes.
    (few, few_kb), (many, many_kb) = (
        (1000 * of["cpu_seconds"] / of["jobs"], 1000 * of["memory_mb"] / of["jobs"]) for of in (less, more)
    )
    return TEXT.format(
        **found, less=less, more=more, most=MOST, first=FIRST, panels=PANELS, whole=WHOLE / 1e6, carried=ROWS / 1e6,
        few=few, few_kb=few_kb, many=many, many_kb=many_kb,
    )  # fmt: skip


def write_page() -> None:
    """Write the page, once everything has been measured."""
    try:
        text = page(measured())
    except KeyError:
        return
    PAGE.write_text(text, encoding="utf-8")
