"""How does the report write numbers?"""

from resdag.figures.words import NOTHING, signed

_UNITS = {
    "fraction": "%",
    "difference": "points",
    "R^2": "R²",
    **dict.fromkeys(("ratio", "factor", "exponent", "gate"), ""),
}
"""How units are written, where it is not by their name: what has no unit has no word."""


def quantity(value: float | None, unit: str) -> str:
    """A number with its unit: fractions in percent, differences of two in points."""
    if value is None:
        return NOTHING
    words = _UNITS.get(unit, unit.removesuffix("s") if value == 1 else unit)
    return f"{plain(value, unit)} {words}".rstrip()


def plain(value: float, unit: str) -> str:
    """The number of a quantity, without its unit; differences with their sign, R^2, close to 1, to four places."""
    if unit == "difference":
        return signed(100 * value)
    if unit == "fraction":
        text = f"{100 * value:z.2f}"
    else:
        text = f"{value:.4f}" if unit == "R^2" else f"{value:z.3g}" if abs(value) < 1000 else f"{value:,.0f}"
    return text.replace("-", "−")


def p_value(p: float | None) -> str:
    """Two digits, and how small at most below a ten-thousandth; a dash for nothing."""
    return NOTHING if p is None else "< 0.0001" if p < 0.0001 else f"{p:.2g}"


def duration(seconds: float | None) -> str:
    """A time in the unit that suits it; a dash for nothing."""
    if seconds is None:
        return NOTHING
    for unit, size in (("h", 3600), ("min", 60)):
        if seconds >= size:
            return f"{seconds / size:.1f} {unit}"
    return f"{seconds:.1f} s"
