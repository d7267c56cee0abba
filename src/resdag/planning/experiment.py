"""What is an experiment?  One declaration, from which the workflow, the study file and its page all follow.

A module of `resdag.experiments`, or of another package's entry point, holds one `EXPERIMENT`: its keys in the study
file, its rules, and which jobs it plans.  The rule says what its jobs write and where, on what they run, what they
cost and which module does the work; that module belongs to one of the two wings, the declaration to none.  All that a
declaration is made of can be had from here.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from pydantic import BaseModel

from resdag.config.study import Study
from resdag.planning.job import Job, Made
from resdag.planning.maker import Maker
from resdag.planning.missing import Remaining
from resdag.planning.rule import Limit, Rule, Work, seconds_only, whole_rate

__all__ = ["Experiment", "Key", "Limit", "Made", "Rule", "Work", "seconds_only", "whole_rate"]

S = TypeVar("S", bound=BaseModel)


@dataclass(frozen=True)
class Key(Generic[S]):
    """A key of the study file: `lesions.repeat`, its model, its sentence, and what it costs, in words."""

    path: str
    model: type[S]
    says: str
    costs: str
    cost_of: Mapping[str, str] = field(default_factory=dict)  # of single keys, where it is more than the section's

    def of(self, study: Study) -> S | None:
        """What a study says there; None where it says nothing."""
        value: Any = study
        for part in self.path.split("."):
            value = getattr(value, part)
        found: S | None = value
        return found

    def on(self, study: Study, network: str) -> S | None:
        """What a study says there, if it names this network."""
        found = self.of(study)
        return found if found is not None and network in getattr(found, "networks", ()) else None


@dataclass(frozen=True)
class Experiment:
    """All that resdag knows of an experiment; whoever plans, runs or reads asks here.

    Its jobs come from whichever of these functions it has: `data` prepares the images, `makes` one network of one
    seed; `of_seed` measures one network, `of_network` those of all its seeds together (the jobs that made them are
    given), `of_study` what is left, once all jobs declared before it are known. `ends` reads
    what all of these write, and is told what a run has to do without.
    """

    place: int  # in the order of the study file, its page and the workflow; names break ties
    rules: tuple[Rule, ...]
    keys: tuple[Key[Any], ...] = ()
    check: Callable[[Study], Iterator[str]] | None = None  # what contradicts other parts of the study, in sentences
    limits: tuple[Limit, ...] = ()
    data: Callable[[Maker], Job] | None = None
    makes: Callable[[Maker, str, int, Job], Job | None] | None = None
    of_seed: Callable[[Maker, Made], Iterator[Job]] | None = None
    of_network: Callable[[Maker, Sequence[Made]], Iterator[Job]] | None = None
    of_study: Callable[[Maker, Sequence[Job]], Iterator[Job]] | None = None
    ends: Callable[[Maker, Sequence[Job], Remaining], Iterator[Job]] | None = None
