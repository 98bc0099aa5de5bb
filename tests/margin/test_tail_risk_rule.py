"""Value at risk and expected shortfall rules against sorted profits, and what they must obey."""

from dataclasses import replace

import numpy as np
import pytest

from margin import Asset, Market, Perpetual, Position, Settlement, Underlying
from margin.liquidation import thresholds, thresholds_of
from margin.requirements import requirement
from margin.returns import simulated_returns, spot_moves
from margin.rules import revalue_for
from margin.rules.tail.measure import ExpectedShortfall, Quantile, ValueAtRisk
from margin.rules.tail.protections import Buffer, LookBackFloor, StressedWindow
from margin.rules.tail.rule import TailRiskRule
from margin.rules.tail.statement import explain_tail
from pdesolve import Exercise
from tests import naive
from tests.margin import by_hand
from tests.margin.by_hand import account, call, market, put

MOVES = spot_moves(simulated_returns(0.03, 400, seed=5, degrees=4.0))
STRESS = spot_moves(simulated_returns(0.06, 200, seed=6))
RULES = [TailRiskRule(MOVES, ValueAtRisk(0.99)), TailRiskRule(MOVES, ExpectedShortfall(0.975))]
ROUNDING = 1e-9  # of sums of a few thousand


def random_account(seed, cash=1_500.0, **kind):
    """Cash, two to five European options and shares, and their market."""
    rng = np.random.default_rng(seed)
    contracts = [
        (put if rng.random() < 0.5 else call)(
            float(rng.integers(80, 121)), int(rng.integers(5, 120)), **kind
        )
        for _ in range(rng.integers(2, 6))
    ]
    vols = {contract: rng.uniform(0.2, 0.8) for contract in contracts}
    positions = [Position(contract, rng.integers(-5, 6), 10.0) for contract in vols]
    shares = Position(Asset("X"), float(rng.integers(-20, 21)))
    return account(cash, *positions, shares), market(100.0, vols)


def by_sorting(rule, held, at, spots):
    """Requirement from closed-form profits in every scenario, sorted, spot by spot."""
    moved = np.asarray(spots)[:, None] * (1.0 + np.array(rule.moves))
    profits = by_hand.equity(held, at, moved) - by_hand.equity(held, at, spots)[:, None]
    return np.array([max(0.0, rule.measure.loss(row)) for row in profits])


def excess_by_sorting(rule, revaluation, spots):
    """Excess from the revalued account in every scenario, sorted, spot by spot."""
    moving, equity = revaluation.moving(), revaluation.equity()(spots)
    after = np.sort(moving(spots[:, None] * (1.0 + np.array(rule.moves))), axis=1)
    shares = rule.measure.shares(np.arange(len(rule.moves)))  # of ranks, the lowest first
    return equity - np.maximum(0.0, moving(spots) - after @ shares)


@pytest.mark.parametrize("quantile", Quantile)
@pytest.mark.parametrize(("count", "level"), [(100, 0.99), (250, 0.99), (1_000, 0.975), (37, 0.9)])
def test_value_at_risk_is_the_quantile_that_it_is_named_after(quantile, count, level):
    profits = np.random.default_rng(count).normal(size=count)
    share = round(1.0 - level, 12)
    if quantile is Quantile.INVERTED_CDF:  # numpy takes a product of 1 - 1e-16 for 0
        share -= 1e-15
    expected = -np.quantile(profits, share, method=quantile.value)
    assert ValueAtRisk(level, quantile).loss(profits) == pytest.approx(expected)


@pytest.mark.parametrize(("count", "level"), [(100, 0.99), (250, 0.99), (1_000, 0.975), (37, 0.9)])
def test_expected_shortfall_is_the_mean_quantile_of_the_tail(count, level):
    profits = np.sort(np.random.default_rng(count).normal(size=count))
    share = 1.0 - level
    ends = np.append(np.arange(0.0, share - 1e-12, 1.0 / count), share)
    expected = -np.diff(ends) @ profits[: ends.size - 1] / share
    assert ExpectedShortfall(level).loss(profits) == pytest.approx(expected)


@pytest.mark.parametrize("measure", [ValueAtRisk(0.97, Quantile.LINEAR), ExpectedShortfall(0.97)])
def test_the_shares_of_scenarios_add_up_to_one(measure):
    profits = np.random.default_rng(0).normal(size=250)
    shares = measure.shares(profits)
    assert shares.sum() == pytest.approx(1.0)
    assert measure.loss(profits) == pytest.approx(-shares @ profits)


@pytest.mark.parametrize("rule", RULES, ids=("VaR", "ES"))
@pytest.mark.parametrize("seed", range(8))
def test_the_excess_is_that_of_sorted_profits_within_its_error(rule, seed):
    held, at = random_account(seed)
    spots = np.linspace(60.0, 160.0, 101)
    branches = rule.excess_branches(revalue_for(rule, held, at, spots=spots))
    found = np.min([branch.curve(spots) for branch in branches], axis=0)
    error = np.max([branch.error(spots) for branch in branches], axis=0)
    expected = by_hand.equity(held, at, spots) - by_sorting(rule, held, at, spots)
    assert np.all(np.abs(found - expected) <= error + ROUNDING)


@pytest.mark.parametrize("rule", RULES, ids=("VaR", "ES"))
def test_a_coin_account_sorts_its_profits_in_coin(rule):
    contract = put(95.0, settlement=Settlement.INVERSE)
    perpetual = Position(Perpetual("X", Settlement.INVERSE), 60.0, entry_price=90.0)
    held = account(2.0, Position(contract, -3.0), perpetual, currency="X")
    at = market(100.0, {contract: 0.6}, rate=0.0)
    found = requirement(held, at, rule)
    expected = by_sorting(rule, held, at, np.array([100.0]))[0]
    assert found.maintenance == pytest.approx(expected, abs=found.error)


@pytest.mark.parametrize("rule", RULES, ids=("VaR", "ES"))
@pytest.mark.parametrize("seed", range(12))
def test_no_interval_is_missed_and_none_is_made_up(rule, seed):
    held, at = random_account(seed)
    revaluation = revalue_for(rule, held, at, spots=(50.0, 200.0))
    found = thresholds_of(revaluation, rule, lowest=50.0, highest=200.0).liquidation
    spots = np.exp(np.linspace(np.log(50.0), np.log(200.0), 5_001))[1:-1]
    short = excess_by_sorting(rule, revaluation, spots) < 0.0
    assert not np.any(short & ~naive.members(found.possible, spots))
    assert not np.any(~short & naive.members(found.certain, spots))
    crossings = np.count_nonzero(np.diff(short))
    ends = sum(2 - one.lower_open - one.upper_open for one in found.intervals)
    assert crossings == ends or not found.certificate.complete


@pytest.mark.parametrize("rule", RULES, ids=("VaR", "ES"))
def test_a_requirement_from_scratch_has_the_right_sign_at_both_sides_of_a_threshold(rule):
    legs = [Position(put(90.0), -2, 10.0), Position(call(110.0), -2, 10.0)]
    held, vols = account(160.0, *legs), {put(90.0): 0.35, call(110.0): 0.30}
    found = thresholds(held, market(100.0, vols), rule)
    for end, outward in ((found.below, -1.0), (found.above, 1.0)):
        for side in (-1.0, 1.0):
            spot = np.array([end.spot + side * max(1e-4 * end.spot, 2.0 * end.error)])
            excess = by_hand.equity(held, market(100.0, vols), spot)
            excess = excess - by_sorting(rule, held, market(100.0, vols), spot)
            assert np.sign(excess[0]) == -side * outward


@pytest.mark.parametrize("seed", range(6))
def test_expected_shortfall_is_at_least_value_at_risk_and_at_most_the_worst_loss(seed):
    held, at = random_account(seed)
    levels = ValueAtRisk(0.98), ExpectedShortfall(0.98), ExpectedShortfall(0.9975)
    rules = [TailRiskRule(MOVES, measure) for measure in levels]
    needed = [requirement(held, at, rule).maintenance for rule in rules]
    assert needed[0] <= needed[1] + 1e-6
    assert needed[1] <= needed[2] + 1e-6


@pytest.mark.parametrize("seed", range(6))
def test_expected_shortfall_of_two_accounts_is_at_most_the_sum(seed):
    (first, at), (second, other) = random_account(seed), random_account(seed + 50)
    both = replace(first, positions=first.positions + second.positions)
    joint = Market(at.asof, at.underlyings, {**other.vols, **at.vols})
    found = [requirement(held, joint, RULES[1]) for held in (both, first, second)]
    error = sum(one.error for one in found)
    assert found[0].maintenance <= found[1].maintenance + found[2].maintenance + error


@pytest.mark.parametrize("rule", RULES, ids=("VaR", "ES"))
def test_three_times_the_quantities_need_three_times_as_much(rule):
    held, at = random_account(1)
    large = replace(
        held, positions=[replace(one, quantity=3.0 * one.quantity) for one in held.positions]
    )
    once, thrice = (requirement(each, at, rule) for each in (held, large))
    assert thrice.maintenance == pytest.approx(3.0 * once.maintenance, abs=2.0 * thrice.error)


@pytest.mark.parametrize("spot", [80.0, 100.0])
def test_a_short_american_put_leaves_no_more_than_a_european(spot):
    found = []
    for exercise in (Exercise.AMERICAN, Exercise.EUROPEAN):
        contract = put(100.0, 400, exercise=exercise)
        held = account(3_000.0, Position(contract, -2, 10.0))
        found.append(requirement(held, market(spot, {contract: 0.3}, rate=0.06), RULES[1]))
    assert found[0].excess <= found[1].excess + found[0].error + found[1].error


@pytest.mark.parametrize("weight", [0.0, 0.25, 1.0])
def test_a_stressed_window_counts_with_its_weight(weight):
    held, at = random_account(2)
    rule = TailRiskRule(MOVES, stressed=StressedWindow(STRESS, weight))
    calm, tense = (requirement(held, at, TailRiskRule(moves)) for moves in (MOVES, STRESS))
    expected = (1.0 - weight) * calm.maintenance + weight * tense.maintenance
    found = requirement(held, at, rule)
    assert found.maintenance == pytest.approx(expected, abs=2.0 * found.error)


@pytest.mark.parametrize(("used", "factor"), [(0.0, 1.25), (0.6, 1.1), (1.0, 1.0)])
def test_a_buffer_counts_as_far_as_it_is_not_used(used, factor):
    held, at = random_account(3)
    bare = requirement(held, at, TailRiskRule(MOVES)).maintenance
    found = requirement(held, at, TailRiskRule(MOVES, buffer=Buffer(0.25, used)))
    assert found.maintenance == pytest.approx(factor * bare, abs=2.0 * found.error)


@pytest.mark.parametrize("moves", [MOVES, STRESS], ids=("calm", "stress"))
def test_the_floor_binds_where_it_needs_more(moves):
    held, at = random_account(2)
    found = requirement(held, at, TailRiskRule(MOVES, floor=LookBackFloor(moves)))
    alone = requirement(held, at, TailRiskRule(moves)).maintenance
    assert found.maintenance == pytest.approx(alone, abs=2.0 * found.error)
    assert ("floor" in found.worst_scenario) is (moves is STRESS)


@pytest.mark.parametrize("rule", RULES, ids=("VaR", "ES"))
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_what_the_holdings_add_is_the_requirement(rule, seed):
    held, at = random_account(seed)
    revaluation = revalue_for(rule, held, at)
    found, needed = explain_tail(rule, revaluation), requirement(held, at, rule)
    assert found.required == pytest.approx(needed.maintenance, abs=needed.error)
    assert sum(line.amount for line in found.holdings) == pytest.approx(found.required)
    assert sum(line.amount for line in found.parts) == pytest.approx(found.required)
    assert sum(one.share for one in found.scenarios) == pytest.approx(1.0)
    if rule is RULES[1]:  # expected shortfall is subadditive
        assert found.saved >= -ROUNDING


def test_an_option_that_has_expired_is_settled_and_not_moved():
    held = account(0.0, Position(call(90.0, 30), 1.0))
    at = market(100.0, {call(90.0, 30): 0.3})
    revaluation = revalue_for(RULES[1], held, at, dates=(by_hand.after(30),))
    branches = RULES[1].excess_branches(revaluation)
    assert [float(branch.curve(100.0)) for branch in branches] == pytest.approx([10.0, 10.0])


def test_positions_in_other_underlyings_are_refused():
    both = account(0.0, Position(Asset("X"), 1), Position(Asset("Y"), 1))
    at = Market(by_hand.ASOF, {"X": Underlying(50.0), "Y": Underlying(20.0)}, {})
    with pytest.raises(ValueError, match="moves X only, got Y"):
        requirement(both, at, RULES[0], underlying="X")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"moves": ()}, "moves must hold at least one spot move, got none"),
        ({"moves": (0.1, -1.0)}, r"moves\[1\] must be above -1, got -1.0; turn logarithmic"),
        ({"moves": MOVES[:50], "measure": ValueAtRisk(0.99)}, "needs at least 100 scenarios"),
        ({"measure": 0.99}, "measure must be a ValueAtRisk or an ExpectedShortfall, got 0.99"),
        ({"initial_factor": 0.5}, "initial_factor must lie from 1 to inf, got 0.5"),
    ],
)
def test_a_broken_rule_is_refused(change, message):
    with pytest.raises(ValueError, match=message):
        TailRiskRule(**{"moves": MOVES, **change})


@pytest.mark.parametrize("kind", [ValueAtRisk, ExpectedShortfall])
def test_a_level_in_percent_is_refused_with_the_remedy(kind):
    with pytest.raises(ValueError, match=r"between 0 and 1, got 97.5; write 0.975"):
        kind(97.5)
