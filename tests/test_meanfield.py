"""Mean field: integrals against scipy, the recursion against its asymptotics, simulations against real matrices."""

from itertools import pairwise
from math import asin, exp, log, pi, sqrt

import numpy as np
import pytest
import torch
from scipy.integrate import dblquad, quad
from torch import Tensor

from resdag.meanfield.quadrature import by_hermite, by_sech, integrals
from resdag.meanfield.recursion import Sigmas, iterate
from resdag.meanfield.simulation import Simulated, simulate
from resdag.meanfield.weights import Formed, Source, orthonormal

SIGMAS = Sigmas(w=2.0, b=0.5, v=1.0, a=1.0)
SYSTEMS = ("plain", "residual", "full")


# Integrals


@pytest.mark.parametrize("c", [-0.5, 0.0, 0.3, 0.9, 0.999, 1.0])
@pytest.mark.parametrize("q", [0.5, 0.9, 1.0])
def test_both_methods_agree_where_they_meet(q: float, c: float) -> None:
    assert by_hermite(q, c) == pytest.approx(by_sech(q, c), abs=1e-10)


@pytest.mark.parametrize("q", [0.01, 0.7, 3.0, 40.0, 900.0])
def test_integrals_of_one_variable_are_those_of_scipy(q: float) -> None:
    def mean(f) -> float:  # type: ignore[no-untyped-def]
        density = lambda u: f(u) * exp(-u * u / (2 * q)) / sqrt(2 * pi * q)  # noqa: E731
        return 2 * quad(density, 0, 12 * sqrt(q), limit=400, points=[1, 4] if q > 1 else None, epsabs=1e-13)[0]

    found = integrals(q, 0.0)
    assert found.v == pytest.approx(mean(lambda u: np.tanh(u) ** 2), abs=1e-10)
    assert found.vd == pytest.approx(mean(lambda u: np.cosh(u) ** -4 if u < 300 else 0.0), abs=1e-10)
    assert found.w == pytest.approx(0, abs=1e-15)


@pytest.mark.parametrize(("q", "c"), [(0.6, 0.5), (4.0, 0.9), (4.0, -0.4), (60.0, 0.7)])
def test_the_integral_of_two_variables_is_that_of_scipy(q: float, c: float) -> None:
    def integrand(y: float, x: float) -> float:
        return np.tanh(sqrt(q) * x) * np.tanh(sqrt(q) * (c * x + sqrt(1 - c * c) * y)) * exp(-(x * x + y * y) / 2)

    expected = dblquad(integrand, 0, 8, -8, 8, epsabs=1e-9)[0] / pi  # even under (x, y) -> (-x, -y)
    assert integrals(q, c * q).w == pytest.approx(expected, abs=1e-7)


@pytest.mark.parametrize("q", [1e-4, 0.8, 1.0, 10.0, 1000.0])
def test_equal_inputs_have_the_power_for_a_product(q: float) -> None:
    found = integrals(q, q)
    assert found.w == pytest.approx(found.v, abs=1e-7)
    assert integrals(q, -q).w == pytest.approx(-found.v, abs=1e-7)


def test_small_variances_give_the_first_terms_of_the_series() -> None:
    q, lam = 1e-3, 4e-4
    found = integrals(q, lam)
    # tanh x = x - x^3 / 3 + 2 x^5 / 15; moments of a normal: 1, 3, 15
    assert found.v == pytest.approx(q - 2 * q**2 + 17 / 3 * q**3, rel=1e-7)
    assert found.vd == pytest.approx(1 - 2 * q + 7 * q**2, abs=1e-6)
    assert found.w == pytest.approx(lam - 2 * q * lam, rel=1e-5)


def test_large_variances_make_tanh_a_sign() -> None:
    found = integrals(1e6, 0.3e6)
    assert found.w == pytest.approx(2 / pi * asin(0.3), abs=1e-5)
    assert found.v == pytest.approx(1 - 2 / sqrt(2 * pi * 1e6), rel=1e-6)  # int sech^2 = 2
    assert found.vd == pytest.approx(4 / 3 / sqrt(2 * pi * 1e6), rel=1e-5)  # int sech^4 = 4/3


# Recursion


def column(system: str, name: str, depth: int, cosine: float = 0.9, sigmas: Sigmas = SIGMAS) -> np.ndarray:
    return np.array([getattr(state, name) for state in iterate(system, sigmas, cosine, depth)])


def slope(values: np.ndarray, first: int, last: int) -> float:
    layers = np.arange(first, last + 1)
    return float(np.polyfit(np.log(layers), np.log(values[first : last + 1]), 1)[0])


def test_the_cosine_of_a_residual_chain_falls_by_a_power_near_2_over_pi_minus_1() -> None:
    cosine = column("residual", "cosine", 1500)
    deep, shallow = slope(cosine, 300, 1500), slope(cosine, 50, 200)
    assert 2 / pi - 1 < deep < shallow  # from above, and slowly
    assert deep == pytest.approx(2 / pi - 1, abs=0.03)


def test_the_gradient_of_a_residual_chain_grows_with_the_root_of_depth() -> None:
    growth = log(10) * column("residual", "log10_gradient", 1500)
    per_root = np.polyfit(np.sqrt(np.arange(300, 1501)), growth[300:], 1)[0]
    assert per_root == pytest.approx(4 / 3 * sqrt(2 / pi) * SIGMAS.w, rel=0.01)


def test_a_plain_chain_forgets_exponentially_off_the_critical_line() -> None:
    cosine = column("plain", "cosine", 300)
    limit = cosine[-1]
    steps = [(after - limit) / (before - limit) for before, after in pairwise(cosine[40:60])]
    assert max(steps) - min(steps) < 0.001  # one factor a layer
    assert 0.8 < steps[-1] < 0.9
    assert column("plain", "cosine", 60, sigmas=SIGMAS._replace(w=0.9))[-1] == pytest.approx(1, abs=1e-6)


def test_the_full_residual_chain_nears_the_fixed_point_of_its_limit() -> None:
    limit = 0.5
    for _ in range(500):  # e = (sv^2 (2/pi) asin e + sa^2) / (sv^2 + sa^2), both 1
        limit = (2 / pi * asin(limit) + 1) / 2
    assert limit == pytest.approx(0.79, abs=0.005)
    cosine = column("full", "cosine", 1500)
    assert limit < cosine[1500] < cosine[200] < 0.9
    assert cosine[1500] == pytest.approx(limit, abs=0.04)


def test_without_learned_parts_nothing_changes() -> None:
    states = list(iterate("full", Sigmas(2.0, 0.5, 0.0, 0.0), 0.3, 5))
    assert states == [states[0]] * 6


# Simulation


def matrices(source: Source) -> Tensor:
    """The matrices that `Formed` of sigma 1 would use from here on, without moving the source."""
    places = [own.get_state() for own in source.generators]
    whole = source.normal(source.width, source.width) / sqrt(source.width)
    for own, place in zip(source.generators, places, strict=True):
        own.set_state(place)
    return whole


def test_a_matrix_is_formed_a_second_time_from_the_same_numbers() -> None:
    source = Source("test", range(3), 7, "cpu", torch.float64)
    x, formed = source.normal(7, 2), Formed(source, 2.0)
    whole = matrices(source)
    assert torch.allclose(formed.times(x), 2 * whole @ x)
    after = source.normal(7)
    assert torch.allclose(formed.transposed_times(after), 2 * torch.einsum("nij,ni->nj", whole, after))
    assert not torch.equal(source.normal(7), after)


def written_out(system: str, draw: int, width: int, depth: int, sigmas: Sigmas, cosine: float) -> Tensor:
    """log10 gradients by autograd through a network with all its matrices kept, from the same random numbers."""
    source = Source(f"mean-field {system}", [draw], width, "cpu", torch.float64)
    q = torch.linalg.qr(source.normal(width, 2)[0]).Q * sqrt(width)
    x = torch.stack([q[:, 0], cosine * q[:, 0] + sqrt(1 - cosine**2) * q[:, 1]], 1).requires_grad_(True)
    states = [x]
    for _ in range(depth):
        y = torch.tanh(
            sigmas.w / sqrt(width) * source.normal(width, width)[0] @ x + sigmas.b * source.normal(width, 1)[0]
        )
        if system == "full":
            y = sigmas.v / sqrt(width) * source.normal(width, width)[0] @ y + sigmas.a * source.normal(width, 1)[0]
        x = y if system == "plain" else x + y
        states.append(x)
    gradients = torch.autograd.grad(x[:, 0], states, source.normal(width)[0])
    squares = torch.stack([gradient[:, 0].square().mean() for gradient in gradients])
    return (squares[0] / squares).log10()


@pytest.mark.parametrize("system", SYSTEMS)
def test_the_way_back_is_autograds(system: str) -> None:
    found = simulate(
        system, [4, 9], width=6, depth=5, sigmas=SIGMAS, cosine=0.3, matrices="formed", dtype=torch.float64
    )
    for place, draw in enumerate((4, 9)):
        expected = written_out(system, draw, 6, 5, SIGMAS, 0.3)
        assert torch.allclose(found.log10_gradient[place], expected, atol=1e-10)


@pytest.mark.parametrize("system", SYSTEMS)
def test_conditioned_matrices_have_the_law_of_formed_ones_at_a_width_far_from_infinite(system: str) -> None:
    def laws(kind: str) -> Tensor:
        found = simulate(system, range(1500), width=5, depth=4, sigmas=SIGMAS, cosine=0.6, matrices=kind)
        values = torch.cat([found.power, found.cosine, found.log10_gradient], dim=1)
        products = values[:, :, None] * values[:, None, :]  # second moments, between layers and quantities too
        return torch.cat([values, products.flatten(1)], dim=1)

    formed, conditioned = laws("formed"), laws("conditioned")
    error = ((formed.var(0) + conditioned.var(0)) / 1500).sqrt()
    z = (formed.mean(0) - conditioned.mean(0))[error > 1e-4] / error[error > 1e-4]
    assert len(z) > 100
    assert z.abs().max() < 4.5
    assert z.square().mean() < 2


def test_two_columns_are_made_orthonormal_and_a_repeated_one_adds_nothing() -> None:
    x = torch.randn(4, 9, 2, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    q, r = orthonormal(x)
    assert torch.allclose(q @ r, x)
    assert torch.allclose(q.mT @ q, torch.eye(2, dtype=torch.float64).expand(4, 2, 2), atol=1e-14)
    same = x[..., :1].expand(-1, -1, 2)
    q, r = orthonormal(same)
    assert torch.allclose(q @ r, same)
    assert not q[..., 1].any()


def test_equal_inputs_stay_equal() -> None:
    found = simulate("plain", [0], width=50, depth=20, sigmas=SIGMAS, cosine=1.0)
    assert torch.allclose(found.cosine, torch.ones(1, 21, dtype=torch.float64), atol=1e-5)


def within(found: Simulated, system: str, depth: int, deviation: float) -> float:
    """Share of layers and quantities where the simulated mean is within so many standard errors of the recursion."""
    draws = len(found.power)
    shares = []
    for name in ("power", "cosine", "log10_gradient"):
        theory = torch.tensor(column(system, name, depth))
        values = getattr(found, name)
        if name == "log10_gradient":  # of mean squares: the mean comes before the logarithm
            values, theory = 10 ** (values - theory), torch.ones(depth + 1)
        z = (values.mean(0) - theory) / (values.std(0) / sqrt(draws))
        shares.append((z[1:].abs() < deviation).double().mean())
    return float(torch.stack(shares).mean())


@pytest.mark.parametrize("system", SYSTEMS)
def test_wide_networks_follow_the_recursion_and_narrow_ones_do_not(system: str) -> None:
    wide = simulate(system, range(20), width=1000, depth=30, sigmas=SIGMAS, cosine=0.9)
    assert within(wide, system, 30, 3) > 0.9
    other = Sigmas(2.4, 0.5, 1.0, 1.0)
    wrong = simulate(system, range(20), width=1000, depth=30, sigmas=other, cosine=0.9)
    assert within(wrong, system, 30, 3) < 0.7


def test_a_draw_is_the_same_in_whatever_company() -> None:
    together = simulate("residual", range(4), width=40, depth=6, sigmas=SIGMAS, cosine=0.9)
    alone = simulate("residual", [2], width=40, depth=6, sigmas=SIGMAS, cosine=0.9)
    for one, many in zip(alone, together, strict=True):
        assert torch.allclose(one[0], many[2], atol=1e-6)
    assert not torch.allclose(together.power[1], together.power[2])
