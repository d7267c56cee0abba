"""What `resdag compare` says of two studies: text for a terminal, Markdown for a note, JSON for a program."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict
from typing import Any

from tabulate import tabulate

from resdag.figures.words import counted
from resdag.queries.differences import Difference, Move, TableDifference

ASKED = 20
"""Differences between two study files that are spelt out."""
_TABLES = ("table", "rows in a", "rows in b", "only in a", "only in b", "equal", "moved")
_MOVES = ("table", "column", "rows", "largest move", "median move", "where most", "a", "b")


def as_text(found: Difference) -> str:
    """Lines for a terminal."""
    return "\n".join(_lines(found, "simple", ""))


def as_markdown(found: Difference) -> str:
    """The same as Markdown."""
    return "\n".join(_lines(found, "pipe", "## "))


def as_json(found: Difference) -> str:
    """All of it, with the keys of the rows that moved farthest."""
    whole = asdict(found) | {"differs": found.differs}
    return json.dumps(whole, indent=1, default=str)


FORMATS: Mapping[str, Callable[[Difference], str]] = {"text": as_text, "markdown": as_markdown, "json": as_json}


def _lines(found: Difference, style: str, head: str) -> Iterator[str]:
    yield from (f"a: {found.a}  ", f"b: {found.b}", "", summary(found), "")
    if found.asked:
        more = [f"... and {len(found.asked) - ASKED} more"] * (len(found.asked) > ASKED)
        yield from (
            f"{head}The study files ask otherwise",
            "",
            *(f"- {each}" for each in found.asked[:ASKED] + more),
            "",
        )
    if found.verdicts:
        rows = [
            (each.claim, each.before or "-", each.after or "-", *map(_number, each.ours)) for each in found.verdicts
        ]
        yield from _section(head, "Verdicts", ("claim", "a", "b", "ours in a", "ours in b"), rows, style)
    differing = [table for table in found.tables if table.differs]
    if differing:
        yield from _section(head, "Rows", _TABLES, [_counts(table) for table in differing], style)
    moves = [_row(table.table, move) for table in differing for move in table.moves]
    if moves:
        yield from _section(head, "Columns that moved", _MOVES, moves, style)
    yield from _apart(found, style, head)


def summary(found: Difference, a: str = "a", b: str = "b") -> str:
    """One sentence: the same, or what differs; `a` and `b` are what the sides are called."""
    equal = sum(table.equal for table in found.tables)
    if not found.differs:
        return f"The same: {equal:,} rows of {len(found.tables)} tables."
    moved = sum(table.moved for table in found.tables)
    only = [sum(table.only[side] for table in found.tables) for side in (0, 1)]
    verdicts = f"; {counted(len(found.verdicts), 'verdict')} not the same" if found.verdicts else ""
    return f"{moved:,} rows moved, {only[0]:,} only in {a}, {only[1]:,} only in {b}, {equal:,} equal{verdicts}."


def _counts(table: TableDifference) -> tuple[Any, ...]:
    return (table.table, *table.rows, *table.only, table.equal, table.moved)


def _row(table: str, move: Move) -> tuple[Any, ...]:
    worst = move.worst[0]
    numbers = _number(move.largest), _number(move.median)
    return (table, move.column, move.rows, *numbers, where_most(move), _in_pipes(worst["a"]), _in_pipes(worst["b"]))


def where_most(move: Move) -> str:
    """The key of the row that moved farthest."""
    return " ".join(f"{name}={value}" for name, value in move.worst[0].items() if name not in ("a", "b"))


def _apart(found: Difference, style: str, head: str) -> Iterator[str]:
    """What does not count: how the rows came about, and columns that one side lacks."""
    rows = [_row(table.table, move) for table in found.tables for move in table.provenance]
    if rows:
        yield from _section(head, "How rows came about (not counted)", _MOVES, rows, style)
    for side, name in ((0, "a"), (1, "b")):
        lacking = [f"{table.table}.{each}" for table in found.tables for each in table.columns_only[side]]
        if lacking:
            yield from (f"Columns that only {name} has (not counted): {', '.join(lacking)}", "")


def _section(head: str, title: str, names: tuple[str, ...], rows: list[tuple[Any, ...]], style: str) -> Iterator[str]:
    yield from (f"{head}{title}", "", tabulate(rows, names, tablefmt=style, disable_numparse=True), "")


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.4g}"


def _in_pipes(value: Any) -> str:
    return cell(value).replace("|", "\\|")


def cell(value: Any) -> str:
    """A value, short enough for a table."""
    text = "-" if value is None else f"{value:.6g}" if isinstance(value, float) else str(value)
    return text if len(text) <= 40 else text[:37] + "..."
