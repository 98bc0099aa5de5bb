"""Derive's managers against worked examples, against formulas by hand, and as rules must behave."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial

import numpy as np
import pytest

from margin import (
    Account,
    Asset,
    Collateral,
    Future,
    Market,
    OptionContract,
    Perpetual,
    Position,
    Settlement,
    Underlying,
)
from margin.carry import Carry, forward_carry
from margin.liquidation import thresholds
from margin.margin_table import table
from margin.requirements import requirement
from margin.rules import (
    DeriveDiscount,
    DerivePortfolio,
    DeriveScenario,
    DeriveSkew,
    DeriveStandard,
    Feeds,
    Haircut,
    InitialRule,
    SkewShock,
    TenorShock,
    VolDirection,
    initial_factor,
    revalue_for,
)
from margin.rules.derive.portfolio import scenarios_of_1
from margin.rules.derive.scenario import scenarios_at, scenarios_of_2
from pdesolve import Exercise, Right, black_76

NOW = datetime(2026, 1, 2, 8, tzinfo=UTC)
CENT = 0.006  # examples are printed to cents
ROUNDING = 1e-7  # of sums of amounts of some ten thousand

SRM = DeriveStandard(
    perpetual=(0.05, 0.065),
    min_spot=0.10,
    mm_call=0.075,
    mm_put_spot=0.075,
    mm_put_value=0.075,
    confidence=(0.4, 0.4),
    peg=(0.98, 1.2),
)
PMRM = DerivePortfolio(
    scenarios=scenarios_of_1(edge=0.0),
    up=TenorShock(0.45),
    discount=DeriveDiscount(0.95, 4.0, 0.12),
    im_factor=1.3,
    basis_add=0.25,
    basis_per_year=0.01,
    coin=0.025,
    perpetual=0.025,
    naked=0.01,
    confidence=(0.6, 0.4),
    peg=(0.98, 2.0),
)
TAILS = {-0.66: 6 / 110, -0.33: 12 / 110, 0.5: 0.072, 1.0: 0.036, 2.0: 0.018, 3.0: 0.012}
REGULAR = tuple(one for one in scenarios_of_2() if one.damping == 1.0 and not one.volatility.skewed)
PMRM_2 = DeriveSkew(
    scenarios=REGULAR + scenarios_at({}, TAILS),
    up=TenorShock(0.5, least=0.45),
    down=TenorShock(-0.275),
    skew=SkewShock(0.15, 0.15, linear_slope=-0.05, abs_slope=-0.05, vol_slope=-0.1),
    discounts=(DeriveDiscount(0.95, 1.0, 0.08), DeriveDiscount(1.04, 0.5, 0.08)),
    perpetual=(0.015, 0.005),
    peg=(0.98, 2.0),
    haircuts=(Haircut("ETH", 0.05, 0.02, cancelling=True),),
)
RULES = [SRM, PMRM, PMRM_2]


def option(right, strike, days=14, **kind):
    kind = {"exercise": Exercise.EUROPEAN} | kind
    return OptionContract("ETH", right, strike, NOW + timedelta(days=days), **kind)


call, put = partial(option, Right.CALL), partial(option, Right.PUT)


def perpetual(quantity, entry=3_000.0):
    return Position(Perpetual("ETH"), quantity, entry_price=entry)


def account(*positions, cash=2_000.0, collateral=()):
    return Account("test", "USD", cash, positions, collateral)


def market(vols, *, rate=0.05, spot=3_000.0):
    """The market of the worked examples: forward 3,006 in a fortnight."""
    expiry = NOW + timedelta(days=14)
    carry = forward_carry(expiry, spot=3_000.0, forward=3_006.0, asof=NOW, rate=rate)
    return Market(NOW, {"ETH": Underlying(spot, curve=(carry,))}, vols)


VOLS = {call(3_200.0): 0.65, put(2_800.0): 0.70, call(3_400.0): 0.65, call(3_000.0): 0.65}
SHORT = Position(call(3_200.0), -2)
EXAMPLES = [
    pytest.param(SRM, (SHORT,), (1_841.84, 1_391.84, 1_241.84), id="5.1, calls"),
    pytest.param(
        SRM, (Position(put(2_800.0), -2),), (1_847.18, 1_397.18, 1_247.18), id="5.1, puts"
    ),
    pytest.param(
        SRM, (SHORT, Position(call(3_400.0), 2)), (1_913.86, 1_600.0, 1_600.0), id="5.1, spread"
    ),
    pytest.param(SRM, (SHORT, perpetual(1)), (1_841.84, 1_241.84, 1_046.84), id="5.1, perpetual"),
    pytest.param(PMRM, (SHORT,), (1_841.84, 1_115.66, 897.81), id="5.2, calls"),
    pytest.param(
        PMRM,
        (Position(call(3_000.0), 2), SHORT, perpetual(-0.5)),
        (2_152.69, 1_929.82, 1_862.96),
        id="5.2, spread",
    ),
    pytest.param(PMRM_2, (SHORT,), (1_842.14, 1_173.55, 998.90), id="5.3, calls"),
]


def balances(rule, held, at):
    """Account at the venue's marks, maintenance and initial balance, at spot."""
    found = revalue_for(rule, held, at)
    spot = at.underlyings["ETH"].spot
    stages = (rule.excess_branches(found), rule.initial_branches(found))
    least = [min(float(branch.curve(spot)) for branch in branches) for branches in stages]
    return (float(stages[0][0].curve(spot)), *least)


@pytest.mark.parametrize(("rule", "positions", "printed"), EXAMPLES)
def test_balances_are_those_printed(rule, positions, printed):
    assert balances(rule, account(*positions), market(VOLS)) == pytest.approx(printed, abs=CENT)


def test_collateral_that_cancels_risk_hedges():
    # Section 5.3, second example.
    held = account(SHORT, perpetual(1), collateral=(Collateral("ETH", 1.0),))
    assert balances(PMRM_2, held, market(VOLS))[1:] == pytest.approx((3_845.35, 3_562.40), abs=CENT)
    found = requirement(held, market(VOLS), PMRM_2)
    assert found.worst_scenario == "spot -18 %, vol up"


@pytest.mark.parametrize(("rule", "printed"), [(PMRM, 666.18), (PMRM_2, 813.24)])
def test_the_worst_scenario_is_the_one_printed(rule, printed):
    lines = rule.maintenance_lines(revalue_for(rule, account(SHORT), market(VOLS)))
    saved = next(line for line in lines if line.label.startswith("saved by offsets, spot +1"))
    worst = sum(line.amount for line in lines[: lines.index(saved) + 1])
    assert worst == pytest.approx(printed, abs=CENT)


def test_the_basis_is_the_one_printed():
    # Section 5.2, first example: basis -30.70, static 2 times 1 % of 3,000.
    total, basis, *_ = PMRM.excess_branches(revalue_for(PMRM, account(SHORT), market(VOLS)))
    found = float(basis.curve(3_000.0) - total.curve(3_000.0))
    assert (basis.label, found) == ("basis of the forwards", pytest.approx(-90.70, abs=CENT))


@pytest.mark.parametrize(("rule", "level"), [(PMRM, 3_584.01), (SRM, 3_888.76)])
def test_thresholds_are_those_printed(rule, level):
    # Section 11.3, fourth example.
    found = thresholds(account(SHORT), market(VOLS), rule)
    assert found.above.spot == pytest.approx(level, abs=CENT)
    assert found.below is None
    assert found.certificate.complete


# By hand: the formulas at one spot, from Black's closed form.


def random_account(seed):
    """Options of two expiries, a perpetual and coin, and their market."""
    rng = np.random.default_rng(seed)
    near, far = NOW + timedelta(days=9), NOW + timedelta(days=80)
    kinds = [(rng.choice(list(Right)), days) for days in (9, 9, 9, 80, 80)]
    contracts = [option(Right(r), float(rng.integers(22, 41)) * 100.0, d) for r, d in kinds]
    vols = {contract: rng.uniform(0.3, 1.1) for contract in contracts}
    positions = [Position(contract, rng.integers(-4, 5) or 1) for contract in vols]
    curve = (Carry(near, 0.06, 0.02), Carry(far, 0.04, 0.05))
    at = Market(NOW, {"ETH": Underlying(3_000.0, curve=curve)}, vols)
    coin = Position(Asset("ETH"), float(rng.integers(0, 3)))
    return account(*positions, perpetual(float(rng.integers(-4, 5)), 2_900.0), coin), at


def groups(held, at):
    """Options by expiry: years, rate, growth and rows of contract and quantity."""
    found = {}
    for position in held.positions:
        if isinstance(position.instrument, OptionContract):
            found.setdefault(position.instrument.expiry, []).append(position)
    for expiry, positions in found.items():
        years = at.years(expiry)
        rate, dividend_yield = at.underlyings["ETH"].carry(expiry, NOW)
        yield years, rate, np.exp((rate - dividend_yield) * years), positions


def value(positions, at, forward, years, vol_after=lambda contract, vol: vol):
    return sum(
        held.quantity
        * black_76(
            forward,
            held.instrument.strike,
            years,
            vol=vol_after(held.instrument, at.volatility(held.instrument)),
            right=held.instrument.right,
        ).price
        for held in positions
    )


def linear(held):
    """Units and entry of the perpetual, and coin."""
    future = next(one for one in held.positions if isinstance(one.instrument, Perpetual))
    coin = sum(one.quantity for one in held.positions if isinstance(one.instrument, Asset))
    return future.quantity, future.entry_price, coin


def naked_units(positions):
    strikes = {}
    for held in positions:
        strike = held.instrument.strike
        strikes[strike] = strikes.get(strike, 0.0) + held.quantity
    return sum(max(-units, 0.0) for units in strikes.values())


def skew_manager_by_hand(rule, held, at, spot):
    """Maintenance balance of PMRM_2 at one spot."""
    units, entry, coin = linear(held)
    total = held.cash + units * (spot - entry) + coin * spot
    fixed = abs(units) * spot * rule.perpetual[0] + coin * spot * rule.haircuts[0].maintenance
    profits = np.array(
        [(units + coin) * spot * one.spot_move * one.damping for one in rule.scenarios]
    )
    basis = 0.0
    for years, rate, growth, positions in groups(held, at):
        forward, discount = spot * growth, np.exp(-max(rate, 0.0) * years)
        present = discount * value(positions, at, forward, years)
        total += present
        fixed += naked_units(positions) * spot * rule.naked[0]
        swings = [
            discount * value(positions, at, forward * (1.0 + move), years) - present
            for move in rule.basis_moves
        ]
        basis += min(*swings, 0.0) * (rule.basis_add + rule.basis_per_year * years)
        for index, scenario in enumerate(rule.scenarios):
            after = scenario_value(rule, scenario, (positions, at, forward, years)) * discount
            factor = rule.discounts[0].factor(rate, years)
            if after < 0.0:
                factor = rule.discounts[1].burden(rate, years)
            profit = after * factor - present
            sign = -np.sign(profit) if scenario.volatility.skewed else 1.0
            profits[index] += sign * profit * scenario.damping
    return total - fixed + rule.mm_factor * min(basis, profits.min())


def scenario_value(rule, scenario, group):
    positions, at, forward, years = group
    way = scenario.volatility

    def vol_after(contract, vol):
        if way.skewed:
            k = np.array(np.log(contract.strike / forward))
            return vol * float(rule.skew.multiplier(k, years, way))
        shock = {VolDirection.UP: rule.up, VolDirection.DOWN: rule.down}.get(way)
        return vol if shock is None else float(shock.moved(np.array(vol), np.array(years)))

    move = 0.0 if way.skewed else scenario.spot_move
    return value(positions, at, forward * (1.0 + move), years, vol_after)


def standard_by_hand(rule, held, at, spot):
    """Maintenance balance of SRM at one spot."""
    units, entry, coin = linear(held)
    net = held.cash + units * (spot - entry) - abs(units) * spot * rule.perpetual[0]
    net += coin * spot * rule.coin
    for years, _, growth, positions in groups(held, at):
        alone = 0.0
        for one in positions:
            if one.quantity < 0.0:
                mark = value([one], at, spot * growth, years)
                per_spot = rule.mm_call * spot * one.quantity
                if one.instrument.right is Right.PUT:
                    per_spot = rule.mm_put_spot * spot * one.quantity
                    per_spot = min(per_spot, rule.mm_put_value * mark)
                alone += mark + per_spot
        strikes = [0.0, *(one.instrument.strike for one in positions)]
        floor = min(
            sum(
                one.quantity * max(one.instrument.right * (price - one.instrument.strike), 0.0)
                for one in positions
            )
            for price in strikes
        )
        calls = sum(one.quantity for one in positions if one.instrument.right is Right.CALL)
        floor += rule.unpaired[0] * spot * growth * min(calls, 0.0)
        net += max(alone, floor)
    return net


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize(
    ("rule", "by_hand"), [(SRM, standard_by_hand), (PMRM_2, skew_manager_by_hand)]
)
def test_the_least_branch_is_the_formula_at_every_spot(rule, by_hand, seed):
    held, at = random_account(seed)
    spots = np.random.default_rng(seed).uniform(1_500.0, 6_000.0, 8)
    branches = rule.excess_branches(revalue_for(rule, held, at, spots=spots))
    excess = np.min([branch.curve(spots) for branch in branches], axis=0)
    error = np.max([branch.error(spots) for branch in branches], axis=0)
    expected = np.array([by_hand(rule, held, at, float(spot)) for spot in spots])
    assert np.all(np.abs(excess - expected) <= error + ROUNDING)
    assert error.max() < 1e-4 * 3_000.0  # what a threshold may be off by


# As rules must behave.


@pytest.mark.parametrize("move", [-0.2, 0.15])
def test_without_ranges_and_contingencies_the_worst_reprice_is_required(move):
    # Property 14.9, for both portfolio managers.
    held, at = random_account(3)
    scenario = (DeriveScenario(move, VolDirection.UP),)
    still, whole = TenorShock(0.0), DeriveDiscount(1.0, 0.0, 0.0)
    nothing = {"up": still, "down": still, "basis_add": 0.0, "basis_per_year": 0.0}
    skew = DeriveSkew(
        scenario,
        **nothing,
        discounts=(whole, whole),
        mm_factor=1.0,
        perpetual=(0.0, 0.0),
        naked=(0.0, 0.0),
        haircuts=(Haircut("ETH", 0.0, cancelling=True),),
    )
    first = DerivePortfolio(scenario, **nothing, discount=whole, coin=0.0, perpetual=0.0, naked=0.0)
    for rule in (skew, first):
        branches = rule.excess_branches(revalue_for(rule, held, at, spots=[3_000.0]))
        total = branches[0].curve
        least = min(float(branch.curve(3_000.0)) for branch in branches)
        after = float(total(3_000.0 * (1.0 + move)))
        assert least == pytest.approx(min(after, float(total(3_000.0))), abs=0.01)


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("seed", range(3))
def test_the_requirement_is_not_negative_and_the_initial_one_is_larger(rule, seed):
    held, at = random_account(seed)
    marks, maintenance, initial = balances(rule, held, at)
    assert maintenance <= marks + ROUNDING
    assert initial <= maintenance + ROUNDING


@pytest.mark.parametrize("rule", RULES)
def test_cash_shifts_every_balance_by_itself(rule):
    held, at = random_account(1)
    more = replace(held, cash=held.cash + 1_000.0)
    before, after = balances(rule, held, at), balances(rule, more, at)
    assert np.subtract(after, before) == pytest.approx([1_000.0] * 3, abs=ROUNDING)


@pytest.mark.parametrize("rule", RULES)
def test_the_requirement_scales_with_the_quantities(rule):
    held, at = random_account(2)
    double = replace(
        held,
        cash=2.0 * held.cash,
        positions=tuple(replace(one, quantity=2.0 * one.quantity) for one in held.positions),
    )
    once, twice = balances(rule, held, at), balances(rule, double, at)
    assert twice == pytest.approx(np.multiply(2.0, once), rel=1e-9, abs=ROUNDING)


@pytest.mark.parametrize("rule", RULES)
def test_a_volatility_move_before_the_rule_is_that_of_the_market(rule):
    held, at = random_account(4)
    moved = replace(at, vols={of: 1.2 * vol for of, vol in at.vols.items()})
    there = rule.excess_branches(revalue_for(rule, held, at, vol_moves=[0.2]), 0, 0.2)
    here = rule.excess_branches(revalue_for(rule, held, moved))
    for one, other in zip(there, here, strict=True):
        room = float(one.error(3_000.0) + other.error(3_000.0)) + ROUNDING
        assert one.curve(3_000.0) == pytest.approx(other.curve(3_000.0), abs=room)


@pytest.mark.parametrize("rule", RULES)
def test_options_that_have_expired_need_nothing_more(rule):
    late = NOW + timedelta(days=20)
    found = revalue_for(rule, account(SHORT), market(VOLS), spots=[3_500.0], dates=(late,))
    branches = rule.excess_branches(found)
    least = min(float(branch.curve(3_500.0)) for branch in branches)
    assert least == pytest.approx(2_000.0 - 2.0 * 300.0, abs=ROUNDING)


@pytest.mark.parametrize("rule", RULES)
def test_the_initial_requirement_is_a_rule_of_its_own(rule):
    held, at = account(SHORT), market(VOLS)
    found = requirement(held, at, rule)
    initial = requirement(held, at, InitialRule(rule))
    assert initial.maintenance == pytest.approx(found.initial, abs=ROUNDING)
    first = thresholds(held, at, InitialRule(rule)).above.spot
    assert first < thresholds(held, at, rule).above.spot


@pytest.mark.parametrize("rule", RULES)
def test_an_initial_factor_is_refused_where_there_is_none(rule):
    with pytest.raises(ValueError, match="has no initial factor"):
        initial_factor(rule)


@pytest.mark.parametrize("rule", RULES)
def test_tables_agree_with_the_requirement(rule):
    held, at = account(SHORT), market(VOLS)
    made = table(held, at, rule, spots=[2_500.0, 3_000.0], vol_moves=[0.0, 0.1])
    found = requirement(held, at, rule)
    assert made.maintenance[0, 0, 1] == pytest.approx(found.maintenance, abs=2.0 * found.error)


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("seed", range(4))
def test_lines_add_up_to_the_requirement(rule, seed):
    held, at = random_account(seed)
    revaluation, found = revalue_for(rule, held, at), requirement(held, at, rule)
    for lines, needed in (
        (rule.maintenance_lines(revaluation), found.maintenance),
        (rule.initial_lines(revaluation), found.initial),
    ):
        assert sum(line.amount for line in lines) == pytest.approx(needed, abs=ROUNDING)
        saved = [line.amount for line in lines if "saved" in line.label]
        assert max(saved) <= ROUNDING


def test_low_confidence_and_a_lost_peg_cost_initially_only():
    doubt = Feeds(spot=0.5, options=0.4, stable_price=0.9)
    held, at = account(SHORT, perpetual(1)), market(VOLS)
    for rule in RULES:
        sure, unsure = (balances(one, held, at) for one in (rule, replace(rule, feeds=doubt)))
        assert unsure[1] == pytest.approx(sure[1], abs=ROUNDING)
        assert unsure[2] < sure[2]
    # Perpetual at 0.5, options at 0.4, and 8 points below the peg, each at twice the loss.
    lines = PMRM_2.maintenance_lines(revalue_for(PMRM_2, held, at))
    worst = sum(line.amount for line in lines[:3])  # the expiry, the perpetual, what they save
    lost = 0.5 * 3_000.0 + 0.6 * 2.0 * 3_000.0 + 2.0 * 0.08 * worst
    found = balances(replace(PMRM_2, feeds=doubt), held, at)[2]
    assert balances(PMRM_2, held, at)[2] - found == pytest.approx(lost, abs=ROUNDING)


@pytest.mark.parametrize(
    ("position", "message"),
    [
        (Position(call(3_200.0, exercise=Exercise.AMERICAN), -1), "American ETH"),
        (Position(call(3_200.0, settlement=Settlement.INVERSE), -1), "inverse ETH"),
        (Position(Perpetual("ETH", Settlement.INVERSE), 1, entry_price=3e3), "inverse ETH"),
        (Position(Future("ETH", NOW + timedelta(days=9)), 1, entry_price=3e3), "future"),
        (Position(Asset("ETH"), -1.0), "no requirement"),
    ],
)
@pytest.mark.parametrize("rule", RULES)
def test_what_is_not_listed_is_refused_by_name(rule, position, message):
    vols = VOLS | ({position.instrument: 0.5} if position.entry_price is None else {})
    vols = {of: vol for of, vol in vols.items() if isinstance(of, OptionContract)}
    with pytest.raises(ValueError, match=message):
        requirement(account(position), market(vols), rule)


def test_collateral_needs_a_haircut_of_the_rule_and_none_of_its_own():
    coin = Collateral("DAI", 100.0, price=1.0)
    with pytest.raises(ValueError, match="admits no DAI"):
        requirement(account(SHORT, collateral=(coin,)), market(VOLS), PMRM_2)
    cut = replace(coin, haircut=0.1)
    with pytest.raises(ValueError, match="haircut of DAI must be 0"):
        requirement(account(SHORT, collateral=(cut,)), market(VOLS), PMRM_2)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: DeriveSkew(()), "scenarios must hold at least one"),
        (lambda: DerivePortfolio(scenarios_at({}, {})), "must have no skew"),
        (lambda: DeriveScenario(-1.0), "spot_move must be above -1"),
        (lambda: Feeds(spot=1.1), "spot must lie from 0 to 1"),
        (lambda: TenorShock(0.5, shortest_days=0.0), "shortest_days must be positive"),
        (lambda: SkewShock(least_width=0.0), "least_width must be positive"),
    ],
)
def test_a_number_out_of_its_range_is_refused_by_name(make, message):
    with pytest.raises(ValueError, match=message):
        make()
