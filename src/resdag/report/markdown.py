"""A study's claims and errors as Markdown, for docs/ and READMEs: `python -m resdag.report.markdown STUDY`."""

import sys
from pathlib import Path

import polars as pl

from resdag.figures.words import interval, percent
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


def page(database: Path, study: str) -> str:
    """Both tables of a study."""
    with connect(database) as con:
        claims = frame(con, "SELECT * FROM claims WHERE study = ?", [study])
        errors = frame(con, "SELECT * FROM table_errors WHERE study = ?", [study])
    return f"{errors_table(errors)}\n\n{claims_table(claims)}\n"


if __name__ == "__main__":
    print(page(Path("results.duckdb"), sys.argv[1]), end="")
