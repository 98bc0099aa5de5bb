"""Options under jumps against published values, each other, quadrature, QuantLib and limits."""

import dataclasses

import mpmath
import numpy as np
import pytest
import QuantLib as ql

from pdesolve import Right, black_scholes
from pdesolve.formulas.jumps import ExponentialJumps, NormalJumps, kou, merton, merton_price
from pdesolve.formulas.transform import ModelGreeks
from tests.pdesolve import benchop, quantlib

EPS = np.finfo(float).eps
NAMES = [field.name for field in dataclasses.fields(ModelGreeks)]
NORMAL = NormalJumps(intensity=0.4, log_mean=-0.5, log_sd=0.4)
EXPONENTIAL = ExponentialJumps(intensity=1.0, up_share=0.4, up_rate=10.0, down_rate=5.0)
MODELS = [pytest.param(merton, NORMAL, id="merton"), pytest.param(kou, EXPONENTIAL, id="kou")]


def contracts(n=100, seed=0):
    draw = np.random.default_rng(seed).uniform
    return {
        "spot": draw(60.0, 160.0, n),
        "strike": np.full(n, 100.0),
        "expiry": np.ceil(365.0 * draw(0.02, 3.0, n)) / 365.0,
        "vol": draw(0.08, 0.6, n),
        "rate": draw(-0.02, 0.1, n),
        "div_yield": draw(-0.02, 0.1, n),
    }


def normal_jumps(n=100, seed=1):
    draw = np.random.default_rng(seed).uniform
    return NormalJumps(draw(0.0, 5.0, n), draw(-0.5, 0.3, n), draw(0.0, 0.5, n))


@pytest.mark.parametrize("price", [merton_price, lambda *a, **k: merton(*a, **k).price])
@pytest.mark.parametrize("row", benchop.rows("merton"))
def test_benchop_is_met(row, price):
    terms = benchop.taken(row, "spot", "strike", "expiry", "vol", "rate", "right")
    jumps = NormalJumps(**benchop.taken(row, "intensity", "log_mean", "log_sd"))
    assert price(**terms, jumps=jumps) == pytest.approx(row["value"], abs=row["tolerance"])


def test_kou_meets_his_own_number():
    # Kou, Management Science 48 (2002), page 1095, footnote 9.
    found = kou(100.0, 98.0, 0.5, jumps=EXPONENTIAL, vol=0.16, rate=0.05).price
    assert found == pytest.approx(9.14732, abs=5e-6)


@pytest.mark.parametrize("right", Right)
def test_series_and_transform_are_the_same_price(right):
    book, jumps = contracts(), normal_jumps()
    series = merton_price(**book, jumps=jumps, right=right)
    transformed = merton(**book, jumps=jumps, right=right).price
    np.testing.assert_allclose(transformed, series, rtol=1e-11, atol=1e-12)


def test_far_in_a_wing_series_and_transform_agree_in_their_own_digits():
    terms = {"jumps": NormalJumps(0.1, -0.05, 0.03), "vol": 0.1}
    strikes = 100.0 * np.exp(np.linspace(0.3, 1.2, 10))
    series = merton_price(100.0, strikes, 0.5, **terms)
    assert series[-1] < 1e-40
    # The argument of the density, up to 17 deviations, has a rounding error.
    np.testing.assert_allclose(merton(100.0, strikes, 0.5, **terms).price, series, rtol=1e-11)


def quantlib_price(jumps, spot, strike, expiry, vol, rate, div_yield):
    """Return a Bates price whose variance does not move."""
    process = ql.BatesProcess(
        quantlib.curve(rate),
        quantlib.curve(div_yield),
        quantlib.quote(spot),
        float(vol) ** 2,
        1.0,
        float(vol) ** 2,
        1e-5,
        0.0,
        *map(float, jumps),
    )
    payoff = ql.PlainVanillaPayoff(ql.Option.Call, float(strike))
    option = ql.VanillaOption(payoff, ql.EuropeanExercise(quantlib.date(expiry)))
    option.setPricingEngine(ql.BatesEngine(ql.BatesModel(process), 192))
    return option.NPV()


def test_quantlib_agrees():
    quantlib.today()
    book, jumps = contracts(40), normal_jumps(40)
    each = zip(jumps.intensity, jumps.log_mean, jumps.log_sd, strict=True)
    rows = zip(each, *book.values(), strict=True)
    expected = [quantlib_price(*row) for row in rows]
    # The variance moves a little: the square of its volatility, 1e-10, times a derivative.
    np.testing.assert_allclose(merton_price(**book, jumps=jumps), expected, rtol=0.0, atol=1e-8)


def kou_integral(spot, strike, expiry, vol):
    """Integrate the moments of `EXPONENTIAL` along a straight line, to 20 digits (Lewis)."""
    with mpmath.workdps(25):
        up, down, share, x = 10, 5, mpmath.mpf(4) / 10, mpmath.log(mpmath.mpf(spot) / strike)

        def jump(p):
            return share * up / (up - p) + (1 - share) * down / (down + p)

        def integrand(u):
            p = mpmath.mpc(0.5, u)
            exponent = mpmath.mpf(vol) ** 2 / 2 * p * (p - 1) + jump(p) - 1 - p * (jump(1) - 1)
            return (mpmath.exp(p * x + expiry * exponent) / (p * (1 - p))).real

        ends = [0, 5, 20, 60, 200]
        return float(spot - strike / mpmath.pi * mpmath.quad(integrand, ends))


@pytest.mark.parametrize("strike", [60.0, 100.0, 150.0])
def test_kou_is_the_integral_along_a_straight_line(strike):
    found = kou(100.0, strike, 0.5, jumps=EXPONENTIAL, vol=0.2).price
    # Beyond 200 the integrand is below exp(-0.5 * 0.2**2 * 0.5 * 200**2) = exp(-400).
    assert found == pytest.approx(kou_integral(100.0, strike, 0.5, 0.2), abs=1e-12)


@pytest.mark.parametrize(("model", "jumps"), MODELS)
@pytest.mark.parametrize("right", Right)
def test_greeks_are_the_slopes_of_the_price(model, jumps, right):
    terms = contracts(20) | {"jumps": jumps, "right": right}
    found = model(**terms)
    moves = {"delta": "spot", "theta": "expiry", "vega": "vol", "rho": "rate"}
    for greek, moved in (moves | {"dividend_rho": "div_yield"}).items():
        step = 1e-4 * (1.0 + terms[moved] if moved == "spot" else 0.1)
        up, down = (model(**terms | {moved: terms[moved] + move}) for move in (step, -step))
        slope = (up.price - down.price) / (2.0 * step) * (-1.0 if greek == "theta" else 1.0)
        # Step squared times a third derivative: 1e-10 of the order of 1e4.
        np.testing.assert_allclose(getattr(found, greek), slope, rtol=1e-5, atol=1e-4)
    up, down = (model(**terms | {"spot": terms["spot"] + move}) for move in (1e-3, -1e-3))
    np.testing.assert_allclose(found.gamma, (up.delta - down.delta) / 2e-3, rtol=1e-5, atol=1e-9)


@pytest.mark.parametrize(("model", "jumps"), MODELS)
def test_call_less_put_is_forward_less_strike(model, jumps):
    book = contracts()
    call, put = (model(**book, jumps=jumps, right=right).price for right in Right)
    forward = book["spot"] * np.exp(-book["div_yield"] * book["expiry"])
    strike = 100.0 * np.exp(-book["rate"] * book["expiry"])
    np.testing.assert_allclose(call - put, forward - strike, rtol=0.0, atol=1e-12)


@pytest.mark.parametrize(
    ("model", "jumps"),
    [
        (merton, NormalJumps(0.0, -0.5, 0.4)),
        (merton, NormalJumps(3.0, 0.0, 0.0)),
        (kou, ExponentialJumps(0.0, 0.4, 10.0, 5.0)),
    ],
)
@pytest.mark.parametrize("right", Right)
def test_without_jumps_it_is_black_scholes(model, jumps, right):
    book = contracts()
    found, expected = model(**book, jumps=jumps, right=right), black_scholes(**book, right=right)
    for name in NAMES:
        scale = np.max(abs(getattr(expected, name)))
        limit = {"rtol": 1e-11, "atol": 1e-13 * scale}
        np.testing.assert_allclose(getattr(found, name), getattr(expected, name), **limit)


def test_jumps_that_become_rare_lead_to_black_scholes():
    book = contracts()
    plain = black_scholes(**book).price
    gaps = [
        np.max(abs(merton_price(**book, jumps=NormalJumps(intensity, -0.5, 0.4)) - plain))
        for intensity in (1e-2, 1e-3, 1e-4)
    ]
    np.testing.assert_allclose(np.divide(gaps[1:], gaps[:-1]), 0.1, rtol=0.05)


@pytest.mark.parametrize(("model", "jumps"), MODELS)
def test_jumps_raise_a_price(model, jumps):
    book = contracts()
    assert np.all(model(**book, jumps=jumps).price > black_scholes(**book).price)


@pytest.mark.parametrize("price", [merton_price, lambda *a, **k: merton(*a, **k).price])
def test_at_expiry_it_is_exercise(price):
    found = price([90.0, 100.0, 120.0], 100.0, 0.0, jumps=NORMAL, vol=0.2)
    np.testing.assert_array_equal(found, [0.0, 0.0, 20.0])


def test_on_the_kink_there_is_a_price_and_no_greek():
    price, *greeks = dataclasses.astuple(merton(100.0, 100.0, 0.0, jumps=NORMAL, vol=0.2))
    assert price == 0.0
    assert np.all(np.isnan(greeks))


def test_many_jumps_are_a_diffusion():
    jumps = NormalJumps(9000.0, 0.0, 2e-3)
    found = merton_price(100.0, 110.0, 1.0, jumps=jumps, vol=0.1)
    vol = np.sqrt(0.1**2 + 9000.0 * 2e-3**2)
    # The fourth cumulant, 3 * 9000 * 0.002**4, moves the price by less than its vega times 1e-5.
    assert found == pytest.approx(black_scholes(100.0, 110.0, 1.0, vol=vol).price, abs=1e-3)


def test_arrays_keep_their_shape():
    found = kou(np.full((2, 1), 90.0), [80.0, 90.0, 95.0], 1.0, jumps=EXPONENTIAL, vol=0.2)
    assert found.price.shape == found.gamma.shape == (2, 3)
    assert isinstance(kou(90.0, 80.0, 1.0, jumps=EXPONENTIAL, vol=0.2).price, float)


@pytest.mark.parametrize(
    ("make", "rule"),
    [
        (lambda: NormalJumps(-1.0, 0.0, 0.1), "intensity must be finite and not negative"),
        (lambda: NormalJumps(1.0, 0.0, -0.1), "log_sd must be finite and not negative"),
        (lambda: ExponentialJumps(1.0, 1.2, 10.0, 5.0), "up_share must be from 0 to 1, got 1.2"),
        (lambda: ExponentialJumps(1.0, 0.5, 1.0, 5.0), "up_rate must be finite and above 1, got 1"),
        (lambda: ExponentialJumps(1.0, 0.5, 2.0, 0.0), "down_rate must be positive and finite"),
    ],
)
def test_senseless_jumps_are_refused(make, rule):
    with pytest.raises(ValueError, match=rule):
        make()


def test_more_jumps_than_a_series_can_hold_are_refused():
    with pytest.raises(ValueError, match="intensity times expiry must be at most 10000"):
        merton_price(100.0, 100.0, 1.0, jumps=NormalJumps(20_000.0, 0.0, 0.1), vol=0.2)


def test_jumps_without_a_diffusion_are_refused_by_the_transform():
    with pytest.raises(ValueError, match="price integral did not settle"):
        merton(100.0, 101.0, 1.0, jumps=NORMAL, vol=0.0)
