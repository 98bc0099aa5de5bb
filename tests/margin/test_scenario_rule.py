"""Scenario rules against printed examples, against closed form, and against what they must obey."""

from dataclasses import replace

import numpy as np
import pytest

from margin import Asset, Future, Market, Perpetual, Position, Settlement, Underlying
from margin.requirements import requirement
from margin.rules import (
    TEN_POINT_BROAD_INDEX,
    TEN_POINT_EQUITY,
    TEN_POINT_SMALL_CAP,
    Scenario,
    ScenarioRule,
    revalue_for,
    scenario_grid,
)
from pdesolve import Exercise
from tests.margin import by_hand
from tests.margin.by_hand import account, after, call, market, put

PRINTED = 0.005  # the examples are printed to cents
INVERSE = Settlement.INVERSE
ZERO = 1e-9  # rounding of sums of a few thousand

VENUE = ScenarioRule(
    "venue",
    scenario_grid(
        np.linspace(-0.16, 0.16, 5), (-0.25, 0.0, 0.5), extremes=(Scenario(1.0, 0.5, weight=0.16),)
    ),
)
EXAMPLES = [
    pytest.param(
        account(6_000.0, Position(put(48.0), -2, 100), Position(call(55.0), -2, 100)),
        market(50.0, {put(48.0): 0.35, call(55.0): 0.30}),
        TEN_POINT_EQUITY,
        [-671.59, -461.82, -285.09, -146.58, -50.58, 3.81, -38.77, -125.70, -253.51, -417.68],
        id="strangles",
    ),
    pytest.param(
        account(0.0, Position(put(4_800.0, 30), -1, 100)),
        market(5_100.0, {put(4_800.0, 30): 0.19}, rate=0.045, dividend_yield=0.014),
        TEN_POINT_BROAD_INDEX,
        [
            -14133.83,
            -9462.69,
            -5803.32,
            -3101.0,
            -1224.29,
            597.94,
            997.35,
            1255.03,
            1415.66,
            1512.48,
        ],
        id="index put",
    ),
    pytest.param(
        account(0.0, Position(put(2_000.0, 30), 2, 100)),
        market(2_150.0, {put(2_000.0, 30): 0.24}, rate=0.045, dividend_yield=0.014),
        TEN_POINT_SMALL_CAP,
        [
            15798.49,
            10664.17,
            6599.39,
            3560.93,
            1420.37,
            -888.02,
            -1411.68,
            -1703.38,
            -1857.14,
            -1934.0,
        ],
        id="small-cap puts",
    ),
]


def strangle(quantity=-1.0, **kind):
    contracts = {put(48.0, **kind): 0.35, call(55.0, **kind): 0.30}
    return [Position(contract, quantity, 100) for contract in contracts], market(50.0, contracts)


def random_account(seed, cash=2_000.0):
    """Cash, up to five European options and a perpetual, and their market."""
    rng = np.random.default_rng(seed)
    contracts = [
        (put if rng.random() < 0.5 else call)(
            float(rng.integers(70, 131)), int(rng.integers(5, 200))
        )
        for _ in range(rng.integers(1, 6))
    ]
    vols = {contract: rng.uniform(0.15, 0.9) for contract in contracts}
    positions = [Position(contract, rng.integers(-5, 6), 10.0) for contract in vols]
    perpetual = Position(
        Perpetual("X"), rng.integers(-20, 21), entry_price=rng.uniform(80.0, 120.0)
    )
    return account(cash, *positions, perpetual), market(100.0, vols)


@pytest.mark.parametrize(("held", "at", "rule", "printed"), EXAMPLES)
def test_the_profits_are_those_printed(held, at, rule, printed):  # section 2.2, 1 and 2
    found = requirement(held, at, rule)
    assert found.profits[1:11] == pytest.approx(printed, abs=PRINTED + found.error)
    assert found.maintenance == pytest.approx(-min(printed), abs=PRINTED + found.error)


def test_a_put_far_from_the_money_needs_the_minimum():  # section 2.2, 4
    far = put(60.0, 29.2)
    found = requirement(
        account(0.0, Position(far, -1, 100)), market(100.0, {far: 0.2}), TEN_POINT_EQUITY
    )
    assert (found.maintenance, found.worst_scenario) == (37.5, "minimum")


def test_a_conversion_needs_the_minimum_of_its_two_options():  # section 2.2, 5
    vols = {put(90.0): 0.25, call(90.0): 0.25}
    legs = [Position(put(90.0), 1, 100), Position(call(90.0), -1, 100)]
    found = requirement(
        account(0.0, Position(Asset("X"), 100), *legs), market(100.0, vols), TEN_POINT_EQUITY
    )
    assert found.profits[1:11] == pytest.approx(np.zeros(10), abs=found.error)
    assert found.maintenance == pytest.approx(75.0, abs=ZERO)


@pytest.mark.parametrize("seed", range(6))
def test_the_least_branch_is_equity_less_the_largest_loss_by_closed_form(seed):
    held, at = random_account(seed)
    spots = np.random.default_rng(seed).uniform(60.0, 160.0, 50)
    branches = VENUE.excess_branches(revalue_for(VENUE, held, at, spots=spots))
    excess = np.min([branch.curve(spots) for branch in branches], axis=0)
    error = np.max([branch.error(spots) for branch in branches], axis=0)
    expected = by_hand.equity(held, at, spots) - by_hand.maintenance(held, at, VENUE, spots)
    assert np.all(np.abs(excess - expected) <= error + ZERO)


@pytest.mark.parametrize("vol_move", [-0.2, 0.3])
def test_a_volatility_move_before_the_rule_is_that_of_the_market(vol_move):
    held, at = random_account(7)
    moved = replace(at, vols={of: vol * (1.0 + vol_move) for of, vol in at.vols.items()})
    there = VENUE.excess_branches(revalue_for(VENUE, held, at, vol_moves=[vol_move]), 0, vol_move)
    here = VENUE.excess_branches(revalue_for(VENUE, held, moved))
    for before, after_move in zip(there, here, strict=True):
        room = float(before.error(100.0) + after_move.error(100.0)) + ZERO
        assert before.curve(100.0) == pytest.approx(after_move.curve(100.0), abs=room)


def test_no_move_is_no_profit():
    held, at = random_account(3)
    found = requirement(held, at, ScenarioRule("none", (Scenario(0.0),)))
    assert found.profits[1] == pytest.approx(0.0, abs=ZERO)


@pytest.mark.parametrize("weight", [0.16, 0.35, 1.0])
def test_a_weight_takes_its_share_of_the_profit(weight):
    held, at = random_account(4)
    full = requirement(held, at, ScenarioRule("full", (Scenario(-0.3, 0.2),)))
    part = requirement(held, at, ScenarioRule("part", (Scenario(-0.3, 0.2, weight),)))
    assert part.profits[1] == pytest.approx(weight * full.profits[1], abs=ZERO)


@pytest.mark.parametrize("seed", range(10))
def test_accounts_together_never_need_more_than_apart(seed):
    (one, at), (other, there) = random_account(seed), random_account(seed + 100)
    both_vols = at.vols | there.vols
    needs = [
        requirement(account(0.0, *positions), market(100.0, both_vols), VENUE)
        for positions in (one.positions + other.positions, one.positions, other.positions)
    ]
    together, *apart = (found.maintenance for found in needs)
    assert together <= sum(apart) + sum(found.error for found in needs)


@pytest.mark.parametrize("factor", [0.5, 3.0])
def test_the_requirement_scales_with_the_quantities(factor):
    held, at = random_account(5)
    scaled = [replace(leg, quantity=factor * leg.quantity) for leg in held.positions]
    once = requirement(held, at, VENUE).maintenance
    assert requirement(account(0.0, *scaled), at, VENUE).maintenance == pytest.approx(factor * once)


@pytest.mark.parametrize("factor", [0.01, 600.0])
def test_the_requirement_scales_with_spot_and_strikes(factor):
    legs, at = strangle()
    large = [
        Position(replace(leg.instrument, strike=factor * leg.instrument.strike), leg.quantity, 100)
        for leg in legs
    ]
    vols = {leg.instrument: at.vols[old.instrument] for leg, old in zip(large, legs, strict=True)}
    once = requirement(account(0.0, *legs), at, VENUE).maintenance
    scaled = requirement(account(0.0, *large), market(factor * 50.0, vols), VENUE)
    assert scaled.maintenance == pytest.approx(factor * once, abs=2.0 * scaled.error)


@pytest.mark.parametrize("quantity", [-100.0, 100.0])
def test_the_underlying_alone_needs_the_largest_move_of_its_value(quantity):
    held = account(0.0, Position(Asset("X"), quantity))
    assert requirement(held, market(50.0), TEN_POINT_EQUITY).maintenance == pytest.approx(750.0)


@pytest.mark.parametrize("spot", [35.0, 44.0, 50.0, 65.0])
def test_a_short_american_option_leaves_no_more_than_a_european(spot):
    found = {}
    for exercise in Exercise:
        contract = put(50.0, 547, exercise=exercise)
        at = market(spot, {contract: 0.28}, rate=0.06)
        held = account(3_200.0, Position(contract, -2, 100))
        found[exercise] = requirement(held, at, TEN_POINT_EQUITY)
    american, european = found[Exercise.AMERICAN], found[Exercise.EUROPEAN]
    assert american.excess <= european.excess + american.error + european.error


def test_an_inverse_perpetual_loses_its_edge_in_coin():
    # Short half a coin at 60,000, edge at +16 %: 0.5 (1 - 1 / 1.16).
    held = account(
        1.0,
        Position(Perpetual("X", INVERSE), -30_000.0, entry_price=60_000.0),
        currency="X",
    )
    rule = ScenarioRule("edge", (Scenario(-0.16), Scenario(0.16)))
    found = requirement(held, market(60_000.0), rule)
    assert found.maintenance == pytest.approx(0.0689655, abs=5e-8)


def test_coin_is_riskless_in_a_coin_account():
    found = requirement(account(3.0, currency="X"), market(60_000.0), VENUE)
    assert found.profits == pytest.approx(np.zeros(17), abs=ZERO)
    assert found.equity == pytest.approx(3.0)


def test_a_coin_account_needs_its_largest_loss_in_coin():
    contract = put(55.0, settlement=INVERSE)
    perpetual = Position(Perpetual("X", INVERSE), 40.0, entry_price=58.0)
    held = account(2.0, Position(contract, -3), perpetual, currency="X")
    at = market(60.0, {contract: 0.6}, rate=0.0)
    found = requirement(held, at, VENUE)
    expected = by_hand.maintenance(held, at, VENUE, 60.0)
    assert found.maintenance == pytest.approx(float(expected), abs=found.error)


@pytest.mark.parametrize(
    ("quantity", "instrument", "needed"),
    [
        (-2.0, put(10.0), 2.0 * 100 * 0.5),
        (2.0, put(10.0), 2.0 * 100 * 0.25),
        (-1.0, Future("X", after(30)), 100 * 0.5),
        (-1.0, Future("X", after(30), INVERSE), 0.0),
        (-1.0, Perpetual("X"), 0.0),
        (-1.0, Asset("X"), 0.0),
    ],
)
def test_the_minimum_counts_options_and_dated_futures_by_side(quantity, instrument, needed):
    rule = ScenarioRule("floor", (Scenario(0.0),), 0.5, 0.25)
    entry = 100.0 if isinstance(instrument, Future | Perpetual) else None
    held = account(0.0, Position(instrument, quantity, 100, entry))
    found = requirement(held, market(100.0, {put(10.0): 0.2}), rule)
    assert found.maintenance == pytest.approx(needed, abs=ZERO)


def test_an_expired_option_needs_nothing():
    legs, at = strangle()
    revaluation = revalue_for(TEN_POINT_EQUITY, account(0.0, *legs), at, dates=(after(60),))
    branches = TEN_POINT_EQUITY.excess_branches(revaluation)
    assert [float(branch.curve(50.0)) for branch in branches] == pytest.approx([0.0] * 12, abs=ZERO)


def test_positions_in_other_underlyings_are_refused():
    names = {"X": Underlying(50.0), "Y": Underlying(20.0)}
    both = account(0.0, Position(Asset("X"), 1), Position(Asset("Y"), 1))
    at = Market(by_hand.ASOF, names, {})
    with pytest.raises(ValueError, match="moves X only, got Y"):
        requirement(both, at, TEN_POINT_EQUITY, underlying="X")
