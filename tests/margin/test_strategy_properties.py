"""What the requirement of strategy rules must obey, on random accounts."""

import numpy as np
import pytest

from margin import Position
from margin.rules.strategy import STRATEGY_EQUITY
from pdesolve import Right
from tests.margin.by_hand import ASOF, option
from tests.margin.test_strategy_pairing import ROUNDING, SPOT, needed, random_book, spread


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


@pytest.mark.parametrize("seed", range(8))
def test_the_requirement_is_never_above_that_of_all_shorts_alone(seed):
    positions, prices = random_book(700 + seed, 10, 100.0 * (seed % 3 - 1), largest=4)
    found = STRATEGY_EQUITY.maintenance_grouping(positions, prices, spot=SPOT, asof=ASOF)
    assert found.needed <= found.apart + ROUNDING
    assert all(group.saved >= -ROUNDING for group in found.groups)


@pytest.mark.parametrize("seed", range(6))
def test_the_order_of_positions_does_not_matter(seed):
    positions, prices = random_book(800 + seed, 14, 200.0, largest=4)
    shuffled = [positions[k] for k in np.random.default_rng(seed).permutation(len(positions))]
    assert needed(shuffled, prices) == pytest.approx(needed(positions, prices), abs=ROUNDING)


@pytest.mark.parametrize("seed", range(6))
def test_a_position_may_be_stated_in_parts(seed):
    positions, prices = random_book(900 + seed, 10, largest=4)
    parts = [Position(held.instrument, held.quantity + 2, 100) for held in positions]
    rest = [Position(held.instrument, -2, 100) for held in positions]
    assert needed(parts + rest, prices) == pytest.approx(needed(positions, prices), abs=ROUNDING)


@pytest.mark.parametrize("seed", range(6))
def test_twice_the_account_requires_at_most_twice_as_much(seed):  # 14.1, 14.2
    positions, prices = random_book(1000 + seed, 10, largest=3)
    double = [Position(held.instrument, 2 * held.quantity, 100) for held in positions]
    assert needed(double, prices) <= 2.0 * needed(positions, prices) + ROUNDING


def test_equal_lots_require_in_proportion():  # 14.1
    contract = option(Right.PUT, 95.0, 30)
    found = [needed([Position(contract, -n, 100)], {contract: 2.0}) for n in (1, 7)]
    assert found[1] == pytest.approx(7.0 * found[0])


def test_an_empty_account_requires_nothing():
    assert needed([], {}) == 0.0
