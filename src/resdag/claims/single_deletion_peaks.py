"""Does the deletion of a block that changes the shape make a small peak (figure 3)?

A peak is local: the change of error at the block less the mean change at its neighbours, up to three on each side
that keep their shape.  A rank among all blocks would be another question, and one bad block elsewhere, or damage
that falls along the network, would answer it.

Where the study keeps the answers of each image, the difference is taken image by image, so that images which are hard
for every lesion cancel.  Else over seeds, where there are three; else from the counts, as if lesions erred
independently of one another, which makes the interval wider than it is.
"""

from typing import TYPE_CHECKING, NamedTuple

from resdag.config.base import Fraction
from resdag.config.claim import Claim, Threshold
from resdag.queries.spelling import of_seeds, points
from resdag.queries.verdicts import Evidence, Finding, every, found, not_run

if TYPE_CHECKING:
    import polars as pl

    from resdag.queries.statistics import Mean

PEAK = Threshold(
    "single_peak", Fraction, 0.0,
    "Change of error at every block that changes shape, less the mean of three neighbours on each side: above this.",
)  # fmt: skip
NEIGHBOURS = 3  # on each side
FEWEST_SEEDS = 3
_SINGLE = (
    "FROM single_deletions AS deletion JOIN lesions USING (study, network, seed) "
    "WHERE study = $study AND network = $network AND experiment = 'single' AND NOT recalibrated AND deleted[1] = block "
)


class Peak(NamedTuple):
    """A block that changes shape and those beside it that do not."""

    block: int
    beside: list[int]


def judge(evidence: Evidence) -> Finding:
    """The lowest of the peaks, each the mean over seeds."""
    from resdag.queries.statistics import interval_of

    rows = evidence.rows(
        f"SELECT block, seed, changes_shape, change, broken, repaired, deletion.images {_SINGLE} ORDER BY block, seed",
        network=evidence.residual,
    )
    peaks = _peaks(rows)
    if not peaks:
        return not_run(f"no single deletions of blocks of {evidence.residual} that change shape, and of neighbours")
    measured, kind = _measured(evidence, rows, peaks)
    each = [interval_of(peak, 1 - 2 * evidence.alpha) for peak in measured]
    corrected = [interval_of(peak, evidence.corrected(len(peaks))) for peak in measured]
    lowest = min(corrected, key=lambda interval: interval.value)
    verdict = every(each, corrected, evidence.rules[PEAK.key], 1)
    said = ", ".join(f"block {peak.block} {points(found.value)}" for peak, found in zip(peaks, each, strict=True))
    detail = f"{evidence.residual}, {of_seeds(rows['seed'].n_unique())}; {said}"
    return found(
        lowest, verdict, "change less that of three neighbours on each side, the lowest peak", detail, kind=kind
    )


def _peaks(rows: "pl.DataFrame") -> list[Peak]:
    shapes = dict(rows.select("block", "changes_shape").unique().iter_rows())
    found = []
    for block in sorted(block for block, changes in shapes.items() if changes):
        near = range(block - NEIGHBOURS, block + NEIGHBOURS + 1)
        beside = [other for other in near if shapes.get(other) is False]
        if beside:
            found.append(Peak(block, beside))
    return found


def _measured(evidence: Evidence, rows: "pl.DataFrame", peaks: list[Peak]) -> tuple[list["Mean"], str]:
    """Each peak as an estimate, and how its interval came about."""
    by_image = [_by_image(evidence, peak) for peak in peaks]
    if all(by_image):
        return [peak for peak in by_image if peak], "paired over images, corrected for the number of peaks"
    if rows["seed"].n_unique() >= FEWEST_SEEDS:
        return [_by_seed(rows, peak) for peak in peaks], "Student's t over seeds, corrected for the number of peaks"
    return [_by_count(rows, peak) for peak in peaks], "normal, lesions independent, corrected for the number of peaks"


def _by_image(evidence: Evidence, peak: Peak) -> "Mean | None":
    """The peak from the answers of each image; None where they were not kept of all these deletions."""
    from resdag.queries.statistics import contrast, mean_of

    rows = evidence.rows(
        "SELECT seed, avg((predicted <> label)::INT) FILTER (deleted[1] = $block) "
        "- avg((predicted <> label)::INT) FILTER (deleted[1] <> $block) AS peak, "
        "count(DISTINCT deleted[1]) AS blocks "
        "FROM predictions JOIN lesions USING (study, network, seed, lesion) "
        "WHERE study = $study AND network = $network AND experiment = 'single' AND NOT recalibrated "
        "AND list_contains($blocks, deleted[1]) GROUP BY seed, image ORDER BY seed, image",
        network=evidence.residual,
        block=peak.block,
        blocks=[peak.block, *peak.beside],
    )
    if rows.is_empty() or rows.filter(blocks=1 + len(peak.beside)).height < rows.height:
        return None
    seeds = [part["peak"] for _, part in rows.group_by("seed", maintain_order=True)]
    return contrast(*((1 / len(seeds), mean_of(seed)) for seed in seeds))


def _by_seed(rows: "pl.DataFrame", peak: Peak) -> "Mean":
    from resdag.queries.statistics import mean_of

    return mean_of(
        [
            _height(dict(part.select("block", "change").iter_rows()), peak)
            for _, part in rows.group_by("seed", maintain_order=True)
        ]
    )


def _height(changes: dict[int, float], peak: Peak) -> float:
    beside = [changes[block] for block in peak.beside]
    return changes[peak.block] - sum(beside) / len(beside)


def _by_count(rows: "pl.DataFrame", peak: Peak) -> "Mean":
    """From the answers that each deletion changes; with half an image more, so that none has no width."""
    from resdag.queries.statistics import Mean, contrast

    seeds = rows["seed"].n_unique()
    terms = []
    for row in rows.to_dicts():
        share = 1.0 if row["block"] == peak.block else -1 / len(peak.beside) if row["block"] in peak.beside else 0.0
        if share:
            changed = row["broken"] + row["repaired"] + 1
            terms.append((share / seeds, Mean(row["change"], changed / row["images"] ** 2, float("inf"))))
    return contrast(*terms)


CLAIMS = (
    Claim(
        name="single_deletion_peaks",
        place=30,
        figure="figure 3",
        statement="Deleting a block that changes the shape makes a small peak.",
        paper="small peaks at two blocks",
        unit="difference",
        rule="every block that changes shape costs more than its neighbours, by more than {single_peak:points}",
        judge=judge,
        thresholds=(PEAK,),
    ),
)
