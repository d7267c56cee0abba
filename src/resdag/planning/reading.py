"""Which jobs read: statistics, claims, the database, the figures and the report."""

from collections.abc import Iterator
from typing import Any

from resdag.drawn import MACROS, figure_names, rules_behind, tables_behind, texts_of, view_files, views_behind, words_of
from resdag.layout import DERIVED
from resdag.planning.job import Job
from resdag.planning.maker import Maker, with_tables


def reading(maker: Maker, measured: list[Job]) -> Iterator[Job]:
    """Every job that reads what was measured, upstream first."""
    statistics = computed(maker, measured)
    claims = judged(maker, [*measured, statistics])
    sources = [*measured, statistics, claims]
    database = stored(maker, sources)
    figures = [drawn(maker, name, measured) for name in figure_names()]
    yield from (statistics, claims, database, *figures, reported(maker, database, figures))


# The rule whose whole chunks of rows have a limit, by table.
LIMITED = {
    "lesions": "delete_random", "reorderings": "reorder_blocks", "path_gradients": "sample_path_gradients",
    "path_spectrum": "measure_path_spectrum", "mean_field": "simulate_mean_field",
}  # fmt: skip


def _limits_of_rows(maker: Maker) -> dict[str, dict[str, int]]:
    """Jobs compute whole chunks; rows from these limits on are not the study's."""
    lesions, gradients = maker.study.lesions, maker.study.paths.gradients
    limits: dict[str, dict[str, int]] = {}
    if lesions.random:
        limits["lesions"] = {"draw": lesions.random.draws}
    if lesions.reorder:
        limits["reorderings"] = {"draw": lesions.reorder.draws}
    if gradients:
        limits["path_gradients"] = {"sample": gradients.samples}
    if maker.study.paths.spectrum:
        limits["path_spectrum"] = {"batch": maker.study.paths.spectrum.batches}
    if maker.study.mean_field:
        limits["mean_field"] = {"draw": maker.study.mean_field.draws}
    return limits


def computed(maker: Maker, measured: list[Job]) -> Job:
    spec = {
        "study": maker.study.study,
        "kind": maker.study.dataset.kind,
        "confidence": maker.study.claims.confidence,
        "limits": _limits_of_rows(maker),
    }
    tables = ("networks", "lesions", "pair_answers", "path_gradients", "path_spectrum", "path_lengths")
    return maker.job("compute_statistics", {}, spec, upstream=with_tables(measured, tables))


def judged(maker: Maker, sources: list[Job]) -> Job:
    spec = {
        "study": maker.study.study,
        "kind": maker.study.dataset.kind,
        "claims": maker.study.claims.model_dump(mode="json"),
        "limits": _limits_of_rows(maker),
    }
    return maker.job("judge_claims", {}, spec, upstream=[job for job in sources if job.tables])


def stored(maker: Maker, sources: list[Job]) -> Job:
    whole = maker.study.model_dump(mode="json", exclude={"dataset": {"root", "archive", "download"}, "jobs": True})
    spec = {"study": whole, "limits": _limits_of_rows(maker)}
    return maker.job(
        "write_database", {}, spec, upstream=[job for job in sources if job.tables], texts=[MACROS, *view_files()]
    )


def drawn(maker: Maker, name: str, measured: list[Job]) -> Job:
    """A figure depends on the rows that it can show, not on the whole database that it reads them from."""
    looks = maker.study.figures.model_dump(mode="json")
    own = {key: value for key, value in (looks.pop("styles").get(name) or {}).items() if value is not None}
    rules, derived = rules_behind(name), not tables_behind(name).isdisjoint(DERIVED)
    limits = {table: limit for table, limit in _limits_of_rows(maker).items() if LIMITED[table] in rules}
    spec: dict[str, Any] = {"study": maker.study.study, "style": looks | own, "limits": limits}
    spec |= {"confidence": maker.study.claims.confidence} if derived else {}
    statistics = ["resdag.jobs.compute_statistics"] if derived else []
    return maker.job(
        "draw_figure", {"figure": name}, words_of(name) | spec,
        upstream=[job for job in measured if job.rule in rules], modules=[f"resdag.figures.{name}", *statistics],
        texts=[MACROS, *views_behind(name), *texts_of("figures")],
    )  # fmt: skip


def reported(maker: Maker, database: Job, figures: list[Job]) -> Job:
    looks = maker.study.figures.model_dump(mode="json")
    spec = {"study": maker.study.study, "figures": looks}
    return maker.job("write_report", {}, spec, upstream=[database, *figures], texts=texts_of("report"))
