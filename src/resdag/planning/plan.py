"""Every job of a study, computed without torch: what the Snakefile, `resdag plan` and the verbs share."""

from collections.abc import Mapping
from types import MappingProxyType

from resdag.config.study import Study
from resdag.errors import StudyError
from resdag.planning.figures import figure_names
from resdag.planning.job import Job, Plan
from resdag.planning.maker import Maker
from resdag.planning.measuring import ended, gathered, measured
from resdag.planning.missing import Remaining
from resdag.planning.registry import limits
from resdag.provenance import sources

__all__ = ["Job", "Plan", "plan_study"]


def plan_study(study: Study, source: str = "study", failed: Mapping[str, str] = MappingProxyType({})) -> Plan:
    """All jobs of a study; StudyError, headed by its `source`, where it names a file or a figure that is not there.

    Where jobs have `failed`, those that can do without: by fingerprint the last that each of them said.
    """
    try:
        return _planned(study, Remaining(failed))
    except StudyError as error:
        raise StudyError(f"{source}: {error}") from None


def _planned(study: Study, remaining: Remaining) -> Plan:
    unknown = sorted(set(study.figures.styles) - set(figure_names()))
    if unknown:
        raise StudyError(f"figures.styles.{unknown[0]}: is no figure; there are {', '.join(sorted(figure_names()))}")
    maker = Maker(study, limits())
    jobs = remaining.of(gathered(maker, remaining.of(measured(maker))))
    plan = Plan(study, (*jobs, *ended(maker, jobs, remaining)))
    sources().save()
    return plan
