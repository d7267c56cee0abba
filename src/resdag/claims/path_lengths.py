"""How long are paths, and which are left after deletions (figures 6a and 7)?  Closed forms: they hold by arithmetic.

No measurement could have come out otherwise, so these are no findings; they stand here to show that the program counts
as the paper does.
"""

from math import prod

from resdag.claims._shared import rising
from resdag.config.base import Fraction, Index
from resdag.config.claim import Claim, Threshold
from resdag.paper import BLOCKS, EFFECTIVE_LENGTHS, EFFECTIVE_SHARE, MOST_LENGTHS, MOST_SHARE, REMAINING
from resdag.queries.spelling import percent
from resdag.queries.verdicts import Evidence, Finding, by_arithmetic, not_run

SHARE = Threshold(
    "path_length_share", Fraction, MOST_SHARE, "Share of all paths within `path_length_range` is above this."
)
RANGE = Threshold(
    "path_length_range", rising(Index), MOST_LENGTHS, "Path lengths that the paper says hold most paths of 54 blocks."
)
# Deleted blocks, and the path lengths at which figure 7 is read off.
REFERENCE_POINTS = {1: (1, 5, 11, 17, 27), 10: (1, 5, 11, 17, 27), 20: (1, 5, 11)}
TOLERANCE = 1e-9


def most_paths(evidence: Evidence) -> Finding:
    """Share of the paths of 54 blocks in the range that the paper gives."""
    low, high = evidence.rules[RANGE.key]
    share = _share_between(evidence, low, high)
    if share is None:
        return _no_such_network()
    return by_arithmetic(share, share > evidence.rules[SHARE.key], "closed form", _binomial(low, high))


def effective_paths(evidence: Evidence) -> Finding:
    """Share of the paths of 54 blocks with a length that the paper calls effective."""
    share = _share_between(evidence, *EFFECTIVE_LENGTHS)
    if share is None:
        return _no_such_network()
    return by_arithmetic(share, round(share, 4) == EFFECTIVE_SHARE, "closed form", _binomial(*EFFECTIVE_LENGTHS))


def _share_between(evidence: Evidence, low: int, high: int) -> float | None:
    """Share of the paths of 54 blocks with a length in low..high, from figure 6a; None where no network has 54."""
    rows = evidence.rows(
        "SELECT sum(fraction) FROM figure_6a WHERE study = $study AND blocks = $blocks "
        "AND path_length BETWEEN $low AND $high HAVING count(*) > 0",
        blocks=BLOCKS,
        low=low,
        high=high,
    )
    return None if rows.is_empty() else float(rows.item())


def _no_such_network() -> Finding:
    return not_run(f"no network of {BLOCKS} blocks among the path lengths")


def _binomial(low: int, high: int) -> str:
    return f"Binomial({BLOCKS}, 1/2), {low} to {high} blocks"


def remaining_paths(evidence: Evidence) -> Finding:
    """Largest deviation of figure 7 from the same share written as a product over the deleted blocks."""
    rows = [
        row
        for deleted, lengths in REFERENCE_POINTS.items()
        for row in evidence.rows(
            "SELECT blocks, deleted, path_length, fraction FROM figure_7 WHERE study = $study "
            "AND deleted = $deleted AND list_contains($lengths, path_length) ORDER BY ALL",
            deleted=deleted,
            lengths=list(lengths),
        ).iter_rows()
    ]
    if not rows:
        return not_run("no shares of remaining paths")
    largest = max(abs(fraction - remaining(*point)) for *point, fraction in rows)
    sizes = ", ".join(map(str, sorted({blocks for blocks, *_ in rows})))
    detail = f"{len(rows)} points, networks of {sizes} blocks"
    return by_arithmetic(largest, largest < TOLERANCE, "closed form, computed another way", detail)


def remaining(blocks: int, deleted: int, length: int) -> float:
    """Share of paths of a length left after deletions: none of d deleted blocks is among the x entered ones."""
    return prod(max(blocks - length - i, 0) / (blocks - i) for i in range(deleted))


def _printed() -> str:
    shares = " ".join(f"{share:.3f}".lstrip("0") for share in REMAINING.values())
    return f"{shares} at {' '.join(map(str, REMAINING))} blocks, one deleted"


CLAIMS = (
    Claim(
        name="path_lengths",
        place=80,
        figure="figure 6a",
        statement="Most paths of 54 blocks enter about half of them.",
        paper=f"more than {percent(MOST_SHARE)} in {MOST_LENGTHS[0]} to {MOST_LENGTHS[1]} blocks",
        paper_value=MOST_SHARE,
        unit="fraction",
        rule="share of paths of {path_length_range[0]} to {path_length_range[1]} blocks above "
        "{path_length_share:percent}",
        judge=most_paths,
        thresholds=(SHARE, RANGE),
        measured=False,
    ),
    Claim(
        name="effective_path_lengths",
        place=81,
        figure="section 5",
        statement="The effective path lengths hold few of all paths.",
        paper=f"{percent(EFFECTIVE_SHARE)} in {EFFECTIVE_LENGTHS[0]} to {EFFECTIVE_LENGTHS[1]} blocks",
        paper_value=EFFECTIVE_SHARE,
        unit="fraction",
        rule=f"share of paths of {EFFECTIVE_LENGTHS[0]} to {EFFECTIVE_LENGTHS[1]} blocks rounds to "
        f"{percent(EFFECTIVE_SHARE)}",
        judge=effective_paths,
        measured=False,
    ),
    Claim(
        name="remaining_paths",
        place=82,
        figure="figure 7, equation 8",
        statement="Deleting blocks leaves a larger share of the short paths than of the long ones.",
        paper=_printed(),
        unit="fraction",
        rule="deviation from C(n − d, x) / C(n, x) below 1e−9",
        judge=remaining_paths,
        measured=False,
    ),
)
