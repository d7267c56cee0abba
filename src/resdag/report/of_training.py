"""How do the effective paths change along training?  A paragraph from the rows of figure_training_paths."""

from typing import Any

import polars as pl

WEIGHTINGS = {
    "number x mean norm": "by their number times the mean norm of one", "norm of the sum": "by the norm of their sum",
    "energy": "by their energy",
}  # fmt: skip


def along_training(rows: pl.DataFrame) -> str:
    """The paragraph on path lengths at several epochs, at the input."""
    asked = (
        "Are the paths that carry the gradient short before anything is learnt, or does training make them so? Energy "
        "adds squared norms and so lies at shorter lengths than norms do: compare each weighting with itself."
    )
    parts = rows.filter(measured_at="input").sort("network", "seed", "epoch").partition_by(
        "network", "seed", maintain_order=True
    )  # fmt: skip
    return " ".join([asked, *(_of_network(part) for part in parts)])


def _of_network(rows: pl.DataFrame) -> str:
    of: dict[str, Any] = rows.row(0, named=True)
    parts = [(words, rows.filter(weighting=weighting)) for weighting, words in WEIGHTINGS.items()]
    said = [_lengths(words, part) for words, part in parts if part.height > 1]
    return f"{of['network']}, seed {of['seed']}, mean path length in blocks: {'; '.join(said)}.{_factors(rows)}"


def _lengths(words: str, rows: pl.DataFrame) -> str:
    along = [f"{row['mean_length']:.1f} {_moment(row['epoch'])}" for row in rows.to_dicts()]
    return f"weighted {words}, {', '.join(along)} ({_change(rows.row(0, named=True), rows.row(-1, named=True))})"


def _moment(epoch: int) -> str:
    return "at initialisation" if epoch == 0 else f"after {epoch} epoch{'s' if epoch > 1 else ''}"


def _change(first: dict[str, Any], last: dict[str, Any]) -> str:
    """What the intervals of the first and the last epoch measured allow to say."""
    ends = [row[f"mean_length_{end}"] for row in (first, last) for end in ("low", "high")]
    if None in ends:
        return "too few batches for intervals"
    low, high, last_low, last_high = ends
    if last_high < low:
        return "they become shorter"
    return "they become longer" if last_low > high else "no change that these batches show"


def _factors(rows: pl.DataFrame) -> str:
    """The factor r at the first and the last epoch measured, of either estimate."""
    words = {"number x mean norm": "the norm of a sampled path", "energy": "the root mean square over all paths"}
    parts = [(words[name], rows.filter(weighting=name).drop_nulls("r")) for name in words]
    said = [f"{word} by {_factor(part, 0)} and by {_factor(part, -1)}" for word, part in parts if part.height > 1]
    return f" One block more multiplies {', and '.join(said)}." if said else ""


def _factor(rows: pl.DataFrame, at: int) -> str:
    row = rows.row(at, named=True)
    return f"{row['r']:.3f} {_moment(row['epoch'])}"
