"""How is a job made?  Its code, and the locked packages behind that, are looked up here, for all rules."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from resdag import provenance
from resdag.config.study import Study
from resdag.discovery import modules
from resdag.planning.job import Job, Made
from resdag.planning.rule import Limit, Rule

ARITHMETIC = "resdag.execution.arithmetic"  # what torch computes with
ROWS = "resdag.records.shards"  # how rows get their keys and are written
STREAMED = "resdag.datasets.streamed"  # how images that stay in their files are decoded


class Maker:
    """Makes the jobs of one study, whose rows are held to the limits that are declared."""

    def __init__(self, study: Study, limits: Collection[Limit]) -> None:
        self.study = study
        self._limits = limits

    def job(
        self,
        rule: Rule,
        of: Mapping[str, Any],
        spec: Mapping[str, Any],
        *,
        upstream: Sequence[Job] = (),
        code: Sequence[str] = (),
        tables: Collection[str] = (),
        texts: Sequence[Path] = (),
        devices: int = 1,
    ) -> Job:
        """A job of a rule.

        Its code is that of its own module, of the tables that it writes, and what neither imports: `code` names
        further modules, `tables` those that it reads, `texts` files that are no Python.
        """
        written = rule.writes.keys() & modules("tables").keys()
        rows = [modules("tables")[table] for table in sorted({*written, *tables})]
        roots = [rule.job_module, *code, *rows, *([ROWS] if written else []), *([ARITHMETIC] if rule.device else [])]
        if self.study.dataset.streamed and any(job.rule == "prepare_data" for job in upstream):
            roots.append(STREAMED)
        digest, lock = provenance.code_digest(*roots, texts=texts), provenance.lock_digest(*roots)
        return Job(
            rule, dict(of), dict(spec), digest, lock, tuple(upstream), tuple(roots), tuple(texts),
            self.study.study, devices,
        )  # fmt: skip

    def measured(self, rule: Rule, made: Made, spec: Mapping[str, Any], **of: Any) -> Job:
        """A job that measures one network: on its images, with the code that builds it."""
        upstream, code = [made.data, made.job], self.code_of(made.network)
        return self.job(rule, made.of | of, spec, upstream=upstream, code=code)

    def on_test_images(self, rule: Rule, made: Made, spec: Mapping[str, Any] | None = None, **of: Any) -> Job:
        """A job that measures one network on the test images that the study asks for."""
        return self.measured(rule, made, {"test_limit": self.study.dataset.test_limit} | dict(spec or {}), **of)

    def code_of(self, network: str) -> list[str]:
        """The module that builds a network: a job's code, which finds it by the network's architecture."""
        return self.study.networks[network].modules

    def reader(
        self,
        rule: Rule,
        of: Mapping[str, Any],
        spec: Mapping[str, Any],
        *,
        upstream: Sequence[Job],
        tables: Collection[str] | None = None,
        views: Sequence[str] = (),
        code: Sequence[str] = (),
        texts: Sequence[Path] = (),
    ) -> Job:
        """A job that reads rows: of these tables, or of all that jobs upstream write, and through these views."""
        held = {table for job in upstream for table in job.tables} if tables is None else tables
        common = {
            "study": self.study.study,
            "kind": self.study.dataset.kind,
            "limits": self.limits({job.rule for job in upstream}),
            "tables": sorted({"studies", *held}),
            "views": list(views),
        }
        return self.job(
            rule, of, common | dict(spec), upstream=upstream, tables=common["tables"], code=code, texts=texts
        )

    def statistic(self, rule: Rule, source: Rule, jobs: Sequence[Job], **spec: Any) -> Iterator[Job]:
        """The job that computes statistics of all rows of a rule; none where the study measures none of them."""
        upstream = [job for job in jobs if job.rule == source.name]
        if upstream:
            yield self.reader(rule, {}, spec, upstream=upstream)

    def limits(self, rules: Collection[str]) -> dict[str, dict[str, int]]:
        """Jobs compute whole chunks; rows from these limits on, by table and column, are not the study's."""
        found: dict[str, dict[str, int]] = {}
        for limit in (limit for limit in self._limits if limit.rule in rules):
            number = limit.number(self.study)
            if number is not None:
                found.setdefault(limit.table, {})[limit.column] = number
        return found
