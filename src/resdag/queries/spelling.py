"""How are numbers spelled in a finding?  Differences in points, U+2212 for minus, ranges as `a to b`."""

from collections.abc import Sequence

_SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def percent(value: float) -> str:
    """A fraction in the words of a sentence: 6.1 %."""
    return f"{number(100 * value)} %"


def points(value: float) -> str:
    """A difference of two fractions: +1.20 points."""
    return f"{100 * value:+z.2f} points".replace("-", "−")


def number(value: float) -> str:
    """Three digits, thousands separated: 0.256, −0.9, 1,230."""
    text = f"{value:z.3g}" if abs(value) < 1000 else f"{float(f'{value:.3g}'):,.0f}"
    return text.replace("-", "−")


def span(low: float, high: float) -> str:
    """A range of numbers: 0.1 to 0.3."""
    return f"{number(low)} to {number(high)}"


def power(base: int, exponent: int) -> str:
    """A power: 2⁵⁴, 10⁻⁶."""
    return f"{base}{str(exponent).translate(_SUPERSCRIPTS)}"


def of_seeds(count: int) -> str:
    """`1 seed`, `5 seeds`."""
    return f"{count} seed" if count == 1 else f"{count} seeds"


def seeds_named(seeds: Sequence[int]) -> str:
    """`seed 0`, `seeds 0, 2`: which they are."""
    return f"seed{'s' if len(seeds) > 1 else ''} {', '.join(map(str, seeds))}"
