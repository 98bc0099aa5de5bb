"""Exchange options exactly and spreads nearly, against published values, QuantLib and limits."""

import numpy as np
import pytest
import QuantLib as ql

from pdesolve import Right, black_scholes_price
from pdesolve.formulas.exchange import kirk_approximate_price, margrabe_price
from tests.pdesolve import benchop, quantlib

EPS = np.finfo(float).eps


def contracts(n=100, seed=0):
    draw = np.random.default_rng(seed).uniform
    return {
        "spot": draw(60.0, 140.0, n),
        "other_spot": draw(60.0, 140.0, n),
        "expiry": np.ceil(365.0 * draw(0.02, 3.0, n)) / 365.0,
        "vols": (draw(0.05, 0.8, n), draw(0.05, 0.8, n)),
        "correlation": draw(-1.0, 1.0, n),
        "div_yields": (draw(-0.02, 0.1, n), draw(-0.02, 0.1, n)),
    }


# Haug, Option Pricing Formulas (1998), page 52: spots 22 and 20, yields 6 % and 4 %, volatilities
# 20 % and the three of the columns; correlations of -0.5, 0 and 0.5 down the rows.
@pytest.mark.parametrize(
    ("expiry", "values"),
    [
        (0.1, [[2.125, 2.199, 2.283], [2.045, 2.091, 2.152], [1.974, 1.989, 2.019]]),
        (0.5, [[2.762, 2.989, 3.228], [2.479, 2.650, 2.847], [2.138, 2.231, 2.374]]),
    ],
)
def test_published_values_are_met(expiry, values):
    terms = {"vols": (0.2, [0.15, 0.2, 0.25]), "correlation": [[-0.5], [0.0], [0.5]]}
    found = margrabe_price(22.0, 20.0, expiry, **terms, div_yields=(0.06, 0.04))
    np.testing.assert_allclose(found, values, rtol=0.0, atol=1e-3)


@pytest.mark.parametrize("row", benchop.rows("margrabe"))
def test_benchop_is_met(row):
    terms = benchop.taken(row, "spot", "other_spot", "expiry", "correlation")
    found = margrabe_price(**terms, vols=(row["vol"], row["vol"]))
    assert found == pytest.approx(row["value"], abs=row["tolerance"])


def quantlib_price(spot, other_spot, expiry, vols, correlation, div_yields):
    ends = zip((spot, other_spot), vols, div_yields, strict=True)
    processes = [quantlib.process(s, vol, 0.05, div_yield) for s, vol, div_yield in ends]
    option = ql.MargrabeOption(1, 1, ql.EuropeanExercise(quantlib.date(expiry)))
    option.setPricingEngine(ql.AnalyticEuropeanMargrabeEngine(*processes, float(correlation)))
    return option.NPV()


def test_quantlib_agrees():
    quantlib.today()
    book = contracts()
    pairs = {name: list(zip(*book[name], strict=True)) for name in ("vols", "div_yields")}
    rows = zip(*(book | pairs).values(), strict=True)
    expected = [quantlib_price(*row) for row in rows]
    np.testing.assert_allclose(margrabe_price(**book), expected, rtol=0.0, atol=1e-12)


def test_to_receive_less_to_give_is_the_difference_of_the_assets():
    book = contracts()
    spot, other, expiry, vols, correlation, yields = book.values()
    back = margrabe_price(
        other, spot, expiry, vols=vols[::-1], correlation=correlation, div_yields=yields[::-1]
    )
    first, second = spot * np.exp(-yields[0] * expiry), other * np.exp(-yields[1] * expiry)
    np.testing.assert_allclose(margrabe_price(**book) - back, first - second, rtol=0.0, atol=1e-12)


def test_an_asset_that_does_not_move_is_a_strike():
    found = margrabe_price(100.0, [80.0, 120.0], 1.0, vols=(0.3, 0.0), correlation=0.7)
    expected = black_scholes_price(100.0, [80.0, 120.0], 1.0, vol=0.3)
    np.testing.assert_allclose(found, expected, rtol=1e-14)


def test_correlation_of_one_leaves_the_difference_of_the_volatilities():
    for correlation, vol in ((1.0, 0.1), (-1.0, 0.5)):
        found = margrabe_price(100.0, 95.0, 1.0, vols=(0.3, 0.2), correlation=correlation)
        assert found == pytest.approx(black_scholes_price(100.0, 95.0, 1.0, vol=vol), rel=1e-14)
    certain = margrabe_price([90.0, 100.0], 95.0, 1.0, vols=(0.3, 0.3), correlation=1.0)
    np.testing.assert_array_equal(certain, [0.0, 5.0])


def test_less_correlation_is_worth_more():
    ladder = np.linspace(-1.0, 1.0, 201)[:, None]
    price = margrabe_price(**contracts(50) | {"correlation": ladder})
    assert np.all(np.diff(price, axis=0) <= 1e-13)


def test_kirk_without_a_strike_is_margrabe():
    book = contracts()
    spot, other, expiry, vols, correlation, _ = book.values()
    terms = {"vols": vols, "correlation": correlation}
    found = kirk_approximate_price(spot, other, expiry, strike=0.0, **terms)
    np.testing.assert_allclose(found, margrabe_price(spot, other, expiry, **terms), rtol=1e-13)


def test_kirk_is_exact_for_a_second_forward_that_does_not_move():
    terms = {"vols": (0.3, 0.0), "correlation": 0.4}
    found = kirk_approximate_price(100.0, 80.0, 1.0, strike=10.0, **terms)
    assert found == pytest.approx(black_scholes_price(100.0, 90.0, 1.0, vol=0.3), rel=1e-14)


@pytest.mark.parametrize("right", Right)
def test_quantlib_agrees_on_kirk(right):
    quantlib.today()
    processes = [
        ql.BlackProcess(
            quantlib.quote(forward),
            quantlib.curve(0.05),
            quantlib.process(forward, vol, 0.05, 0.05).blackVolatility(),
        )
        for forward, vol in ((122.0, 0.25), (110.0, 0.35))
    ]
    payoff = ql.SpreadBasketPayoff(ql.PlainVanillaPayoff(quantlib.right(right.name.lower()), 7.0))
    option = ql.BasketOption(payoff, ql.EuropeanExercise(quantlib.date(1.0)))
    option.setPricingEngine(ql.KirkEngine(*processes, 0.6))
    terms = {"strike": 7.0, "vols": (0.25, 0.35), "correlation": 0.6, "rate": 0.05}
    found = kirk_approximate_price(122.0, 110.0, 1.0, **terms, right=right)
    assert found == pytest.approx(option.NPV(), abs=1e-12)


@pytest.mark.parametrize("right", Right)
def test_kirk_keeps_parity(right):
    terms = {"strike": 7.0, "vols": (0.25, 0.35), "correlation": 0.6, "rate": 0.05}
    call, put = (kirk_approximate_price(122.0, 110.0, 1.0, **terms, right=side) for side in Right)
    assert call - put == pytest.approx((122.0 - 117.0) * np.exp(-0.05), abs=1e-12)


@pytest.mark.parametrize(
    ("moved", "rule"),
    [
        ({"correlation": 1.01}, "correlation must be from -1 to 1, got 1.01"),
        ({"other_spot": 0.0}, "other_spot must be positive and finite, got 0.0"),
        ({"vols": 0.2}, "vols must be a pair, got 0.2"),
        ({"vols": (0.2, -0.1)}, "second vol must be finite and not negative, got -0.1"),
    ],
)
def test_senseless_exchanges_are_refused(moved, rule):
    terms = {"spot": 1.0, "other_spot": 1.0, "expiry": 1.0, "vols": (0.2, 0.2), "correlation": 0.0}
    with pytest.raises(ValueError, match=rule):
        margrabe_price(**terms | moved)


def test_a_strike_below_what_is_given_is_refused():
    terms = {"strike": -9.0, "vols": (0.2, 0.2), "correlation": 0.0}
    with pytest.raises(ValueError, match="other_forward and strike must be positive"):
        kirk_approximate_price(10.0, 8.0, 1.0, **terms)
