"""Prices under local volatility: closed forms, order, the way back to implied volatilities."""

import numpy as np
import pytest
from scipy.stats import ncx2

from pdesolve import (
    BlackScholes,
    Exercise,
    ImpliedSurface,
    LocalVolatility,
    Option,
    Right,
    Scheme,
    VolatilitySteps,
    dupire,
    implied_volatility,
    solve,
)
from pdesolve.march.default_grid import default_grid
from pdesolve.march.marching import march
from pdesolve.march.problem import pose

SPOTS = np.array([70.0, 90.0, 100.0, 115.0, 150.0])
RATE, YIELD = 0.05, 0.02
LEAST_ORDER = 1.9
STEPS = VolatilitySteps([95.0], [0.35, 0.15])
BROKEN = LocalVolatility(STEPS, levels=STEPS.levels)


def cev(power):
    """Volatility ``0.25 (S / 100)**(power - 1)``."""
    return LocalVolatility(lambda spots, _: 0.25 * (spots / 100.0) ** (power - 1.0), RATE, YIELD)


def cev_call(spots, strike, expiry, power):
    """Call under constant elasticity of variance (Schroder, *J. Finance* 44, 1989)."""
    mu, gap = RATE - YIELD, 2.0 * (1.0 - power)
    delta = 0.25 * 100.0 ** (1.0 - power)
    k = 2.0 * mu / (delta**2 * gap * np.expm1(mu * gap * expiry))
    x, y = k * spots**gap * np.exp(mu * gap * expiry), k * strike**gap
    received = ncx2.sf(2.0 * y, 2.0 + 2.0 / gap, 2.0 * x)
    paid = ncx2.cdf(2.0 * x, 2.0 / gap, 2.0 * y)
    return spots * np.exp(-YIELD * expiry) * received - strike * np.exp(-RATE * expiry) * paid


def broken_call(spots, strike, expiry):
    """Call without rates under `BROKEN`, from its Laplace transform in time, where it is algebra.

    In each of the three parts of the axis, cut at level and strike, the transform is a sum of two
    powers of spot, plus ``(S - K) / s`` above the strike; the fixed Talbot contour (Abate and
    Valko, *Int. J. Numer. Meth. Eng.* 60, 2004) brings it back.
    """
    n = 32
    theta = np.arange(1, n) * np.pi / n
    cot = 1.0 / np.tan(theta)
    shape = 2.0 * n / (5.0 * expiry)
    nodes = np.r_[shape, shape * theta * (cot + 1j)]
    weights = np.r_[0.5, 1.0 + 1j * theta * (1.0 + cot**2) - 1j * cot]
    cuts = np.sort([STEPS.levels[0], strike])
    sigmas = np.array(STEPS.volatilities)[np.searchsorted(STEPS.levels, [0.0, cuts.mean(), 1e9])]
    total = np.zeros(spots.size)
    for s, weight in zip(nodes, weights, strict=True):
        roots = np.sqrt(0.25 + 2.0 * s / sigmas**2)
        powers = 0.5 + np.array([roots[0], roots[1], -roots[1], -roots[2]])
        extra = np.array([0.0, 0.0 if cuts[1] == strike else 1.0, 1.0]) / s
        matrix, known = np.zeros((4, 4), complex), np.zeros(4, complex)
        for row, (cut, below, above) in enumerate([(cuts[0], [0], [1, 2]), (cuts[1], [1, 2], [3])]):
            gain = extra[row + 1] - extra[row]
            for side, sign in ((below, 1.0), (above, -1.0)):
                matrix[2 * row, side] = sign * (cut / strike) ** powers[side]
                matrix[2 * row + 1, side] = sign * powers[side] * (cut / strike) ** powers[side]
            known[2 * row : 2 * row + 2] = gain * (cut - strike), gain * cut
        found = np.linalg.solve(matrix, known)
        part = np.searchsorted(cuts, spots)
        terms = found * (spots[:, None] / strike) ** powers
        used = np.array([[1, 0, 0, 0], [0, 1, 1, 0], [0, 0, 0, 1]])[part]
        value = (terms * used).sum(axis=1) + extra[part] * (spots - strike)
        total += (weight * np.exp(s * expiry) * value).real
    return 2.0 * total / (5.0 * expiry)


def values(option, model, n_cells, scheme=Scheme.TR_BDF2):
    """Values at the spots of one march."""
    problem = pose(option, model, ())
    marched = march(problem, default_grid(problem, n_cells, n_cells // 4), scheme)
    return marched.read(marched.column(option.expiry), option.expiry, SPOTS)


@pytest.mark.parametrize("power", [0.3, 0.5, 0.8])
def test_constant_elasticity_of_variance_meets_its_closed_form(power):
    surface = solve(Option(Right.CALL, 105.0, 0.75), cev(power))
    exact = cev_call(SPOTS, 105.0, 0.75, power)
    np.testing.assert_allclose(surface.value(SPOTS), exact, atol=1e-6)


@pytest.mark.parametrize("strike", [85.0, 95.0, 110.0])
def test_a_volatility_that_jumps_meets_its_laplace_transform(strike):
    surface = solve(Option(Right.CALL, strike, 1.0), BROKEN)
    exact = broken_call(SPOTS, strike, 1.0)
    np.testing.assert_allclose(surface.value(SPOTS), exact, atol=2e-6)


def test_the_laplace_transform_is_black_scholes_where_nothing_jumps(monkeypatch):
    monkeypatch.setitem(globals(), "STEPS", VolatilitySteps([95.0], [0.2, 0.2]))
    exact = solve(Option(Right.CALL, 110.0, 1.0), BlackScholes(0.2)).value(SPOTS)
    np.testing.assert_allclose(broken_call(SPOTS, 110.0, 1.0), exact, atol=1e-6)


@pytest.mark.parametrize("scheme", Scheme)
def test_a_march_is_of_second_order_where_volatility_is_smooth(scheme):
    n_cells, option = np.array([128, 256, 512]), Option(Right.CALL, 105.0, 0.75)
    exact = cev_call(SPOTS, 105.0, 0.75, 0.5)
    errors = [np.abs(values(option, cev(0.5), n, scheme) - exact).max() for n in n_cells.tolist()]
    assert -np.polyfit(np.log(n_cells), np.log(errors), 1)[0] > LEAST_ORDER


@pytest.mark.parametrize("scheme", Scheme)
@pytest.mark.parametrize("strike", [85.0, 95.0, 110.0])
def test_a_march_is_of_second_order_where_volatility_jumps(strike, scheme):
    n_cells, option = np.array([128, 256, 512, 1024]), Option(Right.CALL, strike, 1.0)
    exact = broken_call(SPOTS, strike, 1.0)
    errors = [np.abs(values(option, BROKEN, n, scheme) - exact).max() for n in n_cells.tolist()]
    assert -np.polyfit(np.log(n_cells), np.log(errors), 1)[0] > LEAST_ORDER


@pytest.mark.parametrize("exercise", Exercise)
@pytest.mark.parametrize("right", Right)
def test_a_flat_volatility_is_black_scholes(right, exercise):
    option = Option(right, 100.0, 0.5, exercise)
    flat = LocalVolatility(lambda spots, times: 0.25, RATE, YIELD)
    found, plain = (solve(option, m) for m in (flat, BlackScholes(0.25, RATE, YIELD)))
    np.testing.assert_allclose(found.value(SPOTS), plain.value(SPOTS), atol=1e-9)
    np.testing.assert_allclose(found.theta(SPOTS), plain.theta(SPOTS), atol=1e-6)
    np.testing.assert_allclose(found.vega(SPOTS), plain.vega(SPOTS), atol=1e-5)


@pytest.mark.parametrize("model", [cev(0.5), BROKEN], ids=["smooth", "jumps"])
@pytest.mark.parametrize("right", Right)
def test_early_exercise_is_never_worth_less(right, model):
    american, european = (
        solve(option := Option(right, 100.0, 0.7, exercise), model).value(SPOTS)
        for exercise in (Exercise.AMERICAN, Exercise.EUROPEAN)
    )
    assert np.all(american >= european - 1e-6)
    assert np.all(american >= option.payoff(SPOTS))


def smile(places, time):
    total = 0.05 * time + 0.01 * time**2
    return total * (0.6 - 0.15 * places + np.sqrt(0.1 * places**2 + 0.16))


@pytest.mark.parametrize("expiry", [0.1, 0.3, 0.5, 0.8, 1.0])
def test_prices_come_back_to_the_implied_volatilities_they_were_made_of(expiry):
    places, expiries = np.linspace(-1.2, 1.2, 49), [0.25, 0.5, 1.0]
    surface = ImpliedSurface(expiries, [places] * 3, [smile(places, each) for each in expiries])
    model = dupire(surface, spot=100.0, rate=RATE, dividend_yield=YIELD)
    forward = 100.0 * np.exp((RATE - YIELD) * expiry)
    for strike in (80.0, 100.0, 125.0):
        price = solve(Option(Right.CALL, strike, expiry), model).value(100.0)
        terms = {"expiry": expiry, "rate": RATE, "div_yield": YIELD, "right": "call"}
        found = implied_volatility(price, 100.0, strike, **terms)
        expected = surface.volatility(np.log(strike / forward), expiry)
        assert found == pytest.approx(expected, abs=1e-6)
