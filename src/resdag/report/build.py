"""How does a study become one HTML page?

The page is made from the database (claims, tables, choices, costs) and from the figure
pages that the study's figure jobs wrote, each of which carries its own specification,
title and caption.  Everything is inside the file: styles, the charting library once, every
chart as a static SVG that shows at once and prints, and as a specification that the script
turns into an interactive chart when it comes into view.
"""

import json
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from resdag.atomic import write_text
from resdag.errors import StudyError
from resdag.figures.modules import module_of
from resdag.figures.save import javascript_bundle, json_for_script, read_figure
from resdag.figures.words import interval, listed, number, percent, shown
from resdag.planning.figures import figure_names, words_of
from resdag.report import words
from resdag.report.choices import choices, dataset_note
from resdag.report.conclusion import conclusion
from resdag.report.remarks import remarks
from resdag.store.read import connect, frame

VERDICTS = {"reproduced": "✓", "not reproduced": "✗", "inconclusive": "?", "not run": "–"}
"""Symbol of each verdict: colour alone would not reach everyone."""


def write_report(database: Path, study: str, figures: Sequence[Path], out: Path, cache: Path | None = None) -> Path:
    """Write the report of one study from the database and the pages of its figures; StudyError if it has no rows."""
    with connect(database) as con:
        page = _template().render(_context(con, study, figures, cache))
    write_text(out, page)
    return out


def _template() -> Any:
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.filters |= {
        "percent": percent, "duration": words.duration, "number": number, "listed": listed, "shown": shown,
    }  # fmt: skip
    environment.globals |= {"quantity": words.quantity, "plain": words.plain, "interval": interval}
    return environment.from_string(_asset("page.html.j2"))


def _asset(name: str) -> str:
    return files("resdag.report").joinpath(name).read_text(encoding="utf-8")


def _context(con: duckdb.DuckDBPyConnection, study: str, figures: Sequence[Path], cache: Path | None) -> dict[str, Any]:
    """Everything that the page says."""
    row = _study(con, study)
    networks = _rows(con, "networks", study, "network, seed")
    drawn = [_figure(page, row["config"]) for page in figures]
    claims = _rows(con, "claims", study, "rowid").to_dicts()  # in the order that they were judged
    return {
        "study": row, "note": dataset_note(row["config"]), "claims": claims, "verdicts": VERDICTS,
        "tally": {verdict: sum(claim["verdict"] == verdict for claim in claims) for verdict in VERDICTS},
        "errors": _rows(con, "table_errors", study, "network, seed").to_dicts(),
        "conclusion": conclusion(claims),
        "effective": _rows(con, "table_effective_paths", study, _EFFECTIVE_ORDER).to_dicts(),
        "figures": drawn, "missing": _missing(drawn), "choices": choices(networks), "remarks": remarks(),
        "jobs": _jobs(con, study), "css": Markup(_asset("page.css")), "script": Markup(_asset("page.js")),
        "bundle": Markup(javascript_bundle(cache)),
    }  # fmt: skip


_EFFECTIVE_ORDER = "blocks_per_batch NULLS LAST, network, seed, test_scale, recalibrated"


def _study(con: duckdb.DuckDBPyConnection, study: str) -> dict[str, Any]:
    rows = _rows(con, "studies", study, "").to_dicts()
    if not rows:
        known = frame(con, "SELECT study FROM studies ORDER BY study")["study"].to_list()
        raise StudyError(f"the database holds no study {study!r}; it holds {listed(known or ['none'])}")
    return rows[0] | {key: json.loads(rows[0][key]) for key in ("config", "versions")}


def _rows(con: duckdb.DuckDBPyConnection, table: str, study: str, order: str) -> pl.DataFrame:
    ordered = f" ORDER BY {order}" if order else ""
    return frame(con, f"SELECT * FROM {table} WHERE study = ?{ordered}", [study])


def _jobs(con: duckdb.DuckDBPyConnection, study: str) -> list[dict[str, Any]]:
    """What the workflow cost, by rule, the dearest first."""
    query = """
        SELECT rule, count(*) AS jobs, sum(seconds) AS seconds, max(seconds) AS longest, max(max_rss_mb) AS max_rss_mb,
          string_agg(DISTINCT device, ', ' ORDER BY device) AS devices
        FROM jobs WHERE study = ? GROUP BY rule ORDER BY seconds DESC, rule
    """
    return frame(con, query, [study]).to_dicts()


def _figure(page: Path, config: dict[str, Any]) -> dict[str, Any]:
    """A figure as the page shows it: what its own page says, how it was measured, and its picture."""
    figure = read_figure(page)
    module = module_of(figure["name"])
    return figure | {
        "label": label(figure["name"], module.PAPER), "method": module.method(config),
        "svg": Markup(page.with_suffix(".svg").read_text(encoding="utf-8")),
        "json": Markup(json_for_script(figure["spec"])),
    }  # fmt: skip


def _missing(drawn: list[dict[str, Any]]) -> list[dict[str, str]]:
    """Label and title of the figures that this study has no rows for."""
    there = {figure["name"] for figure in drawn}
    return [
        {"label": label(name, module_of(name).PAPER), "title": words_of(name)["title"]}
        for name in figure_names()
        if name not in there
    ]


def label(name: str, paper: str | None) -> str:
    """A figure's name as a reader says it: Figure 5a of the paper; Pairs, beyond it."""
    return (paper or name.removeprefix("figure_").replace("_", " ")).capitalize()
