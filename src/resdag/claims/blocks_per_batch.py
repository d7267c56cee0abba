"""How few blocks in each batch are enough in training?  (beyond the paper's 23 of 54)

From the largest m down, each is tested only where the one before was equivalent, so that the chance of a false
equivalence stays that of one test.  Few blocks are refuted where the first that are not equivalent are worse by more
than the margin, or where all that would be few enough are.
"""

from itertools import takewhile

from resdag.claims._errors import seeds_of
from resdag.claims._shared import EQUIVALENCE
from resdag.config.base import Fraction
from resdag.config.claim import Claim, Threshold
from resdag.paper import BLOCKS, BLOCKS_PER_BATCH
from resdag.queries.interval import Interval
from resdag.queries.spelling import percent, points
from resdag.queries.verdicts import Evidence, Finding, Verdict, found, not_run, open_for

SHARE = Threshold(
    "blocks_per_batch_share", Fraction, 0.43,
    "Training on this share of the blocks, or on less, is equivalent to all within `equivalence_margin`.",
)  # fmt: skip
TEST = "two one-sided Welch t-tests, from the largest m down"


def judge(evidence: Evidence) -> Finding:
    """The smallest m such that training on m blocks per batch, or on any more, is equivalent to training on all."""
    rows = evidence.rows(
        "SELECT * FROM comparisons WHERE study = $study AND comparison = 'blocks_per_batch' "
        "ORDER BY blocks_per_batch DESC NULLS FIRST, network"
    )
    if rows.is_empty():
        return not_run("no networks of different blocks per batch are compared")
    whole, parts = rows.row(0, named=True), list(rows[1:].iter_rows(named=True))
    enough, margin = evidence.rules[SHARE.key] * whole["blocks"], evidence.rules[EQUIVALENCE.key]
    if parts[-1]["blocks_per_batch"] > enough:
        return not_run(f"no training on {percent(evidence.rules[SHARE.key])} of {whole['blocks']} blocks or fewer")
    if min(rows["seeds"]) < 2:
        errors = [f"m = {of['blocks_per_batch'] or 'all'}: {percent(of['test_error'])}" for of in rows.to_dicts()]
        return open_for(f"two seeds of each are needed; {', '.join(errors)}", TEST)
    blocks = [int(of["blocks_per_batch"]) for of in parts]
    tests = [_equivalent(evidence, of["network"], whole["network"], margin) for of in parts]
    alike = list(takewhile(lambda found: found[1][1] < evidence.alpha, zip(blocks, tests, strict=True)))
    said = "; ".join(f"m = {m}: {_spelled(interval)}" for m, (interval, _) in zip(blocks, tests, strict=True))
    verdict = _verdict(blocks, [interval for interval, _ in tests], len(alike), enough, margin)
    detail = f"test error less that of {whole['network']}, all {whole['blocks']} blocks: {said}"
    if not alike:
        return Finding(None, None, None, None, margin, TEST, None, verdict, detail)
    smallest, (_, p) = alike[-1]
    return found(Interval(smallest, None, None), verdict, TEST, detail, margin=margin, p=p)


def _verdict(blocks: list[int], intervals: list[Interval], alike: int, enough: float, margin: float) -> Verdict:
    """Of numbers of blocks from the largest down, the first `alike` of which are equivalent to all."""
    if alike and blocks[alike - 1] <= enough:
        return "reproduced"
    worse = [interval.low is not None and interval.low > margin for interval in intervals]
    few = [bad for m, bad in zip(blocks, worse, strict=True) if m <= enough]
    return "not reproduced" if worse[alike] or all(few) else "inconclusive"


def _equivalent(evidence: Evidence, one: str, other: str, margin: float) -> tuple[Interval, float]:
    """Difference of mean test errors, its interval at 1 - 2 alpha, and the p of the two one-sided tests."""
    from resdag.queries.statistics import equivalence

    errors, others = (seeds_of(evidence, network)["test_error"] for network in (one, other))
    result = equivalence(errors, others, margin, evidence.confidence)
    return Interval(result.difference, result.low, result.high), result.p


def _spelled(interval: Interval) -> str:
    """`+1.20 points (0.30 to 2.10)`."""
    low, high = (f"{100 * end:.2f}".replace("-", "−") for end in interval[1:] if end is not None)
    return f"{points(interval.value)} ({low} to {high})"


CLAIMS = (
    Claim(
        name="blocks_per_batch",
        place=270,
        figure="beyond the paper",
        statement="Training needs only few blocks in each batch, so only short paths.",
        paper=f"{BLOCKS_PER_BATCH} of {BLOCKS} blocks are as good as all",
        paper_value=BLOCKS_PER_BATCH,
        unit="blocks",
        rule="equivalent to all within {equivalence_margin:points} at {blocks_per_batch_share:percent} of the blocks "
        "or fewer, two seeds of each at least",
        judge=judge,
        thresholds=(SHARE, EQUIVALENCE),
    ),
)
