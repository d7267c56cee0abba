"""How does the report write numbers?"""

from resdag.figures.words import NOTHING, percent

_SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def quantity(value: float | None, unit: str) -> str:
    """A number with its unit; fractions in percent."""
    if value is None:
        return NOTHING
    if unit == "fraction":
        return percent(value)
    return f"{plain(value, unit)} {unit.replace('^2', '²')}".rstrip()


def plain(value: float, unit: str) -> str:
    """The number of a quantity, without its unit; R^2 to four places, since it is close to 1."""
    if unit == "fraction":
        return f"{100 * value:.2f}"
    text = f"{value:.4f}" if unit == "R^2" else f"{value:.3g}" if abs(value) < 1000 else f"{value:,.0f}"
    return text.replace("-", "−")


def duration(seconds: float | None) -> str:
    """A time in the unit that suits it; a dash for nothing."""
    if seconds is None:
        return NOTHING
    for unit, size in (("h", 3600), ("min", 60)):
        if seconds >= size:
            return f"{seconds / size:.1f} {unit}"
    return f"{seconds:.1f} s"


def power(base: int, exponent: int) -> str:
    """A power, written with superscripts."""
    return f"{base}{str(exponent).translate(_SUPERSCRIPTS)}"
