"""Events and paths of sets whose exact course is known, and of accounts that expire."""

from bisect import bisect_right
from dataclasses import replace
from datetime import timedelta
from functools import partial

import numpy as np
import pytest

from margin import Asset, Future, Perpetual, Position, Settlement
from margin.curve_shape import least_of
from margin.danger import danger_set
from margin.maps.build import liquidation_map
from margin.maps.dates import map_dates
from margin.maps.events import EventKind, events_of
from margin.maps.path import ThresholdSide, curves_of, extent
from margin.maps.slices import Slice, refined
from margin.maps.watch import watched
from margin.piecewise import PiecewiseCubic, line
from margin.rules import TEN_POINT_EQUITY, PerpetualRule, continuous_tiers
from margin.rules.kinked import negated
from tests.margin.by_hand import ASOF, account, after, market, put
from tests.margin.maps import GRID, backspread, random_book, random_rule, six_legs

LOWEST, HIGHEST = 10.0, 90.0
MINUTE = 1.0 / 1440.0
EMPTY = account(0.0)


def parabola(centre, depth):
    """``(S - centre)^2 - depth``, negative within the root of the depth."""
    left, right = LOWEST - centre, HIGHEST - centre
    squares = np.array([left * left, (2.0 * left * right + left * left) / 3.0,
                        (2.0 * left * right + right * right) / 3.0, right * right])  # fmt: skip
    return PiecewiseCubic([LOWEST, HIGHEST], [squares - depth], [1e-9])


def slicing(course):
    """Slices on dates, of the curves that ``course`` gives for days from now."""

    def look(dates):
        found = []
        for date in dates:
            curves = course((date - ASOF).total_seconds() / 86_400.0)
            danger = danger_set(curves, lowest=LOWEST, highest=HIGHEST)
            found.append(Slice(date, danger, partial(least_of, curves)))
        return found

    return look


def followed(course, spot=20.0, days=11):
    look = slicing(course)
    slices = refined(look([after(day) for day in range(days)]), spot, look)
    return slices, events_of(slices, spot, EMPTY)


def moving(day):
    """Born at day 2.5 around 50, dead at day 7.5."""
    return [parabola(50.0, 25.0 - 4.0 * (day - 5.0) ** 2)]


def meeting(day):
    """Two intervals around 40 and 60 that meet at 50 on day 10 / 3 and part on day 20 / 3."""
    depth = 100.0 + 30.0 * (25.0 / 9.0 - (day - 5.0) ** 2)
    return [parabola(40.0, max(depth, 20.0)), parabola(60.0, max(depth, 20.0))]


def leaving(day):
    """Danger above a level that leaves the range on day 4.25 and comes back on day 5.375."""
    end = 80.0 + 8.0 * (day - 3.0) - (day > 5.0) * 24.0 * (day - 5.0)
    return [line(end, -1.0, lowest=LOWEST, highest=HIGHEST)]


def rising(day):
    """Danger below a level that passes 85 on day 2.5 and leaves the range on day 5."""
    return [line(-80.0 - 2.0 * day, 1.0, lowest=LOWEST, highest=HIGHEST)]


def falling(day):
    """Danger below a level that comes into the range at once and passes 85 on day 2.5."""
    return [line(-90.0 + 2.0 * day, 1.0, lowest=LOWEST, highest=HIGHEST)]


@pytest.mark.parametrize(
    ("course", "spot", "expected"),
    [
        (moving, 20.0, [(EventKind.BIRTH, 2.5, 50.0), (EventKind.DEATH, 7.5, 50.0)]),
        (meeting, 20.0, [(EventKind.MERGE, 10 / 3, 50.0), (EventKind.SPLIT, 20 / 3, 50.0)]),
        (leaving, 12.0, [(EventKind.DEATH, 4.25, 90.0), (EventKind.BIRTH, 5.375, 90.0)]),
        (rising, 85.0, [(EventKind.LIQUIDATION, 2.5, 85.0), (EventKind.OPENING, 5.0, 90.0)]),
        (falling, 85.0, [(EventKind.CLOSING, 0.0, 90.0), (EventKind.RECOVERY, 2.5, 85.0)]),
    ],
)
def test_every_change_is_found_to_the_minute(course, spot, expected):
    _, events = followed(course, spot)
    assert [event.kind for event in events] == [kind for kind, _, _ in expected]
    for event, (_, day, where) in zip(events, expected, strict=True):
        found = (event.date - ASOF).total_seconds() / 86_400.0
        assert day - 1e-9 <= found <= day + event.error_days + 1e-9
        assert event.error_days <= 1.01 * MINUTE
        assert event.spot == pytest.approx(where, abs=0.2)


def test_an_interval_that_was_born_has_two_thresholds_that_meet_at_both_ends():
    slices, _ = followed(moving)
    lower, upper = curves_of(slices)
    assert (lower.side, upper.side) == (ThresholdSide.LOWER, ThresholdSide.UPPER)
    depth = [25.0 - 4.0 * ((d - ASOF).total_seconds() / 86_400.0 - 5.0) ** 2 for d in lower.dates]
    np.testing.assert_allclose(upper.spots - lower.spots, 2.0 * np.sqrt(depth), atol=1e-9)
    assert upper.at(after(5)) == pytest.approx(55.0, abs=1e-9)


def test_outer_thresholds_go_on_where_intervals_merge_and_divide():
    slices, _ = followed(meeting)
    whole = [curve for curve in curves_of(slices) if len(curve.dates) == len(slices)]
    assert [curve.side for curve in whole] == [ThresholdSide.LOWER, ThresholdSide.UPPER]
    assert len(curves_of(slices)) == 6  # and two inner ones before, and two after
    assert extent(slices, 0, 0)[0] == pytest.approx(40.0 - np.sqrt(100.0 + 30.0 * 25 / 9), rel=1e-3)


def test_a_threshold_outside_its_life_is_refused():
    slices, _ = followed(moving)
    with pytest.raises(ValueError, match="date must lie from"):
        curves_of(slices)[0].at(after(1))


def test_births_agree_with_dense_dates():
    held, priced = six_legs(40.0)
    found = liquidation_map(held, priced, GRID, horizon=timedelta(days=27))
    births = [event for event in found.events() if event.kind is EventKind.BIRTH]
    dates = [births[0].date + timedelta(minutes=minute) for minute in range(-3, 4)]
    dense = [bool(found.elsewhere([date]).intervals(date)) for date in dates]
    assert dense == [False] * 3 + [True] * 4
    assert all(event.error_days < 2.0 * MINUTE for event in births)


@pytest.mark.parametrize(
    ("settlement", "words"),
    [
        (Settlement.CASH, "paid in cash"),
        (Settlement.PHYSICAL, "delivered, valued as if paid in cash"),
    ],
)
def test_expiries_are_told_with_their_settlement(settlement, words):
    leg = put(50.0, 10, settlement=settlement)
    held = account(5_000.0, Position(leg, -1, 100))
    found = liquidation_map(held, market(50.0, {leg: 0.3}), TEN_POINT_EQUITY,
                            horizon=timedelta(days=20))  # fmt: skip
    (event,) = [event for event in found.events() if event.kind is EventKind.EXPIRY]
    assert (event.date, event.error_days) == (after(10), 0.0)
    assert event.words == f"X 2026-11-30 50 put expires, {words}"


def test_several_legs_that_expire_together_are_one_event():
    found = liquidation_map(*backspread(3_000.0), TEN_POINT_EQUITY, horizon=timedelta(days=31))
    (event,) = [event for event in found.events() if event.kind is EventKind.EXPIRY]
    assert event.words.startswith("2 legs expire (X 2026-12-20 50 call; X 2026-12-20 55 call), ")


def test_thresholds_jump_at_an_expiry_and_the_curves_go_on():
    found = liquidation_map(*backspread(3_000.0), TEN_POINT_EQUITY, horizon=timedelta(days=31))
    after_expiry = [curve for curve in found.path() if curve.dates[-1] == found.dates[-1]]
    for curve, settled in zip(after_expiry, (53.0, 57.0), strict=True):
        assert curve.at(after(30)) == pytest.approx(settled, rel=1e-9)
        assert abs(curve.at(after(30) - timedelta(minutes=1)) - settled) > 5.0


@pytest.mark.parametrize("days", [5.0, 12.0, 200.0])
def test_dates_are_denser_before_an_expiry(days):
    held, _ = backspread(0.0, days=4)
    dates = map_dates(held, ASOF, timedelta(days=days))
    assert (dates[0], dates[-1]) == (ASOF, after(days))
    assert {after(4), after(4) - timedelta(minutes=1)} <= set(dates)
    left = [(after(4) - date).total_seconds() for date in dates if date < after(4)]
    roots = np.sqrt(np.array(left[-5:-1]) / (days / 30.0 * 86_400.0))
    np.testing.assert_allclose(roots, [4 / 6, 3 / 6, 2 / 6, 1 / 6][: roots.size], atol=1e-6)


def test_a_future_that_expires_is_settled_and_needs_nothing():
    future = Position(Future("X", after(10)), 10.0, entry_price=100.0)
    held = account(150.0, future, Position(Perpetual("X"), 0.0, entry_price=100.0))
    rule = PerpetualRule(continuous_tiers((0.0,), (0.05,)))
    found = liquidation_map(held, market(100.0, rate=0.0), rule, horizon=timedelta(days=20))
    before, at = (found.intervals(date)[0].upper for date in (after(9), after(10)))
    assert (before, at) == (pytest.approx(850.0 / 9.5), pytest.approx(85.0))


def test_nothing_happens_to_what_is_owned_without_debt():
    held = replace(EMPTY, positions=(Position(Asset("X"), 1.0),))
    found = liquidation_map(held, market(100.0), GRID, horizon=timedelta(days=5))
    assert found.events() == ()
    assert found.path() == ()


def hiding(day):
    """Born and dead between two days: below zero for a tenth of a day around day 4.4."""
    return [parabola(50.0, 0.05**2 - (day - 4.4) ** 2)]


def opening(day):
    """A gap within danger that opens and closes between two days."""
    return [negated(parabola(50.0, 0.04**2 - (day - 6.6) ** 2))]


@pytest.mark.parametrize(
    ("course", "kinds", "days"),
    [
        (hiding, [EventKind.BIRTH, EventKind.DEATH], [4.35, 4.45]),
        (opening, [EventKind.SPLIT, EventKind.MERGE], [6.56, 6.64]),
    ],
)
def test_what_happens_between_two_dates_is_seen(course, kinds, days):
    look = slicing(course)
    dates = [after(day) for day in range(11)]
    assert events_of(refined(look(dates), 20.0, look), 20.0, EMPTY) == ()
    slices = refined(watched(look(dates), 20.0, look), 20.0, look)
    events = events_of(slices, 20.0, EMPTY)
    assert [event.kind for event in events] == kinds
    found = [(event.date - ASOF).total_seconds() / 86_400.0 for event in events]
    np.testing.assert_allclose(found, days, atol=1.1 * MINUTE)


def test_a_course_that_stays_away_from_zero_is_looked_at_no_further():
    look = slicing(lambda day: [parabola(50.0, -25.0 - day)])
    dates = [after(day) for day in range(11)]
    assert len(watched(look(dates), 20.0, look)) == len(dates)


@pytest.mark.parametrize("seed", range(6))
def test_random_accounts_have_no_event_that_dense_dates_show_and_the_map_does_not(seed):
    rng = np.random.default_rng(seed)
    held, priced = random_book(rng, 8)
    days = [after(day) for day in (5, 10, 15, 20)]
    found = liquidation_map(held, priced, random_rule(rng), horizon=timedelta(days=20), dates=days)
    dense = found.elsewhere([after(day) for day in np.linspace(0.01, 19.99, 97).tolist()])
    lows, seen = (
        [least_of(each.excess_curves(date)).bernstein.min() for date in each.dates]
        for each in (dense, found)
    )
    # With this cash danger exists for a while, most of it between the dates of the map.
    cash = held.cash - 0.5 * (min(lows) + min(min(seen), 0.5 * (min(lows) + max(lows))))
    found, dense = (each.with_account(replace(held, cash=cash)) for each in (found, dense))
    slices = found.slices()
    dates = [each.date for each in slices]
    for date in dense.dates:
        if min(abs(date - each) for each in dates) > timedelta(minutes=1):
            before = slices[bisect_right(dates, date) - 1]
            assert len(before.intervals) == len(dense.intervals(date))
