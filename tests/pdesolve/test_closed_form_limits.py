"""The closed form where its arguments vanish or are very large."""

import dataclasses

import numpy as np
import pytest

from pdesolve import Right, black_scholes

EPS = np.finfo(float).eps


@pytest.mark.parametrize("right", Right)
def test_at_expiry_delta_is_a_step_and_the_rest_is_exercise(right):
    found = black_scholes(
        [90.0, 110.0], 100.0, 0.0, vol=0.3, rate=0.05, div_yield=0.02, right=right
    )
    exercised = right * np.array([-10.0, 10.0]) > 0.0
    np.testing.assert_array_equal(found.price, np.where(exercised, 10.0, 0.0))
    np.testing.assert_array_equal(found.delta, np.where(exercised, int(right), 0))
    for name in ("gamma", "vega", "rho", "dividend_rho", "vanna", "volga"):
        assert np.all(getattr(found, name) == 0.0)


@pytest.mark.parametrize("right", Right)
def test_without_volatility_the_forward_is_certain(right):
    found = black_scholes(
        [80.0, 120.0], 100.0, 2.0, vol=0.0, rate=0.03, div_yield=0.01, right=right
    )
    spot_value, strike_value = np.array([80.0, 120.0]) * np.exp(-0.02), 100.0 * np.exp(-0.06)
    exercised = right * (spot_value - strike_value) > 0.0
    expected = np.where(exercised, right * (spot_value - strike_value), 0.0)
    np.testing.assert_allclose(found.price, expected, rtol=4.0 * EPS)
    np.testing.assert_allclose(found.delta, np.where(exercised, right * np.exp(-0.02), 0.0))
    np.testing.assert_allclose(found.rho, np.where(exercised, right * 2.0 * strike_value, 0.0))


@pytest.mark.parametrize(("expiry", "vol"), [(0.0, 0.3), (1.0, 0.0), (0.0, 0.0)])
def test_on_the_kink_there_is_a_price_and_no_greek(expiry, vol):
    price, *greeks = dataclasses.astuple(black_scholes(100.0, 100.0, expiry, vol=vol))
    assert price == 0.0
    assert np.all(np.isnan(greeks))


@pytest.mark.parametrize("vanishing", ["vol", "expiry"])
@pytest.mark.parametrize("spot", [99.0, 101.0])
def test_numbers_run_into_their_limits(vanishing, spot):
    terms = {"spot": spot, "strike": 100.0, "expiry": 1.0, "vol": 0.2}
    near = dataclasses.astuple(black_scholes(**terms | {vanishing: 1e-9}))
    limit = dataclasses.astuple(black_scholes(**terms | {vanishing: 0.0}))
    # Over 1e-9 years or with 1e-9 of volatility, the strike is 50 standard deviations away.
    np.testing.assert_allclose(near, limit, rtol=0.0, atol=1e-6)


def test_a_worthless_underlying_leaves_the_strike():
    put = black_scholes(0.0, 100.0, 1.0, vol=0.2, rate=0.05, div_yield=0.02, right="put")
    assert put.price == 100.0 * np.exp(-0.05)
    assert put.delta == -np.exp(-0.02)
    assert put.gamma == put.vega == put.vanna == put.volga == 0.0


@pytest.mark.parametrize("expiry", [1.0 / (24 * 365), 10.0, 100.0])
@pytest.mark.parametrize("spot", [1e-100, 1.0, 100.0, 1e4, 1e100])
@pytest.mark.parametrize("right", Right)
def test_extreme_contracts_have_finite_numbers(right, spot, expiry):
    found = black_scholes(spot, 100.0, expiry, vol=[1e-12, 0.2, 5.0], rate=-0.1, right=right)
    assert np.all(np.isfinite(dataclasses.astuple(found)))
