"""Sensitivities of thresholds against differences of maps that were drawn again."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from margin import Asset, Perpetual, Position
from margin.maps.build import liquidation_map
from margin.maps.distance import distances
from margin.maps.path import ThresholdSide
from margin.maps.rule_sensitivity import (
    moved_rule,
    parameter_name,
    rule_parameters,
    rule_sensitivities,
)
from margin.rules import (
    TEN_POINT_EQUITY,
    PerpetualRule,
    Scenario,
    ScenarioRule,
    continuous_tiers,
)
from pdesolve import Exercise
from tests.margin.by_hand import ASOF, account, after, market
from tests.margin.maps import GRID, backspread, six_legs, strangle

ACCOUNTS = {
    "strangle": (*strangle(), TEN_POINT_EQUITY),
    "american": (*strangle(exercise=Exercise.AMERICAN), TEN_POINT_EQUITY),
    "backspread": (*backspread(2_300.0), TEN_POINT_EQUITY),
    "six legs": (*six_legs(33.0), GRID),
}
# Differences of the second order over these steps are right to about their squares.
RELATIVE = 1e-3


def mapped(held, priced, rule, **kind):
    return liquidation_map(held, priced, rule, horizon=timedelta(days=20), **kind)


def levels(found, date):
    """Thresholds of a date inside the range searched, ascending."""
    every = [
        end
        for each in found.intervals(date)
        for end, is_open in ((each.lower, each.lower_open), (each.upper, each.upper_open))
        if not is_open
    ]
    return np.array(every)


@pytest.fixture(params=ACCOUNTS, scope="module")
def case(request):
    held, priced, rule = ACCOUNTS[request.param]
    found = mapped(held, priced, rule)
    return held, found, {day: found.sensitivities(after(day)) for day in (0, 11)}


@pytest.mark.parametrize("day", [0, 11])
def test_cash(case, day):
    held, found, known = case
    step = 1e-4 * abs(held.cash)
    up, down = (
        levels(found.with_account(replace(held, cash=held.cash + change)), after(day))
        for change in (step, -step)
    )
    expected = (up - down) / (2.0 * step)
    np.testing.assert_allclose([each.cash for each in known[day]], expected, rtol=RELATIVE)


@pytest.mark.parametrize("day", [0, 11])
def test_each_quantity(case, day):
    held, found, known = case
    for index, position in enumerate(held.positions):
        up, down = (
            levels(found.with_account(replace(held, positions=(
                *held.positions[:index],
                replace(position, quantity=position.quantity + change),
                *held.positions[index + 1:],
            ))), after(day))
            for change in (1e-3, -1e-3)
        )  # fmt: skip
        given = [each.quantities[index] for each in known[day]]
        np.testing.assert_allclose(given, (up - down) / 2e-3, rtol=RELATIVE, atol=1e-5)


@pytest.mark.parametrize("day", [0, 11])
def test_volatility(case, day):
    _, found, known = case
    up, down = (levels(found.under(move), after(day)) for move in (0.004, -0.004))
    given = [each.volatility for each in known[day]]
    np.testing.assert_allclose(given, (up - down) / 0.008, rtol=RELATIVE, atol=2e-3)


def test_time_is_the_slope_of_the_path(case):
    _, found, known = case
    step = timedelta(hours=6)
    up, down = (
        levels(found.elsewhere([after(11) + change]), after(11) + change)
        for change in (step, -step)
    )
    slope = (up - down) / (2.0 * 0.25 / 365.0)
    given = [each.time for each in known[11]]
    np.testing.assert_allclose(given, slope, rtol=5e-3, atol=2e-2)


def test_today_time_is_taken_forward(case):
    _, found, known = case
    dates = [ASOF + timedelta(hours=hours) for hours in (0, 3, 6)]
    near = found.elsewhere(dates)
    first, second, third = (levels(near, date) for date in dates)
    slope = (-1.5 * first + 2.0 * second - 0.5 * third) * 8.0 * 365.0
    given = [each.time for each in known[0]]
    np.testing.assert_allclose(given, slope, rtol=5e-3, atol=2e-2)


def test_the_excess_falls_into_danger_at_each_end(case):
    _, _, known = case
    for each in known[0] + known[11]:
        assert (each.slope < 0.0) is (each.side is ThresholdSide.LOWER)
        assert each.per_day == each.time / 365.0


def test_shares_on_margin_have_the_derivatives_of_the_formula():
    # S* = -cash / (0.85 n)
    rule = ScenarioRule("shares", (Scenario(-0.15),))
    found = mapped(account(-4_000.0, Position(Asset("X"), 100)), market(80.0), rule)
    (each,) = found.sensitivities(ASOF)
    assert each.cash == pytest.approx(-1.0 / 85.0, rel=1e-12)
    assert each.quantities == (pytest.approx(-4_000.0 / 8_500.0, rel=1e-8),)
    assert (each.volatility, each.time) == (0.0, 0.0)


def test_interest_moves_the_threshold_of_a_loan():
    rule = ScenarioRule("shares", (Scenario(-0.15),))
    found = mapped(account(-4_000.0, Position(Asset("X"), 100)), market(80.0), rule)
    (each,) = found.accruing(interest=0.1).sensitivities(after(10))
    assert each.time == pytest.approx(0.1 * each.spot, rel=1e-8)


def test_cash_in_coin_counts_at_the_threshold():
    held = account(1.0, Position(Perpetual("X"), 2.0, entry_price=100.0), currency="X")
    rule = PerpetualRule(continuous_tiers((0.0,), (0.05,)))
    found = mapped(held, market(100.0), rule)
    (each,) = found.sensitivities(ASOF)
    more = found.with_account(replace(held, cash=1.0 + 1e-6))
    step = levels(more, ASOF)[0] - levels(found, ASOF)[0]
    assert each.cash == pytest.approx(step / 1e-6, rel=1e-5)


def test_a_date_at_an_expiry_is_taken_after_it():
    held, priced = six_legs(33.0)
    found = liquidation_map(held, priced, GRID, horizon=timedelta(days=40))
    for each in found.sensitivities(after(28)):
        assert np.isfinite([each.time, each.volatility, *each.quantities]).all()


@pytest.mark.parametrize("day", [0, 11])
def test_rate(case, day):
    held, found, known = case
    market = found.revaluation.market
    carry = market.underlyings["X"]
    up, down = (
        levels(mapped(held, replace(market, underlyings={"X": replace(carry, rate=carry.rate + h)}),
                      found.rule), after(day))
        for h in (1e-3, -1e-3)
    )  # fmt: skip
    given = [each.rate for each in known[day]]
    np.testing.assert_allclose(given, (up - down) / 2e-3, rtol=5e-3, atol=5e-3)


@pytest.mark.parametrize("name", ["strangle", "six legs"])
def test_every_number_of_the_rule(name):
    held, priced, rule = ACCOUNTS[name]
    rule = replace(rule, minimum_per_short_option=0.4)
    found = mapped(held, priced, rule)
    every = rule_sensitivities(found, ASOF)
    assert any("spot_move" in each.parameter for each in every)
    places = {parameter_name(place): place for place, _ in rule_parameters(rule)}
    for each in [each for each in every if not each.parameter.endswith("weight")][:4]:
        up, down = (
            levels(mapped(held, priced, moved_rule(rule, places[each.parameter], h)), ASOF)
            for h in (2e-4, -2e-4)
        )
        np.testing.assert_allclose(each.slopes, (up - down) / 4e-4, rtol=5e-3, atol=1e-3)


def test_a_number_at_its_bound_ismoved_rule_to_the_side_that_is_allowed():
    rule = PerpetualRule(continuous_tiers((0.0,), (0.05,)))
    held = account(10.0, Position(Perpetual("X"), 1.0, entry_price=100.0))
    every = {each.parameter: each for each in
             rule_sensitivities(mapped(held, market(100.0), rule), ASOF)}  # fmt: skip
    # The threshold is (90 + other) / (1 - rate - fee); the fee is 0 and may not be negative.
    assert every["fee"].slopes[0] == pytest.approx(90.0 / 0.95**2, rel=2e-3)
    assert every["tiers[0].rate"].slopes[0] == pytest.approx(90.0 / 0.95**2, rel=1e-4)
    assert every["other_maintenance"].slopes[0] == pytest.approx(1.0 / 0.95, rel=1e-9)
    assert "initial_factor" not in every


def test_no_threshold_has_no_sensitivity():
    assert rule_sensitivities(mapped(*strangle(1e9), TEN_POINT_EQUITY, spots=(40, 60)), ASOF) == ()


def test_distances_are_those_of_the_levels_and_of_the_path():
    found = liquidation_map(*six_legs(40.0), GRID, horizon=timedelta(days=27))
    date = after(9)
    known, (lower, upper) = found.thresholds(date), distances(found, date)
    assert (lower.spot, lower.side) == (known.above.spot, ThresholdSide.LOWER)
    assert lower.percent == pytest.approx(known.above.percent)
    assert lower.sigmas == pytest.approx(known.above.sigmas)
    assert lower.days == pytest.approx(found.days_to_liquidation() - 9.0, abs=2.0 / 1440.0)
    assert "at the present spot in" in str(lower)
    assert (upper.days, upper.side) == (None, ThresholdSide.UPPER)


def test_before_an_interval_is_born_there_is_no_distance():
    assert distances(mapped(*backspread(3_000.0), TEN_POINT_EQUITY), ASOF) == ()
