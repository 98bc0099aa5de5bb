"""The requirement of strategy rules against spot: thresholds, dates, and the proof on cells."""

from dataclasses import replace

import numpy as np
import pytest

from margin import Asset, Position
from margin.liquidation import thresholds
from margin.margin_table import table
from margin.requirements import requirement
from margin.rules import InitialRule, revalue_for
from margin.rules.strategy import STRATEGY_EQUITY
from pdesolve import Exercise, Right
from tests.margin.by_hand import ASOF, account, after, call, market, option, put

PRINTED = 5e-5  # thresholds are printed to four decimals
ROUNDING = 1e-5  # of amounts up to 1e6, where the grouping is the same to rounding
STRANGLE = {put(48.0): 0.35, call(55.0): 0.30}


def strangles(cash=6_000.0):
    return account(cash, *(Position(contract, -3, 100) for contract in STRANGLE))


def random_account(seed, n_legs, shares):
    rng = np.random.default_rng(seed)
    held = {}
    while len(held) < n_legs:
        right, days = Right(int(rng.choice([-1, 1]))), int(rng.choice([30, 90, 400]))
        kind = Exercise.EUROPEAN if rng.integers(2) else Exercise.AMERICAN
        contract = option(right, 80.0 + 5.0 * rng.integers(0, 9), days, exercise=kind)
        held[contract] = int(rng.choice([-1, 1]) * rng.integers(1, 4))
    positions = [Position(contract, count, 100) for contract, count in held.items()]
    at = market(100.0, {contract: rng.uniform(0.2, 0.5) for contract in held})
    return account(9_000.0, *positions, Position(Asset("X"), shares)), at


def test_short_strangles_have_the_published_thresholds():  # 11.3.1
    found = thresholds(strangles(), market(50.0, STRANGLE), STRATEGY_EQUITY)
    levels = (found.below.spot, found.above.spot)
    assert levels == pytest.approx((34.6371, 61.6077), abs=PRINTED)
    assert found.certificate.complete


def test_short_strangles_leave_the_published_excess():  # 11.3.1
    found = requirement(strangles(), market(50.0, STRANGLE), STRATEGY_EQUITY)
    assert found.excess == pytest.approx(2_813.78, abs=0.01)
    assert found.equity == pytest.approx(5_213.78, abs=0.01)


@pytest.mark.parametrize(
    ("exercise", "level", "allowed"),
    [
        (Exercise.EUROPEAN, 43.2667, PRINTED),
        # The rule book's own trees are good to 1e-4 of the spot; QuantLib gives 46.225.
        (Exercise.AMERICAN, 46.2195, 0.006),
    ],
)
def test_early_exercise_moves_the_threshold_of_short_puts(exercise, level, allowed):  # 11.3.3
    contract = put(50.0, 547.5, exercise=exercise)
    held = account(3_200.0, Position(contract, -2, 100))
    found = thresholds(held, market(50.0, {contract: 0.28}, rate=0.06), STRATEGY_EQUITY)
    assert found.below.spot == pytest.approx(level, abs=allowed)


@pytest.mark.parametrize(
    ("cash", "shares", "level"), [(-4_000.0, 100.0, 4_000 / 75), (9_100.0, -100.0, 70.0)]
)
def test_stock_has_the_textbook_threshold(cash, shares, level):  # 11.3.5
    found = thresholds(account(cash, Position(Asset("X"), shares)), market(60.0), STRATEGY_EQUITY)
    assert (found.below or found.above).spot == pytest.approx(level)


def test_a_paid_long_option_has_no_threshold():
    contract = call(50.0)
    held = account(0.0, Position(contract, 4, 100))
    found = thresholds(held, market(50.0, {contract: 0.3}), STRATEGY_EQUITY)
    assert not any(interval.upper - interval.lower > 1.0 for interval in found.intervals)


@pytest.mark.parametrize(("seed", "shares"), [(1, 0.0), (2, 250.0), (3, -200.0), (4, 100.0)])
def test_the_curve_is_the_cheapest_grouping_at_every_spot(seed, shares):
    held, at = random_account(seed, 7, shares)
    spots = np.random.default_rng(seed).uniform(40.0, 220.0, 40)
    revaluation = revalue_for(STRATEGY_EQUITY, held, at, spots=spots)
    curve = STRATEGY_EQUITY.excess_branches(revaluation)[1].curve
    empty = replace(held, cash=0.0, positions=())
    for spot in spots:
        prices = {
            contract: max(
                float(
                    revaluation.with_account(
                        replace(empty, positions=(Position(contract, 1),))
                    ).equity()(spot)
                ),
                0.0,
            )
            for contract in revaluation.contracts
        }
        found = STRATEGY_EQUITY.maintenance_grouping(held.positions, prices, spot=spot, asof=ASOF)
        expected = held.cash + shares * spot - found.needed
        assert float(curve(spot)) == pytest.approx(expected, abs=ROUNDING)


def test_at_expiry_options_are_settled_and_require_nothing():  # 14.8
    spots = np.linspace(30.0, 80.0, 11)
    found = table(
        strangles(), market(50.0, STRANGLE), STRATEGY_EQUITY, spots=spots, dates=[after(60)]
    )
    paid = 300.0 * (np.maximum(48.0 - spots, 0.0) + np.maximum(spots - 55.0, 0.0))
    assert found.excess[0, 0] == pytest.approx(6_000.0 - paid, abs=1e-6)


def test_american_shorts_leave_no_more_excess_than_european_ones():  # 14.10
    spots = np.linspace(30.0, 70.0, 9)
    excess = []
    for exercise in (Exercise.AMERICAN, Exercise.EUROPEAN):
        contract = put(50.0, 547.5, exercise=exercise)
        held = account(3_200.0, Position(contract, -2, 100))
        at = market(50.0, {contract: 0.28}, rate=0.06)
        excess.append(table(held, at, STRATEGY_EQUITY, spots=spots).excess[0, 0])
    assert np.all(excess[0] <= excess[1] + 1e-3)  # the errors of both values


def test_more_cash_widens_the_safe_interval():  # 14.3
    at = market(50.0, STRANGLE)
    less, more = (thresholds(strangles(cash), at, STRATEGY_EQUITY) for cash in (6e3, 7e3))
    assert more.below.spot < less.below.spot
    assert more.above.spot > less.above.spot


def test_the_initial_requirement_of_stock_has_branches_of_its_own():
    held = account(-3_000.0, Position(Asset("X"), 100.0))
    found = requirement(held, market(80.0), STRATEGY_EQUITY)
    assert (found.maintenance, found.initial) == pytest.approx((2_000.0, 4_000.0))
    level = thresholds(held, market(80.0), InitialRule(STRATEGY_EQUITY)).below.spot
    assert level == pytest.approx(60.0)


def test_the_excess_jumps_where_the_other_side_of_a_strangle_requires_more():
    # Totals tie while the amounts without premium differ: 1.3 takes the side by its total.
    near, far = call(101.0, 30), put(95.0, 400)
    held = account(50_000.0, Position(near, -1, 100), Position(far, -1, 100))
    at = market(100.0, {near: 0.2, far: 0.4})
    revaluation = revalue_for(STRATEGY_EQUITY, held, at, spots=(60.0, 160.0))
    curve = STRATEGY_EQUITY.excess_branches(revaluation)[1].curve
    steps = np.abs(curve.bernstein[1:, 0] - curve.bernstein[:-1, 3])
    assert steps.max() > 1.0
    assert curve.error[np.argmax(steps) :][:2].max() > 1.0


def test_an_account_in_coin_is_refused():
    with pytest.raises(ValueError, match="needs an account in quote currency, got one in X"):
        requirement(account(1.0, currency="X"), market(50.0), STRATEGY_EQUITY, underlying="X")
