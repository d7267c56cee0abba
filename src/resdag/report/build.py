"""How does a study become one HTML page?

The page is made from the database (claims, tables, choices, costs, the rows of each view) and from the figure pages
that the study's figure jobs wrote, each of which carries its own specification, title and caption.  Everything is
inside the file: styles, the charting library once, every chart as a static SVG that shows at once and prints, and as
a specification that the script turns into an interactive chart when it comes into view.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
from markupsafe import Markup

from resdag.atomic import write_text
from resdag.errors import StudyError
from resdag.figures.save import javascript_bundle
from resdag.figures.words import listed
from resdag.report.charts import carried_by_the_page, figure, shown_by_itself
from resdag.report.choices import choices, dataset_note
from resdag.report.conclusion import conclusion
from resdag.report.judged import VERDICTS, judged, under
from resdag.report.ranking import question, ranking
from resdag.report.remarks import remarks
from resdag.report.summary import key_figures, sentences
from resdag.report.template import asset, style, template
from resdag.store.read import connect, frame

SCRIPTS = ("packed.js", "tables.js", "files.js", "charts.js", "contents.js")


def write_report(database: Path, study: str, figures: Sequence[Path], out: Path, cache: Path | None = None) -> Path:
    """Write the report of one study from the database and the pages of its figures; StudyError if it has no rows."""
    with connect(database) as con:
        page = template("page.html.j2").render(_context(con, study, figures, cache))
    write_text(out, page)
    return out


def _context(con: duckdb.DuckDBPyConnection, study: str, pages: Sequence[Path], cache: Path | None) -> dict[str, Any]:
    """Everything that the page says."""
    row = _study(con, study)
    networks = _rows(con, "networks", study, "network, seed")
    figures = [each for each in (figure(con, row, page) for page in pages) if each["drawn"]]
    rows = _rows(con, "claims", study, "rowid").to_dicts()  # in the order that they were judged
    claims = judged(rows, figures)
    under(figures, claims)
    carried_by_the_page(figures)
    shown_by_itself(figures)
    own = ranking(con, study, networks)
    return {
        "question": question(networks, own), "ranking": own,
        "study": row, "note": dataset_note(row["config"]), "claims": claims, "verdicts": VERDICTS,
        "summary": sentences(con, row, networks, claims), "key": key_figures(figures), "figures": figures,
        "errors": _rows(con, "table_errors", study, "network, seed").to_dicts(), "conclusion": conclusion(rows),
        "effective": _rows(con, "table_effective_paths", study, _EFFECTIVE_ORDER).to_dicts(),
        "choices": choices(networks), "remarks": remarks(), "jobs": _jobs(con, study),
        "css": style(), "script": Markup("\n".join(map(asset, SCRIPTS))),
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
