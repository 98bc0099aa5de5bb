"""Vaults against the worked examples, against their formulas at many spots, and at their edges."""

from datetime import timedelta

import numpy as np
import pytest

from margin import Asset, Collateral, Market, Position, Settlement, Underlying
from margin.liquidation import thresholds
from margin.requirements import requirement
from margin.rules import revalue_for
from margin.rules.vault.naked import (
    UPPER_BOUNDS,
    NakedVault,
    SpreadVault,
    auction_price,
    rounded_up,
    spread_need,
)
from pdesolve import Right
from tests.margin import by_hand
from tests.margin.by_hand import account, after, call, market, put

EXACT = 1e-9  # relative: straight lines
BOUND, SHOCK = 0.3326, 0.75  # of 28 days
INVERSE = Settlement.INVERSE
SPOTS = np.linspace(600.0, 5_000.0, 89)


def put_vault(collateral, units=1.0, strike=1_800.0, days=21):
    return account(collateral, Position(put(strike, days), -units))


def call_vault(coins, units=1.0, strike=2_200.0, days=10):
    held = Position(call(strike, days, settlement=INVERSE), -units)
    return account(coins, held, currency="X")


def at(spot, held, vol=0.8):
    options = (p.instrument for p in held.positions if not isinstance(p.instrument, Asset))
    return market(spot, dict.fromkeys(options, vol), rate=0.0)


def required(held, spot, rule):
    """Requirement of a vault: collateral less what the rule leaves, in its own currency."""
    found = requirement(held, at(spot, held), rule)
    return held.cash - found.excess


@pytest.mark.parametrize(("spot", "needed"), [(2_000.0, 2_396.70), (2_600.0, 1_796.04)])
def test_a_naked_put_needs_what_is_printed(spot, needed):  # section 6.3, 1
    assert required(put_vault(5_000.0, 3.0), spot, NakedVault()) == pytest.approx(needed, rel=EXACT)


def test_a_naked_call_needs_what_is_printed():  # section 6.3, 2
    found = required(call_vault(3.0, 5.0), 2_000.0, NakedVault())
    assert found == pytest.approx(1.852625, rel=EXACT)


@pytest.mark.parametrize(
    ("right", "cover", "needed"), [(Right.PUT, 1_700.0, 2_500.0), (Right.CALL, 2_300.0, 1.0)]
)
def test_spreads_need_what_is_printed(right, cover, needed):  # section 6.3, 3
    assert spread_need(right, (4, 1_900.0), (3, cover)) == pytest.approx(needed, rel=EXACT)
    make, currency = (put, "USD") if right is Right.PUT else (call, "X")
    kind = {"settlement": INVERSE} if right is Right.CALL else {}
    legs = Position(make(1_900.0, 30, **kind), -4), Position(make(cover, 30, **kind), 3)
    held = account(10_000.0, *legs, currency=currency)
    assert required(held, 2_000.0, SpreadVault()) == pytest.approx(needed, rel=1e-6)


@pytest.mark.parametrize(
    ("elapsed", "price"), [(0.0, 67.5), (900.0, 175.625), (3_600.0, 500.0), (9_000.0, 500.0)]
)
def test_an_auction_rises_as_printed_and_stops_at_the_collateral(elapsed, price):  # section 6.3, 4
    found = auction_price(put(1_800.0), 1_650.0, 500.0, debt=1.0, elapsed=elapsed)
    assert found == pytest.approx(price, rel=EXACT)


def test_the_auction_of_a_call_is_in_coin():
    found = auction_price(call(2_000.0), 2_500.0, 0.9, debt=1.0, elapsed=0.0)
    assert found == pytest.approx((500.0 - 0.05 * 2_500.0) / 2_500.0)


def test_the_threshold_of_a_put_is_the_printed_one_on_its_own_branch():  # section 6.3, 5
    held = put_vault(700.0)
    found = thresholds(held, at(2_400.0, held), NakedVault(), lowest=600.0, highest=9_000.0)
    assert found.below.spot == pytest.approx(2_197.58, abs=0.005)
    assert found.below.spot == pytest.approx(1_100.0 / ((1.0 - BOUND) * SHOCK), rel=EXACT)
    assert SHOCK * found.below.spot < 1_800.0
    assert found.above is None


def test_a_put_below_its_bound_is_below_requirement_at_every_spot():
    held = put_vault(500.0)
    found = thresholds(held, at(2_400.0, held), NakedVault(), lowest=600.0, highest=90_000.0)
    (run,) = found.intervals
    assert (found.already, run.lower, run.upper) == (True, 600.0, 90_000.0)


def test_the_threshold_of_a_call_is_the_printed_formula():
    held = call_vault(0.5)
    found = thresholds(held, at(1_500.0, held), NakedVault(), lowest=600.0, highest=9_000.0)
    expected = (1.0 - 0.2370) * SHOCK * 2_200.0 / (1.0 - 0.5)
    assert found.above.spot == pytest.approx(expected, rel=EXACT)
    assert expected > SHOCK * 2_200.0


@pytest.mark.parametrize("cover", [1.0, 1.2])
def test_a_call_backed_by_its_coin_has_no_threshold(cover):
    held = call_vault(cover)
    found = thresholds(held, at(1_500.0, held), NakedVault(), lowest=100.0, highest=90_000.0)
    assert (found.below, found.above, found.intervals) == (None, None, ())


@pytest.mark.parametrize(("right", "days"), [(Right.PUT, 21), (Right.CALL, 10), (Right.PUT, 56)])
def test_the_branches_are_the_formula_at_every_spot(right, days):
    vault, strike = NakedVault(), 2_000.0
    held = put_vault(900.0, 2.0, strike, days)
    unit = 1.0
    if right is Right.CALL:
        held, unit = call_vault(0.9, 2.0, strike, days), SPOTS
    bound = next(value for until, value in UPPER_BOUNDS if until >= days)
    ratio = SHOCK * SPOTS / strike if right is Right.PUT else SHOCK * strike / SPOTS
    per_unit = bound * np.minimum(1.0, ratio) + np.maximum(1.0 - ratio, 0.0)
    needed = 2.0 * per_unit * (strike if right is Right.PUT else SPOTS)
    found = revalue_for(vault, held, at(2_000.0, held), spots=SPOTS)
    excess = np.min([b.curve(SPOTS) for b in vault.excess_branches(found)], axis=0)
    assert excess == pytest.approx(held.cash * unit - needed, rel=EXACT, abs=1e-8)


def test_option_value_stands_neither_for_nor_against_a_vault():
    held = put_vault(700.0)
    calm, wild = (requirement(held, at(2_400.0, held, vol), NakedVault()) for vol in (0.2, 2.0))
    assert calm.excess == pytest.approx(wild.excess, abs=1e-8)
    assert wild.equity < calm.equity
    legs = sum(line.profit for line in wild.lines)
    assert legs == pytest.approx(
        -by_hand.value(held.positions[0], at(2_400.0, held, 2.0), 2_400.0), abs=1e-3
    )


def test_collateral_in_another_asset_counts_at_its_price():
    held = account(
        0.0, Position(put(1_800.0, 21), -1), collateral=(Collateral("Y", 7, 0.1, 100.0),)
    )
    found = requirement(held, at(2_600.0, held), NakedVault())
    assert found.excess == pytest.approx(630.0 - BOUND * 1_800.0)


def test_the_bound_is_the_first_entry_not_below_the_time_and_its_steps_are_told():
    vault = NakedVault()
    assert [vault.upper_bound(days) for days in (0.5, 7.0, 7.01, 28.0)] == [
        0.1678,
        0.1678,
        0.2370,
        0.3326,
    ]
    assert vault.jumps(after(21), after(0)) == (after(7), after(14))
    held, dates = put_vault(700.0), [after(14) - timedelta(seconds=1), after(14)]
    found = revalue_for(vault, held, at(2_600.0, held), dates=dates)
    before, then = (
        min(float(b.curve(2_600.0)) for b in vault.excess_branches(found, index))
        for index in (0, 1)
    )
    assert then - before == pytest.approx((0.2370 - 0.1678) * 1_800.0)


def test_least_collateral_is_a_branch():
    held = put_vault(900.0)
    found = requirement(held, at(9_000.0, held), NakedVault(dust=750.0))
    assert (found.worst_scenario, found.excess) == ("least collateral", pytest.approx(150.0))


@pytest.mark.parametrize("rule", [NakedVault(), SpreadVault()])
def test_an_expired_vault_has_paid_and_needs_nothing(rule):
    held = put_vault(700.0)
    found = revalue_for(rule, held, at(1_650.0, held), dates=[after(21)])
    (branch,) = rule.excess_branches(found)
    assert float(branch.curve(1_650.0)) == pytest.approx(700.0 - 150.0)


@pytest.mark.parametrize("seed", range(10))
def test_a_spread_never_needs_more_than_its_short_alone_and_covers_its_worst_payoff(seed):
    rng = np.random.default_rng(seed)
    right = [Right.PUT, Right.CALL][seed % 2]
    short, long = ((float(rng.integers(0, 6)), float(rng.integers(1_000, 3_000))) for _ in range(2))
    need = spread_need(right, short, long)
    spots = np.geomspace(1.0, 1e7, 2_001)
    payoff = [q * np.maximum(right.value * (spots - k), 0.0) for q, k in (long, short)]
    worst = payoff[1] - payoff[0]
    assert 0.0 <= need <= spread_need(right, short)
    assert np.all(worst <= need * (1.0 if right is Right.PUT else spots) + 1e-6 * spots)


@pytest.mark.parametrize(("amount", "units"), [(1.0, 1.0), (0.1 + 0.2, 0.30000001), (2e-9, 1e-8)])
def test_required_amounts_are_rounded_up(amount, units):
    assert rounded_up(amount) == units


@pytest.mark.parametrize(
    ("rule", "positions", "message"),
    [
        (NakedVault(), [(put(1_800.0, 90), -1)], "takes 56 days to expiry at most, got 90"),
        (NakedVault(), [(put(1_800.0, 21), 1)], "holds no long option, got X 2026-12-11 1800 put"),
        (
            NakedVault(),
            [(put(1_800.0, 21), -1), (put(1_700.0, 21), -1)],
            "one short option at most, got X 2026-12-11 1800 put and X 2026-12-11 1700 put",
        ),
        (
            SpreadVault(),
            [(put(1_800.0, 21), -1), (put(1_700.0, 28), 1)],
            "must have one expiry",
        ),
        (SpreadVault(), [(put(1_800.0, 21), -1), (call(1_700.0, 21), 1)], "must have one right"),
    ],
)
def test_what_is_no_vault_is_refused(rule, positions, message):
    held = account(0.0, *(Position(contract, quantity) for contract, quantity in positions))
    with pytest.raises(ValueError, match=message):
        requirement(held, at(2_000.0, held), rule)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"upper_bounds": ()}, "upper_bounds must be some days, ascending"),
        ({"upper_bounds": ((14, 0.2), (7, 0.1))}, "upper_bounds must be some days, ascending"),
        ({"upper_bounds": ((7, 1.1),)}, "upper_bounds must lie from 0 to 1"),
        ({"shock": 1.5}, "shock must lie from 0 to 1"),
        ({"dust": -1.0}, "dust must lie from 0"),
    ],
)
def test_a_table_out_of_range_is_refused(parameters, message):
    with pytest.raises(ValueError, match=message):
        NakedVault(**parameters)


def test_a_vault_on_one_underlying_can_hold_another_as_collateral():
    held = account(0.0, Position(put(1_800.0, 21), -1), Position(Asset("Y"), 7.0))
    names = {"X": Underlying(2_600.0), "Y": Underlying(100.0)}
    both = Market(by_hand.ASOF, names, {put(1_800.0, 21): 0.8})
    found = requirement(held, both, NakedVault(), underlying="X")
    assert found.excess == pytest.approx(700.0 - BOUND * 1_800.0)
