"""Of which network do the closed forms of figures 6a and 7 speak?"""

import polars as pl

from resdag.paper import BLOCKS


def size_of(rows: pl.DataFrame) -> int:
    """The paper's number of blocks where a network has it, or else the largest."""
    sizes = set(rows["blocks"])
    return BLOCKS if BLOCKS in sizes else max(sizes)
