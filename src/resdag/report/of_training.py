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
    factors = [_factors(words, part.drop_nulls("r")) for words, part in parts]
    return f"{of['network']}, seed {of['seed']}: {'; '.join(said)}.{''.join(factors)}"


def _lengths(words: str, rows: pl.DataFrame) -> str:
    first, last = rows.row(0, named=True), rows.row(-1, named=True)
    between = [f"{row['mean_length']:.1f} {_moment(row['epoch'])}" for row in rows.to_dicts()]
    return f"mean length of paths, in blocks, weighted {words}: {', '.join(between)}: {_change(first, last)}"


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


def _factors(words: str, rows: pl.DataFrame) -> str:
    if rows.height < 2:
        return ""
    kind = "the sampled paths" if words == WEIGHTINGS["number x mean norm"] else "the root mean square over all paths"
    first, last = rows.row(0, named=True), rows.row(-1, named=True)
    return f" One block more multiplies {kind} by {first['r']:.3f} at first and by {last['r']:.3f} at last."
