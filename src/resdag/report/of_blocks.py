"""What came of deleting neighbours together, and of running a block again?  Paragraphs from the rows of their views."""

from typing import Any

import polars as pl

from resdag.report.words import listed, percent

LITTLE = 0.01  # of a change of error that one may call small: a point, as in the rule on single deletions


def runs(rows: pl.DataFrame) -> str:
    """The paragraph on consecutive blocks deleted together."""
    asked = (
        "In an ensemble it would not matter which members go, only how many. Do blocks in a row, which learnt to work "
        "on each other's output, do more damage than as many at random?"
    )
    parts = rows.sort("network", "seed", "length", "first").partition_by("network", "seed", maintain_order=True)
    limits = (
        "Where a few blocks count for more than all others, a random draw is likelier to hold one of them than a run "
        "is: the curve says more than its median."
    )
    return " ".join([asked, *(_runs_of(part) for part in parts), limits])


def _runs_of(rows: pl.DataFrame) -> str:
    of: dict[str, Any] = rows.row(0, named=True)
    said = [_length(part) for part in rows.partition_by("length", maintain_order=True)]
    return f"{of['network']}, seed {of['seed']}: {'; '.join(said)}.{_reshaping(rows)}{_orders(of)}"


def _length(rows: pl.DataFrame) -> str:
    """One length of run: the middle, the worst, and what chance does."""
    worst: dict[str, Any] = rows.sort("error", "first").row(-1, named=True)
    chance = ""
    if worst["random_median"] is not None:
        chance = f", as many at random {percent(worst['random_median'], 1)}"
    return (
        f"{worst['length']} blocks in a row give a median error of {percent(_median(rows), 1)}{chance}, at worst "
        f"{percent(worst['error'], 1)} from block {worst['first']} on"
    )


def _reshaping(rows: pl.DataFrame) -> str:
    """Runs over a change of shape against the others, where there are both."""
    over, within = (rows.filter(pl.col("changes_shape") == value) for value in (True, False))
    if over.is_empty() or within.is_empty():
        return ""
    return (
        f" Runs over a block that changes shape have a median of {percent(_median(over), 1)}, the others of "
        f"{percent(_median(within), 1)}."
    )


def _orders(of: dict[str, Any]) -> str:
    names = {"reversed_error": "reversed within their shapes", "shuffled_error": "shuffled within them (median)"}
    said = [f"{percent(of[name], 1)} {word}" for name, word in names.items() if of[name] is not None]
    return f" With every block there but out of its place, the error is {listed(said)}." if said else ""


def _median(rows: pl.DataFrame) -> float:
    return float(rows.select(pl.median("error")).item())


def repetition(rows: pl.DataFrame) -> str:
    """The paragraph on blocks that run several times in a row."""
    asked = (
        "If a block refines what it is given a little, as a step of an iteration does, one step more should hurt no "
        "more than one step less. Does a network bear the repetition of a block as it bears its deletion?"
    )
    parts = rows.sort("network", "seed", "times", "block").partition_by("network", "seed", maintain_order=True)
    limits = (
        "A small change shows that a further step does little harm, and not that it does any good: a block whose "
        "branch adds next to nothing bears both."
    )
    return " ".join([asked, *(_repetition_of(part) for part in parts), limits])


def _repetition_of(rows: pl.DataFrame) -> str:
    of: dict[str, Any] = rows.row(0, named=True)
    said = [f"{part['kind'][0]}, {_changes(part)}" for part in rows.partition_by("times", maintain_order=True)]
    return f"{of['network']}, seed {of['seed']}, {rows['block'].n_unique()} blocks one by one: {'; '.join(said)}."


def _changes(rows: pl.DataFrame) -> str:
    """How many blocks hardly count, the middle, and the worst."""
    worst: dict[str, Any] = rows.sort("change", "block").row(-1, named=True)
    little = rows.filter(pl.col("change").abs() < LITTLE).height
    middle = float(rows.select(pl.median("change")).item())
    return (
        f"{little} of {rows.height} change the error by less than a point, the median by {100 * middle:+.2f} points, "
        f"the worst, block {worst['block']}, by {100 * worst['change']:+.2f}"
    )
