"""What every study ends in: verdicts, the database, figures and the report; how they are planned, once all else is."""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from resdag.digests import fingerprint
from resdag.discovery import modules, source_of
from resdag.layout import MANIFEST
from resdag.planning.experiment import Experiment, Rule, seconds_only
from resdag.planning.figures import can_be_filled, figure_names, words_of
from resdag.planning.job import Job
from resdag.planning.lineage import rules_behind, texts_of
from resdag.planning.maker import Maker
from resdag.planning.missing import Remaining
from resdag.planning.views import MACROS, header_of, tables_behind, texts_behind, view_files, views_behind
from resdag.provenance import code_parts

INTERVALS = "interval_levels"  # the view that says how sure a study's intervals are
ASKING = ("resdag.queries.", "resdag.claims.")  # where the queries of claims stand

JUDGE = Rule(
    name="judge_claims",
    says="Hold the numbers to each statement of the paper.",
    writes={"claims": "claims/claims-{fingerprint}.parquet"},
    cost=seconds_only,
    target="database",
    wing="reading",
    memory_mb=2000,
)
STORE = Rule(
    name="write_database",
    says="Put this study's rows into results.duckdb, beside those of other studies.",
    writes={"manifest": MANIFEST},
    cost=seconds_only,
    target="database",
    wing="reading",
    memory_mb=4000,
    told_all=True,
)
DRAW = Rule(
    name="draw_figure",
    says="Draw one figure from its view.",
    writes={form: f"figures/{{figure}}.{form}" for form in ("svg", "png", "html", "csv")}
    | {"stamp": "figures/stamps/{figure}-{fingerprint}"},
    cost=seconds_only,
    target="figures",
    wildcards=("figure",),
    wing="reading",
    memory_mb=1000,
)
REPORT = Rule(
    name="write_report",
    says="Write the report, one HTML file that needs no network.",
    writes={"report": "report.html", "stamp": "report-stamps/{fingerprint}"},
    cost=seconds_only,
    target="report",
    wing="reading",
    memory_mb=1000,
)


def planned(maker: Maker, measured: Sequence[Job], remaining: Remaining) -> Iterator[Job]:
    """Every job that reads what was measured and computed from it, upstream first, if it can run."""
    sources = [job for job in measured if job.tables]
    claims = remaining.of([judged(maker, sources)])
    there, study = {(job.rule, job.of.get("network")) for job in measured}, maker.study.model_dump(mode="json")
    drawable = (drawn(maker, name, sources) for name in figure_names() if can_be_filled(name, there, study))
    figures = remaining.of(drawable)
    database = stored(maker, [*sources, *claims], remaining.rows())
    yield from (*claims, database, *figures, reported(maker, database, figures))


def judged(maker: Maker, sources: Sequence[Job]) -> Job:
    """Claims read the tables and views that their code names, and depend on no others."""
    code = list(modules("claims").values())
    asking = [part for part in code_parts(JUDGE.job_module, *code) if part.startswith(ASKING) or part in code]
    named = names_in(asking, {*modules("tables"), *view_files()})
    shown = sorted({each for view in named & view_files().keys() for each in views_behind(view)})
    tables = (named & modules("tables").keys()).union(*map(tables_behind, shown))
    spec = {"claims": maker.study.claims.model_dump(mode="json")}
    texts = [MACROS, *(view_files()[view] for view in shown)]
    return maker.reader(JUDGE, {}, spec, upstream=sources, tables=tables, views=shown, code=code, texts=texts)


def names_in(parts: Collection[str], names: Collection[str]) -> set[str]:
    """Those of the names that stand anywhere in the source of some modules."""
    paths = [path for path in map(source_of, sorted(parts)) if path]
    return set(names) & frozenset[str]().union(*map(_words, paths))


@cache
def _words(path: Path) -> frozenset[str]:
    return frozenset(re.findall(r"\w+", path.read_text(encoding="utf-8")))


def stored(maker: Maker, sources: Sequence[Job], missing: Sequence[Mapping[str, Any]]) -> Job:
    """The database holds every table and view, these with their comments, and what is missing where anything is."""
    left_out: Any = {"dataset": {"root", "archive", "download"}, "jobs": True}
    whole = maker.study.model_dump(mode="json", exclude=left_out, exclude_none=True)  # nothing: an experiment not run
    texts = [MACROS, *view_files().values()]
    comments = fingerprint([header_of(path) for path in view_files().values()])
    spec: dict[str, Any] = {"study": whole, "limits": maker.limits({job.rule for job in sources}), "comments": comments}
    spec |= {"missing": list(missing)} if missing else {}
    return maker.job(STORE, {}, spec, upstream=sources, tables=modules("tables").keys(), texts=texts)


def drawn(maker: Maker, name: str, sources: Sequence[Job]) -> Job:
    """A figure depends on the rows that its view can show, and is drawn from them alone."""
    looks = maker.study.figures.model_dump(mode="json")
    own = {key: value for key, value in (looks.pop("styles").get(name) or {}).items() if value is not None}
    module, rules = modules("figures")[name], rules_behind(name)
    views = sorted(views_behind(name))
    spec: dict[str, Any] = words_of(name) | {"style": looks | own, "module": module}
    if INTERVALS in views:
        spec["confidence"] = maker.study.claims.confidence
    return maker.reader(
        DRAW, {"figure": name}, spec, upstream=[job for job in sources if job.rule in rules],
        tables=tables_behind(name), views=views, code=[module],
        texts=[MACROS, *texts_behind(name), *texts_of("figures")],
    )  # fmt: skip


def reported(maker: Maker, database: Job, figures: Sequence[Job]) -> Job:
    """The report shows the database and the figures."""
    spec = {"study": maker.study.study, "figures": maker.study.figures.model_dump(mode="json")}
    code = list(modules("figures").values())  # it names those that the study does not draw, too
    return maker.job(REPORT, {}, spec, upstream=[database, *figures], code=code, texts=texts_of("report"))


EXPERIMENT = Experiment(place=10_000, rules=(JUDGE, STORE, DRAW, REPORT), ends=planned)
