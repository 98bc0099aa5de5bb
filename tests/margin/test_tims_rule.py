"""Ten-point margin across underlyings against printed examples, and what offsets must obey."""

from dataclasses import replace

import numpy as np
import pytest

from margin import Account, Asset, Collateral, Market, OptionContract, Position, Underlying
from margin.liquidation import thresholds
from margin.requirements import requirement
from margin.rules import (
    TEN_POINT_BROAD_INDEX,
    TEN_POINT_EQUITY,
    TEN_POINT_SMALL_CAP,
    Scenario,
    ScenarioRule,
)
from margin.rules.tims.account import tims_along, tims_requirement
from margin.rules.tims.curve import TimsAlong
from margin.rules.tims.groups import ClassGroup, PortfolioGroup, ProductGroup, TimsRule
from pdesolve import Exercise, Right
from tests.margin.by_hand import ASOF, after

PRINTED = 0.005  # the examples are printed to cents
SOLVED = 0.002  # of options on indices in the thousands, times 100: 2e-5 per unit
ROUNDING = 1e-6
NAMES = ("A", "B", "C", "D")


def option(name, right, strike, days=60, exercise=Exercise.EUROPEAN):
    return OptionContract(name, right, strike, after(days), exercise)


def apart(*classes, offset=0.0):
    """A rule in which every class is a product group of its own, in one portfolio group."""
    products = tuple(ProductGroup(one.underlying, (one,)) for one in classes)
    return TimsRule((PortfolioGroup("all", products, offset),))


def together(*classes, offset=0.9):
    return TimsRule((PortfolioGroup("all", (ProductGroup("all", classes, offset),)),))


def alone(*classes):
    """A rule without any offset between classes."""
    return TimsRule(
        tuple(
            PortfolioGroup(one.underlying, (ProductGroup(one.underlying, (one,)),))
            for one in classes
        )
    )


LARGE = ClassGroup("SPX", TEN_POINT_BROAD_INDEX)
SMALL = ClassGroup("RUT", TEN_POINT_SMALL_CAP)
PUTS = (option("SPX", Right.PUT, 4_800.0, 30), option("RUT", Right.PUT, 2_000.0, 30))
INDICES = Account(
    "indices", "USD", 50_000.0, (Position(PUTS[0], -1, 100), Position(PUTS[1], 2, 100))
)
AT = Market(
    ASOF,
    {"SPX": Underlying(5_100.0, 0.045, 0.014), "RUT": Underlying(2_150.0, 0.045, 0.014)},
    {PUTS[0]: 0.19, PUTS[1]: 0.24},
)
PRINTED_PROFITS = {  # at -8 to +6 %, and at -10 to +10 %
    name: np.array(row.split(), dtype=float)
    for name, row in {
        "SPX": "-14133.83 -9462.69 -5803.32 -3101 -1224.29 597.94 997.35 1255.03 1415.66 1512.48",
        "RUT": "15798.49 10664.17 6599.39 3560.93 1420.37 -888.02 -1411.68 -1703.38 -1857.14 -1934",
    }.items()
}

# Two product groups of two classes each, one more portfolio group.
TREE = TimsRule(
    (
        PortfolioGroup(
            "one",
            (
                ProductGroup("near", tuple(ClassGroup(n, TEN_POINT_EQUITY) for n in "AB"), 0.9),
                ProductGroup("far", (ClassGroup("C", TEN_POINT_SMALL_CAP),), 0.8),
            ),
            0.5,
        ),
        PortfolioGroup("two", (ProductGroup("away", (ClassGroup("D", TEN_POINT_EQUITY),)),)),
    )
)


def random_account(seed, cash=4_000.0, names=NAMES):
    """Options and shares on several underlyings, and their market."""
    rng = np.random.default_rng(seed)
    vols, positions = {}, []
    for name in names:
        for _ in range(2):
            right = Right.PUT if rng.random() < 0.5 else Right.CALL
            contract = option(name, right, float(rng.integers(85, 116)), int(rng.integers(10, 90)))
            vols[contract] = rng.uniform(0.2, 0.6)
            positions.append(Position(contract, rng.integers(-5, 6), 10.0))
        positions.append(Position(Asset(name), float(rng.integers(-40, 41))))
    spots = {name: Underlying(100.0, 0.03) for name in names}
    return Account("random", "USD", cash, positions), Market(ASOF, spots, vols)


def with_spot(at, name, spot):
    return replace(
        at, underlyings={**at.underlyings, name: replace(at.underlyings[name], spot=spot)}
    )


def classes_of(found):
    return {one.underlying: np.array(one.profits) for one in found.classes}


def test_a_product_offset_combines_two_indices_as_printed():  # section 2.2, 3
    found = tims_requirement(INDICES, AT, together(LARGE, SMALL))
    assert found.maintenance == pytest.approx(583.05, abs=PRINTED + SOLVED)
    assert found.products[0].worst == 8
    assert sum(one.requirement for one in found.classes) == pytest.approx(
        16_067.83, abs=PRINTED + SOLVED
    )
    assert found.saved_in_products == pytest.approx(16_067.83 - 583.05, abs=2 * (PRINTED + SOLVED))


def test_without_a_group_in_common_two_indices_need_the_sum_as_printed():
    found = tims_requirement(INDICES, AT, alone(LARGE, SMALL))
    assert found.maintenance == pytest.approx(16_067.83, abs=PRINTED + SOLVED)
    assert found.saved_in_products == found.saved_in_portfolios == 0.0


def test_a_portfolio_offset_follows_from_the_printed_points():
    # Each class alone in its product group: its gain counts at 90 %, then at 30 %.
    kept = [np.where(row < 0.0, row, 0.3 * 0.9 * row) for row in PRINTED_PROFITS.values()]
    found = tims_requirement(INDICES, AT, apart(LARGE, SMALL, offset=0.3))
    assert found.maintenance == pytest.approx(-min(sum(kept)), abs=2 * (PRINTED + SOLVED))
    assert found.saved_in_portfolios == pytest.approx(
        16_067.83 + min(sum(kept)), abs=3 * (PRINTED + SOLVED)
    )


@pytest.mark.parametrize("underlying", ["SPX", "RUT"])
def test_the_points_of_a_class_are_as_printed(underlying):
    found = classes_of(tims_requirement(INDICES, AT, together(LARGE, SMALL)))
    assert found[underlying] == pytest.approx(PRINTED_PROFITS[underlying], abs=PRINTED + SOLVED)


def test_the_minimum_is_one_for_the_whole_account():
    far = option("A", Right.PUT, 60.0, 29), option("B", Right.PUT, 60.0, 29)
    held = Account("far", "USD", 0.0, tuple(Position(one, -1, 100) for one in far))
    spots = {name: Underlying(100.0, 0.04) for name in "AB"}
    found = tims_requirement(held, Market(ASOF, spots, dict.fromkeys(far, 0.2)), TREE)
    assert (found.maintenance, found.minimum) == (75.0, 75.0)


@pytest.mark.parametrize("seed", range(5))
def test_each_level_is_summed_as_it_is_written(seed):
    held, at = random_account(seed)
    found = tims_requirement(held, at, TREE)
    profit = classes_of(found)
    near = sum(np.where(profit[name] < 0.0, profit[name], 0.9 * profit[name]) for name in "AB")
    far = np.where(profit["C"] < 0.0, profit["C"], 0.8 * profit["C"])
    away = np.where(profit["D"] < 0.0, profit["D"], 0.9 * profit["D"])
    one = sum(np.where(total < 0.0, total, 0.5 * total) for total in (near, far))
    two = np.where(away < 0.0, away, 0.3 * away)
    needed = max(0.0, -one.min()) + max(0.0, -two.min())
    assert found.maintenance == pytest.approx(max(needed, found.minimum))


@pytest.mark.parametrize("seed", range(5))
def test_a_larger_offset_never_needs_more_and_no_offset_needs_the_most(seed):
    held, at = random_account(seed, names=("A", "B"))
    classes = [ClassGroup(name, TEN_POINT_EQUITY) for name in "AB"]
    rules = [alone(*classes), *(together(*classes, offset=share) for share in (0.0, 0.5, 0.9, 1.0))]
    needed = [tims_requirement(held, at, rule).maintenance for rule in rules]
    assert np.all(np.diff(needed) <= ROUNDING)


@pytest.mark.parametrize("seed", range(5))
def test_two_accounts_together_need_at_most_what_they_need_apart(seed):
    (first, at), (second, other) = random_account(seed), random_account(seed + 50)
    both = replace(first, positions=first.positions + second.positions)
    joint = replace(at, vols={**other.vols, **at.vols})
    found = [tims_requirement(held, joint, TREE).maintenance for held in (both, first, second)]
    assert found[0] <= found[1] + found[2] + 0.05


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("name", NAMES)
def test_along_one_underlying_the_account_keeps_its_equity_and_requirement(seed, name):
    held, at = random_account(seed)
    whole, (part, along) = tims_requirement(held, at, TREE), tims_along(held, at, TREE, name)
    found = requirement(part, at, along)
    assert found.equity == pytest.approx(whole.equity)
    assert found.maintenance == pytest.approx(whole.maintenance, abs=found.error + ROUNDING)


@pytest.mark.parametrize("spot", [70.0, 93.0, 128.0])
@pytest.mark.parametrize("name", ["A", "C", "D"])
def test_along_one_underlying_the_excess_is_that_of_a_market_in_which_it_has_moved(name, spot):
    held, at = random_account(3)
    part, along = tims_along(held, at, TREE, name)
    moved = with_spot(at, name, spot)
    found = requirement(part, moved, along)
    expected = tims_requirement(held, moved, TREE)
    assert found.excess == pytest.approx(expected.excess, abs=2.0 * found.error)


@pytest.mark.parametrize("seed", [0, 2, 3, 5])
def test_the_whole_account_changes_sides_at_the_thresholds_along_one_underlying(seed):
    held, at = random_account(seed)
    spare = tims_requirement(held, at, TREE).excess - 150.0
    held = replace(held, cash=held.cash - spare)
    part, along = tims_along(held, at, TREE, "A")
    found = thresholds(part, at, along, lowest=60.0, highest=160.0)
    levels = [one for one in (found.below, found.above) if one is not None]
    assert levels
    for level in levels:
        room = 1e-3 + 2.0 * level.error
        signs = [
            np.sign(tims_requirement(held, with_spot(at, "A", level.spot + side), TREE).excess)
            for side in (-room, room)
        ]
        assert sorted(signs) == [-1.0, 1.0]


def test_what_the_legs_add_is_the_requirement_if_nothing_else_is_held():
    held, at = random_account(2, names=("A",))
    part, along = tims_along(held, at, TREE, "A")
    found = requirement(part, at, along)
    assert sum(line.profit for line in found.lines) == pytest.approx(-found.maintenance)


def test_a_gain_at_its_offset_is_named_where_it_binds():
    part, along = tims_along(INDICES, AT, together(LARGE, SMALL), "SPX")
    assert requirement(part, AT, along).worst_scenario == "spot +4.8 %, at 90 %"


def test_early_exercise_counts_in_every_class():
    found = []
    for exercise in (Exercise.AMERICAN, Exercise.EUROPEAN):
        puts = [option(name, Right.PUT, 100.0, 500, exercise) for name in "AB"]
        held = Account("short", "USD", 9_000.0, tuple(Position(one, -1, 100) for one in puts))
        spots = {name: Underlying(90.0, 0.06) for name in "AB"}
        found.append(tims_requirement(held, Market(ASOF, spots, dict.fromkeys(puts, 0.3)), TREE))
    assert found[0].excess < found[1].excess


def test_cash_and_collateral_count_once():
    pledged = (Collateral("BOND", 10.0, 0.1, 100.0), Collateral("A", 5.0, 0.2))
    held = Account("pledges", "USD", 70.0, (Position(Asset("B"), 2.0),), pledged)
    at = Market(ASOF, {"A": Underlying(50.0), "B": Underlying(30.0)}, {})
    found = tims_requirement(held, at, TREE)
    assert found.equity == pytest.approx(70.0 + 900.0 + 200.0 + 60.0)
    assert found.maintenance == pytest.approx(0.15 * 260.0)


def test_the_statement_prints_what_each_offset_saved():
    text = repr(tims_requirement(INDICES, AT, together(LARGE, SMALL)))
    assert "saved between classes                    15,484.78" in text
    assert "class SPX                                14,133.83   at spot -8 %" in text
    assert max(map(len, text.splitlines())) <= 80


@pytest.mark.parametrize(
    ("held", "message"),
    [
        (
            Account("x", "USD", 0.0, (Position(Asset("E"), 1),)),
            r"no class for E, .* add a ClassGro",
        ),
        (Account("x", "A", 1.0, ()), "reckoned in quote currency, got an account in A"),
    ],
)
def test_an_account_that_the_rule_cannot_hold_is_refused(held, message):
    at = Market(ASOF, {name: Underlying(10.0) for name in "AE"}, {})
    with pytest.raises(ValueError, match=message):
        tims_requirement(held, at, TREE)


def test_broken_groups_are_refused():
    five = ClassGroup("E", ScenarioRule("five", tuple(map(Scenario, (-0.1, 0.1)))))
    with pytest.raises(
        ValueError, match=r"match by position.* SPX 5 down and 5 up, E 1 down and 1"
    ):
        together(LARGE, five)
    with pytest.raises(ValueError, match="in one class, got SPX twice"):
        alone(LARGE, LARGE)
    with pytest.raises(ValueError, match="near must hold one profit per point, 10, got 1"):
        TimsAlong(LARGE, (0.9, 0.3), (0.0,), (0.0,) * 10)
    with pytest.raises(ValueError, match="offset must lie from 0 to 1, got 90"):
        ProductGroup("all", (LARGE,), 90.0)
