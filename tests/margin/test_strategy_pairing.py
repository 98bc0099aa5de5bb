"""The cheapest grouping against exhaustive search, against HiGHS, and against what it must obey."""

from itertools import product

import numpy as np
import pytest

from margin import Asset, Position
from margin.rules.strategy import STRATEGY_EQUITY
from margin.rules.strategy.book import book_of
from margin.rules.strategy.cheapest import Cheapest, by_highs
from margin.rules.strategy.costs import costs_at, pair_lead
from margin.rules.strategy.option_terms import OptionTerms
from margin.rules.strategy.program import program_of
from margin.rules.strategy.stock_terms import MaintenanceStock
from pdesolve import Right
from tests.margin.by_hand import ASOF, option

ROUNDING = 1e-6  # of sums of amounts up to 1e5
SPOT = 100.0
STOCK = MaintenanceStock()


def random_book(seed, n_legs, shares=0.0, largest=1):
    """Options around the spot on two expiries, with prices above their payoffs."""
    rng = np.random.default_rng(seed)
    held = {}
    while len(held) < n_legs:
        right, days = Right(int(rng.choice([-1, 1]))), int(rng.choice([30, 60]))
        contract = option(right, 80.0 + 5.0 * rng.integers(0, 9), days)
        held[contract] = int(rng.choice([-1, 1])) * int(rng.integers(1, largest + 1))
    positions = [Position(contract, count, 100) for contract, count in held.items()]
    prices = {
        contract: max(int(contract.right) * (SPOT - contract.strike), 0.0) + rng.uniform(0.5, 5.0)
        for contract in held
    }
    return positions + ([Position(Asset("X"), shares)] if shares else []), prices


def needed(positions, prices):
    found = STRATEGY_EQUITY.maintenance_grouping(positions, prices, spot=SPOT, asof=ASOF)
    assert found.saved == pytest.approx(found.apart - found.needed, abs=ROUNDING)
    return found.needed


def partitions(items):
    """Yield all ways to divide a list into groups."""
    if not items:
        yield []
        return
    for rest in partitions(items[1:]):
        yield [[items[0]], *rest]
        for index in range(len(rest)):
            yield [*rest[:index], [items[0], *rest[index]], *rest[index + 1 :]]


def naked(contract, price):
    """Requirement of one short option by itself."""
    out = max(int(contract.right) * (contract.strike - SPOT), 0.0)
    least = 0.1 * (SPOT if contract.right is Right.CALL else contract.strike)
    return price + max(0.2 * SPOT - out, least)


def spread(shorts, longs):
    """Largest loss of a set that is covered; infinite if it is not."""
    for right in Right:
        if sum(c.right is right for c in shorts) > sum(c.right is right for c in longs):
            return np.inf
    ends = {contract.expiry for contract in shorts}
    if len(ends) != 1 or any(contract.expiry < min(ends) for contract in longs):
        return np.inf
    prices = [0.0, *(contract.strike for contract in shorts + longs)]
    payoffs = [
        [sum(max(int(c.right) * (p - c.strike), 0.0) for c in side) for side in (shorts, longs)]
        for p in prices
    ]
    return max(0.0, *(short - long for short, long in payoffs))


def straddle(first, second, prices):
    """The greater side, and the price of the other."""
    sides = [(naked(c, prices[c]), prices[c]) for c in (first, second)]
    greater = max(range(2), key=lambda index: sides[index][0])
    return sides[greater][0] + sides[1 - greater][1]


def with_stock(sign, shorts, longs):
    """A hundred shares with at most one short and one long; infinite if that is no group."""
    at = np.array([SPOT])
    right = Right.CALL if sign > 0 else Right.PUT
    if any(c.right is not right for c in shorts) or any(c.right is right for c in longs):
        return np.inf
    k = np.array([c.strike for c in (*shorts, *longs)])[:, None]
    kept = max(sign * (SPOT - shorts[0].strike), 0.0) if shorts else 0.0
    if shorts and longs:
        if shorts[0].expiry != longs[0].expiry or (k[0] < k[1] if sign > 0 else k[0] != k[1]):
            return np.inf
        if sign > 0:
            return float(STOCK.collar(k[1], k[0], at)[0]) + kept
        return float(STOCK.reverse_conversion(k[0], at)[0])
    if shorts:
        if sign > 0:
            return float(STOCK.covered_call(k[0], at)[0])
        return float(STOCK.short_stock(at)[0]) + kept
    if longs:
        hedge = STOCK.married_put if sign > 0 else STOCK.protective_call
        return float(hedge(k[0], at)[0])
    return float((STOCK.long_stock if sign > 0 else STOCK.short_stock)(at)[0])


def cost(group, prices):
    """Requirement of a group per unit; infinite if it is none.  Stock is its sign."""
    stock = [member for member in group if not hasattr(member[0], "strike")]
    shorts = [member[0] for member in group if member not in stock and member[1] < 0]
    longs = [member[0] for member in group if member not in stock and member[1] > 0]
    if stock:
        few = len(stock) == 1 and len(shorts) <= 1 and len(longs) <= 1
        return with_stock(stock[0][1], shorts, longs) if few else np.inf
    if not shorts:
        return 0.0
    choices = [spread(shorts, longs)]
    if not longs and len(shorts) == 1:
        choices.append(naked(shorts[0], prices[shorts[0]]))
    if not longs and len(shorts) == 2 and shorts[0].right is not shorts[1].right:
        choices.append(straddle(*shorts, prices))
    return min(choices)


def by_search(positions, prices):
    """The cheapest of all partitions of single contracts and lots of a hundred shares."""
    units = []
    for held in positions:
        size = 100 if isinstance(held.instrument, Asset) else 1
        sign = int(np.sign(held.quantity))
        units += [(held.instrument, sign)] * int(abs(held.quantity) // size)
    totals = (sum(cost(group, prices) for group in split) for split in partitions(units))
    return 100.0 * min(totals)


@pytest.mark.parametrize(("seed", "shares"), list(product(range(12), [0.0, 100.0, -100.0])))
def test_no_grouping_of_a_small_book_is_cheaper(seed, shares):
    positions, prices = random_book(seed, 6 - bool(shares), shares)
    assert needed(positions, prices) == pytest.approx(by_search(positions, prices), abs=ROUNDING)


@pytest.mark.parametrize("seed", range(6))
def test_no_grouping_of_several_contracts_a_leg_is_cheaper(seed):
    positions, prices = random_book(100 + seed, 4, largest=2)
    assert needed(positions, prices) == pytest.approx(by_search(positions, prices), abs=ROUNDING)


@pytest.mark.parametrize(("seed", "n_legs"), list(product(range(4), [10, 16, 22])))
def test_branching_agrees_with_highs(seed, n_legs):
    positions, prices = random_book(200 + seed, n_legs, shares=300.0, largest=5)
    book = book_of(positions)
    program = program_of(book, np.zeros(len(book.long.contracts), dtype=bool))
    premiums = [
        np.array([[prices[contract]] for contract in lots.contracts])
        for lots in (book.short, book.long)
    ]
    options, spots = OptionTerms(), np.array([SPOT])
    lead = pair_lead(program, options, spots, premiums[0])
    costs = costs_at(program, (options, STOCK), spots, premiums, lead).low[:, 0]
    theirs, left = by_highs(program, costs)
    assert costs @ Cheapest(program).solve(costs) == pytest.approx(costs @ theirs, abs=ROUNDING)
    assert left == pytest.approx(0.0, abs=ROUNDING)


@pytest.mark.parametrize("seed", range(10))
def test_two_books_together_require_no_more_than_apart(seed):  # 14.2
    first, second = (random_book(300 + 2 * seed + k, 7, 200.0 * k, largest=3) for k in (0, 1))
    prices = first[1] | second[1]
    apart = needed(first[0], prices) + needed(second[0], prices)
    assert needed(first[0] + second[0], prices) <= apart + ROUNDING


@pytest.mark.parametrize("seed", range(10))
def test_one_more_long_option_never_raises_the_requirement(seed):  # 14.3
    positions, prices = random_book(400 + seed, 8, largest=3)
    before = needed(positions, prices)
    for held in positions:
        assert needed([*positions, Position(held.instrument, 1, 100)], prices) <= before + ROUNDING


@pytest.mark.parametrize("seed", range(8))
def test_a_covered_set_requires_its_largest_loss_and_no_more_than_its_shorts(seed):  # 14.4
    rng = np.random.default_rng(500 + seed)
    strikes = 80.0 + 5.0 * rng.choice(9, 4, replace=False)
    sides = ((Right.CALL, -1), (Right.CALL, 1), (Right.PUT, -1), (Right.PUT, 1))
    positions = [
        Position(option(right, k, 30), sign, 100)
        for (right, sign), k in zip(sides, strikes, strict=True)
    ]
    prices = {held.instrument: 40.0 for held in positions}  # so dear that nothing stays naked
    held = [(held.instrument, held.quantity) for held in positions]
    loss = spread(*([c for c, n in held if n * sign > 0] for sign in (-1, 1)))
    assert needed(positions, prices) == pytest.approx(100.0 * loss)
    assert needed(positions, prices) <= needed([p for p in positions if p.quantity < 0], prices)


@pytest.mark.parametrize("seed", range(6))
def test_the_requirement_is_not_negative_and_scales_with_all_prices(seed):  # 14.1
    positions, prices = random_book(600 + seed, 8, largest=3)
    double = {
        held.instrument: option(held.instrument.right, 2.0 * held.instrument.strike, days)
        for held in positions
        for days in [(held.instrument.expiry - ASOF).days]
    }
    scaled = [Position(double[held.instrument], held.quantity, 100) for held in positions]
    dearer = {double[contract]: 2.0 * price for contract, price in prices.items()}
    found = STRATEGY_EQUITY.maintenance_grouping(scaled, dearer, spot=2.0 * SPOT, asof=ASOF)
    assert found.needed == pytest.approx(2.0 * needed(positions, prices))
    assert found.needed >= 0.0


def test_equal_lots_require_in_proportion():  # 14.1
    contract = option(Right.PUT, 95.0, 30)
    found = [needed([Position(contract, -n, 100)], {contract: 2.0}) for n in (1, 7)]
    assert found[1] == pytest.approx(7.0 * found[0])


def test_an_empty_account_requires_nothing():
    assert needed([], {}) == 0.0
