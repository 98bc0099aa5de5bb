"""Dividends on dates: against the solver alone, another library, and what they mean to holders."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from margin import (
    Asset,
    Collateral,
    Dividend,
    EventKind,
    Future,
    Position,
    Settlement,
    Underlying,
    dividend_carry,
    liquidation_map,
    margin_greeks,
    requirement,
    revalue,
    table,
    thresholds,
    volatilities_from_marks,
)
from margin.dividends import forward_line
from margin.rules import TEN_POINT_EQUITY, DeriveSkew, TenorShock
from pdesolve import BlackScholes, Exercise, Option, Right, black_scholes_price, solve
from tests.margin import paying
from tests.margin.paying import CASH, DIVIDENDS, EX_DAYS, NOW, RATE, instant, option

SPOTS = np.array([60.0, 85.0, 100.0, 104.0, 130.0])
MINUTE = timedelta(minutes=1)


def held(*positions, cash=0.0, vols=(), dividends=DIVIDENDS):
    return paying.account(cash, *positions), paying.market(dict(vols), dividends=dividends)


def unit(contract, vol=0.3, dates=(), **terms):
    owned = held(Position(contract, 1.0), vols={contract: vol}, **terms)
    return revalue(*owned, dates=dates)


@pytest.mark.parametrize("exercise", Exercise)
@pytest.mark.parametrize("right", Right)
def test_an_option_is_what_the_solver_gives_alone(right, exercise):
    contract = option(right, 100.0, 91, exercise)
    found = unit(contract).unit_value(0)
    exact = paying.alone(contract, 0.3).value(SPOTS)
    cell = np.searchsorted(found.knots, SPOTS, side="right") - 1
    assert np.all(np.abs(found(SPOTS) - exact) <= found.error[cell] + 1e-9)
    np.testing.assert_allclose(found(SPOTS), exact, atol=1e-6)


def test_a_dividend_after_the_expiry_leaves_the_option_in_the_batch():
    contract = option(Right.PUT, 100.0, 20)
    with_it, without = (unit(contract, dividends=paid).unit_value(0) for paid in (DIVIDENDS, ()))
    np.testing.assert_array_equal(with_it(SPOTS), without(SPOTS))


def test_dividends_to_zero_leave_the_values_of_the_batch():
    contract = option(Right.PUT, 100.0, 91)
    tiny = tuple(Dividend(each.date, cash=1e-9) for each in DIVIDENDS)
    small, none = (unit(contract, dividends=paid).unit_value(0) for paid in (tiny, ()))
    np.testing.assert_allclose(small(SPOTS), none(SPOTS), atol=5e-5)  # errors of both grids


def test_a_contract_at_a_later_date_sees_the_dividends_that_remain():
    contract, date = option(Right.CALL, 95.0, 91), instant(50)
    later = replace(paying.market({contract: 0.3}), asof=date)
    account = paying.account(0.0, Position(contract, 1.0))
    at_once, ahead = revalue(account, later), unit(contract, dates=(date,))
    np.testing.assert_allclose(ahead.moving()(SPOTS), at_once.moving()(SPOTS), atol=5e-5)


def test_on_the_ex_date_the_dividend_has_been_paid():
    contract = option(Right.PUT, 100.0, 91, Exercise.EUROPEAN)
    found = unit(contract, dates=(instant(25) - MINUTE, instant(25)))
    before, after = found.equity(0), found.equity(1)
    drift = 5e-3  # what a minute is worth: its theta, and rounding
    np.testing.assert_allclose(after(SPOTS - CASH[0]), before(SPOTS), atol=drift)


@pytest.mark.parametrize("quantity", [300.0, -200.0])
def test_holders_are_paid_on_the_ex_date_and_who_is_short_pays(quantity):
    found = revalue(*held(Position(Asset("X"), quantity)), dates=(instant(24), instant(25)))
    assert found.settled(0)(100.0) == 0.0
    assert found.settled(1)(100.0) == quantity * CASH[0]
    assert found.equity(1)(100.0 - CASH[0]) == pytest.approx(found.equity(0)(100.0))


def test_a_share_of_the_spot_is_paid_at_the_spot_considered():
    third = (Dividend(instant(10), share=0.25),)
    found = revalue(*held(Position(Asset("X"), 4.0), dividends=third), dates=(instant(10),))
    assert found.equity()(75.0) == pytest.approx(4.0 * 100.0)  # 100 before, of which 25 were paid


def test_pledged_shares_are_paid_in_full():
    account, market = held()
    pledged = replace(account, collateral=(Collateral("X", 10.0, haircut=0.5),))
    found = revalue(pledged, market, underlying="X", dates=(instant(30),))
    assert found.equity()(100.0) == pytest.approx(10.0 * (50.0 + CASH[0]))


def test_a_forward_loses_what_dividends_grow_to():
    # 100 e^(rT) - 1.5 e^(r (T - t1)) - 2 e^(r (T - t2))
    found = forward_line(DIVIDENDS, NOW, instant(91), growth=RATE)
    left = [(91 - day) / 365.0 for day in EX_DAYS]
    lost = sum(cash * np.exp(RATE * each) for cash, each in zip(CASH, left, strict=True))
    assert found == pytest.approx((-lost, np.exp(RATE * 91 / 365.0)))


def test_a_future_is_marked_at_the_forward_with_dividends():
    future = Future("X", instant(91))
    found = revalue(*held(Position(future, 2.0, 1.0, 99.0)), dates=(NOW, instant(91)))
    intercept, slope = forward_line(DIVIDENDS, NOW, instant(91), growth=RATE)
    np.testing.assert_allclose(found.equity(0)(SPOTS), 2.0 * (intercept + slope * SPOTS - 99.0))
    np.testing.assert_allclose(found.equity(1)(SPOTS), 2.0 * (SPOTS - 99.0))


def test_a_quoted_forward_gives_back_its_yield():
    intercept, slope = forward_line(DIVIDENDS, NOW, instant(91), growth=RATE - 0.013)
    terms = {"asof": NOW, "rate": RATE, "dividends": DIVIDENDS}
    found = dividend_carry(instant(91), spot=100.0, forward=intercept + slope * 100.0, **terms)
    assert found.dividend_yield == pytest.approx(0.013, abs=1e-12)


def test_a_short_call_in_the_money_is_exercised_on_the_eve_and_not_before():
    contract = option(Right.CALL, 80.0, 30)
    found = unit(contract, vol=0.1, dates=(instant(15), instant(25) - MINUTE))
    early, eve = (found.equity(index)(120.0) - 40.0 for index in range(2))
    assert early > 0.03  # interest on the strike until the eve
    assert eve == pytest.approx(0.0, abs=1e-3)


@pytest.mark.parametrize("vol", [0.15, 0.6])
@pytest.mark.parametrize("exercise", Exercise)
@pytest.mark.parametrize("right", Right)
def test_a_mark_gives_its_volatility_back(right, exercise, vol):
    contract = option(right, 103.0, 91, exercise)
    mark = float(paying.alone(contract, vol).value(100.0))
    found = volatilities_from_marks({contract: mark}, NOW, paying.market({}).underlyings)
    assert found[contract] == pytest.approx(vol, abs=1e-7)


def test_a_volatility_out_of_escrow_is_another():
    # The same price by the closed form on the spot less present values needs more volatility.
    contract = option(Right.CALL, 100.0, 91, Exercise.EUROPEAN)
    mark = float(paying.alone(contract, 0.3).value(100.0))
    worth = float(np.exp(-RATE * np.array(EX_DAYS) / 365.0) @ CASH)
    terms = {"expiry": 91 / 365.0, "rate": RATE, "right": "call"}
    assert black_scholes_price(100.0 - worth, 100.0, vol=0.3, **terms) < mark - 1e-2


@pytest.mark.parametrize("mark", [0.0001, 99.9])
def test_a_mark_that_no_volatility_gives_is_refused(mark):
    contract = option(Right.CALL, 90.0, 91)
    with pytest.raises(ValueError, match=r"90 call: mark .* must lie between 1.* and "):
        volatilities_from_marks({contract: mark}, NOW, paying.market({}).underlyings)


def test_a_move_by_the_life_left_is_solved_for_each_date():
    contract, shock = option(Right.PUT, 100.0, 91), TenorShock(0.4)
    owned = held(Position(contract, 1.0), vols={contract: 0.3})
    found = revalue(*owned, vol_moves=(0.0, shock), dates=(NOW, instant(60)))
    life = np.array([31 / 365.0])
    vol = float(shock.moved(np.array([0.3]), life)[0])
    exact = revalue(owned[0], paying.market({contract: vol}, asof=instant(60))).moving()(SPOTS)
    # Knots differ, and cubics between them stray by some 1e-6.
    np.testing.assert_allclose(found.moving(1, shock)(SPOTS), exact, atol=1e-5)


@pytest.mark.parametrize("spot", [85.0, 100.0, 120.0])
def test_a_covered_call_has_the_equity_of_another_library(spot):
    account, market = paying.covered_call()
    found = revalue(account, market)
    call = paying.independent(Right.CALL, 105.0, 91, 0.3, spot)
    # QuantLib on 400 nodes and steps is good to 5e-4 a share.
    assert found.equity()(spot) == pytest.approx(-7_000.0 + 100.0 * (spot - call), abs=0.05)


def test_the_threshold_of_a_covered_call_is_that_of_another_library():
    account, market = paying.covered_call()
    level = thresholds(account, market, TEN_POINT_EQUITY).below
    after = 0.85 * level.spot
    call = paying.independent(Right.CALL, 105.0, 91, 0.3, after)
    assert -7_000.0 + 100.0 * (after - call) == pytest.approx(0.0, abs=0.05)


def test_excess_on_later_dates_is_that_of_a_new_solve():
    account, market = paying.covered_call()
    found = liquidation_map(account, market, TEN_POINT_EQUITY, horizon=timedelta(days=80))
    for date in (instant(10), instant(40)):
        later = replace(market, asof=date)
        gained = sum(paid.cash for paid in DIVIDENDS if paid.date <= date)
        richer = replace(account, cash=account.cash + 100.0 * gained)
        exact = requirement(richer, later, TEN_POINT_EQUITY).excess
        assert found.excess(100.0, date)[0] == pytest.approx(exact, abs=0.02)


def test_the_map_tells_ex_dates_and_its_thresholds_fall_there():
    account, market = paying.covered_call()
    found = liquidation_map(account, market, TEN_POINT_EQUITY, horizon=timedelta(days=80))
    told = [event for event in found.events() if event.kind is EventKind.DIVIDEND]
    assert [event.date for event in told] == [each.date for each in DIVIDENDS]
    assert str(told[0]) == "2026-12-15 00:00 UTC: goes ex 1.5 on 2026-12-15"
    (before,), (after,) = (found.intervals(date) for date in (instant(25) - MINUTE, instant(25)))
    # The account is worth the same just before at S as just after at S - 1.5, and its requirement
    # is 15 % of nearly the same delta: the threshold falls by a little less.
    assert before.upper - after.upper == pytest.approx(CASH[0] / 0.85, abs=0.15)


def test_greeks_and_tables_hold_for_them_too():
    account, market = paying.covered_call()
    found = margin_greeks(account, market, TEN_POINT_EQUITY)
    rows = table(account, market, TEN_POINT_EQUITY, spots=(99.99, 100.01))
    slope = np.diff(rows.excess[0, 0])[0] / 0.02
    assert found.spot_excess.below == pytest.approx(slope, rel=1e-4)


@pytest.mark.parametrize("seed", range(8))
def test_every_crossing_of_a_random_account_is_found(seed):
    account, market = paying.random_book(np.random.default_rng(seed))
    found = thresholds(account, market, TEN_POINT_EQUITY, lowest=40.0, highest=250.0)
    spots = np.linspace(40.0, 250.0, 4_001)
    excess = table(account, market, TEN_POINT_EQUITY, spots=spots).excess[0, 0]
    crossings = np.count_nonzero(np.diff(np.sign(excess)))
    ends = [not each.lower_open for each in found.intervals]
    ends += [not each.upper_open for each in found.intervals]
    assert sum(ends) == crossings


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Dividend(NOW), "must have cash or a share, got neither"),
        (lambda: Dividend(NOW, cash=-1.0), "cash must lie from 0"),
        (lambda: Dividend(NOW, share=1.0), "share must be below 1"),
        (lambda: Dividend(NOW.replace(tzinfo=None), 1.0), "date must know its time zone"),
        (lambda: Underlying(1.0, dividends=(DIVIDENDS[0],) * 2), "dividends must hold a date once"),
    ],
)
def test_what_makes_no_sense_is_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_an_inverse_future_is_refused():
    future = Future("X", instant(91), Settlement.INVERSE)
    with pytest.raises(ValueError, match="state the dividends of X as shares"):
        revalue(*held(Position(future, 1.0, 1.0, 100.0))).equity()


def test_a_rule_that_moves_a_skew_by_formula_refuses_them():
    contract = option(Right.CALL, 100.0, 91, Exercise.EUROPEAN)
    with pytest.raises(ValueError, match="needs a forward in proportion to the spot"):
        requirement(*held(Position(contract, -1.0), vols={contract: 0.3}), DeriveSkew())


def test_dividends_of_the_past_do_not_matter():
    contract = option(Right.PUT, 100.0, 91)
    past = Dividend(NOW - timedelta(days=3), cash=5.0)
    found, exact = (unit(contract, dividends=(*more, *DIVIDENDS)) for more in ((past,), ()))
    np.testing.assert_array_equal(found.equity()(SPOTS), exact.equity()(SPOTS))


def test_no_dividend_leaves_the_option_without():
    found = solve(Option(Right.PUT, 100.0, 91 / 365.0), BlackScholes(0.3, RATE)).value(SPOTS)
    contract = option(Right.PUT, 100.0, 91, Exercise.EUROPEAN)
    np.testing.assert_allclose(unit(contract, dividends=()).equity()(SPOTS), found, atol=2e-5)
