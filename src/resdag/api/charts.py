"""A figure of the report from rows of one's own: the same view in the same SQL, drawn by the same module.

Frames go into a database in memory, each into the table whose columns it has, and what follows from them is computed as
the jobs compute it (`supplied`).  A frame that has the columns of the figure's view is drawn as it is.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType

import altair as alt
import duckdb
import polars as pl

from resdag.api.supplied import supply
from resdag.discovery import modules
from resdag.errors import ResdagError
from resdag.figures.modules import module_of
from resdag.figures.save import specification
from resdag.figures.theme import Style
from resdag.jobs.reading import describe_study
from resdag.planning.figures import figure_names
from resdag.planning.views import tables_behind, views_behind
from resdag.records.registry import by_name
from resdag.store.read import frame
from resdag.store.schema import create_some, quoted, views

CONFIDENCE = 0.95
"""Coverage of intervals, as in a study that does not say."""


def draw(
    figure: str, *frames: pl.DataFrame, confidence: float = CONFIDENCE, width: int = 560, height: int = 300
) -> alt.TopLevelMixin:
    """The chart of a figure, `figure_3` for one, from frames of the tables that it shows, or of its view.

    As in the report, a legend picks and a block is lit up where it is pointed at; `chart.save("figure.svg")` keeps it.
    Of blocks nothing but their number is known unless `resdag.blocks(network)` is among the frames: then those
    that change the shape are marked.  Frames of several networks, `name`d apart, stand in one chart.
    ResdagError where there is no such figure, a frame has columns of no table, or the figure shows none of its rows.
    """
    module = _module(figure)
    with _database(module.VIEW) as con:
        shown = set(frame(con, f"SELECT * FROM {module.VIEW} LIMIT 0").columns)
        if [set(each.columns) for each in frames] == [shown]:
            rows = frames[0]
        else:
            _fill(con, module.VIEW, shown, frames, confidence)
            rows = frame(con, f"SELECT * FROM {module.VIEW}")
    if rows.is_empty():
        what = next(view.comment for view in views() if view.name == module.VIEW)
        raise ResdagError(f"{figure} shows nothing of these frames: {what} It reads {', '.join(_read(module.VIEW))}")
    chart: alt.TopLevelMixin = alt.Chart.from_dict(specification(module.draw(rows, Style(width, height))))
    return chart


def _module(figure: str) -> ModuleType:
    if figure not in figure_names():
        raise ResdagError(f"there is no figure {figure!r}: it is one of {', '.join(figure_names())}")
    return module_of(figure)


def _read(view: str) -> list[str]:
    return sorted(tables_behind(view) - {"studies"})


@contextmanager
def _database(view: str) -> Iterator[duckdb.DuckDBPyConnection]:
    """All tables, which cost little, and this view; one thread, as jobs have, so that sums come out the same."""
    with duckdb.connect(config={"threads": 1}) as con:
        create_some(con, modules("tables").keys(), views_behind(view))
        yield con


def _fill(
    con: duckdb.DuckDBPyConnection, view: str, shown: set[str], frames: tuple[pl.DataFrame, ...], confidence: float
) -> None:
    """Put frames into their tables, and beside them what follows from them."""
    given = set()
    for each in frames:
        table = _table_of(each)
        given.add(table)
        _insert(con, table, each)
    for study in sorted({study for each in frames for study in each["study"].unique()}):
        describe_study(con, study, {"claims": {"confidence": confidence}})
    supply(con, given, tables_behind(view), shown, confidence)


def _table_of(rows: pl.DataFrame) -> str:
    """The table whose columns these are."""
    there = set(rows.columns)
    if "metric" in there:
        raise ResdagError(
            "these rows were judged by a metric of numbers, and figures show shares of wrong answers: give a metric of "
            "bool, True where the answer is wrong, or draw the column `metric` yourself"
        )
    found = [name for name, record in by_name().items() if set(record.model_fields) == there]
    if len(found) != 1:
        raise ResdagError(
            f"a frame with columns {', '.join(rows.columns)} is of no table: give whole rows, as the functions of "
            "resdag and the tables of results.duckdb have them (docs/tables.md), or rows of the figure's view"
        )
    return found[0]


def _insert(con: duckdb.DuckDBPyConnection, table: str, rows: pl.DataFrame) -> None:
    con.register("given_rows", rows)
    try:
        con.execute(f"INSERT INTO {quoted(table)} BY NAME SELECT * FROM given_rows")
    except duckdb.ConstraintException as error:
        raise ResdagError(
            f"{table}: {str(error).splitlines()[0]}; frames of several networks need a `name` or `seed` each"
        ) from None
    finally:
        con.unregister("given_rows")
