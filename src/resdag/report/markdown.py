"""A study as Markdown, for docs/: what was asked of the paper, the figures with their findings, the errors.

    python -m resdag.report.markdown digits docs/figures > part.md

Pictures are copied to `docs/figures/STUDY_figure_5a.svg`; without a folder, the tables alone.
"""

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import polars as pl

from resdag.figures.modules import module_of
from resdag.figures.save import read_figure
from resdag.figures.words import interval, percent
from resdag.layout import base
from resdag.planning.figures import figure_names
from resdag.report.charts import label
from resdag.report.words import plain, quantity
from resdag.store.read import connect, frame


def claims_table(claims: pl.DataFrame) -> str:
    """One row per statement that was judged: the paper's value, ours with its interval, the verdict."""
    lines = ["| statement | paper | here | verdict |", "|---|---|---|---|"]
    for row in claims.filter(pl.col("verdict") != "not run").iter_rows(named=True):
        between = ""
        if row["low"] is not None and row["high"] is not None:
            between = f" ({plain(row['low'], row['unit'])} to {plain(row['high'], row['unit'])})"
        ours = quantity(row["ours"], row["unit"]) + between
        lines.append(f"| {row['statement']} ({row['figure']}) | {row['paper']} | {ours} | {row['verdict']} |")
    return "\n".join(lines)


def errors_table(errors: pl.DataFrame) -> str:
    """One row per network and seed: its training, its test error with Wilson's interval."""
    lines = ["| network | seed | training | test error | interval, % |", "|---|---|---|---|---|"]
    for row in errors.iter_rows(named=True):
        error = f"{percent(row['error'])}, {row['errors']} of {row['images']:,}"
        lines.append(
            f"| {row['network']} | {row['seed']} | {row['training']} | {error} | {interval(row['low'], row['high'])} |"
        )
    return "\n".join(lines)


def figures(study: str, kept: Path) -> Iterator[str]:
    """Each figure that the study drew, in the order of the page: its title, its finding, its picture, copied."""
    for name in figure_names():
        page = Path(base(study)) / "figures" / f"{name}.html"
        if page.exists() and (said := read_figure(page))["drawn"]:
            picture = kept / f"{study}_{name}.svg"
            shutil.copyfile(page.with_suffix(".svg"), picture)
            title = f"{label(name, module_of(name).PAPER)}: {said['title'][0].lower()}{said['title'][1:]}"
            yield f"### {title}\n\n{said['finding'] or said['caption']}\n\n![{name}]({kept.name}/{picture.name})\n"


def tables(database: Path, study: str) -> Iterator[str]:
    """The claims and the errors of a study."""
    with connect(database) as con:
        yield claims_table(frame(con, "SELECT * FROM claims WHERE study = ?", [study])) + "\n"
        yield errors_table(frame(con, "SELECT * FROM table_errors WHERE study = ?", [study])) + "\n"


def page(database: Path, study: str, kept: Path | None = None) -> str:
    """Claims, figures where there is a folder for their pictures, errors: with a heading each."""
    claims, errors = tables(database, study)
    parts = [f"## What was asked\n\n{claims}"]
    parts += ["## Figures\n", *figures(study, kept)] if kept else []
    return "\n".join([*parts, f"## Errors\n\n{errors}"])


if __name__ == "__main__":
    print(page(Path("results.duckdb"), sys.argv[1], *map(Path, sys.argv[2:])), end="")
