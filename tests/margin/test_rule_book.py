"""Worked examples of the rule book that stand in no test of their own system, by their section."""

from dataclasses import replace

import numpy as np
import pytest

from margin import Asset, Position, thresholds
from margin.rules import Scenario, ScenarioRule, continuous_tiers, excess_at, revalue_for
from margin.rules.derive.auction import AuctionedAccount, DeriveAuction
from margin.rules.haircuts import HaircutTable
from pdesolve import Exercise
from tests.margin.by_hand import account, call, market, put
from tests.margin.every_system import SYSTEMS

CENT = 0.006
AUCTION = DeriveAuction(0.98, 0.80, fast_seconds=100.0, slow_seconds=14_400.0, buffer=0.20)
BELOW = AuctionedAccount(589.15, -253.22)  # section 5.4

ANY_EXERCISE = [one for one in SYSTEMS if one.exercise is Exercise.AMERICAN]


@pytest.mark.parametrize(
    ("seconds", "discount", "largest", "part", "paid", "after"),
    [
        (0.0, 0.98, 0.422092, 0.422092, 243.70, (584.18, 97.36, 0.0)),
        (50.0, 0.89, 0.445749, 0.2, 104.87, (576.19, -97.71, -232.49)),
    ],
)
def test_section_5_4_a_bid(seconds, discount, largest, part, paid, after):
    assert AUCTION.discount(seconds) == pytest.approx(discount)
    assert AUCTION.buffer_balance(BELOW) == pytest.approx(-421.70, abs=CENT)
    assert AUCTION.largest_part(BELOW, seconds) == pytest.approx(largest, abs=5e-6)
    assert AUCTION.payment(BELOW, seconds, part) == pytest.approx(paid, abs=CENT)
    left = AUCTION.after(BELOW, seconds, part)
    found = (left.marked, left.maintenance, AUCTION.buffer_balance(left))
    assert found == pytest.approx(after, abs=CENT)


@pytest.mark.parametrize("seconds", [0.0, 40.0, 100.0, 9_000.0])
@pytest.mark.parametrize("first", [0.0, 0.05, 0.2])
def test_the_largest_bid_restores_the_buffer_after_any_other(seconds, first):
    left = AUCTION.after(BELOW, 10.0, first)
    part = AUCTION.largest_part(left, seconds)
    after = AUCTION.after(left, seconds, part)
    assert AUCTION.buffer_balance(after) == pytest.approx(0.0, abs=1e-10)
    assert after.reserved >= left.reserved


def test_the_discount_falls_to_nothing_and_does_not_jump():
    seconds = np.linspace(0.0, 15_000.0, 1_001)
    found = np.array([AUCTION.discount(one) for one in seconds])
    assert np.all(np.diff(found) <= 0.0)
    assert np.abs(np.diff(found)).max() < 0.03
    assert (found[0], found[-1]) == (0.98, 0.0)


def test_a_healthy_account_is_not_for_sale_and_one_below_the_cut_off_is_whole():
    assert AUCTION.largest_part(AuctionedAccount(900.0, 300.0), 0.0) == 0.0
    assert replace(AUCTION, cut_off=600.0).largest_part(BELOW, 0.0) == 1.0


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"cut": 0.99}, "cut must be at most start"),
        ({"fast_seconds": 0.0}, "fast_seconds must be positive"),
        ({"buffer": -0.1}, "buffer must lie from 0"),
    ],
)
def test_an_auction_out_of_range_is_refused(change, message):
    with pytest.raises(ValueError, match=message):
        replace(AUCTION, **change)


def test_section_7_marginal_brackets_of_a_conversion():
    table = HaircutTable(continuous_tiers((0.0, 1e6, 5e6), (0.0075, 0.0175, 0.025)))
    assert 3e6 * table.haircut(3e6) == pytest.approx(7_500.0 + 35_000.0)


@pytest.mark.parametrize(
    ("cash", "shares", "move", "level"),
    [(-4_000.0, 100.0, -0.25, 53.33), (9_100.0, -100.0, 0.30, 70.0)],
)
def test_section_11_3_no_options(cash, shares, move, level):
    rule = ScenarioRule("stock", (Scenario(move),))
    found = thresholds(account(cash, Position(Asset("X"), shares)), market(65.0), rule)
    nearest = found.below or found.above
    assert nearest.spot == pytest.approx(level, abs=CENT)


@pytest.mark.parametrize("system", ANY_EXERCISE, ids=lambda system: system.name)
def test_section_14_early_exercise_leaves_a_short_account_no_more(system):  # property 10
    spots, found = np.linspace(70.0, 140.0, 15), []
    for exercise in (Exercise.EUROPEAN, Exercise.AMERICAN):
        contract = put(105.0, 90, exercise=exercise)
        held = account(900.0, Position(contract, -5.0))
        at = market(100.0, {contract: 0.3}, rate=0.08)
        found.append(revalue_for(system.rule, held, at, spots=spots))
    european, american = (excess_at(system.rule, each, spots) for each in found)
    solved = max(
        branch.error(spots).max() for each in found for branch in system.rule.excess_branches(each)
    )
    assert np.all(american <= european + 2.0 * solved)


@pytest.mark.parametrize("system", ANY_EXERCISE[:3], ids=lambda system: system.name)
def test_section_14_at_expiry_options_are_what_they_pay(system):  # property 8
    short = put(100.0, 30), call(110.0, 30)
    held = account(800.0, *(Position(contract, -5.0) for contract in short))
    at, end = market(100.0, dict.fromkeys(short, 0.4)), short[0].expiry
    spots = np.linspace(70.0, 140.0, 29)
    found = revalue_for(system.rule, held, at, spots=spots, dates=(at.asof, end))
    paid = 5.0 * (np.maximum(100.0 - spots, 0.0) + np.maximum(spots - 110.0, 0.0))
    excess = excess_at(system.rule, found, spots, date_index=1)
    assert excess == pytest.approx(800.0 - paid, abs=1e-9)
