"""The closed form against published values, QuantLib, high precision, identities and its limits.

`validation/closed_form_greeks.py` derives all ten numbers and compares them to 60 digits.
"""

import csv
import dataclasses
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import mpmath
import numpy as np
import pytest
import QuantLib as ql

from pdesolve import Greeks, Right, black_76, black_scholes, black_scholes_price
from pdesolve.kernels import closed_form as kernels

ROOT = Path(__file__).parents[2]
REFERENCE = ROOT / "tests" / "reference"
NAMES = [field.name for field in dataclasses.fields(Greeks)]
EPS = np.finfo(float).eps
TODAY = ql.Date(20, 11, 2026)


def rows(name):
    with open(REFERENCE / name, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def contracts(n=500, seed=0):
    """Contracts of all kinds, most within three standard deviations of the strike."""
    draw = np.random.default_rng(seed).uniform
    vol, expiry = draw(0.05, 1.5, n), np.ceil(365.0 * draw(0.0, 3.0, n)) / 365.0
    return {
        "spot": 100.0 * np.exp(draw(-3.0, 3.0, n) * vol * np.sqrt(expiry)),
        "strike": np.full(n, 100.0),
        "expiry": expiry,
        "vol": vol,
        "rate": draw(-0.02, 0.15, n),
        "div_yield": draw(-0.02, 0.15, n),
    }


def present_values(spot, strike, expiry, rate, div_yield, **_):
    return spot * np.exp(-div_yield * expiry), strike * np.exp(-rate * expiry)


@pytest.mark.parametrize("row", rows("black_scholes.csv"))
def test_published_values_are_met(row):
    arguments = {name: float(row[name]) for name in contracts()}
    found = black_scholes(**arguments, right=row["right"])
    expected = pytest.approx(float(row["value"]), abs=float(row["tolerance"]))
    assert getattr(found, row["quantity"]) == expected


def deribit_greeks(vol):
    # BTC-27SEP24-40000-C as printed by the venue, in its units: coin, per point, per day.
    life = datetime(2024, 9, 27, 8, tzinfo=UTC) - datetime(2023, 11, 10, 5, 18, 31, tzinfo=UTC)
    spot, years = 39165.86, life.total_seconds() / (365.0 * 86400.0)
    call = black_scholes(spot, 40000.0, years, vol=vol)
    return {
        "price": call.price / spot,
        "delta": call.delta,
        "gamma": call.gamma,
        "vega": call.vega / 100.0,
        "theta": call.theta / 365.0,
        "rho": call.rho / 100.0,
    }


@pytest.mark.parametrize("row", rows("deribit_ticker.csv"), ids=lambda row: row["quantity"])
def test_a_venue_is_met_to_its_digits(row):
    # The venue prints a volatility of 60.86 points, so it lies within 0.005 points of that.
    ends = [deribit_greeks(vol)[row["quantity"]] for vol in (0.60855, 0.60865)]
    value, tolerance = float(row["value"]), float(row["tolerance"])
    assert min(ends) - tolerance <= value <= max(ends) + tolerance


def quantlib_option(right, spot, strike, expiry, vol, rate, div_yield):
    days, year = ql.Period(round(365.0 * expiry), ql.Days), ql.Actual365Fixed()
    process = ql.BlackScholesMertonProcess(
        ql.QuoteHandle(ql.SimpleQuote(spot)),
        ql.YieldTermStructureHandle(ql.FlatForward(TODAY, div_yield, year)),
        ql.YieldTermStructureHandle(ql.FlatForward(TODAY, rate, year)),
        ql.BlackVolTermStructureHandle(
            ql.BlackConstantVol(TODAY, ql.NullCalendar(), vol, year),
        ),
    )
    payoff = ql.PlainVanillaPayoff(right, strike)
    option = ql.VanillaOption(payoff, ql.EuropeanExercise(TODAY + days))
    option.setPricingEngine(ql.AnalyticEuropeanEngine(process))
    return option


@pytest.fixture(scope="module", params=["call", "put"])
def quantlib(request):
    ql.Settings.instance().evaluationDate = TODAY
    right = ql.Option.Call if request.param == "call" else ql.Option.Put
    columns = zip(*contracts(200).values(), strict=True)
    return request.param, [quantlib_option(right, *map(float, column)) for column in columns]


@pytest.mark.parametrize(
    ("greek", "method"),
    [
        ("price", "NPV"),
        ("delta", "delta"),
        ("gamma", "gamma"),
        ("theta", "theta"),
        ("vega", "vega"),
        ("rho", "rho"),
        ("dividend_rho", "dividendRho"),
    ],
)
def test_quantlib_agrees(quantlib, greek, method):
    right, options = quantlib
    expected = [getattr(option, method)() for option in options]
    found = getattr(black_scholes(**contracts(200), right=right), greek)
    # QuantLib sums terms of the size of spot and strike, but for gamma, each right to a few eps.
    terms = 0.0 if greek == "gamma" else contracts(200)["spot"] + 100.0
    allowed = 500.0 * EPS * (np.abs(expected) + terms)
    np.testing.assert_array_less(np.abs(found - expected), allowed + 1e-300)


def test_call_less_put_is_forward_less_strike():
    book = contracts()
    call, put = (black_scholes_price(**book, right=right) for right in Right)
    spot_value, strike_value = present_values(**book)
    error = np.abs(call - put - (spot_value - strike_value))
    np.testing.assert_array_less(error, 8.0 * EPS * (spot_value + strike_value))


def test_a_call_is_the_put_with_spot_and_strike_exchanged():
    book = contracts()
    mirrored = {"spot": "strike", "strike": "spot", "rate": "div_yield", "div_yield": "rate"}
    exchanged = {name: book[mirrored.get(name, name)] for name in book}
    call = black_scholes_price(**book, right="call")
    put = black_scholes_price(**exchanged, right="put")
    np.testing.assert_allclose(call, put, rtol=1e-13)


@pytest.mark.parametrize("right", Right)
def test_prices_keep_their_bounds(right):
    book = contracts()
    price = black_scholes_price(**book, right=right)
    spot_value, strike_value = present_values(**book)
    lower = np.maximum(right * (spot_value - strike_value), 0.0)
    upper = spot_value if right is Right.CALL else strike_value
    assert np.all(price >= lower - 4.0 * EPS * upper)
    assert np.all(price < upper)


@pytest.mark.parametrize("right", Right)
def test_prices_move_as_they_must(right):
    greeks = black_scholes(**contracts(), right=right)
    assert np.all(greeks.gamma >= 0.0)
    assert np.all(greeks.vega >= 0.0)
    assert np.all(right * greeks.delta >= 0.0)
    assert np.all(right * greeks.rho >= 0.0)
    assert np.all(right * greeks.dividend_rho <= 0.0)


@pytest.mark.parametrize("right", Right)
def test_a_price_rises_with_volatility(right):
    book = contracts(50) | {"vol": np.linspace(0.0, 5.0, 2001)[:, None]}
    price = black_scholes_price(**book, right=right)
    assert np.all(np.diff(price, axis=0) >= -4.0 * EPS * price[1:])


@pytest.mark.parametrize("right", Right)
def test_a_price_scales_with_spot_and_strike(right):
    book = contracts()
    large = book | {"spot": 1024.0 * book["spot"], "strike": 1024.0 * book["strike"]}
    found = black_scholes_price(**large, right=right)
    np.testing.assert_array_equal(found, 1024.0 * black_scholes_price(**book, right=right))


def exact_price(spot, strike, total_vol, sign):
    d1 = mpmath.log(spot / strike) / total_vol + total_vol / 2
    d2 = d1 - total_vol
    return sign * (spot * mpmath.ncdf(sign * d1) - strike * mpmath.ncdf(sign * d2))


@pytest.mark.kernels
@pytest.mark.parametrize("right", Right)
@pytest.mark.parametrize("vol", [1e-6, 1e-3, 0.03, 0.1, 0.3, 1.0, 4.0])
def test_prices_far_in_the_tails_are_right_in_their_own_digits(right, vol):
    deviations = np.array([0.0, 1e-3, 0.1, 1.0, 3.0, 4.4, 4.6, 8.0, 15.0, 25.0, 35.0])
    for spot, far in zip(100.0 * np.exp(-right * vol * deviations), deviations, strict=True):
        with mpmath.workdps(60):
            expected = exact_price(*map(mpmath.mpf, (float(spot), 100.0, vol)), int(right))
        found = black_scholes_price(spot, 100.0, 1.0, vol=vol, right=right)
        # The argument of the density has a rounding error, which its square multiplies.
        assert found == pytest.approx(float(expected), rel=8.0 * EPS * (2.0 + far**2))


@pytest.mark.kernels
@pytest.mark.parametrize("h", [0.0, 0.5, 2.0, 4.5, 6.0, 30.0])
def test_both_forms_of_the_time_value_meet_where_they_change(h):
    s = kernels.NARROW * max(h, 1.0)
    narrow, wide = (kernels.time_value_share(h, s * (1.0 + side)) for side in (-1e-12, 1e-12))
    slope = abs(h) + 10.0  # at most, of the logarithm of the share against that of s
    assert wide == pytest.approx(narrow, rel=2e-12 * slope + 100.0 * EPS)


@pytest.mark.kernels
def test_both_sums_of_the_time_value_meet_where_they_change():
    h, s = kernels.FAR_MONEYNESS, np.geomspace(1e-9, 0.5, 50)
    near, far = (np.array([gap(h, x) for x in s]) for gap in (kernels.near_gap, kernels.far_gap))
    np.testing.assert_allclose(near, far, rtol=2.0 * h**2 * EPS)


def test_black_76_is_black_scholes_on_what_the_forward_costs():
    book = contracts()
    spot, expiry, carry = book["spot"], book["expiry"], book["rate"] - book.pop("div_yield")
    forward = book.pop("spot") * np.exp(carry * expiry)
    on_spot = black_scholes(spot, div_yield=book["rate"] - carry, **book)
    on_forward = black_76(forward, **book)
    growth = np.exp(carry * expiry)
    np.testing.assert_allclose(on_forward.price, on_spot.price, rtol=1e-12)
    np.testing.assert_allclose(on_forward.delta * growth, on_spot.delta, rtol=1e-12)
    np.testing.assert_allclose(on_forward.gamma * growth**2, on_spot.gamma, rtol=1e-12)
    np.testing.assert_allclose(on_forward.vega, on_spot.vega, rtol=1e-12)


@pytest.mark.parametrize(
    ("greek", "moved"),
    [("rho", "rate"), ("theta", "expiry"), ("vega", "vol"), ("delta", "forward")],
)
def test_black_76_derivatives_hold_the_rest_fixed(greek, moved):
    terms = {"forward": 105.0, "strike": 100.0, "expiry": 0.7, "vol": 0.3, "rate": 0.04}
    step = 1e-4 * terms[moved]
    up, down = (black_76(**terms | {moved: terms[moved] + move}).price for move in (step, -step))
    slope = (up - down) / (2.0 * step) * (-1.0 if moved == "expiry" else 1.0)
    # Error of the central difference: step squared, times a third derivative below 1e4.
    assert getattr(black_76(**terms), greek) == pytest.approx(slope, rel=1e-6)


def test_black_76_knows_no_dividends():
    assert black_76(100.0, 100.0, 1.0, vol=0.2, rate=0.05).dividend_rho == 0.0


PRINT_BITS = """
import numpy as np, pdesolve
draw = np.random.default_rng(1).normal
greeks = pdesolve.black_scholes(
    100.0 * np.exp(draw(0.0, 1.0, 300)), 100.0, np.exp(draw(-2.0, 2.0, 300)),
    vol=np.exp(draw(-2.0, 1.0, 300)).clip(0.0, 5.0), rate=draw(0.0, 0.1, 300),
    right=np.resize(["call", "put"], 300),
)
print(*(getattr(greeks, name).tobytes().hex() for name in greeks.__slots__))
"""


def test_compiled_and_interpreted_numbers_are_the_same_to_the_last_bit():
    command = [sys.executable, "-c", PRINT_BITS]
    compiled, interpreted = (
        subprocess.run(
            command,
            cwd=ROOT,
            env=os.environ | {"NUMBA_DISABLE_JIT": disabled},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for disabled in ("0", "1")
    )
    assert compiled == interpreted
