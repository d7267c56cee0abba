"""How do the verdicts stand on the page: which came out how, where is the evidence, and what was not asked?"""

from collections.abc import Mapping, Sequence
from typing import Any

from resdag.report.charts import shows

VERDICTS = {
    "reproduced": "✓", "not reproduced": "✗", "inconclusive": "?", "not run": "–", "holds by arithmetic": "=",
}  # fmt: skip
"""Symbol of each verdict: colour alone would not reach everyone."""
COUNTED = ("reproduced", "not reproduced", "inconclusive")
"""Verdicts of what was measured; the others are counted apart."""
ELSEWHERE = dict.fromkeys(("baseline_error", "effective_training", "effective_training_narrow"), "errors")
"""Claims whose evidence is a table, besides a figure or without one."""


def judged(claims: Sequence[Mapping[str, Any]], figures: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Claims by verdict: `strip` of those that count, `asked` with them, `arithmetic` and `not_run` apart."""
    linked = [_linked(claim, figures) for claim in claims]
    by = {verdict: [claim for claim in linked if claim["verdict"] == verdict] for verdict in VERDICTS}
    return {
        "strip": {verdict: by[verdict] for verdict in COUNTED if by[verdict]},
        "asked": [claim for claim in linked if claim["verdict"] in COUNTED],
        "arithmetic": by["holds by arithmetic"], "not_run": by["not run"],
    }  # fmt: skip


def _linked(claim: Mapping[str, Any], figures: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """A claim with the places of the page that show its evidence."""
    links = [{"to": figure["name"], "text": figure["label"]} for figure in figures if shows(figure, claim)]
    if claim["claim"] in ELSEWHERE:
        links.append({"to": ELSEWHERE[claim["claim"]], "text": "Errors"})
    return {"interval_kind": None, "margin": None} | dict(claim) | {"links": links}


def under(figures: Sequence[dict[str, Any]], claims: Mapping[str, Any]) -> None:
    """Give each figure the claims that it shows."""
    linked = [*claims["asked"], *claims["arithmetic"]]
    for figure in figures:
        to = figure["name"]
        figure["claims"] = [claim for claim in linked if to in [link["to"] for link in claim["links"]]]
