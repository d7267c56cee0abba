"""Does the deletion of a layer take a VGG to chance (figure 3)?  The median layer, and every layer."""

from typing import TYPE_CHECKING

from resdag.config.base import Fraction, NetworkName
from resdag.config.claim import Claim, Threshold
from resdag.paper import CHANCE
from resdag.queries.interval import Interval
from resdag.queries.spelling import of_seeds, percent
from resdag.queries.verdicts import Evidence, Finding, above, every, found, not_run

if TYPE_CHECKING:
    import polars as pl

NETWORK = Threshold("vgg", NetworkName, "vgg15", "The network that the statements about VGG are judged on.")
ERROR = Threshold(
    "vgg_error", Fraction, 0.8,
    "A single deletion of a VGG layer gives more error than this: of the median layer, and of every layer.",
)  # fmt: skip


def _layers(evidence: Evidence) -> "pl.DataFrame":
    return evidence.rows(
        "SELECT block, seed, errors, images, error FROM single_deletions WHERE study = $study AND network = $network "
        "ORDER BY error, block, seed",
        network=evidence.rules[NETWORK.key],
    )


def _recalibrated(evidence: Evidence) -> str:
    rows = evidence.rows(
        "SELECT min(error), median(error), max(error) FROM lesions WHERE study = $study AND network = $network "
        "AND experiment = 'single' AND recalibrated HAVING count(*) > 0",
        network=evidence.rules[NETWORK.key],
    )
    if rows.is_empty():
        return ""
    low, middle, high = map(percent, rows.row(0))
    return f"; with batch norm re-estimated {low} to {high}, median {middle}"


def median_layer(evidence: Evidence) -> Finding:
    """Median error over the layers, one deleted at a time; a layer's is its mean over seeds."""
    from resdag.queries.statistics import median_interval

    rows, network = _layers(evidence), evidence.rules[NETWORK.key]
    if rows.is_empty():
        return not_run(f"no single deletions of {network}")
    layers = [part["error"].to_numpy().mean() for _, part in rows.group_by("block", maintain_order=True)]
    interval = median_interval(layers, evidence.confidence)
    verdict = above(interval, evidence.rules[ERROR.key])
    detail = f"{network}, {len(layers)} layers, {of_seeds(rows['seed'].n_unique())}{_recalibrated(evidence)}"
    return found(interval, verdict, "median over layers", detail, kind="order statistics over layers")


def every_layer(evidence: Evidence) -> Finding:
    """The least error that the deletion of one layer leaves."""
    from resdag.queries.statistics import wilson

    rows, threshold = _layers(evidence), evidence.rules[ERROR.key]
    if rows.is_empty():
        return not_run(f"no single deletions of {evidence.rules[NETWORK.key]}")
    mildest = rows.row(0, named=True)
    each, corrected = (
        [wilson(errors, images, confidence) for errors, images in rows.select("errors", "images").iter_rows()]
        for confidence in (1 - 2 * evidence.alpha, evidence.corrected(len(rows)))
    )
    held = int((rows["error"] > threshold).sum())
    detail = (
        f"{evidence.rules[NETWORK.key]}: least at layer {mildest['block']}, seed {mildest['seed']}; "
        f"{held} of {len(rows)} deletions are above{_recalibrated(evidence)}"
    )
    verdict = every(each, corrected, threshold, 1)
    ends = Interval(mildest["error"], corrected[0].low, corrected[0].high)
    return found(
        ends, verdict, "error of the mildest deletion", detail, kind="Wilson, corrected for the number of layers"
    )


CLAIMS = (
    Claim(
        name="vgg_chance",
        place=50,
        figure="figure 3",
        statement="Deleting the median layer of a VGG takes it to chance.",
        paper="chance: 90 % of ten classes",
        paper_value=CHANCE,
        unit="fraction",
        rule="median error over layers above {vgg_error:percent}",
        judge=median_layer,
        thresholds=(NETWORK, ERROR),
    ),
    Claim(
        name="vgg_every_layer",
        place=51,
        figure="figure 3",
        statement="Deleting a layer takes a VGG to chance whichever layer it is.",
        paper="chance for every layer",
        paper_value=CHANCE,
        unit="fraction",
        rule="error above {vgg_error:percent} for every layer",
        judge=every_layer,
        thresholds=(NETWORK, ERROR),
    ),
)
