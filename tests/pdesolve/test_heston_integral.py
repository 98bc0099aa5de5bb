"""Heston prices and Greeks against published values, QuantLib, high precision and limits."""

import dataclasses

import mpmath
import numpy as np
import pytest
import QuantLib as ql

from pdesolve import Right, black_scholes
from pdesolve.formulas.heston_integral import SquareRootVariance, heston
from pdesolve.formulas.transform import ModelGreeks
from tests.pdesolve import benchop, quantlib

EPS = np.finfo(float).eps
NAMES = [field.name for field in dataclasses.fields(ModelGreeks)]
FIELDS = [field.name for field in dataclasses.fields(SquareRootVariance)]

# Alan Lewis, wilmott.com (also QuantLib, test-suite/hestonmodel.cpp, reference prices): spot 100,
# a year, rate 1 %, yield 2 %, variance 0.04, speed 4, level 0.25, vol-of-vol 1, correlation -0.5.
LEWIS = [
    ("put", 80.0, 7.958878113256768),
    ("call", 80.0, 26.774758743998854),
    ("put", 90.0, 12.017966707346304),
    ("call", 90.0, 20.933349000596710),
    ("put", 100.0, 17.055270961270109),
    ("call", 100.0, 16.070154917028834),
    ("put", 110.0, 23.017825898442800),
    ("call", 110.0, 12.132211516709845),
    ("put", 120.0, 29.811026202682471),
    ("call", 120.0, 9.024913483457836),
]


def contracts(n=100, seed=0):
    draw = np.random.default_rng(seed).uniform
    return {
        "spot": draw(70.0, 140.0, n),
        "strike": np.full(n, 100.0),
        "expiry": np.ceil(365.0 * draw(0.1, 3.0, n)) / 365.0,
        "rate": draw(-0.02, 0.1, n),
        "div_yield": draw(-0.02, 0.1, n),
    }


def variances(n=100, seed=1):
    """Variances of which most break Feller's condition."""
    draw = np.random.default_rng(seed).uniform
    return SquareRootVariance(
        initial=draw(0.01, 0.3, n),
        speed=draw(0.1, 5.0, n),
        level=draw(0.01, 0.2, n),
        vol_of_vol=draw(0.1, 1.5, n),
        correlation=draw(-0.95, 0.8, n),
    )


@pytest.mark.parametrize("row", benchop.rows("heston"))
def test_benchop_is_met(row):
    terms = benchop.taken(row, "spot", "strike", "expiry", "rate", "right")
    variance = SquareRootVariance(**benchop.taken(row, *FIELDS))
    found = heston(**terms, variance=variance).price
    assert found == pytest.approx(row["value"], abs=row["tolerance"])


@pytest.mark.parametrize(("right", "strike", "value"), LEWIS)
def test_published_high_precision_is_met(right, strike, value):
    variance = SquareRootVariance(0.04, 4.0, 0.25, vol_of_vol=1.0, correlation=-0.5)
    terms = {"variance": variance, "rate": 0.01, "div_yield": 0.02, "right": right}
    found = heston(100.0, strike, 1.0, **terms).price
    assert found == pytest.approx(value, abs=500.0 * EPS * 100.0)


def quantlib_price(variance, right, spot, strike, expiry, rate, div_yield):
    process = ql.HestonProcess(
        quantlib.curve(rate), quantlib.curve(div_yield), quantlib.quote(spot), *variance
    )
    payoff = ql.PlainVanillaPayoff(quantlib.right(right), float(strike))
    option = ql.VanillaOption(payoff, ql.EuropeanExercise(quantlib.date(expiry)))
    engine = ql.AnalyticHestonEngine(ql.HestonModel(process), 1e-12, 100_000)
    option.setPricingEngine(engine)
    return option.NPV()


@pytest.mark.parametrize("right", ["call", "put"])
def test_quantlib_agrees(right):
    quantlib.today()
    book, variance = contracts(60), variances(60)
    each = zip(*(getattr(variance, name).tolist() for name in FIELDS), strict=True)
    rows = zip(each, *book.values(), strict=True)
    expected = [quantlib_price(row[0], right, *row[1:]) for row in rows]
    found = heston(**book, variance=variance, right=right).price
    np.testing.assert_allclose(found, expected, rtol=0.0, atol=1e-10)  # its quadrature's tolerance


def straight_integral(x, expiry, initial, speed, level, vol_of_vol, correlation):
    """Integrate Heston's moments along Re p = 1/2 to 25 digits; value of F=exp(x), K=1."""
    with mpmath.workdps(30):

        def log_moment(p):
            pull = speed - correlation * vol_of_vol * p
            root = mpmath.sqrt(pull**2 - vol_of_vol**2 * p * (p - 1))
            g, fade = (pull - root) / (pull + root), mpmath.exp(-root * expiry)
            drift = (pull - root) * expiry - 2 * mpmath.log((1 - g * fade) / (1 - g))
            start = (pull - root) * (1 - fade) / (1 - g * fade)
            return (speed * level * drift + initial * start) / mpmath.mpf(vol_of_vol) ** 2

        def integrand(u):
            p = mpmath.mpc(0.5, u)
            return (mpmath.exp(p * x + log_moment(p)) / (p * (1 - p))).real

        ends = [0, 2, 5, 10, 20, 40, 80, 160, 320, 640, 1280, 2560, 5000]
        return float(mpmath.exp(x) - mpmath.quad(integrand, ends) / mpmath.pi)


@pytest.mark.parametrize(
    "variance",
    [
        (0.04, 0.5, 0.02, 0.9, -0.9),
        (0.01, 0.3, 0.01, 1.5, 0.6),
        (0.09, 3.0, 0.09, 0.2, 0.0),
    ],
)
@pytest.mark.parametrize("x", [-0.4, 0.0, 0.3])
def test_prices_are_the_integral_along_a_straight_line(x, variance):
    found = heston(np.exp(x), 1.0, 1.5, variance=SquareRootVariance(*variance)).price
    assert found == pytest.approx(straight_integral(x, 1.5, *variance), abs=1e-13)


@pytest.mark.parametrize("right", Right)
def test_greeks_are_the_slopes_of_the_price(right):
    terms, variance = contracts(20) | {"right": right}, variances(20)
    found = heston(**terms, variance=variance)
    moves = {"delta": "spot", "theta": "expiry", "rho": "rate", "dividend_rho": "div_yield"}
    for greek, moved in moves.items():
        step = 1e-2 if moved == "spot" else 1e-5
        up, down = (
            heston(**terms | {moved: terms[moved] + move}, variance=variance).price
            for move in (step, -step)
        )
        slope = (up - down) / (2.0 * step) * (-1.0 if greek == "theta" else 1.0)
        # Step squared times a third derivative, and rounding of the price over the step.
        np.testing.assert_allclose(getattr(found, greek), slope, rtol=1e-5, atol=1e-5)
    up, down = (
        heston(**terms | {"spot": terms["spot"] + h}, variance=variance) for h in (1e-2, -1e-2)
    )
    np.testing.assert_allclose(found.gamma, (up.delta - down.delta) / 2e-2, rtol=1e-5, atol=1e-7)


def test_vega_is_the_slope_in_the_volatility_of_today():
    book, variance = contracts(20), variances(20)
    vol, step = np.sqrt(variance.initial), 1e-5
    up, down = (
        heston(**book, variance=dataclasses.replace(variance, initial=(vol + move) ** 2)).price
        for move in (step, -step)
    )
    found = heston(**book, variance=variance).vega
    np.testing.assert_allclose(found, (up - down) / (2.0 * step), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("right", Right)
def test_a_variance_that_does_not_move_is_black_scholes(right):
    book = contracts()
    variance = SquareRootVariance(0.09, 2.0, 0.09, vol_of_vol=0.0, correlation=-0.5)
    found = heston(**book, variance=variance, right=right)
    expected = black_scholes(**book, vol=0.3, right=right)
    for name in ("price", "delta", "gamma", "theta", "rho", "dividend_rho"):
        scale = np.max(abs(getattr(expected, name)))
        limit = {"rtol": 1e-11, "atol": 1e-13 * scale}
        np.testing.assert_allclose(getattr(found, name), getattr(expected, name), **limit)


def test_the_limit_is_reached_in_proportion_to_the_vol_of_vol():
    variance = SquareRootVariance(0.04, 1.0, 0.09, [[0.0], [1e-6], [1e-4], [1e-2]], -0.5)
    price = heston([80.0, 100.0, 130.0], 100.0, 1.0, variance=variance).price
    gaps = (price[1:] - price[0]) / np.array([[1e-6], [1e-4], [1e-2]])
    np.testing.assert_allclose(gaps[0], gaps[1], rtol=1e-3)
    np.testing.assert_allclose(gaps[2], gaps[1], rtol=0.1)


def test_a_deterministic_variance_counts_by_its_mean():
    initial, speed, level, expiry = 0.04, 1.5, 0.16, 2.0
    mean = level + (initial - level) * -np.expm1(-speed * expiry) / (speed * expiry)
    variance = SquareRootVariance(initial, speed, level, vol_of_vol=0.0, correlation=0.0)
    expected = black_scholes(100.0, 110.0, expiry, vol=np.sqrt(mean)).price
    assert heston(100.0, 110.0, expiry, variance=variance).price == pytest.approx(expected)


@pytest.mark.parametrize("correlation", [-1.0, 1.0])
def test_perfect_correlation_is_the_limit_of_high_correlation(correlation):
    terms = {"initial": 0.09, "speed": 1.0, "level": 0.09, "vol_of_vol": 0.5}
    near, there = (
        heston(
            [80.0, 100.0, 120.0], 100.0, 1.0, variance=SquareRootVariance(**terms, correlation=c)
        )
        for c in (correlation * (1.0 - 1e-7), correlation)
    )
    np.testing.assert_allclose(near.price, there.price, rtol=0.0, atol=1e-5)


def test_spot_that_cannot_reach_the_strike_is_worth_nothing():
    # At correlation -1 log spot is at most (v + kappa theta T) / eta, here 0.26.
    variance = SquareRootVariance(0.04, 1.0, 0.09, vol_of_vol=0.5, correlation=-1.0)
    found = heston(100.0, [120.0, 140.0], 1.0, variance=variance).price
    assert found[0] > 0.0
    assert found[1] == 0.0


def test_call_less_put_is_forward_less_strike():
    book, variance = contracts(), variances()
    call, put = (heston(**book, variance=variance, right=right).price for right in Right)
    forward = book["spot"] * np.exp(-book["div_yield"] * book["expiry"])
    strike = 100.0 * np.exp(-book["rate"] * book["expiry"])
    np.testing.assert_allclose(call - put, forward - strike, rtol=0.0, atol=1e-12)


@pytest.mark.parametrize("seed", [2, 3])
def test_hard_variances_settle_and_keep_their_bounds(seed):
    n, draw = 150, np.random.default_rng(seed).uniform
    variance = SquareRootVariance(
        initial=10.0 ** draw(-4, 0, n),
        speed=10.0 ** draw(-2, 1, n),
        level=10.0 ** draw(-4, 0, n),
        vol_of_vol=10.0 ** draw(-4, 1, n),
        correlation=draw(-1.0, 1.0, n),
    )
    spot, expiry = 100.0 * np.exp(draw(-2.0, 2.0, n)), 10.0 ** draw(-3.0, 1.3, n)
    found = heston(spot, 100.0, expiry, variance=variance)
    assert np.all(found.price >= np.maximum(spot - 100.0, 0.0))
    assert np.all(found.price <= spot)
    assert np.all((found.delta >= 0.0) & (found.delta <= 1.0 + 4.0 * EPS))
    assert np.all(found.gamma >= 0.0)


def test_at_expiry_and_without_variance_it_is_exercise():
    moving = SquareRootVariance(0.04, 1.0, 0.04, vol_of_vol=0.3, correlation=-0.5)
    still = SquareRootVariance(0.0, 1.0, 0.0, vol_of_vol=0.3, correlation=-0.5)
    spots = [90.0, 120.0]
    np.testing.assert_array_equal(heston(spots, 100.0, 0.0, variance=moving).price, [0.0, 20.0])
    np.testing.assert_array_equal(heston(spots, 100.0, 1.0, variance=still).delta, [0.0, 1.0])


@pytest.mark.parametrize(
    ("moved", "rule"),
    [
        ({"correlation": -1.1}, "correlation must be from -1 to 1, got -1.1"),
        ({"initial": -0.01}, "initial must be finite and not negative, got -0.01"),
        ({"vol_of_vol": [0.1, -0.2]}, "vol_of_vol must be .* got -0.2 at index 1"),
        ({"speed": np.nan}, "speed must be finite and not negative, got nan"),
    ],
)
def test_senseless_variances_are_refused(moved, rule):
    terms = {"initial": 0.04, "speed": 1.0, "level": 0.04, "vol_of_vol": 0.3, "correlation": 0.0}
    with pytest.raises(ValueError, match=rule):
        SquareRootVariance(**terms | moved)
