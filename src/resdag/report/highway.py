"""What did the gates of highway networks say?  The paragraph under their figure, from its rows."""

from math import isfinite
from typing import Any

import polars as pl

from resdag.queries.statistics import spearman

ASKED = (
    "A highway network learns, unit by unit, how much of its input a block hands on and how much of its branch. Do its "
    "gates stay mostly shut, does a block matter more the further its gate is open, and is a gate of one half as good "
    "as an identity?"
)
START = "Where gates start was chosen, so only how far training moves them is a finding."
CONFIDENCE = 0.95


def highway(rows: pl.DataFrame) -> str:
    """The paragraph on figure_highway."""
    parts = rows.sort("network", "seed", "block").partition_by("network", "seed", maintain_order=True)
    learned = [_gates(part.drop_nulls("gate")) for part in parts if part["gate"].count()]
    errors = [_errors(part.drop_nulls("error")) for part in parts if part["error"].count()]
    compared = f"Intact error, and mean change by the deletion of one block: {'; '.join(errors)}." if errors else ""
    return " ".join(part for part in (ASKED, *learned, START, compared) if part)


def _of(rows: pl.DataFrame) -> str:
    first: dict[str, Any] = rows.row(0, named=True)
    return f"{first['network']}, seed {first['seed']}"


def _gates(rows: pl.DataFrame) -> str:
    """How far open one network's gates are, block by block, where they started, and whether open ones matter."""
    gate = rows["gate"].to_numpy()
    return (
        f"{_of(rows)}: mean gates of {gate.min():.2f} to {gate.max():.2f}, below one half in {(gate < 0.5).sum()} of "
        f"{rows.height} blocks; of single gates, {float(rows['below_half'].to_numpy().mean()):.0%} are, on the mean "
        f"over blocks{_moved(rows)}.{_matters(rows)}"
    )


def _moved(rows: pl.DataFrame) -> str:
    """Where the gates were before training; nothing for a network that was trained elsewhere."""
    known = rows.drop_nulls("gate_at_start")
    if known.is_empty():
        return ""
    start, gate = known["gate_at_start"].to_numpy(), known["gate"].to_numpy()
    return (
        f"; they started at {start.min():.2f} to {start.max():.2f}, and training opened them in {(gate > start).sum()} "
        f"blocks and shut them further in {(gate < start).sum()}"
    )


def _matters(rows: pl.DataFrame) -> str:
    """Rank correlation of a block's gate with the damage of its deletion; nothing where it cannot be had."""
    known = rows.drop_nulls("change")
    found = spearman(known["gate"], known["change"], CONFIDENCE)
    if not isfinite(found.value):
        return ""
    return (
        f" The rank correlation of a block's gate with the change of error by its deletion is {found.value:+.2f} "
        f"({CONFIDENCE:.0%} interval {found.low:+.2f} to {found.high:+.2f}, {known.height} blocks)."
    )


def _errors(rows: pl.DataFrame) -> str:
    first: dict[str, Any] = rows.row(0, named=True)
    change = float(rows["change"].to_numpy().mean())
    return f"{first['kind']} ({_of(rows)}) {100 * first['intact_error']:.2f} % and {100 * change:+.2f} points"
