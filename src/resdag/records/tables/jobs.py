"""Table `jobs`."""

from typing import ClassVar

from resdag.records.base import Count, OfStudy, Positive


class Job(OfStudy):
    """What one job of the workflow cost."""

    table: ClassVar[str] = "jobs"
    place: ClassVar[int] = 260
    key: ClassVar[tuple[str, ...]] = ("study", "rule", "wildcards")
    provenance: ClassVar[tuple[str, ...]] = ("seconds", "max_rss_mb", "device")
    rule: str
    """Rule of the workflow."""
    wildcards: str
    """What tells the rule's jobs apart: network, seed, chunk."""
    network: str | None
    """The network that the job was of; NULL for jobs of none, or of several."""
    seed: Count | None
    """The seed of that network; NULL for jobs of none, or of several."""
    seconds: Positive
    """Wall time, in seconds, start of the process included."""
    max_rss_mb: Positive | None
    """Largest resident memory, in MB; NULL where it was not sampled."""
    device: str | None
    """Device the job ran on; NULL for jobs without one."""
