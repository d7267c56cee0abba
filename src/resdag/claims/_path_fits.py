"""What the claims of figures 6b and 6c share: the fits of sampled path gradients.

Several seeds: the number is the mean over them, its interval the widest over them, so a claim counts as reproduced
when each seed says so.
"""

from typing import TYPE_CHECKING

from resdag.queries.interval import Interval
from resdag.queries.spelling import of_seeds
from resdag.queries.verdicts import Evidence, Finding, least, mean, most, not_run

if TYPE_CHECKING:
    import polars as pl

RESAMPLED = "resampled batches, widest of the seeds"


def fits_of(evidence: Evidence) -> "pl.DataFrame":
    """The fits of the residual network at the input, after the last epoch measured, one row a seed.

    `first_*` are those of the initialisation, NULL where it was not measured.
    """
    return evidence.rows(
        "SELECT fits.*, first.r AS first_r, first.r_low AS first_r_low, first.r_high AS first_r_high "
        "FROM path_fits AS fits LEFT JOIN (FROM path_fits WHERE epoch = 0) AS first "
        "USING (study, network, seed, measured_at) "
        "WHERE study = $study AND network = $network AND measured_at = 'input' "
        "QUALIFY fits.epoch = max(fits.epoch) OVER (PARTITION BY seed) ORDER BY seed",
        network=evidence.residual,
    )


def not_fitted(evidence: Evidence) -> Finding:
    """There are no path gradients to fit."""
    return not_run(f"no path gradients of {evidence.residual}")


def about_fits(evidence: Evidence, fits: "pl.DataFrame") -> str:
    """What the fits rest on."""
    return (
        f"{evidence.residual}, {of_seeds(len(fits))}, epoch {most(fits['epoch']):.0f}, gradient at the input, "
        f"{least(fits['lengths_fitted']):.0f} lengths, {int(fits['dead'].to_numpy().sum())} dead paths left out"
        + ("" if fits["r_low"].null_count() == 0 else "; too few batches to draw them again")
    )


def widest(fits: "pl.DataFrame", value: str) -> Interval:
    """The mean over seeds of a column, and the widest of the intervals in its columns _low and _high."""
    low, high = fits[f"{value}_low"], fits[f"{value}_high"]
    if low.null_count() or high.null_count():
        return Interval(mean(fits[value]), None, None)
    return Interval(mean(fits[value]), least(low), most(high))
