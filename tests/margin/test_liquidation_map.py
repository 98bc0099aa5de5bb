"""The map against closed forms, dense points, requirements from scratch, and at its edges."""

import json
import re
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import numpy as np
import pytest
from scipy.optimize import brentq

from margin import Asset, Perpetual, Position, Underlying
from margin.danger import State
from margin.liquidation import thresholds
from margin.maps.build import liquidation_map
from margin.maps.events import EventKind
from margin.maps.ladder import Rung
from margin.requirements import requirement
from margin.rules import (
    TEN_POINT_EQUITY,
    DeribitPortfolio,
    DeribitStandard,
    DerivePortfolio,
    InitialRule,
    PerpetualRule,
    Scenario,
    ScenarioRule,
    continuous_tiers,
)
from pdesolve import Exercise
from tests import naive
from tests.margin.by_hand import ASOF, account, after, call, market, put
from tests.margin.maps import (
    GRID,
    backspread,
    excess_by_hand,
    later,
    living,
    random_book,
    random_rule,
    six_legs,
    strangle,
)

DENSE = 8_000
GROUPS, MEMBERS = 20, 10
MONTH = timedelta(days=30)
SHARES = ScenarioRule("shares", (Scenario(-0.15), Scenario(0.15)))


def mapped(held, priced, rule=TEN_POINT_EQUITY, days=30, **kind):
    return liquidation_map(held, priced, rule, horizon=timedelta(days=days), **kind)


def ends(intervals):
    """Ends of intervals inside the range searched."""
    every = [(each.lower, each.lower_error, each.lower_open) for each in intervals]
    every += [(each.upper, each.upper_error, each.upper_open) for each in intervals]
    return sorted((end, error) for end, error, is_open in every if not is_open)


@pytest.mark.parametrize("day", [0, 7, 20, 27])
def test_thresholds_are_the_roots_of_the_closed_form(day):
    held, priced = six_legs(37.0)
    found = mapped(held, priced, GRID)
    at = later(priced, after(day))
    for end, _ in ends(found.intervals(after(day))):
        root = brentq(
            lambda s: excess_by_hand(held, at, GRID, s), (1.0 - 1e-5) * end, (1.0 + 1e-5) * end
        )
        assert end == pytest.approx(root, rel=1e-6)


def random_maps(seed):
    """Maps of many accounts over the same contracts, solved once."""
    rng = np.random.default_rng(seed)
    held, priced = random_book(rng, int(rng.integers(10, 41)))
    dates = [after(float(day)) for day in np.sort(rng.uniform(0.0, 90.0, 5))]
    found = mapped(held, priced, random_rule(rng), days=91, dates=dates)
    for _ in range(MEMBERS):
        positions = tuple(
            replace(each, quantity=float(rng.integers(-3, 4))) for each in held.positions
        )
        cash = float(rng.uniform(-100.0, 400.0))
        yield found.with_account(replace(held, cash=cash, positions=positions))


@pytest.mark.parametrize("seed", range(GROUPS))
def test_crossings_on_every_date_are_those_of_dense_points(seed):
    spots = np.geomspace(20.0, 500.0, DENSE)
    for found in random_maps(seed):
        for date in found.dates:
            negative = naive.least(found.excess_curves(date), spots) < 0.0
            assert found.danger(date).certificate.complete
            assert len(ends(found.intervals(date))) == np.count_nonzero(np.diff(negative))


def test_there_is_no_threshold_today_and_one_is_born_while_nothing_moves():
    found = mapped(*six_legs(40.0), GRID)
    born = next(event for event in found.events() if event.kind is EventKind.BIRTH)
    assert found.intervals(ASOF) == found.intervals(after(2)) == ()
    assert found.danger(ASOF).certificate.complete
    assert after(2) < born.date < after(7)
    assert 60.0 < born.spot < 90.0
    assert found.intervals(after(7)) != ()


@pytest.mark.parametrize(
    ("cash", "words"),
    [
        (2_000.0, "liquidated today at 50.0000; danger 45.16.* to 68.22.* from 29 November"),
        (2_300.0, "danger today 50.1899 to 56.2794; danger 45.47.* to 67.87.* from 4 December"),
        (3_000.0, "no threshold today; danger 46.08.* to 67.04.* from 26 November"),
        (9_000.0, "no threshold today; no danger until 19 December"),
    ],
)
def test_the_next_change_is_told_in_words(cash, words):
    assert re.fullmatch(words, mapped(*backspread(cash), days=29).words)


@pytest.mark.parametrize("day", [0, 5, 12])
@pytest.mark.parametrize("exercise", Exercise)
def test_the_rule_from_scratch_flips_at_each_end(exercise, day):
    held, priced = strangle(exercise=exercise)
    date = after(day)
    for gone in mapped(held, priced).intervals(date):
        for end, error, inside in (
            (gone.lower, gone.lower_error, 1.0),
            (gone.upper, gone.upper_error, -1.0),
        ):
            if 10.0 < end < 250.0:
                room = inside * (2.0 * error + 1e-9 * end)  # both sides have their error
                at = later(priced, date)
                short, safe = (
                    requirement(held, replace(at, underlyings={"X": Underlying(s, 0.04)}),
                                TEN_POINT_EQUITY).excess
                    for s in (end + room, end - room)
                )  # fmt: skip
                assert short < 0.0 < safe


def test_other_cash_and_quantities_price_nothing_and_equal_a_fresh_map(monkeypatch):
    held, priced = six_legs(40.0)
    other = replace(held, cash=30.0, positions=(replace(held.positions[0], quantity=-7.0),
                                                *held.positions[1:]))  # fmt: skip
    fresh = mapped(other, priced, GRID)
    found = mapped(held, priced, GRID)
    monkeypatch.setattr("margin.solved.solve_by_date", None)
    updated = found.with_account(other)
    for date in found.dates:
        np.testing.assert_allclose(
            ends(updated.intervals(date)), ends(fresh.intervals(date)), rtol=1e-9, atol=1e-12
        )


@pytest.mark.parametrize("move", [-0.3, 0.2, 0.5])
def test_the_map_under_a_move_is_that_of_a_market_that_has_moved(move):
    held, priced = six_legs(37.0)
    moved = replace(priced, vols={leg: vol * (1.0 + move) for leg, vol in priced.vols.items()})
    under = mapped(held, priced, GRID, vol_moves=(move,)).under(move)
    for date in (ASOF, after(14)):
        fresh = ends(mapped(held, moved, GRID).intervals(date))
        for (end, error), (other, _) in zip(ends(under.intervals(date)), fresh, strict=True):
            assert abs(end - other) <= 2.0 * error


def test_a_move_that_was_not_asked_for_is_solved_when_it_is():
    known = mapped(*six_legs(37.0), GRID, days=3, vol_moves=(0.2,)).under(0.2)
    found = mapped(*six_legs(37.0), GRID, days=3).under(0.2)
    assert found.intervals(ASOF) == known.intervals(ASOF)
    assert found.vol_move == 0.2


def test_the_volatility_that_alone_liquidates_is_the_root_of_the_closed_form():
    held, priced = backspread(3_000.0)
    found = mapped(held, priced, days=3).vol_threshold()
    root = brentq(lambda v: excess_by_hand(held, priced, TEN_POINT_EQUITY, 50.0, v), -0.6, -0.3)
    assert found.fall == pytest.approx(root, abs=1e-6)
    assert found.rise is None
    assert str(found) == "liquidated if volatilities fall by 47.0 %; no rise to +200 % does"


@pytest.mark.parametrize(("cash", "said"), [(9_000.0, "not liquidated by any"), (2_000.0, "saved")])
def test_no_volatility_liquidates_and_some_saves(cash, said):
    found = mapped(*backspread(cash), days=3).vol_threshold()
    assert str(found).startswith(said)
    assert found.liquidated is (said == "saved")


@pytest.mark.parametrize("day", [0, 9, 25])
@pytest.mark.parametrize("initial", [1.0, 1.4])
def test_each_rung_of_the_ladder_holds_the_next(initial, day):
    rule = replace(GRID, initial_factor=initial)
    ladder = mapped(*six_legs(37.0), rule).ladder(after(day))
    for (_, wider), (rung, narrower) in pairwise(ladder.rungs()):
        for each in narrower.intervals:
            assert any(w.lower <= each.lower and each.upper <= w.upper for w in wider.intervals)
        assert (wider.intervals == narrower.intervals) == (rung is Rung.MAINTENANCE and initial == 1.0)  # fmt: skip # noqa: E501


@pytest.mark.parametrize("rule", [DeribitPortfolio(), DeribitStandard(), DerivePortfolio()])
def test_rules_with_an_initial_requirement_of_their_own_have_a_ladder(rule):
    found = mapped(*strangle(20_000.0), rule, days=10)
    ladder = found.ladder(after(5))
    (end,) = ends(ladder.initial.intervals)
    initial = thresholds(*strangle(20_000.0), InitialRule(rule), date=after(5))
    assert abs(end[0] - initial.above.spot) <= 2.0 * end[1]
    assert end[0] < ends(ladder.maintenance.intervals)[0][0]
    assert ladder.bankruptcy.intervals == found.thresholds(after(5)).bankruptcy.intervals


def test_a_warning_below_the_initial_requirement_is_refused():
    with pytest.raises(ValueError, match=r"warning must lie from 1 to inf, got 0\.9"):
        mapped(*strangle()).ladder(ASOF, warning=0.9)


@pytest.mark.parametrize("cash", [10.0, 37.0])
def test_with_the_cash_never_liquidated_there_is_no_danger_and_with_less_there_is(cash):
    held, priced = six_legs(cash)
    found = mapped(held, priced, GRID, spots=(30.0, 120.0))
    floor = found.cash_never_liquidated()
    safe, short = (
        found.with_account(replace(held, cash=floor.cash + room))
        for room in (2.0 * floor.error + 1e-9, -2.0 * floor.error - 1e-9)
    )
    assert all(not safe.intervals(date) for date in found.dates)
    assert short.intervals(floor.date) != ()
    assert floor.extra == floor.cash - cash


def test_cash_in_coin_lifts_the_excess_in_proportion_to_spot():
    held = account(1.0, Position(Perpetual("X"), 2.0, entry_price=100.0), currency="X")
    rule = PerpetualRule(continuous_tiers((0.0,), (0.05,)))
    floor = mapped(held, market(100.0), rule, spots=(50.0, 200.0)).cash_never_liquidated()
    # At 50 the loss is 100, two coins, and the requirement 5 % of two coins.
    assert (floor.cash, floor.spot, floor.at_end) == (pytest.approx(2.1), 50.0, True)


@pytest.mark.parametrize("days", [10.0, 365.0])
def test_interest_on_a_loan_makes_an_exponential_threshold(days):
    held = account(-4_000.0, Position(Asset("X"), 100))
    found = mapped(held, market(80.0), SHARES, days=days).accruing(interest=0.1, income=-5.0)
    growth = np.exp(0.1 * days / 365.0)
    debt = 4_000.0 * growth + 5.0 * (growth - 1.0) / 0.1
    assert found.path()[0].spots[-1] == pytest.approx(debt / 85.0, rel=1e-12)


def test_the_margin_ratio_is_one_at_a_threshold_and_none_without_requirement():
    found = mapped(*strangle())
    (below, _), (above, _) = ends(found.intervals(ASOF))
    assert found.margin_ratio(below, ASOF) == pytest.approx(1.0, rel=1e-9)
    assert found.margin_ratio(above, ASOF) == pytest.approx(1.0, rel=1e-9)
    assert mapped(account(5.0), market(9.0)).margin_ratio(9.0, ASOF) is None


def test_the_path_reaches_the_spot_on_the_day_the_closed_form_falls_below_zero():
    held, priced = backspread(3_000.0)
    days = mapped(held, priced, days=29).days_to_liquidation()
    minute = 1.0 / 1440.0
    before, at = (
        excess_by_hand(held, later(priced, after(day)), TEN_POINT_EQUITY, 50.0)
        for day in (days - minute, days + minute)
    )
    assert at < 0.0 < before


def test_nearest_thresholds_have_distances():
    found = mapped(*strangle()).thresholds(ASOF)
    assert found.below.percent == pytest.approx(100.0 * (32.5712 / 50.0 - 1.0), abs=2e-4)
    assert found.above.sigmas > 0.0 > found.below.sigmas
    assert found.bankruptcy.intervals != ()


def test_a_date_between_those_of_the_map_is_solved():
    found = mapped(*strangle())
    date = after(3.3)
    assert date not in found.dates
    fresh = mapped(*strangle(), dates=[date]).intervals(date)
    for (end, error), (other, _) in zip(ends(found.intervals(date)), ends(fresh), strict=True):
        assert abs(end - other) <= 2.0 * error


@pytest.mark.parametrize("day", [-1.0, 31.0])
def test_dates_outside_the_horizon_are_refused(day):
    with pytest.raises(ValueError, match="date must lie from"):
        mapped(*strangle()).intervals(after(day))


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"horizon": timedelta(0)}, "horizon must be a positive timedelta"),
        ({"horizon": 30}, "horizon must be a positive timedelta, got 30"),
        ({"dates": [after(-1)]}, "dates must be one at least, none before"),
        ({"dates": [after(31)]}, "dates must not be after the horizon"),
        ({"spots": (60.0, 90.0)}, r"spots must hold the spot 50\.0, got 60\.0 to 90\.0"),
        ({"spots": (0.0, 90.0)}, "spots must be positive and finite"),
        ({"vol_moves": (-1.0,)}, "vol_moves must be above -1"),
        ({"vol_moves": (np.nan,)}, "vol_moves must be a finite number"),
    ],
)
def test_what_cannot_be_mapped_is_refused(given, message):
    held, priced = strangle()
    with pytest.raises(ValueError, match=message):
        liquidation_map(held, priced, TEN_POINT_EQUITY, **({"horizon": MONTH} | given))


@pytest.mark.parametrize("days", [60, 90, 400])
def test_a_horizon_beyond_the_last_expiry_ends_with_what_was_settled(days):
    held, priced = backspread(3_000.0)
    found = mapped(held, priced, days=days)
    # All legs paid at the spot considered: danger where cash and payoff are negative.
    settled = 3_000.0 - 1_000.0 * (53.0 - 50.0)
    assert settled == 0.0
    (last,) = found.intervals(found.dates[-1])
    assert (last.lower, last.upper) == pytest.approx((53.0, 57.0), rel=1e-9)


def test_every_leg_of_zero_quantity_leaves_the_cash():
    held, priced = backspread(0.0)
    empty = replace(held, positions=tuple(replace(p, quantity=0.0) for p in held.positions))
    found = mapped(replace(empty, cash=5.0), priced)
    assert not found.path()
    assert not found.events()
    assert found.words == "no threshold today; no danger until 20 December"


@pytest.mark.parametrize("spot", [50.0, 55.0])
def test_a_spot_at_a_strike_at_expiry_is_read(spot):
    held, priced = backspread(3_000.0)
    found = mapped(held, replace(priced, underlyings={"X": Underlying(spot, 0.03)}), days=30)
    assert found.danger(after(30)).state(spot) is (State.SAFE if spot == 50.0 else State.LIQUIDATED)


def test_a_threshold_at_the_spot_is_undecided():
    held = account(-4_250.0, Position(Asset("X"), 100))
    found = mapped(held, market(50.0), SHARES, days=1)
    assert found.danger(ASOF).state(50.0) is State.UNDECIDED


@pytest.mark.parametrize("room", [1e-9, -1e-9])
def test_two_thresholds_closer_than_the_error_are_flagged(room):
    held, priced = backspread(3_000.0)
    found = mapped(held, priced, days=3)
    floor = found.cash_never_liquidated()
    near = found.with_account(replace(held, cash=floor.cash + room))
    assert not near.danger(floor.date).certificate.complete


def test_far_wings_are_open():
    (below, above) = mapped(*strangle()).intervals(ASOF)
    assert below.lower_open
    assert above.upper_open
    assert "below 32.57" in str(below)


def test_an_account_below_everywhere_says_so():
    found = mapped(*strangle(cash=-1e6))
    assert found.words.startswith("liquidated today")
    assert found.days_to_liquidation() == 0.0
    assert found.sensitivities(ASOF) == ()


@pytest.mark.parametrize("volatility", [0.01, 5.0])
def test_extreme_volatilities_are_mapped(volatility):
    held, priced = strangle()
    wild = replace(priced, vols=dict.fromkeys(priced.vols, volatility))
    found = mapped(held, wild, days=59)
    assert all(found.danger(date).certificate.complete for date in found.dates)
    assert found.thresholds(ASOF).volatility == volatility


def test_a_rule_without_requirement_liquidates_at_bankruptcy():
    found = mapped(*strangle(), ScenarioRule("none", (Scenario(0.0),)))
    ladder = found.ladder(ASOF)
    assert ladder.maintenance.intervals == ladder.bankruptcy.intervals != ()


def test_the_dictionary_is_plain_enough_for_json():
    found = mapped(*backspread(3_000.0), days=10)
    kept = json.loads(json.dumps(found.to_dict()))
    assert kept["words"] == found.words
    assert [each["date"] for each in kept["dates"]] == [date.isoformat() for date in found.dates]
    assert kept["events"][0]["kind"] == "birth"


def test_the_text_fits_a_terminal():
    lines = repr(mapped(*six_legs(40.0), GRID)).splitlines()
    assert lines[0] == "test: liquidation map, grid"
    assert max(map(len, lines)) <= 100
    assert any("born" in line for line in lines)


def test_shares_on_margin_have_a_threshold_that_stands_still():
    found = mapped(account(-4_000.0, Position(Asset("X"), 100)), market(80.0), SHARES)
    (curve,) = found.path()
    np.testing.assert_allclose(curve.spots, 4_000.0 / 85.0, rtol=1e-12)
    assert curve.at(after(3.7)) == pytest.approx(4_000.0 / 85.0, rel=1e-12)


def test_legs_that_expire_leave_what_they_paid():
    held, priced = six_legs(40.0)
    found = mapped(held, priced, GRID, days=40)
    rest = living(held, after(30))
    at = later(priced, after(30))
    for end, _ in ends(found.intervals(after(30))):
        paid = sum(
            p.quantity * max(int(p.instrument.right) * (end - p.instrument.strike), 0.0)
            for p in held.positions
            if p.instrument.expiry <= after(30)
        )
        left = excess_by_hand(replace(rest, cash=held.cash + paid), at, GRID, end)
        assert left == pytest.approx(0.0, abs=1e-4)
    assert call(65.0, 28).expiry < after(30) < put(50.0, 56).expiry
