"""Which jobs read: statistics, claims, the database, the figures and the report."""

from collections.abc import Collection, Iterator
from typing import Any

from resdag.planning.figures import can_be_filled, figure_modules, figure_names, words_of
from resdag.planning.job import Job
from resdag.planning.lineage import MACROS, rules_behind, texts_of, view_files, views_behind
from resdag.planning.maker import Maker


def reading(maker: Maker, measured: list[Job]) -> Iterator[Job]:
    """Every job that reads what was measured, upstream first."""
    statistics = list(computed(maker, measured))
    sources = [*measured, *statistics]
    claims = judged(maker, sources)
    database = stored(maker, [*sources, claims])
    rules, study = {job.rule for job in sources}, maker.study.model_dump(mode="json")
    figures = [drawn(maker, name, sources) for name in figure_names() if can_be_filled(name, rules, study)]
    yield from (*statistics, claims, database, *figures, reported(maker, database, figures))


# Which measurements each kind of statistics follows from.
STATISTICS = {
    "compute_lesion_tests": "delete_single",
    "compute_interactions": "delete_pairs",
    "compute_path_norms": "sample_path_gradients",
    "compute_spectrum_norms": "measure_path_spectrum",
}


def _limits_of_rows(maker: Maker, rules: Collection[str] | None = None) -> dict[str, dict[str, int]]:
    """Jobs compute whole chunks; rows from these limits on are not the study's.  Those of some rules, or of all."""
    lesions, gradients = maker.study.lesions, maker.study.paths.gradients
    spectrum, random = maker.study.paths.spectrum, maker.study.mean_field
    limits = {
        "delete_random": ("lesions", "draw", lesions.random and lesions.random.draws),
        "reorder_blocks": ("reorderings", "draw", lesions.reorder and lesions.reorder.draws),
        "sample_path_gradients": ("path_gradients", "sample", gradients and gradients.samples),
        "measure_path_spectrum": ("path_spectrum", "batch", spectrum and spectrum.batches),
        "simulate_mean_field": ("mean_field", "draw", random and random.draws),
    }
    wanted = [limit for rule, limit in limits.items() if rules is None or rule in rules]
    return {table: {column: limit} for table, column, limit in wanted if limit}


def computed(maker: Maker, measured: list[Job]) -> Iterator[Job]:
    """A job for each kind of statistics whose rows were measured."""
    for rule, source in STATISTICS.items():
        upstream = [job for job in measured if job.rule == source]
        spec: dict[str, Any] = {
            "study": maker.study.study,
            "kind": maker.study.dataset.kind,
            "limits": _limits_of_rows(maker, {source}),
        }
        if rule != "compute_lesion_tests":  # p-values, no intervals
            spec["confidence"] = maker.study.claims.confidence
        if rule == "compute_path_norms":
            networks = {str(job.of["network"]) for job in upstream}
            spec["blocks"] = {name: maker.study.networks[name].blocks for name in sorted(networks)}
        if upstream:
            yield maker.job(rule, {}, spec, upstream=upstream)


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


def drawn(maker: Maker, name: str, sources: list[Job]) -> Job:
    """A figure depends on the rows that its view can show, and is drawn from them alone."""
    looks = maker.study.figures.model_dump(mode="json")
    own = {key: value for key, value in (looks.pop("styles").get(name) or {}).items() if value is not None}
    rules = rules_behind(name)
    spec = words_of(name) | {
        "study": maker.study.study,
        "kind": maker.study.dataset.kind,
        "style": looks | own,
        "limits": _limits_of_rows(maker, rules),
    }
    return maker.job(
        "draw_figure", {"figure": name}, spec,
        upstream=[job for job in sources if job.rule in rules], modules=[figure_modules()[name]],
        texts=[MACROS, *views_behind(name), *texts_of("figures")],
    )  # fmt: skip


def reported(maker: Maker, database: Job, figures: list[Job]) -> Job:
    looks = maker.study.figures.model_dump(mode="json")
    spec = {"study": maker.study.study, "figures": looks}
    return maker.job("write_report", {}, spec, upstream=[database, *figures], texts=texts_of("report"))
