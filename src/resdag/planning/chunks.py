"""Into which pieces is a measurement of many draws cut?"""


def chunks(total: int, size: int) -> list[tuple[str, list[int]]]:
    """Fixed ranges [first, last] that cover 0 .. total - 1; the last one is whole, so that more of them repeat none."""
    return [(f"{first:04d}", [first, first + size - 1]) for first in range(0, total, size)]
