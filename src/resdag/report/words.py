"""How does the report write numbers?"""

from typing import Any

_SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
NOTHING = "–"


def percent(value: float | None, digits: int = 2) -> str:
    """A fraction in percent; a dash for nothing."""
    return NOTHING if value is None else f"{100 * value:.{digits}f} %"


def interval(low: float | None, high: float | None, digits: int = 2) -> str:
    """Two fractions as an interval in percent; nothing where an end is missing."""
    return "" if low is None or high is None else f"{100 * low:.{digits}f} to {100 * high:.{digits}f}"


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


def number(value: float | None) -> str:
    """A whole number with thousands separated; a dash for nothing."""
    return NOTHING if value is None else f"{value:,.0f}"


def power(base: int, exponent: int) -> str:
    """A power, written with superscripts."""
    return f"{base}{str(exponent).translate(_SUPERSCRIPTS)}"


def listed(names: list[Any]) -> str:
    """Names in a sentence: a, b and c."""
    words = [str(name) for name in names]
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
