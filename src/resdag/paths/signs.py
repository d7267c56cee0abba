"""Which random signs does a sign draw give to the branches?

A draw is one sign for each image of a batch and each block.  Like every draw it
comes from a hash of what it is of and of nothing else (`combinatorics`), so
networks of as many blocks share it, and more draws change none that exist.
"""

import numpy as np
from numpy.typing import NDArray

from resdag.combinatorics import generator

WORD_BITS = 64


def random_signs(blocks: int, images: int, batch: int, draw: int) -> NDArray[np.int8]:
    """Signs of one draw, (images, blocks), each -1 or 1 with equal chance; more images change none of the first."""
    words = -(-blocks // WORD_BITS)
    raw = generator("signs", batch, draw, blocks).bit_generator.random_raw(images * words)
    bits = raw[:, None] >> np.arange(WORD_BITS, dtype=np.uint64) & np.uint64(1)
    return (2 * bits.astype(np.int8) - 1).reshape(images, words * WORD_BITS)[:, :blocks]
