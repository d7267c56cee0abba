"""What do states and gradients do in an infinitely wide random tanh network?

Per layer, for two inputs of equal mean square: p = E x^2 and gamma = E x x'; the preactivations have variance
q = sw^2 p + sb^2 and covariance lam = sw^2 gamma + sb^2 (Yang and Schoenholz 2017).  The factor is that of
the mean squared gradient from a layer's output to its input.

    plain      p' = V             gamma' = W             factor sw^2 Vd
    residual   p' = p + V         gamma' = gamma + W     factor 1 + sw^2 Vd
    full       p' = p + sv^2 V + sa^2, gamma' = gamma + sv^2 W + sa^2, factor 1 + sv^2 sw^2 Vd
"""

from collections.abc import Iterator
from math import log10
from typing import Literal, NamedTuple

from resdag.meanfield.quadrature import integrals

System = Literal["plain", "residual", "full"]


class Sigmas(NamedTuple):
    """Standard deviations of the entries of W, b, V and a, those of matrices times the root of the width."""

    w: float
    b: float
    v: float = 0.0
    a: float = 0.0


class State(NamedTuple):
    """Where the recursion stands at a layer."""

    power: float  # p, mean square of a state
    cosine: float  # e = gamma / p
    log10_gradient: float  # of the mean squared gradient at layer 0 over that at this layer


def iterate(system: System, sigmas: Sigmas, cosine: float, depth: int) -> Iterator[State]:
    """States at layers 0..depth, from inputs of mean square 1 with this cosine."""
    p, gamma, growth = 1.0, cosine, 0.0
    yield State(p, cosine, growth)
    carried = 0.0 if system == "plain" else 1.0  # by the skip
    v2, a2 = (sigmas.v**2, sigmas.a**2) if system == "full" else (1.0, 0.0)
    for _ in range(depth):
        v, w, vd = integrals(sigmas.w**2 * p + sigmas.b**2, sigmas.w**2 * gamma + sigmas.b**2)
        p, gamma = carried * p + v2 * v + a2, carried * gamma + v2 * w + a2
        growth += log10(carried + v2 * sigmas.w**2 * vd)
        yield State(p, gamma / p, growth)
