"""The cheapest grouping against exhaustive search, against HiGHS, and against what it must obey."""

from itertools import product

import numpy as np
import pytest

from margin import Asset, Position
from margin.rules.strategy import STRATEGY_EQUITY
from margin.rules.strategy.admitted import Admitted
from margin.rules.strategy.book import book_of
from margin.rules.strategy.cheapest import Cheapest
from margin.rules.strategy.costs import costs_at, pair_lead
from margin.rules.strategy.integer_search import search
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


def laid_out(positions, prices):
    """Book, values of its short and its long lots, and terms."""
    book = book_of(positions)
    premiums = [
        np.array([prices[contract] for contract in lots.contracts])[:, None]
        for lots in (book.short, book.long)
    ]
    return book, premiums, (OptionTerms(), STOCK)


def unit_costs(program, premiums, terms):
    """Money per unit of every column."""
    spots = np.array([SPOT])
    lead = pair_lead(program, terms[0], spots, premiums[0])
    return costs_at(program, terms, spots, premiums, lead).low[:, 0]


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
    book, premiums, terms = laid_out(positions, prices)
    program = program_of(book, np.zeros(len(book.long.contracts), dtype=bool), Admitted())
    costs = unit_costs(program, premiums, terms)
    theirs, left = search(program, costs, seconds=60.0)
    assert costs @ Cheapest(program, 60.0).solve(costs) == pytest.approx(
        costs @ theirs, abs=ROUNDING
    )
    assert left == 0.0


@pytest.mark.parametrize("seed", [0, 3, 5, 11, 17, 488, 508, 542])
def test_a_basis_kept_for_other_costs_leads_to_the_cheapest_again(seed):
    positions, prices = random_book(1200 + seed, 26, 100.0 * (seed % 2), largest=7)
    book, premiums, terms = laid_out(positions, prices)
    program = program_of(book, np.zeros(len(book.long.contracts), dtype=bool), Admitted())
    solver, draw = Cheapest(program, 60.0), np.random.default_rng(seed).uniform
    for _ in range(3):
        costs = unit_costs(program, premiums, terms)
        costs *= draw(0.8, 1.2, costs.size)
        theirs, _ = search(program, costs, seconds=60.0)
        assert costs @ solver.solve(costs) == pytest.approx(costs @ theirs, abs=ROUNDING)


@pytest.mark.parametrize("seed", range(12))
def test_lesser_sides_of_straddles_require_what_pairs_do(seed):
    positions, prices = random_book(1100 + seed, 18, 100.0 * (seed % 3 - 1), largest=4)
    rng = np.random.default_rng(seed)
    positions = [  # more shorts, so that there is something to pair
        Position(held.instrument, -abs(held.quantity), held.multiplier)
        if rng.uniform() < 0.6 and not isinstance(held.instrument, Asset)
        else held
        for held in positions
    ]
    book, premiums, terms = laid_out(positions, prices)
    totals = terms[0].uncovered(book.short.right, book.short.strike, SPOT, premiums[0][:, 0])
    found = []
    for each in (None, totals):
        lent = np.zeros(len(book.long.contracts), dtype=bool)
        program = program_of(book, lent, Admitted(), each)
        costs = unit_costs(program, premiums, terms)
        found.append(costs @ Cheapest(program, 60.0).solve(costs))
    assert found[0] == pytest.approx(found[1], abs=ROUNDING)


def test_a_search_that_runs_out_of_time_says_what_it_may_leave():
    positions, prices = random_book(7, 34, 300.0, largest=9)
    book, premiums, terms = laid_out(positions, prices)
    program = program_of(book, np.zeros(len(book.long.contracts), dtype=bool), Admitted())
    costs = unit_costs(program, premiums, terms)
    (rough, left), (best, none) = (search(program, costs, seconds=s) for s in (1e-3, 60.0))
    assert none == 0.0
    assert costs @ best - ROUNDING <= costs @ rough <= costs @ best + left + ROUNDING
