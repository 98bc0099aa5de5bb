"""Knock-outs between two barriers against published values, QuantLib, and single knock-outs."""

import numpy as np
import pytest
import QuantLib as ql

from pdesolve import Right, black_scholes_price
from pdesolve.formulas.barriers import (
    BarrierTerms,
    barrier_price,
    double_knock_in_price,
    double_knock_out_price,
)
from pdesolve.kernels import double_barriers as kernels
from tests.pdesolve import quantlib
from tests.pdesolve.barrier_contracts import contracts, levels

# Haug, Option Pricing Formulas (1998), page 75: spot and strike 100, rate 10 %; calls for
# volatilities of 15, 25 and 35 %, at 3 months and 6.
HAUG_DOUBLE = [
    ((50, 150), (4.3515, 6.1644, 7.0373), (6.9853, 7.9336, 6.5088)),
    ((60, 140), (4.3505, 5.8500, 5.7726), (6.8082, 6.3383, 4.3841)),
    ((70, 130), (4.3139, 4.8293, 3.7765), (5.9697, 4.0004, 2.2563)),
    ((80, 120), (3.7516, 2.6387, 1.4903), (3.5805, 1.5098, 0.5635)),
    ((90, 110), (1.2055, 0.3098, 0.0477), (0.5537, 0.0441, 0.0011)),
]


@pytest.mark.parametrize(("barriers", "short", "long"), HAUG_DOUBLE)
def test_published_double_knock_outs_are_met(barriers, short, long):
    terms = {"barriers": barriers, "vol": [0.15, 0.25, 0.35], "rate": 0.1}
    found = double_knock_out_price(100.0, 100.0, [[0.25], [0.5]], **terms)
    np.testing.assert_allclose(found, [short, long], rtol=0.0, atol=1e-4)


def quantlib_double(right, barriers, spot, strike, expiry, vol, rate, div_yield):
    payoff = ql.PlainVanillaPayoff(quantlib.right(right), float(strike))
    exercise = ql.EuropeanExercise(quantlib.date(expiry))
    kind = ql.DoubleBarrier.KnockOut
    option = ql.DoubleBarrierOption(kind, *map(float, barriers), 0.0, payoff, exercise)
    process = quantlib.process(spot, vol, rate, div_yield)
    option.setPricingEngine(ql.AnalyticDoubleBarrierEngine(process, 10))
    return option.NPV()


@pytest.mark.parametrize("right", ["call", "put"])
def test_quantlib_agrees_on_double_knock_outs(right):
    quantlib.today()
    book = contracts()
    lows, highs = levels("down"), levels("up", seed=2)
    # Where spot spreads wider than its barriers, its ten images are too few.
    book["vol"] = np.linspace(0.1, 1.0, 100) * np.log(highs / lows) / np.sqrt(book["expiry"])
    book["vol"] = np.clip(book["vol"], 0.05, 5.0)
    book["strike"] = lows + (highs - lows) * np.linspace(0.05, 0.95, 100)
    rows = zip(lows, highs, *book.values(), strict=True)
    expected = [quantlib_double(right, row[:2], *row[2:]) for row in rows]
    found = double_knock_out_price(**book, barriers=(lows, highs), right=right)
    # Its series multiplies powers of the barriers by differences of normal distributions.
    np.testing.assert_allclose(found, expected, rtol=0.0, atol=1e-8)


@pytest.mark.parametrize("right", Right)
@pytest.mark.parametrize(("kind", "corner"), [("up_out", (1e-9, 0.0)), ("down_out", (0.0, 1e9))])
def test_two_barriers_with_one_moved_away_are_one(kind, corner, right):
    book, level = contracts(), levels(kind)
    pair = (corner[0], level) if kind == "up_out" else (level, corner[1])
    double = double_knock_out_price(**book, barriers=pair, right=right)
    single = barrier_price(**book, barrier=BarrierTerms(level, kind), right=right)
    np.testing.assert_allclose(double, single, rtol=0.0, atol=1e-11)


@pytest.mark.parametrize("right", Right)
def test_two_barriers_leave_less_than_either(right):
    book, low, high = contracts(500), levels("down", 500), levels("up", 500, seed=2)
    double = double_knock_out_price(**book, barriers=(low, high), right=right)
    inside = double_knock_in_price(**book, barriers=(low, high), right=right)
    for level, kind in ((low, "down_out"), (high, "up_out")):
        single = barrier_price(**book, barrier=BarrierTerms(level, kind), right=right)
        assert np.all(double <= single + 1e-12)
    np.testing.assert_allclose(
        double + inside, black_scholes_price(**book, right=right), rtol=0.0, atol=1e-12
    )


@pytest.mark.kernels
@pytest.mark.parametrize("spread", [0.45, 0.55])
@pytest.mark.parametrize("m", [-8.0, -0.3, 0.0, 2.0])
@pytest.mark.parametrize("low", [-0.29, -0.1, -1e-4])
def test_images_and_modes_are_the_same_sum(low, m, spread):
    high = low + 0.3
    arguments = low, high, low + 0.05, low + 0.2, m, spread * 0.3
    images, modes = kernels.image_sum(*arguments), kernels.mode_sum(*arguments)
    # Terms are at most about 1; what either leaves out there is below 1e-17.
    assert images == pytest.approx(modes, rel=0.0, abs=1e-15)


@pytest.mark.parametrize(
    ("barriers", "rule"),
    [
        ((120.0, 80.0), "lower barrier must be below the upper, got 120.0 and 80.0"),
        ((0.0, 80.0), "lower barrier must be positive and finite"),
        (100.0, "barriers must be a lower and an upper one, got 100.0"),
    ],
)
def test_senseless_pairs_are_refused(barriers, rule):
    with pytest.raises(ValueError, match=rule):
        double_knock_out_price(100.0, 100.0, 1.0, barriers=barriers, vol=0.2)
