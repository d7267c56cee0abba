"""Job: draw one figure from its view."""

import importlib
from pathlib import Path

from resdag.atomic import write_stamp
from resdag.figures.job import draw_figure
from resdag.figures.theme import Style
from resdag.jobs.context import Context, Tables


def run(context: Context) -> Tables:
    """Write the figure as SVG, PNG, HTML and CSV, then its stamp."""
    name, looks = str(context.of["figure"]), context.spec["style"]
    style = Style(**{key: looks[key] for key in ("width", "height", "font", "font_size")})
    module = importlib.import_module(f"resdag.figures.{name}")
    folder = Path(context.outputs["svg"]).parent
    database = Path(context.settings["database"])
    cache = Path(context.settings["cache"])
    draw_figure(module, database, context.spec["study"], folder, style, looks["png_scale"], cache)
    write_stamp(context.outputs["stamp"], "", prefix=f"{name}-")
    return {}
