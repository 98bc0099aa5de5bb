"""Charges for size against traded volume, and haircuts: against their formulas and their limits."""

from datetime import UTC, datetime

import numpy as np
import pytest

from margin import (
    Account,
    Asset,
    Collateral,
    Future,
    Market,
    Perpetual,
    Position,
    Settlement,
    Underlying,
)
from margin.liquidation import thresholds
from margin.requirements import requirement
from margin.rules import TEN_POINT_EQUITY, Tier, continuous_tiers, revalue_for
from margin.rules.add_ons import (
    ConcentrationAddOn,
    LiquidityAddOn,
    average_exit_factor,
    days_to_liquidate,
)
from margin.rules.haircuts import HaircutTable, with_haircuts
from margin.rules.rule_with_add_on import RuleWithAddOn
from tests.margin.by_hand import account, after, market, put

SHARES = Asset("X")
NOW = datetime(2026, 1, 2, tzinfo=UTC)
ADD_ONS = [
    ConcentrationAddOn({SHARES: 1_000.0}, 0.02, coefficient=0.7, free=0.1, power=0.6),
    LiquidityAddOn({SHARES: 1_000.0}, 0.02),
]


@pytest.mark.parametrize("days", [1, 2, 5, 40])
def test_closing_evenly_has_the_variance_of_a_shrinking_position(days):
    left = np.arange(1, days + 1) / days
    assert average_exit_factor(days) == pytest.approx(np.sqrt(np.sum(left**2)))


def test_a_small_position_is_charged_nothing():
    held = Position(SHARES, 100.0)
    assert [add_on.charge(held) for add_on in ADD_ONS] == [0.0, 0.0]


@pytest.mark.parametrize("add_on", ADD_ONS, ids=("concentration", "liquidity"))
def test_the_charge_grows_faster_than_the_position_and_is_the_same_on_both_sides(add_on):
    charges = np.array([add_on.charge(Position(SHARES, size)) for size in (500, 1_000, 2_000)])
    assert np.all(charges[1:] > 2.0 * charges[:-1])
    assert add_on.charge(Position(SHARES, -1_000.0)) == charges[1]


def test_the_concentration_charge_is_its_formula():
    found = ADD_ONS[0].charge(Position(SHARES, -40.0, 50.0))
    assert found == pytest.approx(0.7 * (2.0 - 0.1) ** 0.6 * 0.02 * 2_000.0)


def test_the_liquidity_charge_is_its_formula():
    days = days_to_liquidate(2_000.0, 1_000.0, participation=0.1)
    beyond = average_exit_factor(days) - np.sqrt(2.0)
    found = ADD_ONS[1].charge(Position(SHARES, 2_000.0))
    assert (days, found) == (pytest.approx(20.0), pytest.approx(2.33 * 0.02 * 2_000.0 * beyond))


@pytest.mark.parametrize("add_on", ADD_ONS, ids=("concentration", "liquidity"))
def test_an_add_on_lies_on_top_of_the_rule_at_every_spot(add_on):
    held, at, rule = account(0.0, Position(SHARES, 2_000.0)), market(50.0), TEN_POINT_EQUITY
    spots = np.linspace(30.0, 90.0, 13)
    revaluation = revalue_for(rule, held, at, spots=spots)
    excess = [
        np.min([branch.curve(spots) for branch in each.excess_branches(revaluation)], axis=0)
        for each in (rule, RuleWithAddOn(rule, add_on))
    ]
    assert excess[0] - excess[1] == pytest.approx(add_on.charge(held.positions[0]) * spots)


def test_an_add_on_has_a_threshold_of_its_own_and_lines_that_add_up():
    # 2,000 S - 80,000 = (300 + charge) S
    held, at = account(-80_000.0, Position(SHARES, 2_000.0)), market(80.0)
    rule = RuleWithAddOn(TEN_POINT_EQUITY, ADD_ONS[0])
    charge = ADD_ONS[0].charge(held.positions[0])
    found = requirement(held, at, rule)
    assert thresholds(held, at, rule).below.spot == pytest.approx(80_000.0 / (1_700.0 - charge))
    assert sum(line.profit for line in found.lines) == pytest.approx(-found.maintenance)
    assert rule.lines(held, 80.0)[0].amount == pytest.approx(80.0 * charge)


def test_an_inverse_perpetual_is_charged_an_amount_of_money():
    perpetual = Perpetual("X", Settlement.INVERSE)
    held = account(9.0, Position(perpetual, -5_000.0, entry_price=50.0), currency="X")
    add_on = ConcentrationAddOn({perpetual: 1_000.0}, 0.02, free=1.0)
    found = [
        requirement(held, market(spot), RuleWithAddOn(TEN_POINT_EQUITY, add_on))
        for spot in (40.0, 80.0)
    ]
    bare = [requirement(held, market(spot), TEN_POINT_EQUITY) for spot in (40.0, 80.0)]
    added = [a.maintenance - b.maintenance for a, b in zip(found, bare, strict=True)]
    assert added == pytest.approx([200.0 / 40.0, 200.0 / 80.0])


def test_an_expired_future_is_charged_nothing():
    future = Future("X", after(30))
    held = account(0.0, Position(future, 5_000.0, 1.0, 50.0))
    rule = RuleWithAddOn(TEN_POINT_EQUITY, ConcentrationAddOn({future: 1_000.0}, 0.02))
    revaluation = revalue_for(rule, held, market(50.0), dates=(after(0), after(30)))
    alive, expired = (rule.excess_branches(revaluation, index)[0].curve(50.0) for index in (0, 1))
    assert (alive < 0.0, float(expired)) == (True, pytest.approx(0.0, abs=1e-9))


@pytest.mark.parametrize("add_on", ADD_ONS, ids=("concentration", "liquidity"))
def test_a_missing_volume_names_the_leg_and_the_remedy(add_on):
    held = account(0.0, Position(put(45.0), -3.0, 100.0))
    at = market(50.0, {put(45.0): 0.3})
    with pytest.raises(
        ValueError, match=r"must hold X 2027-01-19 45 put, of which .* -3; give the"
    ):
        requirement(held, at, RuleWithAddOn(TEN_POINT_EQUITY, add_on))


@pytest.mark.parametrize(
    ("kind", "fields", "message"),
    [
        (ConcentrationAddOn, {"volumes": {SHARES: 0.0}}, "volume of X must be positive"),
        (ConcentrationAddOn, {"volatility": -0.1}, "volatility must be positive"),
        (ConcentrationAddOn, {"free": -1.0}, "free must lie from 0 to inf, got -1.0"),
        (LiquidityAddOn, {"participation": 1.5}, "participation must lie from 0 to 1, got 1.5"),
        (LiquidityAddOn, {"covered_days": 0.0}, "covered_days must be positive"),
    ],
)
def test_a_field_out_of_its_range_is_refused(kind, fields, message):
    with pytest.raises(ValueError, match=message):
        kind(**{"volumes": {}, "volatility": 0.02, **fields})


@pytest.mark.parametrize("value", [0.0, 4e5, 1e6, 3e6])
def test_brackets_of_a_haircut_are_marginal(value):
    table = HaircutTable(continuous_tiers((0.0, 5e5, 2e6), (0.05, 0.10, 0.25)))
    parts = np.diff(np.clip([0.0, 5e5, 2e6], None, value), append=value)
    assert table.haircut(value) * value == pytest.approx(parts @ [0.05, 0.10, 0.25])


def eligible(tables, cash=0.0, **values):
    pledged = tuple(Collateral(name, value, price=1.0) for name, value in values.items())
    held = Account("pledges", "USD", cash, (), pledged)
    found = with_haircuts(held, Market(NOW, {}, {}), tables)
    return np.array([one.amount * (1.0 - one.haircut) for one in found.collateral])


@pytest.mark.parametrize("seed", range(8))
def test_no_asset_counts_above_its_cap_and_none_below_it_is_cut(seed):
    rng = np.random.default_rng(seed)
    caps = rng.choice([0.1, 0.3, 0.5, 1.0], 5)
    values = dict(zip("ABCDE", rng.uniform(10.0, 1_000.0, 5), strict=True))
    tables = {
        name: HaircutTable.flat(0.2, cap=cap) for name, cap in zip("ABCDE", caps, strict=True)
    }
    counted = eligible(tables, cash=100.0, **values)
    total = 100.0 + counted.sum()
    free = 0.8 * np.array(list(values.values()))
    assert counted == pytest.approx(np.minimum(free, caps * total))


def test_debt_is_no_asset_against_which_a_cap_is_measured():
    tables = {"A": HaircutTable.flat(0.0, cap=0.5), "B": HaircutTable.flat(0.0)}
    assert eligible(tables, cash=-500.0, A=300.0, B=100.0) == pytest.approx([100.0, 100.0])


def test_pledged_coin_keeps_moving_with_its_spot():
    held = Account("coin", "USD", 0.0, (), (Collateral("X", 4.0),))
    at = Market(NOW, {"X": Underlying(50.0)}, {})
    found = with_haircuts(held, at, {"X": HaircutTable.flat(0.1)}).collateral[0]
    assert (found.price, found.haircut) == (None, pytest.approx(0.1))


@pytest.mark.parametrize(
    ("pledged", "message"),
    [
        ([Collateral("Z", 1.0, price=1.0)], "tables must hold Z, which the account pledges; add"),
        ([Collateral("A", 1.0, price=1.0)] * 2, "pledged once, got A twice; add the amounts"),
        ([Collateral("A", 1.0, 0.1, 1.0)], "haircut of A must be 0 before a table, got 0.1"),
    ],
)
def test_pledges_that_a_table_does_not_fit_are_refused(pledged, message):
    held = Account("pledges", "USD", 0.0, (), tuple(pledged))
    with pytest.raises(ValueError, match=message):
        with_haircuts(held, Market(NOW, {}, {}), {"A": HaircutTable.flat(0.1)})


def test_broken_haircut_tables_are_refused():
    with pytest.raises(ValueError, match="brackets must hold at least one, got none"):
        HaircutTable(())
    with pytest.raises(ValueError, match="cap must be above 0, got 0; leave the asset out"):
        HaircutTable.flat(0.1, cap=0.0)
    with pytest.raises(ValueError, match="rate must lie from 0 to 1, got 30"):
        HaircutTable((Tier(0.0, 30.0),))
