"""What a strategy rule says of its requirement adds up to it; single spots agree with the curve."""

import numpy as np
import pytest

from margin import Position
from margin.liquidation import thresholds
from margin.requirements import requirement
from margin.rules import branch_values, excess_at, revalue_for
from margin.rules.strategy import STRATEGY_EQUITY
from tests.margin.by_hand import account, call, market, put
from tests.margin.test_strategy_curve import random_account

SAME = 1e-5  # of amounts up to 1e6: the grouping is the same to rounding
SEEDS = [(1, 0.0), (2, 250.0), (3, -200.0), (4, 100.0)]


@pytest.mark.parametrize(("seed", "shares"), SEEDS)
def test_the_lines_add_up_to_the_requirement(seed, shares):
    held, at = random_account(seed, 7, shares)
    found = requirement(held, at, STRATEGY_EQUITY)
    assert sum(line.amount for line in found.terms) == pytest.approx(found.maintenance, abs=SAME)
    profits = sum(line.profit for line in found.lines) + found.together
    assert profits == pytest.approx(-found.maintenance, abs=SAME)


@pytest.mark.parametrize(("seed", "shares"), SEEDS)
def test_the_initial_lines_add_up_to_the_initial_requirement(seed, shares):
    held, at = random_account(seed, 7, shares)
    lines = STRATEGY_EQUITY.initial_lines(revalue_for(STRATEGY_EQUITY, held, at))
    initial = requirement(held, at, STRATEGY_EQUITY).initial
    assert sum(line.amount for line in lines) == pytest.approx(initial, abs=SAME)


def test_lines_say_which_legs_were_grouped_and_what_that_saved():
    legs = {put(100.0): 0.3, put(95.0): 0.3}
    held = account(5_000.0, *(Position(x, n, 100) for x, n in zip(legs, (-1, 1), strict=True)))
    found = requirement(held, market(100.0, legs), STRATEGY_EQUITY)
    spread, saved, value = found.terms
    assert spread.label == "vertical: -1 X 2027-01-19 100 put, +1 X 2027-01-19 95 put"
    assert saved.label == "  saved by grouping them"
    assert spread.amount + saved.amount == pytest.approx(500.0)
    assert value.amount == pytest.approx(found.equity - 5_000.0)


@pytest.mark.parametrize(("seed", "shares"), SEEDS)
def test_single_spots_agree_with_the_curve(seed, shares):
    held, at = random_account(seed, 7, shares)
    spots = np.random.default_rng(seed).uniform(40.0, 220.0, 30)
    found = revalue_for(STRATEGY_EQUITY, held, at, spots=spots)
    branches = STRATEGY_EQUITY.excess_branches(found)
    curves = np.stack([branch.curve(spots) for branch in branches])
    np.testing.assert_allclose(branch_values(STRATEGY_EQUITY, found, spots), curves, atol=SAME)


@pytest.mark.parametrize(("seed", "shares"), SEEDS)
def test_initial_requirements_at_single_spots_agree_with_the_curve_within_its_error(seed, shares):
    held, at = random_account(seed, 7, shares)
    spots = np.random.default_rng(seed).uniform(40.0, 220.0, 30)
    found = revalue_for(STRATEGY_EQUITY, held, at, spots=spots)
    values = STRATEGY_EQUITY.initial_values(found, spots)
    for row, branch in zip(values, STRATEGY_EQUITY.initial_branches(found), strict=True):
        assert np.all(np.abs(row - branch.curve(spots)) <= branch.error(spots) + SAME)


@pytest.mark.parametrize(("seed", "shares"), SEEDS)
def test_no_threshold_is_found_by_looking_closer(seed, shares):  # 14.7
    held, at = random_account(seed, 5, shares)
    spots = np.linspace(30.0, 250.0, 401)
    found = thresholds(held, at, STRATEGY_EQUITY, lowest=spots[0], highest=spots[-1])
    below = np.zeros(spots.size, dtype=bool)
    for interval in found.intervals:
        below |= (interval.lower <= spots) & (spots <= interval.upper)
    excess = excess_at(STRATEGY_EQUITY, revalue_for(STRATEGY_EQUITY, held, at, spots=spots), spots)
    clear = np.abs(excess) > 1.0  # values at spots within their error of a root say nothing
    assert np.array_equal(below[clear], (excess < 0.0)[clear])


def test_an_account_without_options_has_its_stock_as_its_only_line():
    contract = call(90.0)
    held = account(0.0, Position(contract, 0, 100))
    assert requirement(held, market(100.0, {contract: 0.3}), STRATEGY_EQUITY).terms == ()
