"""How is a job made?  Its code and the locked packages are looked up here, once for all rules."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from resdag import provenance
from resdag.config.study import Study
from resdag.layout import TORCH_RULES
from resdag.planning.job import Job


class Maker:
    """Makes the jobs of one study."""

    def __init__(self, study: Study) -> None:
        self.study = study
        self.lock = provenance.lock_digest()

    def job(
        self,
        rule: str,
        of: Mapping[str, Any],
        spec: Mapping[str, Any],
        *,
        upstream: Sequence[Job] = (),
        modules: Sequence[str] = (),
        texts: Sequence[Path] = (),
    ) -> Job:
        """A job of a rule; `modules` and `texts` are code that its own module does not import."""
        roots = (f"resdag.jobs.{rule}", *modules, *(("resdag.execution.arithmetic",) if rule in TORCH_RULES else ()))
        code = provenance.code_digest(*roots)
        if texts:
            code = provenance.digest_of([code, *map(provenance.file_digest_of_code, texts)])
        return Job(rule, dict(of), dict(spec), code, self.lock, tuple(upstream), roots, self.study.study)

    def model_modules(self, name: str) -> list[str]:
        """The module that builds a network: a job's code, which finds it by the network's architecture."""
        return [f"resdag.models.architectures.{self.study.networks[name].architecture}"]


def chunks(total: int, size: int) -> list[tuple[str, list[int]]]:
    """Fixed ranges [first, last] that cover 0 .. total - 1; the last one is whole, so that more of them repeat none."""
    return [(f"{first:04d}", [first, first + size - 1]) for first in range(0, total, size)]
