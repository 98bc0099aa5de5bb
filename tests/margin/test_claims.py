"""Claims as instruments: against closed forms, by hand through the rules, and at their edges."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from margin import (
    Account,
    ClaimContract,
    ContractBarrier,
    EventKind,
    Position,
    liquidation_map,
    margin_greeks,
    read,
    requirement,
    revalue,
    sticky_delta,
    table,
    thresholds,
    volatilities_from_marks,
    write,
)
from margin.maps.dynamics import SpotBeta, StickyDelta
from margin.rules import (
    STRATEGY_EQUITY,
    TEN_POINT_EQUITY,
    BybitOption,
    DeribitPortfolio,
    DeribitStandard,
    DerivePortfolio,
    NakedVault,
    PerpetualRule,
    Scenario,
    ScenarioRule,
)
from pdesolve import Exercise, Knock, Paid, Payoff, Right, black_scholes_price
from pdesolve.formulas import barriers, digitals
from tests.margin import paying
from tests.margin.paying import NOW, claim, down_and_in, instant, option, up_and_out

SPOTS = np.array([70.0, 90.0, 100.0, 115.0, 140.0])
CALL, PUT = (Payoff.vanilla(right, 100.0) for right in Right)
LIFE = 91 / 365.0
RULE = ScenarioRule("two", (Scenario(-0.1), Scenario(0.1), Scenario(0.0, 0.5)))


def market(vols, dividends=()):
    return paying.market(vols, dividends=dividends)


def revalued(contract, quantity=1.0, vol=0.3, **terms):
    account = paying.account(0.0, Position(contract, quantity))
    return revalue(account, market({contract: vol}), **terms)


def test_an_up_and_out_call_has_its_closed_form():
    found = revalued(up_and_out(100.0, 130.0, 91)).equity()
    terms = {"vol": 0.3, "rate": paying.RATE, "barrier": barriers.BarrierTerms(130.0, "up_out")}
    exact = barriers.barrier_price(SPOTS[:4], 100.0, LIFE, **terms)
    np.testing.assert_allclose(found(SPOTS[:4]), exact, atol=2e-5)
    assert found(140.0) == 0.0


def test_in_and_out_are_the_option_at_every_date_and_volatility():
    out = claim(PUT, 91, barrier=ContractBarrier(lower=80.0))
    pair = [Position(each, 1.0) for each in (out, down_and_in(100.0, 80.0, 91))]
    bare = option(Right.PUT, 100.0, 91, Exercise.EUROPEAN)
    account = paying.account(0.0, *pair, Position(bare, -1.0))
    vols = dict.fromkeys((*(each.instrument for each in pair), bare), 0.3)
    dates = (NOW, instant(50), instant(91))
    found = revalue(account, market(vols), dates=dates, vol_moves=(0.0, 0.4))
    for index in range(2):
        for move in (0.0, 0.4):
            np.testing.assert_allclose(found.equity(index, move)(SPOTS), 0.0, atol=5e-5)


def test_a_digital_jumps_at_its_strike_when_it_expires():
    digital = claim(Payoff.cash_digital(Right.CALL, 100.0, 10.0), 91)
    found = revalued(digital, dates=(NOW, instant(91)))
    terms = {"vol": 0.3, "rate": paying.RATE, "right": "call"}
    exact = 10.0 * np.asarray(digitals.cash_digital_price(SPOTS, 100.0, LIFE, **terms))
    np.testing.assert_allclose(found.equity(0)(SPOTS), exact, atol=2e-5)
    assert found.equity(1)([99.999999, 100.0]).tolist() == [0.0, 10.0]


def test_a_strategy_is_one_contract():
    spread = claim(Payoff.vanilla(Right.CALL, 90.0) - Payoff.vanilla(Right.CALL, 110.0), 91)
    terms = {"vol": 0.3, "rate": paying.RATE, "right": "call"}
    low, high = (black_scholes_price(SPOTS, strike, LIFE, **terms) for strike in (90.0, 110.0))
    np.testing.assert_allclose(revalued(spread).equity()(SPOTS), low - high, atol=2e-5)


def test_a_bermudan_lies_between_european_and_american():
    dates = tuple(instant(day) for day in (30, 60))
    kinds = ({}, {"exercise_dates": dates}, {"exercise": Exercise.AMERICAN})
    values = [revalued(claim(PUT, 91, **kind)).equity()(SPOTS) for kind in kinds]
    assert np.all(np.diff(values, axis=0) >= -1e-6)


def test_a_forward_as_a_claim_is_its_line():
    # e^(-rT) (F - 100) with dividends of 1.5 and 2 on the way.
    forward = claim(Payoff.linear(-100.0, 1.0), 91)
    account = paying.account(0.0, Position(forward, 1.0))
    found = revalue(account, paying.market({forward: 0.3})).equity()
    worth = [cash * np.exp(-paying.RATE * day / 365.0) for day, cash in ((25, 1.5), (70, 2.0))]
    exact = SPOTS - sum(worth) - 100.0 * np.exp(-paying.RATE * LIFE)
    np.testing.assert_allclose(found(SPOTS), exact, rtol=1e-12)


@pytest.mark.parametrize(
    ("knock", "paid", "inside", "beyond"),
    [
        (Knock.OUT, Paid.AT_HIT, "alive", 3.0),
        (Knock.OUT, Paid.AT_EXPIRY, "alive", 3.0 * np.exp(-paying.RATE * LIFE)),
        (Knock.IN, Paid.AT_HIT, "alive", None),
    ],
)
def test_beyond_a_barrier_is_what_a_touch_leaves(knock, paid, inside, beyond):
    barrier = ContractBarrier(upper=120.0, knock=knock, rebate=3.0, paid=paid)
    found = revalued(claim(CALL, 91, barrier=barrier)).equity()
    terms = {"vol": 0.3, "rate": paying.RATE, "right": "call"}
    exact = black_scholes_price(130.0, 100.0, LIFE, **terms) if beyond is None else beyond
    assert found(130.0) == pytest.approx(exact, abs=2e-5)


def test_what_has_been_touched_before_is_over_or_alive():
    out, knocked_in = (
        claim(CALL, 91, barrier=ContractBarrier(upper=120.0, knock=knock, rebate=3.0, touched=True))
        for knock in Knock
    )
    assert revalued(out).equity()(100.0) == 0.0  # the rebate is in the cash
    terms = {"vol": 0.3, "rate": paying.RATE, "right": "call"}
    alive = black_scholes_price(100.0, 100.0, LIFE, **terms)
    assert revalued(knocked_in).equity()(100.0) == pytest.approx(alive, abs=2e-5)


def test_a_look_at_a_barrier_counts_from_its_date_on():
    barrier = ContractBarrier(upper=120.0, dates=(instant(30),))
    dates = (instant(30) - timedelta(minutes=1), instant(30), instant(60))
    found = revalued(claim(CALL, 91, barrier=barrier), dates=dates)
    before, on, after = (found.equity(index)(125.0) for index in range(3))
    assert before == pytest.approx(0.0, abs=0.2)  # a minute of hope
    assert on == after == 0.0
    assert found.equity(1)(119.0) > 19.0


def test_a_shock_back_does_not_undo_a_touch():
    short = revalued(up_and_out(100.0, 120.0, 91), quantity=-1.0, vol_moves=(0.0, 0.5))
    down = RULE.excess_branches(short)[1].curve
    assert down(125.0) == 0.0  # dead at 125, so 112.5 costs nothing
    assert down(115.0) == pytest.approx(float(short.moving()(103.5)))
    values = RULE.excess_values(short, np.array([115.0, 125.0]))
    np.testing.assert_allclose(values[1], down([115.0, 125.0]), atol=1e-12)


def test_a_requirement_is_the_worst_of_values_by_hand():
    contract = up_and_out(100.0, 120.0, 91)
    account = paying.account(50.0, Position(contract, 1.0))
    found = requirement(account, market({contract: 0.3}), RULE)
    terms = {"rate": paying.RATE, "barrier": barriers.BarrierTerms(120.0, "up_out")}
    values = [
        float(barriers.barrier_price(spot, 100.0, LIFE, vol=vol, **terms))
        for spot, vol in ((100.0, 0.3), (90.0, 0.3), (110.0, 0.3), (100.0, 0.45))
    ]
    assert found.maintenance == pytest.approx(values[0] - min(values[1:]), abs=5e-5)


def test_a_threshold_at_a_barrier_is_found():
    # Long an up-and-out call on borrowed money: it is lost where the call is knocked out.
    contract = up_and_out(80.0, 120.0, 91)
    account = paying.account(-0.5, Position(contract, 1.0))
    rule = ScenarioRule("none", (Scenario(0.0),))
    found = thresholds(account, market({contract: 0.2}), rule)
    assert found.certificate.complete
    assert found.above.spot == pytest.approx(119.0, abs=1.0)
    assert found.above.spot < 120.0


def test_the_map_tells_looks_and_expiries():
    barrier = ContractBarrier(lower=85.0, dates=(instant(20), instant(40)))
    contract = claim(PUT, 50, barrier=barrier)
    account = paying.account(30.0, Position(contract, -1.0))
    found = liquidation_map(account, market({contract: 0.3}), RULE, horizon=timedelta(days=60))
    kinds = [event.kind for event in found.events() if event.error_days == 0.0]
    assert kinds.count(EventKind.LOOK) == 2
    assert kinds.count(EventKind.EXPIRY) == 1
    assert all(found.danger(date).certificate.complete for date in found.dates)


def test_a_covered_call_and_a_barrier_go_through_everything():
    account, priced = paying.covered_call()
    contract = up_and_out(100.0, 125.0, 91)
    both = replace(account, positions=(*account.positions, Position(contract, -50.0)))
    priced = replace(priced, vols={**priced.vols, contract: 0.3})
    needed = requirement(both, priced, TEN_POINT_EQUITY)
    found = liquidation_map(both, priced, TEN_POINT_EQUITY, horizon=timedelta(days=60))
    rows = table(both, priced, TEN_POINT_EQUITY, spots=(100.0,), dates=(NOW, instant(60)))
    assert rows.excess[0, 0, 0] == pytest.approx(needed.excess, abs=needed.error)
    assert found.excess(100.0, instant(60))[0] == pytest.approx(rows.excess[1, 0, 0], abs=0.1)
    assert margin_greeks(both, priced, TEN_POINT_EQUITY).maintenance == needed.maintenance


@pytest.mark.parametrize(
    "rule",
    [
        STRATEGY_EQUITY,
        BybitOption(),
        DeribitPortfolio(),
        DeribitStandard(),
        DerivePortfolio(),
        NakedVault(),
        PerpetualRule(),
    ],
    ids=lambda rule: rule.name,
)
def test_rules_that_read_strikes_refuse_a_claim(rule):
    contract = up_and_out(100.0, 120.0, 91)
    account = paying.account(0.0, Position(contract, -1.0))
    with pytest.raises(ValueError, match=r"100 call, knock-out at 120: .*use a scenario rule"):
        requirement(account, market({contract: 0.3}), rule)


def test_volatility_may_follow_the_spot_but_no_smile():
    contract = up_and_out(100.0, 120.0, 91)
    account, priced = paying.account(9.0, Position(contract, -1.0)), market({contract: 0.3})
    found = liquidation_map(account, priced, RULE, horizon=timedelta(days=5))
    assert found.under(SpotBeta(-1.0)).danger(NOW).certificate.complete
    with pytest.raises(ValueError, match="sticky delta needs contracts with a strike"):
        StickyDelta().factor(contract, priced, 90.0)
    with pytest.raises(ValueError, match=r"no volatility for X .*, which no smile gives"):
        market({}).volatility(contract)


def test_marks_of_claims_are_refused():
    with pytest.raises(ValueError, match="must be given a volatility"):
        volatilities_from_marks({up_and_out(100.0, 120.0, 91): 2.0}, NOW, market({}).underlyings)


BERMUDAN = claim(PUT, 91, exercise_dates=(instant(30), instant(60)))
DATED = claim(CALL, 91, barrier=ContractBarrier(80.0, 120.0, rebate=1.0, dates=(instant(30),)))
SPREAD = claim(Payoff([90.0, 110.0], [0.0, -90.0, 20.0], [0.0, 1.0, 0.0]), 91)


@pytest.mark.parametrize("suffix", ["yaml", "json"])
def test_a_file_gives_back_what_was_written(tmp_path, suffix):
    touched = down_and_in(100.0, 80.0, 91, touched=True, rebate=2.0)
    every = (BERMUDAN, DATED, SPREAD, touched)
    account = Account("claims", "USD", 10.0, tuple(Position(each, -2.0, 10.0) for each in every))
    parts = account, paying.market(dict.fromkeys(every, 0.3)), TEN_POINT_EQUITY
    write(tmp_path / f"account.{suffix}", *parts)
    assert read(tmp_path / f"account.{suffix}") == parts


def test_equal_terms_are_one_contract():
    again = claim(Payoff([90.0, 110.0], [0.0, -90.0, 20.0], [0.0, 1.0, 0.0]), 91)
    assert again == SPREAD
    assert hash(again) == hash(SPREAD)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: ContractBarrier(), "a barrier must be lower, upper or both"),
        (lambda: ContractBarrier(120.0, 80.0), "lower barrier must be below the upper"),
        (lambda: ContractBarrier(80.0, rebate=-1.0), "rebate must be finite and not negative"),
        (lambda: ContractBarrier(80.0, dates=(instant(3),) * 2), "must hold an instant once"),
        (lambda: claim(PUT, 30, exercise_dates=(instant(30),)), "must be before the expiry"),
        (
            lambda: claim(PUT, 30, exercise=Exercise.AMERICAN, exercise_dates=(instant(3),)),
            "must be empty for an American contract",
        ),
        (
            lambda: claim(Payoff.linear(1.0, 0.0), 30, exercise=Exercise.AMERICAN),
            "without kinks must be European",
        ),
        (
            lambda: claim(PUT, 30, barrier=ContractBarrier(80.0, dates=(instant(31),))),
            "must not be after the expiry",
        ),
        (lambda: ClaimContract("X", "put", instant(30)), "payoff must be of type Payoff"),
    ],
)
def test_what_makes_no_sense_is_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_a_smile_that_moves_refuses_claims():
    contract = up_and_out(100.0, 120.0, 91)
    with pytest.raises(ValueError, match="no SmileSurface"):
        sticky_delta(market({contract: 0.3}), "X", 0.9)
