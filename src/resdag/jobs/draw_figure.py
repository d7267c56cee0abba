"""Job: draw one figure from its view, on the rows upstream; results.duckdb has the same view on all rows."""

import importlib
from pathlib import Path

from resdag.atomic import drop_stamps, write_text
from resdag.figures.job import draw_figure
from resdag.figures.theme import Style
from resdag.jobs.context import Context, Tables
from resdag.jobs.reading import loaded
from resdag.store.read import frame


def run(context: Context) -> Tables:
    """Write the figure as SVG, PNG, HTML and CSV, then its stamp."""
    name, looks = str(context.of["figure"]), context.spec["style"]
    style = Style(**{key: looks[key] for key in ("width", "height", "font", "font_size")})
    drop_stamps(context.outputs["stamp"], prefix=f"{name}-")
    module = importlib.import_module(context.spec["module"])
    folder = Path(context.outputs["svg"]).parent
    cache = Path(context.settings["cache"])
    with loaded(context) as con:
        rows = frame(con, f"SELECT * FROM {module.VIEW} WHERE study = ?", [context.spec["study"]])
    draw_figure(module, rows, folder, style, looks["png_scale"], cache)
    write_text(context.outputs["stamp"], "")
    return {}
