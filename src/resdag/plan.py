"""Every job of a study, computed without torch: what the Snakefile, `resdag plan` and the verbs share.

A job is one process.  Its `spec` is everything that determines its result
besides code and inputs; its fingerprint covers the spec, the code, the locked
packages and the fingerprints upstream, and stands in the path of its outputs.
Whether a job has to run is therefore whether its outputs exist.

Outputs with fixed names (figures, the report, results.duckdb) carry a stamp:
a file with the fingerprint in its name, which the job that makes them writes
last, after removing the older ones.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from resdag import provenance
from resdag.config.networks import RESIDUAL_ARCHITECTURES
from resdag.config.study import Study
from resdag.datasets.available import content_fingerprint
from resdag.errors import StudyError
from resdag.records import BY_NAME

RESULTS = Path("results")
DATABASE = Path("results.duckdb")
IMAGE_FORMATS = ("svg", "png", "html", "csv")

# Rows of these tables are measured by jobs; the others are made by the database job itself.
MEASURED_BY_STUDY = ("studies", "jobs")


@dataclass(frozen=True, eq=False)
class Job:
    """One process of the workflow: what it is of, what determines it, what it writes."""

    rule: str
    of: Mapping[str, str | int]  # network, seed, chunk, figure: what tells the rule's jobs apart
    spec: Mapping[str, Any]
    code: str
    lock: str
    upstream: tuple["Job", ...] = ()
    modules: tuple[str, ...] = ()
    tables: tuple[str, ...] = ()  # tables that its Parquet files are rows of
    files: Mapping[str, str] = field(default_factory=dict)  # other outputs, name -> path template

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
    def label(self) -> str:
        """`delete_random network=resnet110 seed=0 chunk=3`: the job's name for people."""
        return " ".join([self.rule, *(f"{key}={value}" for key, value in self.of.items())])

    @cached_property
    def outputs(self) -> dict[str, str]:
        """Output paths by name: a table's name for its Parquet file."""
        return {name: template.format(fingerprint=self.fingerprint, **self.of) for name, template in self.files.items()}

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


def base(study: str) -> str:
    """Folder of a study's results."""
    return f"{RESULTS}/{study}"


def plan_study(study: Study) -> Plan:
    """All jobs of a study; StudyError where a file that it names is missing."""
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
        of: Mapping[str, str | int],
        spec: Mapping[str, Any],
        files: Mapping[str, str],
        *,
        upstream: Sequence[Job] = (),
        tables: Sequence[str] = (),
        modules: Sequence[str] = (),
        sql: Sequence[Path] = (),
    ) -> Job:
        roots = (f"resdag.jobs.{rule}", *modules)
        code = provenance.code_digest(*roots)
        if sql:
            code = provenance.digest_of([code, *map(provenance.file_digest_of_code, sql)])
        paths = {name: f"{self.base}/{template}" for name, template in files.items()}
        return Job(rule, dict(of), dict(spec), code, self.lock, tuple(upstream), roots, tuple(tables), paths)

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
        yield from self.closed_forms()

    def data(self) -> Job:
        dataset = self.study.dataset
        root = getattr(dataset, "root", None)
        size = getattr(dataset, "image_size", None)
        content = content_fingerprint(dataset.kind, root, size, RESULTS / ".content-digests.json")
        spec = {"kind": dataset.kind, "content": content, "image_size": size}
        return self.job("prepare_data", {}, spec, {"images": "data/images-{fingerprint}.safetensors"})

    def _network_spec(self, name: str) -> dict[str, Any]:
        network = self.study.networks[name]
        normalization = network.normalization.model_dump(mode="json") if network.normalization else None
        return {"options": network.options(), "normalization": normalization}

    def _model_modules(self, name: str) -> list[str]:
        return [f"resdag.models.{self.study.networks[name].architecture}"]

    def trained(self, name: str, seed: int, data: Job) -> Job:
        recipe = self.study.recipe(name).model_dump(mode="json")
        spec = self._network_spec(name) | {"recipe": recipe, "train_limit": self.study.dataset.train_limit}
        folder = "networks/{network}/seed{seed}-{fingerprint}"
        files = {
            "weights": f"{folder}/weights.safetensors",
            "initial": f"{folder}/initial.safetensors",
            "training": f"{folder}/training.json",
            "epochs": f"{folder}/epochs.parquet",
        }
        return self.job(
            "train_network", {"network": name, "seed": seed}, spec, files,
            upstream=[data], tables=["epochs"], modules=self._model_modules(name),
        )  # fmt: skip

    def loaded(self, name: str, seed: int, data: Job) -> Job:
        weights = self.study.networks[name].weights
        try:
            digest = provenance.file_sha256(weights or "")
        except OSError as error:
            raise StudyError(
                f"networks.{name}.weights: got {weights!r}, which cannot be read ({error.strerror}); "
                "give a safetensors file or a PyTorch state dict, relative to the checkout or absolute"
            ) from None
        spec = self._network_spec(name) | {"weights_sha256": digest}
        folder = "networks/{network}/seed{seed}-{fingerprint}"
        files = {"weights": f"{folder}/weights.safetensors", "training": f"{folder}/training.json"}
        return self.job(
            "load_network", {"network": name, "seed": seed}, spec, files,
            upstream=[data], modules=self._model_modules(name),
        )  # fmt: skip

    def _limits(self) -> dict[str, Any]:
        return {"test_limit": self.study.dataset.test_limit}

    def evaluated(self, name: str, seed: int, data: Job, made: Job) -> Job:
        spec = self._limits() | {"train_limit": self.study.dataset.train_limit}
        folder = "evaluations/{network}/seed{seed}-{fingerprint}"
        tables = ("networks", "evaluations", "blocks")
        return self.job(
            "evaluate_network", {"network": name, "seed": seed}, spec,
            {table: f"{folder}/{table}.parquet" for table in tables},
            upstream=[data, made], tables=tables, modules=self._model_modules(name),
        )  # fmt: skip

    def lesioned(self, name: str, seed: int, data: Job, made: Job) -> Iterator[Job]:
        lesions, of = self.study.lesions, {"network": name, "seed": seed}
        upstream, modules = [data, made], self._model_modules(name)
        if lesions.single and name in lesions.single.networks:
            spec = self._limits() | {"predictions": lesions.single.predictions}
            folder = "lesions/single/{network}/seed{seed}-{fingerprint}"
            tables = ["lesions", "predictions"] if lesions.single.predictions else ["lesions"]
            files = {table: f"{folder}/{table}.parquet" for table in tables}
            yield self.job("delete_single", of, spec, files, upstream=upstream, tables=tables, modules=modules)
        if lesions.random and name in lesions.random.networks:
            files = {"lesions": "lesions/random/{network}/seed{seed}-draws{chunk:04d}-{fingerprint}.parquet"}
            for chunk, draws in _chunks(lesions.random.draws, self.study.jobs.draws):
                spec = self._limits() | {"counts": list(lesions.random.counts), "draws": draws}
                yield self.job(
                    "delete_random", of | {"chunk": chunk}, spec, files,
                    upstream=upstream, tables=["lesions"], modules=modules,
                )  # fmt: skip
        if lesions.reorder and name in lesions.reorder.networks:
            files = {"reorderings": "lesions/reorder/{network}/seed{seed}-draws{chunk:04d}-{fingerprint}.parquet"}
            for chunk, draws in _chunks(lesions.reorder.draws, self.study.jobs.draws):
                spec = self._limits() | {"swaps": list(lesions.reorder.swaps), "draws": draws}
                yield self.job(
                    "reorder_blocks", of | {"chunk": chunk}, spec, files,
                    upstream=upstream, tables=["reorderings"], modules=modules,
                )  # fmt: skip

    def path_gradients(self, name: str, seed: int, data: Job, made: Job) -> Iterator[Job]:
        gradients = self.study.paths.gradients
        if gradients is None or name not in gradients.networks:
            return
        folder = "paths/gradients/{network}"
        files = {"path_gradients": folder + "/seed{seed}-{epoch}-batches{chunk:04d}-{fingerprint}.parquet"}
        for epoch in gradients.epochs:
            for chunk, batches in _chunks(gradients.samples // gradients.samples_per_batch, self.study.jobs.batches):
                spec = {
                    "batch_size": gradients.batch_size,
                    "samples_per_batch": gradients.samples_per_batch,
                    "batch_norm": gradients.batch_norm,
                    "batches": batches,
                    "train_limit": self.study.dataset.train_limit,
                }
                yield self.job(
                    "sample_path_gradients", {"network": name, "seed": seed, "epoch": epoch, "chunk": chunk}, spec,
                    files, upstream=[data, made], tables=["path_gradients"], modules=self._model_modules(name),
                )  # fmt: skip

    def closed_forms(self) -> Iterator[Job]:
        sizes = {
            name: {"blocks": network.blocks, "seeds": list(network.seeds)}
            for name, network in self.study.networks.items()
            if network.architecture in RESIDUAL_ARCHITECTURES
        }
        if sizes:
            tables = ("path_lengths", "paths_remaining")
            files = {table: f"paths/closed-forms-{{fingerprint}}/{table}.parquet" for table in tables}
            yield self.job("count_paths", {}, {"networks": sizes}, files, tables=tables)

    # The reading wing

    def reading(self, measured: list[Job]) -> Iterator[Job]:
        statistics = self.statistics(measured)
        judged = self.claims([*measured, statistics])
        sources = [*measured, statistics, judged]
        database = self.database(sources)
        figures = [self.figure(name, sources, database) for name in figure_names()]
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
        return limits

    def statistics(self, measured: list[Job]) -> Job:
        tables = ("lesion_tests", "path_norms", "path_fits")
        spec = {
            "study": self.study.study,
            "confidence": self.study.claims.confidence,
            "limits": self._limits_of_rows(),
        }
        files = {table: f"statistics/{{fingerprint}}/{table}.parquet" for table in tables}
        sources = _with_tables(measured, ("networks", "lesions", "path_gradients", "path_lengths"))
        return self.job("compute_statistics", {}, spec, files, upstream=sources, tables=tables)

    def claims(self, sources: list[Job]) -> Job:
        spec = {
            "study": self.study.study,
            "kind": self.study.dataset.kind,
            "claims": self.study.claims.model_dump(mode="json"),
            "limits": self._limits_of_rows(),
        }
        return self.job(
            "judge_claims", {}, spec, {"claims": "claims/claims-{fingerprint}.parquet"},
            upstream=[job for job in sources if job.tables], tables=["claims"],
        )  # fmt: skip

    def database(self, sources: list[Job]) -> Job:
        spec = {"study": self.study.model_dump(mode="json"), "limits": self._limits_of_rows()}
        shown = dict(spec["study"])
        shown["figures"] = None  # how figures look is in the row of `studies`, but is no reason to load again
        spec["study"] = shown
        files = {"manifest": "database/{fingerprint}.json"}
        return self.job(
            "write_database", {}, spec, files, upstream=[job for job in sources if job.tables], sql=view_files()
        )

    def figure(self, name: str, sources: list[Job], database: Job) -> Job:
        looks = self.study.figures.model_dump(mode="json")
        own = {key: value for key, value in (looks.pop("styles").get(name) or {}).items() if value is not None}
        files = {form: f"figures/{{figure}}.{form}" for form in IMAGE_FORMATS}
        files["stamp"] = "figures/stamps/{figure}-{fingerprint}"
        return self.job(
            "draw_figure", {"figure": name}, {"study": self.study.study, "style": looks | own}, files,
            upstream=_with_tables(sources, tables_behind(name)),
            modules=[f"resdag.figures.{name}"], sql=[VIEWS / f"{name}.sql"],
        )  # fmt: skip

    def report(self, database: Job, figures: list[Job]) -> Job:
        looks = self.study.figures.model_dump(mode="json")
        files = {"report": "report.html", "stamp": "report-stamps/{fingerprint}"}
        spec = {"study": self.study.study, "figures": looks}
        return self.job("write_report", {}, spec, files, upstream=[database, *figures], sql=report_templates())


VIEWS = Path(__file__).parent / "store" / "views"


def view_files() -> list[Path]:
    """The SQL of all views, sorted by name."""
    return sorted(VIEWS.glob("*.sql"))


def report_templates() -> list[Path]:
    """What the report is made of besides Python."""
    folder = Path(__file__).parent / "report"
    return sorted(path for path in folder.iterdir() if path.suffix in {".html", ".css", ".js", ".j2", ".jinja"})


def figure_names() -> list[str]:
    """Figures that there are: one module each, each with a view of its name."""
    folder = Path(__file__).parent / "figures"
    return sorted(path.stem for path in folder.glob("figure_*.py"))


def tables_behind(view: str) -> set[str]:
    """Tables that a view reads, through other views too, found in its SQL."""
    words = set(_words((VIEWS / f"{view}.sql").read_text(encoding="utf-8")))
    views = {path.stem for path in view_files()} & words - {view}
    below = {table for other in views for table in tables_behind(other)}
    return (words & set(BY_NAME)) | below


def _words(sql: str) -> Iterator[str]:
    for line in sql.splitlines():
        code = line.split("--")[0]
        yield from "".join(letter if letter.isalnum() or letter == "_" else " " for letter in code).split()


def _with_tables(jobs: Iterable[Job], tables: Iterable[str]) -> list[Job]:
    wanted = set(tables)
    return [job for job in jobs if wanted & set(job.tables)]


def _chunks(total: int, size: int) -> list[tuple[int, list[int]]]:
    """Fixed ranges [first, last] that cover 0 .. total - 1; the last one is whole, so that more of them repeat none."""
    return [(first, [first, first + size - 1]) for first in range(0, total, size)]
