"""Rules per option against the worked examples, and against their formulas at many spots."""

from dataclasses import replace

import numpy as np
import pytest

from margin import Asset, Perpetual, Position
from margin.requirements import requirement
from margin.rules import leg_profit, revalue_for
from margin.rules.per_option import (
    BybitOption,
    DeltaFloor,
    ParadexRates,
    ParadexXM,
    delta_floor,
)
from margin.rules.staged import InitialRule, Staged
from pdesolve import Right, black_scholes
from tests.margin import by_hand
from tests.margin.by_hand import account, after, call, market, put

SPOTS = np.linspace(60.0, 500.0, 177)
SOLVED = 1e-4  # error of a few solved options of spot 200
VOLS = {call(212.0, 60): 0.6, put(212.0, 60): 0.6, put(150.0, 60): 0.7, call(90.0, 60): 0.8}


def at(spot=200.0):
    return market(spot, VOLS)


def strangle(quantity=-1.0, cash=100.0):
    held = [Position(contract, quantity, 2.0) for contract in (call(212.0, 60), put(150.0, 60))]
    return account(cash, *held)


def excess(rule, held, spots=SPOTS):
    revaluation = revalue_for(rule, held, at(), spots=spots)
    return np.min([branch.curve(spots) for branch in rule.excess_branches(revaluation)], axis=0)


def values(contract):
    return by_hand.value(Position(contract, 1.0), at(), SPOTS)


def test_the_printed_option_of_bybit_needs_what_is_printed():
    assert BybitOption().required(32_000.0, 250.0) == pytest.approx(1_274.0, rel=1e-12)


def test_bybit_compares_the_mark_within_the_requirement_with_a_balance_without_it():
    rule, held = BybitOption(mark_rate=0.2), strangle()
    needed = sum(
        2.0 * (np.maximum(0.03 * SPOTS, 0.2 * mark) + mark + 0.002 * SPOTS)
        for mark in (values(position.instrument) for position in held.positions)
    )
    assert excess(rule, held) == pytest.approx(100.0 - needed, abs=SOLVED)


def test_bybit_asks_nothing_of_long_options_and_lends_nothing_on_them():
    assert excess(BybitOption(), strangle(3.0)) == pytest.approx(np.full(177, 100.0), abs=1e-9)


def test_the_legs_of_bybit_add_up_to_the_requirement_from_marks():
    found = requirement(strangle(), at(), BybitOption())
    assert sum(line.profit for line in found.lines) == pytest.approx(-found.maintenance)
    marks = [-line.value for line in found.lines if line.quantity < 0]
    balance_needed = 100.0 - found.excess
    assert found.maintenance == pytest.approx(balance_needed - sum(marks))


@pytest.mark.parametrize(
    ("right", "initial", "maintenance"), [(Right.CALL, 20.0, 10.0), (Right.PUT, 30.0, 15.0)]
)
def test_the_printed_short_options_of_paradex_need_what_is_printed(right, initial, maintenance):
    rule = ParadexXM()
    found = [rule.short(rates, right, 212.0, 200.0) for rates in (rule.initial, rule.maintenance)]
    assert found == pytest.approx([initial, maintenance], rel=1e-12)


def test_the_printed_long_option_of_paradex_needs_what_is_printed():
    rule = ParadexXM()
    found = [rule.long(rates, 200.0, 60.0) for rates in (rule.initial, rule.maintenance)]
    assert found == pytest.approx([40.0, 20.0], rel=1e-12)


@pytest.mark.parametrize("contract", list(VOLS), ids=str)
@pytest.mark.parametrize("quantity", [-3.0, 2.0])
@pytest.mark.parametrize("stage", ["maintenance", "initial"])
def test_the_curves_of_paradex_are_its_formulas(contract, quantity, stage):
    rule = ParadexXM()
    rates = getattr(rule, stage)
    held = account(50.0, Position(contract, quantity))
    mark = values(contract)
    each = [
        rule.short(rates, contract.right, contract.strike, spot)
        if quantity < 0.0
        else rule.long(rates, spot, price)
        for spot, price in zip(SPOTS, mark, strict=True)
    ]
    expected = 50.0 + quantity * mark - abs(quantity) * np.array(each)
    asked = rule if stage == "maintenance" else InitialRule(rule)
    assert excess(asked, held) == pytest.approx(expected, abs=SOLVED)


def test_the_initial_requirement_of_paradex_is_no_multiple_of_maintenance():
    rule = ParadexXM()
    assert isinstance(rule, Staged)
    held = account(0.0, Position(call(212.0, 60), -1))
    initial = requirement(held, at(), InitialRule(rule)).maintenance
    maintenance = requirement(held, at(), rule).maintenance
    assert (initial, maintenance) == (pytest.approx(20.0), pytest.approx(10.0))
    revaluation = revalue_for(rule, held, at())
    assert leg_profit(InitialRule(rule), revaluation, 1) == pytest.approx(-20.0)
    assert leg_profit(rule, revaluation, 1) == pytest.approx(-10.0)
    assert leg_profit(rule, revaluation, 0) == 0.0


@pytest.mark.parametrize("rule", [BybitOption(), ParadexXM()])
def test_futures_and_perpetuals_are_refused_and_holdings_are_not(rule):
    with pytest.raises(ValueError, match="no requirement for X perpetual; keep it in an account"):
        requirement(account(0.0, Position(Perpetual("X"), 1, 1.0, 90.0)), at(), rule)
    assert requirement(account(0.0, Position(Asset("X"), 5)), at(), rule).maintenance == 0.0


def test_the_printed_delta_term_is_met():
    assert delta_floor([2.0, -4 * 0.4], 50_000.0) == pytest.approx(1_200.0, rel=1e-12)
    assert delta_floor([-2.0, 4 * 0.4], 50_000.0) == pytest.approx(1_200.0, rel=1e-12)


@pytest.mark.parametrize("seed", range(6))
def test_the_delta_term_follows_the_deltas_over_the_spot(seed):
    rng = np.random.default_rng(seed)
    held = account(
        900.0,
        Position(Perpetual("X"), float(rng.integers(-3, 4)), 1.0, 190.0),
        *(Position(contract, float(rng.integers(-4, 5))) for contract in VOLS),
    )
    deltas = []
    for position in held.positions:
        slope = np.ones(SPOTS.size)
        contract = position.instrument
        if contract in VOLS:
            terms = {"vol": VOLS[contract], "rate": 0.04, "right": contract.right}
            slope = black_scholes(
                spot=SPOTS, strike=contract.strike, expiry=60 / 365, **terms
            ).delta
        deltas.append(position.quantity * slope)
    charge = [delta_floor(row, spot) for row, spot in zip(np.transpose(deltas), SPOTS, strict=True)]
    expected = by_hand.equity(held, at(), SPOTS) - 0.5 * np.array(charge)
    assert excess(DeltaFloor(), held) == pytest.approx(expected, abs=10 * SOLVED)


def test_the_legs_of_the_delta_term_add_up():
    held = account(900.0, Position(Perpetual("X"), 2, 1.0, 190.0), Position(call(212.0, 60), -4))
    found = requirement(held, at(), DeltaFloor())
    assert sum(line.profit for line in found.lines) == pytest.approx(-found.maintenance)
    assert found.initial == pytest.approx(2.0 * found.maintenance)


def test_an_account_without_positions_needs_nothing():
    for rule in (BybitOption(), ParadexXM(), DeltaFloor()):
        held = account(5.0, Position(call(212.0, 60), 0))
        assert requirement(held, at(), rule).maintenance == 0.0


def test_an_expired_option_needs_nothing():
    for rule in (BybitOption(), ParadexXM(), DeltaFloor()):
        revaluation = revalue_for(rule, strangle(), at(), spots=180.0, dates=[after(60)])
        least = min(float(branch.curve(180.0)) for branch in rule.excess_branches(revaluation))
        assert least == pytest.approx(100.0)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: BybitOption(fee=-0.1), "fee must lie from 0"),
        (lambda: ParadexRates(0.1, -0.1, 1.0, 0.2), "otm must lie from 0"),
        (lambda: replace(ParadexXM(), put_cap=-1.0), "put_cap must lie from 0"),
        (lambda: DeltaFloor(0.001, 0.01), "net_rate must be at least half of hedged_rate"),
        (lambda: DeltaFloor(maintenance_share=0.0), "maintenance_share must be positive"),
    ],
)
def test_rates_out_of_range_are_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()
