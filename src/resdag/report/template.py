"""What do the pages share?  Their style, and how their templates write numbers."""

from importlib.resources import files
from typing import Any

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup

from resdag.figures.words import interval, listed, number, percent
from resdag.report import words
from resdag.report.inks import inks
from resdag.report.packed import named_apart

STYLES = ("page.css", "charts.css", "print.css")


def style() -> Markup:
    """What the pages look like, on light, on dark and on paper."""
    return Markup("\n".join([inks(), *map(asset, STYLES)]))


def template(name: str) -> Any:
    """A template of this folder, with the filters that write numbers."""
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, loader=FunctionLoader(asset)
    )
    environment.filters |= {
        "percent": percent, "duration": words.duration, "p_value": words.p_value, "number": number, "listed": listed,
        "named_apart": lambda svg, prefix: Markup(named_apart(svg, prefix)),
    }  # fmt: skip
    environment.globals |= {"quantity": words.quantity, "plain": words.plain, "interval": interval}
    return environment.get_template(name)


def asset(name: str) -> str:
    """A file of this folder."""
    return files("resdag.report").joinpath(name).read_text(encoding="utf-8")
