"""Is half of a residual network's paths worth half of an ensemble?  A test of its picture that the paper does not make.

Half of the paths go with each deleted block, half of the members when an explicit ensemble is cut in two.  If paths
are members, both cost the same error.  As many halvings of one are held against the other as the networks trained apart
allow.

The networks of the ensemble must have been trained as the one that is taken apart: what an ensemble gains depends on
how far its members are trained.  What the whole ensemble errs is a share of one test set, so its own uncertainty
enters.
"""

import json
from math import isnan, log2
from typing import TYPE_CHECKING, Any, NamedTuple

from resdag.claims._shared import Margin
from resdag.config.base import NetworkName
from resdag.config.claim import Claim, Threshold
from resdag.queries.interval import Interval
from resdag.queries.spelling import percent, points
from resdag.queries.verdicts import Evidence, Finding, Verdict, found, inside, least, most, not_run, open_for

if TYPE_CHECKING:
    import polars as pl

    from resdag.queries.statistics import Mean

NETWORK = Threshold(
    "ensemble",
    NetworkName,
    "resnet110",
    "The network whose explicit ensembles are held against deletions in `residual`.",
)
MARGIN = Threshold(
    "halving_margin", Margin, 0.005,
    "Halving the paths of `residual` costs as much error as halving the members of `ensemble` if closer than this.",
)  # fmt: skip
TEST = "two one-sided t-tests, over draws, networks and images"
_SEEN_ONLY = ("keep_epochs", "test_images")  # of a recipe: what is looked at on the way, not what is trained
_DELETIONS = (
    'SELECT lesion."count", lesion.draw, avg(lesion.error - intact.error) AS loss FROM lesions AS lesion '
    "JOIN lesions AS intact USING (study, network, seed) "
    "WHERE study = $study AND network = $network AND lesion.experiment = 'random' AND NOT lesion.recalibrated "
    "AND intact.experiment = 'intact' AND NOT intact.recalibrated GROUP BY ALL ORDER BY ALL"
)


class Halving(NamedTuple):
    """What one halving costs, an error, a fraction; and how it came about."""

    cost: "Mean"
    about: str


def judge(evidence: Evidence) -> Finding:
    """Error that half of the paths cost, less the error that half of the members of an explicit ensemble cost."""
    ensemble, network = evidence.rules[NETWORK.key], evidence.residual
    rows = evidence.rows(
        "SELECT members, errors, images, error FROM ensembles WHERE study = $study AND network = $network "
        "ORDER BY members, draw",
        network=ensemble,
    )
    if rows.is_empty() or least(rows["members"]) > 1 or most(rows["members"]) == 1:
        return not_run(f"no ensembles of {ensemble} beside its single networks")
    averaged = _members(ensemble, rows)
    deleted = _paths(network, evidence.rows(_DELETIONS, network=network), log2(most(rows["members"])))
    if deleted is None:
        return not_run(f"no random deletions of few blocks of {network}")
    if _recipes(evidence, ensemble) != _recipes(evidence, network):
        return open_for(
            f"{ensemble} and {network} were trained by different recipes; {deleted.about}; {averaged.about}", TEST
        )
    return _compared(evidence, deleted, averaged)


def _recipes(evidence: Evidence, network: str) -> list[Any]:
    """How the seeds of a network were trained."""
    rows = evidence.rows(
        "SELECT DISTINCT recipe FROM networks WHERE study = $study AND network = $network", network=network
    )
    recipes = [json.loads(recipe or "{}") for recipe in rows["recipe"]]
    trained = [{key: value for key, value in recipe.items() if key not in _SEEN_ONLY} for recipe in recipes]
    return sorted(trained, key=str)


def _members(name: str, rows: "pl.DataFrame") -> Halving:
    """What single networks err more than all together, for each halving between them."""
    from resdag.queries.statistics import contrast, mean_of, share_of

    members = int(most(rows["members"]))
    singles, together = mean_of(rows.filter(members=1)["error"]), rows.filter(members=members).row(0, named=True)
    whole = share_of(together["errors"], together["images"])
    cost = contrast((1 / log2(members), singles), (-1 / log2(members), whole))
    about = f"{name}: {percent(singles.value)} alone, {percent(whole.value)} the average of {members}"
    return Halving(cost, f"{about}, {points(cost.value)} for each halving")


def _paths(name: str, rows: "pl.DataFrame", halvings: float) -> Halving | None:
    """What each block costs, of as many as the ensemble can be halved; None where no such number was deleted."""
    from resdag.queries.statistics import mean_of

    counts = rows["count"].unique().sort()
    near = counts.filter(counts <= max(1, halvings))
    if near.is_empty():
        return None
    costs = {count: rows.filter(count=count)["loss"].to_numpy() / count for count in (near[-1], counts[-1])}
    said = " and ".join(f"{points(cost.mean())} a block with {count} deleted" for count, cost in costs.items())
    return Halving(mean_of(costs[near[-1]]), f"{name}: {said}, {len(costs[near[-1]])} draws")


def _compared(evidence: Evidence, deleted: Halving, averaged: Halving) -> Finding:
    from resdag.queries.statistics import contrast, equivalent

    margin, detail = evidence.rules[MARGIN.key], f"{deleted.about}; {averaged.about}"
    difference = contrast((1, deleted.cost), (-1, averaged.cost))
    if isnan(difference.variance):
        return open_for(f"two draws and two networks at least are needed: {detail}", TEST, difference.value)
    result = equivalent(difference, margin, evidence.confidence)
    interval = Interval(result.difference, result.low, result.high)
    verdict: Verdict = "reproduced" if result.p < evidence.alpha else inside(interval, -margin, margin)
    kind = f"Welch, {percent(1 - 2 * evidence.alpha)}, that of the two tests"
    return found(interval, verdict, TEST, detail, kind=kind, margin=margin, p=result.p)


CLAIMS = (
    Claim(
        name="explicit_ensemble",
        place=200,
        figure="beyond the paper",
        statement="Half of the paths of a residual network are worth as much as half of an ensemble of networks.",
        paper="like an ensemble",
        paper_value=0.0,
        unit="difference",
        rule="cost of halving the paths, as often as the ensemble can be halved, equivalent to that of halving its "
        "members within {halving_margin:points}; both trained by one recipe",
        judge=judge,
        thresholds=(NETWORK, MARGIN),
    ),
)
