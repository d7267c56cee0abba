"""How does a chart become files?

Four of them: SVG and PNG for papers, an HTML page that needs no network, and the CSV
of the rows that the chart was drawn from.  The page carries the chart's Vega-Lite
specification, its words and its small table as JSON; `read_figure` gives them to the report.
Every file is written aside and moved into place whole.
"""

import json
from collections.abc import Collection
from html import escape
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from typing import Any

import altair as alt
import polars as pl
import vl_convert

from resdag.atomic import write_bytes, write_text
from resdag.errors import DamagedFileError
from resdag.figures.interact import interactive
from resdag.figures.theme import DEFAULT, Style, font_list, message
from resdag.figures.words import cells

SUFFIXES = (".svg", ".png", ".html", ".csv")
NOTHING = "no rows in this study"
_OPEN, _CLOSE = '<script type="application/json" id="figure">', "</script>"


def save(
    chart: alt.TopLevelMixin | None, frame: pl.DataFrame, folder: Path, name: str, png_scale: float = 2.0, *,
    title: str = "", caption: str = "", finding: str | None = None, table: pl.DataFrame | None = None,
    style: Style = DEFAULT, cache: Path | None = None,
) -> list[Path]:  # fmt: skip
    """Write name.svg, name.png, name.html and name.csv; None for a chart gives files that say so: there are no rows."""
    drawn = chart is not None and frame.height > 0
    spec = specification(chart if drawn else message(f"{title or name}: {NOTHING}", style))  # type: ignore[arg-type]
    svg = _titled(vl_convert.vegalite_to_svg(spec), title or name)
    figure = {
        "name": name,
        "title": title,
        "caption": caption,
        "drawn": drawn,
        "finding": finding,
        "table": _listed(table),
        "spec": spec,
    }
    write_text(folder / f"{name}.svg", svg)
    write_bytes(folder / f"{name}.png", vl_convert.vegalite_to_png(spec, scale=png_scale))
    write_text(folder / f"{name}.html", _page(figure, svg, style, cache))
    write_text(folder / f"{name}.csv", _flat(frame).write_csv())
    return [folder / f"{name}{suffix}" for suffix in SUFFIXES]


def drop_others(folder: Path, names: Collection[str]) -> None:
    """Remove the files of figures that are not among the names, which an earlier study file asked for."""
    for path in folder.glob("figure_*"):
        if path.suffix in SUFFIXES and path.stem not in names:
            path.unlink()
    for stamp in (folder / "stamps").glob("figure_*"):
        if stamp.name.rsplit("-", 1)[0] not in names:
            stamp.unlink()


def specification(chart: alt.TopLevelMixin) -> dict[str, Any]:
    """The chart as Vega-Lite, its data inside, however many rows they are, with what a reader can do with it."""
    with alt.data_transformers.enable("default", max_rows=None):
        spec: dict[str, Any] = chart.to_dict()
    spec.pop("$schema", None)  # an address, which a page without network has no use for
    return interactive(spec)


def read_figure(page: Path) -> dict[str, Any]:
    """What the page of a figure says: name, title, caption, drawn, finding, table, spec; DamagedFileError if cut."""
    try:
        text = page.read_text(encoding="utf-8")
        figure: dict[str, Any] = json.loads(text[text.index(_OPEN) + len(_OPEN) :].split(_CLOSE, 1)[0])
    except (OSError, ValueError) as error:
        raise DamagedFileError(
            f"{page} is not a whole figure page; delete it, and the next run draws it again"
        ) from error
    return figure


def _listed(table: pl.DataFrame | None) -> dict[str, Any] | None:
    """A small table as JSON has it: names of columns, and rows."""
    return None if table is None or table.is_empty() else {"columns": table.columns, "rows": table.rows()}


def javascript_bundle(cache: Path | None = None) -> str:
    """Vega, Vega-Lite and Vega-Embed as one script without imports, 0.9 MB; belongs inside a function of its own.

    Made once for each version of vl_convert and kept in the folder `cache`: it takes a second.
    """
    kept = cache / f"vega-{version('vl-convert-python')}.js" if cache else None
    if kept and kept.exists():
        return kept.read_text(encoding="utf-8")
    made: str = vl_convert.javascript_bundle()  # type: ignore[call-arg]  # its stub makes the snippet required
    bundle = made.replace("</script", "<\\/script")
    if kept:
        write_text(kept, bundle)
    return bundle


def json_for_script(value: Any) -> str:
    """JSON that is safe inside a script element; refuses numbers that are not finite."""
    return json.dumps(value, allow_nan=False, separators=(",", ":"), ensure_ascii=False).replace("<", "\\u003c")


def _page(figure: dict[str, Any], svg: str, style: Style, cache: Path | None) -> str:
    """The page of one figure: the SVG at once, the interactive chart over it as soon as the script has run."""
    page = files("resdag.figures").joinpath("page.html").read_text(encoding="utf-8")
    parts = {
        "@TITLE@": escape(figure["title"] or figure["name"]), "@CAPTION@": escape(figure["caption"]),
        "@FONT@": escape(font_list(style.font)), "@SVG@": svg, "@FIGURE@": json_for_script(figure),
        "@FINDING@": escape(figure["finding"] or ""), "@TABLE@": _table(figure["table"]),
        "@BUNDLE@": javascript_bundle(cache),
    }  # fmt: skip
    for mark, text in parts.items():
        page = page.replace(mark, text)
    return page


def _table(table: dict[str, Any] | None) -> str:
    """The small table of a figure as HTML; nothing where there is none."""
    if table is None:
        return ""
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in table["columns"])
    lines = ["".join(f"<td>{escape(text)}</td>" for text in row) for row in cells(table["rows"])]
    return (
        f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(f'<tr>{line}</tr>' for line in lines)}</tbody></table>"
    )


def _titled(svg: str, title: str) -> str:
    """The SVG with its title as its first element, for screen readers."""
    head, _, body = svg.partition(">")
    return f'{head} role="img"><title>{escape(title)}</title>{body}'


def _flat(frame: pl.DataFrame) -> pl.DataFrame:
    """The frame with its lists written as text, since CSV has none."""
    lists = [name for name, dtype in frame.schema.items() if isinstance(dtype, pl.List | pl.Array)]
    text = [pl.format("[{}]", pl.col(name).cast(pl.List(pl.String)).list.join(", ")).alias(name) for name in lists]
    return frame.with_columns(text)
