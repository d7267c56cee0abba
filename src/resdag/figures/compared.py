"""What do figures that hold networks against each other share in their words?"""

from collections.abc import Mapping
from typing import Any

import polars as pl

from resdag.figures.words import in_percent, interval, percent

SPLITS = {"test": "test error", "train": "training error"}


def with_interval(row: Mapping[str, Any], split: str) -> str:
    """An error of a row of `comparisons`, and its interval."""
    between = interval(row[f"{split}_error_low"], row[f"{split}_error_high"])
    return f"{percent(row[f'{split}_error'])} ({between})"


def one_seed(rows: pl.DataFrame) -> str:
    """What single seeds cannot decide, to end a sentence with; nothing where each network has several."""
    single = rows.filter(seeds=1).height
    if not single:
        return ""
    which = "each network has" if single == rows.height else f"{single} of {rows.height} networks have"
    return f"; {which} one seed, so intervals are over images alone and differences between seeds come on top"


def both_errors() -> list[pl.Expr]:
    """The columns of a small table: test and training error with their intervals."""
    return [
        in_percent(f"{split}_error{end}").alias(f"{word}{said} (%)")
        for split, word in SPLITS.items()
        for end, said in (("", ""), ("_low", ", low"), ("_high", ", high"))
    ]
