"""Table `studies`."""

from datetime import datetime
from typing import Annotated, Any, ClassVar

from resdag.records.base import OfStudy


class Study(OfStudy):
    """One study: its config and where its rows come from."""

    table: ClassVar[str] = "studies"
    place: ClassVar[int] = 10
    key: ClassVar[tuple[str, ...]] = ("study",)
    provenance: ClassVar[tuple[str, ...]] = (
        "file", "git_commit", "git_dirty", "versions", "hardware", "started_at", "finished_at",
    )  # fmt: skip
    config: Annotated[dict[str, Any], "JSON"]
    """The whole study, defaults filled in, as JSON."""
    file: str | None
    """Study file: the one of this name in config/, or else the one that was read; relative to the checkout if in it."""
    git_commit: str | None
    """Commit of the checkout when the database was written; NULL outside a repository."""
    git_dirty: bool | None
    """Whether tracked files differed from that commit."""
    versions: Annotated[dict[str, Any], "JSON"]
    """Versions of Python and the packages that the rows depend on, as JSON."""
    hardware: str
    """Processor, cores, memory and accelerators of the machine of the database job."""
    started_at: datetime
    """When the first job of this study began, UTC."""
    finished_at: datetime
    """When the database job wrote these rows, UTC."""
