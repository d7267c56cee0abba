"""What are the mean-field integrals of tanh?

For normal z, z' of variance q and covariance lam: V(q) = E tanh^2(z), W(q, lam) = E tanh(z) tanh(z'),
Vd(q) = E tanh'(z)^2 (Yang and Schoenholz 2017).  Below q = 1 Gauss-Hermite quadrature is exact to
ten digits.  Above, tanh(sqrt(q) z) turns into a step and its nodes miss the step, so there everything is written with
sech^2(u), which is one unit wide at any q: V = 1 - E sech^2, Vd = E sech^4, and W by Price's theorem as an integral
over the covariance from 0,

    W = 1/(2 pi) int_0^{asin c} dtheta int int sech^2(u) sech^2(u')
                 exp(-(u^2 - 2 u u' sin(theta) + u'^2) / (2 q cos^2(theta))) du du',     c = lam / q.

Half sum a and half difference d of u and u' make the exponent a sum of squares, of which the one of d narrows as
theta nears pi/2: the steps of d follow it.  The trapezoidal rule errs by exp(-2 pi (pi / 2) / STEP) = 1e-17.
"""

from functools import cache
from math import asin, pi, sqrt
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

CHANGE = 1.0  # of method, in q; from .3 to 1 both agree to 1e-10
NODES = 120  # of Gauss and Hermite
ANGLES = 32  # of Gauss and Legendre; at q = 1,000 and equal inputs, the hardest case, W is right to 2e-8
STEP = 0.25
END, FAR_END = 9.0, 18.0  # of sech^4 and of sech^2: 4e-15 and 1e-15 there


class Integrals(NamedTuple):
    """V(q), W(q, lam) and Vd(q)."""

    v: float
    w: float
    vd: float


def integrals(q: float, lam: float) -> Integrals:
    """All three, by the method that suits q; |lam| is at most q, and what rounding adds to it is cut off."""
    c = max(-1.0, min(1.0, lam / q)) if q > 0 else 0.0
    return by_hermite(q, c) if q < CHANGE else by_sech(q, c)


def by_hermite(q: float, c: float) -> Integrals:
    """Gauss-Hermite quadrature, z' = sqrt(q) (c x + sqrt(1 - c^2) y); c is the correlation of z and z'."""
    x, weights = _hermite()
    t = np.tanh(sqrt(q) * x)
    other = np.tanh(sqrt(q) * (c * x[:, None] + sqrt(1 - c * c) * x))
    return Integrals(float(weights @ t**2), float((weights * t) @ (other @ weights)), float(weights @ (1 - t**2) ** 2))


@cache
def _hermite() -> tuple[Floats, Floats]:
    """Nodes and weights of a standard normal mean."""
    x, weights = np.polynomial.hermite_e.hermegauss(NODES)
    return x, weights / weights.sum()


def by_sech(q: float, c: float) -> Integrals:
    """Trapezoidal rules in u, Gauss-Legendre in the angle; W is odd in c."""
    u = np.arange(-FAR_END, FAR_END + STEP, STEP)
    sech2, density = np.cosh(u) ** -2, np.exp(-u * u / (2 * q)) * STEP / sqrt(2 * pi * q)
    w = np.copysign(_positive_w(q, abs(c)), c)
    return Integrals(float(1 - sech2 @ density), float(w), float(sech2**2 @ density))


def _positive_w(q: float, c: float) -> float:
    x, weights = _legendre()
    s = np.sin(asin(c) * (x + 1) / 2)
    a = np.arange(0, END + STEP, STEP)  # half of each axis: the integrand is even in a and in d
    halved = np.where(a == 0, 1, 2) * STEP
    narrow = 1 / np.sqrt(1 + 1 / (q * (1 - s)))  # the width of both factors in d together
    d = narrow[:, None] * a
    of_a = halved * np.exp(-a * a / (q * (1 + s))[:, None])
    of_d = halved * narrow[:, None] * np.exp(-d * d / (q * (1 - s))[:, None])
    # sech(a + d) sech(a - d) = 2 / (cosh 2a + cosh 2d), and du du' = 2 da dd
    product = 4 / (np.cosh(2 * a)[:, None] + np.cosh(2 * d)[:, None, :]) ** 2
    inner = 2 * np.einsum("ta,tad,td->t", of_a, product, of_d)
    return float(weights @ inner) * asin(c) / 2 / (2 * pi)


@cache
def _legendre() -> tuple[Floats, Floats]:
    x, weights = np.polynomial.legendre.leggauss(ANGLES)
    return x, weights
