"""The perpetual rule against published prices, against tables, and against textbook prices."""

import csv
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from margin import (
    Account,
    Asset,
    Future,
    Market,
    Perpetual,
    Position,
    Settlement,
    Underlying,
)
from margin.liquidation import thresholds
from margin.margin_table import table
from margin.requirements import requirement
from margin.rules import PerpetualRule, Tier, continuous_tiers, revalue_for
from tests.margin import by_hand
from tests.margin.by_hand import account, after, market
from validation import linear_thresholds

TIERS = continuous_tiers((0.0, 50_000.0, 600_000.0, 3_000_000.0), (0.004, 0.005, 0.0065, 0.01))
DATA = Path(__file__).parents[2] / ".." / "shared" / "data"
EXACT = 1e-9  # relative: straight lines, whose roots lose a few digits to cancellation
INVERSE = Settlement.INVERSE


def perpetual(quantity, entry, multiplier=1.0, settlement=Settlement.CASH):
    return Position(Perpetual("X", settlement), quantity, multiplier, entry)


def least_excess(rule, held, at, spots):
    revaluation = revalue_for(rule, held, at, spots=spots)
    return np.min([branch.curve(spots) for branch in rule.excess_branches(revaluation)], axis=0)


def by_brackets(notional):
    """Maintenance as income tax is reckoned: each rate on the notional within its bracket."""
    floors = [tier.notional_floor for tier in TIERS]
    within = np.diff(np.clip(floors, None, notional), append=notional)
    return float(within @ [tier.rate for tier in TIERS])


@pytest.mark.skipif(not linear_thresholds.PUBLISHED.exists(), reason="published prices are absent")
@pytest.mark.parametrize("index", range(25))
def test_published_thresholds_are_met_to_their_last_digit(index):
    case = linear_thresholds.cases()[index]
    level = linear_thresholds.found(case)
    assert level == pytest.approx(
        float(case.published), rel=0.0, abs=linear_thresholds.allowed(case)
    )


@pytest.mark.skipif(not (DATA / "binance_maintenance_tiers.csv").exists(), reason="table is absent")
@pytest.mark.parametrize("symbol", ["BTCUSDT", "ETHUSDT", "SOLUSDT", "BNBUSDT", "BTCUSDC"])
def test_a_published_table_is_held_and_has_the_amounts_that_make_it_continuous(symbol):
    columns = ("notional_floor", "maintenance_margin_rate", "maintenance_amount")
    with (DATA / "binance_maintenance_tiers.csv").open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["symbol"] == symbol]
    floors, rates, amounts = ([float(row[name]) for row in rows] for name in columns)
    rule = PerpetualRule(tuple(map(Tier, floors, rates, amounts)))
    continuous = [tier.amount for tier in continuous_tiers(floors, rates)]
    assert [tier.amount for tier in rule.tiers] == pytest.approx(continuous, abs=1e-6)


@pytest.mark.parametrize("notional", [0.0, 1.0, 49_999.0, 50_000.0, 75_000.0, 2e6, 3e6, 9e7])
def test_maintenance_rises_by_brackets(notional):
    assert PerpetualRule(TIERS).maintenance(notional) == pytest.approx(by_brackets(notional))


@pytest.mark.parametrize("quantities", [(3.0,), (-40.0,), (3.0, -40.0), (0.5, 3.0, -40.0, 20.0)])
def test_the_least_branch_takes_from_equity_what_every_position_needs(quantities):
    held = account(90_000.0, *(perpetual(quantity, 61_000.0) for quantity in quantities))
    at, spots = market(60_000.0), np.linspace(2_000.0, 200_000.0, 397)
    rule = PerpetualRule(TIERS, fee=0.0005, entry_rate=0.001, other_maintenance=77.0)
    needed = [
        by_brackets(abs(q) * spot) + abs(q) * (0.0005 * spot + 0.001 * 61_000.0)
        for spot in spots
        for q in quantities
    ]
    expected = by_hand.equity(held, at, spots) - np.reshape(needed, (397, -1)).sum(axis=1) - 77.0
    assert least_excess(rule, held, at, spots) == pytest.approx(expected, rel=EXACT, abs=1e-6)


@pytest.mark.parametrize("currency", ["X", "USD"])
def test_inverse_positions_need_their_rate_of_their_notional_in_either_currency(currency):
    held = account(2.0, perpetual(90_000.0, 60_000.0, 1.0, INVERSE), currency=currency)
    found = requirement(held, market(50_000.0), PerpetualRule((Tier(0.0, 0.01),), entry_rate=0.001))
    present, at_entry = (1.8, 1.5) if currency == "X" else (90_000.0, 90_000.0)
    assert found.maintenance == pytest.approx(0.01 * present + 0.001 * at_entry)


@pytest.mark.parametrize(("side", "coin"), [(1.0, 1.0), (-1.0, 0.5), (1.0, 0.25)])
def test_an_inverse_perpetual_has_the_textbook_threshold(side, coin):
    # coin + side N (1 / entry - 1 / S) = rate N / S, with N in quote currency.
    entry, size, rate = 60_000.0, 60_000.0, 0.01
    held = account(coin, perpetual(side * size, entry, 1.0, INVERSE), currency="X")
    expected = size * (side + rate) / (coin + side * size / entry)
    found = thresholds(held, market(entry), PerpetualRule((Tier(0.0, rate),)), lowest=1_000.0)
    level = found.below if side > 0 else found.above
    assert level.spot == pytest.approx(expected, rel=EXACT)


def test_tiers_of_an_inverse_position_are_tiers_of_coin():
    rule = PerpetualRule(continuous_tiers((0.0, 2.0), (0.01, 0.02)))
    held = account(1.0, perpetual(90_000.0, 60_000.0, 1.0, INVERSE), currency="X")
    found = requirement(held, market(30_000.0), rule)
    assert found.maintenance == pytest.approx(0.01 * 2.0 + 0.02 * 1.0)


def test_a_fully_paid_position_has_no_threshold():
    held = account(100.0, perpetual(1.0, 90.0))
    found = thresholds(held, market(100.0), PerpetualRule((Tier(0.0, 0.01),)), lowest=0.1)
    assert (found.below, found.above, found.intervals) == (None, None, ())


def test_a_future_is_measured_at_its_forward_and_needs_nothing_once_expired():
    held = account(0.0, Position(Future("X", after(73)), -10.0, 1.0, 100.0))
    dates, rule = (after(0), after(73)), PerpetualRule((Tier(0.0, 0.01),))
    found = table(held, market(100.0), rule, spots=100.0, dates=dates)
    assert found.maintenance.ravel() == pytest.approx([10.0 * np.exp(0.04 * 0.2), 0.0])


def test_the_legs_and_the_fixed_part_add_up_to_the_requirement():
    rule = PerpetualRule(TIERS, fee=0.0005, other_maintenance=77.0)
    held = account(9_000.0, perpetual(3.0, 61_000.0), perpetual(-0.5, 58_000.0))
    found = requirement(held, market(60_000.0), rule)
    assert sum(line.profit for line in found.lines) - 77.0 == pytest.approx(-found.maintenance)


def test_other_underlyings_need_a_stated_maintenance():
    both = Account(
        "two",
        "USD",
        100.0,
        (Position(Perpetual("X"), 1.0, 1.0, 50.0), Position(Perpetual("Y"), 1.0, 1.0, 20.0)),
    )
    at = Market(by_hand.ASOF, {"X": Underlying(50.0), "Y": Underlying(20.0)}, {})
    rule = PerpetualRule((Tier(0.0, 0.01),))
    with pytest.raises(ValueError, match="other_maintenance must hold the maintenance of Y perp"):
        requirement(both, at, rule, underlying="X")
    stated = replace(rule, other_maintenance=rule.maintenance(20.0))
    found = [requirement(both, at, stated, underlying="X").maintenance]
    assert found == pytest.approx([0.7])


def test_options_are_refused_and_holdings_are_not():
    option = by_hand.put(45.0)
    at = market(50.0, {option: 0.3})
    rule = PerpetualRule((Tier(0.0, 0.01),))
    with pytest.raises(ValueError, match="no requirement for options, got X 2027-01-19 45 put"):
        requirement(account(0.0, Position(option, -1)), at, rule)
    assert requirement(account(0.0, Position(Asset("X"), 5)), at, rule).maintenance == 0.0


@pytest.mark.parametrize(
    ("tiers", "message"),
    [
        ((Tier(10.0, 0.01),), "tiers must start at a floor of 0, got 10"),
        ((Tier(0.0, 0.01), Tier(0.0, 0.02)), "tiers must ascend in floor"),
        ((Tier(0.0, 0.02), Tier(10.0, 0.01, -0.1)), "not fall in rate"),
        ((Tier(0.0, 0.01), Tier(10.0, 0.02)), r"tiers\[1\].amount must be 0.1, so that .* got 0"),
        ((0.01,), r"tiers\[0\] must be of type Tier"),
    ],
)
def test_a_broken_table_is_refused(tiers, message):
    with pytest.raises(ValueError, match=message):
        PerpetualRule(tiers)


@pytest.mark.parametrize(
    ("field", "bad"),
    [("fee", -0.1), ("entry_rate", 2.0), ("other_maintenance", -1.0), ("initial_factor", 0.5)],
)
def test_a_field_out_of_its_range_is_refused(field, bad):
    with pytest.raises(ValueError, match=f"{field} must lie from"):
        PerpetualRule((Tier(0.0, 0.01),), **{field: bad})
