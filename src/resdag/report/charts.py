"""How does a figure stand on the page: its picture, its rows, and everything that a reader may ask about it?"""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
from markupsafe import Markup

from resdag.figures.modules import module_of
from resdag.figures.save import json_for_script, read_figure
from resdag.figures.words import cells, counted, listed, number
from resdag.planning.views import view_files
from resdag.report.glance import glance
from resdag.report.packed import brief, named_apart, packed, parquet, slim
from resdag.store.formats import as_csv
from resdag.store.read import frame

WHOLE = 5_500_000
"""Bytes of a page but for its tables of networks: where charts and rows take much of it, pictures have less room."""
LIBRARY = 1_000_000
"""Bytes of these that the charting library takes, with scripts and styles."""
PICTURES = 3_000_000
"""Bytes of pictures that a page shows by itself; the largest beyond that are drawn when they are asked for."""
ROWS = 1_000_000
"""Bytes of rows, compressed, that a page carries; those of the largest figures beyond that stand in files beside it."""
PANELS = 12
"""Panels that a reader takes in at once; of more than that one is drawn at a time, the one that is chosen."""
_DISTINCT = {name: name for name in ("network", "seed", "draw", "sample", "batch")}
_LARGEST = {"draws": "draws each", "samples": "samples each", "images": "test images"}


def figure(con: duckdb.DuckDBPyConnection, study: Mapping[str, Any], page: Path) -> dict[str, Any]:
    """A figure as the template shows it; DamagedFileError where its page is cut."""
    said = read_figure(page)
    name = said["name"]
    module = module_of(name)
    rows = frame(con, f"SELECT * FROM {module.VIEW} WHERE study = ?", [study["study"]])
    spec = said.pop("spec")
    small, network = glance(name, module, rows, study["config"])
    return said | {
        "glance": small, "glance_of": network,
        "chart": spec, "spec": packed(brief(json_for_script(spec))),
        "label": label(name, module.PAPER), "method": module.method(study["config"]), "view": module.VIEW,
        "svg": Markup(slim(named_apart(page.with_suffix(".svg").read_text(encoding="utf-8"), f"{name}-"))),
        "size": sizes(rows), "definition": definition(con, module.VIEW),
        "query": f"SELECT * FROM {module.VIEW} WHERE study = '{study['study']}';", "judged": judged_by(module),
        "numeric": numeric(said["table"]), "cells": cells(said["table"]["rows"]) if said["table"] else [],
        "rows": packed(as_csv(rows.drop("study"))), "parquet": parquet(rows),
    }  # fmt: skip


def sizes(rows: pl.DataFrame) -> str:
    """How much a figure was drawn from: rows, and what they are of."""
    of = [counted(rows[column].n_unique(), noun) for column, noun in _DISTINCT.items() if column in rows.columns]
    of += [f"{_most(rows, column)} {noun}" for column, noun in _LARGEST.items() if _most(rows, column)]
    return counted(rows.height, "row") + (f": {listed(of)}" if of and rows.height else "")


def _most(rows: pl.DataFrame, column: str) -> str:
    """The largest number of a column; nothing where it has none."""
    largest = rows.select(pl.max(column)).item() if column in rows.columns else None
    return number(largest) if largest else ""


def numeric(table: Mapping[str, Any] | None) -> set[int]:
    """Places of the columns that hold numbers and nothing else."""
    columns = enumerate(zip(*table["rows"], strict=True)) if table else ()
    return {place for place, cells in columns if all(isinstance(cell, int | float | None) for cell in cells)}


def definition(con: duckdb.DuckDBPyConnection, view: str) -> str:
    """The SQL of a view: as its file has it, or else as the database keeps it."""
    path = view_files().get(view)
    if path:
        return path.read_text(encoding="utf-8").strip()
    found = frame(con, "SELECT sql FROM duckdb_views() WHERE view_name = ?", [view])
    return str(found["sql"][0]) if found.height else ""


def label(name: str, paper: str | None) -> str:
    """A figure's name as a reader says it: Figure 5a of the paper; Pairs, beyond it."""
    return (paper or name.removeprefix("figure_").replace("_", " ")).capitalize()


def shown_by_itself(figures: Sequence[dict[str, Any]]) -> None:
    """Mark the figures whose pictures the page has room for; the largest, and those of many panels, wait for a reader.

    `panels` is how many a reader chooses from, and 0 where all are shown.
    """
    carried = sum(len(each[form] or "") for each in figures for form in ("spec", "rows", "parquet"))
    room = min(PICTURES, WHOLE - LIBRARY - carried)
    for each in sorted(figures, key=lambda figure: len(figure["svg"])):
        many = most_panels(each.pop("chart"))
        each["panels"] = many if many > PANELS else 0
        room -= 0 if each["panels"] else len(each["svg"])
        each["inline"] = room >= 0 and not each["panels"]


def carried_by_the_page(figures: Sequence[dict[str, Any]]) -> None:
    """Take out the rows, CSV or Parquet, that the page has no room for: the largest, which the files beside it hold."""
    room = ROWS
    for form, each in sorted(((form, each) for each in figures for form in ("rows", "parquet")), key=_packed_bytes):
        room -= len(each[form])
        each[form] = each[form] if room >= 0 else None


def _packed_bytes(of: tuple[str, Mapping[str, Any]]) -> int:
    form, figure = of
    return len(figure[form])


def most_panels(spec: Mapping[str, Any]) -> int:
    """Charts side by side in the longest row or column of a specification."""
    rows = [spec[key] for key in ("concat", "hconcat", "vconcat") if key in spec]
    return max([0, *map(len, rows), *(most_panels(part) for row in rows for part in row)])


def judged_by(module: Any) -> list[str]:
    """What claims a figure shows: by the paper's number of it, or by names that the module lists."""
    return [*getattr(module, "CLAIMS", ()), *([module.PAPER] if module.PAPER else [])]


def shows(figure: Mapping[str, Any], claim: Mapping[str, Any]) -> bool:
    """Whether a figure shows what a claim is about: the paper's figure, the claim by name, or both of one name."""
    own = str(figure["name"]).removeprefix("figure_")
    named = {f"figure {number}" for number in re.findall(r"\b\d[a-d]?\b", _figures_in(claim["figure"]))}
    return claim["claim"] in figure["judged"] or bool(named & set(figure["judged"])) or claim["claim"].startswith(own)


def _figures_in(text: str) -> str:
    """The part of a claim's place that numbers figures: of `figures 5a and 7, equation 8` the first half."""
    return ", ".join(part for part in text.split(", ") if part.startswith("figure"))
