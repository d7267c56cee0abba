"""Thresholds that several claims share, each declared once."""

from typing import Annotated, Any

from pydantic import AfterValidator, Field

from resdag.config.base import NUMERIC, Number
from resdag.config.claim import Threshold


def _rising(ends: tuple[float, float]) -> tuple[float, float]:
    if ends[0] >= ends[1]:
        raise ValueError("the lower end must stand first")
    return ends


def rising(number: Any = Number) -> Any:
    """The type of a range, its lower end first."""
    return Annotated[tuple[number, number], AfterValidator(_rising)]


Correlation = Annotated[float, Field(ge=-1, le=1), NUMERIC]
Margin = Annotated[float, Field(gt=0, le=1), NUMERIC]

EQUIVALENCE = Threshold(
    "equivalence_margin", Margin, 0.005,
    "Mean test errors closer than this count as equal: effective-path training, blocks per batch, frozen gates.",
)  # fmt: skip
STEP = Threshold(
    "smooth_step", Margin, 0.25,
    "No step of the median error, from one dose to the next, is this share of the whole rise or more.",
)  # fmt: skip
UPPER_END = Threshold(
    "effective_upper", Margin, 0.5,
    "The upper end of the window of effective path lengths lies below this share of the network's blocks.",
)  # fmt: skip
