"""Table `missing`."""

from typing import Annotated, ClassVar

from pydantic import Field

from resdag.records.base import Count, OfStudy

NOT_RUN = "not run yet"


class Missing(OfStudy):
    """A job that had failed, or not run, when the rows of its study were stored: what it measures is in no table."""

    table: ClassVar[str] = "missing"
    place: ClassVar[int] = 265
    key: ClassVar[tuple[str, ...]] = ("study", "job")
    job: Annotated[str, Field(min_length=1)]
    """The job: its rule, and what tells it from others of that rule."""
    rule: str
    """Rule of the workflow."""
    network: str | None
    """The network that the job is of; NULL for jobs of none, or of several."""
    seed: Count | None
    """The seed of that network; NULL for jobs of none, or of several."""
    said: str
    """The last line of its log: why it failed, where it could still say so; `not run yet` where none had tried it."""
    waiting: Count
    """Further jobs that need what it would have written, and are missing too."""
