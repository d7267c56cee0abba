"""What did an experiment beyond the paper ask, and what came out?  A paragraph under its figure, from its rows."""

from collections.abc import Callable
from typing import Any

import polars as pl

from resdag.paper import BLOCKS, EFFECTIVE_LENGTHS
from resdag.report import ensemble_findings, random_networks
from resdag.report import findings_comparisons as comparisons
from resdag.report.highway import highway
from resdag.report.of_blocks import repetition, runs
from resdag.report.of_training import along_training

LEAST_DAMAGE = 0.001  # of which a share is worth saying; an error, a fraction


def finding(figure: str, rows: pl.DataFrame) -> str:
    """The paragraph of a figure, from the rows of its view; empty where its caption says it all."""
    paragraphs: dict[str, Callable[[pl.DataFrame], str]] = {
        "figure_spectrum": _spectrum, "figure_control": _control, "figure_pairs": _pairs,
        "figure_depth": comparisons.depth, "figure_multiplicity": comparisons.multiplicity,
        "figure_blocks_per_batch": comparisons.blocks_per_batch,
        "figure_mean_field": random_networks.mean_field,
        "figure_highway": highway,
        "figure_ensembles": ensemble_findings.ensembles, "figure_prediction": ensemble_findings.prediction,
        "figure_runs": runs, "figure_repeat": repetition, "figure_training_paths": along_training,
    }  # fmt: skip
    return paragraphs[figure](rows) if figure in paragraphs and rows.height else ""


def _spectrum(rows: pl.DataFrame) -> str:
    asked = (
        "The paper adds up the norms of single paths. Gradients are vectors: do its short effective paths survive when "
        "all paths of a length are added, aligned or cancelling?"
    )
    order = ("network", "epoch", "seed")
    of_input = rows.filter(measured_at="input").sort(*order, "path_length")
    parts = of_input.partition_by(*order, maintain_order=True)
    return " ".join([asked, *(_spectrum_of(part) for part in parts)])


def _spectrum_of(rows: pl.DataFrame) -> str:
    """One network at one moment, in two or three sentences."""
    first: dict[str, Any] = rows.row(0, named=True)
    moment = "at initialisation" if first["epoch"] == 0 else f"after {first['epoch']} epochs"
    paper = ""
    if first["window_low"] is not None:
        paper = f", where norms of single paths give {_between(first['window_low'], first['window_high'])}"
    return (
        f"{first['network']}, seed {first['seed']}, {moment}: weighted by the norm of the sum, paths enter "
        f"{_between(first['summed_low'], first['summed_high'])} blocks{paper}{_in_paper_lengths(rows)}. "
        f"{_coherence(rows)}{_cross_check(rows)}"
    )


def _between(low: float, high: float) -> str:
    """A window of lengths, which are never below 0."""
    return f"{max(low, 0):.1f} to {high:.1f}"


def _in_paper_lengths(rows: pl.DataFrame) -> str:
    """How much of the summed norms the paper's lengths hold, for a network of its size."""
    if rows.height != BLOCKS + 1:
        return ""
    low, high = EFFECTIVE_LENGTHS
    inside = float(rows.filter(pl.col("path_length").is_between(low, high))["summed_contribution"].to_numpy().sum())
    return f"; the paper's {low} to {high} hold {inside:.0%} of the summed norms"


def _cross_check(rows: pl.DataFrame) -> str:
    """The root mean square over sampled paths against the one from random signs: two estimates of one number."""
    ratio = rows.filter(pl.col("rms_norm") > 0).select(pl.col("sampled_rms_norm") / pl.col("rms_norm")).drop_nulls()
    if ratio.is_empty():
        return ""
    median = float(ratio.to_series().median() or 0.0)  # type: ignore[arg-type]
    return f" As a check, sampled paths give {median:.2f} of the root mean square over all, in the median length."


def _coherence(rows: pl.DataFrame) -> str:
    """How paths of one length stand to each other in the window, where known; the ends are single paths."""
    in_window = pl.col("path_length").is_between(pl.col("summed_low"), pl.col("summed_high"))
    inner = rows.filter(in_window & pl.col("path_length").is_between(1, rows.height - 2))
    known = inner.filter(pl.col("coherence_known") & pl.col("coherence").is_not_null())
    left = inner.height - known.height
    unknown = f" For {left} of these {inner.height} lengths the energy is too uncertain to say." if left else ""
    if known.is_empty():
        return unknown.strip()
    at = known.row(int(known["coherence"].arg_max() or 0), named=True)
    least, most = float(known["coherence"].to_numpy().min()), float(at["coherence"])
    if least > 1.25:
        word = "paths of one length align"
    elif most < 0.8:
        word = "paths of one length cancel"
    elif least >= 0.8 and most <= 1.25:
        word = "paths of one length are as good as independent"
    else:
        word = "paths of one length neither all align nor all cancel"
    return f"There coherence is {least:.2g} to {most:.2g}, largest at length {at['path_length']}: {word}.{unknown}"


def _control(rows: pl.DataFrame) -> str:
    asked = (
        "Deleting a branch halves the number of paths, and so does deleting a skip; and a deletion shifts what the "
        "batch norms behind it are fed. Is it the number of paths that counts, and how much of the damage is "
        "shifted statistics?"
    )
    parts = rows.sort("network", "seed", "block").partition_by("network", "seed", maintain_order=True)
    return " ".join([asked, *(_control_of(part) for part in parts)])


def _control_of(rows: pl.DataFrame) -> str:
    """One network and seed: mean change of error by what was deleted."""
    found = {kind: part for (kind,), part in rows.group_by("kind")}
    words = {
        "branch": "one block deleted",
        "branch, batch norm re-estimated": "with batch norm re-estimated afterwards",
        "skip": "one skip deleted",
    }
    said = [f"{word} changes the error by {_points(found[kind])}" for kind, word in words.items() if kind in found]
    first: dict[str, Any] = rows.row(0, named=True)
    return f"{first['network']}, seed {first['seed']}, on average: {'; '.join(said)}{_statistics_share(found)}."


def _points(rows: pl.DataFrame) -> str:
    change = rows["change"].to_numpy()
    return f"{100 * change.mean():+.2f} points (at most {100 * change.max():+.2f})"


def _statistics_share(found: dict[str, pl.DataFrame]) -> str:
    """How much of the damage goes when statistics fit; nothing where there is no damage to speak of."""
    kinds = ("branch", "branch, batch norm re-estimated")
    if any(kind not in found for kind in kinds):
        return ""
    before, after = (float(found[kind]["change"].to_numpy().mean()) for kind in kinds)
    if before < LEAST_DAMAGE:
        return ""
    if after >= before:
        return "; statistics that fit take nothing of the damage away"
    return f"; {1 - max(after, 0) / before:.0%} of the blocks' damage is shifted statistics"


def _pairs(rows: pl.DataFrame) -> str:
    asked = "Does the damage of two blocks add up, as if they did not depend on each other?"
    parts = rows.sort("network", "seed", "first", "second").partition_by("network", "seed", maintain_order=True)
    return " ".join([asked, *(_pairs_of(part) for part in parts)])


def _pairs_of(rows: pl.DataFrame) -> str:
    interaction = rows["interaction"].to_numpy()
    at: dict[str, Any] = rows.row(int(abs(interaction).argmax()), named=True)
    sum_alone = float(rows.select((pl.col("change_first") + pl.col("change_second")).mean()).item())
    return (
        f"{at['network']}, seed {at['seed']}: two blocks together change the error by "
        f"{100 * float(rows['change'].to_numpy().mean()):+.2f} points on average, and the sum of what they do alone is "
        f"{100 * sum_alone:+.2f}. {_interacting(rows)} The largest interaction is {100 * at['interaction']:+.2f} "
        f"points ({100 * at['low']:+.2f} to {100 * at['high']:+.2f} by itself), of blocks {at['first']} and "
        f"{at['second']}."
    )


def _interacting(rows: pl.DataFrame) -> str:
    """How many pairs interact, in which direction, and what is left open."""
    decided = rows.filter("significant")["interaction"].to_numpy()
    if not len(decided):
        return f"Of {rows.height:,} pairs none is known to interact: no sum of two is told from what both do together."
    return (
        f"Of {rows.height:,} pairs {len(decided):,} interact: {(decided > 0).sum():,} hurt more than their sum, "
        f"{(decided < 0).sum():,} less; of the other {rows.height - len(decided):,} the images do not decide."
    )
