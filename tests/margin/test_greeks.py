"""Greeks of a requirement: against differences by hand, closed form, and Euler's theorem."""

from dataclasses import replace

import numpy as np
import pytest

from margin import Asset, Collateral, Perpetual, Position, Settlement, margin_greeks, requirement
from margin.rules import (
    TEN_POINT_EQUITY,
    DeribitPortfolio,
    Scenario,
    ScenarioRule,
    StrategyRule,
)
from pdesolve import black_scholes
from tests.margin.by_hand import ASOF, NAME, account, call, market, put

LEGS = (
    Position(put(90.0), -10, multiplier=100.0),
    Position(call(115.0, 90), -5, multiplier=100.0),
    Position(call(105.0), 3, multiplier=100.0),
    Position(Asset(NAME), 200),
)
BOOK = account(50_000.0, *LEGS)
VOLS = {LEGS[0].instrument: 0.3, LEGS[1].instrument: 0.22, LEGS[2].instrument: 0.25}
DOWN = ScenarioRule("one fall", (Scenario(-0.15, 0.2),))


def test_under_one_scenario_greeks_are_those_of_the_options_after_the_move():
    found = margin_greeks(BOOK, market(100.0, VOLS), DOWN)
    for line, held in zip(found.holdings[:3], LEGS[:3], strict=True):
        contract, vol = held.instrument, VOLS[held.instrument]
        years = market(100.0).years(contract.expiry)
        given = {"strike": contract.strike, "expiry": years, "rate": 0.04}
        given |= {"div_yield": 0.0, "right": contract.right}
        before = black_scholes(spot=100.0, vol=vol, **given).price
        after = black_scholes(spot=85.0, vol=1.2 * vol, **given).price
        # The grid is within 2e-6 of the closed form per unit of the underlying.
        assert line.requirement.above == pytest.approx(100.0 * (before - after), abs=5e-3)
        assert line.excess.above == pytest.approx(100.0 * after, abs=5e-3)


@pytest.mark.parametrize("rule", [DOWN, TEN_POINT_EQUITY], ids=lambda rule: rule.name)
def test_spot_and_volatility_greeks_agree_with_differences_of_requirements(rule):
    found = margin_greeks(BOOK, market(100.0, VOLS), rule)

    def at(spot=100.0, factor=1.0):
        vols = {contract: factor * vol for contract, vol in VOLS.items()}
        return requirement(BOOK, market(spot, vols), rule).maintenance

    by_spot = (at(100.01) - at(99.99)) / 0.02
    by_vol = (at(factor=1.001) - at(factor=0.999)) / 0.002
    assert found.spot_requirement.above == pytest.approx(by_spot, rel=1e-4)
    assert found.volatility_requirement.above == pytest.approx(by_vol, rel=1e-3)


def test_shares_of_a_homogeneous_requirement_add_up_to_it():
    random = np.random.default_rng(20261121)
    for _ in range(20):
        quantities = random.integers(1, 20, len(LEGS)) * random.choice([-1, 1], len(LEGS))
        held = account(
            1e6, *(replace(p, quantity=q) for p, q in zip(LEGS, quantities, strict=True))
        )
        found = margin_greeks(held, market(100.0, VOLS), TEN_POINT_EQUITY)
        assert found.unallocated == pytest.approx(0.0, abs=1e-7 * found.maintenance)


def test_a_charge_per_contract_is_a_share_too():
    rule = replace(TEN_POINT_EQUITY, minimum_per_short_option=1e4)
    found = margin_greeks(account(0.0, LEGS[0]), market(100.0, VOLS), rule)
    # The charge is per unit of the underlying: ten contracts of a hundred.
    assert found.maintenance == pytest.approx(1_000 * 1e4)
    assert found.holdings[0].share == pytest.approx(1_000 * 1e4)


def test_where_two_scenarios_bind_both_sides_are_given():
    rule = ScenarioRule("both ways", (Scenario(-0.1), Scenario(0.1)))
    flat = account(1_000.0, Position(Asset(NAME), 5), Position(Perpetual(NAME), -5, 1.0, 100.0))
    found = margin_greeks(flat, market(100.0), rule)
    # Long or short one share more, the requirement rises by a tenth of the spot.
    assert (found.holdings[0].requirement.below, found.holdings[0].requirement.above) == (
        pytest.approx(-10.0),
        pytest.approx(10.0),
    )
    assert not found.holdings[0].requirement.unique
    assert found.holdings[0].share is None
    assert found.unallocated is None


def test_a_strategy_counts_whole_contracts():
    spread = account(
        10_000.0,
        Position(put(90.0), -2, multiplier=100.0),
        Position(put(85.0), 1, multiplier=100.0),
    )
    vols = {position.instrument: 0.3 for position in spread.positions}
    rule = StrategyRule()
    found = margin_greeks(spread, market(100.0, vols), rule)
    more = replace(
        spread, positions=(spread.positions[0], replace(spread.positions[1], quantity=2))
    )
    there = market(100.0, vols)
    change = (
        requirement(more, there, rule).maintenance - requirement(spread, there, rule).maintenance
    )
    assert found.holdings[1].requirement.above == pytest.approx(change, abs=1e-3)


def test_a_coin_account_has_its_greeks_in_coin():
    coin = account(
        3.0,
        Position(put(90.0, settlement=Settlement.INVERSE), -2),
        Position(Perpetual(NAME, Settlement.INVERSE), -100, 1.0, 95.0),
        currency=NAME,
    )
    vols = {coin.positions[0].instrument: 0.6}
    rule = DeribitPortfolio()
    found = margin_greeks(coin, market(100.0, vols, rate=0.0), rule)

    def at(spot):
        return requirement(coin, market(spot, vols, rate=0.0), rule).maintenance

    assert found.maintenance == pytest.approx(at(100.0), rel=1e-6)
    assert found.spot_requirement.above == pytest.approx((at(100.01) - at(99.99)) / 0.02, rel=1e-3)


def test_pledged_assets_change_excess_and_not_the_requirement():
    pledged = Collateral("USDC", 1_000.0, haircut=0.05, price=1.0)
    found = margin_greeks(account(0.0, *LEGS, collateral=(pledged,)), market(100.0, VOLS), DOWN)
    assert found.holdings[-1].requirement.above == pytest.approx(0.0, abs=1e-6)
    assert found.holdings[-1].excess.above == pytest.approx(0.95, rel=1e-6)


def test_an_empty_account_has_no_greeks():
    found = margin_greeks(account(100.0), market(100.0), DOWN)
    assert found.holdings == ()
    assert found.unallocated == found.maintenance == 0.0
    assert found.asof == ASOF


def test_the_results_of_greeks_agree_with_one_another():
    found = margin_greeks(BOOK, market(100.0, VOLS), TEN_POINT_EQUITY)
    content, frame = found.to_dict(), found.to_dataframe()
    assert [line["share"] for line in content["holdings"]] == frame["share"].tolist()
    assert set(frame.attrs["units"]) < set(frame.columns)
    assert all(len(line) <= 80 for line in repr(found).splitlines())
