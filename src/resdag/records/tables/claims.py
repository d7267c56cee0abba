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
    """The paper's value, in words."""
    paper_value: float | None
    """The paper's value as a number of the unit of ours; NULL where it gives none."""
    ours: float | None
    """The number measured here; NULL when not run."""
    low: float | None
    """Lower end of the interval for `ours`; NULL where there is none."""
    high: float | None
    """Upper end of the interval for `ours`; NULL where there is none."""
    interval_kind: str | None
    """What low and high are: over seeds, images, blocks or draws, and by which method; NULL where there is none."""
    margin: float | None
    """How far apart counts as equal, or as no worse, in the unit of ours; NULL where the rule has no margin."""
    unit: str
    """Unit of paper_value, ours, low, high and margin; a `fraction` lies in [0, 1], a `difference` is one of two
    fractions, and reports print the one in percent and the other in points."""
    test: str
    """What the verdict was decided by."""
    p: Annotated[float, Field(ge=0, le=1)] | None
    """p-value of the rule itself; NULL where an interval decides."""
    rule: str
    """When the claim counts as reproduced; numbers from the study file."""
    verdict: Literal["reproduced", "not reproduced", "inconclusive", "not run", "holds by arithmetic"]
    """What the rule says; `holds by arithmetic` where no measurement could have changed it."""
    detail: str
    """What else a reader should know: sizes, seeds, which network."""
