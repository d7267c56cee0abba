"""Every job of a study, computed without torch: what the Snakefile, `resdag plan` and the verbs share.

A job is one process.  Its `spec` is everything that determines its result
besides code and inputs; its fingerprint covers the spec, the code, the locked
packages and the fingerprints upstream, and stands in the path of its outputs.
Whether a job has to run is therefore whether its outputs exist.

Outputs with fixed names (figures, the report, results.duckdb) carry a stamp:
a file with the fingerprint in its name, which the job that makes them writes
last, after removing the older ones.
"""

import errno
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from resdag import provenance
from resdag.config.networks import RESIDUAL_ARCHITECTURES
from resdag.config.study import Study
from resdag.datasets.available import content_fingerprint
from resdag.drawn import MACROS, figure_names, tables_behind, texts_of, view_files, views_behind, words_of
from resdag.errors import StudyError
from resdag.layout import LAYOUT, RESULTS, TORCH_RULES, base, pattern
from resdag.records import BY_NAME


@dataclass(frozen=True, eq=False)
class Job:
    """One process of the workflow: what it is of, what determines it, what it writes."""

    rule: str
    of: Mapping[str, Any]  # network, seed, chunk, figure: what tells the rule's jobs apart
    spec: Mapping[str, Any]
    code: str
    lock: str
    upstream: tuple["Job", ...] = ()
    modules: tuple[str, ...] = ()
    study: str = ""

    @property
    def tables(self) -> tuple[str, ...]:
        """Tables that it writes rows of."""
        return tuple(name for name in LAYOUT[self.rule] if name in BY_NAME)

    @cached_property
    def identity(self) -> dict[str, Any]:
        """What the fingerprint is a hash of; also the one param of its rule."""
        upstream = {job.label: job.fingerprint for job in self.upstream}
        return {
            "rule": self.rule,
            "of": dict(self.of),
            "config": dict(self.spec),
            "code": self.code,
            "lock": self.lock,
            "upstream": provenance.digest_of(upstream),
        }

    @cached_property
    def fingerprint(self) -> str:
        """Short hash of everything that determines the result."""
        return provenance.fingerprint(self.identity)

    @property
    def param(self) -> dict[str, Any]:
        """The one param of the job's rule: its identity, by which Snakemake sees what changed, and the fingerprint."""
        return self.identity | {"fingerprint": self.fingerprint}

    @property
    def label(self) -> str:
        """`delete_random network=resnet110 seed=0 chunk=3`: the job's name for people."""
        return " ".join([self.rule, *(f"{key}={value}" for key, value in self.of.items())])

    @cached_property
    def outputs(self) -> dict[str, str]:
        """Output paths by name: a table's name for its Parquet file."""
        names = {**self.of, "fingerprint": self.fingerprint}
        return {name: f"{base(self.study)}/{path.format(**names)}" for name, path in LAYOUT[self.rule].items()}

    @cached_property
    def benchmark(self) -> str:
        """Where Snakemake writes what the job cost."""
        return pattern(self.rule, self.study, "benchmarks", ".tsv").format(**self.of, fingerprint=self.fingerprint)

    @cached_property
    def log(self) -> str:
        """Where the job says how far it is."""
        return pattern(self.rule, self.study, "logs", ".log").format(**self.of, fingerprint=self.fingerprint)

    def inputs(self) -> list[str]:
        """Every output of the jobs upstream."""
        return [path for job in self.upstream for path in job.outputs.values()]


@dataclass(frozen=True)
class Plan:
    """All jobs of one study, in an order in which they can run."""

    study: Study
    jobs: tuple[Job, ...]

    def of_rule(self, rule: str) -> list[Job]:
        """The jobs of one rule."""
        return [job for job in self.jobs if job.rule == rule]

    @cached_property
    def _by_fingerprint(self) -> dict[tuple[str, str], Job]:
        return {(job.rule, job.fingerprint): job for job in self.jobs}

    def find(self, rule: str, fingerprint: str) -> Job | None:
        """The job of a rule with this fingerprint, if the study has it."""
        return self._by_fingerprint.get((rule, fingerprint))

    def outputs(self, *rules: str) -> list[str]:
        """Outputs of the jobs of these rules; of all rules where none is named."""
        return [path for job in self.jobs if not rules or job.rule in rules for path in job.outputs.values()]

    def shards(self, tables: Iterable[str] | None = None) -> dict[str, list[str]]:
        """Table name -> the exact Parquet files with its rows."""
        wanted = set(tables) if tables is not None else None
        found: dict[str, list[str]] = {name: [] for name in BY_NAME if wanted is None or name in wanted}
        for job in self.jobs:
            for table in job.tables:
                if table in found:
                    found[table].append(job.outputs[table])
        return found


def plan_study(study: Study) -> Plan:
    """All jobs of a study; StudyError where it names a file or a figure that is not there."""
    unknown = sorted(set(study.figures.styles) - set(figure_names()))
    if unknown:
        raise StudyError(f"figures.styles.{unknown[0]}: is no figure; there are {', '.join(figure_names())}")
    return Plan(study, tuple(_Planner(study).jobs()))


class _Planner:
    """Builds the jobs of one study from upstream to downstream."""

    def __init__(self, study: Study) -> None:
        self.study = study
        self.base = base(study.study)
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
        roots = (f"resdag.jobs.{rule}", *modules, *(("resdag.arithmetic",) if rule in TORCH_RULES else ()))
        code = provenance.code_digest(*roots)
        if texts:
            code = provenance.digest_of([code, *map(provenance.file_digest_of_code, texts)])
        return Job(rule, dict(of), dict(spec), code, self.lock, tuple(upstream), roots, self.study.study)

    def jobs(self) -> Iterator[Job]:
        measured = list(self.measured())
        yield from measured
        yield from self.reading(measured)

    # The measuring wing

    def measured(self) -> Iterator[Job]:
        data = self.data()
        yield data
        for name, network in self.study.networks.items():
            for seed in network.seeds:
                made = self.loaded(name, seed, data) if network.weights else self.trained(name, seed, data)
                yield made
                yield self.evaluated(name, seed, data, made)
                yield from self.lesioned(name, seed, data, made)
                yield from self.path_gradients(name, seed, data, made)
                yield from self.path_spectrum(name, seed, data, made)
                yield from self.closed_forms(name, seed)

    def data(self) -> Job:
        dataset = self.study.dataset
        root = getattr(dataset, "root", None)
        size = getattr(dataset, "image_size", None)
        content = content_fingerprint(dataset.kind, root, size, RESULTS / ".content-digests.json")
        spec = {"kind": dataset.kind, "content": content, "image_size": size}
        return self.job("prepare_data", {}, spec)

    def _network_spec(self, name: str) -> dict[str, Any]:
        network = self.study.networks[name]
        normalization = network.normalization.model_dump(mode="json") if network.normalization else None
        return {"options": network.options(), "normalization": normalization}

    def _model_modules(self, name: str) -> list[str]:
        return [f"resdag.models.{self.study.networks[name].architecture}"]

    def trained(self, name: str, seed: int, data: Job) -> Job:
        recipe = self.study.recipe(name).model_dump(mode="json")
        dataset = self.study.dataset
        spec = self._network_spec(name) | {"recipe": recipe, "kind": dataset.kind, "train_limit": dataset.train_limit}
        of = {"network": name, "seed": seed}
        return self.job("train_network", of, spec, upstream=[data], modules=self._model_modules(name))

    def loaded(self, name: str, seed: int, data: Job) -> Job:
        weights = Path(self.study.networks[name].weights or "")
        try:
            if weights.exists() and not weights.is_file():
                raise OSError(errno.EINVAL, "it is no file")
            digest = provenance.file_sha256(weights)
        except OSError as error:
            raise StudyError(
                f"networks.{name}.weights: got {str(weights)!r}, which cannot be read ({error.strerror}); "
                "give a safetensors file or a PyTorch state dict, relative to the checkout or absolute"
            ) from None
        spec = self._network_spec(name) | {"weights_sha256": digest}
        of = {"network": name, "seed": seed}
        return self.job("load_network", of, spec, upstream=[data], modules=self._model_modules(name))

    def _limits(self) -> dict[str, Any]:
        return {"test_limit": self.study.dataset.test_limit}

    def evaluated(self, name: str, seed: int, data: Job, made: Job) -> Job:
        spec = self._limits() | {"train_limit": self.study.dataset.train_limit}
        of = {"network": name, "seed": seed}
        return self.job("evaluate_network", of, spec, upstream=[data, made], modules=self._model_modules(name))

    def lesioned(self, name: str, seed: int, data: Job, made: Job) -> Iterator[Job]:
        lesions, of = self.study.lesions, {"network": name, "seed": seed}
        common: dict[str, Any] = {"upstream": [data, made], "modules": self._model_modules(name)}
        if lesions.single and name in lesions.single.networks:
            spec = self._limits() | {"predictions": lesions.single.predictions}
            yield self.job("delete_single", of, spec, **common)
        if lesions.random and name in lesions.random.networks:
            for chunk, draws in _chunks(lesions.random.draws, self.study.jobs.draws):
                spec = self._limits() | {"counts": list(lesions.random.counts), "draws": draws}
                yield self.job("delete_random", of | {"chunk": chunk}, spec, **common)
        if lesions.reorder and name in lesions.reorder.networks:
            for chunk, draws in _chunks(lesions.reorder.draws, self.study.jobs.draws):
                spec = self._limits() | {"swaps": list(lesions.reorder.swaps), "draws": draws}
                yield self.job("reorder_blocks", of | {"chunk": chunk}, spec, **common)
        yield from self.controls(name, of, common)

    def controls(self, name: str, of: dict[str, Any], common: dict[str, Any]) -> Iterator[Job]:
        """Lesions beyond the paper."""
        lesions = self.study.lesions
        if lesions.skip and name in lesions.skip.networks:
            yield self.job("delete_skips", of, self._limits(), **common)
        if lesions.recalibrated and name in lesions.recalibrated.networks:
            spec = self._limits() | {"train_limit": self.study.dataset.train_limit}
            yield self.job("delete_recalibrated", of, spec | {"images": lesions.recalibrated.images}, **common)
        if lesions.pair and name in lesions.pair.networks:
            yield self.job("delete_pairs", of, self._limits(), **common)
        if lesions.run and name in lesions.run.networks:
            yield self.job("delete_runs", of, self._limits() | {"lengths": list(lesions.run.lengths)}, **common)

    def path_gradients(self, name: str, seed: int, data: Job, made: Job) -> Iterator[Job]:
        gradients = self.study.paths.gradients
        if gradients is None or name not in gradients.networks:
            return
        kept = ("batch_size", "samples_per_batch", "batch_norm")
        common = {key: getattr(gradients, key) for key in kept} | {"train_limit": self.study.dataset.train_limit}
        for epoch in gradients.epochs:
            for chunk, batches in _chunks(gradients.samples // gradients.samples_per_batch, self.study.jobs.batches):
                of = {"network": name, "seed": seed, "epoch": epoch, "chunk": chunk}
                spec = common | {"batches": batches}
                upstream, modules = [data, made], self._model_modules(name)
                yield self.job("sample_path_gradients", of, spec, upstream=upstream, modules=modules)

    def path_spectrum(self, name: str, seed: int, data: Job, made: Job) -> Iterator[Job]:
        spectrum = self.study.paths.spectrum
        if spectrum is None or name not in spectrum.networks:
            return
        kept = ("batch_size", "sign_draws")
        common = {key: getattr(spectrum, key) for key in kept} | {"train_limit": self.study.dataset.train_limit}
        for epoch in spectrum.epochs:
            for chunk, batches in _chunks(spectrum.batches, self.study.jobs.spectra):
                of = {"network": name, "seed": seed, "epoch": epoch, "chunk": chunk}
                spec = common | {"batches": batches}
                upstream, modules = [data, made], self._model_modules(name)
                yield self.job("measure_path_spectrum", of, spec, upstream=upstream, modules=modules)

    def closed_forms(self, name: str, seed: int) -> Iterator[Job]:
        network = self.study.networks[name]
        if network.architecture in RESIDUAL_ARCHITECTURES:
            yield self.job("count_paths", {"network": name, "seed": seed}, {"blocks": network.blocks})

    # The reading wing

    def reading(self, measured: list[Job]) -> Iterator[Job]:
        statistics = self.statistics(measured)
        judged = self.claims([*measured, statistics])
        sources = [*measured, statistics, judged]
        database = self.database(sources)
        figures = [self.figure(name, sources) for name in figure_names()]
        yield from (statistics, judged, database, *figures, self.report(database, figures))

    def _limits_of_rows(self) -> dict[str, dict[str, int]]:
        """Jobs compute whole chunks; rows from these limits on are not the study's."""
        lesions, gradients = self.study.lesions, self.study.paths.gradients
        limits: dict[str, dict[str, int]] = {}
        if lesions.random:
            limits["lesions"] = {"draw": lesions.random.draws}
        if lesions.reorder:
            limits["reorderings"] = {"draw": lesions.reorder.draws}
        if gradients:
            limits["path_gradients"] = {"sample": gradients.samples}
        if self.study.paths.spectrum:
            limits["path_spectrum"] = {"batch": self.study.paths.spectrum.batches}
        return limits

    def statistics(self, measured: list[Job]) -> Job:
        spec = {
            "study": self.study.study,
            "kind": self.study.dataset.kind,
            "confidence": self.study.claims.confidence,
            "limits": self._limits_of_rows(),
        }
        sources = _with_tables(measured, ("networks", "lesions", "path_gradients", "path_spectrum", "path_lengths"))
        return self.job("compute_statistics", {}, spec, upstream=sources)

    def claims(self, sources: list[Job]) -> Job:
        spec = {
            "study": self.study.study,
            "kind": self.study.dataset.kind,
            "claims": self.study.claims.model_dump(mode="json"),
            "limits": self._limits_of_rows(),
        }
        return self.job("judge_claims", {}, spec, upstream=[job for job in sources if job.tables])

    def database(self, sources: list[Job]) -> Job:
        whole = self.study.model_dump(mode="json", exclude={"dataset": {"root", "archive", "download"}, "jobs": True})
        spec = {"study": whole, "limits": self._limits_of_rows()}
        return self.job(
            "write_database", {}, spec, upstream=[job for job in sources if job.tables], texts=[MACROS, *view_files()]
        )

    def figure(self, name: str, sources: list[Job]) -> Job:
        looks = self.study.figures.model_dump(mode="json")
        own = {key: value for key, value in (looks.pop("styles").get(name) or {}).items() if value is not None}
        tables = tables_behind(name)
        limits = {table: limit for table, limit in self._limits_of_rows().items() if table in tables}
        spec = words_of(name) | {"study": self.study.study, "style": looks | own, "limits": limits}
        return self.job(
            "draw_figure", {"figure": name}, spec,
            upstream=_with_tables(sources, tables), modules=[f"resdag.figures.{name}"],
            texts=[MACROS, *views_behind(name), *texts_of("figures")],
        )  # fmt: skip

    def report(self, database: Job, figures: list[Job]) -> Job:
        looks = self.study.figures.model_dump(mode="json")
        spec = {"study": self.study.study, "figures": looks}
        return self.job("write_report", {}, spec, upstream=[database, *figures], texts=texts_of("report"))


def _with_tables(jobs: Iterable[Job], tables: Iterable[str]) -> list[Job]:
    wanted = set(tables)
    return [job for job in jobs if wanted & set(job.tables)]


def _chunks(total: int, size: int) -> list[tuple[str, list[int]]]:
    """Fixed ranges [first, last] that cover 0 .. total - 1; the last one is whole, so that more of them repeat none."""
    return [(f"{first:04d}", [first, first + size - 1]) for first in range(0, total, size)]
