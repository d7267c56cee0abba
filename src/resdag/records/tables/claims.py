"""Table `claims`."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from resdag.records.base import OfStudy


class Claim(OfStudy):
    """One statement of the paper, and what this study says of it."""

    table: ClassVar[str] = "claims"
    place: ClassVar[int] = 250
    key: ClassVar[tuple[str, ...]] = ("study", "claim")
    claim: str
    """Short, stable name of the statement."""
    statement: str
    """The paper's statement, in our words."""
    figure: str
    """Figure, table or section of the paper that it rests on."""
    paper: str
    """The paper's value."""
    ours: float | None
    """The number measured here; NULL when not run."""
    low: float | None
    """Lower end of the interval for `ours`; NULL where there is none."""
    high: float | None
    """Upper end of the interval for `ours`; NULL where there is none."""
    unit: str
    """Unit of ours, low and high."""
    test: str
    """Interval or test behind the verdict."""
    p: Annotated[float, Field(ge=0, le=1)] | None
    """p-value of that test; NULL where it has none."""
    rule: str
    """When the claim counts as reproduced; numbers from the study file."""
    verdict: Literal["reproduced", "not reproduced", "inconclusive", "not run"]
    """What the rule says."""
    detail: str
    """What else a reader should know: sizes, seeds, which network."""
