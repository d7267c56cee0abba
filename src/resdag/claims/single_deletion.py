"""Does the deletion of one block have a visible effect (figures 3 and 4)?

Two claims, since a median says nothing of the worst: the median block, and every block, one by one.  A block
that changes shape is expected to matter (`single_deletion_peaks`) and is left out.

Whether one deletion matters is judged on its own images: each is right or wrong with the block and without, so the
change of error has a paired interval (Agresti and Min 2005).  `ours` of the second claim is the share of deletions
under the threshold; it is at least the share whose intervals lie under, and at most that whose do not lie over.
"""

from typing import TYPE_CHECKING

from resdag.config.base import Fraction
from resdag.config.claim import Claim, Threshold
from resdag.queries.interval import Interval
from resdag.queries.spelling import of_seeds, points
from resdag.queries.verdicts import Evidence, Finding, below, every, found, inside, not_run

if TYPE_CHECKING:
    import polars as pl

CHANGE = Threshold(
    "single_median_change", Fraction, 0.01,
    "Absolute change of error by a single deletion of a block that keeps its shape: of the median block, and of every "
    "block, below this.",
)  # fmt: skip
PHOTOGRAPHS = ("image_folder", "imagenet")  # kinds of datasets whose studies figure 4 is about
NAMED = 5  # exceptions that a finding names


def median_block(evidence: Evidence) -> Finding:
    """Median absolute change of error over the blocks that keep their shape."""
    if evidence.dataset in PHOTOGRAPHS:
        return not_run("a study of an image folder is judged by figure 4")
    return _median_change(evidence)


def median_block_imagenet(evidence: Evidence) -> Finding:
    """As median_block, for studies of an image folder or ImageNet."""
    if evidence.dataset not in PHOTOGRAPHS:
        return not_run(f"the dataset is {evidence.dataset}, neither an image folder nor ImageNet")
    return _median_change(evidence)


def _deletions(evidence: Evidence) -> "pl.DataFrame":
    return evidence.rows(
        "SELECT block, seed, change, broken, repaired, deletion.images, p_holm FROM single_deletions AS deletion "
        "JOIN lesions USING (study, network, seed) WHERE study = $study AND network = $network AND NOT changes_shape "
        "AND experiment = 'single' AND NOT recalibrated AND deleted[1] = block ORDER BY block, seed",
        network=evidence.residual,
    )


def _median_change(evidence: Evidence) -> Finding:
    from resdag.queries.statistics import median_interval

    rows = _deletions(evidence)
    if rows.is_empty():
        return not_run(f"no single deletions of {evidence.residual}")
    blocks = [part["change"].abs().to_numpy().mean() for _, part in rows.group_by("block", maintain_order=True)]
    interval = median_interval(blocks, evidence.confidence)
    changed = int((rows["p_holm"] < evidence.alpha).sum())
    detail = (
        f"{evidence.residual}, {len(blocks)} blocks, {of_seeds(rows['seed'].n_unique())}; "
        f"{changed} of {len(rows)} deletions change the answers (McNemar, Holm)"
    )
    verdict = below(interval, evidence.rules[CHANGE.key])
    return found(interval, verdict, "median over blocks", detail, kind="order statistics over blocks")


def every_block(evidence: Evidence) -> Finding:
    """Share of the single deletions, blocks that keep their shape and seeds, that change the error by less."""
    from resdag.queries.statistics import paired

    rows, limit = _deletions(evidence), evidence.rules[CHANGE.key]
    if rows.is_empty():
        return not_run(f"no single deletions of {evidence.residual}")
    counts = rows.select("broken", "repaired", "images")
    each, corrected = (
        [paired(broken, repaired, images, confidence) for broken, repaired, images in counts.iter_rows()]
        for confidence in (1 - 2 * evidence.alpha, evidence.corrected(len(rows)))
    )
    under = sum(inside(interval, -limit, limit) == "reproduced" for interval in each) / len(each)
    over = sum(inside(interval, -limit, limit) == "not reproduced" for interval in corrected) / len(each)
    share = float((rows["change"].abs() < limit).to_numpy().mean())
    interval = Interval(share, min(under, share), max(1 - over, share))
    verdict = every(each, corrected, -limit, limit)
    detail = (
        f"{evidence.residual}, {rows['block'].n_unique()} blocks, {of_seeds(rows['seed'].n_unique())}"
        f"{_exceptions(rows, limit)}"
    )
    kind = "shares surely under, and not surely over, by paired intervals over images"
    return found(interval, verdict, "change of each deletion, on the same images", detail, kind=kind)


def _exceptions(rows: "pl.DataFrame", limit: float) -> str:
    """The deletions that change more, the worst first."""
    worst = [row for row in rows.to_dicts() if abs(row["change"]) >= limit]
    worst.sort(key=lambda row: -abs(row["change"]))
    if not worst:
        return "; no exception"
    seeds = rows["seed"].n_unique() > 1
    named = [
        f"block {row['block']}" + (f" of seed {row['seed']}" if seeds else "") + f" {points(row['change'])}"
        for row in worst[:NAMED]
    ]
    others = f" and {len(worst) - NAMED} more" if len(worst) > NAMED else ""
    return f"; exceptions: {', '.join(named)}{others}"


_MEDIAN_RULE = "median absolute change of error below {single_median_change:points}"

CLAIMS = (
    Claim(
        name="single_deletion",
        place=20,
        figure="figure 3",
        statement="Deleting the median block that keeps its shape has no visible effect.",
        paper="no visible change",
        unit="difference",
        rule=_MEDIAN_RULE,
        judge=median_block,
        thresholds=(CHANGE,),
    ),
    Claim(
        name="single_deletion_every_block",
        place=21,
        figure="figures 3 and 4",
        statement="Deleting any one block that keeps its shape has no visible effect, whichever it is.",
        paper="no visible change",
        paper_value=1.0,
        unit="fraction",
        rule="absolute change of error below {single_median_change:points} for every block",
        judge=every_block,
        thresholds=(CHANGE,),
    ),
    Claim(
        name="single_deletion_imagenet",
        place=40,
        figure="figure 4",
        statement="On ImageNet too, deleting the median block that keeps its shape has no visible effect.",
        paper="no visible change",
        unit="difference",
        rule=_MEDIAN_RULE + ", on a study of an image folder",
        judge=median_block_imagenet,
        thresholds=(CHANGE,),
        measured=False,
    ),
)
