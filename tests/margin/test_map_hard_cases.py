"""Maps of accounts at their edges: kinks, nothing held, nothing required, ends that nearly meet."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from scipy.optimize import brentq

from margin import Asset, Perpetual, Position, State, Underlying, liquidation_map, requirement
from margin.danger import danger_set
from margin.maps.events import EventKind
from margin.piecewise import PiecewiseCubic
from margin.rules import (
    TEN_POINT_EQUITY,
    PerpetualRule,
    Scenario,
    ScenarioRule,
    continuous_tiers,
)
from pdesolve import Exercise
from tests.margin.by_hand import ASOF, account, after, call, market, put
from tests.margin.maps import GRID, six_legs, strangle
from tests.margin.test_liquidation_map import ends

SHARES = ScenarioRule("shares", (Scenario(-0.15), Scenario(0.15)))
NOTHING = ScenarioRule("nothing", (Scenario(0.0),))


def mapped(held, priced, rule=TEN_POINT_EQUITY, days=30, **kind):
    return liquidation_map(held, priced, rule, horizon=timedelta(days=days), **kind)


def proven(found):
    return all(found.danger(date).certificate.complete for date in found.dates)


@pytest.mark.parametrize("days", [61, 90, 400])
def test_a_horizon_beyond_the_last_expiry_goes_on_with_what_was_paid(days):
    held, priced = strangle()
    found = mapped(held, priced, days=days)
    (last,) = [each for each in found.events() if each.kind is EventKind.EXPIRY]
    assert last.date == after(60)
    assert proven(found)
    # Nothing is left but cash and payoffs: 6,000 - 300 (48 - S) and 6,000 - 300 (S - 55).
    assert [end for end, _ in ends(found.intervals(after(days)))] == pytest.approx([28.0, 75.0])


def test_legs_that_all_expire_inside_the_horizon_leave_cash():
    legs = put(45.0, 5), call(55.0, 9), put(50.0, 12)
    held = account(900.0, *(Position(leg, -1.0, 100) for leg in legs))
    found = mapped(held, market(50.0, dict.fromkeys(legs, 0.4)), days=20)
    expiries = [each.date for each in found.events() if each.kind is EventKind.EXPIRY]
    assert expiries == [after(5), after(9), after(12)]
    paid = 900.0 - 100.0 * (55.0 - 50.0)
    assert paid > 0.0
    assert found.excess(50.0, after(20)) == (pytest.approx(900.0), pytest.approx(0.0, abs=1e-9))


@pytest.mark.parametrize("day", [0.0, 30.0, 59.999, 60.0])
def test_a_spot_at_a_strike_is_read_like_any_other(day):
    leg = put(50.0, 60)
    held = account(400.0, Position(leg, -1, 100))
    found = mapped(held, market(50.0, {leg: 0.3}), days=60)
    near = [found.excess(50.0 + step, after(day))[0] for step in (-1e-7, 0.0, 1e-7)]
    assert near[1] == pytest.approx(0.5 * (near[0] + near[2]), abs=1e-3)


def test_a_spot_at_a_kink_of_a_tier_is_read_like_any_other():
    rule = PerpetualRule(continuous_tiers((0.0, 1_000.0), (0.01, 0.05)))
    held = account(200.0, Position(Perpetual("X"), -10.0, entry_price=100.0))
    found = mapped(held, market(100.0), rule, days=2)
    # Above 100 the second tier binds: 200 + 10 (100 - S) = 10 + 0.05 (10 S - 1000).
    assert found.thresholds(ASOF).above.spot == pytest.approx(1_240.0 / 10.5, rel=1e-12)
    assert found.excess(100.0, ASOF)[0] == pytest.approx(190.0, rel=1e-12)


@pytest.mark.parametrize("rule", [TEN_POINT_EQUITY, GRID, NOTHING], ids=lambda rule: rule.name)
def test_an_account_of_nothing_is_never_liquidated(rule):
    found = mapped(account(0.0), market(50.0), rule, days=3)
    assert found.events() == found.path() == ()
    assert all(not found.intervals(date) for date in found.dates)


def test_zero_cash_against_a_bought_option_is_safe_and_against_a_sold_one_is_not():
    leg = call(55.0, 60)
    priced = market(50.0, {leg: 0.4})
    bought = mapped(account(0.0, Position(leg, 1, 100)), priced, NOTHING)
    sold = mapped(account(0.0, Position(leg, -1, 100)), priced, NOTHING)
    assert bought.danger(ASOF).state(50.0) is State.SAFE
    assert sold.danger(ASOF).state(50.0) is State.LIQUIDATED
    assert sold.words.startswith("liquidated today")


def test_zero_quantities_count_for_nothing():
    held, priced = strangle()
    idle = tuple(replace(each, quantity=0.0) for each in held.positions)
    found = mapped(replace(held, positions=idle), priced, NOTHING, days=70)
    assert found.events() == ()
    assert proven(found)
    more, known = (
        mapped(each, priced).intervals(ASOF)
        for each in (replace(held, positions=(*held.positions, *idle)), held)
    )
    np.testing.assert_allclose(ends(more), ends(known), rtol=1e-9)


@pytest.mark.parametrize("day", [0, 15, 45])
def test_a_requirement_that_is_always_zero_leaves_bankruptcy(day):
    held, priced = strangle()
    ladder = mapped(held, priced, NOTHING, days=59).ladder(after(day))
    assert ladder.maintenance.intervals == ladder.bankruptcy.intervals != ()
    assert ladder.initial.intervals == ladder.bankruptcy.intervals


@pytest.mark.parametrize(("depth", "certain"), [(1e-9, False), (1e-4, True)])
def test_two_thresholds_closer_than_their_error_are_undecided(depth, certain):
    left, right = -40.0, 40.0
    bowl = np.array([left**2, (2 * left * right + left**2) / 3,
                     (2 * left * right + right**2) / 3, right**2]) - depth  # fmt: skip
    found = danger_set([PiecewiseCubic([10.0, 90.0], [bowl], [1e-6])], lowest=10.0, highest=90.0)
    (interval,) = found.intervals
    width = 2.0 * np.sqrt(depth)
    assert interval.upper - interval.lower == pytest.approx(width, rel=1e-3, abs=2e-6)
    assert found.certificate.complete is certain
    assert (found.state(50.0) is State.LIQUIDATED) is certain
    assert bool(interval.lower_error < width) is certain


def test_a_threshold_at_the_spot_is_at_no_distance():
    # Lost where 85 S = 4,250, which is at 50.
    held = account(-4_250.0, Position(Asset("X"), 100))
    found = mapped(held, market(50.0), SHARES)
    known = found.thresholds(ASOF)
    assert known.already or known.below.percent == pytest.approx(0.0, abs=1e-10)
    assert abs(found.excess(50.0, ASOF)[0]) <= 1e-9
    assert found.margin_ratio(50.0, ASOF) == pytest.approx(1.0, rel=1e-12)


def test_wings_that_stay_open_say_so():
    held, priced = six_legs(20.0)
    narrow = mapped(held, priced, GRID, days=5, spots=(50.0, 70.0)).danger(ASOF)
    assert narrow.certificate.upper_open
    assert narrow.intervals[-1].upper_open
    assert str(narrow.intervals[-1]).startswith("above")
    wide = mapped(held, priced, GRID, days=5).danger(ASOF)
    assert not wide.certificate.upper_open or wide.intervals[-1].upper == 300.0


@pytest.mark.parametrize("exercise", Exercise)
def test_a_volatility_of_five_hundred_percent_is_mapped_and_the_rule_flips(exercise):
    held, priced = strangle(40_000.0, exercise=exercise)
    wild = replace(priced, vols=dict.fromkeys(priced.vols, 5.0))
    found = mapped(held, wild, days=59)
    assert proven(found)
    for end, error in ends(found.intervals(ASOF)):
        signs = [
            requirement(held, replace(wild, underlyings={"X": Underlying(s, 0.04)}),
                        TEN_POINT_EQUITY).excess > 0.0
            for s in (end - 2.0 * error, end + 2.0 * error)
        ]  # fmt: skip
        assert signs[0] is not signs[1]


def test_an_account_that_is_below_everywhere_is_one_open_interval_on_all_dates():
    held, priced = strangle(-1e6)
    found = mapped(held, priced)
    for date in found.dates:
        (interval,) = found.intervals(date)
        assert interval.lower_open
        assert interval.upper_open
    assert found.path() == ()
    assert found.cash_never_liquidated().extra > 1e6


@pytest.mark.parametrize("rate", [0.0, 0.06])
def test_american_thresholds_are_those_of_an_independent_engine(rate):
    quantlib = pytest.importorskip("tests.margin.american_engine")
    legs = {
        put(46.0, 60, exercise=Exercise.AMERICAN): (-4, 0.35),
        call(56.0, 60, exercise=Exercise.AMERICAN): (-3, 0.30),
        put(50.0, 120, exercise=Exercise.AMERICAN): (2, 0.33),
    }
    held = account(2_500.0, *(Position(leg, n, 100) for leg, (n, _) in legs.items()))
    vols = {leg: vol for leg, (_, vol) in legs.items()}
    priced = market(50.0, vols, rate=rate, dividend_yield=0.02)
    found = mapped(held, priced, days=2)

    def excess(spot):
        now, *moved = (
            quantlib.equity(held, priced, spot * (1.0 + move))
            for move in (0.0, *(each.spot_move for each in TEN_POINT_EQUITY.scenarios))
        )
        minimum = 900.0 * TEN_POINT_EQUITY.minimum_per_short_option
        assert TEN_POINT_EQUITY.minimum_per_long_option == TEN_POINT_EQUITY.minimum_per_short_option
        return now - max(minimum, *(now - each for each in moved))

    every = ends(found.intervals(ASOF))
    assert len(every) == 2
    for end, _ in every:
        root = brentq(excess, (1.0 - 1e-3) * end, (1.0 + 1e-3) * end, xtol=1e-9)
        assert end == pytest.approx(root, rel=1e-5)
