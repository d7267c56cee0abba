"""Studies, their jobs, and the claims that they were judged by."""

from datetime import datetime
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from resdag.records.base import Count, Error, OfStudy, Positive


class Study(OfStudy):
    """One study: its config and where its rows come from."""

    table: ClassVar[str] = "studies"
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


class Comparison(OfStudy):
    """One network that is held against others, over its seeds: how it differs from them, and its errors."""

    table: ClassVar[str] = "comparisons"
    key: ClassVar[tuple[str, ...]] = ("study", "comparison", "network")
    comparison: Literal["depth", "multiplicity", "blocks_per_batch"]
    """What the networks compared differ in."""
    network: str
    """The network's name in the study file."""
    architecture: str
    """Family of the network: preact_resnet, resnet, plain."""
    depth: Count
    """Weighted layers."""
    blocks: Count
    """Residual blocks of the network, or of a plain one of its shape."""
    convolutions: Annotated[int, Field(ge=1)]
    """Convolutions in each block."""
    parameters: Count
    """Trainable numbers."""
    blocks_per_batch: int | None
    """Blocks computed for each batch in training; NULL where all were."""
    log2_paths: Positive
    """Base-2 logarithm of the number of paths of the whole network: its blocks; 0 for the one path of a plain one."""
    mean_path_length: Positive
    """Mean length, in blocks, of the paths that a batch of the training runs through: half of the blocks computed."""
    seeds: Annotated[int, Field(ge=1)]
    """Networks trained, or one that was loaded."""
    test_error: Error
    """Mean test error over the seeds, a fraction."""
    test_error_low: Error
    """Lower end of its interval: t over seeds; Wilson's, over images, for one seed."""
    test_error_high: Error
    """Upper end of its interval: t over seeds; Wilson's, over images, for one seed."""
    train_error: Error
    """Mean error on the training images over the seeds, unaugmented, batch norm in eval mode, a fraction."""
    train_error_low: Error
    """Lower end of its interval: t over seeds; Wilson's, over images, for one seed."""
    train_error_high: Error
    """Upper end of its interval: t over seeds; Wilson's, over images, for one seed."""


class Claim(OfStudy):
    """One statement of the paper, and what this study says of it."""

    table: ClassVar[str] = "claims"
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


class Job(OfStudy):
    """What one job of the workflow cost."""

    table: ClassVar[str] = "jobs"
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
