"""What is a claim?  A statement of the paper, the rule that it is held to, and who judges it.

A claim is declared in one module of resdag.claims, or of another package (`discovery`), as an entry of its `CLAIMS`.
The study file's section `claims` is made of the thresholds that claims declare, so a module that declares
imports nothing heavy: what judging takes is imported by the function that judges.
"""

from collections.abc import Callable, Mapping
from functools import cache
from importlib import import_module
from string import Formatter
from typing import Any, NamedTuple

from resdag.discovery import modules
from resdag.errors import ResdagError


class Threshold(NamedTuple):
    """A number of a rule, or a network that it is about: a key of the study file's section `claims`."""

    key: str
    type: Any
    default: Any
    description: str


class Claim(NamedTuple):
    """One statement of the paper.

    In `rule`, {keys} stand for what the study file says; `{key:percent}` and `{key:points}` spell fractions.
    `paper` is the paper's value in words and `paper_value` as a number of the claim's unit, where it gives one.
    `measured` is False for what no dataset touches.  `judge` takes `queries.verdicts.Evidence`, gives a `Finding`.
    """

    name: str
    place: int
    figure: str
    statement: str
    paper: str
    unit: str
    rule: str
    judge: Callable[[Any], Any]
    thresholds: tuple[Threshold, ...] = ()
    paper_value: float | None = None
    measured: bool = True

    def rule_text(self, rules: Mapping[str, Any]) -> str:
        """The rule with the study file's numbers."""
        return _Spelling().vformat(self.rule, (), rules)


@cache
def declared() -> tuple[Claim, ...]:
    """All claims, in the order in which people read them; ResdagError where one name is declared twice."""
    found: list[Claim] = []
    for module in modules("claims").values():
        for claim in _of_module(module):
            if claim.name in {other.name for other in found}:
                raise ResdagError(f"{module}: the claim {claim.name!r} is declared elsewhere too: rename one of them")
            found.append(claim)
    return tuple(sorted(found, key=lambda claim: (claim.place, claim.name)))


def _of_module(module: str) -> tuple[Claim, ...]:
    claims = getattr(import_module(module), "CLAIMS", None)
    if not isinstance(claims, tuple) or not all(isinstance(claim, Claim) for claim in claims):
        raise ResdagError(f"{module}: declares no claims: give it CLAIMS, a tuple of Claim, see docs/extending.md")
    return claims


def thresholds() -> tuple[Threshold, ...]:
    """Every threshold once, in the order of the claims; ResdagError where two claims mean different things by a key."""
    found: dict[str, Threshold] = {}
    for claim in declared():
        for threshold in claim.thresholds:
            if found.setdefault(threshold.key, threshold) != threshold:
                raise ResdagError(
                    f"claims.{threshold.key}: {claim.name!r} and another claim declare it differently: "
                    "share one declaration, or rename one of the keys"
                )
    return tuple(found.values())


class _Spelling(Formatter):
    """Formats fractions as people write them: `{x:percent}` is 0.5 %, `{x:points}` 0.5 points."""

    def format_field(self, value: Any, format_spec: str) -> str:
        if format_spec == "percent":
            return f"{100 * value:.4g} %"
        if format_spec == "points":
            return f"{100 * value:.4g} point{'' if value == 0.01 else 's'}"
        return str(super().format_field(value, format_spec)).replace("-", "−")
