"""How does a random weight matrix act on vectors, without being kept?

A network at initialisation uses each matrix W three times: on the states of two inputs, and transposed on one
gradient.  `Formed` forms W from the place of the random numbers that it was first drawn from, and again on the way
back: a depth of 1,500 and a width of 1,000 would else be 6 GB.  `Conditioned` never forms it.  The entries of W are
independent normals, so W X is normal given X, and W given W X is W X X^+ plus a fresh matrix on the orthogonal
complement of X (Bolthausen 2014): both products are drawn from their exact joint law, at any finite width,
in O(width) where the matrix costs O(width^2).
"""

from collections.abc import Callable, Sequence
from typing import Protocol

import torch
from torch import Tensor

from resdag.combinatorics import generator

ALIKE = 1e-6  # a second vector with less than this share of its length across the first adds no direction


class Source:
    """Standard normal numbers for several random networks side by side, each from a generator of its own."""

    def __init__(self, experiment: str, draws: Sequence[int], width: int, device: str, dtype: torch.dtype) -> None:
        self.width, self.device, self.dtype = width, device, dtype
        self.generators = [torch.Generator(device) for _ in draws]
        for own, draw in zip(self.generators, draws, strict=True):
            own.manual_seed(int(generator(experiment, 0, draw, width).bit_generator.random_raw() >> 1))

    def normal(self, *shape: int) -> Tensor:
        """Numbers of this shape for each network: (networks, *shape)."""
        drawn = [torch.randn(shape, generator=own, device=self.device, dtype=self.dtype) for own in self.generators]
        return torch.stack(drawn)


class Matrix(Protocol):
    """A square matrix for each network, of independent normals with variance sigma^2 / width."""

    def times(self, x: Tensor) -> Tensor:
        """W x, for two columns: (networks, width, 2) to the same.  Asked once, and first."""

    def transposed_times(self, d: Tensor) -> Tensor:
        """W^T d: (networks, width) to the same.  Asked once."""


class Formed:
    """The matrices themselves, one network's at a time, formed anew for each product."""

    def __init__(self, source: Source, sigma: float) -> None:
        self.source, self.scale = source, sigma / source.width**0.5
        self.places = [own.get_state() for own in source.generators]

    def times(self, x: Tensor) -> Tensor:
        """W x, the numbers taken on from where the source stands."""
        return self._each(self.source.generators, x, lambda w, column: w @ column)

    def transposed_times(self, d: Tensor) -> Tensor:
        """W^T d, W from the same numbers as before."""
        again = [torch.Generator(self.source.device) for _ in self.places]
        for own, place in zip(again, self.places, strict=True):
            own.set_state(place)
        return self._each(again, d, lambda w, column: w.T @ column)

    def _each(self, sources: list[torch.Generator], x: Tensor, product: Callable[[Tensor, Tensor], Tensor]) -> Tensor:
        width, device, dtype = self.source.width, self.source.device, self.source.dtype
        w = torch.empty(width, width, device=device, dtype=dtype)
        columns = [product(w.normal_(generator=own), column) for own, column in zip(sources, x, strict=True)]
        return self.scale * torch.stack(columns)


class Conditioned:
    """What the matrices do to the vectors at hand, drawn from its exact law."""

    def __init__(self, source: Source, sigma: float) -> None:
        self.source, self.scale = source, sigma / source.width**0.5

    def times(self, x: Tensor) -> Tensor:
        """W x = (W Q) R with orthonormal Q: the entries of W Q are independent normals again."""
        self.q, r = orthonormal(x)
        self.wq = self.scale * self.source.normal(self.source.width, 2)
        return self.wq @ r

    def transposed_times(self, d: Tensor) -> Tensor:
        """W^T d: along Q it follows from W Q; across Q it is fresh, of variance |d|^2 sigma^2 / width."""
        fresh = self.scale * d.norm(dim=-1, keepdim=True) * self.source.normal(self.source.width)
        along = torch.einsum("nwk,nw->nk", self.wq, d) - torch.einsum("nwk,nw->nk", self.q, fresh)
        return fresh + torch.einsum("nwk,nk->nw", self.q, along)


def orthonormal(x: Tensor) -> tuple[Tensor, Tensor]:
    """x = Q R for two columns, by Gram and Schmidt, twice; Q's second column is 0 where both point the same way."""
    first, second = x.unbind(-1)
    length = first.norm(dim=-1, keepdim=True)
    q = first / length
    along = (q * second).sum(-1, keepdim=True)
    across = second - along * q
    across = across - (q * across).sum(-1, keepdim=True) * q
    rest = across.norm(dim=-1, keepdim=True)
    kept = rest > ALIKE * second.norm(dim=-1, keepdim=True)
    other = torch.where(kept, across / rest.clamp_min(torch.finfo(x.dtype).tiny), 0)
    rows = torch.cat([length, along, torch.zeros_like(length), torch.where(kept, rest, 0)], dim=-1)
    return torch.stack([q, other], dim=-1), rows.unflatten(-1, (2, 2))
