"""Barrier options against published values, QuantLib, parity, order in the barrier and limits."""

import math

import mpmath
import numpy as np
import pytest
import QuantLib as ql

from pdesolve import Right, black_scholes_price
from pdesolve.formulas.barriers import BarrierTerms, barrier_price
from pdesolve.formulas.digitals import no_touch_price, one_touch_price
from tests.pdesolve import benchop, quantlib
from tests.pdesolve.barrier_contracts import contracts, levels

KINDS = {
    "up_out": ql.Barrier.UpOut,
    "up_in": ql.Barrier.UpIn,
    "down_out": ql.Barrier.DownOut,
    "down_in": ql.Barrier.DownIn,
}

# Haug, Option Pricing Formulas (1998), page 72: spot 100, rebate 3, half a year, rate 8 %, cost of
# carry 4 %; strikes 90, 100, 110 at a volatility of 25 %, then of 30 %.
HAUG = [
    ("down_out", 95, "call", (9.0246, 6.7924, 4.8759), (8.8334, 7.0285, 5.4137)),
    ("down_out", 100, "call", (3.0, 3.0, 3.0), (3.0, 3.0, 3.0)),
    ("up_out", 105, "call", (2.6789, 2.3580, 2.3453), (2.6341, 2.4389, 2.4315)),
    ("down_in", 95, "call", (7.7627, 4.0109, 2.0576), (9.0093, 5.1370, 2.8517)),
    ("down_in", 100, "call", (13.8333, 7.8494, 3.9795), (14.8816, 9.2045, 5.3043)),
    ("up_in", 105, "call", (14.1112, 8.4482, 4.5910), (15.2098, 9.7278, 5.8350)),
    ("down_out", 95, "put", (2.2798, 2.2947, 2.6252), (2.4170, 2.4258, 2.6246)),
    ("up_out", 105, "put", (3.7760, 5.4932, 7.5187), (4.2293, 5.8032, 7.5649)),
    ("down_in", 95, "put", (2.9586, 6.5677, 11.9752), (3.8769, 7.7989, 13.3078)),
    ("down_in", 100, "put", (2.2845, 5.9085, 11.6465), (3.3328, 7.2636, 12.9713)),
    ("up_in", 105, "put", (1.4653, 3.3721, 7.0846), (2.0658, 4.4226, 8.3686)),
]


@pytest.mark.parametrize(("kind", "level", "right", "calm", "wild"), HAUG)
def test_published_values_are_met(kind, level, right, calm, wild):
    terms = {"rate": 0.08, "div_yield": 0.04, "right": right}
    barrier = BarrierTerms(level, kind, rebate=3.0)
    strikes, vols = [90.0, 100.0, 110.0], [[0.25], [0.3]]
    found = barrier_price(100.0, strikes, 0.5, barrier=barrier, vol=vols, **terms)
    np.testing.assert_allclose(found, [calm, wild], rtol=0.0, atol=1e-4)


def quantlib_barrier(kind, level, right, contract):
    spot, strike, expiry, *market = contract
    payoff = ql.PlainVanillaPayoff(quantlib.right(right), float(strike))
    exercise = ql.EuropeanExercise(quantlib.date(expiry))
    option = ql.BarrierOption(KINDS[kind], float(level), 3.0, payoff, exercise)
    process = quantlib.process(spot, *market)
    option.setPricingEngine(ql.AnalyticBarrierEngine(process))
    return option.NPV()


@pytest.mark.parametrize("right", ["call", "put"])
@pytest.mark.parametrize("kind", KINDS)
def test_quantlib_agrees(kind, right):
    quantlib.today()
    book, level = contracts(), levels(kind)
    rows = zip(level, *book.values(), strict=True)
    expected = [quantlib_barrier(kind, row[0], right, row[1:]) for row in rows]
    found = barrier_price(**book, barrier=BarrierTerms(level, kind, 3.0), right=right)
    # QuantLib multiplies powers of barrier over spot by normal tails, each right to rounding.
    np.testing.assert_allclose(found, expected, rtol=0.0, atol=1e-11)


@pytest.mark.parametrize("right", Right)
@pytest.mark.parametrize("direction", ["up", "down"])
def test_in_and_out_together_are_vanilla_and_the_rebate_legs(direction, right):
    book, level = contracts(500), levels(direction, 500)
    legs = [BarrierTerms(level, f"{direction}_{end}", 3.0) for end in ("in", "out")]
    both = sum(barrier_price(**book, barrier=leg, right=right) for leg in legs)
    vanilla = black_scholes_price(**book, right=right)
    spot, _, expiry, *market = book.values()
    market = dict(zip(("vol", "rate", "div_yield"), market, strict=True)) | {"direction": direction}
    legs = [price(spot, level, expiry, **market) for price in (one_touch_price, no_touch_price)]
    np.testing.assert_allclose(both, vanilla + 3.0 * sum(legs), rtol=0.0, atol=1e-12)


@pytest.mark.parametrize("right", Right)
@pytest.mark.parametrize("kind", KINDS)
def test_prices_lie_between_nothing_and_vanilla(kind, right):
    book = contracts(500)
    price = barrier_price(**book, barrier=BarrierTerms(levels(kind, 500), kind), right=right)
    assert np.all(price >= 0.0)
    assert np.all(price <= black_scholes_price(**book, right=right) + 1e-12)


@pytest.mark.parametrize("right", Right)
@pytest.mark.parametrize(("kind", "farthest"), [("up_out", 200.0), ("down_out", 50.0)])
def test_a_knock_out_is_worth_more_the_farther_its_barrier(kind, farthest, right):
    ladder = np.linspace(100.0, farthest, 300)[:, None]
    book = contracts(50)
    price = barrier_price(**book, barrier=BarrierTerms(ladder, kind), right=right)
    assert np.all(np.diff(price, axis=0) >= -1e-12)


@pytest.mark.parametrize("right", Right)
@pytest.mark.parametrize(("kind", "level"), [("up_out", 1e9), ("down_out", 1e-9)])
def test_a_barrier_moved_away_leaves_the_vanilla_option(kind, level, right):
    book = contracts()
    price = barrier_price(**book, barrier=BarrierTerms(level, kind), right=right)
    np.testing.assert_allclose(price, black_scholes_price(**book, right=right), rtol=1e-12)


def survival_integral(barrier, strike, vol, rate):
    """Integrate the payoff of an up-and-out call over the reflected density, to 30 digits."""
    with mpmath.workdps(30):
        s, h = mpmath.mpf(vol), mpmath.log(mpmath.mpf(barrier) / 100)
        nu = rate - s**2 / 2

        def integrand(y):
            free = mpmath.npdf(y, nu, s)
            image = mpmath.exp(2 * nu * h / s**2) * mpmath.npdf(y, 2 * h + nu, s)
            return (100 * mpmath.exp(y) - strike) * (free - image)

        start = mpmath.log(mpmath.mpf(strike) / 100)
        middle = min(max(nu, start), h)
        return float(mpmath.exp(-rate) * mpmath.quad(integrand, [start, middle, h]))


@pytest.mark.parametrize("vol", [0.02, 0.1, 0.4])
@pytest.mark.parametrize("barrier", [100.5, 110.0, 130.0])
def test_a_knock_out_is_the_integral_over_surviving_paths(barrier, vol):
    terms = {"barrier": BarrierTerms(barrier, "up_out"), "vol": vol, "rate": 0.05}
    found = barrier_price(100.0, 99.0, 1.0, **terms)
    assert found == pytest.approx(survival_integral(barrier, 99.0, vol, 0.05), abs=1e-12)


@pytest.mark.parametrize("right", Right)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("spot", [100.0, "beyond"])
def test_a_spot_at_the_barrier_or_beyond_has_touched(kind, right, spot):
    if spot == "beyond":
        spot = 110.0 if kind.startswith("up") else 90.0
    terms = {"vol": 0.2, "rate": 0.05, "right": right}
    found = barrier_price(spot, 95.0, 1.0, barrier=BarrierTerms(100.0, kind, 3.0), **terms)
    vanilla = black_scholes_price(spot, 95.0, 1.0, **terms)
    assert found == (3.0 if kind.endswith("out") else vanilla)


@pytest.mark.parametrize(
    ("kind", "right"), [("up_out", "call"), ("down_out", "put")], ids=["call", "put"]
)
def test_a_strike_at_the_barrier_leaves_only_the_rebate(kind, right):
    spot = 90.0 if kind == "up_out" else 110.0
    terms = {"vol": 0.2, "rate": 0.05}
    barrier = BarrierTerms(100.0, kind, 3.0)
    found = barrier_price(spot, 100.0, 1.0, barrier=barrier, right=right, **terms)
    hit = one_touch_price(spot, 100.0, 1.0, direction=kind.removesuffix("_out"), **terms)
    assert found == 3.0 * hit


def test_a_rebate_larger_than_the_option_is_paid_like_any_other():
    terms = {"vol": 0.2, "rate": 0.05}
    prices = [
        barrier_price(95.0, 90.0, 1.0, barrier=BarrierTerms(100.0, "up_out", rebate), **terms)
        for rebate in (0.0, 1000.0)
    ]
    hit = one_touch_price(95.0, 100.0, 1.0, direction="up", **terms)
    assert prices[1] - prices[0] == pytest.approx(1000.0 * hit, rel=1e-14)


@pytest.mark.parametrize("vol", [0.0, 1e-9])
def test_without_volatility_the_forward_is_knocked_out_or_is_not(vol):
    terms = {"vol": vol, "rate": 0.1, "barrier": BarrierTerms([105.0, 120.0], "up_out")}
    found = barrier_price(100.0, 95.0, 1.0, **terms)
    survivor = 100.0 - 95.0 * math.exp(-0.1)
    np.testing.assert_allclose(found, [0.0, survivor], rtol=0.0, atol=1e-7)


def test_a_drift_of_five_hundred_deviations_does_not_overflow():
    # The forward, 102.53, has a deviation of 0.005.
    barrier = BarrierTerms([101.0, 102.6, 101.0, 102.6], ["up_out", "up_out", "up_in", "up_in"])
    found = barrier_price(100.0, 100.0, 0.25, barrier=barrier, vol=1e-4, rate=0.1)
    certain = 100.0 - 100.0 * math.exp(-0.025)
    np.testing.assert_allclose(found, [0.0, certain, certain, 0.0], rtol=0.0, atol=1e-12)


@pytest.mark.parametrize(
    ("arguments", "rule"),
    [
        ((0.0, "up_out"), "level must be positive and finite, got 0.0"),
        ((100.0, "up"), "kind must be \"up_out\" or .* got 'up'"),
        ((100.0, "up_out", -1.0), "rebate must be finite and not negative, got -1.0"),
        (([100.0, math.nan], "up_out"), "level must be positive and finite, got nan at index 1"),
    ],
)
def test_senseless_barriers_are_refused(arguments, rule):
    with pytest.raises(ValueError, match=rule):
        BarrierTerms(*arguments)


@pytest.mark.parametrize("row", benchop.rows("barrier"))
def test_benchop_is_met(row):
    terms = benchop.taken(row, "spot", "strike", "expiry", "vol", "rate", "right")
    found = barrier_price(**terms, barrier=BarrierTerms(row["barrier"], "up_out"))
    assert found == pytest.approx(row["value"], abs=row["tolerance"])
