"""Deribit's margins against worked examples, against formulas by hand, and as rules must behave."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from scipy.optimize import brentq

from margin import (
    Account,
    Future,
    Market,
    OptionContract,
    Perpetual,
    Position,
    Settlement,
    Underlying,
)
from margin.liquidation import thresholds
from margin.requirements import requirement
from margin.rules import (
    DERIBIT_PORTFOLIO_ETH,
    DeribitPortfolio,
    DeribitStandard,
    InitialRule,
    TenorShock,
    revalue_for,
)
from pdesolve import Exercise, Right, black_scholes

NOW = datetime(2026, 1, 2, 8, tzinfo=UTC)
SPOT = 60_000.0
CASH, INVERSE = Settlement.CASH, Settlement.INVERSE
CENT, TENTH = 0.006, 0.06  # examples are printed to cents, the matrix to tenths
ROUNDING = 1e-9  # relative
STANDARD, PORTFOLIO = DeribitStandard(), DeribitPortfolio()
RULES = [STANDARD, PORTFOLIO, DERIBIT_PORTFOLIO_ETH]

# Section 4.3, third example: rows from -16 to +16 %, volatilities up, unchanged and down.
MATRIX = [
    [-5_696.0, -4_535.2, -4_093.1],
    [-4_235.2, -2_846.2, -2_191.4],
    [-3_018.7, -1_534.9, -792.3],
    [-2_037.0, -603.9, 60.4],
    [-1_268.5, 0.0, 484.1],
    [-683.9, 358.5, 655.6],
    [-250.9, 554.1, 712.7],
    [61.9, 652.8, 728.5],
    [282.8, 699.2, 732.2],
]


def option(right, strike, days=14, settlement=CASH, exercise=Exercise.EUROPEAN):
    return OptionContract("BTC", right, strike, NOW + timedelta(days=days), exercise, settlement)


def account(*positions, cash=0.0, currency="USDC"):
    return Account("test", currency, cash, positions)


def market(vols=None, rate=0.0):
    return Market(NOW, {"BTC": Underlying(SPOT, rate)}, vols or {})


PUT = option(Right.PUT, 55_000.0)
SHORT_PUT = account(Position(PUT, -1))
AT = market({PUT: 0.55})
SHORT_HALF = account(
    Position(Perpetual("BTC", INVERSE), -30_000.0, entry_price=SPOT), cash=1.0, currency="BTC"
)


def test_a_call_in_coin_needs_the_printed_shares():
    # Section 4.3, first example: the mark is 0.012 coin.
    contract = option(Right.CALL, 66_000.0, settlement=INVERSE)

    def miss(vol):
        return black_scholes(SPOT, 66_000.0, 14 / 365, vol=vol).price - 0.012 * SPOT

    at = market({contract: brentq(miss, 0.1, 2.0)})
    held = account(Position(contract, -1), cash=1.0, currency="BTC")
    found = revalue_for(STANDARD, held, at)
    needed = [STANDARD.initial_lines(found)[0].amount, STANDARD.maintenance_lines(found)[0].amount]
    assert needed == pytest.approx([0.112, 0.087], abs=1e-8)
    # The mark is part of it already, so that it is compared with the coin alone.
    assert requirement(held, at, STANDARD).excess == pytest.approx(1.0 - 0.087, abs=1e-8)


def test_a_put_in_dollars_needs_the_printed_shares():
    # Section 4.3, second example.
    found = revalue_for(STANDARD, SHORT_PUT, AT)
    assert STANDARD.initial_lines(found)[0].amount == pytest.approx(6_733.04, abs=CENT)
    assert STANDARD.maintenance_lines(found)[0].amount == pytest.approx(5_233.04, abs=CENT)


def test_the_risk_matrix_is_the_one_printed():
    cells = PORTFOLIO.profits(revalue_for(PORTFOLIO, SHORT_PUT, AT))
    profits = [float(curve(SPOT)) for _, curve in cells]
    assert profits[:27] == pytest.approx(np.ravel(MATRIX), abs=TENTH)
    assert min(profits[27:]) > 0.0  # the dampener takes the whole extended table away
    share, forgiven = 0.16 / 0.66, (0.66 / 0.16 - 1.0) * 100_000.0 / 0.84
    assert profits[27] - forgiven == pytest.approx(-8_210.2, abs=0.3)
    assert (profits[27] - forgiven) / share == pytest.approx(-33_867.0, abs=1.0)


def test_the_requirements_are_those_printed():
    found = requirement(SHORT_PUT, AT, PORTFOLIO)
    assert found.initial == pytest.approx(5_812.65, abs=CENT)
    assert found.maintenance == pytest.approx(4_650.12, abs=CENT)
    lines = PORTFOLIO.maintenance_lines(revalue_for(PORTFOLIO, SHORT_PUT, AT))
    amounts = {one.label: one.amount for one in lines}
    assert amounts["roll"] == pytest.approx(116.67, abs=CENT)
    assert amounts["worst of every position alone"] == pytest.approx(5_695.98, abs=CENT)
    assert amounts["saved by netting, price -16 %, vol up"] == pytest.approx(0.0, abs=CENT)


def test_an_inverse_perpetual_loses_its_edge_and_its_roll_in_coin():
    # Section 4.3, fourth example.
    found = requirement(SHORT_HALF, market(), PORTFOLIO)
    assert found.maintenance == pytest.approx(0.0591724, abs=5e-8)
    assert found.initial == pytest.approx(0.0739655, abs=5e-8)


@pytest.mark.parametrize("move", [0.5, 1.0, 2.0, 5.0])
def test_an_outright_future_loses_its_edge_at_every_extreme_rise(move):
    rule = DeribitPortfolio(extremes=(move,), dampener=0.0)
    *_, (label, extended) = rule.profits(revalue_for(rule, SHORT_HALF, market()))
    assert float(extended(SPOT)) / SPOT == pytest.approx(-0.0689655, abs=5e-8)
    assert label.endswith("extended")


# By hand: the formulas at one spot, from the closed form.


def random_account(seed, settlement):
    """Options of two expiries, a perpetual and a dated future, and their market."""
    rng = np.random.default_rng(seed)
    kinds = [(Right(rng.choice([1, -1])), days) for days in (5, 5, 40, 40)]
    contracts = [option(r, float(rng.integers(45, 80)) * 1e3, d, settlement) for r, d in kinds]
    vols = {contract: rng.uniform(0.3, 1.0) for contract in contracts}
    positions = [Position(contract, rng.integers(-3, 4) or 1) for contract in vols]
    size = 1.0 if settlement is CASH else 30_000.0
    future = Future("BTC", NOW + timedelta(days=40), settlement)
    positions += [
        Position(Perpetual("BTC", settlement), rng.integers(-3, 4) * size, entry_price=61_000.0),
        Position(future, rng.integers(-3, 4) * size, entry_price=59_000.0),
    ]
    cash = account(*positions, cash=50_000.0)
    coin = account(*positions, cash=1.0, currency="BTC")
    return (cash if settlement is CASH else coin), market(vols, rate=0.03)


def valued(held, at, spot, shock=None):
    """Value in quote currency and derivative by spot of one position."""
    instrument, units = held.instrument, held.quantity * held.multiplier
    if isinstance(instrument, OptionContract):
        years, vol = at.years(instrument.expiry), at.volatility(instrument)
        vol = vol if shock is None else float(shock.moved(np.array(vol), np.array(years)))
        found = black_scholes(
            spot, instrument.strike, years, vol=vol, rate=0.03, right=instrument.right
        )
        return units * found.price, units * found.delta
    growth = np.exp(0.03 * at.years(instrument.expiry)) if isinstance(instrument, Future) else 1.0
    if instrument.settlement is INVERSE:
        return units * (spot / held.entry_price - 1.0 / growth), units / held.entry_price
    return units * (spot * growth - held.entry_price), units * growth


def portfolio_by_hand(rule, held, at, spot):
    """Equity less maintenance at one spot, in the currency of the account."""
    coin = held.currency == "BTC"

    def total(where, shock=None):
        amount = sum(valued(one, at, where, shock)[0] for one in held.positions)
        return amount / where if coin else amount

    before, losses = total(spot), [0.0]
    for step in range(-rule.buckets, rule.buckets + 1):
        after = spot * (1.0 + rule.price_range * step / rule.buckets)
        losses += [before - total(after, shock) for shock in (rule.up, None, rule.down)]
    for move in rule.extremes:
        edge = 1.0 + np.sign(move) * rule.price_range
        share = rule.price_range / abs(move) * ((1.0 + move) / edge if coin else 1.0)
        grant = (abs(move) / rule.price_range - 1.0) * rule.dampener / edge
        profit = share * (total(spot * (1.0 + move), rule.up) - before)
        losses.append(-(profit + grant / (spot if coin else 1.0)))
    expiries, roll = {}, 0.0
    for one in held.positions:
        amount, slope = valued(one, at, spot)
        expiry = getattr(one.instrument, "expiry", NOW)
        delta = slope - amount / spot if coin else slope * spot
        expiries[expiry] = expiries.get(expiry, 0.0) + delta
    for expiry, delta in expiries.items():
        growth = np.exp(rule.yearly_move * at.years(expiry)) - 1.0
        roll += abs(delta) * max(rule.least_move, growth)
    return held.cash + before - rule.mm_factor * (max(losses) + roll)


def standard_by_hand(rule, held, at, spot):
    """Balance without options less maintenance at one spot, in the currency of the account."""
    unit = spot if held.currency == "BTC" else 1.0
    balance = held.cash * unit
    for one in held.positions:
        amount, _ = valued(one, at, spot)
        if isinstance(one.instrument, OptionContract):
            if one.quantity < 0.0:
                mark = amount / one.quantity
                put = one.instrument.right is Right.PUT
                share = rule.maintenance * (max(spot, mark) if put else spot)
                balance += one.quantity * (share + mark)
        else:
            dated = isinstance(one.instrument, Future)
            growth = np.exp(0.03 * at.years(one.instrument.expiry)) if dated else 1.0
            notional = abs(one.quantity)
            notional *= growth * spot if one.instrument.settlement is CASH else 1.0 / growth
            balance += amount - rule.future_maintenance * notional
    return balance / unit


@pytest.mark.parametrize("settlement", [CASH, INVERSE])
@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(
    ("rule", "by_hand"), [(STANDARD, standard_by_hand), (PORTFOLIO, portfolio_by_hand)]
)
def test_the_least_branch_is_the_formula_at_every_spot(rule, by_hand, seed, settlement):
    held, at = random_account(seed, settlement)
    spots = np.random.default_rng(seed).uniform(35_000.0, 95_000.0, 8)
    branches = rule.excess_branches(revalue_for(rule, held, at, spots=spots))
    excess = np.min([branch.curve(spots) for branch in branches], axis=0)
    error = np.max([branch.error(spots) for branch in branches], axis=0)
    unit = spots if settlement is INVERSE else 1.0
    expected = unit * np.array([by_hand(rule, held, at, float(spot)) for spot in spots])
    assert np.all(np.abs(excess - expected) <= error + ROUNDING * SPOT)
    assert error.max() < 1e-4 * SPOT  # what a threshold may be off by


# As rules must behave.


def test_without_ranges_one_move_is_worth_its_reprice():
    # Property 14.9, for a matrix whose volatilities stay.
    still = TenorShock(0.0)
    rule = DeribitPortfolio(
        price_range=0.1, buckets=1, up=still, down=still, extremes=(), least_move=0.0,
        yearly_move=0.0, mm_factor=1.0,
    )  # fmt: skip
    held, at = random_account(2, CASH)
    curve = revalue_for(rule, held, at).equity()
    losses = [float(curve(SPOT) - curve(SPOT * factor)) for factor in (0.9, 1.0, 1.1)]
    found = requirement(held, at, rule)
    assert found.maintenance == pytest.approx(max(losses), abs=found.error)


@pytest.mark.parametrize("seed", range(5))
def test_a_conversion_has_no_scan_risk(seed):
    # Property 14.6: long call, short put, short future of the same expiry.
    strike = float(np.random.default_rng(seed).integers(40, 90)) * 1e3
    contracts = [option(right, strike) for right in (Right.CALL, Right.PUT)]
    future = Future("BTC", contracts[0].expiry)
    legs = (
        Position(contracts[0], 1),
        Position(contracts[1], -1),
        Position(future, -1, entry_price=SPOT),
    )
    rule = DeribitPortfolio(least_move=0.0, yearly_move=0.0)
    found = requirement(account(*legs), market(dict.fromkeys(contracts, 0.6)), rule)
    assert found.maintenance == pytest.approx(0.0, abs=2.0 * found.error)


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("settlement", [CASH, INVERSE])
def test_the_initial_requirement_is_the_larger_and_a_rule_of_its_own(rule, settlement):
    held, at = random_account(1, settlement)
    found = requirement(held, at, rule)
    alone = requirement(held, at, InitialRule(rule))
    assert alone.maintenance == pytest.approx(found.initial, rel=ROUNDING)
    assert found.initial >= found.maintenance >= 0.0


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("settlement", [CASH, INVERSE])
def test_at_a_threshold_the_excess_is_zero(rule, settlement):
    # Property 14.7.
    held, at = random_account(3, settlement)
    found = thresholds(held, at, rule, lowest=20_000.0, highest=200_000.0)
    assert found.certificate.complete
    ends = [level for one in found.intervals for level in (one.lower, one.upper)]
    inside = [level for level in ends if 20_000.0 < level < 200_000.0]
    branches = rule.excess_branches(revalue_for(rule, held, at, spots=[20_000.0, 200_000.0]))
    for level in inside:
        least = min(float(branch.curve(level)) for branch in branches)
        assert least == pytest.approx(0.0, abs=ROUNDING * SPOT)


def test_the_perpetual_has_the_textbook_threshold_under_standard_margin():
    # Long one coin from 60,000 on 10,000: 10,000 + S - 60,000 = 0.01 S.
    held = account(Position(Perpetual("BTC"), 1, entry_price=SPOT), cash=10_000.0)
    found = thresholds(held, market(), STANDARD)
    assert found.below.spot == pytest.approx(50_000.0 / 0.99, rel=1e-12)


@pytest.mark.parametrize("settlement", [CASH, INVERSE])
@pytest.mark.parametrize("rule", RULES)
def test_the_requirement_scales_with_the_quantities(rule, settlement):
    rule = replace(rule, dampener=0.0) if isinstance(rule, DeribitPortfolio) else rule
    held, at = random_account(0, settlement)
    legs = tuple(replace(one, quantity=2.0 * one.quantity) for one in held.positions)
    once = requirement(held, at, rule).maintenance
    twice = requirement(replace(held, positions=legs), at, rule).maintenance
    assert twice == pytest.approx(2.0 * once, rel=1e-6)


@pytest.mark.parametrize("settlement", [CASH, INVERSE])
@pytest.mark.parametrize("rule", RULES)
def test_cash_shifts_the_excess_by_itself(rule, settlement):
    held, at = random_account(4, settlement)
    more = replace(held, cash=held.cash + 2.0)
    excess = [requirement(one, at, rule).excess for one in (held, more)]
    assert excess[1] - excess[0] == pytest.approx(2.0, abs=ROUNDING * SPOT)


def test_netting_never_costs():
    held, at = random_account(1, CASH)
    lines = PORTFOLIO.maintenance_lines(revalue_for(PORTFOLIO, held, at))
    assert lines[1].amount <= ROUNDING * SPOT
    needed = requirement(held, at, PORTFOLIO).maintenance
    assert sum(line.amount for line in lines) == pytest.approx(needed)


def test_other_initial_requirements_are_added_once():
    rule = replace(PORTFOLIO, other_initial=0.25)
    plain, found = (requirement(SHORT_HALF, market(), one) for one in (PORTFOLIO, rule))
    assert found.initial - plain.initial == pytest.approx(0.25)
    assert found.maintenance == pytest.approx(plain.maintenance)


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize(
    ("contract", "message"),
    [
        (option(Right.PUT, 5e4, exercise=Exercise.AMERICAN), "European options only"),
        (option(Right.PUT, 5e4, settlement=INVERSE), "holds cash contracts only, got inverse"),
    ],
)
def test_what_is_not_listed_is_refused_by_name(rule, contract, message):
    with pytest.raises(ValueError, match=message):
        requirement(account(Position(contract, -1)), market({contract: 0.5}), rule)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"price_range": 1.0}, "price_range must be below 1"),
        ({"buckets": 0}, "buckets at least 1"),
        ({"extremes": (0.1,)}, "extremes must be above -1 and beyond price_range"),
        ({"dampener": -1.0}, "dampener must lie from 0"),
        ({"mm_factor": 1.1}, "mm_factor must lie from 0 to 1"),
    ],
)
def test_a_number_out_of_its_range_is_refused_by_name(changes, message):
    with pytest.raises(ValueError, match=message):
        DeribitPortfolio(**changes)
