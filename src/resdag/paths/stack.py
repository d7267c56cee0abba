"""Gradients of all path lengths on their way back, of several sign draws, in one piece of memory.

Gradients of neighbouring lengths differ by a third of a decade, those of the first and
last of 54 by some 32: each length of each image is stored divided by its own power of two,
renewed every few blocks.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from resdag.models.memory import piece_bytes
from resdag.paths.adjoint import Adjoint

LARGEST_SHIFT = 100  # gradients are multiplied by at most 2^100, which float32 holds; denormal ones may need more


@dataclass(frozen=True)
class Stack:
    """Gradients of R sign draws and L lengths, (R, L, N, ...), each image's divided by 2^exponent, (R, L, N).

    `room` has place for more lengths behind the L.
    """

    room: Tensor
    exponents: Tensor

    @property
    def gradients(self) -> Tensor:
        return self.room[:, : self.exponents.shape[1]]

    @property
    def _numbers(self) -> tuple[int, ...]:
        """The axes that are an image's own, counted from the last."""
        return tuple(range(3 - self.room.ndim, 0))

    def pieces(self) -> Iterator[tuple[int, slice]]:
        """Each draw's lengths, a few at a time, the longest first."""
        one = self.room[0, 0]
        together = max(1, piece_bytes(one) // one.nbytes)
        draws, lengths = self.exponents.shape[:2]
        for draw in range(draws):
            for start in reversed(range(0, lengths, together)):
                yield draw, slice(start, min(start + together, lengths))

    def passed(self, way: Adjoint, shape: torch.Size) -> "Stack":
        """The stack on the other side of a way back, where an image's gradient has this shape."""
        room = new_room((*self.exponents.shape, *shape), self.room)
        for draw, some in self.pieces():
            room[draw, some] = way(self.room[draw, some])
        return Stack(room, self.exponents)

    def rescaled(self) -> "Stack":
        """The same gradients, in place, with the largest entry of each in [0.5, 1), or as near as one factor comes."""
        numbers = self._numbers
        largest = torch.maximum(self.gradients.amax(numbers), -self.gradients.amin(numbers))  # faster than abs
        _, own = torch.frexp(largest)
        shift = own.where(largest > 0, -LARGEST_SHIFT).clamp(min=-LARGEST_SHIFT)
        self.gradients.mul_(powers(-shift, self.room))
        return Stack(self.room, self.exponents + shift)

    def norms(self) -> Tensor:
        """L2 norms of each draw, length and image, float64."""
        norms = torch.empty(self.exponents.shape, dtype=torch.float64, device=self.room.device)
        for draw, some in self.pieces():
            norms[draw, some] = torch.linalg.vector_norm(self.room[draw, some], dim=self._numbers).double()
        return torch.ldexp(norms, self.exponents)

    def along_sum(self) -> Tensor:
        """Inner products, (L, N), of the first draw's lengths with the sum over them: the ordinary gradient."""
        lengths = range(self.exponents.shape[1])
        total = torch.zeros_like(self.room[0, 0], dtype=torch.float64)
        for length in lengths:
            total += self._whole(length)
        return torch.stack([(self._whole(length) * total).sum(self._numbers) for length in lengths])

    def _whole(self, length: int) -> Tensor:
        """The first draw's gradients of one length, (N, ...), float64, not divided."""
        return torch.ldexp(self.room[0, length].double(), beside(self.exponents[0, length], self.room[0, 0]))


def new_room(shape: tuple[int, ...], like: Tensor) -> Tensor:
    """Room for gradients (R, L, N, ...), of maps channels_last; nothing is in it yet."""
    draws, lengths, images, *rest = shape
    kind = torch.channels_last if len(rest) == 3 else torch.contiguous_format
    flat = torch.empty((draws * lengths * images, *rest), dtype=like.dtype, device=like.device, memory_format=kind)
    return flat.unflatten(0, (draws, lengths, images))


def powers(exponents: Tensor, like: Tensor) -> Tensor:
    """2 to the exponents (R, L, N), in the precision of the gradients (R, L, N, ...), to be multiplied with them."""
    ones = torch.ones(exponents.shape, dtype=torch.float64, device=exponents.device)
    return beside(torch.ldexp(ones, exponents), like).to(like.dtype)


def beside(values: Tensor, like: Tensor) -> Tensor:
    """The values with axes of length 1 behind their own, as many axes as `like` has."""
    return values[(...,) + (None,) * (like.ndim - values.ndim)]
