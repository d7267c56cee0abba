"""How do charts that are drawn for white paper follow a dark page?

What is ink or paper in a picture, whoever drew it, takes a colour of the page by a rule of its style; both papers and
their inks stand in `figures.theme` and nowhere else.
"""

from dataclasses import asdict

from resdag.figures.theme import DARK, WHITE, Paper

_BLACK = ("#000000", "black")
"""Ink of what Vega draws without being told a colour."""
_WHITE = ("#ffffff",)


def inks() -> str:
    """The colours of both papers, and rules that put a picture's ink, greys, grid and paper in their place."""
    rules = [rule for name, drawn in _drawn().items() for rule in _follows(name, drawn)]
    dark = f"@media screen and (prefers-color-scheme: dark) {{\n  {_variables(DARK)}\n}}"
    return "\n".join([_variables(WHITE), dark, *rules, "svg text:not([fill]) { fill: var(--chart-ink) }"])


def _variables(paper: Paper) -> str:
    return f":root {{ {'; '.join(f'--chart-{name}: {colour}' for name, colour in asdict(paper).items())} }}"


def _drawn() -> dict[str, tuple[str, ...]]:
    """The colours of white paper that become another on dark, as pictures spell them."""
    others = {"ink": _BLACK, "background": _WHITE}
    return {name: (colour, *others.get(name, ())) for name, colour in asdict(WHITE).items()}


def _follows(name: str, drawn: tuple[str, ...]) -> list[str]:
    parts = {what: ", ".join(f'svg [{what}="{colour}"]' for colour in drawn) for what in ("fill", "stroke")}
    return [f"{selector} {{ {what}: var(--chart-{name}) }}" for what, selector in parts.items()]
