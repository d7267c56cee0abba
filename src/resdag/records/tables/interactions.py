"""Table `interactions`."""

from typing import Annotated, ClassVar

from pydantic import Field

from resdag.records.base import Count, OfNetwork


class Interaction(OfNetwork):
    """What two deletions do to the error beyond the sum of what each does, with interval and test."""

    table: ClassVar[str] = "interactions"
    place: ClassVar[int] = 190
    key: ClassVar[tuple[str, ...]] = ("study", "network", "seed", "first", "second")
    first: Count
    """Index of the earlier block of the pair."""
    second: Count
    """Index of the later block of the pair."""
    change: float
    """Error with both blocks deleted less that of the intact network, a fraction."""
    change_first: float
    """Change of error when the earlier block alone is deleted, a fraction."""
    change_second: float
    """Change of error when the later block alone is deleted, a fraction."""
    interaction: float
    """change - change_first - change_second, a fraction: above 0 the two together hurt more than their sum."""
    low: float
    """Lower end of the interval of this interaction by itself, over images (Agresti and Min 2005)."""
    high: float
    """Upper end of that interval."""
    p: Annotated[float, Field(ge=0, le=1)]
    """Exact test that z and -z are equally likely, two-sided; McNemar's where no z is 2 in size."""
    p_holm: Annotated[float, Field(ge=0, le=1)]
    """p after Holm's correction over all pairs of this network and seed."""
    significant: bool
    """Whether p_holm is below 1 - the study's confidence."""
