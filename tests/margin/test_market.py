"""The market of an account: carry between dates, volatilities, and volatilities from marks.

Marks are held against the closed form they were made from, and American marks against the solver.
"""

import math
import pickle
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from margin import (
    Carry,
    Market,
    OptionContract,
    Settlement,
    Underlying,
    forward_carry,
    inverse_carry,
)
from margin.marks import volatilities_from_marks
from pdesolve import Exercise, Right, black_76, black_scholes_price, price

NOW = datetime(2026, 2, 5, 9, tzinfo=UTC)
YEAR = timedelta(days=365)
NEAR, FAR = NOW + YEAR / 4, NOW + YEAR
CURVED = Underlying(100.0, 0.5, 0.5, (Carry(FAR, 0.03, -0.01), Carry(NEAR, 0.05, 0.02)))


def option(right=Right.CALL, strike=100.0, **changes):
    fields = {"expiry": FAR, "exercise": Exercise.EUROPEAN, "settlement": Settlement.CASH}
    return OptionContract("XYZ", right, strike, **fields | changes)


def market(**changes):
    fields = {"asof": NOW, "underlyings": {"XYZ": Underlying(100.0)}, "vols": {option(): 0.4}}
    return Market(**fields | changes)


@pytest.mark.parametrize(
    ("date", "years"),
    [(NOW, 0.0), (FAR, 1.0), (NOW - YEAR, -1.0), (NOW + timedelta(seconds=1), 1 / 31_536_000)],
)
def test_years_have_365_days_and_count_to_the_second(date, years):
    assert market().years(date) == years


@pytest.mark.parametrize(
    ("date", "rate", "dividend_yield"),
    [
        (NEAR, 0.05, 0.02),
        (FAR, 0.03, -0.01),
        (NOW + timedelta(hours=1), 0.05, 0.02),
        (NOW - YEAR, 0.05, 0.02),
        (FAR + 3 * YEAR, 0.03, -0.01),
        # rate * T runs from 0.0125 at a quarter to 0.03 at one year; at 5/8 it is half way.
        (NOW + 5 * YEAR / 8, 0.02125 / 0.625, -0.0025 / 0.625),
    ],
)
def test_carry_is_exact_on_the_curve_linear_in_total_between_and_flat_outside(
    date, rate, dividend_yield
):
    assert CURVED.carry(date, NOW) == pytest.approx((rate, dividend_yield), abs=1e-15)


def test_without_a_curve_one_rate_holds_for_every_date():
    assert Underlying(100.0, 0.04, 0.01).carry(FAR, NOW) == (0.04, 0.01)


@pytest.mark.parametrize("forward", [80.0, 100.0, 130.0])
def test_a_forward_is_met_by_either_convention(forward):
    given = {"spot": 100.0, "forward": forward, "asof": NOW}
    for carry in (forward_carry(NEAR, rate=0.04, **given), inverse_carry(NEAR, **given)):
        growth = (carry.rate - carry.dividend_yield) * 0.25
        assert 100.0 * math.exp(growth) == pytest.approx(forward, rel=1e-14)


def test_inverse_carry_marks_an_option_as_black_over_the_forward():
    carry = inverse_carry(FAR, spot=60_000.0, forward=63_000.0, asof=NOW)
    ours = black_scholes_price(
        spot=60_000.0,
        strike=70_000.0,
        expiry=1.0,
        vol=0.6,
        rate=carry.rate,
        div_yield=carry.dividend_yield,
    )
    venue = black_76(forward=63_000.0, strike=70_000.0, expiry=1.0, vol=0.6).price
    assert ours / 60_000.0 == pytest.approx(venue / 63_000.0, rel=1e-13)


@pytest.mark.parametrize(
    ("build", "complaint"),
    [
        (lambda: forward_carry(NOW, spot=1, forward=1, asof=NOW, rate=0), "must be after asof"),
        (lambda: inverse_carry(FAR, spot=1, forward=-1, asof=NOW), "forward must be positive"),
        (lambda: Carry(FAR, float("nan"), 0.0), "rate must be a finite number, got nan"),
        (lambda: Underlying(0.0), "spot must be positive and finite, got 0.0"),
        (lambda: Underlying(1.0, math.inf), "rate must be a finite number, got inf"),
        (lambda: Underlying(1.0, curve=[0.05]), r"curve\[0\] must be of type Carry, got 0.05"),
        (
            lambda: Underlying(1.0, curve=(Carry(FAR, 0, 0), Carry(FAR, 0, 0))),
            "curve must hold a date once",
        ),
        (lambda: CURVED.carry(FAR, NEAR), "curve must begin after asof"),
        (lambda: market(asof=NEAR, underlyings={"XYZ": CURVED}), "curve must begin after asof"),
        (lambda: market(asof=datetime(2026, 2, 5)), "asof must know its time zone"),
        (lambda: market(underlyings={"XYZ": 100.0}), "must be of type Underlying, got 100.0"),
        (lambda: market(underlyings={}), "underlyings must hold XYZ"),
        (lambda: market(vols={option(): 0.0}), "volatility of XYZ 2027-02-05 100 call must be pos"),
        (lambda: market(vols={option(): float("nan")}), "must be positive and finite, got nan"),
        (lambda: market(vols={"call": 0.3}), "contract must be of type OptionContract"),
        (lambda: market(vols={option(): 62.5}), r"looks like percent; write 0\.625"),
        (lambda: market().years(datetime(2027, 1, 1)), "date must know its time zone"),
    ],
)
def test_a_market_that_cannot_be_is_refused_in_words(build, complaint):
    with pytest.raises(ValueError, match=complaint):
        build()


def test_a_missing_volatility_is_named_with_the_remedy():
    with pytest.raises(ValueError, match=r"XYZ 2027-02-05 90 call .*volatilities_from_marks"):
        market().volatility(option(strike=90.0))


def test_a_market_keeps_its_own_copy_and_survives_pickling():
    vols = {option(): 0.4}
    kept = market(vols=vols)
    vols.clear()
    assert kept.volatility(option()) == 0.4
    assert pickle.loads(pickle.dumps(kept)) == kept


@pytest.mark.parametrize("settlement", Settlement)
@pytest.mark.parametrize("right", Right)
def test_the_closed_form_of_a_mark_gives_back_its_volatility(right, settlement):
    strikes = np.array([70.0, 100.0, 130.0])
    made = black_scholes_price(
        spot=100.0,
        strike=strikes,
        expiry=1.0,
        vol=0.45,
        rate=0.03,
        div_yield=-0.01,
        right=right,
    )
    unit = 100.0 if settlement is Settlement.INVERSE else 1.0
    contracts = [option(right, float(strike), settlement=settlement) for strike in strikes]
    marks = dict(zip(contracts, (made / unit).tolist(), strict=True))
    found = volatilities_from_marks(marks, NOW, {"XYZ": CURVED})
    assert list(found) == contracts
    assert list(found.values()) == pytest.approx([0.45] * 3, abs=1e-12)


def test_american_marks_are_inverted_by_the_solver_beside_european_ones():
    put = {"spot": 100.0, "strike": 110.0, "expiry": 1.0, "vol": 0.3, "rate": 0.06}
    american = option(Right.PUT, 110.0, exercise=Exercise.AMERICAN)
    european = option(Right.PUT, 110.0)
    marks = {
        american: price(**put, right="put", style="american").price,
        european: float(black_scholes_price(**put, right="put")),
    }
    found = volatilities_from_marks(marks, NOW, {"XYZ": Underlying(100.0, rate=0.06)})
    # The American mark carries the error of the solver, 1e-4 at most, over a vega of 35.
    assert found[american] == pytest.approx(0.3, abs=1e-5)
    assert found[european] == pytest.approx(0.3, abs=1e-12)


@pytest.mark.parametrize(
    ("right", "exercise", "mark", "bounds"),
    [
        (Right.CALL, Exercise.EUROPEAN, 100.1, r"between 0 and 100\b"),
        (Right.PUT, Exercise.EUROPEAN, 105.0, r"between 4\.635236695 and 104\.6352367"),
        (Right.PUT, Exercise.EUROPEAN, 4.6, r"between 4\.635236695"),
        (Right.PUT, Exercise.AMERICAN, 9.9, r"between 10 and 110\b"),
        (Right.PUT, Exercise.AMERICAN, 110.0, r"between 10 and 110\b"),
        (Right.CALL, Exercise.AMERICAN, 0.0, r"between 0 and 100\b"),
        (Right.CALL, Exercise.EUROPEAN, float("nan"), "mark nan must lie between"),
    ],
)
def test_a_mark_outside_its_bounds_is_refused_with_them(right, exercise, mark, bounds):
    contract = option(right, 110.0, exercise=exercise)
    with pytest.raises(ValueError, match=f"XYZ 2027-02-05 110 .*{bounds}"):
        volatilities_from_marks({contract: mark}, NOW, {"XYZ": Underlying(100.0, rate=0.05)})


def test_all_bad_marks_are_named_at_once_in_their_own_unit():
    marks = {
        option(strike=90.0): 0.5,
        option(strike=110.0, settlement=Settlement.INVERSE): 1.5,
        option(strike=120.0, expiry=NOW): 3.0,
        option(strike=130.0): 3.0,
    }
    with pytest.raises(ValueError, match="give a volatility instead") as error:
        volatilities_from_marks(marks, NOW, {"XYZ": Underlying(100.0)})
    message = str(error.value)
    assert "90 call: mark 0.5 must lie between 10 and 100;" in message
    assert "110 call: mark 1.5 XYZ must lie between 0 and 1 XYZ;" in message
    assert "120 call has expired;" in message
    assert "130" not in message


def test_a_mark_that_needs_an_absurd_volatility_is_refused():
    # At the money without carry the value is S erf(sigma sqrt(T) / sqrt(8)); here sigma is 6.
    made = 100.0 * math.erf(6.0 * 0.5 / math.sqrt(8.0))
    with pytest.raises(ValueError, match=r"needs a volatility of 6, which is not between 0 and 5"):
        volatilities_from_marks({option(expiry=NEAR): made}, NOW, {"XYZ": Underlying(100.0)})


def test_no_marks_give_no_volatilities():
    assert volatilities_from_marks({}, NOW, {}) == {}
