"""SPAN as a rule: against closed form, against its own arrays, and against published baskets."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from margin import Asset, Future, Market, Perpetual, Position, Settlement, Underlying
from margin.liquidation import thresholds
from margin.margin_table import table
from margin.piecewise import line
from margin.requirements import requirement
from margin.rules import leg_profit, revalue_for
from margin.rules.kinked import greater, lesser
from margin.rules.slopes import times_spot
from margin.rules.span.arrays import risk_arrays
from margin.rules.span.charges import Delivery, OptionStyle, ShortCount, SpanCommodity
from margin.rules.span.nse import NSE_INDEX, spread_monthly
from margin.rules.span.rule import SpanRule
from margin.rules.span.scan import DELTA_WEIGHTS, SpanScan, VolRange
from margin.rules.staged import InitialRule, Staged
from pdesolve import Exercise, black_scholes_price, implied_volatility
from tests.margin import by_hand
from tests.margin.by_hand import ASOF, account, after, call, market, put

PRINTED = 0.005  # the example is printed to cents
ZERO = 1e-8  # rounding of sums of a few thousand

# Rule book 3.5, example 1: options on a future, so that rate and yield are equal.
SCAN = SpanScan(price_range=0.06, vol_range=0.04, extreme_multiple=3.0, cover=0.33)
EXAMPLE = market(100.0, {call(105.0, 90): 0.25, put(95.0, 90): 0.27}, dividend_yield=0.04)
CALL_105, PUT_95 = (Position(contract, -2, 50) for contract in EXAMPLE.vols)
FUTURE = Position(Future("X", after(90)), 2, 50, 100.0)
CALL_GAINS = """36.02 -37.65 77.70 -0.65 -0.35 -67.69 124.74 43.60 -31.55 -91.30 177.07 95.15
    -57.83 -109.21 184.77 -46.77"""
PUT_GAINS = """34.25 -36.12 2.86 -63.44 70.38 -2.69 -24.16 -85.36 111.56 37.44 -47.21 -102.63
    158.06 84.72 -45.41 175.06"""
FUTURE_GAINS = "0 0 100 100 -100 -100 200 200 -200 -200 300 300 -300 -300 297 -297"
TIERS, SPREADS = spread_monthly((202612, 202701, 202702, 202703), charge=0.3, rate=0.002)
FULL = SpanRule(
    SCAN,
    SpanCommodity(
        "X",
        TIERS,
        SPREADS,
        (Delivery(1, spread_charge=0.1, outright_charge=0.2),),
        short_option_minimum=0.2,
        short_option_rate=0.004,
        short_count=ShortCount.LARGER,
    ),
    exposure_rate=0.01,
)
PUBLISHED = Path(__file__).parents[2] / ".." / "shared" / "data" / "nse_span_reference.json"


def arrays(held, at, scan=SCAN):
    return risk_arrays(revalue_for(SpanRule(scan), held, at), scan)


def random_account(seed, rng_months=(25, 45, 75, 110)):
    """Options of four months, a future and a holding, and their market."""
    rng = np.random.default_rng(seed)
    exercise = Exercise.AMERICAN if seed % 2 else Exercise.EUROPEAN
    contracts = {
        (put if rng.random() < 0.5 else call)(
            float(rng.integers(80, 121)), int(rng.choice(rng_months)), exercise=exercise
        ): rng.uniform(0.2, 0.6)
        for _ in range(6)
    }
    held = [Position(contract, int(rng.integers(-5, 6)), 10.0) for contract in contracts]
    held.append(Position(Future("X", after(45)), int(rng.integers(-3, 4)), 10.0, 97.0))
    held.append(Position(Asset("X"), int(rng.integers(-20, 21))))
    return account(2_000.0, *held), market(100.0, contracts, dividend_yield=0.01)


def excess(branches, spots):
    return np.min([branch.curve(spots) for branch in branches], axis=0)


def at_spot(market_, spot):
    return replace(market_, underlyings={"X": replace(market_.underlyings["X"], spot=spot)})


@pytest.mark.parametrize(
    ("held", "gains"), [(CALL_105, CALL_GAINS), (PUT_95, PUT_GAINS), (FUTURE, FUTURE_GAINS)]
)
def test_the_arrays_are_those_printed(held, gains):
    (found,) = arrays(account(0.0, held), EXAMPLE)
    printed = [float(gain) for gain in gains.split()]
    assert [-loss for loss in found.array.losses] == pytest.approx(printed, abs=PRINTED)


@pytest.mark.parametrize(
    ("held", "risk", "total"),
    [((CALL_105, PUT_95), 278.73, 877.45), ((FUTURE, CALL_105), 500.45, 793.48)],
)
def test_the_printed_books_need_what_is_printed(held, risk, total):
    rule = SpanRule(SCAN, SpanCommodity("A", short_option_minimum=0.4))
    owned = account(0.0, *held)
    found = requirement(owned, EXAMPLE, rule)
    statement = rule.statement(revalue_for(rule, owned, EXAMPLE))
    assert found.maintenance == pytest.approx(risk, abs=PRINTED)
    assert statement.maintenance == pytest.approx(total, abs=PRINTED)


@pytest.mark.parametrize("unit", VolRange)
@pytest.mark.parametrize("contract", [call(105.0, 90), put(95.0, 90)])
def test_an_array_is_the_closed_form_one_look_ahead_later(unit, contract):
    scan = replace(SCAN, vol_unit=unit, look_ahead_days=3.0)
    (found,) = arrays(account(0.0, Position(contract, 1)), EXAMPLE, scan)
    moved = {VolRange.ABSOLUTE: lambda v, side: v + 0.04 * side}
    moved[VolRange.RELATIVE] = lambda v, side: v * (1.0 + 0.04 * side)
    sides = np.array([point.vol for point in scan.points])
    later = black_scholes_price(
        spot=100.0 * (1.0 + np.array(scan.price_moves)),
        strike=contract.strike,
        expiry=87.0 / 365.0,
        vol=moved[unit](EXAMPLE.vols[contract], sides),
        rate=0.04,
        div_yield=0.04,
        right=contract.right,
    )
    weights = [point.weight for point in scan.points]
    expected = weights * (by_hand.value(Position(contract, 1), EXAMPLE, 100.0) - later)
    assert found.array.losses == pytest.approx(expected, abs=2e-6)  # error of the solver


def test_the_composite_delta_averages_seven_deltas_with_normalised_weights():
    (found,) = arrays(account(0.0, Position(call(105.0, 90), 1, 50)), EXAMPLE)
    step, spots = 1e-3, 100.0 * (1.0 + 0.06 * np.array([0, 1, -1, 2, -2, 3, -3]) / 3.0)
    one = {"strike": 105.0, "expiry": 89.0 / 365.0, "vol": 0.25, "rate": 0.04, "div_yield": 0.04}
    up, down = (
        black_scholes_price(spot=spots + h, right=call(1.0).right, **one) for h in (step, -step)
    )
    expected = np.average((up - down) / (2.0 * step), weights=DELTA_WEIGHTS)
    assert found.array.composite_delta == pytest.approx(expected, abs=2e-6)
    assert found.delta == pytest.approx(50.0 * expected, abs=1e-4)


@pytest.mark.parametrize("seed", range(8))
def test_the_curves_agree_with_a_statement_made_anew_at_each_spot(seed):
    held, at = random_account(seed)
    spots = np.array([70.0, 88.0, 100.0, 104.5, 131.0])
    found = table(held, at, FULL, spots=spots)
    for index, spot in enumerate(spots):
        moved = at_spot(at, spot)
        revaluation = revalue_for(FULL, held, moved)
        statement = FULL.statement(revaluation)
        notional = sum(
            abs(p.quantity) * p.multiplier * spot
            for p in held.positions
            if not hasattr(p.instrument, "right") or p.quantity < 0
        )
        expected = statement.maintenance_from_marks + 0.01 * notional
        bound = 1e-4 + found.error[0, 0, index] + requirement(held, moved, FULL).error
        assert found.maintenance[0, 0, index] == pytest.approx(max(expected, 0.0), abs=bound)


@pytest.mark.parametrize("seed", range(4))
def test_thresholds_are_where_the_sign_of_a_fresh_excess_changes(seed):
    held, at = random_account(seed)
    rule = replace(FULL, commodity=replace(FULL.commodity, tiers=(), calendar=(), deliveries=()))
    found = thresholds(held, at, rule, lowest=50.0, highest=180.0)
    for run in found.intervals:
        for end, inward, is_open in (
            (run.lower, 1.0, run.lower_open),
            (run.upper, -1.0, run.upper_open),
        ):
            if not is_open and run.upper - run.lower > 0.2:
                inside, outside = (
                    requirement(held, at_spot(at, end + side * 0.05 * inward), rule).excess
                    for side in (1.0, -1.0)
                )
                assert inside < 0.0 < outside


@pytest.mark.parametrize("cash", [-100.0, 0.0, 300.0])
def test_long_options_are_fully_paid_and_lend_nothing(cash):
    held = account(cash, Position(call(105.0, 90), 2, 50))
    found = requirement(held, EXAMPLE, SpanRule(SCAN))
    assert found.excess == pytest.approx(cash, abs=ZERO)  # the balance, without option value
    assert found.worst_scenario == "option value, no credit beyond the risk"


def test_a_premium_received_counts_once():
    rule = SpanRule(SCAN)
    premium = 2 * 50 * 2.930266
    sold = requirement(account(premium, CALL_105), EXAMPLE, rule)
    statement = rule.statement(revalue_for(rule, account(premium, CALL_105), EXAMPLE))
    assert sold.excess == pytest.approx(premium - statement.maintenance, abs=1e-4)
    assert sold.excess == pytest.approx(-sold.maintenance, abs=1e-4)


def test_options_paid_day_by_day_need_their_risk_alone():
    daily = SpanRule(SCAN, SpanCommodity("A", style=OptionStyle.FUTURES))
    held = account(300.0, Position(call(105.0, 90), 2, 50))
    statement = daily.statement(revalue_for(daily, held, EXAMPLE))
    assert requirement(held, EXAMPLE, daily).maintenance == pytest.approx(statement.risk, abs=1e-4)


@pytest.mark.parametrize("seed", range(6))
def test_parities_have_no_scan_risk_without_look_ahead(seed):
    rng = np.random.default_rng(seed)
    strike, vol, size = float(rng.integers(80, 121)), rng.uniform(0.1, 0.6), rng.integers(-5, 6)
    vols = {put(strike): vol, call(strike): vol}
    legs = [Position(put(strike), size, 10), Position(call(strike), -size, 10)]
    held = account(0.0, *legs, Position(Asset("X"), 10 * size))
    found = requirement(held, market(100.0, vols), SpanRule(replace(SCAN, look_ahead_days=0.0)))
    scans = found.profits[2:18]
    assert scans == pytest.approx([0.0] * 16, abs=50 * 2e-6)  # 50 units, error of the solver


@pytest.mark.parametrize("seed", range(5))
def test_the_requirement_of_two_accounts_is_at_least_that_of_both_together(seed):
    rng = np.random.default_rng(seed)
    held, at = random_account(seed)
    side = rng.random(len(held.positions)) < 0.5
    parts = [
        replace(
            held, positions=tuple(p for p, s in zip(held.positions, side, strict=True) if s == w)
        )
        for w in (True, False)
    ]
    rule = SpanRule(SCAN, SpanCommodity("X", style=OptionStyle.FUTURES))
    apart = sum(requirement(part, at, rule, underlying="X").maintenance for part in parts)
    assert requirement(held, at, rule).maintenance <= apart + ZERO


def test_american_short_options_are_left_with_no_more_excess():
    kinds = [Exercise.AMERICAN, Exercise.EUROPEAN]
    spots, found = np.linspace(60.0, 140.0, 41), []
    for exercise in kinds:
        contract = put(100.0, 300, exercise=exercise)
        at = market(100.0, {contract: 0.3}, rate=0.08)
        found.append(
            table(account(9e3, Position(contract, -5, 10)), at, SpanRule(SCAN), spots=spots)
        )
    assert np.all(found[0].excess <= found[1].excess + found[0].error + found[1].error)


def test_the_initial_requirement_multiplies_the_risk_only():
    rule = SpanRule(SCAN, SpanCommodity("A", short_option_minimum=0.4, initial_factor=1.1))
    assert isinstance(rule, Staged)
    held = account(0.0, CALL_105, PUT_95)
    revaluation = revalue_for(rule, held, EXAMPLE)
    statement = rule.statement(revaluation)
    initial = requirement(held, EXAMPLE, InitialRule(rule)).maintenance
    assert initial - statement.option_value == pytest.approx(statement.initial, abs=1e-4)
    assert sum(
        leg_profit(InitialRule(rule), revaluation.with_account(account(0.0, leg)), 16)
        for leg in held.positions
    ) == pytest.approx(-initial, abs=ZERO)


@pytest.mark.parametrize("positions", [(FUTURE, CALL_105, PUT_95), (Position(call(105.0, 90), 2),)])
def test_the_lines_add_up_to_the_requirement_from_marks(positions):
    terms = SpanCommodity("A", short_option_minimum=4.0, initial_factor=1.2)
    rule, held = SpanRule(SCAN, terms, exposure_rate=0.02), account(700.0, *positions)
    revaluation = revalue_for(rule, held, EXAMPLE)
    needed = [requirement(held, EXAMPLE, stage).maintenance for stage in (rule, InitialRule(rule))]
    lines = rule.maintenance_lines(revaluation), rule.initial_lines(revaluation)
    found = [sum(line.amount for line in each) for each in lines]
    assert found == pytest.approx(needed, abs=1e-4)


def test_the_legs_add_up_to_the_worst_scenario():
    rule = SpanRule(SCAN, exposure_rate=0.02)
    found = requirement(account(700.0, FUTURE, CALL_105, PUT_95), EXAMPLE, rule)
    assert sum(leg.profit for leg in found.lines) == pytest.approx(-found.maintenance, abs=ZERO)


def test_the_scan_is_solved_once_for_an_account_and_all_its_subsets(monkeypatch):
    solves = []
    solver = "margin.rules.span.arrays.solve_contracts"
    monkeypatch.setattr(solver, lambda *given: solves.append(1) or by_solving(*given))
    from margin.solved import solve_contracts as by_solving

    held, at = random_account(3)
    requirement(held, at, FULL)
    assert len(solves) == 1


def test_dates_and_earlier_volatility_moves_reach_the_scan():
    contract = call(105.0, 90)
    found = table(
        account(0.0, Position(contract, -1, 50)),
        EXAMPLE,
        SpanRule(SCAN),
        spots=[100.0],
        vol_moves=[0.2],
        dates=[after(30)],
    )
    later = Market(after(30), EXAMPLE.underlyings, {contract: 0.25 * 1.2})
    fresh = requirement(account(0.0, Position(contract, -1, 50)), later, SpanRule(SCAN))
    assert found.maintenance[0, 0, 0] == pytest.approx(fresh.maintenance, abs=1e-4)


def test_an_option_that_expires_within_the_look_ahead_is_scanned_by_its_payoff():
    contract = call(100.0, 0.5)
    (found,) = arrays(account(0.0, Position(contract, 1)), market(100.0, {contract: 0.3}))
    value = by_hand.value(Position(contract, 1), market(100.0, {contract: 0.3}), 100.0)
    assert found.array.losses[10] == pytest.approx(value - 6.0, abs=1e-5)


def test_a_volatility_does_not_fall_below_the_least():
    contract = call(100.0, 90)
    at, scan = market(100.0, {contract: 0.02}), replace(SCAN, lowest_volatility=0.015)
    (found,) = arrays(account(0.0, Position(contract, 1)), at, scan)
    (floor,) = arrays(account(0.0, Position(contract, 1)), at, replace(scan, vol_range=0.005))
    assert found.array.losses[1] == pytest.approx(floor.array.losses[1], abs=1e-6)


@pytest.mark.parametrize(
    ("held", "message"),
    [
        (account(1.0, Position(Asset("X"), 1), currency="X"), "account kept in X"),
        (
            account(0.0, Position(Perpetual("X", Settlement.INVERSE), 1, 1.0, 90.0)),
            "got X perpetual, which pays in coin",
        ),
        (
            account(0.0, Position(Asset("X"), 1), Position(Asset("Y"), 1)),
            "scans X only, got Y; use risk arrays and span_requirement",
        ),
    ],
)
def test_what_the_rule_does_not_cover_is_refused(held, message):
    at = Market(ASOF, {"X": Underlying(100.0), "Y": Underlying(20.0)}, {})
    with pytest.raises(ValueError, match=message):
        requirement(held, at, SpanRule(SCAN), underlying="X")


@pytest.mark.parametrize(
    ("field", "bad", "message"),
    [
        ("price_range", 0.4, "price_range times extreme_multiple must be below 1, got 0.4 and 3"),
        ("vol_range", -0.1, "vol_range must lie from 0"),
        ("cover", 1.5, "cover must lie from 0 to 1"),
        ("extreme_multiple", 0.5, "extreme_multiple must lie from 1"),
        ("lowest_volatility", 0.0, "lowest_volatility must be positive"),
    ],
)
def test_a_scan_out_of_range_is_refused(field, bad, message):
    with pytest.raises(ValueError, match=message):
        replace(SCAN, **{field: bad})


@pytest.mark.parametrize("seed", range(5))
def test_the_envelope_of_two_curves_is_their_minimum_everywhere(seed):
    held, at = random_account(seed)
    revaluation = revalue_for(SpanRule(SCAN), held, at)
    curve = revaluation.equity()
    level = line(float(curve(97.0)), 0.3, lowest=curve.lowest, highest=curve.highest)
    spots = np.linspace(85.0, 115.0, 601)
    smaller, larger = lesser(curve, level)(spots), greater(curve, level)(spots)
    assert smaller == pytest.approx(np.minimum(curve(spots), level(spots)), abs=ZERO)
    assert larger == pytest.approx(np.maximum(curve(spots), level(spots)), abs=ZERO)
    assert times_spot(level)(spots) == pytest.approx(spots * level(spots), rel=1e-12)


published = pytest.mark.skipif(not PUBLISHED.exists(), reason="published file is absent")


@published
def test_the_published_grid_is_ours():
    grid = json.loads(PUBLISHED.read_text())["scenario_grid"]
    points = SpanScan(0.09, 0.04).points
    for theirs, ours in zip(grid[:14], points, strict=False):
        assert theirs["price_fraction_of_scan_range"] == pytest.approx(ours.price, abs=1e-6)
        assert (theirs["vol_shift_sign"], theirs["weight"]) == (ours.vol, ours.weight)


@published
def test_the_published_futures_array_is_a_line_over_our_scenarios():
    # Two numbers of the array, the loss at rest and the range, give the other fourteen to a cent.
    nifty = json.loads(PUBLISHED.read_text())["file_2026_06_25_intraday_1"]["nifty"]
    theirs = nifty["future"]["risk_array"]
    rest, full = theirs[0], theirs[12] - theirs[0]
    ours = [p.weight * (rest - p.price * full) for p in SpanScan(0.09, 0.04).points]
    assert ours == pytest.approx(theirs, abs=0.02)
    assert full == pytest.approx(nifty["price_scan_range"], rel=1e-3)  # its carry is not stated


@published
def test_the_published_short_call_is_met_as_far_as_its_data_allow():
    # Volatility from the price; range and volatility scan of a file four weeks later.
    whole = json.loads(PUBLISHED.read_text())
    nifty, day = whole["file_2026_06_25_intraday_1"]["nifty"], whole["file_2026_05_29_settlement"]
    basket = day["baskets"][1]
    leg, spot = basket["legs"][0], day["index_spot"]
    contract = call(leg["strike"], 32)
    terms = {"expiry": 32 / 365, "rate": 0.07, "right": contract.right}
    vol = implied_volatility(price=leg["price"], spot=spot, strike=leg["strike"], **terms)
    scan = SpanScan(nifty["price_scan_range"] / nifty["spot"], nifty["vol_scan_range"])
    rule = replace(NSE_INDEX, scan=scan, commodity=SpanCommodity("NIFTY"))
    held = account(0.0, Position(contract, -1, 65))
    at = market(spot, {contract: float(vol)}, rate=0.07)
    statement = rule.statement(revalue_for(rule, held, at))
    assert statement.risk == pytest.approx(basket["scan_risk"], rel=0.03)
    assert statement.option_value == pytest.approx(basket["net_option_value"], abs=0.5)
    exposure = requirement(held, at, rule).maintenance - statement.maintenance_from_marks
    assert exposure == pytest.approx(basket["exposure"], abs=0.5)


@published
@pytest.mark.parametrize("index", [0, 1])
def test_the_published_totals_follow_from_their_parts(index):
    basket = json.loads(PUBLISHED.read_text())["file_2026_05_29_settlement"]["baskets"][index]
    risk = basket.get("scan_risk", basket["span"])
    assert max(0.0, risk - basket.get("net_option_value", 0.0)) == basket["span"]
    assert basket["span"] + basket["exposure"] == basket["total"]
