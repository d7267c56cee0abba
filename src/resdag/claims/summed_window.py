"""Do the effective path lengths survive when all paths of a length are added as vectors?  (beyond the paper)

The rule is that of `effective_window`, with each length weighted by the norm of the sum over all of its paths, which is
exact; what is uncertain is which images were taken, so batches are drawn again.
"""

from typing import TYPE_CHECKING

from resdag.claims._path_fits import RESAMPLED, widest
from resdag.claims._shared import UPPER_END
from resdag.config.claim import Claim
from resdag.paper import BLOCKS, EFFECTIVE_LENGTHS
from resdag.queries.spelling import number, of_seeds, percent, span
from resdag.queries.verdicts import Evidence, Finding, below, found, least, mean, most, not_run

if TYPE_CHECKING:
    import polars as pl


def judge(evidence: Evidence) -> Finding:
    """Upper end of the window of path lengths by the norm of the sum over all paths of a length, in blocks."""
    windows = _of_last_epoch(evidence, "spectrum_windows", "seed")
    if windows.is_empty():
        return not_run(f"no path spectrum of {evidence.residual}")
    upper, length = widest(windows, "summed_high"), mean(windows["summed_mean_length"])
    detail = (
        f"{evidence.residual}, {of_seeds(len(windows))}, epoch {most(windows['epoch']):.0f}, gradient at the input, "
        f"{least(windows['batches']):.0f} batches{'' if upper.low is not None else ', too few to draw them again'}; "
        f"window {span(mean(windows['summed_low']), upper.value)} blocks, mean length {number(length)}"
        f"{_within_the_papers(evidence, windows)}"
    )
    verdict = below(upper, evidence.rules[UPPER_END.key] * least(windows["blocks"]))
    return found(upper, verdict, "mean and 2 sd of length, by the norm of the sum", detail, kind=RESAMPLED)


def _within_the_papers(evidence: Evidence, windows: "pl.DataFrame") -> str:
    """How much of the summed norms lies in the paper's effective lengths, for a network of its size."""
    if most(windows["blocks"]) != BLOCKS:
        return ""
    low, high = EFFECTIVE_LENGTHS
    norms = _of_last_epoch(evidence, "spectrum_norms", "seed, path_length")
    inside = norms.filter(norms["path_length"].is_between(low, high))["summed_contribution"].to_numpy().sum()
    return f"; {percent(inside / len(windows))} of the summed norms lie in {low} to {high} blocks"


def _of_last_epoch(evidence: Evidence, table: str, order: str) -> "pl.DataFrame":
    """Rows of the residual network at the input, after the last epoch measured."""
    return evidence.rows(
        f"SELECT * FROM {table} WHERE study = $study AND network = $network AND measured_at = 'input' "
        f"QUALIFY epoch = max(epoch) OVER (PARTITION BY network, seed) ORDER BY {order}",
        network=evidence.residual,
    )


CLAIMS = (
    Claim(
        name="summed_window",
        place=110,
        figure="beyond the paper",
        statement="The gradient comes from short paths also when all paths of a length are added as vectors.",
        paper=f"{EFFECTIVE_LENGTHS[0]} to {EFFECTIVE_LENGTHS[1]} blocks, from norms of single paths",
        paper_value=EFFECTIVE_LENGTHS[1],
        unit="blocks",
        rule="mean and 2 sd of length, weighted by the norm of the sum over all paths, below "
        "{effective_upper:percent} of the blocks",
        judge=judge,
        thresholds=(UPPER_END,),
    ),
)
