"""Paths through several underlyings against closed forms, dense points, and at their edges."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.optimize import brentq

from margin import Account, Asset, Collateral, Perpetual, Position, Underlying
from margin.liquidation import thresholds
from margin.names.compose import composed
from margin.names.excess import joint_excess
from margin.names.path import Direction, excess_along, thresholds_along
from margin.names.rules import MovedTogether, NameByName, joint_rule
from margin.names.split import split
from margin.rules import (
    TEN_POINT_BROAD_INDEX,
    TEN_POINT_EQUITY,
    ClassGroup,
    PerpetualRule,
    PortfolioGroup,
    ProductGroup,
    TailRiskRule,
    TimsRule,
    ValueAtRisk,
    continuous_tiers,
)
from pdesolve import Right
from tests import naive
from tests.margin import by_hand
from tests.margin.by_hand import after
from tests.margin.two_names import (
    GRID,
    SPOTS,
    TOGETHER,
    excess_by_hand,
    market,
    option,
    random_pair,
    strangles,
)

WAYS = [{"A": 1.0}, {"B": 1.0}, {"A": 1.0, "B": 1.0}, {"A": 1.0, "B": 1.3}, {"A": 2.0, "B": -1.0}]
CLASSES = (ClassGroup("A", TEN_POINT_BROAD_INDEX), ClassGroup("B", TEN_POINT_BROAD_INDEX))
COINS = PerpetualRule(continuous_tiers((0.0,), (0.05,)))


def ends(intervals):
    every = [(each.lower, each.lower_error, each.lower_open) for each in intervals]
    every += [(each.upper, each.upper_error, each.upper_open) for each in intervals]
    return sorted((end, error) for end, error, is_open in every if not is_open)


@pytest.mark.parametrize("rule", [GRID, TOGETHER], ids=["apart", "together"])
@pytest.mark.parametrize("moves", WAYS, ids=str)
def test_thresholds_along_a_path_are_the_roots_of_the_closed_form(rule, moves):
    held, priced = strangles()
    way = Direction(moves)
    found = ends(thresholds_along(held, priced, rule, way).intervals)
    assert len(found) == 2

    def excess(at):
        spots = way.spots(SPOTS, at)
        return float(excess_by_hand(held, priced, rule, spots["A"], spots["B"]))

    for end, error in found:
        root = brentq(excess, (1.0 - 1e-4) * end, (1.0 + 1e-4) * end, xtol=1e-11)
        assert abs(end - root) <= error
        assert end == pytest.approx(root, rel=1e-6)


@pytest.mark.parametrize("seed", range(6))
def test_crossings_along_a_path_are_those_of_dense_points(seed):
    rng = np.random.default_rng(seed)
    held, priced = random_pair(rng)
    rule = (GRID, TOGETHER)[seed % 2]
    way = Direction({"A": 1.0, "B": float(rng.uniform(-2.0, 2.0))})
    span, spots = (40.0, 250.0), np.geomspace(40.0, 250.0, 20_000)
    ranges = {"A": span, "B": tuple(np.sort(way.spots(SPOTS, np.array(span))["B"]).tolist())}
    joint = joint_excess(held, priced, rule, spots=ranges, date=after(1))
    found = thresholds_along(held, priced, rule, way, span=span, date=after(1))
    dense = naive.least(excess_along(joint, way, span), spots) < 0.0
    assert found.certificate.complete
    assert len(ends(found.intervals)) == np.count_nonzero(np.diff(dense))
    direct = joint(way.spots(SPOTS, spots))
    bound = joint.error(way.spots(SPOTS, spots)) + 1e-7
    assert np.all(np.abs(direct - naive.least(excess_along(joint, way, span), spots)) <= bound)


def test_an_account_of_one_name_has_the_thresholds_that_it_has_alone():
    held, priced = strangles()
    alone = replace(held, positions=held.positions[:2])
    found = thresholds_along(alone, priced, GRID, Direction({"A": 3.0}))
    expected = thresholds(alone, priced, GRID)
    assert (found.underlying, found.volatility) == (expected.underlying, expected.volatility)
    for (end, _), (other, _) in zip(ends(found.intervals), ends(expected.intervals), strict=True):
        assert end == pytest.approx(other, rel=1e-9)


@pytest.mark.parametrize("exponent", [-1.5, -0.5, 0.0, 0.4, 1.0, 1.7, 3.0])
def test_a_function_along_a_power_stays_within_its_error(exponent):
    curve = joint_excess(*strangles(), GRID, spots={"A": (5.0, 2_000.0)}).terms[0].curves["A"]
    span = (60.0, 140.0)
    found = composed(curve, 100.0, 100.0, exponent=exponent, span=span)
    spots = np.linspace(*span, 4_001)
    direct = curve(100.0 * (spots / 100.0) ** exponent)
    cell = np.minimum(np.searchsorted(found.knots, spots, side="right"), found.error.size) - 1
    own = np.searchsorted(curve.knots, 100.0 * (spots / 100.0) ** exponent, side="right") - 1
    added = found.error[cell] - curve.error[own]
    assert np.all(np.abs(found(spots) - direct) <= np.abs(added) + 1e-9)
    assert np.abs(found(spots) - direct).max() < 1e-3


def test_collateral_that_moves_against_a_debt_that_moves_has_a_ratio_for_a_threshold():
    # Lost where 0.7 A = 1.05 * 0.9 B, whatever both are.
    pledged, debt = Collateral("A", 1.0, haircut=0.3), Position(Perpetual("B"), -0.9, 1.0, 50.0)
    held = Account("loan", "USD", -45.0, (debt,), (pledged,))
    for moves in ({"A": 1.0}, {"B": 1.0}, {"A": 1.0, "B": 2.5}):
        way = Direction(moves)
        (end, error), = ends(thresholds_along(held, market({}), COINS, way).intervals)  # fmt: skip
        at = way.spots(SPOTS, end)
        assert 0.7 * at["A"] == pytest.approx(1.05 * 0.9 * at["B"], rel=1e-9)
        assert error <= 1e-8 * end


def test_every_name_may_have_a_rule_of_its_own():
    held, priced = strangles()
    mixed = Account("mixed", "USD", 5_000.0, (
        *held.positions[:2], Position(Perpetual("B"), 200.0, entry_price=50.0)))  # fmt: skip
    rule = NameByName({"A": TEN_POINT_EQUITY, "B": COINS})
    found = thresholds_along(mixed, priced, rule, Direction({"B": 1.0}), span=(1.0, 300.0))
    left = float(excess_by_hand(replace(mixed, positions=held.positions[:2]), priced,
                                TEN_POINT_EQUITY, 100.0, 50.0))  # fmt: skip
    # The perpetual needs 5 % of 200 units at the spot.
    assert left + 200.0 * (found.below.spot - 50.0) == pytest.approx(
        10.0 * found.below.spot, abs=1e-3
    )


def test_moved_together_requires_no_more_than_name_by_name():
    held, priced = strangles()
    spots = {"A": np.linspace(70.0, 140.0, 41)[:, None], "B": np.linspace(30.0, 80.0, 41)}
    ranges = {"A": (70.0, 140.0), "B": (30.0, 80.0)}
    apart, together = (
        joint_excess(held, priced, rule, spots=ranges)(spots)
        for rule in (GRID, MovedTogether(GRID))
    )
    assert np.all(together >= apart - 1e-6)


def test_parts_of_an_account_add_up_to_the_whole():
    held, priced = strangles()
    held = replace(held, collateral=(Collateral("A", 2.0, 0.1), Collateral("BOND", 5.0, 0.1, 99.0)))
    parts = split(held, priced)
    assert [len(part.positions) for part in parts.values()] == [2, 2]
    assert [len(part.collateral) for part in parts.values()] == [2, 0]
    assert [part.cash for part in parts.values()] == [held.cash, 0.0]


def test_what_has_expired_counts_at_what_it_paid():
    put = option("B", Right.PUT, 45.0, 10)
    held = Account("puts", "USD", 200.0, (Position(put, -10.0), Position(Asset("A"), 1.0)))
    way, rule = Direction({"B": 1.0}), NameByName({"A": COINS, "B": GRID})
    found = thresholds_along(held, market({put: 0.5}), rule, way, date=after(20))
    assert found.below.spot == pytest.approx(45.0 - 30.0, rel=1e-9)


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: Direction({}), "moves must begin with a name that moves"),
        (lambda: Direction({"A": 0.0, "B": 1.0}), "moves must begin with a name that moves"),
        (lambda: NameByName({}), "rules must hold one for each underlying"),
        (lambda: NameByName({"A": PerpetualRule(other_maintenance=5.0)}), "other_maintenance"),
        (lambda: MovedTogether(COINS), "rule must be of type ScenarioRule"),
        (lambda: MovedTogether(GRID, {"A": 9.0}), "spot_move must be above -1"),
        (lambda: NameByName({"A": GRID}).rule_of("B"), "rules must hold one for B, got A"),
        (
            lambda: joint_rule(TailRiskRule((-0.1, 0.1) * 60, ValueAtRisk(0.99)), "AB"),
            "write NameByName to require the sum",
        ),
    ],
)
def test_what_has_no_meaning_is_refused(build, message):
    with pytest.raises(ValueError, match=message):
        build()


def test_a_rule_with_offsets_between_names_is_refused():
    with pytest.raises(ValueError, match="use tims_along"):
        NameByName({"A": TimsRule((PortfolioGroup("all", (ProductGroup("broad", CLASSES),)),))})


@pytest.mark.parametrize(
    ("change", "moves", "message"),
    [
        ({"currency": "A"}, {"A": 1.0}, "must be kept in quote currency"),
        ({"positions": ()}, {"A": 1.0}, "must depend on an underlying"),
        ({}, {"C": 1.0}, "moves must name underlyings of the market"),
        ({}, {"A": 1.0, "C": 1.0}, "moves must name underlyings of the market"),
    ],
)
def test_accounts_and_paths_that_do_not_fit_are_refused(change, moves, message):
    held, priced = strangles()
    with pytest.raises(ValueError, match=message):
        thresholds_along(replace(held, **change), priced, GRID, Direction(moves))


def test_an_underlying_that_is_not_held_is_refused():
    held, priced = strangles()
    wider = replace(priced, underlyings={**priced.underlyings, "C": Underlying(5.0)})
    with pytest.raises(ValueError, match="the account must depend on C, got A, B"):
        thresholds_along(held, wider, GRID, Direction({"C": 1.0}))


def test_a_span_without_the_spot_is_refused():
    with pytest.raises(ValueError, match="span must hold the spot"):
        thresholds_along(*strangles(), GRID, Direction({"A": 1.0}), span=(110.0, 200.0))


def test_the_closed_form_of_two_names_is_that_of_one():
    held, priced = strangles()
    leg = held.positions[0]
    single = by_hand.market(100.0, {by_hand.put(90.0, 40): 0.3}, rate=0.03)
    twin = by_hand.account(0.0, Position(by_hand.put(90.0, 40), leg.quantity, leg.multiplier))
    alone = Account("one", "USD", 0.0, (leg,))
    expected = by_hand.equity(twin, single, 95.0) - by_hand.maintenance(twin, single, GRID, 95.0)
    assert excess_by_hand(alone, priced, GRID, 95.0, 50.0) == pytest.approx(float(expected))
