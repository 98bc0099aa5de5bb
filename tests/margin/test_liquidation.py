"""Thresholds against worked examples, dense points, and requirements computed from scratch."""

from dataclasses import replace

import numpy as np
import pytest

from margin import Asset, Market, Perpetual, Position, Underlying
from margin.danger import State
from margin.liquidation import liquidation_intervals, thresholds, thresholds_of
from margin.piecewise import line
from margin.requirements import requirement
from margin.rules import (
    TEN_POINT_EQUITY,
    Branch,
    PerpetualRule,
    Scenario,
    ScenarioRule,
    continuous_tiers,
    revalue_for,
    scenario_grid,
)
from pdesolve import Exercise, Right
from tests import naive
from tests.margin import by_hand
from tests.margin.by_hand import account, after, call, market, option, put

PRINTED = 5e-5  # the worked examples are printed to four decimals
DENSE = 100_000
GROUPS, MEMBERS = 50, 20


def contracts(count, *options):
    """Positions of contracts on 100 units."""
    return [Position(instrument, count * side, 100.0) for instrument, side in options]


def strangle(days=60):
    options = (put(48.0, days), -1.0), (call(55.0, days), -1.0)
    vols = {put(48.0, days): 0.35, call(55.0, days): 0.30}
    return account(6_000.0, *contracts(3, *options)), market(50.0, vols)


def backspread(cash):
    near, far = call(50.0, 30), call(55.0, 30)
    positions = contracts(10, (near, -1.0), (far, 2.0))
    return account(cash, *positions), market(50.0, {near: 0.30, far: 0.30}, rate=0.03)


def short_puts(exercise):
    contract = put(50.0, 547.5, exercise=exercise)
    return account(3_200.0, *contracts(2, (contract, -1.0))), market(
        50.0, {contract: 0.28}, rate=0.06
    )


def ageing(days):
    calls, puts = call(62.0, days), put(58.0, days)
    positions = contracts(2, (calls, -1.0), (puts, -1.0))
    return account(4_000.0, *positions), market(60.0, {calls: 0.35, puts: 0.40})


def crosses_at(level, printed):
    return abs(level.spot - printed) <= level.error + PRINTED


def test_a_short_strangle_is_lost_on_both_sides():  # section 11.3, 1
    found = thresholds(*strangle(), TEN_POINT_EQUITY)
    assert crosses_at(found.below, 32.5712)
    assert crosses_at(found.above, 64.8912)
    assert [(gone.lower_open, gone.upper_open) for gone in found.intervals] == [
        (True, False),
        (False, True),
    ]


@pytest.mark.parametrize(
    ("cash", "lower", "upper"), [(2_300.0, 50.1899, 56.2794), (2_600.0, 51.7045, 55.1595)]
)
def test_a_backspread_has_a_danger_zone_with_safety_on_both_sides(cash, lower, upper):  # 11.3, 2
    found = thresholds(*backspread(cash), TEN_POINT_EQUITY)
    (interval,) = found.intervals
    assert found.state is State.SAFE
    assert crosses_at(found.above, lower)
    assert abs(interval.upper - upper) <= interval.upper_error + PRINTED


def test_a_backspread_with_enough_cash_is_proven_safe_in_the_whole_range():
    found = thresholds(*backspread(3_000.0), TEN_POINT_EQUITY, lowest=12.0, highest=300.0)
    assert found.intervals == ()
    assert found.certificate.complete
    assert found.reasons["above"] == "never below maintenance between 12.0000 and 300.00"


def test_a_backspread_already_lost_has_recovery_prices():
    found = thresholds(*backspread(2_000.0), TEN_POINT_EQUITY)
    assert found.state is State.LIQUIDATED
    assert (found.below, found.above) == (None, None)
    assert crosses_at(found.recovery_below, 48.8929)
    assert crosses_at(found.recovery_above, 57.0531)


@pytest.mark.parametrize(
    ("exercise", "printed"), [(Exercise.EUROPEAN, 35.7974), (Exercise.AMERICAN, 40.0)]
)
def test_early_exercise_raises_the_threshold_of_short_puts(exercise, printed):  # 11.3, 3
    assert crosses_at(thresholds(*short_puts(exercise), TEN_POINT_EQUITY).below, printed)


@pytest.mark.parametrize(
    ("cash", "shares", "move", "expected"),
    [(-4_000.0, 100.0, -0.25, 4_000.0 / 75.0), (9_100.0, -100.0, 0.30, 70.0)],
)
def test_shares_on_margin_have_the_textbook_price(cash, shares, move, expected):
    rule = ScenarioRule("broker", (Scenario(move),))
    found = thresholds(account(cash, Position(Asset("X"), shares)), market(60.0), rule)
    level = found.below or found.above
    assert level.spot == pytest.approx(expected, rel=1e-13)
    assert level.error <= 1e-12 * expected
    assert level.sigmas is None


@pytest.mark.parametrize(
    ("days", "below", "above"),
    [
        (120, 43.994, 69.669),
        (60, 44.271, 70.813),
        (20, 44.556, 71.186),
        (3, 44.683, 71.287),
    ],
)
def test_thresholds_move_as_options_age(days, below, above):  # section 11.3, 6
    held, now = ageing(120)
    then = thresholds(held, now, TEN_POINT_EQUITY, date=after(120 - days))
    assert then.below.spot == pytest.approx(below, abs=10 * PRINTED + then.below.error)
    assert then.above.spot == pytest.approx(above, abs=10 * PRINTED + then.above.error)
    assert then.date == after(120 - days)


def test_bankruptcy_lies_beyond_liquidation():
    found = thresholds(*strangle(), TEN_POINT_EQUITY)
    broke, gone = found.bankruptcy.intervals, found.intervals
    assert broke[0].upper < gone[0].upper < found.spot < gone[1].lower < broke[1].lower


def random_rule(rng):
    moves = rng.uniform(0.05, 0.3, 2) * [-1.0, 1.0]
    far = Scenario(rng.choice([-0.5, 0.6]), 0.0, weight=0.3)
    return ScenarioRule(
        "random", scenario_grid(moves, (0.0, rng.uniform(-0.3, 0.5)), extremes=[far])
    )


def random_options(rng, exercise=Exercise.EUROPEAN):
    strikes, days = 100.0 * np.exp(rng.normal(0.0, 0.2, 3)), rng.integers(5, 300, 3)
    rights = rng.permutation([1, 1, -1, -1])[:3]
    terms = zip(rights.tolist(), strikes.tolist(), days.tolist(), strict=True)
    return {
        option(Right(right), strike, left, exercise): rng.uniform(0.15, 0.9)
        for right, strike, left in terms
    }


def random_account(rng, vols, spot=100.0):
    """Options and a perpetual, with cash from far too little to ample."""
    quantities = rng.integers(-3, 4, 3).astype(float)
    positions = [Position(held, q) for held, q in zip(vols, quantities, strict=True)]
    perpetual = Position(Perpetual("X"), rng.normal(), entry_price=spot)
    bare = account(0.0, *positions, perpetual)
    worth = by_hand.equity(bare, market(spot, vols), spot)
    return replace(bare, cash=float(rng.uniform(-5.0, 90.0) - worth))


def random_group(seed, exercise=Exercise.EUROPEAN):
    """A rule and a market, and a revaluation that serves many accounts."""
    rng = np.random.default_rng(seed)
    rule, vols = random_rule(rng), random_options(rng, exercise)
    priced = market(100.0, vols)
    held = [random_account(rng, vols) for _ in range(MEMBERS)]
    return rule, priced, held, revalue_for(rule, held[0], priced, spots=(20.0, 500.0))


@pytest.mark.parametrize("seed", range(GROUPS))
def test_crossings_are_those_of_dense_points(seed):
    rule, _, accounts, revaluation = random_group(seed)
    spots = np.geomspace(20.0, 500.0, DENSE)
    for held in accounts:
        revalued = revaluation.with_account(held)
        curves = [branch.curve for branch in rule.excess_branches(revalued)]
        found = thresholds_of(revalued, rule)
        ends = sum((not gone.lower_open) + (not gone.upper_open) for gone in found.intervals)
        assert found.certificate.complete
        assert ends == np.count_nonzero(np.diff(naive.least(curves, spots) < 0.0))


def excess_by_hand(held, priced, rule, spot):
    needed = by_hand.maintenance(held, priced, rule, spot)
    return by_hand.equity(held, priced, spot) - needed


@pytest.mark.parametrize("seed", range(GROUPS))
def test_the_excess_by_hand_changes_sign_within_each_error_bar(seed):
    rule, priced, accounts, revaluation = random_group(seed)
    for held in accounts:
        for gone in thresholds_of(revaluation.with_account(held), rule).intervals:
            inside = [gone.lower + gone.lower_error, gone.upper - gone.upper_error]
            outside = [gone.lower - gone.lower_error, gone.upper + gone.upper_error]
            closed = ~np.array([gone.lower_open, gone.upper_open])
            assert np.all(excess_by_hand(held, priced, rule, np.array(inside))[closed] < 0.0)
            assert np.all(excess_by_hand(held, priced, rule, np.array(outside))[closed] > 0.0)


@pytest.mark.parametrize("seed", range(5))
def test_the_requirement_from_scratch_exceeds_equity_inside_only(seed):
    rule, priced, accounts, revaluation = random_group(seed, Exercise.AMERICAN)
    for held in accounts[:5]:
        for gone in thresholds_of(revaluation.with_account(held), rule).intervals:
            room = 2.0 * max(gone.lower_error, gone.upper_error)
            for spot, sign in ((gone.lower + room, -1), (gone.lower - room, 1)):
                moved = replace(priced, underlyings={"X": Underlying(spot, 0.04)})
                if not gone.lower_open:
                    assert sign * requirement(held, moved, rule).excess > 0.0


def test_other_cash_and_quantities_price_nothing(monkeypatch):
    rule, _, accounts, revaluation = random_group(0)
    monkeypatch.setattr("margin.solved.solve_by_date", None)
    found = [thresholds_of(revaluation.with_account(held), rule) for held in accounts]
    assert len({held.intervals for held in found}) > 1


def test_the_volatility_of_the_nearest_strike_measures_distance():
    found = thresholds(*strangle(), TEN_POINT_EQUITY)
    assert found.volatility == 0.35
    assert thresholds(*strangle(), TEN_POINT_EQUITY, volatility=0.7).below.sigmas == pytest.approx(
        0.5 * found.below.sigmas
    )


def test_expired_options_measure_no_distance():
    held, now = strangle(days=60)
    shares = replace(held, positions=(*held.positions, Position(Asset("X"), 100.0)))
    assert thresholds(shares, now, TEN_POINT_EQUITY, date=after(61)).volatility is None


def two_perpetuals():
    positions = [
        Position(Perpetual("BTC"), 2.0, entry_price=60_000.0),
        Position(Perpetual("ETH"), -30.0, entry_price=3_000.0),
    ]
    prices = {"BTC": Underlying(62_000.0), "ETH": Underlying(2_900.0)}
    return account(20_000.0, *positions), Market(by_hand.ASOF, prices, {})


def test_an_account_of_several_underlyings_must_say_which_one_moves():
    with pytest.raises(ValueError, match=r"underlying must name the one that moves.*BTC, ETH"):
        thresholds(*two_perpetuals(), PerpetualRule(continuous_tiers((0.0,), (0.01,))))


def test_the_other_underlyings_stay_at_their_marks():
    rule = PerpetualRule(continuous_tiers((0.0,), (0.01,)), other_maintenance=870.0)
    found = thresholds(*two_perpetuals(), rule, underlying="BTC")
    # 20,000 + 30 (3,000 - 2,900) + 2 (P - 60,000) = 0.01 2 P + 870
    assert found.below.spot == pytest.approx((870.0 - 23_000.0 + 120_000.0) / 1.98, rel=1e-12)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"lowest": 60.0}, r"need lowest <= spot <= highest, got 60\.0, 50\.0 and 250\.0"),
        ({"highest": 40.0}, r"need lowest <= spot <= highest, got 10\.0, 50\.0 and 40\.0"),
        ({"lowest": 0.0}, r"lowest must be positive and finite, got 0\.0"),
        ({"volatility": -0.1}, r"volatility must be positive and finite, got -0\.1"),
    ],
)
def test_what_cannot_be_searched_is_refused(given, message):
    with pytest.raises(ValueError, match=message):
        thresholds(*strangle(), TEN_POINT_EQUITY, **given)


def test_branches_alone_are_enough():
    branches = [
        Branch("down", line(-50.0, 0.85, lowest=1.0, highest=200.0)),
        Branch("up", line(150.0, -1.15, lowest=1.0, highest=200.0)),
    ]
    found = liquidation_intervals(branches, lowest=10.0, highest=190.0)
    assert [gone.upper_open for gone in found.intervals] == [False, True]
    assert found.intervals[1].lower == pytest.approx(150.0 / 1.15, rel=1e-14)
