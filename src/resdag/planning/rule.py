"""What is a rule?  What its jobs write and where, on what they run, what they cost, and which rows of theirs count."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from string import Formatter
from typing import Any, Literal

from resdag.config.study import Study
from resdag.config.training import Training


@dataclass(frozen=True)
class Work:
    """What the cost of a job follows from: what it is of, its spec, its network and the images of the study."""

    of: Mapping[str, Any]
    spec: Mapping[str, Any]
    one: float  # multiply-adds of one image through the job's network; 0 without one
    blocks: int
    train: int  # images
    test: int
    recipe: Training | None

    @property
    def test_pass(self) -> float:
        """Multiply-adds of all test images through the network."""
        return self.test * self.one

    def span(self, key: str) -> int:
        """How many of a chunk `[first, last]`, such as draws."""
        first, last = self.spec[key]
        return int(last - first + 1)


Cost = Callable[[Work], float]


def seconds_only(_: Work) -> float:
    """The cost of a job that computes next to nothing: starting it is what takes time."""
    return 0.0


def whole_rate(_: Work) -> float:
    """The share of a GPU's rate that a job reaches where nothing holds it up."""
    return 1.0


@dataclass(frozen=True)
class Rule:
    """A kind of job: what Snakemake, `resdag run` and `resdag plan` know of it.

    `writes` has patterns under results/STUDY/ by output name, filled from the wildcards; a name that is a table's
    holds rows of it.  Every pattern ends in the fingerprint but for files with fixed names, which have a stamp.
    """

    name: str
    says: str  # what it does, a sentence for people
    writes: Mapping[str, str]
    cost: Cost  # multiply-adds of a job
    target: str  # of the workflow that its jobs belong to: train, lesions, paths, ...
    wildcards: tuple[str, ...] = ()  # what tells its jobs apart
    wing: Literal["measuring", "reading"] = "measuring"
    device: bool = False  # computes with torch: takes a device, and the arithmetic that is set for all
    memory_mb: int = 6000
    module: str = ""  # that does the work, by `run(context)`; resdag.jobs.NAME where it is not said
    gpu_share: Cost = whole_rate  # of the rate that a GPU reaches
    told_all: bool = False  # is handed the whole study, its file and what the jobs before it cost
    lesions: tuple[str, ...] = ()  # experiments that its rows of the table `lesions` are of
    recalibrated: bool = False  # whether these rows are of recalibrated networks

    def __post_init__(self) -> None:
        """Refuse what would only be found out in the middle of a run."""
        if not callable(self.cost):
            raise TypeError(f"rule {self.name}: declares no cost: give its multiply-adds, or `seconds_only`")
        for name, path in self.writes.items():
            unknown = {field for _, field, _, _ in Formatter().parse(path) if field} - {*self.wildcards, "fingerprint"}
            if unknown:
                raise ValueError(
                    f"rule {self.name}: {name} is written to {path}, but {unknown} is none of its wildcards"
                )

    @property
    def job_module(self) -> str:
        """The module that does the work."""
        return self.module or f"resdag.jobs.{self.name}"

    @property
    def verb(self) -> str:
        """The name as it is typed: `delete-single`."""
        return self.name.replace("_", "-")


@dataclass(frozen=True)
class Limit:
    """Jobs compute whole chunks: rows of a table whose `column` reaches this number are not the study's."""

    rule: str
    table: str
    column: str
    number: Callable[[Study], int | None]
