"""Does the gradient come from short paths, and from few (figure 6c)?

The window is the mean length, weighted by contribution, and two standard deviations to each side, which gives the
paper's 5 to 17.  The statement is one-sided, short: so the upper end is held against half of the blocks, the mean
length of all paths, and the lower end against nothing.  Intervals draw batches again and take the end of each drawing,
since spread and mean move together.
"""

from resdag.claims._path_fits import RESAMPLED, about_fits, fits_of, not_fitted, widest
from resdag.claims._shared import UPPER_END
from resdag.config.base import Fraction
from resdag.config.claim import Claim, Threshold
from resdag.paper import EFFECTIVE_LENGTHS, EFFECTIVE_SHARE
from resdag.queries.spelling import number, percent, span
from resdag.queries.verdicts import Evidence, Finding, below, found, least, mean

SHARE = Threshold(
    "effective_share", Fraction, 0.05, "Share of all paths in the measured window of effective lengths is below this."
)


def window(evidence: Evidence) -> Finding:
    """Upper end of the window of effective path lengths, in blocks."""
    fits = fits_of(evidence)
    if fits.is_empty():
        return not_fitted(evidence)
    upper = widest(fits, "window_high")
    length = mean(fits["mean_length"])
    detail = (
        f"{about_fits(evidence, fits)}; window {span(mean(fits['window_low']), upper.value)} blocks, mean length "
        f"{number(length)} blocks, {number(2 * length)} layers"
    )
    verdict = below(upper, evidence.rules[UPPER_END.key] * least(fits["blocks"]))
    return found(upper, verdict, "mean and 2 sd of length, by contribution", detail, kind=RESAMPLED)


def share(evidence: Evidence) -> Finding:
    """Share of all paths whose length is in the measured window."""
    fits = fits_of(evidence)
    if fits.is_empty():
        return not_fitted(evidence)
    interval = widest(fits, "window_share")
    detail = f"{about_fits(evidence, fits)}; the paper's share is {percent(EFFECTIVE_SHARE)}"
    verdict = below(interval, evidence.rules[SHARE.key])
    return found(interval, verdict, "share of the window, ends rounded to whole blocks", detail, kind=RESAMPLED)


CLAIMS = (
    Claim(
        name="effective_window",
        place=100,
        figure="figure 6c",
        statement="The gradient comes from short paths.",
        paper=f"{EFFECTIVE_LENGTHS[0]} to {EFFECTIVE_LENGTHS[1]} blocks",
        paper_value=EFFECTIVE_LENGTHS[1],
        unit="blocks",
        rule="mean and 2 sd of length, weighted by contribution, below {effective_upper:percent} of the blocks",
        judge=window,
        thresholds=(UPPER_END,),
    ),
    Claim(
        name="effective_share",
        place=101,
        figure="figure 6c",
        statement="The paths that carry the gradient are few of all.",
        paper=percent(EFFECTIVE_SHARE),
        paper_value=EFFECTIVE_SHARE,
        unit="fraction",
        rule="share of all paths in the measured window below {effective_share:percent}",
        judge=share,
        thresholds=(SHARE,),
    ),
)
