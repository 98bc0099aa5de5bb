"""Digitals and touches against published values, QuantLib, parity, integrals and their limits."""

import math

import mpmath
import numpy as np
import pytest
import QuantLib as ql

from pdesolve import Right, black_scholes
from pdesolve.formulas.digitals import (
    asset_digital_price,
    cash_digital_price,
    no_touch_price,
    one_touch_at_expiry_price,
    one_touch_price,
)
from pdesolve.kernels import digitals as kernels
from tests.pdesolve import quantlib

EPS = np.finfo(float).eps
SIDES = {"up": "call", "down": "put"}


def contracts(n=100, seed=0):
    draw = np.random.default_rng(seed).uniform
    return {
        "spot": draw(70.0, 140.0, n),
        "strike": np.full(n, 100.0),
        "expiry": np.ceil(365.0 * draw(0.0, 3.0, n)) / 365.0,
        "vol": draw(0.05, 0.8, n),
        "rate": draw(0.0, 0.15, n),
        "div_yield": draw(-0.02, 0.1, n),
    }


def touches(direction, n=100, seed=0):
    book = contracts(n, seed)
    book["barrier"] = book.pop("strike")
    away = -1.0 if direction == "up" else 1.0
    book["spot"] = 100.0 * np.exp(away * abs(np.log(book["spot"] / 100.0)))
    return book | {"direction": direction}


# Haug, Option Pricing Formulas (1998), page 95: cash of 15, barrier 100, half a year.
@pytest.mark.parametrize(
    ("price", "direction", "spot", "value"),
    [
        (one_touch_price, "down", 105.0, 9.7264),
        (one_touch_price, "up", 95.0, 11.6553),
        (one_touch_at_expiry_price, "down", 105.0, 9.3604),
        (one_touch_at_expiry_price, "up", 95.0, 11.2223),
    ],
)
def test_published_touches_are_met(price, direction, spot, value):
    found = 15.0 * price(spot, 100.0, 0.5, direction=direction, vol=0.2, rate=0.1)
    assert found == pytest.approx(value, abs=1e-4)


def quantlib_european(payoff, spot, strike, expiry, vol, rate, div_yield):
    option = ql.VanillaOption(payoff, ql.EuropeanExercise(quantlib.date(expiry)))
    process = quantlib.process(spot, vol, rate, div_yield)
    option.setPricingEngine(ql.AnalyticEuropeanEngine(process))
    return option.NPV()


@pytest.mark.parametrize("right", ["call", "put"])
@pytest.mark.parametrize(
    ("price", "payoff"),
    [
        (cash_digital_price, lambda right, strike: ql.CashOrNothingPayoff(right, strike, 1.0)),
        (asset_digital_price, ql.AssetOrNothingPayoff),
    ],
)
def test_quantlib_agrees_on_digitals(price, payoff, right):
    quantlib.today()
    book = contracts()
    contract = payoff(quantlib.right(right), 100.0)
    expected = [quantlib_european(contract, *row) for row in zip(*book.values(), strict=True)]
    np.testing.assert_allclose(price(**book, right=right), expected, rtol=0.0, atol=5e-13)


def quantlib_touch(direction, *, at_expiry, spot, barrier, expiry, vol, rate, div_yield):
    contract = ql.CashOrNothingPayoff(quantlib.right(SIDES[direction]), float(barrier), 1.0)
    exercise = ql.AmericanExercise(quantlib.TODAY, quantlib.date(expiry), at_expiry)
    option = ql.VanillaOption(contract, exercise)
    process = quantlib.process(spot, vol, rate, div_yield)
    option.setPricingEngine(ql.AnalyticDigitalAmericanEngine(process))
    return option.NPV()


@pytest.mark.parametrize("direction", ["up", "down"])
@pytest.mark.parametrize(
    ("price", "at_expiry"), [(one_touch_price, False), (one_touch_at_expiry_price, True)]
)
def test_quantlib_agrees_on_touches(price, at_expiry, direction):
    quantlib.today()
    book = touches(direction)
    book["vol"] += 0.1
    found = price(**book)
    del book["direction"]
    rows = [dict(zip(book, row, strict=True)) for row in zip(*book.values(), strict=True)]
    expected = [quantlib_touch(direction, at_expiry=at_expiry, **row) for row in rows]
    # QuantLib multiplies a power of barrier over spot, large where the volatility is low, by a
    # normal tail that is right in units of 1.
    np.testing.assert_allclose(found, expected, rtol=0.0, atol=1e-11)


def test_digital_call_and_put_together_are_certain():
    book = contracts(500)
    cash = sum(cash_digital_price(**book, right=right) for right in Right)
    asset = sum(asset_digital_price(**book, right=right) for right in Right)
    np.testing.assert_allclose(cash, np.exp(-book["rate"] * book["expiry"]), rtol=4.0 * EPS)
    carried = book["spot"] * np.exp(-book["div_yield"] * book["expiry"])
    np.testing.assert_allclose(asset, carried, rtol=4.0 * EPS)


@pytest.mark.parametrize("right", Right)
def test_a_vanilla_option_is_the_asset_less_the_strike_in_cash(right):
    book = contracts(500)
    asset, cash = asset_digital_price(**book, right=right), cash_digital_price(**book, right=right)
    vanilla = black_scholes(**book, right=right).price
    np.testing.assert_allclose(right * (asset - 100.0 * cash), vanilla, rtol=0.0, atol=1e-12)


@pytest.mark.parametrize("right", Right)
def test_cash_is_the_limit_of_spreads(right):
    book, step = contracts(), 1e-3
    low, high = (
        black_scholes(**book | {"strike": 100.0 + move}, right=right).price
        for move in (-step, step)
    )
    # Error of the central difference: step**2 / 6 times a third derivative below 0.01.
    slope = right * (low - high) / (2.0 * step)
    np.testing.assert_allclose(slope, cash_digital_price(**book, right=right), atol=1e-8)


@pytest.mark.parametrize("direction", ["up", "down"])
def test_touched_and_untouched_together_are_certain(direction):
    book = touches(direction, 500)
    both = one_touch_at_expiry_price(**book) + no_touch_price(**book)
    np.testing.assert_allclose(both, np.exp(-book["rate"] * book["expiry"]), rtol=1e-14)


@pytest.mark.parametrize("direction", ["up", "down"])
def test_cash_at_the_touch_is_worth_more_than_at_expiry(direction):
    book = touches(direction, 500)
    early, late = one_touch_price(**book), one_touch_at_expiry_price(**book)
    right = SIDES[direction]
    book["strike"] = book.pop("barrier")
    del book["direction"]
    assert np.all(early >= late * (1.0 - 8.0 * EPS))
    assert np.all(late >= cash_digital_price(**book, right=right) * (1.0 - 8.0 * EPS))


def test_a_nearer_barrier_is_touched_more():
    spots = np.linspace(50.0, 100.0, 201)
    terms = {"direction": "up", "vol": 0.3, "rate": 0.05}
    for price in (one_touch_price, one_touch_at_expiry_price):
        assert np.all(np.diff(price(spots, 100.0, 1.0, **terms)) > 0.0)
    assert np.all(np.diff(no_touch_price(spots, 100.0, 1.0, **terms)) < 0.0)


def first_passage_integral(spot, barrier, expiry, vol, rate, div_yield):
    """Integrate the discount factor over the density of the first passage."""
    h, nu = mpmath.log(mpmath.mpf(barrier) / spot), rate - div_yield - mpmath.mpf(vol) ** 2 / 2

    def integrand(t):
        density = abs(h) / (vol * mpmath.sqrt(2 * mpmath.pi * t**3))
        return density * mpmath.exp(-((h - nu * t) ** 2) / (2 * vol**2 * t) - rate * t)

    return float(mpmath.quad(integrand, [0, expiry / 64, expiry / 8, expiry]))


@pytest.mark.kernels
@pytest.mark.parametrize("barrier", [80.0, 99.9, 100.1, 130.0])
@pytest.mark.parametrize(("rate", "div_yield"), [(0.05, 0.02), (-0.03, -0.05), (-0.2, -0.2)])
def test_cash_at_the_touch_is_the_integral_of_its_density(barrier, rate, div_yield):
    direction = "up" if barrier > 100.0 else "down"
    terms = {"vol": 0.25, "rate": rate, "div_yield": div_yield}
    found = one_touch_price(100.0, barrier, 2.0, direction=direction, **terms)
    # The quadrature is good to ten digits where its integrand peaks sharply.
    assert found == pytest.approx(first_passage_integral(100.0, barrier, 2.0, **terms), rel=1e-9)


@pytest.mark.kernels
@pytest.mark.parametrize("a", [1e-3, 0.3, 2.0, 30.0])
def test_both_forms_of_the_touch_meet_where_they_change(a):
    m = 0.8
    below, above = (kernels.touch_discount(a, m, -0.5 * m * m + move) for move in (-1e-13, 1e-13))
    assert below == pytest.approx(above, rel=1e-11)  # slope in the growth below 100


@pytest.mark.parametrize("direction", ["up", "down"])
def test_a_spot_at_the_barrier_has_touched(direction):
    terms = {"direction": direction, "vol": 0.2, "rate": 0.05}
    assert one_touch_price(100.0, 100.0, 1.0, **terms) == 1.0
    assert one_touch_at_expiry_price(100.0, 100.0, 1.0, **terms) == math.exp(-0.05)
    assert no_touch_price(100.0, 100.0, 1.0, **terms) == 0.0


def test_at_expiry_a_spot_at_the_strike_pays_the_call():
    spots = [99.0, 100.0, 101.0]
    call = cash_digital_price(spots, 100.0, 0.0, vol=0.2)
    put = cash_digital_price(spots, 100.0, 0.0, vol=0.2, right="put")
    np.testing.assert_array_equal(call, [0.0, 1.0, 1.0])
    np.testing.assert_array_equal(put, [1.0, 0.0, 0.0])


@pytest.mark.parametrize("vol", [0.0, 1e-9])
def test_without_volatility_the_forward_touches_when_it_gets_there(vol):
    terms = {"direction": "up", "vol": vol, "rate": 0.1}
    hit = np.log(110.0 / 100.0) / 0.1
    found = one_touch_price([100.0, 90.0], 110.0, 1.0, **terms)
    np.testing.assert_allclose(found, [np.exp(-0.1 * hit), 0.0], rtol=1e-8)


@pytest.mark.parametrize(
    ("moved", "rule"),
    [
        ({"barrier": 0.0}, "barrier must be positive and finite, got 0.0"),
        ({"spot": -1.0}, "spot must be positive and finite, got -1.0"),
        ({"direction": "left"}, 'direction must be "up" or "down", got \'left\''),
        ({"vol": 20.0}, "vol must be at most 5"),
        ({"rate": -10.0}, "rate times expiry must be at least -8"),
    ],
)
def test_senseless_touches_are_refused(moved, rule):
    terms = {"spot": 90.0, "barrier": 100.0, "expiry": 1.0, "vol": 0.2, "direction": "up"}
    with pytest.raises(ValueError, match=rule):
        one_touch_price(**terms | moved)
