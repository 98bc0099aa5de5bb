"""What must hold under every margin system, on random accounts.

Properties are numbered as in section 14 of the rule book.
"""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from margin import Asset, Position, thresholds_of
from margin.requirements import requirement
from margin.rules import (
    Branch,
    Explained,
    Staged,
    branch_values,
    excess_at,
    labelled_values,
    leg_profit,
    requirement_at,
    revalue_for,
)
from tests.margin.by_hand import NAME, account, market
from tests.margin.every_system import SPOT, SYSTEMS

SPOTS = np.linspace(60.0, 150.0, 61)
ROUNDING = 1e-9  # of sums of a few thousand
SEEDS = range(3)

every_system = pytest.mark.parametrize("system", SYSTEMS, ids=lambda system: system.name)


@cache
def revalued(system, seed):
    held, at = system.account(seed)
    return revalue_for(system.rule, held, at, spots=(55.0, 160.0))


def scaled(held, times):
    """The account several times over."""
    positions = tuple(replace(one, quantity=times * one.quantity) for one in held.positions)
    return replace(held, cash=times * held.cash, positions=positions)


@every_system
@pytest.mark.parametrize("seed", SEEDS)
def test_values_at_spots_are_those_of_the_proven_curves(system, seed):
    found = revalued(system, seed)
    values = branch_values(system.rule, found, SPOTS)
    for row, branch in zip(values, system.rule.excess_branches(found), strict=True):
        assert np.all(np.abs(row - branch.curve(SPOTS)) <= branch.error(SPOTS) + ROUNDING)


@every_system
def test_branches_have_the_same_names_whether_their_curves_are_built_or_not(system):
    found = revalued(system, 0)
    labels, values = labelled_values(system.rule, found, SPOTS)
    branches = system.rule.excess_branches(found)
    assert labels == tuple(branch.label for branch in branches)
    for row, branch in zip(values, branches, strict=True):
        assert np.all(np.abs(row - branch.curve(SPOTS)) <= branch.error(SPOTS) + ROUNDING)


@every_system
def test_values_at_spots_know_dates_and_volatility_moves(system):
    held, at = system.account(1)
    later = at.asof.replace(day=24)
    found = revalue_for(
        system.rule, held, at, spots=(80.0, 120.0), vol_moves=(0.0, 0.1), dates=(at.asof, later)
    )
    spots = np.linspace(80.0, 120.0, 9)
    values = branch_values(system.rule, found, spots, date_index=1, vol_move=0.1)
    branches = system.rule.excess_branches(found, 1, 0.1)
    for row, branch in zip(values, branches, strict=True):
        assert np.all(np.abs(row - branch.curve(spots)) <= branch.error(spots) + ROUNDING)


@every_system
def test_a_spot_that_was_not_revalued_is_refused(system):
    with pytest.raises(ValueError, match="spots must lie in"):
        branch_values(system.rule, revalued(system, 0), [100.0, 1e4])


@every_system
@pytest.mark.parametrize("seed", SEEDS)
def test_requirements_are_not_negative(system, seed):  # property 1
    required = requirement_at(system.rule, revalued(system, seed), SPOTS)
    without_value = system.rule.name.startswith("Bybit")  # compared with a balance
    assert without_value or required.min() >= -ROUNDING


@every_system
@pytest.mark.parametrize("seed", SEEDS)
def test_requirements_double_with_the_account(system, seed):  # property 1
    if not system.homogeneous:
        pytest.skip("what is forgiven is an amount, whatever the account")
    once = revalued(system, seed)
    twice = once.with_account(scaled(once.account, 2.0))
    required = requirement_at(system.rule, once, SPOTS)
    assert requirement_at(system.rule, twice, SPOTS) == pytest.approx(2.0 * required, abs=1e-8)


@every_system
def test_cash_moves_the_excess_by_itself(system):  # property 3
    poor = revalued(system, 2)
    rich = poor.with_account(replace(poor.account, cash=poor.account.cash + 5.0))
    gap = excess_at(system.rule, rich, SPOTS) - excess_at(system.rule, poor, SPOTS)
    assert gap == pytest.approx(5.0 * (SPOTS if poor.in_coin else 1.0), abs=1e-8)


@every_system
@pytest.mark.parametrize("seed", SEEDS)
def test_the_lines_of_a_requirement_add_up(system, seed):
    found = revalued(system, seed)
    stated = requirement(found.account, found.market, system.rule, revaluation=found)
    parts = sum(line.profit for line in stated.lines) + stated.together
    assert parts == pytest.approx(-stated.maintenance, abs=1e-8)
    needed = sum(line.amount for line in stated.terms)
    assert needed == pytest.approx(stated.maintenance, abs=1e-8)
    if stated.worst:  # what is not below zero needs no last line
        assert all(line.label != "not below zero" for line in stated.terms)


@every_system
def test_a_rule_that_explains_itself_does_so_in_words_and_amounts(system):
    found = revalued(system, 1)
    if not isinstance(system.rule, Explained):
        pytest.skip("the lines are the holdings")
    lines = system.rule.maintenance_lines(found)
    assert len({line.label for line in lines}) == len(lines)
    assert np.isfinite([line.amount for line in lines]).all()


@every_system
def test_a_single_leg_is_the_whole_branch(system):
    held, at = system.account(0)
    one = next(each for each in held.positions if each.quantity < 0.0)
    alone = revalue_for(system.rule, replace(held, cash=0.0, positions=(one,)), at)
    values = branch_values(system.rule, alone, [SPOT])[:, 0]
    worst = int(values.argmin())
    expected = values[worst] - float(alone.equity()(SPOT))
    assert leg_profit(system.rule, alone, worst) == pytest.approx(expected, abs=ROUNDING)


@every_system
def test_initial_is_never_below_maintenance(system):
    found = revalued(system, 1)
    stated = requirement(found.account, found.market, system.rule, revaluation=found)
    assert stated.initial >= stated.maintenance - ROUNDING
    if isinstance(system.rule, Staged):
        assert all(isinstance(one, Branch) for one in system.rule.initial_branches(found))


@every_system
@pytest.mark.parametrize("cash", [30.0, 300.0])
def test_thresholds_are_where_the_sign_of_the_excess_changes(system, cash):  # property 7
    found = revalued(system, 0)
    cash /= SPOT if found.in_coin else 1.0
    found = found.with_account(replace(found.account, cash=cash))
    danger = thresholds_of(found, system.rule, lowest=60.0, highest=150.0)
    spots = np.linspace(60.0, 150.0, 1_001)
    excess = excess_at(system.rule, found, spots)
    inside = np.zeros(spots.size, dtype=bool)
    unsure = np.zeros(spots.size, dtype=bool)
    for one in danger.intervals:
        inside |= (spots > one.lower) & (spots < one.upper)
        for end, error in ((one.lower, one.lower_error), (one.upper, one.upper_error)):
            unsure |= np.abs(spots - end) <= error + 1e-9 * end
    assert np.array_equal((excess < 0.0)[~unsure], inside[~unsure])


@every_system
def test_an_account_of_cash_needs_nothing_and_has_no_threshold(system):  # property 7
    held, at = system.account(0)
    found = revalue_for(system.rule, replace(held, positions=()), at, spots=(55.0, 160.0))
    assert requirement_at(system.rule, found, SPOTS) == pytest.approx(0.0, abs=ROUNDING)
    assert thresholds_of(found, system.rule, lowest=60.0, highest=150.0).intervals == ()


@pytest.mark.parametrize("quantity", [-250.0, 40.0])
def test_shares_alone_need_fifteen_percent(quantity):  # property 5
    rule = SYSTEMS[0].rule
    held = account(5e4, Position(Asset(NAME), quantity))
    found = revalue_for(rule, held, market(SPOT), spots=(55.0, 160.0))
    expected = 0.15 * abs(quantity) * SPOTS
    assert requirement_at(rule, found, SPOTS) == pytest.approx(expected)
