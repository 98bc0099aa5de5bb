"""Curves of time against their integrals, and marches under them against averages."""

import numpy as np
import pytest

from pdesolve import (
    BlackScholes,
    BlackScholesCurves,
    Exercise,
    Flat,
    Option,
    PiecewiseConstant,
    Right,
    SmoothCurve,
    black_scholes,
    forward_rates,
    forward_volatilities,
    forward_yields,
    solve,
)

SPOTS = np.linspace(70.0, 140.0, 15)
STEPS = PiecewiseConstant([0.25, 0.5], [0.01, 0.06, 0.03])
WAVE = SmoothCurve(lambda t: 0.04 + 0.02 * np.cos(5.0 * t))
VOLS = forward_volatilities([0.25, 0.5, 1.0], [0.4, 0.33, 0.3])
MODEL = BlackScholesCurves(VOLS, STEPS, WAVE)


def averages(model, expiry):
    """The constant coefficients that a European option cannot tell from the curves."""
    integrals = (curve.integral(0.0, expiry) for curve in (model.rates, model.yields))
    rate, dividend_yield = (float(each) / expiry for each in integrals)
    return {
        "vol": model.deviation(expiry, 100.0) / np.sqrt(expiry),
        "rate": rate,
        "div_yield": dividend_yield,
    }


@pytest.mark.parametrize("curve", [Flat(0.03), STEPS, WAVE, STEPS.plus(0.01), WAVE.squared()])
def test_an_integral_is_the_sum_of_the_levels(curve):
    ends = np.linspace(0.1, 0.9, 80_001)
    middles = 0.5 * (ends[1:] + ends[:-1])
    summed = np.sum(curve.at(middles)) * (ends[1] - ends[0])
    assert curve.integral(0.1, 0.9) == pytest.approx(summed, abs=1e-9)
    assert curve.mean(0.1, 0.9) == pytest.approx(summed / 0.8, abs=2e-9)
    assert curve.mean(0.3, 0.3) == curve.at(0.3)


@pytest.mark.parametrize("expiry", [0.25, 0.5, 1.0])
def test_forward_volatilities_give_the_implied_ones_back(expiry):
    implied = {0.25: 0.4, 0.5: 0.33, 1.0: 0.3}[expiry]
    assert MODEL.deviation(expiry, 100.0) == pytest.approx(implied * np.sqrt(expiry), rel=1e-14)


def test_forward_rates_give_the_zero_rates_back():
    curve = forward_rates([0.5, 2.0], [0.02, 0.035])
    np.testing.assert_allclose(curve.integral(0.0, [0.5, 2.0]), [0.01, 0.07], rtol=1e-14)


def test_forward_yields_give_the_forwards_back():
    expiries, forwards = np.array([0.25, 1.0, 3.0]), np.array([101.0, 99.0, 108.0])
    yields = forward_yields(100.0, expiries, forwards, STEPS)
    carried = STEPS.integral(0.0, expiries) - yields.integral(0.0, expiries)
    np.testing.assert_allclose(100.0 * np.exp(carried), forwards, rtol=1e-14)


@pytest.mark.parametrize("right", Right)
def test_a_european_option_knows_the_averages_only(right):
    surface = solve(Option(right, 100.0, 1.0), MODEL)
    exact = black_scholes(SPOTS, 100.0, 1.0, right=right, **averages(MODEL, 1.0))
    np.testing.assert_allclose(surface.value(SPOTS), exact.price, rtol=0.0, atol=1e-5)
    np.testing.assert_allclose(surface.delta(SPOTS), exact.delta, rtol=0.0, atol=1e-6)
    np.testing.assert_allclose(surface.gamma(SPOTS), exact.gamma, rtol=0.0, atol=1e-6)


@pytest.mark.parametrize("exercise", Exercise)
@pytest.mark.parametrize("right", Right)
def test_curves_that_are_flat_are_the_constants(right, exercise):
    option = Option(right, 100.0, 1.0, exercise)
    level = PiecewiseConstant([0.4], [0.3, 0.3])
    flat = solve(option, BlackScholesCurves(level, 0.05, SmoothCurve(lambda t: 0.02 + 0.0 * t)))
    constant = solve(option, BlackScholes(0.3, 0.05, 0.02), grid=flat.grid)
    np.testing.assert_allclose(flat.value(SPOTS), constant.value(SPOTS), rtol=0.0, atol=1e-9)
    np.testing.assert_allclose(flat.vega(SPOTS), constant.vega(SPOTS), rtol=0.0, atol=1e-6)


@pytest.mark.parametrize("right", Right)
def test_early_exercise_under_curves_settles_as_the_grid_is_refined(right):
    option = Option(right, 100.0, 1.0, Exercise.AMERICAN)
    surface, fine = solve(option, MODEL), solve(option, MODEL, tolerance=2e-5)
    assert fine.converged
    assert np.abs(surface.value(SPOTS) - fine.value(SPOTS)).max() <= 2e-5
    european = solve(Option(right, 100.0, 1.0), MODEL)
    assert np.all(surface.value(SPOTS) >= european.value(SPOTS) - 1e-4)


@pytest.mark.parametrize("greek", ["vega", "rho", "dividend_rho"])
def test_parallel_moves_of_a_curve_are_those_of_its_average(greek):
    found = getattr(solve(Option(Right.CALL, 100.0, 1.0), MODEL), greek)(SPOTS)
    exact = getattr(black_scholes(SPOTS, 100.0, 1.0, **averages(MODEL, 1.0)), greek)
    if greek == "vega":  # d(root mean square) = mean / root mean square
        exact *= float(MODEL.volatilities.integral(0.0, 1.0)) / MODEL.deviation(1.0, 100.0)
    np.testing.assert_allclose(found, exact, rtol=0.0, atol=2e-3)


def test_a_fall_of_total_variance_is_refused():
    message = r"must not fall from one expiry to the next, got 0\.05 at 0\.5 after 0\.0625 at 0\.25"
    with pytest.raises(ValueError, match=message):
        forward_volatilities([0.25, 0.5], [0.5, np.sqrt(0.1)])


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: PiecewiseConstant([0.5, 0.5], [0.1, 0.2, 0.3]), "times must be finite and ascend"),
        (lambda: PiecewiseConstant([0.5], [0.1]), "levels must be one more than times"),
        (lambda: PiecewiseConstant([0.5], [0.1, np.nan]), "levels must be finite"),
        (lambda: forward_rates([], []), "rates must be one for each expiry"),
        (lambda: forward_rates([0.5, 0.2], [0.1, 0.1]), "expiries must be finite and ascend"),
        (lambda: forward_yields(0.0, [1.0], [100.0], STEPS), "spot must be positive"),
        (lambda: forward_yields(100.0, [1.0], [-1.0], STEPS), "forwards must be positive"),
        (lambda: BlackScholesCurves(PiecewiseConstant([1.0], [0.2, 20.0])), "from 0 to 5 in deci"),
        (lambda: BlackScholesCurves(0.2, rate=np.inf), "rate must be finite, got inf"),
    ],
)
def test_what_is_no_curve_is_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()
